//! Throw-away databases.

use super::{MySql, get, quoted};
use crate::Error;

impl MySql {
    pub(crate) async fn create_database(&mut self, name: &str) -> Result<(), Error> {
        let statement = format!("CREATE DATABASE {} CHARACTER SET utf8mb4", quoted(name));
        self.send(&statement, "creating a temporary database").await
    }

    pub(crate) async fn drop_database(&mut self, name: &str) -> Result<(), Error> {
        self.send(&format!("DROP DATABASE {}", quoted(name)), "dropping a temporary database").await
    }

    /// Runs text as it stands.
    pub(crate) async fn replay(&mut self, text: &str) -> Result<(), Error> {
        self.send(text, "replaying").await
    }

    /// While this session lives, the database of this name is not one that was left behind.
    pub(crate) async fn keep_alive(&mut self, name: &str) -> Result<(), Error> {
        let what = "preparing to copy rows";
        self.rows("SELECT GET_LOCK(?, 0)", (name,), what).await?;
        // Rows that are copied are read without a lock.
        self.send("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", what).await
    }

    /// Databases of this prefix whose makers are gone.
    pub(crate) async fn databases_left_behind(&mut self, prefix: &str) -> Result<Vec<String>, Error> {
        let query = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA \
                     WHERE LEFT(SCHEMA_NAME, CHAR_LENGTH(?)) = ? ORDER BY SCHEMA_NAME";
        let what = "looking for temporary databases";
        let rows = self.rows(query, (prefix, prefix), what).await?;
        let mut left = Vec::new();
        for row in &rows {
            let name: String = get(row, 0)?;
            let holder = self.rows("SELECT IS_USED_LOCK(?)", (name.clone(),), what).await?;
            if holder.first().map(|row| get::<Option<u64>>(row, 0)).transpose()?.flatten().is_none() {
                left.push(name);
            }
        }
        Ok(left)
    }

    /// The server's number of this session.
    pub(crate) fn id(&self) -> u32 {
        self.conn.id()
    }

    /// Ends a session of ours, also in the middle of a statement; one that is gone already is no failure.
    pub(crate) async fn end_session(&mut self, id: u32) {
        if self.send(&format!("KILL {id}"), "ending a session").await.is_err() {
            tracing::debug!("the session had ended");
        }
    }

    /// Runs one statement; the number of its rows.
    pub(crate) async fn change(&mut self, statement: &str) -> Result<u64, Error> {
        self.execute(statement, (), "changing rows").await
    }
}
