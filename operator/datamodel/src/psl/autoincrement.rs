//! `autoincrement()` where the database limits it.

use super::codes;
use super::models::Draft;
use super::scope::Scope;
use crate::findings::Findings;
use crate::{DefaultValue, Diagnostic, Provider};

/// Reports columns that the database cannot number.
pub(crate) fn check(draft: &Draft<'_, '_>, scope: &Scope<'_, '_>, diagnostics: &mut Findings) {
    let model = &draft.model;
    let mut numbered = 0;
    for column in model.columns.iter().filter(|column| column.default == Some(DefaultValue::Autoincrement)) {
        numbered += 1;
        let key = model.primary_key.as_ref().map(|key| key.fields.as_slice());
        let is = |name: &str| name == column.name;
        let (fine, help) = match scope.provider() {
            Some(Provider::Sqlite) => (
                matches!(key, Some([only]) if is(&only.name)),
                "SQLite numbers the id only, when it is one field: make it `@id`.",
            ),
            Some(Provider::MySql) if numbered == 1 => {
                let first = key.iter().filter_map(|fields| fields.first());
                let mut firsts = first.chain(model.indexes.iter().filter_map(|index| index.fields.first()));
                (
                    firsts.any(|field| is(&field.name)),
                    "MySQL numbers indexed fields only: add `@id`, `@unique` or `@@index`.",
                )
            }
            Some(Provider::MySql) => (false, ""),
            Some(Provider::PostgreSql) | None => return,
        };
        let (fine, help) = if numbered > 1 {
            (false, "A table has one such field: remove the others.")
        } else {
            (fine, help)
        };
        if !fine && !draft.key_broken {
            let message = format!("{} cannot number `{}`.", scope.target.name(), column.name);
            diagnostics
                .push(Diagnostic::error(codes::DEFAULT_AUTOINCREMENT, column.span, message).help(help));
        }
    }
}
