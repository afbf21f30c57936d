//! Data steps in batches, each in a transaction of its own. Everything before them is committed first.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reason::Reason;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _};
use sql::{Batch, Key};

use super::orphans::{Broken, broken, check_foreign_keys};
use super::{Sqlite, of_driver, want_lock};
use crate::batch::{Kept, Place, Walk, cursor_query, walk};
use crate::history::invalid;
use crate::lag::{Followers, Source};
use crate::progress::Sink;
use crate::{Error, MigrationId};

const RECORDING: &str = "recording a batch";

impl Sqlite {
    /// Runs the step's batches. Between two of them nobody has the file, so that others can write.
    pub(super) async fn batches(
        &mut self,
        id: MigrationId,
        place: &Place<'_>,
        batch: &Batch,
        progress: Sink<'_>,
    ) -> Result<(), Error> {
        let number = i64::try_from(place.ord).unwrap_or(i64::MAX);
        let before = Arc::clone(&self.broken);
        let fence = self.with(move |connection| publish(connection, id, number, &before)).await?;
        let what = format!("step {} ({})", place.ord + 1, place.step.summary);
        let mut session = Batches { session: self, id, ord: place.ord, number, fence, what };
        walk(&mut session, batch, place, progress).await?;
        self.with(move |connection| {
            let statements = "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE";
            connection
                .execute_batch(statements)
                .map_err(|error| of_driver(&error, "taking the lock again"))?;
            check_fence(connection, fence)
        })
        .await?;
        // Foreign keys were on: whatever came meanwhile is others'.
        self.broken = Arc::new(self.with(broken).await?);
        Ok(())
    }

    pub(crate) async fn data_steps_done(&mut self) -> Result<BTreeSet<(String, String)>, Error> {
        self.with(|connection| {
            if !super::history::tables_exist(connection)? {
                return Ok(BTreeSet::new());
            }
            let query =
                "SELECT DISTINCT object, sql_digest FROM _schemalift_step WHERE kind = ?1 AND state = 'done'";
            let read = || -> Result<BTreeSet<(String, String)>, rusqlite::Error> {
                let mut statement = connection.prepare(query)?;
                let rows = statement.query_map([sql::DATA_STEP], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect()
            };
            read().map_err(|error| of_driver(&error, "reading the history"))
        })
        .await
    }
}

/// Commits what was done before, with the step's row, and raises the fence: another run that comes between is noticed.
fn publish(connection: &Connection, id: MigrationId, ord: i64, before: &Broken) -> Result<i64, Error> {
    want_lock(connection)?;
    check_foreign_keys(connection, before)?;
    let publish = || {
        connection.execute("UPDATE _schemalift_fence SET fence = fence + 1", [])?;
        connection.execute(
            "UPDATE _schemalift_step SET state = 'running', attempts = attempts + 1, \
             started_at = COALESCE(started_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) \
             WHERE migration_id = ?1 AND ord = ?2",
            (id.0, ord),
        )?;
        let fence = connection.query_row("SELECT fence FROM _schemalift_fence", [], |row| row.get(0))?;
        connection.execute_batch("COMMIT; PRAGMA foreign_keys = ON")?;
        Ok(fence)
    };
    publish().map_err(|error: rusqlite::Error| of_driver(&error, RECORDING))
}

fn check_fence(connection: &Connection, fence: i64) -> Result<(), Error> {
    let found: i64 = connection
        .query_row("SELECT fence FROM _schemalift_fence", [], |row| row.get(0))
        .map_err(|error| of_driver(&error, "checking the fence"))?;
    if found == fence {
        Ok(())
    } else {
        Err(Error::new(Reason::Interrupted, "another run has taken over this database; this one stops"))
    }
}

/// One step of one migration.
struct Batches<'a> {
    session: &'a Sqlite,
    id: MigrationId,
    ord: usize,
    number: i64,
    fence: i64,
    what: String,
}

/// A file has no replicas.
impl Source for Batches<'_> {
    async fn followers(&mut self) -> Result<Followers, Error> {
        Ok(Followers::Seen(Vec::new()))
    }

    fn most(&self) -> Option<Duration> {
        None
    }

    fn patience(&self) -> Duration {
        Duration::ZERO
    }
}

impl Walk for Batches<'_> {
    async fn kept(&mut self) -> Result<Kept, Error> {
        let (id, number) = (self.id.0, self.number);
        self.session
            .with(move |connection| {
                let query = "SELECT cursor, COALESCE(rows_done, 0) FROM _schemalift_step WHERE migration_id = ?1 AND ord = ?2";
                let kept = connection.query_row(query, (id, number), |row| {
                    let rows: i64 = row.get(1)?;
                    Ok(Kept { cursor: row.get(0)?, rows: u64::try_from(rows).unwrap_or(0) })
                });
                kept.map_err(|error| of_driver(&error, "reading the history"))
            })
            .await
    }

    async fn key(&mut self, query: &str) -> Result<Option<Key>, Error> {
        let (query, what, ord) = (query.to_owned(), self.what.clone(), self.ord);
        self.session
            .with(move |connection| {
                let found = connection.query_row(&query, [], |row| {
                    Ok(match row.get_ref(0)? {
                        ValueRef::Null => None,
                        ValueRef::Integer(number) => Some(Key::Number(number.to_string())),
                        ValueRef::Real(number) => Some(Key::Number(number.to_string())),
                        ValueRef::Text(text) => Some(Key::Text(String::from_utf8_lossy(text).into_owned())),
                        ValueRef::Blob(bytes) => Some(Key::Bytes(bytes.to_vec())),
                    })
                });
                let found = found.optional().map_err(|error| of_driver(&error, &what).at_step(ord))?;
                Ok(found.flatten())
            })
            .await
    }

    // A step that asks for them is refused here.
    async fn run(&mut self, statement: &str, cursor: &str) -> Result<u64, Error> {
        let (statement, cursor, what) = (statement.to_owned(), cursor.to_owned(), self.what.clone());
        let (id, ord, number, fence) = (self.id.0, self.ord, self.number, self.fence);
        self.session
            .with(move |connection| {
                connection
                    .execute_batch("BEGIN IMMEDIATE")
                    .map_err(|error| of_driver(&error, "taking the lock again"))?;
                let work = || {
                    check_fence(connection, fence)?;
                    let rows = connection
                        .execute(&statement, [])
                        .map_err(|error| of_driver(&error, &what).at_step(ord))?;
                    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
                    let recorded = connection.execute(
                        "UPDATE _schemalift_step SET cursor = ?3, rows_done = COALESCE(rows_done, 0) + ?4 \
                         WHERE migration_id = ?1 AND ord = ?2 AND state = 'running'",
                        (id, number, cursor, rows),
                    );
                    match recorded.map_err(|error| of_driver(&error, RECORDING))? {
                        1 => Ok(u64::try_from(rows).unwrap_or(0)),
                        _ => Err(invalid("a step was recorded by somebody else")),
                    }
                };
                let outcome = work();
                let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
                connection.execute_batch(end).map_err(|error| of_driver(&error, RECORDING))?;
                outcome
            })
            .await
    }
}

/// Steps in batches that an abandoned migration began go on where they were.
pub(super) fn take_cursors_over(connection: &Connection, id: i64) -> Result<(), Error> {
    let query = cursor_query("_schemalift_step", "cursor", "?1");
    let take = || {
        let mut statement = connection.prepare(&query)?;
        let found: Vec<(i64, String, Option<i64>)> = statement
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        for (ord, cursor, rows) in found {
            let statement = "UPDATE _schemalift_step SET cursor = ?3, rows_done = ?4 WHERE migration_id = ?1 AND ord = ?2";
            connection.execute(statement, (id, ord, cursor, rows))?;
        }
        Ok(())
    };
    take().map_err(|error: rusqlite::Error| of_driver(&error, "recording the migration"))
}

/// A migration that batches had committed in part is still there after the rest was taken back.
pub(super) fn close_committed(connection: &Connection, id: MigrationId, why: &str) -> Result<(), Error> {
    if !super::history::tables_exist(connection)? {
        return Ok(());
    }
    let statement = "UPDATE _schemalift_migration SET state = 'failed', error = ?2, \
                     finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?1 AND state = 'running'";
    let outcome = connection.execute(statement, (id.0, why));
    outcome.map(|_| ()).map_err(|error| of_driver(&error, "closing the migration"))
}
