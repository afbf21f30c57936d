//! Names and types as Prisma 1 has them.

use schema::{Dialect, IntegerWidth, LobSize, MySqlType, Sign, Type};

/// Names that no type may have.
const RESERVED: [&str; 6] = ["Mutation", "Query", "Subscription", "Node", "PageInfo", "BatchPayload"];

/// A table's name as that of a type, which stands for one of its rows.
pub(crate) fn singular(table: &str) -> String {
    let name = type_name(table);
    let one = match (name.strip_suffix("ies"), name.strip_suffix("es"), name.strip_suffix('s')) {
        (Some(stem), _, _) if !stem.is_empty() => format!("{stem}y"),
        (_, Some(stem), _) if stem.ends_with(['x', 'z']) || stem.ends_with("ss") || stem.ends_with("ch") => {
            stem.to_owned()
        }
        (_, _, Some(stem)) if !stem.is_empty() && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => name,
    };
    if RESERVED.contains(&one.as_str()) { format!("Table{one}") } else { one }
}

/// A name as that of a type: letters and digits, a capital first.
pub(crate) fn type_name(name: &str) -> String {
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let joined: String = parts.map(capitalised).collect();
    let joined = capitalised(joined.trim_start_matches(|first: char| first.is_ascii_digit()));
    if joined.is_empty() || RESERVED.contains(&joined.as_str()) { format!("Table{joined}") } else { joined }
}

/// A column's name as that of a field: a small letter first.
pub(crate) fn field_name(name: &str) -> String {
    let name = type_name(name);
    let small = name.chars().take_while(char::is_ascii_uppercase).count();
    let small = if small > 1 && small < name.len() { small - 1 } else { small };
    name.chars()
        .enumerate()
        .map(|(at, letter)| if at < small { letter.to_ascii_lowercase() } else { letter })
        .collect()
}

/// A type's name as that of a list of it.
pub(crate) fn plural(name: &str) -> String {
    let name = field_name(name);
    match name.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if name.ends_with(['s', 'x']) => format!("{name}es"),
        _ => format!("{name}s"),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// The type of a field, and whether it makes exactly such a column.
pub(crate) fn word(dialect: Dialect, ty: &Type) -> (&'static str, bool) {
    let exact = match (dialect, ty) {
        (_, Type::Integer) => "Int",
        (_, Type::Boolean) => "Boolean",
        (Dialect::PostgreSql, Type::VarChar(Some(25))) => "ID",
        (Dialect::PostgreSql, Type::Uuid) => "UUID",
        (Dialect::PostgreSql, Type::Text) => "String",
        (Dialect::PostgreSql, Type::Decimal(Some((65, 30)))) => "Float",
        (Dialect::PostgreSql, Type::Timestamp(Some(3))) => "DateTime",
        (Dialect::Sqlite, Type::Other(declared)) => match declared.as_str() {
            "CHAR(25)" => "ID",
            "CHAR(36)" => "UUID",
            "MEDIUMTEXT" => "String",
            "DECIMAL(65,30)" => "Float",
            "DATETIME(3)" => "DateTime",
            _ => "",
        },
        (_, Type::MySql(ty)) => match ty {
            MySqlType::Char(25 | 30) => "ID",
            MySqlType::Char(36) => "UUID",
            MySqlType::Text(LobSize::Medium) => "String",
            MySqlType::Integer(IntegerWidth::Normal, Sign::Signed) => "Int",
            MySqlType::Decimal(65, 30) => "Float",
            MySqlType::Boolean => "Boolean",
            MySqlType::DateTime(3) => "DateTime",
            _ => "",
        },
        _ => "",
    };
    if exact.is_empty() { (nearest(ty), false) } else { (exact, true) }
}

/// Whether Prisma 1 kept values of enums in such a column, and nothing else.
pub(crate) fn is_enum(dialect: Dialect, ty: &Type) -> bool {
    match (dialect, ty) {
        (_, Type::MySql(MySqlType::VarChar(191))) => true,
        (Dialect::Sqlite, Type::Other(declared)) => declared == "VARCHAR(191)",
        _ => false,
    }
}

fn nearest(ty: &Type) -> &'static str {
    match ty {
        Type::SmallInt | Type::BigInt | Type::Oid | Type::MySql(MySqlType::Integer(..) | MySqlType::Year) => {
            "Int"
        }
        Type::Real
        | Type::Double
        | Type::Decimal(_)
        | Type::Money
        | Type::MySql(MySqlType::Decimal(..) | MySqlType::Float | MySqlType::Double) => "Float",
        Type::Timestamp(_)
        | Type::Timestamptz(_)
        | Type::Date
        | Type::DateTime
        | Type::MySql(MySqlType::DateTime(_) | MySqlType::Timestamp(_) | MySqlType::Date) => "DateTime",
        Type::Json | Type::JsonB | Type::MySql(MySqlType::Json) => "Json",
        _ => "String",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_form_that_prisma_1_wants() {
        assert_eq!(
            ["user_accounts", "_PostToTag", "2nd", "Node"].map(type_name),
            ["UserAccounts", "PostToTag", "Nd", "TableNode"]
        );
        assert_eq!(
            ["createdAt", "URL", "user_id", "HTMLText", "A"].map(field_name),
            ["createdAt", "url", "userId", "htmlText", "a"]
        );
        assert_eq!(
            ["categories", "blog_posts", "boxes", "Status", "class", "Post"].map(singular),
            ["Category", "BlogPost", "Box", "Status", "Class", "Post"]
        );
        assert_eq!(["Category", "BlogPost", "Box"].map(plural), ["categories", "blogPosts", "boxes"]);
    }
}
