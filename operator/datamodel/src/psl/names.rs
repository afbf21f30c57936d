//! Names in the database: tables, types, columns and constraints must be unique where the database says so.

use std::collections::{BTreeMap, BTreeSet};

use super::codes;
use super::models::Draft;
use super::scope::Scope;
use crate::{ColumnField, Diagnostic, Enum, IndexKind, Model, Provider, Relation, Span};

/// Reports every clash and every name that is too long.
pub(crate) fn check(
    drafts: &[Draft<'_, '_>],
    enums: &[Enum],
    relations: &[(Relation, Span)],
    scope: &Scope<'_, '_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut tables = BTreeMap::new();
    for Draft { model, .. } in drafts {
        if let Some(other) = tables.insert((&model.namespace, model.table_name()), &model.name) {
            let what = format!(
                "The models `{other}` and `{}` both stand for the table \"{}\".",
                model.name,
                model.table_name()
            );
            clash(codes::DUPLICATE_TABLE, model.span, what, "@@map", diagnostics);
        }
        let mut columns = BTreeMap::new();
        for column in &model.columns {
            if let Some(other) = columns.insert(column.column_name(), &column.name) {
                let what = format!(
                    "The fields `{other}` and `{}` both stand for the column \"{}\".",
                    column.name,
                    column.column_name()
                );
                clash(codes::DUPLICATE_COLUMN, column.span, what, "@map", diagnostics);
            }
        }
    }
    let mut types = BTreeMap::new();
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
    if let Some(provider) = scope.provider() {
        constraints(drafts, relations, provider, diagnostics);
    }
}

fn clash(
    code: &'static str,
    span: Span,
    message: String,
    attribute: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let help = format!("Give one of them another `{attribute}`.");
    diagnostics.push(Diagnostic::error(code, span, message).help(help));
}

/// Longest name in bytes.
const fn limit(provider: Provider) -> usize {
    match provider {
        Provider::PostgreSql => 63,
        Provider::MySql => 64,
        Provider::Sqlite => 10_000,
    }
}

/// A constraint with its name and the space in which the name must be unique: a schema or a table.
struct Constraint<'x> {
    model: &'x Model,
    given: Option<&'x str>,
    columns: Vec<&'x str>,
    suffix: &'static str,
    span: Span,
}

impl Constraint<'_> {
    /// The name: as given, or made from table and columns and cut to the limit.
    fn name(&self, limit: usize) -> String {
        if let Some(given) = self.given {
            return given.to_owned();
        }
        let mut name = self.model.table_name().to_owned();
        for column in &self.columns {
            name.push('_');
            name.push_str(column);
        }
        let mut most = limit.saturating_sub(self.suffix.len()).min(name.len());
        while !name.is_char_boundary(most) {
            most -= 1;
        }
        name.truncate(most);
        name.push_str(self.suffix);
        name
    }
}

fn constraints(
    drafts: &[Draft<'_, '_>],
    relations: &[(Relation, Span)],
    provider: Provider,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let models: BTreeMap<&str, &Draft<'_, '_>> =
        drafts.iter().map(|draft| (draft.model.name.as_str(), draft)).collect();
    let mut all = Vec::new();
    for draft in drafts {
        let model = &draft.model;
        if let Some(key) = model.primary_key.as_ref().filter(|_| provider == Provider::PostgreSql) {
            let given = key.map.as_deref();
            all.push(Constraint { model, given, columns: Vec::new(), suffix: "_pkey", span: draft.key_span });
        }
        for (index, span) in model.indexes.iter().zip(&draft.index_spans) {
            let columns = index
                .fields
                .iter()
                .filter_map(|field| draft.column(&field.name))
                .map(ColumnField::column_name);
            let suffix = if index.kind == IndexKind::Unique { "_key" } else { "_idx" };
            all.push(Constraint {
                model,
                given: index.map.as_deref(),
                columns: columns.collect(),
                suffix,
                span: *span,
            });
        }
    }
    for (relation, span) in relations {
        if let Relation::Inline(relation) = relation
            && provider != Provider::Sqlite
            && let Some(draft) = models.get(relation.model.as_str())
        {
            let columns =
                relation.columns.iter().filter_map(|name| draft.column(name)).map(ColumnField::column_name);
            let given = relation.map.as_deref();
            all.push(Constraint {
                model: &draft.model,
                given,
                columns: columns.collect(),
                suffix: "_fkey",
                span: *span,
            });
        }
    }
    let mut seen: BTreeSet<(String, Option<&str>, bool)> = BTreeSet::new();
    for constraint in &all {
        let name = constraint.name(limit(provider));
        if name.len() > limit(provider) {
            let message = format!(
                "The name \"{name}\" has {} bytes, more than {} has room for.",
                name.len(),
                provider.as_str()
            );
            let found = Diagnostic::error(codes::NAME_TOO_LONG, constraint.span, message);
            diagnostics.push(found.help(format!("Shorten it to {} bytes.", limit(provider))));
        }
        let foreign = constraint.suffix == "_fkey";
        let space = match (provider, foreign) {
            (Provider::PostgreSql, false) => constraint.model.namespace.as_deref(),
            (Provider::PostgreSql, true) | (Provider::MySql, false) => Some(constraint.model.name.as_str()),
            (Provider::MySql, true) | (Provider::Sqlite, _) => None,
        };
        if !seen.insert((name.clone(), space, foreign)) {
            let message = format!("The name \"{name}\" is that of another key or index.");
            let found = Diagnostic::error(codes::NAME_CLASH, constraint.span, message);
            diagnostics.push(found.help("Remove one of the two, or give it another name with `map`."));
        }
    }
}
