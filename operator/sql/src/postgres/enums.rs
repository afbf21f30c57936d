//! Enum types.

use plan::EnumColumn;
use schema::{Dialect, Enum, ObjectName};

use super::columns::default_of;
use crate::quote::{ident, object, string};

pub(crate) fn create(declared: &Enum) -> String {
    create_as(&declared.name, &declared.values)
}

fn create_as(name: &ObjectName, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| string(value)).collect();
    format!("CREATE TYPE {} AS ENUM ({})", object(name), values.join(", "))
}

pub(crate) fn add_value(name: &ObjectName, value: &str, before: Option<&str>) -> String {
    let place = before.map(|before| format!(" BEFORE {}", string(before))).unwrap_or_default();
    format!("ALTER TYPE {} ADD VALUE {}{place}", object(name), string(value))
}

/// A new type takes the old one's place in every column; one transaction, so nobody sees it half done.
pub(crate) fn rebuild(from: &Enum, to: &Enum, columns: &[EnumColumn]) -> Vec<String> {
    let new = to.name.sibling(temporary(&to.name.name));
    let mut statements = vec![create_as(&new, &to.values)];
    for used in columns {
        let (table, column) = (object(&used.table), ident(&used.column.name));
        if used.had_default {
            statements.push(format!("ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT"));
        }
        let list = if used.column.ty.list { "[]" } else { "" };
        let new = object(&new);
        statements.push(format!(
            "ALTER TABLE {table} ALTER COLUMN {column} TYPE {new}{list} USING ({column}::TEXT{list}::{new}{list})"
        ));
    }
    statements.push(format!("DROP TYPE {}", object(&from.name)));
    statements.push(format!("ALTER TYPE {} RENAME TO {}", object(&new), ident(&to.name.name)));
    for used in columns {
        if let Some(default) = default_of(&used.column) {
            let (table, column) = (object(&used.table), ident(&used.column.name));
            statements.push(format!("ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default}"));
        }
    }
    statements
}

/// A name of its own, also where the type's name is as long as a name may be.
fn temporary(name: &str) -> String {
    let mut temporary = format!("_slift_new_{name}");
    while temporary.len() > Dialect::PostgreSql.identifier_limit() {
        temporary.pop();
    }
    temporary
}
