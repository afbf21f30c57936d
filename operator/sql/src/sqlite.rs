//! SQLite statements. The whole plan runs in one transaction with foreign keys off (SQLite: "ALTER TABLE", 7).

use plan::{Alteration, Change, RenamedValues};
use schema::{Column, Default, Index, Nullability, ObjectName, Table, Type, Uniqueness};

use crate::postgres::action;
use crate::predicate::predicate;
use crate::quote::{ident, idents, literal, object, string};

pub(crate) fn statements(change: &Change) -> Vec<String> {
    match change {
        Change::CreateTable(table) => vec![create_table(&table.name, table, &[])],
        Change::RenameTable { from, to } => {
            let rename = |from: &ObjectName, to: &ObjectName| {
                format!("ALTER TABLE {} RENAME TO {}", object(from), object(to))
            };
            // To SQLite, a name in other letters is the same one, which is taken.
            if from.name.eq_ignore_ascii_case(&to.name) {
                let between = new_table(to);
                return vec![rename(from, &between), rename(&between, to)];
            }
            vec![rename(from, to)]
        }
        Change::DropTable(name) => vec![format!("DROP TABLE {}", object(name))],
        Change::RenameColumn { table, from, to } => {
            vec![format!("ALTER TABLE {} RENAME COLUMN {} TO {}", object(table), ident(from), ident(to))]
        }
        Change::AlterTable { table, alterations } => alterations
            .iter()
            .filter_map(|alteration| match alteration {
                Alteration::AddColumn(column) => Some(column_definition(column, None)),
                _ => None,
            })
            .map(|definition| format!("ALTER TABLE {} ADD COLUMN {definition}", object(table)))
            .collect(),
        Change::RenameValues { table, renamed } => vec![rename_values(table, renamed)],
        Change::RedefineTable { from, to } => redefine(from, to),
        Change::CreateIndex { table, index, .. } => vec![create_index(table, index)],
        Change::DropIndex { index, .. } => vec![format!("DROP INDEX {}", ident(&index.name))],
        // What only PostgreSQL has; a plan for SQLite never holds it.
        Change::CreateNamespace(_)
        | Change::CreateExtension(_)
        | Change::CreateEnum(_)
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::AddEnumValue { .. }
        | Change::RebuildEnum { .. }
        | Change::DropEnum(_)
        | Change::RenameIndex { .. }
        | Change::AddForeignKey { .. }
        | Change::DropForeignKey { .. }
        | Change::ValidateForeignKey { .. }
        | Change::RenameConstraint { .. } => Vec::new(),
    }
}

/// A query that answers whether any row holds the value, letter by letter.
pub fn holds(table: &ObjectName, column: &str, value: &str) -> String {
    let (table, column) = (object(table), ident(column));
    format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {column} COLLATE BINARY = {})", string(value))
}

/// Told apart letter by letter, whatever collation the column has.
fn rename_values(table: &ObjectName, renamed: &RenamedValues) -> String {
    let column = ident(&renamed.column);
    let exact = format!("{column} COLLATE BINARY");
    let old: Vec<String> = renamed.values.iter().map(|(old, _)| string(old)).collect();
    let value = match renamed.values.as_slice() {
        [(_, new)] => string(new),
        values => {
            let cases: Vec<String> = values
                .iter()
                .map(|(old, new)| format!("WHEN {} THEN {}", string(old), string(new)))
                .collect();
            format!("CASE {exact} {} END", cases.join(" "))
        }
    };
    format!("UPDATE {} SET {column} = {value} WHERE {exact} IN ({})", object(table), old.join(", "))
}

/// The options of a table that is rebuilt are those that it has.
fn create_table(name: &ObjectName, table: &Table, extras: &[String]) -> String {
    let sole_key =
        table.primary_key.as_ref().filter(|key| key.columns.len() == 1).and_then(|key| key.columns.first());
    let mut lines: Vec<String> =
        table.columns.iter().map(|column| format!("    {}", column_definition(column, sole_key))).collect();
    if let Some(key) = table.primary_key.as_ref().filter(|key| key.columns.len() > 1) {
        lines.push(format!("    PRIMARY KEY ({})", idents(&key.columns)));
    }
    for key in &table.foreign_keys {
        let constraint =
            key.name.as_ref().map(|name| format!("CONSTRAINT {} ", ident(name))).unwrap_or_default();
        lines.push(format!(
            "    {constraint}FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {} ON UPDATE {}",
            idents(&key.columns),
            object(&key.referenced_table),
            idents(&key.referenced_columns),
            action(key.on_delete),
            action(key.on_update)
        ));
    }
    let options = [("strict", "STRICT"), ("without rowid", "WITHOUT ROWID")];
    let options: Vec<&str> = options
        .into_iter()
        .filter(|(extra, _)| extras.iter().any(|found| found == extra))
        .map(|(_, word)| word)
        .collect();
    let space = if options.is_empty() { "" } else { " " };
    format!("CREATE TABLE {} (\n{}\n){space}{}", object(name), lines.join(",\n"), options.join(", "))
}

fn column_definition(column: &Column, sole_key: Option<&String>) -> String {
    let null = if column.nullability == Nullability::Required { " NOT NULL" } else { "" };
    let key = match sole_key {
        Some(name) if *name == column.name && column.autoincrement => " PRIMARY KEY AUTOINCREMENT",
        Some(name) if *name == column.name => " PRIMARY KEY",
        _ => "",
    };
    let default = default_of(column).map(|default| format!(" DEFAULT {default}")).unwrap_or_default();
    format!("{} {}{null}{key}{default}", ident(&column.name), column_type(&column.ty.base))
}

fn column_type(ty: &Type) -> String {
    let name = match ty {
        Type::Boolean => "BOOLEAN",
        Type::SmallInt | Type::Integer | Type::Oid => "INTEGER",
        Type::BigInt => "BIGINT",
        Type::Real | Type::Double => "REAL",
        Type::Decimal(_) | Type::Money => "DECIMAL",
        Type::Bytes => "BLOB",
        Type::DateTime | Type::Timestamp(_) | Type::Timestamptz(_) => "DATETIME",
        Type::Json | Type::JsonB => "JSONB",
        Type::Other(text) => return text.clone(),
        _ => "TEXT",
    };
    name.to_owned()
}

pub(crate) fn default_of(column: &Column) -> Option<String> {
    match column.default.as_ref()? {
        Default::Value(value) => Some(literal(value, bytes)),
        Default::Now => Some("CURRENT_TIMESTAMP".to_owned()),
        Default::Expression(text) => Some(format!("({text})")),
        // SQLite has no lists; the datamodel was refused before.
        Default::List(_) | Default::Any => None,
    }
}

fn bytes(content: &[u8]) -> String {
    let digits = hex::encode(content);
    format!("X'{digits}'")
}

fn create_index(table: &ObjectName, index: &Index) -> String {
    let unique = if index.uniqueness == Uniqueness::Unique { "UNIQUE " } else { "" };
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| {
            let sort = if column.sort == datamodel::Sort::Desc { " DESC" } else { "" };
            format!("{}{sort}", ident(&column.name))
        })
        .collect();
    let partial =
        index.predicate.as_ref().map(|found| format!(" WHERE {}", predicate(found))).unwrap_or_default();
    let columns = columns.join(", ");
    format!("CREATE {unique}INDEX {} ON {} ({columns}){partial}", ident(&index.name), object(table))
}

/// The name of a table on its way.
fn new_table(to: &ObjectName) -> ObjectName {
    to.sibling(format!("_slift_new_{}", to.name))
}

/// The hidden number of a row, where no column is its name: indexes for full text search know a row by it (SQLite: "ROWIDs and the
/// INTEGER PRIMARY KEY", and FTS5, "External Content Tables"). `None` where there is none, or a name of it is a column's.
fn row_number(from: &Table, to: &Table) -> Option<&'static str> {
    let alias = |table: &Table| {
        let key = table.primary_key.as_ref().and_then(|key| match key.columns.as_slice() {
            [only] => table.column(only),
            _ => None,
        });
        key.is_some_and(|column| column_type(&column.ty.base) == "INTEGER")
    };
    if alias(from) || alias(to) || from.extras.iter().any(|extra| extra == "without rowid") {
        return None;
    }
    let taken = |name: &str| {
        from.columns.iter().chain(&to.columns).any(|column| column.name.eq_ignore_ascii_case(name))
    };
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

/// New table, copy, drop, rename, indexes again. References from other tables go by name and so find the new one.
fn redefine(from: &Table, to: &Table) -> Vec<String> {
    let new = new_table(&to.name);
    let mut statements = vec![create_table(&new, to, &from.extras)];
    let common: Vec<(&Column, &Column)> =
        to.columns.iter().filter_map(|column| Some((from.column(&column.name)?, column))).collect();
    let filled = to.columns.iter().filter(|column| from.column(&column.name).is_none());
    let filled: Vec<(&Column, String)> =
        filled.filter_map(|column| Some((column, filling(column)?))).collect();
    if !common.is_empty() {
        let filled_names = filled.iter().map(|(column, _)| &column.name);
        let names = idents(common.iter().map(|(_, column)| &column.name).chain(filled_names));
        let number = row_number(from, to).map(str::to_owned);
        let names: Vec<String> = number.iter().cloned().chain([names]).collect();
        let names = names.join(", ");
        let copied = common.iter().map(|(before, column)| copied(before, column));
        let filled = filled.iter().map(|(_, value)| value.clone());
        let values: Vec<String> = number.into_iter().chain(copied).chain(filled).collect();
        let (target, source) = (object(&new), object(&from.name));
        statements.push(format!("INSERT INTO {target} ({names}) SELECT {} FROM {source}", values.join(", ")));
    }
    if counts(from) && counts(to) {
        // Otherwise numbers of deleted rows would be given out again.
        let (new, old) = (string(&new.name), string(&from.name.name));
        statements.push(format!("DELETE FROM \"sqlite_sequence\" WHERE \"name\" = {new}"));
        statements.push(format!(
            "INSERT INTO \"sqlite_sequence\" (\"name\", \"seq\") SELECT {new}, \"seq\" FROM \"sqlite_sequence\" WHERE \"name\" = {old}"
        ));
    }
    statements.push(format!("DROP TABLE {}", object(&from.name)));
    statements.push(format!("ALTER TABLE {} RENAME TO {}", object(&new), object(&to.name)));
    statements.extend(to.indexes.iter().map(|index| create_index(&to.name, index)));
    statements
}

/// What the rows that exist get in a column that comes without a default.
fn filling(column: &Column) -> Option<String> {
    let value = column.filled_with.clone().filter(|_| column.default.is_none())?;
    default_of(&Column { default: Some(value), ..column.clone() })
}

fn counts(table: &Table) -> bool {
    table.columns.iter().any(|column| column.autoincrement)
}

/// A null of a column that became required is replaced by its default.
fn copied(before: &Column, column: &Column) -> String {
    let name = ident(&column.name);
    let required = before.nullability == Nullability::Nullable && column.nullability == Nullability::Required;
    match default_of(column).filter(|_| required) {
        Some(default) => format!("coalesce({name}, {default})"),
        None => name,
    }
}
