//! Copies of dropped data.

use super::Postgres;
use crate::{Error, KeptTable};

impl Postgres {
    pub(crate) async fn kept(&mut self) -> Result<Vec<KeptTable>, Error> {
        if !self.tables_exist().await? {
            return Ok(Vec::new());
        }
        let query = format!(
            "SELECT c.relname::text, (SELECT extract(epoch FROM now() - max(s.finished_at))::int8 FROM {} s \
             WHERE s.kind = $2 AND s.object = c.relname::text AND s.state = 'done') \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname::text = $1 AND c.relkind = 'r' AND pg_catalog.starts_with(c.relname::text, $3) \
             ORDER BY 2 DESC NULLS LAST, 1",
            self.table("_schemalift_step")
        );
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&self.history_namespace, &sql::KEEP, &sql::KEPT_PREFIX];
        let rows = self.client.query(&query, &parameters).await;
        let rows = rows.map_err(|error| self.error(&error, "looking for kept data"))?;
        rows.iter().map(|row| Ok(KeptTable::new(self.get(row, 0)?, self.get(row, 1)?))).collect()
    }

    pub(crate) async fn purge(&mut self, copy: &str) -> Result<(), Error> {
        self.want_lock()?;
        let outcome = self.client.batch_execute(&format!("DROP TABLE {}", self.table(copy))).await;
        outcome.map_err(|error| self.error(&error, "purging kept data"))
    }
}
