//! What the repair of a history asks and sends.

use super::{Sqlite, of_driver, want_lock};
use crate::Error;

impl Sqlite {
    pub(crate) async fn texts(&mut self, query: &str) -> Result<Vec<Option<String>>, Error> {
        let query = query.to_owned();
        self.with(move |connection| {
            let failed = |error: rusqlite::Error| of_driver(&error, "looking at the history");
            let mut statement = connection.prepare(&query).map_err(failed)?;
            let rows = statement.query_map([], |row| row.get(0)).map_err(failed)?;
            rows.collect::<Result<_, _>>().map_err(failed)
        })
        .await
    }

    pub(crate) async fn send_all(&mut self, statements: &[String], _closed: &[i64]) -> Result<(), Error> {
        let text = statements.join(";\n");
        self.with(move |connection| {
            want_lock(connection)?;
            connection.execute_batch(&text).map_err(|error| of_driver(&error, "repairing the history"))
        })
        .await
    }
}

pub(crate) fn history_statements() -> Vec<String> {
    include_str!("history.sql").split(";\n").map(str::to_owned).collect()
}
