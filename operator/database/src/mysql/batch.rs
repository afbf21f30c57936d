//! Data steps: a person's SQL in a transaction with its history row, or in batches.

use std::collections::BTreeSet;
use std::time::Duration;

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Column, Params, Row, Value};
use reason::Reason;
use schema::Dialect;
use sql::{Key, ScriptStep};
use tokio::time::{Instant, sleep};

use super::{MySql, get};
use crate::batch::{Kept, Place, Walk, batch_of, cursor_query, walk};
use crate::history::invalid;
use crate::lag::Followers;
use crate::progress::Sink;
use crate::{Error, MigrationId, pause};

const WHAT: &str = "reading the history";
/// The character set of bytes that are no text.
const BINARY: u16 = 63;

impl MySql {
    /// Runs a data step that is not done yet, and records it as done.
    pub(super) async fn data_step(
        &mut self,
        id: MigrationId,
        place: &Place<'_>,
        progress: Sink<'_>,
    ) -> Result<Duration, Error> {
        let start = Instant::now();
        if let Some(batch) = batch_of(Dialect::MySql, place.step)? {
            self.mark_running(id, place.ord).await?;
            let mut session = Batches { session: self, id, place };
            walk(&mut session, &batch, place, progress).await?;
            self.mark_done(id, place.ord, start.elapsed()).await?;
            return Ok(start.elapsed());
        }
        let mut attempt = 0;
        loop {
            let outcome = self.whole(id, place, start).await;
            match outcome {
                Err(error) if passing(&error) && attempt < self.settings.lock_retries => {
                    attempt += 1;
                    sleep(pause::before(attempt)).await;
                }
                outcome => return outcome.map(|()| start.elapsed()),
            }
        }
    }

    /// All statements and the step's row in one transaction: none of them commits by itself.
    async fn whole(&mut self, id: MigrationId, place: &Place<'_>, start: Instant) -> Result<(), Error> {
        self.begin().await?;
        let outcome = async {
            self.check_fence().await?;
            self.statements(place.ord, place.step).await?;
            let statement = format!(
                "UPDATE {} SET state = 'done', attempts = attempts + 1, duration_ms = ?, `sqlstate` = NULL, error = NULL, \
                 started_at = COALESCE(started_at, UTC_TIMESTAMP(3)), finished_at = UTC_TIMESTAMP(3), fence = ? \
                 WHERE migration_id = ? AND ord = ? AND state <> 'done'",
                self.table("_schemalift_step")
            );
            let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            let parameters =
                Params::Positional(vec![elapsed.into(), self.fence.into(), id.0.into(), place.ord.into()]);
            match self.execute(&statement, parameters, "recording the step").await? {
                1 => Ok(()),
                _ => Err(invalid("a step was recorded by somebody else")),
            }
        }
        .await;
        self.end(outcome).await
    }

    pub(crate) async fn data_steps_done(&mut self) -> Result<BTreeSet<(String, String)>, Error> {
        if self.history_version().await?.is_none() {
            return Ok(BTreeSet::new());
        }
        let query = format!(
            "SELECT DISTINCT object, sql_digest FROM {} WHERE kind = ? AND state = 'done'",
            self.table("_schemalift_step")
        );
        let rows = self.rows(&query, (sql::DATA_STEP,), WHAT).await?;
        rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
    }

    /// Steps in batches that an abandoned migration began go on where they were.
    pub(super) async fn take_cursors_over(&mut self, id: i64) -> Result<(), Error> {
        let what = "recording the migration";
        let step = self.table("_schemalift_step");
        let rows = self.rows(&cursor_query(&step, "`cursor`", &id.to_string()), (), what).await?;
        for row in &rows {
            let (ord, cursor, done): (i64, String, Option<i64>) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
            let statement =
                format!("UPDATE {step} SET `cursor` = ?, rows_done = ? WHERE migration_id = ? AND ord = ?");
            self.execute(&statement, (cursor, done, id, ord), what).await?;
        }
        Ok(())
    }
}

/// True when the same transaction may succeed a moment later.
fn passing(error: &Error) -> bool {
    error.reason() == Reason::LockTimeout
}

/// One step of one migration.
struct Batches<'a> {
    session: &'a mut MySql,
    id: MigrationId,
    place: &'a Place<'a>,
}

impl Batches<'_> {
    fn step(&self) -> &ScriptStep {
        self.place.step
    }

    async fn attempt(&mut self, statement: &str, cursor: &str) -> Result<u64, Error> {
        self.session.begin().await?;
        let outcome = async {
            self.session.check_fence().await?;
            let what = format!("step {} ({})", self.place.ord + 1, self.step().summary);
            let outcome = self.session.bounded(statement).await;
            outcome.map_err(|error| self.session.error(&error, &what).at_step(self.place.ord))?;
            let rows = self.session.conn.affected_rows();
            let record = format!(
                "UPDATE {} SET `cursor` = ?, rows_done = COALESCE(rows_done, 0) + ? \
                 WHERE migration_id = ? AND ord = ? AND state = 'running'",
                self.session.table("_schemalift_step")
            );
            let parameters =
                Params::Positional(vec![cursor.into(), rows.into(), self.id.0.into(), self.place.ord.into()]);
            match self.session.execute(&record, parameters, "recording a batch").await? {
                1 => Ok(rows),
                _ => Err(invalid("a step was recorded by somebody else")),
            }
        }
        .await;
        self.session.end(outcome).await
    }
}

impl Walk for Batches<'_> {
    async fn kept(&mut self) -> Result<Kept, Error> {
        let query = format!(
            "SELECT `cursor`, CAST(COALESCE(rows_done, 0) AS UNSIGNED) FROM {} WHERE migration_id = ? AND ord = ?",
            self.session.table("_schemalift_step")
        );
        let rows = self.session.rows(&query, (self.id.0, self.place.ord), WHAT).await?;
        match rows.first() {
            Some(row) => Ok(Kept { cursor: get(row, 0)?, rows: get(row, 1)? }),
            None => Err(invalid("a step's row vanished")),
        }
    }

    async fn key(&mut self, query: &str) -> Result<Option<Key>, Error> {
        let what = format!("step {} ({})", self.place.ord + 1, self.step().summary);
        let answer: Result<Option<Row>, _> = self.session.conn.query_first(query).await;
        let row = answer.map_err(|error| self.session.error(&error, &what).at_step(self.place.ord))?;
        let Some(row) = row else { return Ok(None) };
        if let Some(ty) = row.columns_ref().first().and_then(without_order) {
            return Err(Error::new(
                Reason::DataViolatesPlan,
                format!("{what}: its key is of type {ty}, whose values cannot be told and compared exactly; take another key"),
            )
            .at_step(self.place.ord));
        }
        Ok(key(&row))
    }

    // A step that asks for them is refused here.
    async fn followers(&mut self) -> Result<Followers, Error> {
        Ok(Followers::Seen(Vec::new()))
    }

    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    async fn run(&mut self, statement: &str, cursor: &str) -> Result<u64, Error> {
        let mut attempt = 0;
        loop {
            match self.attempt(statement, cursor).await {
                Err(error) if passing(&error) && attempt < self.session.settings.lock_retries => {
                    attempt += 1;
                    sleep(pause::before(attempt)).await;
                }
                outcome => return outcome,
            }
        }
    }
}

/// The type of a column whose values, written and read again, are not where they were: a float is shown with six digits, and an
/// enum is sorted by its place and compared by its text.
fn without_order(column: &Column) -> Option<&'static str> {
    match column.column_type() {
        _ if column.flags().contains(ColumnFlags::ENUM_FLAG) => Some("ENUM"),
        _ if column.flags().contains(ColumnFlags::SET_FLAG) => Some("SET"),
        ColumnType::MYSQL_TYPE_FLOAT => Some("FLOAT"),
        ColumnType::MYSQL_TYPE_BIT => Some("BIT"),
        ColumnType::MYSQL_TYPE_JSON => Some("JSON"),
        _ => None,
    }
}

/// The first cell. What a text query answers are bytes, and the column's type says what they mean.
fn key(row: &Row) -> Option<Key> {
    let column = row.columns_ref().first()?;
    let Value::Bytes(bytes) = row.as_ref(0)? else { return None };
    let text = || String::from_utf8_lossy(bytes).into_owned();
    Some(match column.column_type() {
        ColumnType::MYSQL_TYPE_TINY
        | ColumnType::MYSQL_TYPE_SHORT
        | ColumnType::MYSQL_TYPE_INT24
        | ColumnType::MYSQL_TYPE_LONG
        | ColumnType::MYSQL_TYPE_LONGLONG
        | ColumnType::MYSQL_TYPE_DECIMAL
        | ColumnType::MYSQL_TYPE_NEWDECIMAL => Key::Number(text()),
        ColumnType::MYSQL_TYPE_STRING
        | ColumnType::MYSQL_TYPE_VAR_STRING
        | ColumnType::MYSQL_TYPE_VARCHAR
        | ColumnType::MYSQL_TYPE_BLOB
            if column.character_set() == BINARY =>
        {
            Key::Bytes(bytes.clone())
        }
        _ => Key::Text(text()),
    })
}
