//! The history tables, read. Writing is in [`steps`](super::steps).

use mysql_async::Row;

use super::{MySql, get};
use crate::history::read::{self, Cells, Contents};
use crate::history::{LIMIT, TABLES, check_steps, check_version, invalid};
use crate::{Error, History, MigrationId, MigrationRow, MigrationState, StepRow, Unfinished};

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
        let mut migrations = rows.iter().map(read::migration).collect::<Result<Vec<_>, Error>>()?;
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
        let known = migrations.iter().find(|row| row.state != MigrationState::Abandoned);
        let owner = known.map(|row| row.owner.clone());
        Ok(Some(History { owner, migrations, unfinished, version }))
    }

    pub(crate) async fn load(&mut self, row: &mut MigrationRow, version: u32) -> Result<(), Error> {
        let script = self.contents(row.id, &row.digest, version).await?.fill(row);
        row.script = Some(script);
        Ok(())
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

    async fn contents(&mut self, id: i64, digest: &str, version: u32) -> Result<Contents, Error> {
        let query = format!(
            "SELECT script, script_checksum, `schema`, {} FROM {} WHERE id = ?",
            read::back_column(version),
            self.table("_schemalift_migration")
        );
        let rows = self.rows(&query, (id,), WHAT).await?;
        let row = rows.first().ok_or_else(|| invalid(&format!("migration {id} vanished")))?;
        read::contents(row, id, digest)
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
        rows.iter().map(read::step).collect()
    }
}

impl Cells for Row {
    fn number(&self, at: usize) -> Result<Option<i64>, Error> {
        get(self, at)
    }

    fn text(&self, at: usize) -> Result<Option<String>, Error> {
        get(self, at)
    }
}
