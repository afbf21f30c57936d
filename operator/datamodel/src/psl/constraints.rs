//! Names of keys, indexes and foreign keys: each must fit, and be unique where the database says so.

use std::ops::Range;

use foldhash::{HashSet, HashSetExt as _};

use super::codes;
use super::models::Draft;
use super::naming::Naming;
use super::relations::Resolved;
use crate::findings::Findings;
use crate::{Diagnostic, Model, Provider, Span};

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
    naming: Naming,
}

/// Reports every name that is too long and every one that is not unique.
pub(crate) fn check(
    drafts: &[Draft<'_, '_>],
    relations: &Resolved,
    naming: Naming,
    diagnostics: &mut Findings,
) {
    let mut constraints = Constraints { list: Vec::new(), names: String::new(), naming };
    constraints.of_models(drafts);
    constraints.of_relations(drafts, relations);
    constraints.lengths(diagnostics);
    constraints.clashes(diagnostics);
}

impl<'x> Constraints<'x> {
    fn of_models(&mut self, drafts: &'x [Draft<'_, '_>]) {
        let naming = self.naming;
        for draft in drafts {
            if let Some(key) = naming.key(draft) {
                self.push(draft, draft.key_span, false, |names| naming.of_key(key, draft, names));
            }
            for (index, span) in Naming::indexes(draft).iter().zip(&draft.index_spans) {
                self.push(draft, *span, false, |names| naming.of_index(index, draft, names));
            }
        }
    }

    fn of_relations(&mut self, drafts: &'x [Draft<'_, '_>], relations: &Resolved) {
        let naming = self.naming;
        for (relation, span, holder) in relations.iter() {
            if let Some(draft) = drafts.get(holder)
                && let Some(relation) = naming.foreign_key(relation, draft)
            {
                self.push(draft, span, true, |names| naming.of_foreign_key(relation, draft, names));
            }
        }
    }

    fn push(&mut self, draft: &'x Draft<'_, '_>, span: Span, foreign: bool, write: impl FnOnce(&mut String)) {
        let start = self.names.len();
        write(&mut self.names);
        let name = start..self.names.len();
        self.list.push(Constraint { model: &draft.model, name, foreign, span });
    }

    fn named(&self, constraint: &Constraint<'_>) -> &str {
        self.names.get(constraint.name.clone()).unwrap_or_default()
    }

    fn lengths(&self, diagnostics: &mut Findings) {
        let limit = self.naming.limit();
        for constraint in self.list.iter().filter(|constraint| constraint.name.len() > limit) {
            let message = format!(
                "The name \"{}\" has {} bytes, more than {} has room for.",
                self.named(constraint),
                constraint.name.len(),
                self.naming.provider.as_str()
            );
            let found = Diagnostic::error(codes::NAME_TOO_LONG, constraint.span, message);
            diagnostics.push(found.help(format!("Shorten it to {limit} bytes.")));
        }
    }

    fn clashes(&self, diagnostics: &mut Findings) {
        let mut seen: HashSet<(&str, Option<&str>, bool)> = HashSet::with_capacity(self.list.len());
        let mut of_model: HashSet<(&str, &str)> = HashSet::with_capacity(self.list.len());
        for constraint in &self.list {
            let (name, model) = (self.named(constraint), constraint.model);
            let clashes = match (self.naming.provider, constraint.foreign) {
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
