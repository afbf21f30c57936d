//! What a relation field says of its relation.

use super::arguments::{Arguments, mapped, unknown, wrong};
use super::ast::{Attribute, Expression, Field, Value};
use super::codes;
use super::suggest::did_you_mean;
use crate::findings::Findings;
use crate::{Action, Diagnostic, Span};

/// A relation field and its `@relation`.
#[derive(Debug, Clone)]
pub(crate) struct Link<'b, 'a> {
    /// The field.
    pub(crate) field: &'b Field<'a>,
    /// The place of the model on the other side among all of them.
    pub(crate) target: usize,
    /// Where the attribute stands; the field's name without one.
    pub(crate) span: Span,
    /// The relation's name.
    pub(crate) name: Option<&'b str>,
    /// `fields`: names, at least one.
    pub(crate) fields: Option<&'b [Expression<'a>]>,
    /// `references`: names, at least one.
    pub(crate) references: Option<&'b [Expression<'a>]>,
    /// `onDelete`.
    pub(crate) on_delete: Option<(Action, Span)>,
    /// `onUpdate`.
    pub(crate) on_update: Option<(Action, Span)>,
    /// `map`.
    pub(crate) map: Option<(&'b str, Span)>,
    /// An argument could not be read, so what is missing may be there.
    pub(crate) broken: bool,
}

/// Reads a relation field.
pub(crate) fn read<'b, 'a>(
    field: &'b Field<'a>,
    attributes: impl Iterator<Item = &'b Attribute<'a>>,
    (target, place): (&str, usize),
    diagnostics: &mut Findings,
) -> Link<'b, 'a> {
    let mut link = Link {
        field,
        target: place,
        span: field.name.span(),
        name: None,
        fields: None,
        references: None,
        on_delete: None,
        on_update: None,
        map: None,
        broken: false,
    };
    for attribute in attributes {
        match attribute.name.text {
            "relation" => relation(attribute, &mut link, diagnostics),
            "ignore" => {
                Arguments::read(attribute, &[], diagnostics);
            }
            "map" => {
                mapped(attribute, diagnostics);
                misplaced(attribute, target, "Put `@map` on the fields in `fields`.", diagnostics);
            }
            "id" | "unique" => {
                misplaced(
                    attribute,
                    target,
                    "Put it on the fields in `fields`, or use `@@id`, `@@unique`.",
                    diagnostics,
                );
            }
            "default" | "updatedAt" => {
                misplaced(attribute, target, "Put it on the fields in `fields`.", diagnostics);
            }
            name if name.contains('.') => {
                misplaced(attribute, target, "Put it on the fields in `fields`.", diagnostics);
            }
            _ => unknown(attribute, "@", &["relation", "ignore"], "a relation field", diagnostics),
        }
    }
    link
}

fn misplaced(attribute: &Attribute<'_>, target: &str, help: &str, diagnostics: &mut Findings) {
    let message = format!(
        "`@{}` cannot stand on a relation: a field of type `{target}` has no column.",
        attribute.name.text
    );
    diagnostics.push(Diagnostic::error(codes::MISPLACED_ATTRIBUTE, attribute.span(), message).help(help));
}

fn relation<'b, 'a>(attribute: &'b Attribute<'a>, link: &mut Link<'b, 'a>, diagnostics: &mut Findings) {
    let before = diagnostics.count();
    let known = &["name", "fields", "references", "onDelete", "onUpdate", "map"];
    let arguments = Arguments::read(attribute, known, diagnostics);
    link.span = attribute.span();
    link.name = arguments.text("name", diagnostics).map(|(text, _)| text);
    link.fields = arguments.get("fields").and_then(|value| names("fields", value, diagnostics));
    link.references = arguments.get("references").and_then(|value| names("references", value, diagnostics));
    link.on_delete = arguments.get("onDelete").and_then(|value| action("onDelete", value, diagnostics));
    link.on_update = arguments.get("onUpdate").and_then(|value| action("onUpdate", value, diagnostics));
    link.map = arguments.text("map", diagnostics);
    link.broken = diagnostics.count() > before;
}

/// A list of names. `None` after a report.
fn names<'b, 'a>(
    what: &str,
    value: &'b Expression<'a>,
    diagnostics: &mut Findings,
) -> Option<&'b [Expression<'a>]> {
    let items = value.items();
    if items.is_empty() {
        let message = format!("`{what}` is empty.");
        diagnostics.push(
            Diagnostic::error(codes::RELATION_FIELDS, value.span(), message).help("Name at least one field."),
        );
        return None;
    }
    if let Some(item) = items.iter().find(|item| !matches!(item.value, Value::Constant(_))) {
        wrong(item, &format!("Each part of `{what}`"), "the name of a field", diagnostics);
        return None;
    }
    Some(items)
}

fn action(what: &str, value: &Expression<'_>, diagnostics: &mut Findings) -> Option<(Action, Span)> {
    let actions = ["Cascade", "Restrict", "NoAction", "SetNull", "SetDefault"];
    let action = match value.value {
        Value::Constant("Cascade") => Action::Cascade,
        Value::Constant("Restrict") => Action::Restrict,
        Value::Constant("NoAction") => Action::NoAction,
        Value::Constant("SetNull") => Action::SetNull,
        Value::Constant("SetDefault") => Action::SetDefault,
        Value::Constant(other) => {
            let message = format!("There is no referential action `{other}`.");
            let help = did_you_mean(
                other,
                actions,
                "Known are `Cascade`, `Restrict`, `NoAction`, `SetNull` and `SetDefault`.",
            );
            diagnostics.push(Diagnostic::error(codes::RELATION_ACTION, value.span(), message).help(help));
            return None;
        }
        _ => {
            wrong(value, &format!("`{what}`"), "a referential action, such as `Cascade`", diagnostics);
            return None;
        }
    };
    Some((action, value.span()))
}
