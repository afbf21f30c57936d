//! `@indexes(value: [{name:, fields:, unique:}])` and its single form `@index(…)`.

use std::collections::BTreeSet;

use super::ast::{Argument, Directive, TypeDefinition, Value, ValueKind};
use super::codes::{Findings, INDEX, did_you_mean};
use super::symbols::{Meaning, Symbols};
use crate::{Index, IndexField, IndexKind, Sort, Span};

/// One declared index: its arguments and where it stands.
type Declared<'d, 'a> = (&'d [Argument<'a>], Span);

/// The declared indexes of a type, and the values that are none.
fn declared<'d, 'a>(definition: &'d TypeDefinition<'a>) -> (Vec<Declared<'d, 'a>>, Vec<Span>) {
    let mut found: Vec<Declared<'d, 'a>> = Vec::new();
    let mut wrong = Vec::new();
    for directive in &definition.directives {
        match directive.name.text {
            "index" => found.push((directive.arguments.as_slice(), directive.span)),
            "indexes" => {
                for value in values(directive) {
                    match &value.kind {
                        ValueKind::Object(fields) => found.push((fields.as_slice(), value.span)),
                        _ => wrong.push(value.span),
                    }
                }
            }
            _ => {}
        }
    }
    (found, wrong)
}

/// Where the objects of an `@indexes` stand.
pub(super) fn listed(directive: &Directive<'_>) -> Vec<Span> {
    let is_object = |value: &&Value<'_>| matches!(value.kind, ValueKind::Object(_));
    match directive.name.text {
        "indexes" => values(directive).iter().filter(is_object).map(|value| value.span).collect(),
        _ => Vec::new(),
    }
}

/// The objects of `value:`; a single one needs no brackets.
fn values<'d, 'a>(directive: &'d Directive<'a>) -> &'d [Value<'a>] {
    match directive.argument("value") {
        Some(Argument { value: Value { kind: ValueKind::List(values), .. }, .. }) => values,
        Some(argument) => std::slice::from_ref(&argument.value),
        None => &[],
    }
}

/// The value of an argument.
fn argument<'d, 'a>(arguments: &'d [Argument<'a>], name: &str) -> Option<&'d Value<'a>> {
    arguments.iter().find(|argument| argument.name.text == name).map(|argument| &argument.value)
}

/// The values of `fields:`.
fn fields<'d, 'a>(arguments: &'d [Argument<'a>]) -> &'d [Value<'a>] {
    match argument(arguments, "fields").map(|value| &value.kind) {
        Some(ValueKind::List(values)) => values,
        _ => &[],
    }
}

/// Checks the indexes of a type.
pub(super) fn check(definition: &TypeDefinition<'_>, symbols: &Symbols<'_, '_>, findings: &mut Findings) {
    let (declared, wrong) = declared(definition);
    let example = "Write `{name: \"UserName\", fields: [\"firstName\", \"lastName\"], unique: false}`.";
    for span in wrong {
        findings.error(INDEX, span, "This is not an index.", example);
    }
    let stored = |field: &&super::ast::FieldDefinition<'_>| match symbols.meaning(field) {
        Meaning::Scalar(_) | Meaning::Enum(_) | Meaning::Model(..) => !field.ty.list,
        Meaning::LinkTable | Meaning::Refused | Meaning::Unknown => false,
    };
    let columns: BTreeSet<&str> =
        definition.fields.iter().filter(stored).map(|field| field.name.text).collect();
    let mut names = BTreeSet::new();
    for (arguments, span) in declared {
        match argument(arguments, "name").and_then(Value::text) {
            None | Some("") => findings.error(INDEX, span, "This index has no name.", example),
            Some(name) if !names.insert(name.to_owned()) => {
                let message =
                    format!("The type `{}` has more than one index named `{name}`.", definition.name.text);
                findings.error(INDEX, span, message, "Give each index its own name.");
            }
            Some(_) => {}
        }
        if fields(arguments).is_empty() {
            findings.error(INDEX, span, "This index has no fields.", example);
        }
        if let Some(value) =
            argument(arguments, "unique").filter(|value| !matches!(value.kind, ValueKind::Boolean(_)))
        {
            findings.error(
                INDEX,
                value.span,
                "`unique` is either `true` or `false`.",
                "Write it without quotes.",
            );
        }
        let mut seen = BTreeSet::new();
        for value in fields(arguments) {
            let name = value.text().unwrap_or_default();
            if findings.is_full() {
                return;
            }
            if !columns.contains(name) {
                let message = format!(
                    "The type `{}` has no field `{name}` that an index could hold.",
                    definition.name.text
                );
                let help = did_you_mean(name, columns.iter().copied()).map_or_else(
                    || "Name fields of this type that are no lists, in quotes.".to_owned(),
                    |meant| format!("Did you mean `{meant}`?"),
                );
                findings.error(INDEX, value.span, message, help);
            } else if !seen.insert(name) {
                findings.error(
                    INDEX,
                    value.span,
                    format!("The index names the field `{name}` twice."),
                    "Remove the repetition.",
                );
            }
        }
    }
}

/// The indexes of a type that was checked: `@unique` fields first, then the declared ones, unique unless they say otherwise.
pub(super) fn of(definition: &TypeDefinition<'_>, symbols: &Symbols<'_, '_>) -> Vec<Index> {
    let index = |kind, fields: Vec<&str>, map| {
        let field = |name: &str| IndexField {
            name: name.to_owned(),
            sort: Sort::Asc,
            length: None,
            operator_class: None,
        };
        Index { kind, fields: fields.into_iter().map(field).collect(), map, algorithm: None, predicate: None }
    };
    let mut indexes = Vec::new();
    for field in &definition.fields {
        let stored = matches!(symbols.meaning(field), Meaning::Scalar(_) | Meaning::Enum(_));
        if stored && field.directive("unique").is_some() && field.directive("id").is_none() {
            indexes.push(index(IndexKind::Unique, vec![field.name.text], None));
        }
    }
    for (arguments, _) in declared(definition).0 {
        let unique = !matches!(
            argument(arguments, "unique").map(|value| &value.kind),
            Some(ValueKind::Boolean(false))
        );
        let kind = if unique { IndexKind::Unique } else { IndexKind::Normal };
        let name = argument(arguments, "name").and_then(Value::text).map(str::to_owned);
        indexes.push(index(kind, fields(arguments).iter().filter_map(Value::text).collect(), name));
    }
    indexes
}
