//! Names in the database: tables, types, columns and constraints must be unique where the database says so.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::codes;
use super::models::Draft;
use super::scope::Scope;
use super::seen::Seen;
use crate::findings::Findings;
use crate::{ColumnField, Diagnostic, Edition, Enum, IndexKind, Model, Provider, Relation, Span};

/// Reports every clash and every name that is too long.
pub(crate) fn check(
    drafts: &[Draft<'_, '_>],
    enums: &[Enum],
    relations: &[(Relation, Span)],
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let mut tables = HashMap::with_capacity(drafts.len());
    for draft in drafts {
        let model = &draft.model;
        let place =
            draft.block.attributes.iter().find(|attribute| attribute.name.text == "map").map(|map| map.span);
        if let Some((other, before)) =
            tables.insert((&model.namespace, model.table_name()), (&model.name, place))
        {
            let what = format!(
                "The models `{other}` and `{}` both stand for the table \"{}\".",
                model.name,
                model.table_name()
            );
            clash(codes::DUPLICATE_TABLE, place.or(before).unwrap_or(model.span), what, "@@map", diagnostics);
        }
        // The fields have names of their own, so that only columns with another name can clash.
        let mut others = Seen::default();
        let mut mapped = model.columns.iter().filter_map(|column| column.database_name.as_deref());
        if mapped.all(|name| others.insert(name) && !draft.members.contains_key(name)) {
            continue;
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
                && draft.members.contains_key(mapped.as_str())
                && draft.column(mapped).is_some_and(|other| other.column_name() != mapped)
            {
                let what = format!("The column of `{}` has the name of the field `{mapped}`.", column.name);
                clash(codes::DUPLICATE_COLUMN, column.span, what, "@map", diagnostics);
            }
        }
    }
    let models: HashMap<&str, &Draft<'_, '_>> =
        drafts.iter().map(|draft| (draft.model.name.as_str(), draft)).collect();
    for (relation, span) in relations {
        let Relation::Table(link) = relation else { continue };
        let namespace = models.get(link.a.model.as_str()).map(|draft| &draft.model.namespace);
        let table = namespace.and_then(|namespace| tables.get(&(namespace, link.table.as_str())));
        if let Some((other, _)) = table {
            let what = format!(
                "The model `{other}` stands for \"{}\", the link table of this relation.",
                link.table
            );
            clash(codes::DUPLICATE_TABLE, *span, what, "@@map", diagnostics);
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
    if let Some(provider) = scope.provider() {
        constraints(drafts, &models, relations, provider, scope.target.edition, diagnostics);
    }
}

fn clash(code: &'static str, span: Span, message: String, attribute: &str, diagnostics: &mut Findings) {
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

/// The longest prefix of at most `limit` bytes that ends at a character boundary.
fn cut(name: &str, limit: usize) -> &str {
    let mut end = limit.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
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
    Some(cut(&name, scope.provider().map_or(usize::MAX, limit)).to_owned())
}

/// A constraint with its name and what decides the space in which the name must be unique.
struct Constraint<'x> {
    model: &'x Model,
    name: Cow<'x, str>,
    foreign: bool,
    span: Span,
}

/// The name that is made from table and columns and cut to the limit.
fn made<'x>(
    table: &str,
    columns: impl Iterator<Item = &'x str>,
    suffix: &str,
    limit: usize,
    edition: Edition,
) -> String {
    let early = edition <= Edition::Two && matches!(suffix, "_key" | "_idx");
    let suffix = match (edition, suffix) {
        (Edition::Lift, _) if early => "",
        (_, "_key") if early => "_unique",
        _ if early => "_index",
        _ => suffix,
    };
    let mut name = String::with_capacity(64);
    name.push_str(table);
    for (place, column) in columns.enumerate() {
        name.push(if early && place == 0 { '.' } else { '_' });
        name.push_str(column);
    }
    if early {
        name.push_str(suffix);
        name.truncate(cut(&name, limit).len());
    } else {
        name.truncate(cut(&name, limit.saturating_sub(suffix.len())).len());
        name.push_str(suffix);
    }
    name
}

fn constraints(
    drafts: &[Draft<'_, '_>],
    models: &HashMap<&str, &Draft<'_, '_>>,
    relations: &[(Relation, Span)],
    provider: Provider,
    edition: Edition,
    diagnostics: &mut Findings,
) {
    let limit = limit(provider);
    let mut all: Vec<Constraint<'_>> = Vec::with_capacity(drafts.len() * 3);
    for draft in drafts.iter().filter(|draft| !draft.is_view()) {
        let model = &draft.model;
        if let Some(key) = model.primary_key.as_ref().filter(|_| provider == Provider::PostgreSql) {
            let name = match &key.map {
                Some(given) => Cow::from(given),
                None => made(model.table_name(), std::iter::empty(), "_pkey", limit, edition).into(),
            };
            all.push(Constraint { model, name, foreign: false, span: draft.key_span });
        }
        for (index, span) in model.indexes.iter().zip(&draft.index_spans) {
            let columns = index
                .fields
                .iter()
                .filter_map(|field| draft.column(&field.name))
                .map(ColumnField::column_name);
            let suffix = if index.kind == IndexKind::Unique { "_key" } else { "_idx" };
            let name = match &index.map {
                Some(given) => Cow::from(given),
                None => made(model.table_name(), columns, suffix, limit, edition).into(),
            };
            all.push(Constraint { model, name, foreign: false, span: *span });
        }
    }
    for (relation, span) in relations {
        if let Relation::Inline(relation) = relation
            && provider != Provider::Sqlite
            && let Some(draft) = models.get(relation.model.as_str())
            && !draft.is_view()
            // Without a name of its own the database gives it one that is free.
            && edition >= Edition::Three
        {
            let columns =
                relation.columns.iter().filter_map(|name| draft.column(name)).map(ColumnField::column_name);
            let name = match &relation.map {
                Some(given) => Cow::from(given),
                None => made(draft.model.table_name(), columns, "_fkey", limit, edition).into(),
            };
            all.push(Constraint { model: &draft.model, name, foreign: true, span: *span });
        }
    }
    let mut seen: HashSet<(&str, Option<&str>, bool)> = HashSet::with_capacity(all.len());
    let mut of_model: HashSet<(&str, &str)> = HashSet::with_capacity(all.len());
    for constraint in &all {
        let name = constraint.name.as_ref();
        if name.len() > limit {
            let message = format!(
                "The name \"{name}\" has {} bytes, more than {} has room for.",
                name.len(),
                provider.as_str()
            );
            let found = Diagnostic::error(codes::NAME_TOO_LONG, constraint.span, message);
            diagnostics.push(found.help(format!("Shorten it to {limit} bytes.")));
        }
        let model = constraint.model;
        let clashes = match (provider, constraint.foreign) {
            (Provider::PostgreSql, foreign) => {
                let in_model = !of_model.insert((name, model.name.as_str()));
                let in_schema = !foreign && !seen.insert((name, model.namespace.as_deref(), foreign));
                in_model || in_schema
            }
            (Provider::MySql, false) => !seen.insert((name, Some(model.name.as_str()), false)),
            (Provider::MySql, true) | (Provider::Sqlite, _) => !seen.insert((name, None, constraint.foreign)),
        };
        if clashes {
            let message = format!("The name \"{name}\" is that of another key or index.");
            let found = Diagnostic::error(codes::NAME_CLASH, constraint.span, message);
            diagnostics.push(found.help("Remove one of the two, or give it another name with `map`."));
        }
    }
}
