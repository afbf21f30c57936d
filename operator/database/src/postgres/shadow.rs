//! Throw-away databases.

use std::pin::pin;

use futures::{SinkExt as _, StreamExt as _};

use super::{Postgres, quoted};
use crate::Error;

impl Postgres {
    pub(crate) async fn create_database(&self, name: &str) -> Result<(), Error> {
        // template0 has nothing that somebody put into template1.
        let statement = format!("CREATE DATABASE {} TEMPLATE template0", quoted(name));
        self.client
            .batch_execute(&statement)
            .await
            .map_err(|error| self.error(&error, "creating a temporary database"))
    }

    pub(crate) async fn drop_database(&self, name: &str) -> Result<(), Error> {
        let failed = |error| self.error(&error, "dropping a temporary database");
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

    /// Databases of this prefix that nobody uses and that are ours to drop. Whoever is about to use one is called as it is.
    pub(crate) async fn databases_left_behind(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let query = "SELECT d.datname::text FROM pg_catalog.pg_database d \
                     WHERE pg_catalog.starts_with(d.datname::text, $1) AND pg_catalog.pg_has_role(d.datdba, 'USAGE') \
                     AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a \
                     WHERE a.datname = d.datname OR a.application_name = d.datname::text) ORDER BY 1";
        let what = "looking for temporary databases";
        let rows = self.client.query(query, &[&prefix]).await.map_err(|error| self.error(&error, what))?;
        rows.iter().map(|row| self.get(row, 0)).collect()
    }

    /// Runs one statement; the number of its rows.
    pub(crate) async fn change(&self, statement: &str) -> Result<u64, Error> {
        self.client.execute(statement, &[]).await.map_err(|error| self.error(&error, "changing rows"))
    }

    /// Reads rows here and writes them there, without holding them.
    pub(crate) async fn copy_rows(&self, there: &Self, out: &str, into: &str) -> Result<(), Error> {
        let failed = |error: &tokio_postgres::Error| self.error(error, "copying rows");
        let mut rows = pin!(self.client.copy_out(out).await.map_err(|error| failed(&error))?);
        let mut sink = pin!(there.client.copy_in(into).await.map_err(|error| failed(&error))?);
        while let Some(piece) = rows.next().await {
            let piece = piece.map_err(|error| failed(&error))?;
            sink.send(piece).await.map_err(|error| failed(&error))?;
        }
        sink.as_mut().finish().await.map(|_| ()).map_err(|error| failed(&error))
    }
}
