//! Statements that fill a copy of some tables with a part of their rows.

use schema::{Dialect, ForeignKey, ObjectName, Table};

use crate::mysql::quote as backticks;
use crate::quote::{ident, idents, object};

/// How rows come into the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    /// Read by one session, in the server's own form, and written by another.
    Through {
        /// Run where the rows are.
        out: String,
        /// Run in the copy.
        into: String,
    },
    /// One statement, of a session that sees both.
    Within(String),
}

/// Takes as many rows, or all where there are fewer: whichever the server finds first. `source` and `copy` are the databases
/// on MySQL, and what the two are attached as on SQLite.
pub fn sample(dialect: Dialect, table: &Table, (source, copy): (&str, &str), limit: u64) -> Sample {
    // What the server makes of other columns nobody writes.
    let names = || table.columns.iter().filter(|column| !column.is_generated()).map(|column| &column.name);
    match dialect {
        Dialect::PostgreSql => {
            let (name, columns) = (object(&table.name), idents(names()));
            Sample::Through {
                out: format!("COPY (SELECT {columns} FROM {name} LIMIT {limit}) TO STDOUT"),
                into: format!("COPY {name} ({columns}) FROM STDIN"),
            }
        }
        Dialect::MySql => {
            let (name, columns) = (backticks::ident(&table.name.name), backticks::idents(names()));
            Sample::Within(format!(
                "INSERT INTO {}.{name} ({columns}) SELECT {columns} FROM {}.{name} LIMIT {limit}",
                backticks::ident(copy),
                backticks::ident(source)
            ))
        }
        Dialect::Sqlite => {
            let (name, columns) = (ident(&table.name.name), idents(names()));
            Sample::Within(format!(
                "INSERT INTO {}.{name} ({columns}) SELECT {columns} FROM {}.{name} LIMIT {limit}",
                ident(copy),
                ident(source)
            ))
        }
    }
}

/// Removes the rows whose key leads to no row: a part of the rows does not hold what all of them held.
pub fn remove_orphans(dialect: Dialect, table: &ObjectName, key: &ForeignKey) -> String {
    let quote: fn(&str) -> String = if dialect == Dialect::MySql { backticks::ident } else { ident };
    let name: fn(&ObjectName) -> String = if dialect == Dialect::MySql { backticks::object } else { object };
    let pairs = || key.columns.iter().zip(&key.referenced_columns);
    let present: Vec<String> =
        key.columns.iter().map(|column| format!("c.{} IS NOT NULL", quote(column))).collect();
    let equal: Vec<String> =
        pairs().map(|(own, other)| format!("p.{} = c.{}", quote(other), quote(own))).collect();
    let (child, parent) = (name(table), name(&key.referenced_table));
    let (present, equal) = (present.join(" AND "), equal.join(" AND "));
    match dialect {
        // MySQL cannot ask the table that it deletes from (error 1093), but join it.
        Dialect::MySql => {
            let first = key.referenced_columns.first().map(|column| quote(column)).unwrap_or_default();
            format!(
                "DELETE c FROM {child} AS c LEFT JOIN {parent} AS p ON {equal} WHERE {present} AND p.{first} IS NULL"
            )
        }
        Dialect::PostgreSql | Dialect::Sqlite => format!(
            "DELETE FROM {child} AS c WHERE {present} AND NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {equal})"
        ),
    }
}

/// Counts the rows of a table.
pub fn count_rows(dialect: Dialect, table: &ObjectName) -> String {
    let name = if dialect == Dialect::MySql { backticks::object(table) } else { object(table) };
    format!("SELECT count(*) FROM {name}")
}
