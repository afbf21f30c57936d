//! Rows whose foreign keys lead nowhere, before a plan is committed: [`check_foreign_keys`].

use std::collections::BTreeMap;

use reason::Reason;
use rusqlite::{Connection, OptionalExtension as _};

use super::of_driver;
use crate::Error;

/// Most characters of a key's value that a message shows.
const SHOWN: u32 = 60;

const WHAT: &str = "checking the foreign keys";

/// What of the foreign keys was broken before a plan: [`broken`]. That is not the plan's doing in a table that it leaves as it is.
#[derive(Debug, Default)]
pub(super) struct Broken(BTreeMap<String, Table>);

#[derive(Debug)]
struct Table {
    /// Its definition.
    sql: String,
    found: Found,
}

/// What SQLite says of the keys of a table.
#[derive(Debug)]
enum Found {
    /// Rows that lead nowhere, by the parent and the number of the key.
    Orphans(BTreeMap<(String, i64), Rows>),
    /// A key that no row can satisfy: its parent has no such unique columns (SQLite: "Foreign Key DML Errors").
    Mismatch(String),
}

#[derive(Debug, Default)]
struct Rows {
    /// Their row ids, in order.
    ids: Vec<i64>,
    /// How many have none, as in a table `WITHOUT ROWID`.
    nameless: usize,
}

/// The rows of one foreign key that lead nowhere, and are the plan's to answer for.
struct Orphans {
    table: String,
    parent: String,
    /// Number of the key in its table.
    key: i64,
    rows: usize,
    /// A row of a table that has row ids.
    example: Option<i64>,
}

/// What is broken now.
pub(super) fn broken(connection: &Connection) -> Result<Broken, Error> {
    look(connection).map_err(|error| of_driver(&error, WHAT))
}

/// Refuses what a commit would make last. Foreign keys are off while a plan runs (SQLite: "Making Other Kinds Of Table Schema
/// Changes"), for SQL of a person's own, too. Of a table that is as it was `before`, only what came since is refused: SQLite does not
/// check foreign keys unless it is told to, so that others' tables may have had orphans for long.
pub(super) fn check_foreign_keys(connection: &Connection, before: &Broken) -> Result<(), Error> {
    let failed = |error: rusqlite::Error| of_driver(&error, WHAT);
    let now = look(connection).map_err(failed)?;
    let mut found = Vec::new();
    for (name, table) in &now.0 {
        let known = before.0.get(name).filter(|known| known.sql == table.sql).map(|known| &known.found);
        match &table.found {
            Found::Orphans(keys) => found.extend(keys.iter().filter_map(|(key, rows)| {
                let known = match known {
                    Some(Found::Orphans(known)) => known.get(key),
                    _ => None,
                };
                since(name, key, rows, known)
            })),
            Found::Mismatch(_) if matches!(known, Some(Found::Mismatch(_))) => {}
            Found::Mismatch(text) => {
                return Err(Error::new(
                    Reason::DataViolatesPlan,
                    format!(
                        "{WHAT}: {text}; nothing was changed. The columns that a key points to need a primary key or a unique index \
                         over exactly them"
                    ),
                ));
            }
        }
    }
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

/// Of each table that has any: a key that cannot be checked would hide those of all tables.
fn look(connection: &Connection) -> Result<Broken, rusqlite::Error> {
    let mut tables = connection.prepare(
        "SELECT m.name, m.sql FROM sqlite_master m WHERE m.type = 'table' \
         AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.name)) ORDER BY m.name",
    )?;
    let tables: Vec<(String, String)> =
        tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut broken = BTreeMap::new();
    for (name, sql) in tables {
        let found = match orphans(connection, &name) {
            Ok(keys) if keys.is_empty() => continue,
            Ok(keys) => Found::Orphans(keys),
            Err(error) if error.to_string().contains("foreign key mismatch") => {
                Found::Mismatch(error.to_string())
            }
            Err(error) => return Err(error),
        };
        broken.insert(name, Table { sql, found });
    }
    Ok(Broken(broken))
}

fn orphans(connection: &Connection, table: &str) -> Result<BTreeMap<(String, i64), Rows>, rusqlite::Error> {
    let mut statement =
        connection.prepare("SELECT \"parent\", fkid, rowid FROM pragma_foreign_key_check(?1)")?;
    let mut found = statement.query([table])?;
    let mut keys: BTreeMap<(String, i64), Rows> = BTreeMap::new();
    while let Some(row) = found.next()? {
        let rows = keys.entry((row.get(0)?, row.get(1)?)).or_default();
        match row.get::<_, Option<i64>>(2)? {
            Some(id) => rows.ids.push(id),
            None => rows.nameless += 1,
        }
    }
    for rows in keys.values_mut() {
        rows.ids.sort_unstable();
    }
    Ok(keys)
}

/// Those of the rows that are not among the known ones.
fn since(table: &str, key: &(String, i64), rows: &Rows, known: Option<&Rows>) -> Option<Orphans> {
    let is_new = |id: &&i64| known.is_none_or(|known| known.ids.binary_search(id).is_err());
    let mut new = rows.ids.iter().filter(is_new).copied();
    let example = new.next();
    let nameless = rows.nameless.saturating_sub(known.map_or(0, |known| known.nameless));
    let rows = usize::from(example.is_some()) + new.count() + nameless;
    (rows > 0).then(|| Orphans { table: table.to_owned(), parent: key.0.clone(), key: key.1, rows, example })
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
