//! The history tables, written: migrations, the fence, and the step's row. Each in a transaction of its own.

use std::time::Duration;

use mysql_async::Params;
use reason::Reason;
use sql::Script;

use super::{MySql, get, quoted};
use crate::history::{HISTORY_VERSION, LATER, invalid, mode_text, seal, step_digest, to_json};
use crate::{End, Error, MigrationId, MigrationState, NewMigration, Opening};

/// Rows in one statement: far below the limit of 65 535 parameters.
const ROWS: usize = 1000;

impl MySql {
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        self.send("START TRANSACTION", "opening a transaction").await
    }

    /// Commits what went well and takes back what did not.
    pub(super) async fn end<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        match outcome {
            Ok(value) => {
                self.send("COMMIT", "committing").await?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one to tell; a lost connection has rolled back by itself.
                if self.send("ROLLBACK", "rolling back").await.is_err() {
                    tracing::debug!("the transaction could not be rolled back by us");
                }
                Err(error)
            }
        }
    }

    pub(crate) async fn record(
        &mut self,
        migration: &NewMigration,
        script: &Script,
        state: Opening,
    ) -> Result<MigrationId, Error> {
        self.want_lock()?;
        self.preflight(script).await?;
        self.create_tables().await?;
        self.begin().await?;
        let outcome = self.insert(migration, script, state).await;
        let (id, fence) = self.end(outcome).await?;
        self.fence = Some(fence);
        Ok(id)
    }

    async fn create_tables(&mut self) -> Result<(), Error> {
        if let Some(version) = self.history_version().await? {
            return self.bring_forward(version).await;
        }
        let what = "creating the history tables";
        let database = quoted(&self.history_database);
        if self.history_database != self.database {
            self.send(&format!("CREATE DATABASE IF NOT EXISTS {database}"), what).await?;
        }
        let statements = include_str!("history.sql").replace("{database}", &database);
        for statement in statements.split(";\n") {
            self.send(statement, what).await?;
        }
        Ok(())
    }

    /// Tables of an older form get what they lack. Each statement commits by itself, so it is looked for first.
    async fn bring_forward(&mut self, version: u32) -> Result<(), Error> {
        if version == HISTORY_VERSION {
            return Ok(());
        }
        let what = "bringing the history tables forward";
        let query = "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
                     AND COLUMN_NAME = ?";
        for (table, column, number) in LATER {
            let parameters = (self.history_database.clone(), table, column);
            if self.rows(query, parameters, what).await?.is_empty() {
                let ty = if number { "bigint" } else { "longtext" };
                let statement = format!("ALTER TABLE {} ADD COLUMN `{column}` {ty}", self.table(table));
                self.send(&statement, what).await?;
            }
        }
        let fence = self.table("_schemalift_fence");
        self.send(&format!("UPDATE {fence} SET version = {HISTORY_VERSION}"), what).await
    }

    async fn insert(
        &mut self,
        migration: &NewMigration,
        script: &Script,
        state: Opening,
    ) -> Result<(MigrationId, i64), Error> {
        let what = "recording the migration";
        let fence = self.raise_fence().await?;
        let sealed = seal(script)?;
        let back = migration.back.as_ref().map(to_json).transpose()?;
        let (first_state, steps, schema) = match state {
            Opening::Run => (MigrationState::Running, script.steps.as_slice(), None),
            Opening::Baseline => (MigrationState::Baselined, [].as_slice(), Some(to_json(&script.desired)?)),
        };
        let statement = format!(
            "INSERT INTO {} (version, digest, name, owner, actor, tool_version, approved_digest, state, from_digest, \
             to_digest, steps_total, script, script_checksum, `schema`, reverse, started_at, finished_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), IF(? = 'baselined', UTC_TIMESTAMP(3), NULL))",
            self.table("_schemalift_migration")
        );
        let parameters = Params::Positional(vec![
            HISTORY_VERSION.into(),
            (&script.digest).into(),
            (&migration.name).into(),
            (&migration.owner).into(),
            (&migration.actor).into(),
            (&migration.tool_version).into(),
            (&migration.approved_digest).into(),
            first_state.as_str().into(),
            (&script.from).into(),
            (&script.to).into(),
            steps.len().into(),
            sealed.text.into(),
            sealed.checksum.into(),
            schema.into(),
            back.into(),
            first_state.as_str().into(),
        ]);
        self.execute(&statement, parameters, what).await?;
        let id = self.conn.last_insert_id().and_then(|id| i64::try_from(id).ok());
        let id = id.ok_or_else(|| invalid("the server gave the migration no number"))?;
        for (part, chunk) in steps.chunks(ROWS).enumerate() {
            let places = vec!["(?, ?, ?, ?, ?, ?, ?, 'pending')"; chunk.len()].join(", ");
            let statement = format!(
                "INSERT INTO {} (migration_id, ord, kind, object, summary, sql_digest, mode, state) VALUES {places}",
                self.table("_schemalift_step")
            );
            let mut parameters = Vec::with_capacity(chunk.len() * 7);
            for (ord, step) in chunk.iter().enumerate() {
                parameters.push(id.into());
                parameters.push((part * ROWS + ord).into());
                parameters.push((&step.kind).into());
                parameters.push((&step.object).into());
                parameters.push((&step.summary).into());
                parameters.push(step_digest(step).into());
                parameters.push(mode_text(step.mode).into());
            }
            self.execute(&statement, Params::Positional(parameters), what).await?;
        }
        if steps.iter().any(|step| step.kind == sql::DATA_STEP) {
            self.take_cursors_over(id).await?;
        }
        Ok((MigrationId(id), fence))
    }

    /// Raises the fence when this session has not.
    pub(super) async fn own_fence(&mut self) -> Result<(), Error> {
        if self.fence.is_none() {
            self.begin().await?;
            let outcome = self.raise_fence().await;
            self.fence = Some(self.end(outcome).await?);
        }
        Ok(())
    }

    async fn raise_fence(&mut self) -> Result<i64, Error> {
        let what = "raising the fence";
        let table = self.table("_schemalift_fence");
        let statement =
            format!("UPDATE {table} SET fence = fence + 1, holder = ?, raised_at = UTC_TIMESTAMP(3)");
        let holder = holder(&self.settings.application_name, u64::from(self.conn.id()));
        self.execute(&statement, (holder,), what).await?;
        match self.rows(&format!("SELECT fence FROM {table}"), (), what).await?.first() {
            Some(row) => get(row, 0),
            None => Err(invalid("the fence row is gone")),
        }
    }

    /// Within a transaction: refuses when another run raised the fence, and keeps others from raising it until the end.
    pub(super) async fn check_fence(&mut self) -> Result<(), Error> {
        let query = format!("SELECT fence FROM {} LOCK IN SHARE MODE", self.table("_schemalift_fence"));
        let rows = self.rows(&query, (), "checking the fence").await?;
        let found: i64 = match rows.first() {
            Some(row) => get(row, 0)?,
            None => return Err(invalid("the fence row is gone")),
        };
        if Some(found) == self.fence {
            Ok(())
        } else {
            Err(Error::new(Reason::Interrupted, "another run has taken over this database; this one stops"))
        }
    }

    /// One change of a step's row, under the fence.
    async fn update_step(&mut self, change: &str, parameters: Vec<mysql_async::Value>) -> Result<(), Error> {
        let what = "recording the step";
        self.begin().await?;
        let outcome = async {
            self.check_fence().await?;
            let statement = format!(
                "UPDATE {} SET {change}, fence = ? WHERE migration_id = ? AND ord = ? AND state <> 'done'",
                self.table("_schemalift_step")
            );
            match self.execute(&statement, Params::Positional(parameters), what).await? {
                1 => Ok(()),
                _ => Err(invalid("a step was recorded by somebody else")),
            }
        }
        .await;
        self.end(outcome).await
    }

    pub(super) async fn mark_running(&mut self, id: MigrationId, ord: usize) -> Result<(), Error> {
        let change = "state = 'running', attempts = attempts + 1, connection_id = CONNECTION_ID(), \
                      started_at = UTC_TIMESTAMP(3)";
        self.update_step(change, vec![self.fence.into(), id.0.into(), ord.into()]).await
    }

    pub(super) async fn mark_done(
        &mut self,
        id: MigrationId,
        ord: usize,
        elapsed: Duration,
    ) -> Result<(), Error> {
        let change = "state = 'done', duration_ms = ?, `sqlstate` = NULL, error = NULL, \
                      started_at = COALESCE(started_at, UTC_TIMESTAMP(3)), finished_at = UTC_TIMESTAMP(3)";
        let elapsed = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.update_step(change, vec![elapsed.into(), self.fence.into(), id.0.into(), ord.into()]).await
    }

    pub(super) async fn mark_failed(
        &mut self,
        id: MigrationId,
        ord: usize,
        failure: &Error,
    ) -> Result<(), Error> {
        let parameters = vec![
            failure.sqlstate().into(),
            failure.to_string().into(),
            self.fence.into(),
            id.0.into(),
            ord.into(),
        ];
        self.update_step("state = 'failed', `sqlstate` = ?, error = ?", parameters).await
    }

    pub(crate) async fn finish(&mut self, id: MigrationId, end: End) -> Result<(), Error> {
        self.want_lock()?;
        self.own_fence().await?;
        let (state, schema, text) = match end {
            End::Applied { schema } => (MigrationState::Applied, Some(to_json(&*schema)?), None),
            End::Abandoned => (MigrationState::Abandoned, None, None),
            End::Failed { error } => (MigrationState::Failed, None, Some(error)),
        };
        self.begin().await?;
        let outcome = self.close(id, state, schema, text).await;
        self.end(outcome).await
    }

    async fn close(
        &mut self,
        id: MigrationId,
        state: MigrationState,
        schema: Option<String>,
        text: Option<String>,
    ) -> Result<(), Error> {
        self.check_fence().await?;
        let statement = format!(
            "UPDATE {} m SET m.state = ?, m.`schema` = ?, m.error = ?, m.finished_at = UTC_TIMESTAMP(3) \
             WHERE m.id = ? AND m.state = 'running' AND (? <> 'applied' OR NOT EXISTS \
             (SELECT 1 FROM {} s WHERE s.migration_id = m.id AND s.state <> 'done'))",
            self.table("_schemalift_migration"),
            self.table("_schemalift_step")
        );
        let parameters = (state.as_str(), schema, text, id.0, state.as_str());
        match self.execute(&statement, parameters, "closing the migration").await? {
            1 => Ok(()),
            _ => Err(Error::new(
                Reason::HistoryInvalid,
                format!(
                    "migration {} cannot become {}: it is closed already, or has steps that are not done",
                    id.0,
                    state.as_str()
                ),
            )),
        }
    }
}

/// Who raised the fence: by this a later run knows the connection of an earlier one of its name.
pub(super) fn holder(application: &str, connection: u64) -> String {
    format!("{application} (connection {connection})")
}
