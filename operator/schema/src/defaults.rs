//! Defaults that stand in the database (`prisma` facts 1.6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datamodel::{Arity, ColumnField, DefaultValue, FieldType, Literal, Scalar};

use crate::named::Named;
use crate::{Default, Value};

/// The default of the field's column, if the database holds one.
pub(crate) fn column_default(datamodel: &Named<'_>, field: &ColumnField) -> Option<Default> {
    match field.default.as_ref()? {
        DefaultValue::Literal(literal) => Some(Default::Value(value(datamodel, &field.ty, literal))),
        DefaultValue::List(literals) => {
            Some(Default::List(literals.iter().map(|literal| value(datamodel, &field.ty, literal)).collect()))
        }
        DefaultValue::Now => Some(Default::Now),
        DefaultValue::DbGenerated(Some(expression)) => Some(Default::Expression(expression.clone())),
        DefaultValue::DbGenerated(None) => Some(Default::Any),
        DefaultValue::Autoincrement | DefaultValue::Client | DefaultValue::Filled(_) => None,
    }
}

/// Whether the client fills the column, so that it is never null although the database has no default.
pub(crate) fn client_fills(field: &ColumnField) -> bool {
    field.updated_at || matches!(field.default, Some(DefaultValue::Client | DefaultValue::Filled(_)))
}

/// What rows that exist get when the field's column comes.
pub(crate) fn filling(datamodel: &Named<'_>, field: &ColumnField) -> Option<Default> {
    match &field.default {
        Some(DefaultValue::Filled(literal)) if field.arity == Arity::Required => {
            Some(Default::Value(match (&field.ty, literal) {
                // The legacy datamodel writes every default as a text.
                (FieldType::Scalar(Scalar::Int | Scalar::Float), Literal::String(text)) => {
                    Value::Number(text.clone())
                }
                (FieldType::Scalar(Scalar::Boolean), Literal::String(text)) => Value::Boolean(text == "true"),
                (ty, literal) => value(datamodel, ty, literal),
            }))
        }
        _ => None,
    }
}

fn value(datamodel: &Named<'_>, ty: &FieldType, literal: &Literal) -> Value {
    match (ty, literal) {
        (FieldType::Enum(name), Literal::EnumValue(chosen)) => {
            let stored = datamodel
                .find_enum(name)
                .and_then(|found| found.value(chosen))
                .map(datamodel::EnumValue::stored);
            Value::String(stored.unwrap_or(chosen).to_owned())
        }
        (FieldType::Scalar(Scalar::Bytes), Literal::String(text)) => match STANDARD.decode(text) {
            Ok(bytes) => Value::Bytes(bytes),
            Err(_) => Value::String(text.clone()),
        },
        (FieldType::Scalar(Scalar::DateTime), Literal::String(text)) => Value::String(utc(text)),
        (_, literal) => plain_value(literal),
    }
}

/// A literal as it stands in the text.
pub(crate) fn plain_value(literal: &Literal) -> Value {
    match literal {
        Literal::String(text) | Literal::EnumValue(text) => Value::String(text.clone()),
        Literal::Number(digits) => Value::Number(digits.clone()),
        Literal::Boolean(truth) => Value::Boolean(*truth),
    }
}

/// An RFC 3339 instant as `YYYY-MM-DD hh:mm:ss[.fff] +00:00`; anything else as it is.
fn utc(text: &str) -> String {
    let Ok(instant) = text.parse::<jiff::Timestamp>() else {
        return text.to_owned();
    };
    let shown = instant.to_string().replace('T', " ");
    format!("{} +00:00", shown.trim_end_matches('Z'))
}
