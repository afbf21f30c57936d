//! Names of keys, indexes and foreign keys: each must fit, and be unique where the database says so.

use std::ops::Range;

use foldhash::{HashSet, HashSetExt as _};

use super::codes;
use super::models::Draft;
use super::names::{cut, limit};
use super::relations::Found;
use crate::findings::Findings;
use crate::{ColumnField, Diagnostic, Edition, IndexKind, Model, Provider, Relation, Span};

/// A constraint with what decides the space in which its name must be unique.
struct Constraint<'x> {
    model: &'x Model,
    /// Where its name stands in the text of all names.
    name: Range<usize>,
    foreign: bool,
    span: Span,
}

/// All constraints, their names in one text.
struct Constraints<'x> {
    list: Vec<Constraint<'x>>,
    names: String,
    /// Longest name in bytes.
    limit: usize,
    edition: Edition,
}

/// Reports every name that is too long and every one that is not unique.
pub(crate) fn check(
    drafts: &[Draft<'_, '_>],
    relations: &[Found],
    (provider, edition): (Provider, Edition),
    diagnostics: &mut Findings,
) {
    let mut constraints = Constraints {
        list: Vec::with_capacity(drafts.len() * 3),
        names: String::with_capacity(drafts.len() * 3 * 32),
        limit: limit(provider),
        edition,
    };
    constraints.of_models(drafts, provider);
    // Without a name of its own the database gives a foreign key one that is free.
    if provider != Provider::Sqlite && edition >= Edition::Three {
        constraints.of_relations(drafts, relations);
    }
    constraints.lengths(provider, diagnostics);
    if !constraints.all_differ() {
        constraints.clashes(provider, diagnostics);
    }
}

impl<'x> Constraints<'x> {
    fn of_models(&mut self, drafts: &'x [Draft<'_, '_>], provider: Provider) {
        for draft in drafts.iter().filter(|draft| !draft.is_view()) {
            let model = &draft.model;
            if let Some(key) = model.primary_key.as_ref().filter(|_| provider == Provider::PostgreSql) {
                let name = self.name(key.map.as_deref(), draft, std::iter::empty(), "_pkey");
                self.list.push(Constraint { model, name, foreign: false, span: draft.key_span });
            }
            for (index, span) in model.indexes.iter().zip(&draft.index_spans) {
                let fields = index.fields.iter().map(|field| field.name.as_str());
                let suffix = if index.kind == IndexKind::Unique { "_key" } else { "_idx" };
                let name = self.name(index.map.as_deref(), draft, fields, suffix);
                self.list.push(Constraint { model, name, foreign: false, span: *span });
            }
        }
    }

    fn of_relations(&mut self, drafts: &'x [Draft<'_, '_>], relations: &[Found]) {
        for Found { relation, span, holder } in relations {
            if let Relation::Inline(relation) = relation
                && let Some(draft) = drafts.get(*holder).filter(|draft| !draft.is_view())
            {
                let fields = relation.columns.iter().map(String::as_str);
                let name = self.name(relation.map.as_deref(), draft, fields, "_fkey");
                self.list.push(Constraint { model: &draft.model, name, foreign: true, span: *span });
            }
        }
    }

    /// Adds a name: the given one, or that which is made from table and columns and cut to the limit.
    fn name<'f>(
        &mut self,
        given: Option<&str>,
        draft: &Draft<'_, '_>,
        fields: impl Iterator<Item = &'f str>,
        suffix: &str,
    ) -> Range<usize> {
        let start = self.names.len();
        if let Some(given) = given {
            self.names.push_str(given);
            return start..self.names.len();
        }
        let early = self.edition <= Edition::Two && matches!(suffix, "_key" | "_idx");
        let suffix = match (self.edition, suffix) {
            (Edition::Lift, _) if early => "",
            (_, "_key") if early => "_unique",
            _ if early => "_index",
            _ => suffix,
        };
        self.names.push_str(draft.model.table_name());
        let columns = fields.filter_map(|name| draft.column(name)).map(ColumnField::column_name);
        for (place, column) in columns.enumerate() {
            self.names.push(if early && place == 0 { '.' } else { '_' });
            self.names.push_str(column);
        }
        // Early editions cut the suffix, too.
        if early {
            self.names.push_str(suffix);
            self.cut(start, self.limit);
        } else {
            self.cut(start, self.limit.saturating_sub(suffix.len()));
            self.names.push_str(suffix);
        }
        start..self.names.len()
    }

    /// Cuts the last name, which starts there.
    fn cut(&mut self, start: usize, limit: usize) {
        let length = cut(self.names.get(start..).unwrap_or_default(), limit).len();
        self.names.truncate(start + length);
    }

    fn named(&self, constraint: &Constraint<'_>) -> &str {
        self.names.get(constraint.name.clone()).unwrap_or_default()
    }

    fn lengths(&self, provider: Provider, diagnostics: &mut Findings) {
        for constraint in self.list.iter().filter(|constraint| constraint.name.len() > self.limit) {
            let message = format!(
                "The name \"{}\" has {} bytes, more than {} has room for.",
                self.named(constraint),
                constraint.name.len(),
                provider.as_str()
            );
            let found = Diagnostic::error(codes::NAME_TOO_LONG, constraint.span, message);
            diagnostics.push(found.help(format!("Shorten it to {} bytes.", self.limit)));
        }
    }

    /// Whether no name stands twice in any space, which is so for nearly every datamodel.
    fn all_differ(&self) -> bool {
        let mut seen = HashSet::with_capacity(self.list.len());
        self.list.iter().all(|constraint| seen.insert(self.named(constraint)))
    }

    fn clashes(&self, provider: Provider, diagnostics: &mut Findings) {
        let mut seen: HashSet<(&str, Option<&str>, bool)> = HashSet::with_capacity(self.list.len());
        let mut of_model: HashSet<(&str, &str)> = HashSet::with_capacity(self.list.len());
        for constraint in &self.list {
            let (name, model) = (self.named(constraint), constraint.model);
            let clashes = match (provider, constraint.foreign) {
                (Provider::PostgreSql, foreign) => {
                    let in_model = !of_model.insert((name, model.name.as_str()));
                    let in_schema = !foreign && !seen.insert((name, model.namespace.as_deref(), foreign));
                    in_model || in_schema
                }
                (Provider::MySql, false) => !seen.insert((name, Some(model.name.as_str()), false)),
                (Provider::MySql, true) | (Provider::Sqlite, _) => {
                    !seen.insert((name, None, constraint.foreign))
                }
            };
            if clashes {
                let message = format!("The name \"{name}\" is that of another key or index.");
                let found = Diagnostic::error(codes::NAME_CLASH, constraint.span, message);
                diagnostics.push(found.help("Remove one of the two, or give it another name with `map`."));
            }
        }
    }
}
