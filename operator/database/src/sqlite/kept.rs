//! Copies of dropped data.

use schema::ObjectName;

use super::{Sqlite, of_driver, want_lock};
use crate::{Error, KeptTable, TableSize};

impl Sqlite {
    pub(crate) async fn kept(&mut self) -> Result<Vec<KeptTable>, Error> {
        self.with(|connection| {
            if !super::history::tables_exist(connection)? {
                return Ok(Vec::new());
            }
            let query = "SELECT m.name, (SELECT CAST((julianday('now') - julianday(max(s.finished_at))) * 86400 AS INTEGER) \
                         FROM _schemalift_step s WHERE s.kind = ?1 AND s.object = m.name AND s.state = 'done') AS age \
                         FROM sqlite_master m WHERE m.type = 'table' AND substr(m.name, 1, length(?2)) = ?2 \
                         ORDER BY age IS NULL, age DESC, m.name";
            let read = || -> Result<Vec<KeptTable>, rusqlite::Error> {
                let mut statement = connection.prepare(query)?;
                let rows = statement.query_map([sql::KEEP, sql::KEPT_PREFIX], |row| {
                    Ok(KeptTable::new(row.get(0)?, row.get(1)?))
                })?;
                rows.collect()
            };
            read().map_err(|error| of_driver(&error, "looking for kept data"))
        })
        .await
    }

    pub(crate) async fn purge(&mut self, copy: &str) -> Result<(), Error> {
        let copy = copy.replace('"', "\"\"");
        self.with(move |connection| {
            want_lock(connection)?;
            connection
                .execute_batch(&format!("DROP TABLE \"{copy}\"; COMMIT; BEGIN IMMEDIATE"))
                .map_err(|error| of_driver(&error, "purging kept data"))
        })
        .await
    }

    pub(crate) async fn sizes_at_most(&mut self, tables: &[ObjectName]) -> Result<Vec<TableSize>, Error> {
        let query = "SELECT p.page_count * s.page_size FROM pragma_page_count p, pragma_page_size s";
        let bytes = self.count(query).await?;
        Ok(tables.iter().map(|table| TableSize { table: table.clone(), rows: None, bytes }).collect())
    }
}
