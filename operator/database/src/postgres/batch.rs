//! Data steps: a person's SQL in a transaction with its history row, or in batches.

use std::collections::BTreeSet;
use std::time::Duration;

use reason::Reason;
use sql::{Batch, Key, ScriptStep};
use tokio::time::{Instant, sleep};
use tokio_postgres::SimpleQueryMessage;

use super::run::{Run, passing};
use super::steps::{Done, number};
use super::{Postgres, quoted};
use crate::batch::{Kept, Place, Walk, batch_of, cursor_query, walk};
use crate::lag::{Followers, Source};
use crate::{Error, MigrationId, Progress, Settings, pause};

impl Run<'_> {
    /// The step in batches, when its text asks for them; false when it does not.
    pub(super) async fn in_batches(&mut self, ord: usize, step: &ScriptStep) -> Result<bool, Error> {
        let Some(batch) = batch_of(schema::Dialect::PostgreSql, step)? else { return Ok(false) };
        let total = self.script.steps.len();
        (self.progress)(Progress::Started { ord, total, summary: step.summary.clone() });
        self.session.mark_running(self.id, ord).await?;
        let start = Instant::now();
        if let Err(error) = self.batches(ord, step, &batch).await {
            return Err(self.failed(ord, error, 0, 0).await);
        }
        self.record_done(Done { ord, elapsed: start.elapsed() }).await?;
        Ok(true)
    }

    async fn batches(&mut self, ord: usize, step: &ScriptStep, batch: &Batch) -> Result<(), Error> {
        let place = Place { ord, total: self.script.steps.len(), step };
        let mut session = Batches { session: self.session, id: self.id, ord, step };
        walk(&mut session, batch, &place, self.progress).await
    }
}

/// One step of one migration.
struct Batches<'a> {
    session: &'a Postgres,
    id: MigrationId,
    ord: usize,
    step: &'a ScriptStep,
}

impl Batches<'_> {
    fn explained(&self, error: &tokio_postgres::Error) -> Error {
        self.session.error(error, &format!("step {} ({})", self.ord + 1, self.step.summary)).at_step(self.ord)
    }

    async fn attempt(&self, statement: &str, cursor: &str, attempt: u32) -> Result<u64, Error> {
        let session = self.session;
        let Settings { lock_timeout, statement_timeout, .. } = session.settings;
        session.begin_within(pause::lock_budget(attempt, lock_timeout), statement_timeout).await?;
        let outcome = async {
            session.check_fence().await?;
            session.look_in_own_schema().await?;
            let answer =
                session.client.simple_query(statement).await.map_err(|error| self.explained(&error))?;
            let rows = answer.iter().filter_map(|message| match message {
                SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
                _ => None,
            });
            let rows = rows.sum::<u64>();
            session.forget_settings().await?;
            let changed = session
                .client
                .execute(
                    &format!(
                        "UPDATE {} SET cursor = $3, rows_done = COALESCE(rows_done, 0) + $4 \
                         WHERE migration_id = $1 AND ord = $2 AND state = 'running'",
                        session.table("_schemalift_step")
                    ),
                    &[&self.id.0, &number(self.ord), &cursor, &i64::try_from(rows).unwrap_or(i64::MAX)],
                )
                .await
                .map_err(|error| session.error(&error, "recording a batch"))?;
            if changed == 1 {
                Ok(rows)
            } else {
                Err(crate::history::invalid("a step was recorded by somebody else"))
            }
        }
        .await;
        session.end(outcome).await
    }
}

impl Source for Batches<'_> {
    async fn followers(&mut self) -> Result<Followers, Error> {
        self.session.followers().await
    }

    fn most(&self) -> Option<Duration> {
        self.session.most()
    }

    fn patience(&self) -> Duration {
        self.session.patience()
    }
}

impl Walk for Batches<'_> {
    async fn kept(&mut self) -> Result<Kept, Error> {
        let session = self.session;
        let query = format!(
            "SELECT cursor, COALESCE(rows_done, 0) FROM {} WHERE migration_id = $1 AND ord = $2",
            session.table("_schemalift_step")
        );
        let row = session.client.query_opt(&query, &[&self.id.0, &number(self.ord)]).await;
        match row.map_err(|error| session.error(&error, "reading the history"))? {
            Some(row) => Ok(Kept {
                cursor: session.get(&row, 0)?,
                rows: u64::try_from(session.get::<i64>(&row, 1)?).unwrap_or(0),
            }),
            None => Err(crate::history::invalid("a step's row vanished")),
        }
    }

    async fn key(&mut self, query: &str) -> Result<Option<Key>, Error> {
        self.session.begin().await?;
        let outcome = async {
            self.session.look_in_own_schema().await?;
            self.session.client.simple_query(query).await.map_err(|error| self.explained(&error))
        }
        .await;
        let answer = self.session.end(outcome).await?;
        Ok(answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(|text| Key::Text(text.to_owned())),
            _ => None,
        }))
    }

    async fn run(&mut self, statement: &str, cursor: &str) -> Result<u64, Error> {
        let mut attempt = 0;
        loop {
            match self.attempt(statement, cursor, attempt).await {
                Err(error) if passing(&error) && attempt < self.session.settings.lock_retries => {
                    attempt += 1;
                    sleep(pause::before(attempt)).await;
                }
                outcome => return outcome,
            }
        }
    }
}

impl Postgres {
    /// Names without a schema are those of the target's, until the transaction ends.
    async fn look_in_own_schema(&self) -> Result<(), Error> {
        let statement = format!("SET LOCAL search_path = {}", quoted(&self.namespace));
        let outcome = self.client.batch_execute(&statement).await;
        outcome.map_err(|error| self.error(&error, "setting the limits of a step"))
    }

    /// A person's SQL, within the step's transaction: it may neither end it nor leave settings behind.
    pub(super) async fn execute_data(&self, ord: usize, step: &ScriptStep) -> Result<(), Error> {
        let what = format!("step {} ({})", ord + 1, step.summary);
        let failed = |error: tokio_postgres::Error| self.error(&error, &what).at_step(ord);
        self.look_in_own_schema().await?;
        let began = self.transaction().await.map_err(failed)?;
        for statement in &step.statements {
            self.client.batch_execute(statement).await.map_err(failed)?;
        }
        if self.transaction().await.map_err(failed)? != began {
            return Err(Error::new(
                Reason::AmbiguousStep,
                format!("{what} ended the transaction that it shares with its row in the history"),
            )
            .at_step(ord));
        }
        self.forget_settings().await.map_err(|error| error.at_step(ord))
    }

    /// What a person's SQL set for the session would outlive its transaction.
    async fn forget_settings(&self) -> Result<(), Error> {
        let reset = self.client.batch_execute("RESET ROLE; RESET ALL").await;
        reset.map_err(|error| self.error(&error, "setting the limits of a step"))?;
        self.set_up().await.map(|_| ())
    }

    async fn transaction(&self) -> Result<i64, tokio_postgres::Error> {
        self.client.query_one("SELECT pg_catalog.txid_current()", &[]).await?.try_get(0)
    }

    pub(crate) async fn data_steps_done(&mut self) -> Result<BTreeSet<(String, String)>, Error> {
        if !self.tables_exist().await? {
            return Ok(BTreeSet::new());
        }
        let query = format!(
            "SELECT DISTINCT object, sql_digest FROM {} WHERE kind = $1 AND state = 'done'",
            self.table("_schemalift_step")
        );
        let rows = self.client.query(&query, &[&sql::DATA_STEP]).await;
        let rows = rows.map_err(|error| self.error(&error, "reading the history"))?;
        rows.iter().map(|row| Ok((self.get(row, 0)?, self.get(row, 1)?))).collect()
    }

    /// Steps in batches that an abandoned migration began go on where they were.
    pub(super) async fn take_cursors_over(&self, id: i64) -> Result<(), Error> {
        let step = self.table("_schemalift_step");
        let statement = format!(
            "UPDATE {step} n SET cursor = f.cursor, rows_done = f.rows_done FROM ({}) f \
             WHERE n.migration_id = $1 AND n.ord = f.ord",
            cursor_query(&step, "cursor", "$1")
        );
        let outcome = self.client.execute(&statement, &[&id]).await;
        outcome.map(|_| ()).map_err(|error| self.error(&error, "recording the migration"))
    }
}
