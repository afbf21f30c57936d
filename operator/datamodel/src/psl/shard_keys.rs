//! `@shardKey` and `@@shardKey`: how client code reaches a part of a database that has several. No migration knows of them.

use super::arguments::Arguments;
use super::ast::{Attribute, Value};
use super::codes;
use super::models::Draft;
use super::scope::Scope;
use crate::Provider;
use crate::findings::Findings;

/// Checks `@shardKey` of a field.
pub(crate) fn of_field(attribute: &Attribute<'_>, scope: &Scope<'_, '_>, diagnostics: &mut Findings) {
    Arguments::read(attribute, &[], diagnostics);
    possible(attribute, scope, diagnostics);
}

/// Checks `@@shardKey([…])` of a model.
pub(crate) fn of_model(
    attribute: &Attribute<'_>,
    draft: &Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    possible(attribute, scope, diagnostics);
    let arguments = Arguments::read(attribute, &["fields"], diagnostics);
    let Some(fields) = arguments.require("fields", diagnostics) else { return };
    let items = fields.items();
    for item in items {
        match item.value {
            Value::Constant(name) if draft.column(name).is_some() => {}
            _ => {
                let message = format!("The model `{}` has no such column.", draft.model.name);
                let help = "Name fields of this model that are no relations.";
                diagnostics.error(codes::INDEX_UNKNOWN_FIELD, item.span(), message, help);
            }
        }
    }
}

fn possible(attribute: &Attribute<'_>, scope: &Scope<'_, '_>, diagnostics: &mut Findings) {
    if scope.provider().is_some_and(|provider| provider != Provider::MySql) {
        let message = format!("{} has no shard keys.", scope.target.name());
        diagnostics.error(codes::MISPLACED_ATTRIBUTE, attribute.span(), message, "Remove the attribute.");
    } else if !scope.target.previews.contains("shardKeys") {
        let message = "Shard keys are a preview feature.";
        let help = "Add `previewFeatures = [\"shardKeys\"]` to a generator, or remove the attribute.";
        diagnostics.error(codes::MISPLACED_ATTRIBUTE, attribute.span(), message, help);
    }
}
