//! Settings of a column that is made anew or gets another type: said again, since both start from the type's own
//! (PostgreSQL: "ALTER TABLE", `SET STORAGE`, `SET STATISTICS`).

use schema::{Attributes, Column, ObjectName, Type};

use crate::quote::{ident, object, string};

/// What a new column has to be told.
pub(super) fn all(table: &ObjectName, column: &Column) -> Vec<String> {
    let Some(attributes) = column.attributes.as_deref() else { return Vec::new() };
    let mut settings = long_values(column, attributes);
    settings.extend(attributes.statistics.map(|target| format!("SET STATISTICS {target}")));
    let options =
        attributes.options.iter().map(|(name, value)| format!("{} = {}", ident(name), string(value)));
    let options: Vec<String> = options.collect();
    if !options.is_empty() {
        settings.push(format!("SET ({})", options.join(", ")));
    }
    let mut statements: Vec<String> = alter(table, column, &settings).into_iter().collect();
    statements.extend(attributes.comment.as_ref().map(|comment| {
        format!("COMMENT ON COLUMN {}.{} IS {}", object(table), ident(&column.name), string(comment))
    }));
    statements
}

/// What a column with another type has to be told: the rest stays.
pub(super) fn of_type(table: &ObjectName, column: &Column) -> Option<String> {
    let attributes = column.attributes.as_deref()?;
    alter(table, column, &long_values(column, attributes))
}

fn alter(table: &ObjectName, column: &Column, settings: &[String]) -> Option<String> {
    let clauses = settings.iter().map(|setting| format!("ALTER COLUMN {} {setting}", ident(&column.name)));
    let clauses: Vec<String> = clauses.collect();
    (!clauses.is_empty()).then(|| format!("ALTER TABLE {}\n    {}", object(table), clauses.join(",\n    ")))
}

/// Types without long values have neither.
fn long_values(column: &Column, attributes: &Attributes) -> Vec<String> {
    if !is_long(column) {
        return Vec::new();
    }
    let storage = attributes.storage.map(|storage| format!("SET STORAGE {}", storage.as_str()));
    let compression =
        attributes.compression.as_ref().map(|method| format!("SET COMPRESSION {}", ident(method)));
    storage.into_iter().chain(compression).collect()
}

fn is_long(column: &Column) -> bool {
    let base = &column.ty.values().base;
    column.ty.list
        || matches!(
            base,
            Type::Text
                | Type::Citext
                | Type::VarChar(_)
                | Type::Char(_)
                | Type::Bit(_)
                | Type::VarBit(_)
                | Type::Bytes
                | Type::Decimal(_)
                | Type::Xml
                | Type::Inet
                | Type::Json
                | Type::JsonB
        )
}
