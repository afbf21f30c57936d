//! What every step needs: transactions, the fence, and the step's row.

use std::time::Duration;

use plan::Work;
use reason::Reason;
use sql::ScriptStep;

use super::Postgres;
use crate::history::invalid;
use crate::{Error, MigrationId};

/// What only changes the catalog takes a moment, and keeps others from its table all the while: of the usual half hour it
/// has a minute. Whoever needs more sets `execution.statementTimeout`.
const CATALOG_SHARE: u32 = 30;

/// A done step with its time.
pub(super) struct Done {
    pub(super) ord: usize,
    pub(super) elapsed: Duration,
}

pub(super) fn number(ord: usize) -> i32 {
    i32::try_from(ord).unwrap_or(i32::MAX)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Postgres {
    /// Opens a transaction for our own tables.
    pub(super) async fn begin(&self) -> Result<(), Error> {
        self.open("BEGIN").await
    }

    /// Opens a transaction whose statements wait so long for each lock, and run no longer than that.
    pub(super) async fn begin_within(&self, budget: Duration, longest: Duration) -> Result<(), Error> {
        self.open(&format!(
            "BEGIN; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}",
            budget.as_millis().max(1),
            longest.as_millis()
        ))
        .await
    }

    /// How long each statement of steps that share a transaction may run, of which it may wait so long for its locks.
    pub(super) fn longest<'s>(
        &self,
        mut steps: impl Iterator<Item = &'s ScriptStep>,
        budget: Duration,
    ) -> Duration {
        let whole = self.settings.statement_timeout;
        let own = |step: &ScriptStep| [sql::DATA_STEP, sql::KEEP, sql::RESTORE].contains(&step.kind.as_str());
        if steps.all(|step| step.impact.work == Work::Metadata && !own(step)) {
            whole.min(whole / CATALOG_SHARE + budget)
        } else {
            whole
        }
    }

    async fn open(&self, statement: &str) -> Result<(), Error> {
        self.client
            .batch_execute(statement)
            .await
            .map_err(|error| self.error(&error, "opening a transaction"))
    }

    /// Commits what went well and takes back what did not.
    pub(super) async fn end<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        match outcome {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one to tell; a lost connection has rolled back by itself.
                if self.client.batch_execute("ROLLBACK").await.is_err() {
                    tracing::debug!("the transaction could not be rolled back by us");
                }
                Err(error)
            }
        }
    }

    /// A connection that is lost while committing leaves open which way it went.
    pub(super) async fn commit(&self) -> Result<(), Error> {
        self.client.batch_execute("COMMIT").await.map_err(|error| {
            let lost = error.as_db_error().is_none();
            let error = self.error(&error, "committing");
            if lost {
                error
                    .because(Reason::Interrupted)
                    .followed_by("; the next run reads from the history which way it went")
            } else {
                error
            }
        })
    }

    /// Raises the fence when this session has not.
    pub(super) async fn own_fence(&mut self) -> Result<(), Error> {
        if self.fence.is_none() {
            self.fence = Some(self.raise_fence().await?);
        }
        Ok(())
    }

    /// Within a transaction: refuses when another run raised the fence, and keeps others from raising it until the end.
    pub(super) async fn check_fence(&self) -> Result<(), Error> {
        let row = self
            .client
            .query_opt(&format!("SELECT fence FROM {} FOR SHARE", self.table("_schemalift_fence")), &[])
            .await
            .map_err(|error| self.error(&error, "checking the fence"))?;
        let found: i64 = match row {
            Some(row) => self.get(&row, 0)?,
            None => return Err(invalid("the fence row is gone")),
        };
        if Some(found) == self.fence {
            Ok(())
        } else {
            Err(Error::new(Reason::Interrupted, "another run has taken over this database; this one stops"))
        }
    }

    /// Within the group's transaction. `tries` are those that no row counts yet.
    pub(super) async fn mark_done(&self, id: MigrationId, done: &[Done], tries: u32) -> Result<(), Error> {
        let ords: Vec<i32> = done.iter().map(|step| number(step.ord)).collect();
        let times: Vec<i64> = done.iter().map(|step| millis(step.elapsed)).collect();
        let changed = self
            .client
            .execute(
                &format!(
                    "UPDATE {} s SET state = 'done', fence = $4, attempts = s.attempts + $5, duration_ms = u.ms, sqlstate = NULL, \
                     error = NULL, \
                     started_at = COALESCE(s.started_at, pg_catalog.clock_timestamp() - u.ms * interval '1 ms'), \
                     finished_at = pg_catalog.clock_timestamp() \
                     FROM ROWS FROM (unnest($2::int4[]), unnest($3::int8[])) u(ord, ms) \
                     WHERE s.migration_id = $1 AND s.ord = u.ord AND s.state <> 'done'",
                    self.table("_schemalift_step")
                ),
                &[&id.0, &ords, &times, &self.fence, &i32::try_from(tries).unwrap_or(i32::MAX)],
            )
            .await
            .map_err(|error| self.error(&error, "recording the steps"))?;
        if usize::try_from(changed) == Ok(done.len()) {
            Ok(())
        } else {
            Err(invalid(&format!("a step of migration {} was recorded by somebody else", id.0)))
        }
    }

    /// In a transaction of its own, before a step outside of any.
    pub(super) async fn mark_running(&self, id: MigrationId, ord: usize) -> Result<(), Error> {
        self.begin().await?;
        let outcome = async {
            self.check_fence().await?;
            let changed = self
                .client
                .execute(
                    &format!(
                        "UPDATE {} SET state = 'running', attempts = attempts + 1, fence = $3, \
                         backend_pid = pg_catalog.pg_backend_pid(), backend_start = (SELECT backend_start \
                         FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()), \
                         started_at = pg_catalog.clock_timestamp() \
                         WHERE migration_id = $1 AND ord = $2 AND state <> 'done'",
                        self.table("_schemalift_step")
                    ),
                    &[&id.0, &number(ord), &self.fence],
                )
                .await
                .map_err(|error| self.error(&error, "recording the step"))?;
            if changed == 1 { Ok(()) } else { Err(invalid("a step was recorded by somebody else")) }
        }
        .await;
        self.end(outcome).await
    }

    /// In a transaction of its own, after the step's was rolled back. `tries` are those that no row counts yet.
    pub(super) async fn mark_failed(
        &self,
        id: MigrationId,
        ord: usize,
        failure: &Error,
        tries: u32,
    ) -> Result<(), Error> {
        self.begin().await?;
        let outcome = async {
            self.check_fence().await?;
            self.client
                .execute(
                    &format!(
                        "UPDATE {} SET state = 'failed', attempts = attempts + $5, fence = $6, sqlstate = $3, error = $4 \
                         WHERE migration_id = $1 AND ord = $2 AND state <> 'done'",
                        self.table("_schemalift_step")
                    ),
                    &[
                        &id.0,
                        &number(ord),
                        &failure.sqlstate(),
                        &failure.to_string(),
                        &i32::try_from(tries).unwrap_or(i32::MAX),
                        &self.fence,
                    ],
                )
                .await
                .map_err(|error| self.error(&error, "recording the failure"))
        }
        .await;
        self.end(outcome).await.map(|_| ())
    }
}
