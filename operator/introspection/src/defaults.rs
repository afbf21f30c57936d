//! Defaults in the words of PSL (`prisma` facts 1.6).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datamodel::{Scalar, quoted};
use schema::{Column, Default, Dialect, MySqlType, Type, Value};

use crate::names::{EnumKey, Names};
use crate::types::Words;

/// What stands in `@default(…)`, if the database fills the column.
pub(crate) fn words(
    dialect: Dialect,
    column: &Column,
    words: &Words,
    of_enum: Option<&EnumKey>,
    names: &Names,
) -> Option<String> {
    let ty = column.ty.values();
    let counts = column.autoincrement || column.sequence.is_some();
    if counts && matches!(words.scalar, Some(Scalar::Int | Scalar::BigInt)) {
        return Some("autoincrement()".to_owned());
    }
    let default = column.default.as_ref()?;
    if is_clock(default, &ty.base) && words.scalar == Some(Scalar::DateTime) && !ty.list {
        return Some("now()".to_owned());
    }
    Some(match default {
        Default::Now => generated("CURRENT_TIMESTAMP"),
        Default::Any => "dbgenerated()".to_owned(),
        Default::Expression(text) => generated(text),
        Default::Value(value) => match literal(value, &ty.base, words, of_enum, names) {
            Some(text) => text,
            None => written(dialect, value, &ty.base),
        },
        Default::List(values) => {
            let values = values.iter().map(|value| literal(value, &ty.base, words, of_enum, names));
            match values.collect::<Option<Vec<String>>>() {
                Some(values) => format!("[{}]", values.join(", ")),
                // Whatever the database has there is right.
                None => "dbgenerated()".to_owned(),
            }
        }
    })
}

fn generated(text: &str) -> String {
    format!("dbgenerated({})", quoted(text))
}

/// `CURRENT_TIMESTAMP`; on MySQL also where the column changes with its row, which a datamodel cannot say.
fn is_clock(default: &Default, ty: &Type) -> bool {
    match default {
        Default::Now => true,
        Default::Expression(text) if matches!(ty, Type::MySql(_)) => {
            let text = text.to_lowercase();
            text.starts_with("current_timestamp") && text.contains("on update")
        }
        _ => false,
    }
}

/// A value as a literal, where PSL has one for the type.
fn literal(
    value: &Value,
    ty: &Type,
    words: &Words,
    of_enum: Option<&EnumKey>,
    names: &Names,
) -> Option<String> {
    if let Some(key) = of_enum {
        let Value::String(stored) = value else { return None };
        return names.value(key, stored).map(str::to_owned);
    }
    match (words.scalar?, value) {
        // Prisma reads no literals of this type, and writes what the database says.
        (Scalar::String, Value::String(_)) if *ty == Type::Uuid => None,
        (Scalar::String | Scalar::Json, Value::String(text)) => Some(quoted(text)),
        (Scalar::Int | Scalar::BigInt, Value::Number(digits)) => {
            digits.parse::<i64>().is_ok().then(|| digits.clone())
        }
        (Scalar::Float | Scalar::Decimal, Value::Number(digits)) => {
            plain_number(digits).then(|| digits.clone())
        }
        (Scalar::Boolean, Value::Boolean(truth)) => Some(truth.to_string()),
        (Scalar::Boolean, Value::Number(digits)) => match digits.as_str() {
            "0" => Some("false".to_owned()),
            "1" => Some("true".to_owned()),
            _ => None,
        },
        (Scalar::Bytes, Value::Bytes(bytes)) if !matches!(ty, Type::MySql(_)) => {
            Some(quoted(&STANDARD.encode(bytes)))
        }
        _ => None,
    }
}

/// Digits with at most one point between them: PSL has no exponent and no bare point.
fn plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numeric(whole) && numeric(fraction)
}

/// A value as the database writes it.
fn written(dialect: Dialect, value: &Value, ty: &Type) -> String {
    let Value::String(text) = value else {
        return match value {
            Value::Number(digits) => generated(digits),
            Value::Boolean(truth) => generated(&truth.to_string()),
            Value::String(_) | Value::Bytes(_) => "dbgenerated()".to_owned(),
        };
    };
    let mut literal = format!("'{}'", text.replace('\'', "''"));
    let cast = match ty {
        Type::Timestamp(_) => "timestamp without time zone",
        Type::Timestamptz(_) => "timestamp with time zone",
        Type::Date => "date",
        Type::Time(_) => "time without time zone",
        Type::Timetz(_) => "time with time zone",
        Type::Uuid => "uuid",
        Type::Other(name) if dialect == Dialect::PostgreSql => name,
        _ => "",
    };
    if !cast.is_empty() {
        let _ = write!(literal, "::{cast}");
    }
    if matches!(ty, Type::MySql(MySqlType::Enum(_))) {
        return "dbgenerated()".to_owned();
    }
    generated(&literal)
}
