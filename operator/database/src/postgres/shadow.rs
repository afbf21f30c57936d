//! Throw-away databases.

use super::{Postgres, quoted};
use crate::Error;

impl Postgres {
    pub(crate) async fn create_database(&self, name: &str) -> Result<(), Error> {
        // template0 has nothing that somebody put into template1.
        let statement = format!("CREATE DATABASE {} TEMPLATE template0", quoted(name));
        self.client
            .batch_execute(&statement)
            .await
            .map_err(|error| self.error(&error, "creating the shadow database"))
    }

    pub(crate) async fn drop_database(&self, name: &str) -> Result<(), Error> {
        let failed = |error| self.error(&error, "dropping the shadow database");
        // `WITH (FORCE)` came with PostgreSQL 13.
        let end =
            "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = $1";
        self.client.execute(end, &[&name]).await.map_err(failed)?;
        self.client.batch_execute(&format!("DROP DATABASE {}", quoted(name))).await.map_err(failed)
    }

    /// Runs text whose names are not qualified; they are the target's schema's.
    pub(crate) async fn replay(&mut self, text: &str) -> Result<(), Error> {
        let namespace = quoted(&self.namespace);
        let path = format!("CREATE SCHEMA IF NOT EXISTS {namespace}; SET search_path TO {namespace}");
        for statements in [path.as_str(), text, "SET search_path TO ''"] {
            self.client.batch_execute(statements).await.map_err(|error| self.error(&error, "replaying"))?;
        }
        Ok(())
    }
}
