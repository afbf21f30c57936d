//! What the repair of a history asks and sends.

use mysql_async::prelude::Queryable as _;

use super::{MySql, quoted};
use crate::Error;

impl MySql {
    pub(crate) async fn texts(&mut self, query: &str) -> Result<Vec<Option<String>>, Error> {
        let found: Result<Vec<Option<String>>, _> = self.conn.query(query).await;
        found.map_err(|error| self.error(&error, "looking at the history"))
    }

    /// One after the other: each of them may run again when the next one could not.
    pub(crate) async fn send_all(&mut self, statements: &[String], _closed: &[i64]) -> Result<(), Error> {
        self.want_lock()?;
        for statement in statements {
            self.send(statement, "repairing the history").await?;
        }
        Ok(())
    }

    pub(crate) fn tables_query(&self) -> String {
        let database = quoted(&self.history_database);
        format!("SHOW TABLES FROM {database}")
    }

    pub(crate) fn history_statements(&self) -> Vec<String> {
        let text = include_str!("history.sql").replace("{database}", &quoted(&self.history_database));
        text.split(";\n").map(str::to_owned).collect()
    }
}
