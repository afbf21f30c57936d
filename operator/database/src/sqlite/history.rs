//! The history tables, in the same file and the same transaction.

use std::sync::Arc;

use rusqlite::{Connection, Row};
use sql::Script;

use super::orphans::check_foreign_keys;
use super::{Sqlite, of_driver, want_lock};
use crate::history::read::{self, Cells, Contents};
use crate::history::{
    HISTORY_VERSION, LATER, LIMIT, check_steps, check_version, invalid, mode_text, seal, step_digest, to_json,
};
use crate::{
    End, Error, History, MigrationId, MigrationRow, MigrationState, NewMigration, Opening, StepRow,
    Unfinished,
};

const MIGRATIONS: &str = "SELECT id, version, digest, name, owner, actor, state, from_digest, to_digest, steps_total, \
     tool_version, approved_digest, error, started_at, finished_at, \
     CAST(round((julianday(finished_at) - julianday(started_at)) * 86400000) AS INTEGER), \
     (SELECT count(*) FROM _schemalift_step s WHERE s.migration_id = m.id AND s.state = 'done') \
     FROM _schemalift_migration m ORDER BY id DESC LIMIT ?1";

impl Sqlite {
    pub(crate) async fn history(&mut self) -> Result<Option<History>, Error> {
        self.with(read).await
    }

    pub(crate) async fn load(&mut self, row: &mut MigrationRow, version: u32) -> Result<(), Error> {
        let (id, digest) = (row.id, row.digest.clone());
        let found = self.with(move |connection| contents(connection, id, &digest, version)).await?;
        row.script = Some(found.fill(row));
        Ok(())
    }

    pub(crate) async fn record(
        &mut self,
        migration: &NewMigration,
        script: &Script,
        state: Opening,
    ) -> Result<MigrationId, Error> {
        let (migration, script) = (migration.clone(), script.clone());
        let holder = self.settings.application_name.clone();
        self.with(move |connection| {
            want_lock(connection)?;
            if !tables_exist(connection)? {
                connection
                    .execute_batch(include_str!("history.sql"))
                    .map_err(|error| of_driver(&error, "creating the history tables"))?;
            }
            bring_forward(connection, fence_version(connection)?)?;
            let id = insert(connection, &migration, &script, state, &holder)?;
            if state == Opening::Baseline {
                commit_and_continue(connection)?;
            }
            Ok(id)
        })
        .await
    }

    pub(crate) async fn finish(&mut self, id: MigrationId, end: End) -> Result<(), Error> {
        let before = Arc::clone(&self.broken);
        self.with(move |connection| {
            want_lock(connection)?;
            match end {
                End::Failed { error } => {
                    roll_back(connection)?;
                    super::batch::close_committed(connection, id, &error)
                }
                End::Abandoned => {
                    close(connection, id, MigrationState::Abandoned, None)?;
                    commit_and_continue(connection)
                }
                End::Applied { schema } => {
                    let outcome = check_foreign_keys(connection, &before).and_then(|()| {
                        let schema = to_json(&*schema)?;
                        close(connection, id, MigrationState::Applied, Some(&schema))
                    });
                    if let Err(error) = outcome {
                        roll_back(connection)?;
                        return Err(error);
                    }
                    connection
                        .execute_batch("COMMIT; PRAGMA foreign_keys = ON")
                        .map_err(|error| of_driver(&error, "committing"))
                }
            }
        })
        .await
    }
}

fn roll_back(connection: &Connection) -> Result<(), Error> {
    connection
        .execute_batch("ROLLBACK; PRAGMA foreign_keys = ON")
        .map_err(|error| of_driver(&error, "rolling back"))
}

/// Keeps what is recorded so far, and the lock.
fn commit_and_continue(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch("COMMIT; BEGIN IMMEDIATE").map_err(|error| of_driver(&error, "committing"))
}

fn read(connection: &Connection) -> Result<Option<History>, Error> {
    if !tables_exist(connection)? {
        return Ok(None);
    }
    let version = fence_version(connection)?;
    let mut migrations = rows(connection, MIGRATIONS, [LIMIT], |row| read::migration(row))?;
    let mut unfinished = None;
    if let Some(newest) = migrations.first_mut() {
        let script = contents(connection, newest.id, &newest.digest, version)?.fill(newest);
        if newest.state == MigrationState::Running {
            let steps = step_rows(connection, newest.id)?;
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
        contents(connection, applied.id, &applied.digest, version)?.fill(applied);
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

/// All three or none; anything between is nobody's history.
pub(super) fn tables_exist(connection: &Connection) -> Result<bool, Error> {
    let count: i64 = connection
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' \
             AND name IN ('_schemalift_migration', '_schemalift_step', '_schemalift_fence')",
            [],
            |row| row.get(0),
        )
        .map_err(|error| of_driver(&error, "reading the history"))?;
    match count {
        3 => Ok(true),
        0 => Ok(false),
        _ => Err(invalid("one of its tables is gone")),
    }
}

fn fence_version(connection: &Connection) -> Result<u32, Error> {
    let versions =
        rows(connection, "SELECT version FROM _schemalift_fence", [], |row| Ok(row.get::<_, i64>(0)))?;
    match versions.into_iter().next() {
        Some(version) => check_version(version.map_err(|error| of_driver(&error, "reading the history"))?),
        None => Err(invalid("the fence row is gone")),
    }
}

/// Rows whose reading may fail in two ways: in the driver, and in what they say.
fn rows<T>(
    connection: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let failed = |error: rusqlite::Error| of_driver(&error, "reading the history");
    let mut statement = connection.prepare(query).map_err(failed)?;
    let mut found = statement.query(parameters).map_err(failed)?;
    let mut values = Vec::new();
    while let Some(row) = found.next().map_err(failed)? {
        values.push(read(row)?);
    }
    Ok(values)
}

impl Cells for Row<'_> {
    fn number(&self, at: usize) -> Result<Option<i64>, Error> {
        self.get(at).map_err(|error| invalid(&format!("a cell cannot be read: {error}")))
    }

    fn text(&self, at: usize) -> Result<Option<String>, Error> {
        self.get(at).map_err(|error| invalid(&format!("a cell cannot be read: {error}")))
    }
}

fn contents(connection: &Connection, id: i64, digest: &str, version: u32) -> Result<Contents, Error> {
    let query = format!(
        "SELECT script, script_checksum, schema, {} FROM _schemalift_migration WHERE id = ?1",
        read::back_column(version)
    );
    let found = rows(connection, &query, [id], |row| read::contents(row, id, digest))?;
    found.into_iter().next().ok_or_else(|| invalid(&format!("migration {id} vanished")))
}

/// Tables of an older form get what they lack.
fn bring_forward(connection: &Connection, version: u32) -> Result<(), Error> {
    if version == HISTORY_VERSION {
        return Ok(());
    }
    let failed = |error: rusqlite::Error| of_driver(&error, "bringing the history tables forward");
    for (table, column, number) in LATER {
        let query = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
        let known: i64 = connection.query_row(query, [table, column], |row| row.get(0)).map_err(failed)?;
        if known == 0 {
            let ty = if number { "INTEGER" } else { "TEXT" };
            let statement = format!("ALTER TABLE {table} ADD COLUMN \"{column}\" {ty}");
            connection.execute_batch(&statement).map_err(failed)?;
        }
    }
    connection
        .execute_batch(&format!("UPDATE _schemalift_fence SET version = {HISTORY_VERSION}"))
        .map_err(failed)
}

pub(super) fn step_rows(connection: &Connection, id: i64) -> Result<Vec<StepRow>, Error> {
    rows(
        connection,
        "SELECT ord, kind, object, summary, sql_digest, mode, state, attempts, started_at, finished_at, sqlstate, error \
         FROM _schemalift_step WHERE migration_id = ?1 ORDER BY ord",
        [id],
        |row| read::step(row),
    )
}

fn insert(
    connection: &Connection,
    migration: &NewMigration,
    script: &Script,
    state: Opening,
    holder: &str,
) -> Result<MigrationId, Error> {
    let failed = |error: rusqlite::Error| of_driver(&error, "recording the migration");
    let sealed = seal(script)?;
    let back = migration.back.as_ref().map(to_json).transpose()?;
    let (first_state, steps, schema) = match state {
        Opening::Run => (MigrationState::Running, script.steps.as_slice(), None),
        Opening::Baseline => (MigrationState::Baselined, [].as_slice(), Some(to_json(&script.desired)?)),
    };
    connection
        .execute(
            "UPDATE _schemalift_fence SET fence = fence + 1, holder = ?1, \
             raised_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
            [holder],
        )
        .map_err(failed)?;
    connection
        .execute(
            "INSERT INTO _schemalift_migration (version, digest, name, owner, actor, tool_version, approved_digest, \
             state, from_digest, to_digest, steps_total, script, script_checksum, schema, reverse, finished_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, \
             CASE WHEN ?8 = 'baselined' THEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now') END)",
            rusqlite::params![
                HISTORY_VERSION,
                script.digest,
                migration.name,
                migration.owner,
                migration.actor,
                migration.tool_version,
                migration.approved_digest,
                first_state.as_str(),
                script.from,
                script.to,
                i64::try_from(steps.len()).unwrap_or(i64::MAX),
                sealed.text,
                sealed.checksum,
                schema,
                back,
            ],
        )
        .map_err(failed)?;
    let id = connection.last_insert_rowid();
    let mut statement = connection
        .prepare(
            "INSERT INTO _schemalift_step (migration_id, ord, kind, object, summary, sql_digest, mode, state) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending')",
        )
        .map_err(failed)?;
    for (ord, step) in (0i64..).zip(steps) {
        statement
            .execute((
                id,
                ord,
                &step.kind,
                &step.object,
                &step.summary,
                step_digest(step),
                mode_text(step.mode),
            ))
            .map_err(failed)?;
    }
    if steps.iter().any(|step| step.kind == sql::DATA_STEP) {
        super::batch::take_cursors_over(connection, id)?;
    }
    Ok(MigrationId(id))
}

fn close(
    connection: &Connection,
    id: MigrationId,
    state: MigrationState,
    schema: Option<&str>,
) -> Result<(), Error> {
    let changed = connection
        .execute(
            "UPDATE _schemalift_migration SET state = ?2, schema = ?3, \
             finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?1 AND state = 'running' \
             AND (?2 <> 'applied' OR NOT EXISTS (SELECT 1 FROM _schemalift_step s \
             WHERE s.migration_id = ?1 AND s.state <> 'done'))",
            (id.0, state.as_str(), schema),
        )
        .map_err(|error| of_driver(&error, "closing the migration"))?;
    if changed == 1 {
        Ok(())
    } else {
        Err(invalid(&format!(
            "migration {} cannot become {}: it is closed already, or has steps that are not done",
            id.0,
            state.as_str()
        )))
    }
}
