//! MySQL and MariaDB. Every statement that changes a table commits by itself, so each step is recorded before it
//! starts and after it ended, and a step that a dead run left behind is looked up in the catalog.

mod ask;
mod attributes;
mod batch;
mod build;
mod catalog;
mod connect;
mod defaults;
mod error;
mod hidden;
mod history;
mod introspect;
mod kept;
mod lock;
mod preflight;
mod probe;
mod repair;
mod rights;
mod run;
mod shadow;
mod steps;
mod ties;
mod tls;
mod types;

pub(crate) use connect::end;

use mysql_async::prelude::{FromValue, Queryable as _};
use mysql_async::{Conn, Opts, Params, Row};
use schema::ObjectName;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Error, Settings, TableNames, TableSize};

/// A session.
pub(crate) struct MySql {
    conn: Conn,
    /// For a second session that stops a statement of this one.
    opts: Opts,
    settings: Settings,
    flavour: Flavour,
    pub(crate) database: String,
    pub(crate) history_database: String,
    /// Names of the session locks that are held.
    locked: Vec<lock::Key>,
    /// The fence that this session raised.
    fence: Option<i64>,
    pub(crate) table_names: TableNames,
    password: SecretString,
}

/// Which of the two products answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavour {
    MySql,
    MariaDb,
}

impl MySql {
    /// A history table's qualified name.
    pub(crate) fn table(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.history_database), quoted(name))
    }

    /// Where the session is: the server, and the connection there.
    pub(crate) fn place(&self) -> (&Opts, u32) {
        (&self.opts, self.conn.id())
    }

    fn error(&self, error: &mysql_async::Error, what: &str) -> Error {
        error::of_driver(error, what).without(self.password.expose_secret())
    }

    async fn rows(
        &mut self,
        query: &str,
        parameters: impl Into<Params> + Send,
        what: &str,
    ) -> Result<Vec<Row>, Error> {
        let outcome = self.conn.exec(query, parameters.into()).await;
        outcome.map_err(|error| self.error(&error, what))
    }

    /// Number of rows that the statement found.
    async fn execute(
        &mut self,
        statement: &str,
        parameters: impl Into<Params> + Send,
        what: &str,
    ) -> Result<u64, Error> {
        let outcome = self.conn.exec_drop(statement, parameters.into()).await;
        outcome.map_err(|error| self.error(&error, what))?;
        Ok(self.conn.affected_rows())
    }

    /// A statement without parameters, sent as it is.
    async fn send(&mut self, statement: &str, what: &str) -> Result<(), Error> {
        let outcome = self.conn.query_drop(statement).await;
        outcome.map_err(|error| self.error(&error, what))
    }

    /// Estimates of the storage engine.
    pub(crate) async fn sizes(&mut self, tables: &[ObjectName]) -> Result<Vec<TableSize>, Error> {
        let query = "SELECT TABLE_NAME, CAST(TABLE_ROWS AS UNSIGNED), \
                     CAST(COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0) AS UNSIGNED) \
                     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE'";
        let database = self.database.clone();
        let rows = self.rows(query, (database,), "looking how large the tables are").await?;
        let mut sizes = Vec::new();
        for row in &rows {
            let name: String = get(row, 0)?;
            if let Some(table) = tables.iter().find(|table| table.name == name) {
                sizes.push(TableSize { table: table.clone(), rows: get(row, 1)?, bytes: get(row, 2)? });
            }
        }
        sizes.sort_by(|one, other| one.table.cmp(&other.table));
        Ok(sizes)
    }

    pub(crate) async fn count(&mut self, query: &str) -> Result<u64, Error> {
        let number: Result<Option<Option<u64>>, _> = self.conn.query_first(query).await;
        let number = number.map_err(|error| self.error(&error, "counting rows"))?;
        Ok(number.flatten().unwrap_or(0))
    }
}

/// A cell, or an error that names nothing but its place.
fn get<T: FromValue>(row: &Row, at: usize) -> Result<T, Error> {
    match row.get_opt(at) {
        Some(Ok(value)) => Ok(value),
        _ => Err(error::unreadable(at)),
    }
}

/// An identifier of our own history tables; every other identifier is quoted by the `sql` crate.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
