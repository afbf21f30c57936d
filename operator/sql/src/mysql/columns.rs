//! Columns, types and defaults of MySQL.

use schema::{
    Attributes, Column, ColumnType, Default, Generated, MySqlType, Nullability, Storage, Type, Value,
};

use super::quote::{ident, number, string};

/// The whole definition, as `CREATE`, `ADD` and `MODIFY` take it.
pub(crate) fn column_definition(column: &Column) -> String {
    let plain = Attributes::default();
    let attributes = column.attributes.as_deref().unwrap_or(&plain);
    let mut parts = vec![ident(&column.name), column_type(&column.ty)];
    parts.extend(attributes.collation.iter().map(|collation| format!("COLLATE {}", ident(collation))));
    parts.extend(attributes.generated.as_ref().map(generation));
    parts.extend(match (column.nullability, &attributes.generated) {
        (Nullability::Required, _) => Some("NOT NULL".to_owned()),
        // A timestamp without it would be required.
        (Nullability::Nullable, None) => Some("NULL".to_owned()),
        // MariaDB refuses the word there.
        (Nullability::Nullable, Some(_)) => None,
    });
    if attributes.generated.is_none() {
        let found = attributes.updates_clock && is_clock_with_update(column.default.as_ref());
        let default = if found { Some(now(&column.ty.base)) } else { default_of(column) };
        parts.extend(default.map(|default| format!("DEFAULT {default}")));
    }
    if column.autoincrement {
        parts.push("AUTO_INCREMENT".to_owned());
    }
    parts.extend(beyond_a_datamodel(attributes, &column.ty.base));
    parts.join(" ")
}

/// As the catalog is read: the clock, and that it is set anew, which is an attribute besides.
fn is_clock_with_update(default: Option<&Default>) -> bool {
    matches!(default, Some(Default::Expression(text)) if text.to_ascii_lowercase().starts_with("current_timestamp on update "))
}

fn generation(generated: &Generated) -> String {
    let storage = match generated.storage {
        Storage::Stored => "STORED",
        Storage::Virtual => "VIRTUAL",
    };
    format!("GENERATED ALWAYS AS {} {storage}", enclosed(&generated.expression))
}

/// What `MODIFY` takes away when it is not said again.
fn beyond_a_datamodel(attributes: &Attributes, ty: &Type) -> Vec<String> {
    let word = |has: bool, word: &str| has.then(|| word.to_owned());
    [
        attributes.updates_clock.then(|| format!("ON UPDATE {}", now(ty))),
        word(attributes.invisible, "INVISIBLE"),
        word(attributes.unversioned, "WITHOUT SYSTEM VERSIONING"),
        attributes.srid.map(|srid| format!("SRID {srid}")),
        attributes.comment.as_ref().map(|comment| format!("COMMENT {}", string(comment))),
        attributes.check.as_ref().map(|check| format!("CHECK {}", enclosed(check))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn column_type(ty: &ColumnType) -> String {
    match &ty.base {
        Type::MySql(MySqlType::Enum(values)) => {
            let values: Vec<String> = values.iter().map(|value| string(value)).collect();
            format!("ENUM({})", values.join(", "))
        }
        Type::MySql(found) => found.to_string().to_uppercase(),
        Type::Other(text) => text.clone(),
        // What other databases have; a schema for MySQL never holds it.
        _ => "TEXT".to_owned(),
    }
}

/// The default as SQL, if the database shall have one.
pub(crate) fn default_of(column: &Column) -> Option<String> {
    let ty = &column.ty.base;
    match column.default.as_ref()? {
        Default::Value(value) if is_lob(ty) => Some(format!("({})", literal(ty, value))),
        Default::Value(value) => Some(literal(ty, value)),
        Default::Now => Some(now(ty)),
        Default::Expression(text) => Some(expression(text)),
        // MySQL has no lists; the datamodel was refused before.
        Default::List(_) | Default::Any => None,
    }
}

/// Texts, blobs and JSON take a default only as an expression.
const fn is_lob(ty: &Type) -> bool {
    matches!(ty, Type::MySql(MySqlType::Text(_) | MySqlType::Blob(_) | MySqlType::Json))
}

fn now(ty: &Type) -> String {
    match ty {
        Type::MySql(MySqlType::Date) => "(CURDATE())".to_owned(),
        Type::MySql(MySqlType::Time(0)) => "(CURTIME())".to_owned(),
        Type::MySql(MySqlType::Time(digits)) => format!("(CURTIME({digits}))"),
        Type::MySql(MySqlType::DateTime(digits) | MySqlType::Timestamp(digits)) if *digits > 0 => {
            format!("CURRENT_TIMESTAMP({digits})")
        }
        _ => "CURRENT_TIMESTAMP".to_owned(),
    }
}

/// An expression stands in parentheses, save the clock, after which `ON UPDATE` may follow.
fn expression(text: &str) -> String {
    let clock = text.trim_start().to_uppercase().starts_with("CURRENT_TIMESTAMP");
    if clock { text.to_owned() } else { enclosed(text) }
}

fn enclosed(text: &str) -> String {
    if is_enclosed(text) { text.to_owned() } else { format!("({text})") }
}

/// Whether the first parenthesis is closed by the last letter: `(a) + (b)` is not one term.
fn is_enclosed(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (Some('\'' | '"'), '\\') => {
                letters.next();
            }
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.starts_with('(') && at + 1 == text.len();
                }
            }
            _ => {}
        }
    }
    false
}

fn literal(ty: &Type, value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Number(digits) => number(digits),
        Value::Boolean(truth) if matches!(ty, Type::MySql(MySqlType::Bit(_))) => {
            (if *truth { "b'1'" } else { "b'0'" }).to_owned()
        }
        Value::Boolean(true) => "true".to_owned(),
        Value::Boolean(false) => "false".to_owned(),
        Value::Bytes(content) => format!("x'{}'", hex::encode(content)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_one_term() {
        let written = [
            "(a)",
            "(a) + (b)",
            "uuid()",
            "(')' + 'it\\'s')",
            "(concat('(', \")\"))",
            "CURRENT_TIMESTAMP(3)",
        ];
        assert_eq!(
            written.map(expression),
            [
                "(a)",
                "((a) + (b))",
                "(uuid())",
                "(')' + 'it\\'s')",
                "(concat('(', \")\"))",
                "CURRENT_TIMESTAMP(3)"
            ]
        );
    }
}
