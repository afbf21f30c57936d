//! Names in the database: tables, types, columns and constraints must be unique where the database says so.

use std::collections::{HashMap, HashSet};

use super::codes;
use super::models::Draft;
use super::scope::Scope;
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
        // The fields have names of their own: without another name for a column there is no clash.
        if model.columns.iter().all(|column| column.database_name.is_none()) {
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
    fn name(&self, limit: usize, edition: Edition) -> String {
        if let Some(given) = self.given {
            return given.to_owned();
        }
        let mut name = self.model.table_name().to_owned();
        if edition <= Edition::Two && matches!(self.suffix, "_key" | "_idx") {
            let suffix = match (edition, self.suffix) {
                (Edition::Lift, _) => "",
                (_, "_key") => "_unique",
                _ => "_index",
            };
            return cut(&format!("{name}.{}{suffix}", self.columns.join("_")), limit).to_owned();
        }
        for column in &self.columns {
            name.push('_');
            name.push_str(column);
        }
        let mut name = cut(&name, limit.saturating_sub(self.suffix.len())).to_owned();
        name.push_str(self.suffix);
        name
    }
}

fn constraints(
    drafts: &[Draft<'_, '_>],
    models: &HashMap<&str, &Draft<'_, '_>>,
    relations: &[(Relation, Span)],
    provider: Provider,
    edition: Edition,
    diagnostics: &mut Findings,
) {
    let mut all = Vec::with_capacity(drafts.len() * 3);
    for draft in drafts.iter().filter(|draft| !draft.is_view()) {
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
            && !draft.is_view()
            // Without a name of its own the database gives it one that is free.
            && edition >= Edition::Three
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
    let names: Vec<String> = all.iter().map(|constraint| constraint.name(limit(provider), edition)).collect();
    let mut seen: HashSet<(&str, Option<&str>, bool)> = HashSet::with_capacity(all.len());
    let mut of_model: HashSet<(&str, &str)> = HashSet::with_capacity(all.len());
    for (constraint, name) in all.iter().zip(&names) {
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
        let shared =
            !of_model.insert((name, constraint.model.name.as_str())) && provider == Provider::PostgreSql;
        if !seen.insert((name, space, foreign)) || shared {
            let message = format!("The name \"{name}\" is that of another key or index.");
            let found = Diagnostic::error(codes::NAME_CLASH, constraint.span, message);
            diagnostics.push(found.help("Remove one of the two, or give it another name with `map`."));
        }
    }
}
