//! `@default`: placement and type.

use super::ast::{FieldDefinition, Value, ValueKind};
use super::codes::{DEFAULT, Findings};
use super::symbols::{Meaning, Symbols, scalar_name};
use crate::Scalar;

/// Checks the `@default` of a field, if it has one with a value.
pub(super) fn check(
    field: &FieldDefinition<'_>,
    meaning: Meaning<'_, '_>,
    symbols: &Symbols<'_, '_>,
    findings: &mut Findings,
) {
    let Some(directive) = field.directive("default") else { return };
    let stored = matches!(meaning, Meaning::Scalar(_) | Meaning::Enum(_));
    if matches!(meaning, Meaning::Unknown | Meaning::Refused) {
        return;
    }
    if field.ty.list || !stored {
        let message = "The `@default` directive must only be placed on scalar fields that are not lists.";
        findings.error(DEFAULT, directive.span, message, "Remove the directive.");
        return;
    }
    let Some(argument) = directive.argument("value") else { return };
    let value = &argument.value;
    let (name, help) = match meaning {
        Meaning::Scalar(scalar) if scalar_fits(scalar, value) => return,
        Meaning::Scalar(scalar) => {
            let code = if scalar == Scalar::Id { "GraphQLID" } else { scalar_name(scalar) };
            (code, scalar_help(scalar))
        }
        Meaning::Enum(definition) => {
            if let ValueKind::Enum(word) = value.kind {
                if !symbols.has_value(definition.name.text, word) && !findings.is_full() {
                    let values: Vec<&str> = definition.values.iter().map(|value| value.text).collect();
                    let message = format!(
                        "The default value is invalid for this enum. Valid values are: {}.",
                        values.join(", ")
                    );
                    findings.error(
                        DEFAULT,
                        value.span,
                        message,
                        "Choose one of them, or add this one to the enum.",
                    );
                }
                return;
            }
            ("Enum", "Write one of the enum's values without quotes.")
        }
        Meaning::Model(..) | Meaning::LinkTable | Meaning::Refused | Meaning::Unknown => return,
    };
    let message = format!("The value {} is not a valid default for fields of type {name}.", render(value));
    findings.error(DEFAULT, value.span, message, help);
}

fn scalar_fits(scalar: Scalar, value: &Value<'_>) -> bool {
    match (scalar, &value.kind) {
        (Scalar::String | Scalar::Json, ValueKind::String(_))
        | (Scalar::Float, ValueKind::Float(_) | ValueKind::Int(_))
        | (Scalar::Boolean, ValueKind::Boolean(_)) => true,
        (Scalar::Int, ValueKind::Int(digits)) => digits.parse::<i32>().is_ok(),
        (Scalar::DateTime, ValueKind::String(text)) => is_date(text),
        _ => false,
    }
}

const fn scalar_help(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Int => "Write a whole number of at most 32 bits without quotes.",
        Scalar::Float => "Write a number without quotes.",
        Scalar::Boolean => "Write `true` or `false` without quotes.",
        Scalar::DateTime => "Write it in quotes, as in `\"2020-01-31T12:00:00.000Z\"`.",
        Scalar::Id | Scalar::Uuid => "Values of this type are made for each row; remove the directive.",
        Scalar::String | Scalar::Json | Scalar::BigInt | Scalar::Decimal | Scalar::Bytes => {
            "Write a text in double quotes."
        }
    }
}

/// `2020-01-31`, optionally with a time and a zone.
pub(super) fn is_date(text: &str) -> bool {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let parts: Vec<&str> = date.split('-').collect();
    let number = |part: &str, length: usize, most: u32| {
        part.len() == length
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|value| value <= most)
    };
    let date_fits = match parts.as_slice() {
        [year, month, day] => number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31),
        _ => false,
    };
    let time_fits = time.is_none_or(|time| {
        let clock = time.trim_end_matches('Z').split(['+', '-']).next().unwrap_or_default();
        let seconds = clock.split('.').next().unwrap_or_default();
        let mut parts = seconds.split(':');
        parts.next().is_some_and(|hours| number(hours, 2, 23))
            && parts.next().is_some_and(|minutes| number(minutes, 2, 59))
            && parts.all(|seconds| number(seconds, 2, 60))
    });
    date_fits && time_fits
}

/// The value as a person would write it, cut when it is long.
fn render(value: &Value<'_>) -> String {
    let full = match &value.kind {
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Int(word) | ValueKind::Float(word) | ValueKind::Enum(word) => (*word).to_owned(),
        ValueKind::Boolean(value) => value.to_string(),
        ValueKind::Null => "null".to_owned(),
        ValueKind::List(_) => "[…]".to_owned(),
        ValueKind::Object(_) => "{…}".to_owned(),
    };
    if full.chars().count() <= 60 {
        return full;
    }
    full.chars().take(60).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_recognised() {
        for text in
            ["2020-01-31", "2020-01-31T12:00", "1970-01-01T00:00:00.000Z", "2020-01-31T12:00:00+02:00"]
        {
            assert!(is_date(text), "{text}");
        }
        for text in ["", "now", "2020-13-01", "2020-01-31T25:00", "31.1.2020"] {
            assert!(!is_date(text), "{text}");
        }
    }
}
