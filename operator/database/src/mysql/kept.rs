//! Copies of dropped data.

use super::{MySql, get};
use crate::{Error, KeptTable};

const WHAT: &str = "looking for kept data";

impl MySql {
    pub(crate) async fn kept(&mut self) -> Result<Vec<KeptTable>, Error> {
        if self.history_version().await?.is_none() {
            return Ok(Vec::new());
        }
        let query = format!(
            "SELECT t.TABLE_NAME, (SELECT TIMESTAMPDIFF(SECOND, max(s.finished_at), UTC_TIMESTAMP()) FROM {} s \
             WHERE s.kind = ? AND s.object = t.TABLE_NAME AND s.state = 'done') AS age \
             FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = ? AND LEFT(t.TABLE_NAME, ?) = ? \
             ORDER BY age IS NULL, age DESC, t.TABLE_NAME",
            self.table("_schemalift_step")
        );
        let parameters = (sql::KEEP, self.history_database.clone(), sql::KEPT_PREFIX.len(), sql::KEPT_PREFIX);
        let rows = self.rows(&query, parameters, WHAT).await?;
        rows.iter().map(|row| Ok(KeptTable::new(get(row, 0)?, get(row, 1)?))).collect()
    }

    pub(crate) async fn purge(&mut self, copy: &str) -> Result<(), Error> {
        self.want_lock()?;
        let statement = format!("DROP TABLE {}", self.table(copy));
        self.send(&statement, "purging kept data").await
    }
}
