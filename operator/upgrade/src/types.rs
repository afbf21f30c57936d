//! Column types in the words of the Prisma schema language.

use schema::{Column, Dialect, LobSize, MySqlType, Nullability, Type};

/// The scalar, and the native type where it is not the scalar's own.
pub(crate) fn scalar(dialect: Dialect, ty: &Type) -> (String, Option<String>) {
    let sized = |name: &str, size: &Option<u32>| match size {
        Some(size) => format!("@db.{name}({size})"),
        None => format!("@db.{name}"),
    };
    let (scalar, native) = match ty {
        Type::Boolean => ("Boolean", None),
        Type::Integer => ("Int", None),
        Type::BigInt => ("BigInt", None),
        Type::Decimal(Some((65, 30))) => ("Decimal", None),
        Type::VarChar(size) => ("String", Some(sized("VarChar", size))),
        Type::Char(size) => ("String", Some(sized("Char", &Some(*size)))),
        Type::Uuid => ("String", Some("@db.Uuid".to_owned())),
        Type::Timestamp(Some(3)) => ("DateTime", None),
        Type::Other(text) if dialect == Dialect::Sqlite => (on_sqlite(text), None),
        Type::MySql(ty) => on_mysql(ty),
        // `text`, and on SQLite whatever holds text; Prisma 1 made no other type.
        _ => ("String", None),
    };
    (scalar.to_owned(), native)
}

/// The types that Prisma 1 made on MySQL. A `VARCHAR(191)` is what PSL means by `String`.
fn on_mysql(ty: &MySqlType) -> (&'static str, Option<String>) {
    match ty {
        MySqlType::Boolean => ("Boolean", None),
        MySqlType::Integer(..) => ("Int", None),
        MySqlType::Decimal(..) => ("Decimal", None),
        MySqlType::DateTime(_) => ("DateTime", None),
        MySqlType::Char(size) => ("String", Some(format!("@db.Char({size})"))),
        MySqlType::VarChar(size) if *size != 191 => ("String", Some(format!("@db.VarChar({size})"))),
        MySqlType::Text(LobSize::Medium) => ("String", Some("@db.MediumText".to_owned())),
        _ => ("String", None),
    }
}

/// PSL knows no native types of SQLite, whose columns take any value; the declared type is what differs.
fn on_sqlite(declared: &str) -> &'static str {
    if declared.starts_with("DECIMAL") {
        "Decimal"
    } else if declared.starts_with("DATETIME") {
        "DateTime"
    } else {
        "String"
    }
}

/// The mark of a column that takes null.
pub(crate) const fn mark(column: &Column) -> &'static str {
    match column.nullability {
        Nullability::Required => "",
        Nullability::Nullable => "?",
    }
}
