//! Rows whose foreign keys lead nowhere, before a plan is committed: [`check_foreign_keys`].

use reason::Reason;
use rusqlite::{Connection, OptionalExtension as _};

use super::of_driver;
use crate::Error;

/// Most characters of a key's value that a message shows.
const SHOWN: u32 = 60;

/// The rows of one foreign key that lead nowhere.
struct Orphans {
    table: String,
    parent: String,
    /// Number of the key in its table.
    key: i64,
    rows: i64,
    /// A row of a table that has row ids.
    example: Option<i64>,
}

/// Refuses what a commit would make last. Foreign keys are off while a plan runs (SQLite: "Making Other Kinds Of Table Schema
/// Changes"), for SQL of a person's own, too.
pub(super) fn check_foreign_keys(connection: &Connection) -> Result<(), Error> {
    let failed = |error: rusqlite::Error| of_driver(&error, "checking the foreign keys");
    let found = orphans(connection).map_err(failed)?;
    if found.is_empty() {
        return Ok(());
    }
    let said: Result<Vec<String>, _> = found.iter().map(|orphans| said(connection, orphans)).collect();
    Err(Error::new(
        Reason::DataViolatesPlan,
        format!(
            "rows point to rows that do not exist: {}; nothing was changed. Where a step of `spec.steps` leaves them, let it delete \
             them or point them elsewhere as well; where they were there before, mend them first",
            said.map_err(failed)?.join("; ")
        ),
    ))
}

fn orphans(connection: &Connection) -> Result<Vec<Orphans>, rusqlite::Error> {
    let mut statement = connection.prepare(
        "SELECT \"table\", \"parent\", fkid, count(*), min(rowid) FROM pragma_foreign_key_check GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Orphans {
            table: row.get(0)?,
            parent: row.get(1)?,
            key: row.get(2)?,
            rows: row.get(3)?,
            example: row.get(4)?,
        })
    })?;
    rows.collect()
}

/// `2 rows of Post (authorId) to User, for example id = 7`.
fn said(connection: &Connection, orphans: &Orphans) -> Result<String, rusqlite::Error> {
    let Orphans { table, parent, key, rows, .. } = orphans;
    let mut columns =
        connection.prepare("SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE id = ?2 ORDER BY seq")?;
    let columns: Vec<String> =
        columns.query_map((table, key), |row| row.get(0))?.collect::<Result<_, _>>()?;
    let counted = if *rows == 1 { "row" } else { "rows" };
    let example = example(connection, orphans)?;
    let example = example.map(|example| format!(", for example {example}")).unwrap_or_default();
    Ok(format!("{rows} {counted} of {table} ({}) to {parent}{example}", columns.join(", ")))
}

/// The row by its primary key, and by nothing else.
fn example(connection: &Connection, orphans: &Orphans) -> Result<Option<String>, rusqlite::Error> {
    let Some(row) = orphans.example else { return Ok(None) };
    let mut key = connection.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
    let key: Vec<String> = key.query_map([&orphans.table], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if key.is_empty() {
        return Ok(None);
    }
    let part = |name: &String| {
        let label = format!("{name} = ").replace('\'', "''");
        format!("'{label}' || COALESCE(substr(CAST({} AS TEXT), 1, {SHOWN}), 'null')", quoted(name))
    };
    let parts: Vec<String> = key.iter().map(part).collect();
    let query =
        format!("SELECT {} FROM {} WHERE rowid = ?1", parts.join(" || ', ' || "), quoted(&orphans.table));
    connection.query_row(&query, [row], |row| row.get(0)).optional()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
