//! Rows in a database of SQLite: that a change keeps them, or says before that it will not.

use std::collections::BTreeMap;

use rusqlite::Connection;
use schema::{Column, Schema, Table, Type};

const ROWS: usize = 3;

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The value of row `n`: the same in every column of a type, so that foreign keys find each other.
fn value(ty: &Type, n: usize) -> String {
    match ty {
        Type::Text => format!("'{n}'"),
        Type::DateTime => format!("'2020-01-0{n} 00:00:00'"),
        Type::Bytes => format!("x'0{n}'"),
        _ => n.to_string(),
    }
}

/// Some rows in every table.
pub(crate) fn fill(connection: &Connection, schema: &Schema) -> Result<(), String> {
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for table in &schema.tables {
        let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
        for n in 1..=ROWS {
            let values: Vec<String> = table.columns.iter().map(|column| value(&column.ty.base, n)).collect();
            let insert = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                quoted(&table.name.name),
                columns.join(", "),
                values.join(", ")
            );
            connection.execute_batch(&insert).map_err(|error| format!("{error} in {insert}"))?;
        }
    }
    Ok(())
}

/// Texts of one column, by the row that holds it.
type Cells = Vec<String>;

/// What every column holds, by table and column.
pub(crate) fn read(connection: &Connection, schema: &Schema) -> BTreeMap<(String, String), Cells> {
    let mut cells = BTreeMap::new();
    for table in &schema.tables {
        for column in &table.columns {
            let query = format!(
                "SELECT coalesce(quote({}), 'NULL') FROM {} ORDER BY 1",
                quoted(&column.name),
                quoted(&table.name.name)
            );
            let mut statement = connection.prepare(&query).unwrap();
            let found: Cells =
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            cells.insert((table.name.name.clone(), column.name.clone()), found);
        }
    }
    cells
}

fn before<'a>(first: &'a Schema, table: &Table) -> Option<&'a Table> {
    let name = table.renamed_from.as_ref().unwrap_or(&table.name.name);
    first.tables.iter().find(|found| found.name.name == *name)
}

fn earlier<'a>(table: &'a Table, column: &Column) -> Option<&'a Column> {
    table.column(column.renamed_from.as_ref().unwrap_or(&column.name))
}

/// Each table that stays has its rows, and each column whose type stays its values.
pub(crate) fn compare(
    first: &Schema,
    second: &Schema,
    old: &BTreeMap<(String, String), Cells>,
    new: &BTreeMap<(String, String), Cells>,
) -> Result<(), String> {
    for table in &second.tables {
        let Some(found) = before(first, table) else { continue };
        for column in &table.columns {
            let now = &new[&(table.name.name.clone(), column.name.clone())];
            if now.len() != ROWS {
                return Err(format!("{} has {} rows", table.name, now.len()));
            }
            let Some(was) = earlier(found, column).filter(|was| was.ty == column.ty) else { continue };
            let was = &old[&(found.name.name.clone(), was.name.clone())];
            if was != now {
                return Err(format!("{}.{} held {was:?} and holds {now:?}", table.name, column.name));
            }
        }
    }
    Ok(())
}
