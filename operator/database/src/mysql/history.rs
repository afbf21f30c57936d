//! The history tables, read. Writing is in [`steps`](super::steps).

use mysql_async::Row;
use sql::Script;

use super::{MySql, get};
use crate::history::{
    LIMIT, Sealed, TABLES, check_steps, check_version, invalid, read_mode, read_schema, unseal,
};
use crate::{Error, History, MigrationId, MigrationRow, MigrationState, StepRow, StepState, Unfinished};

const WHAT: &str = "reading the history";

/// RFC 3339 in UTC; the session's time zone is UTC.
macro_rules! utc {
    ($column:literal) => {
        concat!("CONCAT(LEFT(DATE_FORMAT(", $column, ", '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z')")
    };
}

const MIGRATION_COLUMNS: &str = concat!(
    "m.id, m.version, m.digest, m.name, m.owner, m.actor, m.state, m.from_digest, m.to_digest, m.steps_total, ",
    "m.tool_version, m.approved_digest, m.error, ",
    utc!("m.started_at"),
    ", ",
    utc!("m.finished_at"),
    ", TIMESTAMPDIFF(MICROSECOND, m.started_at, m.finished_at) DIV 1000"
);

impl MySql {
    pub(crate) async fn history(&mut self) -> Result<Option<History>, Error> {
        let Some(version) = self.history_version().await? else { return Ok(None) };
        let query = format!(
            "SELECT {MIGRATION_COLUMNS}, (SELECT count(*) FROM {} s WHERE s.migration_id = m.id AND s.state = 'done') \
             FROM {} m ORDER BY m.id DESC LIMIT {LIMIT}",
            self.table("_schemalift_step"),
            self.table("_schemalift_migration"),
        );
        let rows = self.rows(&query, (), WHAT).await?;
        let mut migrations = rows.iter().map(migration).collect::<Result<Vec<_>, Error>>()?;
        let mut unfinished = None;
        if let Some(newest) = migrations.first_mut() {
            let (script, schema) = self.contents(newest.id, &newest.digest).await?;
            newest.schema = schema;
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
            applied.schema = self.contents(applied.id, &applied.digest).await?.1;
        }
        let known = migrations.iter().find(|row| row.state != MigrationState::Abandoned);
        let owner = known.map(|row| row.owner.clone());
        Ok(Some(History { owner, migrations, unfinished, version }))
    }

    /// `None` where there is no history. The tables are made one after the other and the fence's row last, so without
    /// it nothing was ever recorded.
    pub(super) async fn history_version(&mut self) -> Result<Option<u32>, Error> {
        let [migration, step, fence] = TABLES;
        let query = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? \
                     AND TABLE_NAME IN (?, ?, ?)";
        let rows = self.rows(query, (self.history_database.clone(), migration, step, fence), WHAT).await?;
        let names = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<String>, Error>>()?;
        let has = |name: &str| names.iter().any(|found| found.eq_ignore_ascii_case(name));
        let recorded = if has(migration) {
            let query = format!("SELECT 1 FROM {} LIMIT 1", self.table(migration));
            !self.rows(&query, (), WHAT).await?.is_empty()
        } else {
            false
        };
        if !has(fence) {
            return if recorded { Err(invalid("one of its tables is gone")) } else { Ok(None) };
        }
        if !has(migration) || !has(step) {
            return Err(invalid("one of its tables is gone"));
        }
        let query = format!("SELECT version FROM {}", self.table(fence));
        match self.rows(&query, (), WHAT).await?.first() {
            Some(row) => check_version(get(row, 0)?).map(Some),
            None if recorded => Err(invalid("the fence row is gone")),
            None => Ok(None),
        }
    }

    async fn contents(&mut self, id: i64, digest: &str) -> Result<(Script, Option<schema::Schema>), Error> {
        let query = format!(
            "SELECT script, script_checksum, `schema` FROM {} WHERE id = ?",
            self.table("_schemalift_migration")
        );
        let rows = self.rows(&query, (id,), WHAT).await?;
        let row = rows.first().ok_or_else(|| invalid(&format!("migration {id} vanished")))?;
        let sealed = Sealed { text: get(row, 0)?, checksum: get(row, 1)? };
        let schema = get::<Option<String>>(row, 2)?.map(|text| read_schema(id, &text)).transpose()?;
        Ok((unseal(id, &sealed, digest)?, schema))
    }

    pub(super) async fn step_rows(&mut self, id: i64) -> Result<Vec<StepRow>, Error> {
        let query = format!(
            concat!(
                "SELECT ord, kind, object, summary, sql_digest, mode, state, attempts, ",
                utc!("started_at"),
                ", ",
                utc!("finished_at"),
                ", `sqlstate`, error FROM {} WHERE migration_id = ? ORDER BY ord"
            ),
            self.table("_schemalift_step")
        );
        let rows = self.rows(&query, (id,), WHAT).await?;
        rows.iter()
            .map(|row| {
                Ok(StepRow {
                    ord: get(row, 0)?,
                    kind: get(row, 1)?,
                    object: get(row, 2)?,
                    summary: get(row, 3)?,
                    sql_digest: get(row, 4)?,
                    mode: read_mode(&get::<String>(row, 5)?)?,
                    state: StepState::read(&get::<String>(row, 6)?)?,
                    attempts: get(row, 7)?,
                    started_at: get(row, 8)?,
                    finished_at: get(row, 9)?,
                    sqlstate: get(row, 10)?,
                    error: get(row, 11)?,
                })
            })
            .collect()
    }
}

fn migration(row: &Row) -> Result<MigrationRow, Error> {
    check_version(get(row, 1)?)?;
    Ok(MigrationRow {
        id: get(row, 0)?,
        digest: get(row, 2)?,
        name: get(row, 3)?,
        owner: get(row, 4)?,
        actor: get(row, 5)?,
        state: MigrationState::read(&get::<String>(row, 6)?)?,
        from: get(row, 7)?,
        to: get(row, 8)?,
        steps_total: get(row, 9)?,
        steps_done: get(row, 16)?,
        started_at: get(row, 13)?,
        finished_at: get(row, 14)?,
        duration_ms: get::<Option<i64>>(row, 15)?.and_then(|ms| u64::try_from(ms).ok()),
        tool_version: get(row, 10)?,
        approved_digest: get(row, 11)?,
        error: get(row, 12)?,
        script: None,
        schema: None,
    })
}
