//! `@default(…)`: the value checked against the type of its field.

use std::collections::BTreeSet;

use super::arguments::Arguments;
use super::ast::{Argument, Attribute, Call, Expression, Value};
use super::codes;
use super::datasource::Target;
use super::suggest::did_you_mean;
use crate::findings::Findings;
use crate::{Arity, DefaultValue, Diagnostic, Edition, FieldType, Literal, Scalar, Span};

/// Functions that give a default.
const FUNCTIONS: [&str; 7] = ["autoincrement", "now", "uuid", "cuid", "ulid", "nanoid", "dbgenerated"];

/// The field that a default is for.
pub(crate) struct Column<'b> {
    /// Its type.
    pub(crate) ty: &'b FieldType,
    /// Required, optional, list.
    pub(crate) arity: Arity,
    /// The values of its enum.
    pub(crate) values: Option<&'b BTreeSet<&'b str>>,
}

/// Reads the default. `None` after a report.
pub(crate) fn read(
    attribute: &Attribute<'_>,
    column: &Column<'_>,
    target: &Target,
    diagnostics: &mut Findings,
) -> Option<DefaultValue> {
    let arguments = Arguments::read(attribute, &["value", "map"], diagnostics);
    if let Some(map) = arguments.get("map")
        && target.datasource.is_some()
    {
        let message = format!("{} does not name default values.", target.name());
        let found = Diagnostic::error(codes::UNSUPPORTED_ARGUMENT, map.span(), message);
        diagnostics.push(found.help("Remove `map`."));
    }
    let expression = arguments.require("value", diagnostics)?;
    match (&expression.value, column.arity) {
        (Value::Function(Call { name, arguments: given }), _) => {
            later_function(name, given, expression.span(), target, diagnostics);
            function(name, given, expression.span(), column, diagnostics)
        }
        (Value::Array(items), Arity::List) => {
            target.since(Edition::Three, "defaults of lists", expression.span(), diagnostics);
            let literals: Vec<Option<Literal>> =
                items.iter().map(|item| literal(item, column, diagnostics)).collect();
            literals.into_iter().collect::<Option<Vec<_>>>().map(DefaultValue::List)
        }
        (_, Arity::List) => {
            let message = "The default of a list must be a list.";
            let found = Diagnostic::error(codes::DEFAULT_LIST, expression.span(), message);
            diagnostics.push(found.help("Put the value into brackets: `@default([…])`."));
            None
        }
        (Value::Array(_), _) => {
            let message = "The default of a single value cannot be a list.";
            let found = Diagnostic::error(codes::DEFAULT_LIST, expression.span(), message);
            diagnostics.push(found.help("Remove the brackets, or make the field a list."));
            None
        }
        _ => literal(expression, column, diagnostics).map(DefaultValue::Literal),
    }
}

/// Reports functions and arguments that came with a later edition.
fn later_function(
    name: &str,
    given: &[Argument<'_>],
    span: Span,
    target: &Target,
    diagnostics: &mut Findings,
) {
    let argument = given.first().map(|argument| &argument.value.value);
    let (edition, what) = match (name, argument) {
        ("dbgenerated", Some(_)) => (Edition::Two, "`dbgenerated` with an expression"),
        ("nanoid", _) => (Edition::Three, "`nanoid()`"),
        ("uuid", Some(_)) => (Edition::Three, "versions of `uuid()`"),
        ("cuid", Some(_)) => (Edition::Six, "versions of `cuid()`"),
        ("ulid", _) => (Edition::Six, "`ulid()`"),
        _ => return,
    };
    target.since(edition, what, span, diagnostics);
}

fn type_name(ty: &FieldType) -> String {
    match ty {
        FieldType::Scalar(scalar) => format!("{scalar:?}"),
        FieldType::Enum(name) => name.clone(),
        FieldType::Unsupported(_) => "Unsupported".to_owned(),
    }
}

fn literal(expression: &Expression<'_>, column: &Column<'_>, diagnostics: &mut Findings) -> Option<Literal> {
    let scalar = match column.ty {
        FieldType::Enum(name) => return enum_value(expression, name, column.values, diagnostics),
        FieldType::Scalar(scalar) => *scalar,
        FieldType::Unsupported(_) => {
            let message = "A field of an unsupported type can only have `dbgenerated(…)` as its default.";
            let found = Diagnostic::error(codes::DEFAULT_TYPE, expression.span(), message);
            diagnostics
                .push(found.help("Write the default as the database does: `@default(dbgenerated(\"…\"))`."));
            return None;
        }
    };
    let wanted = match (&expression.value, scalar) {
        (Value::Text(text), Scalar::String) => return Some(Literal::String(text.to_string())),
        (Value::Text(text), Scalar::Json) if super::literals::is_json(text) => {
            return Some(Literal::String(text.to_string()));
        }
        (Value::Text(text), Scalar::Bytes) if super::literals::is_base64(text) => {
            return Some(Literal::String(text.to_string()));
        }
        (Value::Text(text), Scalar::DateTime) if super::literals::is_date_time(text) => {
            return Some(Literal::String(text.to_string()));
        }
        (Value::Text(digits), Scalar::Decimal) if digits.parse::<f64>().is_ok_and(f64::is_finite) => {
            return Some(Literal::Number(digits.to_string()));
        }
        (Value::Number(digits), Scalar::Int | Scalar::BigInt) if digits.parse::<i64>().is_ok() => {
            return Some(Literal::Number((*digits).to_owned()));
        }
        (Value::Number(digits), Scalar::Float | Scalar::Decimal) => {
            return Some(Literal::Number((*digits).to_owned()));
        }
        (Value::Constant("true"), Scalar::Boolean) => return Some(Literal::Boolean(true)),
        (Value::Constant("false"), Scalar::Boolean) => return Some(Literal::Boolean(false)),
        (_, Scalar::Json) => "JSON in a string, such as `\"{}\"`",
        (_, Scalar::Bytes) => "base64 in a string",
        (_, Scalar::DateTime) => {
            "a date and time with its zone in a string, such as `\"2030-01-31T12:00:00Z\"`"
        }
        (_, Scalar::Int | Scalar::BigInt) => "a whole number of at most 64 bits",
        (_, Scalar::Float | Scalar::Decimal) => "a number, such as `1.5`",
        (_, Scalar::Boolean) => "`true` or `false`",
        (_, Scalar::String | Scalar::Id | Scalar::Uuid) => "a string in double quotes",
    };
    let message = format!("This default does not fit the type `{}`.", type_name(column.ty));
    diagnostics.push(
        Diagnostic::error(codes::DEFAULT_TYPE, expression.span(), message).help(format!("Write {wanted}.")),
    );
    None
}

fn enum_value(
    expression: &Expression<'_>,
    name: &str,
    values: Option<&BTreeSet<&str>>,
    diagnostics: &mut Findings,
) -> Option<Literal> {
    match expression.value {
        Value::Constant(value) | Value::Number(value)
            if values.is_some_and(|values| values.contains(value)) =>
        {
            Some(Literal::EnumValue(value.to_owned()))
        }
        Value::Constant(value) => {
            let message = format!("The enum `{name}` has no value `{value}`.");
            let fallback = "Use one of its values (the name in the datamodel, not the mapped one).";
            let help = did_you_mean(
                value,
                values.into_iter().flatten().copied().take(diagnostics.candidates()),
                fallback,
            );
            diagnostics.push(Diagnostic::error(codes::DEFAULT_ENUM, expression.span(), message).help(help));
            None
        }
        _ => {
            let message =
                format!("The default must be a value of the enum `{name}`, not {}.", expression.value.kind());
            let found = Diagnostic::error(codes::DEFAULT_ENUM, expression.span(), message);
            diagnostics.push(found.help("Write the value's name without quotes."));
            None
        }
    }
}

fn function(
    name: &str,
    arguments: &[Argument<'_>],
    span: Span,
    column: &Column<'_>,
    diagnostics: &mut Findings,
) -> Option<DefaultValue> {
    let values: Vec<&Value<'_>> = arguments.iter().map(|argument| &argument.value.value).collect();
    let (types, default, help): (&[Scalar], DefaultValue, &str) = match (name, values.as_slice()) {
        ("dbgenerated", []) => (&[], DefaultValue::DbGenerated(None), ""),
        ("dbgenerated", [Value::Text(text)]) if !text.trim().is_empty() => {
            (&[], DefaultValue::DbGenerated(Some(text.to_string())), "")
        }
        ("autoincrement", []) => (&[Scalar::Int, Scalar::BigInt], DefaultValue::Autoincrement, ""),
        ("now", []) => (&[Scalar::DateTime], DefaultValue::Now, ""),
        ("uuid", [] | [Value::Number("4" | "7")])
        | ("cuid", [] | [Value::Number("1" | "2")])
        | ("ulid" | "nanoid", []) => (&[Scalar::String], DefaultValue::Client, ""),
        ("nanoid", [Value::Number(length)]) if length.parse::<u8>().is_ok_and(|length| length >= 2) => {
            (&[Scalar::String], DefaultValue::Client, "")
        }
        ("dbgenerated", _) => (&[], DefaultValue::Client, "Give one string that is not empty, or nothing."),
        ("autoincrement" | "now" | "ulid", _) => (&[], DefaultValue::Client, "It takes no arguments."),
        ("uuid", _) => (&[], DefaultValue::Client, "It takes the version: 4 or 7."),
        ("cuid", _) => (&[], DefaultValue::Client, "It takes the version: 1 or 2."),
        ("nanoid", _) => (&[], DefaultValue::Client, "It takes the length: 2 to 255."),
        _ => {
            let message = format!("There is no default function `{name}()`.");
            let help = did_you_mean(
                name,
                FUNCTIONS,
                "Known are `autoincrement()`, `now()`, `uuid()`, `cuid()`, `ulid()`, `nanoid()`, `dbgenerated(\"…\")`.",
            );
            diagnostics.push(Diagnostic::error(codes::DEFAULT_FUNCTION, span, message).help(help));
            return None;
        }
    };
    if !help.is_empty() {
        let message = format!("`{name}()` does not take these arguments.");
        diagnostics.push(Diagnostic::error(codes::DEFAULT_FUNCTION, span, message).help(help));
        return None;
    }
    if name == "dbgenerated" {
        return Some(default);
    }
    if column.arity == Arity::List && default != DefaultValue::Client {
        let message = format!("`{name}()` cannot be the default of a list.");
        diagnostics.push(
            Diagnostic::error(codes::DEFAULT_LIST, span, message)
                .help("Use a list of values, or `dbgenerated(\"…\")`."),
        );
        return None;
    }
    if !matches!(column.ty, FieldType::Scalar(scalar) if types.contains(scalar)) {
        let wanted: Vec<String> = types.iter().map(|scalar| format!("`{scalar:?}`")).collect();
        let message =
            format!("`{name}()` cannot be the default of a field of type `{}`.", type_name(column.ty));
        let help = format!("It is for {}.", wanted.join(" and "));
        diagnostics.push(Diagnostic::error(codes::DEFAULT_TYPE, span, message).help(help));
        return None;
    }
    Some(default)
}
