//! A column's default from `COLUMN_DEFAULT`, which MariaDB writes as SQL and MySQL as bare text.

use schema::{Default, MySqlType, Type, Value};

/// MariaDB: an expression, in which a literal is a literal.
pub(super) fn read_mariadb(text: &str, ty: &Type) -> Option<Default> {
    if text == "NULL" {
        return None;
    }
    Some(expression(text, ty))
}

/// MySQL: the text of a literal, unless `EXTRA` says that it is an expression.
pub(super) fn read_mysql(text: &str, generated: Generated, ty: &Type) -> Default {
    match generated {
        Generated::Expression => {
            let text = shown_expression(text);
            expression(text.strip_prefix("_utf8mb4").unwrap_or(&text), ty)
        }
        Generated::Literal => match bits(text, ty).or_else(|| bytes(text, ty)) {
            Some(found) => found,
            None => value(text, ty),
        },
    }
}

/// An expression as it was written, from what MySQL's catalog shows.
pub(super) fn shown_expression(text: &str) -> String {
    unescaped(&reread(text))
}

/// MySQL shows the bytes of an expression as if each were a character, so that `é` comes as two.
fn reread(text: &str) -> String {
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

/// MySQL shows an expression with a backslash before each quote and each backslash.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.extend(characters.next()),
            other => out.push(other),
        }
    }
    out
}

/// What `EXTRA` says about a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generated {
    /// `DEFAULT_GENERATED`.
    Expression,
    /// Nothing.
    Literal,
}

fn expression(text: &str, ty: &Type) -> Default {
    let lower = text.to_ascii_lowercase();
    let clock = match ty {
        Type::MySql(MySqlType::Date) => lower == "curdate()",
        Type::MySql(MySqlType::Time(_)) => lower.starts_with("curtime("),
        Type::MySql(MySqlType::DateTime(_) | MySqlType::Timestamp(_)) => {
            lower == "current_timestamp" || lower.starts_with("current_timestamp(") && lower.ends_with(')')
        }
        _ => false,
    };
    if clock {
        return Default::Now;
    }
    if let Some(found) = bits(text, ty).or_else(|| bytes(text, ty)) {
        return found;
    }
    match text.strip_prefix('\'').and_then(quoted_text) {
        Some((literal, "")) => value(&literal, ty),
        _ if number(text) => value(text, ty),
        _ => Default::Expression(text.to_owned()),
    }
}

/// A literal without its quotes, as a value of the type.
fn value(text: &str, ty: &Type) -> Default {
    let Type::MySql(ty) = ty else {
        return Default::Value(Value::String(text.to_owned()));
    };
    Default::Value(match ty {
        MySqlType::Boolean if matches!(text, "0" | "1") => Value::Boolean(text == "1"),
        MySqlType::Boolean
        | MySqlType::Integer(..)
        | MySqlType::Decimal(..)
        | MySqlType::Float
        | MySqlType::Double
        | MySqlType::Year => Value::Number(text.to_owned()),
        // A fixed length is filled up with zeros.
        MySqlType::Binary(_) => Value::Bytes(text.trim_end_matches('\0').as_bytes().to_vec()),
        MySqlType::VarBinary(_) | MySqlType::Blob(_) => Value::Bytes(text.as_bytes().to_vec()),
        _ => Value::String(text.to_owned()),
    })
}

/// `b'1'` of a single bit is a truth value.
fn bits(text: &str, ty: &Type) -> Option<Default> {
    match (ty, text) {
        (Type::MySql(MySqlType::Bit(1)), "b'0'") => Some(Default::Value(Value::Boolean(false))),
        (Type::MySql(MySqlType::Bit(1)), "b'1'") => Some(Default::Value(Value::Boolean(true))),
        _ => None,
    }
}

/// `X'4142'` and `0x4142`.
fn bytes(text: &str, ty: &Type) -> Option<Default> {
    if !matches!(ty, Type::MySql(MySqlType::Binary(_) | MySqlType::VarBinary(_) | MySqlType::Blob(_))) {
        return None;
    }
    let quoted = text.strip_prefix(['x', 'X']).and_then(|rest| rest.strip_prefix('\'')?.strip_suffix('\''));
    let digits = quoted.or_else(|| text.strip_prefix("0x"))?;
    let mut content = hex::decode(digits).ok()?;
    if matches!(ty, Type::MySql(MySqlType::Binary(_))) {
        while content.last() == Some(&0) {
            content.pop();
        }
    }
    Some(Default::Value(Value::Bytes(content)))
}

fn number(text: &str) -> bool {
    text.parse::<f64>().is_ok() && text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
}

/// A text after its first quote, and what follows its last.
pub(super) fn quoted_text(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' if text.get(at + 1..)?.starts_with('\'') => {
                characters.next();
                value.push('\'');
            }
            '\'' => return Some((value, text.get(at + 1..)?)),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'Z' => '\u{1a}',
                'b' => '\u{8}',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use schema::{IntegerWidth, LobSize, Sign};

    use super::*;

    fn string(text: &str) -> Default {
        Default::Value(Value::String(text.to_owned()))
    }

    #[test]
    fn mariadb_writes_defaults_as_sql() {
        let text = Type::MySql(MySqlType::VarChar(20));
        let int = Type::MySql(MySqlType::Integer(IntegerWidth::Normal, Sign::Signed));
        let instant = Type::MySql(MySqlType::DateTime(3));
        let read = |text: &str, ty: &Type| read_mariadb(text, ty);
        assert_eq!(read("NULL", &text), None);
        assert_eq!(read("'NULL'", &text), Some(string("NULL")));
        assert_eq!(read(r#"'a\\b''c"d\ne'"#, &text), Some(string("a\\b'c\"d\ne")));
        assert_eq!(read("-5", &int), Some(Default::Value(Value::Number("-5".to_owned()))));
        assert_eq!(read("current_timestamp(3)", &instant), Some(Default::Now));
        assert_eq!(read("uuid()", &text), Some(Default::Expression("uuid()".to_owned())));
        assert_eq!(read("1", &Type::MySql(MySqlType::Boolean)), Some(Default::Value(Value::Boolean(true))));
        assert_eq!(
            read("X'4142'", &Type::MySql(MySqlType::Blob(LobSize::Long))),
            Some(Default::Value(Value::Bytes(b"AB".to_vec())))
        );
        assert_eq!(read("b'1'", &Type::MySql(MySqlType::Bit(1))), Some(Default::Value(Value::Boolean(true))));
    }

    #[test]
    fn mysql_writes_defaults_as_text() {
        let text = Type::MySql(MySqlType::VarChar(20));
        assert_eq!(read_mysql("it's", Generated::Literal, &text), string("it's"));
        assert_eq!(
            read_mysql("uuid()", Generated::Expression, &text),
            Default::Expression("uuid()".to_owned())
        );
        let lob = Type::MySql(MySqlType::Text(LobSize::Normal));
        let generated = |text: &str| read_mysql(text, Generated::Expression, &lob);
        assert_eq!(generated("_utf8mb4\\'abc\\'"), string("abc"));
        assert_eq!(generated(r#"_utf8mb4\'a\\\\b\\\'c"d\\ne\'"#), string("a\\b'c\"d\ne"));
        assert_eq!(generated("_utf8mb4\\'\u{c3}\u{a9}\\'"), string("é"));
        assert_eq!(generated("_utf8mb4\\'日\\'"), string("日"));
        let instant = Type::MySql(MySqlType::DateTime(3));
        assert_eq!(read_mysql("CURRENT_TIMESTAMP(3)", Generated::Expression, &instant), Default::Now);
    }
}
