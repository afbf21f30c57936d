//! Names in the database: tables, types, columns and constraints must be unique where the database says so.

use foldhash::{HashMap, HashMapExt as _};

use super::ast::Attribute;
use super::models::Draft;
use super::naming::{Naming, cut};
use super::relations::Resolved;
use super::scope::Scope;
use super::{codes, constraints};
use crate::findings::Findings;
use crate::{ColumnField, Diagnostic, Edition, Enum, Relation, Span};

/// Reports every clash and every name that is too long; [`Distinct`](super::distinct::Distinct) says whether there may be one.
pub(crate) fn check(
    drafts: &[Draft<'_, '_>],
    enums: &[Enum],
    relations: &Resolved,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let mut tables = HashMap::with_capacity(drafts.len());
    for draft in drafts {
        let model = &draft.model;
        if let Some(before) = tables.insert((&model.namespace, model.table_name()), draft) {
            let other = &before.model.name;
            let what = format!(
                "The models `{other}` and `{}` both stand for the table \"{}\".",
                model.name,
                model.table_name()
            );
            let place = named(draft).or(named(before)).unwrap_or(model.span);
            clash(codes::DUPLICATE_TABLE, place, what, "@@map", diagnostics);
        }
        let mut columns = HashMap::with_capacity(model.columns.len());
        for column in &model.columns {
            if let Some(other) = columns.insert(column.column_name(), &column.name) {
                let what = format!(
                    "The fields `{other}` and `{}` both stand for the column \"{}\".",
                    column.name,
                    column.column_name()
                );
                clash(codes::DUPLICATE_COLUMN, column.span, what, "@map", diagnostics);
            } else if let Some(mapped) = &column.database_name
                && *mapped != column.name
                && draft.members.contains(mapped)
                && draft.column(mapped).is_some_and(|other| other.column_name() != mapped)
            {
                let what = format!("The column of `{}` has the name of the field `{mapped}`.", column.name);
                clash(codes::DUPLICATE_COLUMN, column.span, what, "@map", diagnostics);
            }
        }
    }
    for (relation, span, holder) in relations.iter() {
        let Relation::Table(link) = relation else { continue };
        let namespace = drafts.get(holder).map(|draft| &draft.model.namespace);
        let table = namespace.and_then(|namespace| tables.get(&(namespace, link.table.as_str())));
        if let Some(other) = table {
            let what = format!(
                "The model `{}` stands for \"{}\", the link table of this relation.",
                other.model.name, link.table
            );
            clash(codes::DUPLICATE_TABLE, span, what, "@@map", diagnostics);
        }
    }
    let mut types = HashMap::with_capacity(enums.len());
    for item in enums {
        if let Some(other) = types.insert((&item.namespace, item.type_name()), &item.name) {
            let what = format!(
                "The enums `{other}` and `{}` both stand for the type \"{}\".",
                item.name,
                item.type_name()
            );
            clash(codes::DUPLICATE_TABLE, item.span, what, "@@map", diagnostics);
        }
    }
    if let Some(naming) = scope.naming() {
        constraints::check(drafts, relations, naming, diagnostics);
    }
}

/// Where a model's table is named.
fn named(draft: &Draft<'_, '_>) -> Option<Span> {
    draft.block.attributes.iter().find(|attribute| attribute.name.text == "map").map(Attribute::span)
}

fn clash(code: &'static str, span: Span, message: String, attribute: &str, diagnostics: &mut Findings) {
    let help = format!("Give one of them another `{attribute}`.");
    diagnostics.push(Diagnostic::error(code, span, message).help(help));
}

/// The name of the unique index that an early edition makes for a one-to-one relation; `None` is the usual one.
pub(crate) fn of_implicit_unique(
    draft: &Draft<'_, '_>,
    columns: &[String],
    scope: &Scope<'_, '_>,
) -> Option<String> {
    let suffix = match scope.target.edition {
        Edition::Lift => "",
        Edition::Two => "_unique",
        Edition::Three | Edition::Six => return None,
    };
    let columns: Vec<&str> =
        columns.iter().filter_map(|name| draft.column(name)).map(ColumnField::column_name).collect();
    let name = format!("{}_{}{suffix}", draft.model.table_name(), columns.join("_"));
    Some(cut(&name, scope.naming().map_or(usize::MAX, Naming::limit)).to_owned())
}
