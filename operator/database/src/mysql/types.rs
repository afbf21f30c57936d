//! A column's type from `COLUMN_TYPE`.

use schema::{IntegerWidth, LobSize, MySqlType, Sign, Type};

/// `decimal(10,2) unsigned` as the schema says it; what it cannot say stays a text.
pub(super) fn read(text: &str) -> Type {
    known(text).map_or_else(|| Type::Other(text.to_owned()), Type::MySql)
}

fn known(text: &str) -> Option<MySqlType> {
    if let Some(values) = text.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
        return Some(MySqlType::Enum(enum_values(values)));
    }
    let (name, numbers, sign) = parts(text)?;
    let first = numbers.first().copied();
    let integer = |width| MySqlType::Integer(width, sign);
    let found = match name {
        "tinyint" if first == Some(1) && sign == Sign::Signed => MySqlType::Boolean,
        "tinyint" => integer(IntegerWidth::Tiny),
        "smallint" => integer(IntegerWidth::Small),
        "mediumint" => integer(IntegerWidth::Medium),
        "int" => integer(IntegerWidth::Normal),
        "bigint" => integer(IntegerWidth::Big),
        _ if sign == Sign::Unsigned => return None,
        "decimal" => MySqlType::Decimal(first?, *numbers.get(1)?),
        "float" if numbers.is_empty() => MySqlType::Float,
        "double" if numbers.is_empty() => MySqlType::Double,
        "bit" => MySqlType::Bit(first?),
        "char" => MySqlType::Char(first?),
        "varchar" => MySqlType::VarChar(first?),
        "binary" => MySqlType::Binary(first?),
        "varbinary" => MySqlType::VarBinary(first?),
        "tinytext" => MySqlType::Text(LobSize::Tiny),
        "text" => MySqlType::Text(LobSize::Normal),
        "mediumtext" => MySqlType::Text(LobSize::Medium),
        "longtext" => MySqlType::Text(LobSize::Long),
        "tinyblob" => MySqlType::Blob(LobSize::Tiny),
        "blob" => MySqlType::Blob(LobSize::Normal),
        "mediumblob" => MySqlType::Blob(LobSize::Medium),
        "longblob" => MySqlType::Blob(LobSize::Long),
        "date" => MySqlType::Date,
        "time" => MySqlType::Time(first.unwrap_or(0)),
        "datetime" => MySqlType::DateTime(first.unwrap_or(0)),
        "timestamp" => MySqlType::Timestamp(first.unwrap_or(0)),
        "year" => MySqlType::Year,
        "json" => MySqlType::Json,
        _ => return None,
    };
    Some(found)
}

/// Name, numbers in parentheses, and the sign; `None` for anything after them, such as `zerofill`.
fn parts(text: &str) -> Option<(&str, Vec<u32>, Sign)> {
    let (shape, sign) = match text.strip_suffix(" unsigned") {
        Some(shape) => (shape, Sign::Unsigned),
        None => (text, Sign::Signed),
    };
    let Some((name, rest)) = shape.split_once('(') else {
        return (!shape.contains(' ')).then_some((shape, Vec::new(), sign));
    };
    let numbers = rest.strip_suffix(')')?.split(',').map(|number| number.trim().parse().ok());
    Some((name, numbers.collect::<Option<Vec<u32>>>()?, sign))
}

/// `'a','it''s'`: quotes are doubled, and a backslash is written as the server shows it.
fn enum_values(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.strip_prefix('\'') {
        let Some((value, after)) = super::defaults::quoted_text(start) else { break };
        values.push(value);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_the_servers_write_them() {
        for (text, ty) in [
            ("int(11)", MySqlType::Integer(IntegerWidth::Normal, Sign::Signed)),
            ("int", MySqlType::Integer(IntegerWidth::Normal, Sign::Signed)),
            ("bigint(20) unsigned", MySqlType::Integer(IntegerWidth::Big, Sign::Unsigned)),
            ("tinyint(1)", MySqlType::Boolean),
            ("decimal(10,2)", MySqlType::Decimal(10, 2)),
            ("datetime", MySqlType::DateTime(0)),
            ("timestamp(3)", MySqlType::Timestamp(3)),
            ("year(4)", MySqlType::Year),
            ("enum('a,b','it''s')", MySqlType::Enum(vec!["a,b".to_owned(), "it's".to_owned()])),
        ] {
            assert_eq!(read(text), Type::MySql(ty), "{text}");
        }
        for text in ["set('a','b')", "point", "int(10) unsigned zerofill", "double(5,2)", "inet6"] {
            assert_eq!(read(text), Type::Other(text.to_owned()));
        }
    }
}
