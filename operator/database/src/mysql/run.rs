//! The run protocol: done steps are skipped, each other one is recorded as running, executed, and recorded as done.

use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;
use reason::Reason;
use sql::{Script, ScriptStep};
use tokio::time::{Instant, sleep, timeout};

use super::MySql;
use crate::guard::{guards, refused};
use crate::history::check_steps;
use crate::progress::Sink;
use crate::{Error, MigrationId, Progress, StepRow, StepState, pause};

/// `ALGORITHM` or `LOCK` is not supported, with a reason and without one; too many instant changes before this one.
const REFUSED: [u16; 3] = [1845, 1846, 4092];

impl MySql {
    pub(crate) async fn run(
        &mut self,
        id: MigrationId,
        script: &Script,
        progress: Sink<'_>,
    ) -> Result<(), Error> {
        self.want_lock()?;
        let rows = self.step_rows(id.0).await?;
        check_steps(id.0, script, &rows)?;
        self.own_fence().await?;
        let total = script.steps.len();
        for (ord, (step, row)) in script.steps.iter().zip(&rows).enumerate() {
            let summary = || step.summary.clone();
            if row.state == StepState::Done {
                progress(Progress::Skipped { ord, total, summary: summary() });
                continue;
            }
            let at = Place { id, ord, total };
            let copies = copies(&script.steps, &rows, ord);
            let elapsed = self.step(at, step, row.state, &copies, progress).await.map_err(|error| {
                if error.reason() == Reason::DatabaseUnreachable {
                    // The server's part is in the history; nothing is lost.
                    error.because(Reason::Interrupted)
                } else {
                    error
                }
            })?;
            progress(Progress::Finished { ord, total, summary: summary(), elapsed });
        }
        Ok(())
    }

    async fn step(
        &mut self,
        at: Place,
        step: &ScriptStep,
        state: StepState,
        copies: &Copies<'_>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Duration, Error> {
        let Place { id, ord, total } = at;
        if step.kind == sql::DATA_STEP || step.kind == sql::RESTORE || step.kind == sql::RENAME_VALUES {
            progress(Progress::Started { ord, total, summary: step.summary.clone() });
            let outcome = self.data_step(id, &crate::batch::Place { ord, total, step }, progress).await;
            return match outcome {
                Err(error) => {
                    let error = self.naming(error).await;
                    Err(self.failed(at, error, 0).await)
                }
                done => done,
            };
        }
        let mut begun = matches!(state, StepState::Running | StepState::Failed);
        let mut attempt = 0;
        loop {
            if begun && self.settle(ord, step).await? {
                self.mark_done(id, ord, Duration::ZERO).await?;
                return Ok(Duration::ZERO);
            }
            // Of what an earlier run or attempt copied, others may have written more since, and it is not dropped yet.
            if copies.age == Age::OfEarlierRun || attempt > 0 {
                for copy in &copies.steps {
                    self.statements(ord, copy).await?;
                }
            }
            self.mark_running(id, ord).await?;
            begun = true;
            progress(Progress::Started { ord, total, summary: step.summary.clone() });
            let start = Instant::now();
            let error = match self.watched(at, step, progress).await {
                Ok(()) => {
                    let elapsed = start.elapsed();
                    self.mark_done(id, ord, elapsed).await?;
                    return Ok(elapsed);
                }
                Err(error) => self.naming(error).await,
            };
            if error.reason() == Reason::LockTimeout && attempt < self.settings.lock_retries {
                attempt += 1;
                progress(Progress::Retrying { ord, total, attempt, reason: error.to_string() });
                sleep(pause::before(attempt)).await;
            } else {
                return Err(self.failed(at, error, attempt).await);
            }
        }
    }

    /// A step's statements, one by one, none of them longer than the settings allow.
    pub(super) async fn statements(&mut self, ord: usize, step: &ScriptStep) -> Result<(), Error> {
        for statement in &step.statements {
            if let Err(error) = self.bounded(statement).await {
                return Err(self.explained(&error, ord, step).await);
            }
        }
        Ok(())
    }

    /// Refuses the step while a row forbids it.
    pub(super) async fn guard(&mut self, ord: usize, step: &ScriptStep) -> Result<(), Error> {
        let what = format!("step {} ({})", ord + 1, step.summary);
        for (hazard, count) in guards(step) {
            let answer: Result<Option<u64>, _> = self.conn.query_first(count).await;
            let rows = answer.map_err(|error| self.error(&error, &what).at_step(ord))?.unwrap_or(0);
            if rows == 0 {
                continue;
            }
            let mut example: Option<String> = None;
            if let Some(query) = hazard.examples.first() {
                let answer = self.conn.query_first(query.as_str()).await;
                example = answer.map_err(|error| self.error(&error, &what).at_step(ord))?;
            }
            return Err(refused(ord, step, hazard, rows, example));
        }
        Ok(())
    }

    /// What the server says of a statement, and what to do where it refused the statement for its lock.
    pub(super) async fn explained(
        &mut self,
        error: &mysql_async::Error,
        ord: usize,
        step: &ScriptStep,
    ) -> Error {
        let refused = matches!(error, mysql_async::Error::Server(server) if REFUSED.contains(&server.code));
        let error = self.error(error, &format!("step {} ({})", ord + 1, step.summary)).at_step(ord);
        if refused { error.followed_by(&self.instead(step).await) } else { error }
    }

    /// Why a statement was refused before it began, how large its tables are, and what to do.
    async fn instead(&mut self, step: &ScriptStep) -> String {
        let tables: Vec<_> = step.impact.locks.iter().map(|lock| lock.table.clone()).collect();
        let sizes = self.sizes(&tables).await.unwrap_or_default();
        let sizes: Vec<String> = sizes
            .iter()
            .map(|size| match size.rows {
                Some(rows) => format!("{} (about {rows} rows, {} bytes)", size.table, size.bytes),
                None => format!("{} ({} bytes)", size.table, size.bytes),
            })
            .collect();
        format!(
            "; the server refused it before it began, since it would lock out more than the plan said: {}. Make this change by hand \
             at a quiet hour or with a tool that copies beside the application, such as gh-ost; the next run finds it done",
            sizes.join(", ")
        )
    }

    /// No limit of the servers' own bounds an `ALTER TABLE` on both products, so a second session stops it.
    pub(super) async fn bounded(&mut self, statement: &str) -> Result<(), mysql_async::Error> {
        let (limit, opts, id) = (self.settings.statement_timeout, self.opts.clone(), self.conn.id());
        let mut work = std::pin::pin!(self.conn.query_drop(statement));
        if let Ok(outcome) = timeout(limit, work.as_mut()).await {
            return outcome;
        }
        let mut second = Conn::new(opts).await?;
        second.query_drop(format!("KILL QUERY {id}")).await?;
        second.disconnect().await?;
        work.await
    }

    /// Records the failure, unless the connection or the fence is what failed.
    async fn failed(&mut self, at: Place, error: Error, attempts: u32) -> Error {
        let error = if error.reason() == Reason::LockTimeout && attempts > 0 {
            error.followed_by(&format!("; tried {} times", attempts + 1))
        } else {
            error
        };
        let lost = matches!(error.reason(), Reason::DatabaseUnreachable | Reason::Interrupted);
        if !lost && let Err(second) = self.mark_failed(at.id, at.ord, &error).await {
            tracing::warn!(error = %second, "the failure could not be recorded");
        }
        error
    }

    /// A lock that was not to be had, with `; open transactions: …`: whoever may hold the table, without their queries. Nobody is
    /// named without the right to see them. InnoDB tells the time in the time zone of its machine, whatever the session's is.
    async fn naming(&mut self, error: Error) -> Error {
        if error.reason() != Reason::LockTimeout {
            return error;
        }
        let query = "SELECT CONCAT('connection ', t.trx_mysql_thread_id, \
                     COALESCE(CONCAT(', ', p.USER, '@', p.HOST, IF(p.COMMAND = 'Sleep', ', idle', ', at work')), ''), ', in a transaction for ', \
                     TIMESTAMPDIFF(SECOND, t.trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')), ' s') \
                     FROM information_schema.INNODB_TRX t \
                     LEFT JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id \
                     WHERE t.trx_mysql_thread_id <> CONNECTION_ID() ORDER BY t.trx_started LIMIT 5";
        let rows = self.rows(query, (), "looking for who holds a table").await.unwrap_or_default();
        let found: Vec<String> = rows.iter().filter_map(|row| super::get(row, 0).ok()).collect();
        if found.is_empty() {
            error
        } else {
            error.followed_by(&format!("; open transactions: {}", found.join("; ")))
        }
    }
}

/// The copies that were made right before a step of what it drops.
struct Copies<'a> {
    steps: Vec<&'a ScriptStep>,
    age: Age,
}

#[derive(PartialEq, Eq)]
enum Age {
    OfThisRun,
    OfEarlierRun,
}

/// `rows` say what was done when the run began.
fn copies<'a>(steps: &'a [ScriptStep], rows: &[StepRow], ord: usize) -> Copies<'a> {
    let before = steps.iter().zip(rows).take(ord).rev();
    let copies = || before.clone().take_while(|(step, _)| step.kind == sql::KEEP);
    let earlier = copies().any(|(_, row)| row.state == StepState::Done);
    let age = if earlier { Age::OfEarlierRun } else { Age::OfThisRun };
    Copies { steps: copies().map(|(step, _)| step).collect(), age }
}

/// Which step of which migration.
#[derive(Clone, Copy)]
pub(super) struct Place {
    id: MigrationId,
    pub(super) ord: usize,
    pub(super) total: usize,
}
