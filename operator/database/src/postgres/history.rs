//! The history tables: made, read and closed.

use reason::Reason;
use sql::Script;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Postgres, quoted};
use crate::history::read::{self, Cells, Contents};
use crate::history::{
    HISTORY_VERSION, LATER, LIMIT, TABLES, check_steps, check_version, invalid, mode_text, seal, step_digest,
    to_json,
};
use crate::{
    End, Error, History, MigrationId, MigrationRow, MigrationState, NewMigration, Opening, StepRow,
    Unfinished,
};

/// RFC 3339 in UTC; the session's time zone is UTC.
macro_rules! utc {
    ($column:literal) => {
        concat!("pg_catalog.to_char(", $column, ", 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
    };
}

const MIGRATION_COLUMNS: &str = concat!(
    "m.id, m.version, m.digest, m.name, m.owner, m.actor, m.state, m.from_digest, m.to_digest, m.steps_total, ",
    "m.tool_version, m.approved_digest, m.error, ",
    utc!("m.started_at"),
    ", ",
    utc!("m.finished_at"),
    ", (extract(epoch FROM m.finished_at - m.started_at) * 1000)::int8"
);

impl Postgres {
    pub(crate) async fn history(&mut self) -> Result<Option<History>, Error> {
        if !self.tables_exist().await? {
            return Ok(None);
        }
        let version =
            self.read_rows(&format!("SELECT version FROM {}", self.table("_schemalift_fence")), &[]).await?;
        let version = match version.first() {
            Some(row) => check_version(i64::from(self.get::<i32>(row, 0)?))?,
            None => return Err(invalid("the fence row is gone")),
        };
        let query = format!(
            "SELECT {MIGRATION_COLUMNS}, (SELECT count(*) FROM {} s WHERE s.migration_id = m.id AND s.state = 'done') \
             FROM {} m ORDER BY m.id DESC LIMIT {LIMIT}",
            self.table("_schemalift_step"),
            self.table("_schemalift_migration"),
        );
        let mut migrations = Vec::new();
        for row in self.read_rows(&query, &[]).await? {
            migrations.push(read::migration(&self.cells(&row))?);
        }
        let mut unfinished = None;
        if let Some(newest) = migrations.first_mut() {
            let script = self.contents(newest.id, &newest.digest, version).await?.fill(newest);
            if newest.state == MigrationState::Running {
                let steps = self.step_rows(newest.id).await?;
                check_steps(newest.id, &script, &steps)?;
                unfinished = Some(Unfinished {
                    id: MigrationId(newest.id),
                    script: script.clone(),
                    approved_digest: newest.approved_digest.clone(),
                    steps,
                });
            }
            newest.script = Some(script);
        }
        if let Some(applied) = migrations.iter_mut().find(|row| row.state.is_applied())
            && applied.script.is_none()
        {
            self.contents(applied.id, &applied.digest, version).await?.fill(applied);
        }
        Ok(Some(History {
            owner: migrations
                .iter()
                .find(|row| row.state != MigrationState::Abandoned)
                .map(|row| row.owner.clone()),
            migrations,
            unfinished,
            version,
        }))
    }

    pub(crate) async fn load(&mut self, row: &mut MigrationRow, version: u32) -> Result<(), Error> {
        let script = self.contents(row.id, &row.digest, version).await?.fill(row);
        row.script = Some(script);
        Ok(())
    }

    /// All three or none; anything between is nobody's history.
    pub(super) async fn tables_exist(&self) -> Result<bool, Error> {
        let names: Vec<&str> = TABLES.to_vec();
        let rows = self
            .read_rows(
                "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname::text = $1 AND c.relname::text = ANY($2) AND c.relkind = 'r'",
                &[&self.history_namespace, &names],
            )
            .await?;
        match rows.first().map(|row| self.get::<i64>(row, 0)).transpose()? {
            Some(3) => Ok(true),
            Some(0) => Ok(false),
            _ => Err(invalid("one of its tables is gone")),
        }
    }

    async fn read_rows(
        &self,
        query: &str,
        parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        self.client.query(query, parameters).await.map_err(|error| {
            let failed = self.error(&error, "reading the history");
            if failed.reason() == Reason::InsufficientPrivilege {
                return failed.followed_by(
                    ". Its tables belong to the role that migrated before: connect as that role, or name it with `target.role` \
                     or --role, or let its owner GRANT SELECT, INSERT, UPDATE on `_schemalift_*`.",
                );
            }
            failed
        })
    }

    async fn contents(&self, id: i64, digest: &str, version: u32) -> Result<Contents, Error> {
        let query = format!(
            "SELECT script, script_checksum, schema, {}::text FROM {} WHERE id = $1",
            read::back_column(version),
            self.table("_schemalift_migration")
        );
        let rows = self.read_rows(&query, &[&id]).await?;
        let row = rows.first().ok_or_else(|| invalid(&format!("migration {id} vanished")))?;
        read::contents(&self.cells(row), id, digest)
    }

    const fn cells<'a>(&'a self, row: &'a Row) -> Cell<'a> {
        Cell { session: self, row }
    }

    pub(super) async fn step_rows(&self, id: i64) -> Result<Vec<StepRow>, Error> {
        let query = format!(
            concat!(
                "SELECT ord, kind, object, summary, sql_digest, mode, state, attempts, ",
                utc!("started_at"),
                ", ",
                utc!("finished_at"),
                ", sqlstate, error FROM {} WHERE migration_id = $1 ORDER BY ord"
            ),
            self.table("_schemalift_step")
        );
        let rows = self.read_rows(&query, &[&id]).await?;
        rows.iter().map(|row| read::step(&self.cells(row))).collect()
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

    async fn create_tables(&self) -> Result<(), Error> {
        if self.tables_exist().await? {
            let query = format!("SELECT version FROM {}", self.table("_schemalift_fence"));
            let found = self.read_rows(&query, &[]).await?;
            return match found.first() {
                Some(row) => self.bring_forward(check_version(i64::from(self.get::<i32>(row, 0)?))?).await,
                None => Ok(()),
            };
        }
        let known = self
            .read_rows(
                "SELECT FROM pg_catalog.pg_namespace WHERE nspname::text = $1",
                &[&self.history_namespace],
            )
            .await?;
        let mut statements = Vec::new();
        if known.is_empty() {
            statements.push(format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(&self.history_namespace)));
        }
        statements.push(include_str!("history.sql").replace("{schema}", &quoted(&self.history_namespace)));
        self.begin().await?;
        let outcome = self
            .client
            .batch_execute(&statements.join(";\n"))
            .await
            .map_err(|error| self.error(&error, "creating the history tables"));
        self.end(outcome).await
    }

    /// Tables of an older form get what they lack.
    async fn bring_forward(&self, version: u32) -> Result<(), Error> {
        if version == HISTORY_VERSION {
            return Ok(());
        }
        let mut statements: Vec<String> = LATER
            .into_iter()
            .map(|(table, column, number)| {
                let ty = if number { "bigint" } else { "text" };
                format!("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {ty}", self.table(table), quoted(column))
            })
            .collect();
        statements
            .push(format!("UPDATE {} SET version = {HISTORY_VERSION}", self.table("_schemalift_fence")));
        self.begin().await?;
        let outcome = self.client.batch_execute(&statements.join(";\n")).await;
        self.end(outcome.map_err(|error| self.error(&error, "bringing the history tables forward"))).await
    }

    async fn insert(
        &self,
        migration: &NewMigration,
        script: &Script,
        state: Opening,
    ) -> Result<(MigrationId, i64), Error> {
        let failed = |error: tokio_postgres::Error| self.error(&error, "recording the migration");
        let fence = self.raise_fence().await?;
        let sealed = seal(script)?;
        let back = migration.back.as_ref().map(to_json).transpose()?;
        let version = i32::try_from(HISTORY_VERSION).unwrap_or(i32::MAX);
        let (first_state, steps, schema) = match state {
            Opening::Run => (MigrationState::Running, script.steps.as_slice(), None),
            Opening::Baseline => (MigrationState::Baselined, [].as_slice(), Some(to_json(&script.desired)?)),
        };
        let total = i32::try_from(steps.len()).unwrap_or(i32::MAX);
        let row = self
            .client
            .query_one(
                &format!(
                    "INSERT INTO {} (version, digest, name, owner, actor, tool_version, approved_digest, state, \
                     from_digest, to_digest, steps_total, script, script_checksum, schema, reverse, finished_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                     CASE WHEN $8 = 'baselined' THEN now() END) RETURNING id",
                    self.table("_schemalift_migration")
                ),
                &[
                    &version,
                    &script.digest,
                    &migration.name,
                    &migration.owner,
                    &migration.actor,
                    &migration.tool_version,
                    &migration.approved_digest,
                    &first_state.as_str(),
                    &script.from,
                    &script.to,
                    &total,
                    &sealed.text,
                    &sealed.checksum,
                    &schema,
                    &back,
                ],
            )
            .await
            .map_err(failed)?;
        let id: i64 = self.get(&row, 0)?;
        let kinds: Vec<&str> = steps.iter().map(|step| step.kind.as_str()).collect();
        let objects: Vec<&str> = steps.iter().map(|step| step.object.as_str()).collect();
        let summaries: Vec<&str> = steps.iter().map(|step| step.summary.as_str()).collect();
        let digests: Vec<String> = steps.iter().map(step_digest).collect();
        let modes: Vec<&str> = steps.iter().map(|step| mode_text(step.mode)).collect();
        self.client
            .execute(
                &format!(
                    "INSERT INTO {} (migration_id, ord, kind, object, summary, sql_digest, mode, state) \
                     SELECT $1, u.ord - 1, u.kind, u.object, u.summary, u.digest, u.mode, 'pending' \
                     FROM ROWS FROM (unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), \
                     unnest($6::text[])) WITH ORDINALITY u(kind, object, summary, digest, mode, ord)",
                    self.table("_schemalift_step")
                ),
                &[&id, &kinds, &objects, &summaries, &digests, &modes],
            )
            .await
            .map_err(failed)?;
        if steps.iter().any(|step| step.kind == sql::DATA_STEP) {
            self.take_cursors_over(id).await?;
        }
        Ok((MigrationId(id), fence))
    }

    pub(super) async fn raise_fence(&self) -> Result<i64, Error> {
        let row = self
            .client
            .query_opt(
                &format!(
                    "UPDATE {} SET fence = fence + 1, holder = $1, raised_at = now() RETURNING fence",
                    self.table("_schemalift_fence")
                ),
                &[&self.settings.application_name],
            )
            .await
            .map_err(|error| self.error(&error, "raising the fence"))?;
        match row {
            Some(row) => self.get(&row, 0),
            None => Err(invalid("the fence row is gone")),
        }
    }

    pub(crate) async fn finish(&mut self, id: MigrationId, end: End) -> Result<(), Error> {
        self.want_lock()?;
        self.own_fence().await?;
        if matches!(end, End::Abandoned) {
            self.drop_leftovers(id).await?;
        }
        let (state, schema, text) = match end {
            End::Applied { schema } => (MigrationState::Applied, Some(to_json(&*schema)?), None),
            End::Abandoned => (MigrationState::Abandoned, None, None),
            End::Failed { error } => (MigrationState::Failed, None, Some(error)),
        };
        self.begin().await?;
        let outcome = self.close(id, state, schema, text).await;
        self.end(outcome).await
    }

    /// Checks that a column was to become required by: left in place they would refuse nulls for a plan that nobody
    /// wants any more.
    pub(super) async fn drop_leftovers(&self, id: MigrationId) -> Result<(), Error> {
        let what = "taking back what an abandoned migration left";
        let rows = self
            .client
            .query(
                &format!(
                    "SELECT n.nspname::text, c.relname::text, k.conname::text FROM pg_catalog.pg_constraint k \
                     JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                     JOIN {} m ON m.id = $1 AND pg_catalog.strpos(m.script, k.conname) > 0 \
                     WHERE k.contype = 'c' AND pg_catalog.starts_with(k.conname::text, $2) ORDER BY 1, 2, 3",
                    self.table("_schemalift_migration")
                ),
                &[&id.0, &sql::NOT_NULL_PREFIX],
            )
            .await
            .map_err(|error| self.error(&error, what))?;
        for row in &rows {
            let (namespace, table, name): (String, String, String) =
                (self.get(row, 0)?, self.get(row, 1)?, self.get(row, 2)?);
            let statement = format!(
                "ALTER TABLE {}.{} DROP CONSTRAINT {}",
                quoted(&namespace),
                quoted(&table),
                quoted(&name)
            );
            self.client.batch_execute(&statement).await.map_err(|error| self.error(&error, what))?;
        }
        Ok(())
    }

    async fn close(
        &self,
        id: MigrationId,
        state: MigrationState,
        schema: Option<String>,
        text: Option<String>,
    ) -> Result<(), Error> {
        self.check_fence().await?;
        let changed = self
            .client
            .execute(
                &format!(
                    "UPDATE {} m SET state = $2, schema = $3, error = $4, finished_at = now() \
                     WHERE m.id = $1 AND m.state = 'running' AND ($2 <> 'applied' OR NOT EXISTS \
                     (SELECT FROM {} s WHERE s.migration_id = m.id AND s.state <> 'done'))",
                    self.table("_schemalift_migration"),
                    self.table("_schemalift_step")
                ),
                &[&id.0, &state.as_str(), &schema, &text],
            )
            .await
            .map_err(|error| self.error(&error, "closing the migration"))?;
        if changed == 1 {
            Ok(())
        } else {
            Err(Error::new(
                Reason::HistoryInvalid,
                format!(
                    "migration {} cannot become {}: it is closed already, or has steps that are not done",
                    id.0,
                    state.as_str()
                ),
            ))
        }
    }
}

/// A row with the session that explains its errors.
struct Cell<'a> {
    session: &'a Postgres,
    row: &'a Row,
}

impl Cells for Cell<'_> {
    fn number(&self, at: usize) -> Result<Option<i64>, Error> {
        match self.row.columns().get(at).map(tokio_postgres::Column::type_) {
            Some(ty) if *ty == Type::INT4 => {
                Ok(self.session.get::<Option<i32>>(self.row, at)?.map(i64::from))
            }
            _ => self.session.get(self.row, at),
        }
    }

    fn text(&self, at: usize) -> Result<Option<String>, Error> {
        self.session.get(self.row, at)
    }
}
