//! Identifiers and literals as SQL text. Nothing else in the product makes them.

use schema::{ObjectName, Value};

/// An identifier in double quotes, as PostgreSQL and SQLite read it whatever characters it has.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name with its namespace.
pub(crate) fn object(name: &ObjectName) -> String {
    match &name.namespace {
        Some(namespace) => format!("{}.{}", ident(namespace), ident(&name.name)),
        None => ident(&name.name),
    }
}

/// Identifiers separated by a comma.
pub(crate) fn idents<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| ident(name)).collect();
    quoted.join(", ")
}

/// A string literal. PostgreSQL reads a backslash as itself (`standard_conforming_strings`), and so does SQLite.
pub(crate) fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A number that is nothing but a number, or a string literal of whatever else was given.
pub(crate) fn number(digits: &str) -> String {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let plain = !unsigned.is_empty()
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && unsigned.bytes().filter(|byte| *byte == b'.').count() <= 1;
    if plain { digits.to_owned() } else { string(digits) }
}

/// A literal for both dialects, save binary ones.
pub(crate) fn literal(value: &Value, bytes: fn(&[u8]) -> String) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Number(digits) => number(digits),
        Value::Boolean(true) => "true".to_owned(),
        Value::Boolean(false) => "false".to_owned(),
        Value::Bytes(content) => bytes(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_value_leaves_its_quotes() {
        assert_eq!(ident("a\"; drop table x; --"), "\"a\"\"; drop table x; --\"");
        assert_eq!(string("it's"), "'it''s'");
        assert_eq!(number("-1.5"), "-1.5");
        assert_eq!(number("1; drop"), "'1; drop'");
    }
}
