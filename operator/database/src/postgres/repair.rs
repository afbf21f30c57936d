//! What the repair of a history asks and sends.

use tokio_postgres::SimpleQueryMessage;

use super::{Postgres, quoted};
use crate::{Error, MigrationId};

impl Postgres {
    pub(crate) async fn texts(&mut self, query: &str) -> Result<Vec<Option<String>>, Error> {
        let messages = self.client.simple_query(query).await;
        let messages = messages.map_err(|error| self.error(&error, "looking at the history"))?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(row).collect())
    }

    pub(crate) async fn send_all(&mut self, statements: &[String], closed: &[i64]) -> Result<(), Error> {
        self.want_lock()?;
        self.begin().await?;
        let outcome = self.client.batch_execute(&statements.join(";\n")).await;
        self.end(outcome.map_err(|error| self.error(&error, "repairing the history"))).await?;
        for id in closed {
            self.drop_leftovers(MigrationId(*id)).await?;
        }
        Ok(())
    }

    pub(crate) fn tables_query(&self) -> String {
        let namespace = self.history_namespace.replace('\'', "''");
        format!(
            "SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname::text = '{namespace}' AND c.relkind = 'r'"
        )
    }

    pub(crate) fn history_statements(&self) -> Vec<String> {
        let text = include_str!("history.sql").replace("{schema}", &quoted(&self.history_namespace));
        text.split(";\n").map(str::to_owned).collect()
    }
}
