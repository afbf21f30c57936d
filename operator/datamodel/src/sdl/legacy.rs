//! The rules that only the legacy datamodel v1 has.

use super::ast::{Document, FieldDefinition, TypeDefinition, Value, ValueKind};
use super::codes::{self, Findings};
use super::defaults::is_date;
use super::directives::{self, Place};
use super::flavour::Flavour;
use super::symbols::{Meaning, Symbols, scalar_name};
use crate::{Diagnostic, Scalar};

/// Checks what v1.1 has other rules for, or none; the text is as written.
pub(super) fn check(
    document: &Document<'_>,
    symbols: &Symbols<'_, '_>,
    flavour: Flavour,
    findings: &mut Findings,
) {
    for definition in &document.enums {
        let owner = (definition.name.text, definition.name.span);
        directives::check(&definition.directives, Place::Enum, flavour, owner, findings);
    }
    for definition in &document.types {
        let owner = (definition.name.text, definition.name.span);
        directives::check(&definition.directives, Place::Type, flavour, owner, findings);
        if definition.is_embedded() {
            continue;
        }
        for field in &definition.fields {
            let owner = (field.name.text, field.name.span);
            directives::check(&field.directives, Place::Field, flavour, owner, findings);
            reserved(field, flavour, findings);
            default(field, symbols, findings);
        }
        missing_id(definition, flavour, findings);
    }
}

/// `id`, `createdAt` and `updatedAt` have their meaning by their names, and one form only.
fn reserved(field: &FieldDefinition<'_>, flavour: Flavour, findings: &mut Findings) {
    let unique = field.is_unique();
    let ty = field.ty.name.text;
    let (fits, form) = match field.name.text {
        "id" => {
            let known = matches!(ty, "ID" | "UUID") || (ty == "Int" && flavour == Flavour::Introspected);
            (known && field.ty.required && unique, id_form(flavour))
        }
        "createdAt" => (ty == "DateTime" && field.ty.required && !unique, "createdAt: DateTime!"),
        "updatedAt" => (ty == "DateTime" && field.ty.required && !unique, "updatedAt: DateTime!"),
        _ => return,
    };
    // `@id` was reported as a word of the other language.
    if fits || field.directive("id").is_some() {
        return;
    }
    let name = field.name.text;
    let message = format!("The field `{name}` is reserved and has to have the format: {form}.");
    let help = format!("Write it so, or choose another name than `{name}`.");
    findings.error(codes::RESERVED_FIELD, field.name.span, message, help);
}

/// How an id has to look; Prisma itself made no tables with `Int` ids then.
const fn id_form(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Introspected => "id: ID! @unique or id: UUID! @unique or id: Int! @unique",
        Flavour::Legacy | Flavour::Modern => "id: ID! @unique or id: UUID! @unique",
    }
}

/// Prisma adds an id of its own where it makes the tables; where it found them it needs to be told.
fn missing_id(definition: &TypeDefinition<'_>, flavour: Flavour, findings: &mut Findings) {
    let present = definition.fields.iter().any(|field| field.name.text == "id");
    if flavour == Flavour::Legacy || present || definition.broken {
        return;
    }
    let form = id_form(flavour);
    let message = format!("The required field `id` is missing and has to have the format: {form}.");
    let help = "Name the primary key of the table with `@pgColumn(name: …)`.";
    findings.error(codes::ID_COUNT, definition.name.span, message, help);
}

fn default(field: &FieldDefinition<'_>, symbols: &Symbols<'_, '_>, findings: &mut Findings) {
    let Some(directive) = field.directive("default").or_else(|| field.directive("pgDefault")) else { return };
    let Some(argument) = directive.argument("value") else { return };
    let report = |message: String, help: String| {
        Diagnostic::error(codes::DEFAULT, argument.value.span, message).help(help)
    };
    let Some(written) = written(&argument.value) else {
        let message = format!("Invalid value for type {}.", field.ty.name.text);
        findings.push(report(message, "Write the value as a text in double quotes.".to_owned()));
        return;
    };
    if field.ty.list {
        let message = "List fields cannot have defaultValues.".to_owned();
        findings.push(report(message, "Remove the directive.".to_owned()));
        return;
    }
    if findings.is_full() {
        return;
    }
    match symbols.meaning(field) {
        Meaning::Enum(definition) if !symbols.has_value(definition.name.text, &written) => {
            let values: Vec<&str> = definition.values.iter().map(|value| value.text).collect();
            let message = "The defaultValue contains an invalid enumValue.".to_owned();
            findings.push(report(message, format!("Choose one of {}.", values.join(", "))));
        }
        Meaning::Scalar(scalar) if !fits(scalar, &written) => {
            let shown: String = written.chars().take(60).collect();
            let message = format!("Invalid value '{shown}' for type {}.", scalar_name(scalar));
            findings.push(report(message, help(scalar).to_owned()));
        }
        Meaning::Model(..) => {
            let message = "The `@default` directive must only be placed on scalar fields that are not lists.";
            findings.push(report(message.to_owned(), "Remove the directive.".to_owned()));
        }
        _ => {}
    }
}

/// The value as text: v1 writes all of them in quotes, and takes literals as well.
fn written(value: &Value<'_>) -> Option<String> {
    match &value.kind {
        ValueKind::String(text) => Some(text.clone()),
        ValueKind::Int(word) | ValueKind::Float(word) | ValueKind::Enum(word) => Some((*word).to_owned()),
        ValueKind::Boolean(truth) => Some(truth.to_string()),
        ValueKind::Null => Some("null".to_owned()),
        ValueKind::List(_) | ValueKind::Object(_) => None,
    }
}

fn fits(scalar: Scalar, text: &str) -> bool {
    match scalar {
        _ if text == "null" => true,
        Scalar::Int => text.parse::<i32>().is_ok(),
        Scalar::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
        Scalar::Boolean => matches!(text, "true" | "false"),
        Scalar::DateTime => is_date(text),
        Scalar::Uuid => false,
        Scalar::String | Scalar::Json | Scalar::Id | Scalar::BigInt | Scalar::Decimal | Scalar::Bytes => true,
    }
}

const fn help(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Int => "Write a whole number of at most 32 bits, as in `\"1\"`.",
        Scalar::Float => "Write a number, as in `\"0.5\"`.",
        Scalar::Boolean => "Write `\"true\"` or `\"false\"`.",
        Scalar::DateTime => "Write it as in `\"2020-01-31T12:00:00.000Z\"`.",
        Scalar::String
        | Scalar::Json
        | Scalar::Id
        | Scalar::Uuid
        | Scalar::BigInt
        | Scalar::Decimal
        | Scalar::Bytes => "Values of this type are made for each row; remove the directive.",
    }
}
