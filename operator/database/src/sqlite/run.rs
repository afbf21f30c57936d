//! The steps, inside the one transaction that the lock opened.

use std::sync::Arc;
use std::time::Instant;

use sql::{Script, ScriptStep};

use super::dependants::Dependants;
use super::orphans::broken;
use super::{Sqlite, of_driver, want_lock};
use crate::batch::{Place, batch_of};
use crate::guard::{guards, refused};
use crate::history::check_steps;
use crate::progress::Sink;
use crate::{Error, MigrationId, Progress, StepState};

impl Sqlite {
    pub(crate) async fn run(
        &mut self,
        id: MigrationId,
        script: &Script,
        progress: Sink<'_>,
    ) -> Result<(), Error> {
        let rows = self
            .with(move |connection| {
                want_lock(connection)?;
                super::history::step_rows(connection, id.0)
            })
            .await?;
        check_steps(id.0, script, &rows)?;
        self.broken = Arc::new(self.with(broken).await?);
        let total = script.steps.len();
        for (ord, (step, row)) in script.steps.iter().zip(&rows).enumerate() {
            let summary = step.summary.clone();
            if row.state == StepState::Done {
                progress(Progress::Skipped { ord, total, summary });
                continue;
            }
            progress(Progress::Started { ord, total, summary: summary.clone() });
            let start = Instant::now();
            let mut owned = step.clone();
            if let Some(batch) = batch_of(schema::Dialect::Sqlite, step)? {
                let place = Place { ord, total, step };
                self.batches(id, &place, &batch, progress).await?;
                // What is left is its row.
                owned.statements.clear();
            }
            self.with(move |connection| execute(connection, id, ord, &owned)).await?;
            progress(Progress::Finished { ord, total, summary, elapsed: start.elapsed() });
        }
        Ok(())
    }
}

fn execute(
    connection: &rusqlite::Connection,
    id: MigrationId,
    ord: usize,
    step: &ScriptStep,
) -> Result<(), Error> {
    let what = format!("step {} ({})", ord + 1, step.summary);
    let failed = |error: rusqlite::Error| of_driver(&error, &what).at_step(ord);
    let start = Instant::now();
    for (hazard, count) in guards(step) {
        let rows: i64 = connection.query_row(count, [], |row| row.get(0)).map_err(failed)?;
        if rows > 0 {
            let example =
                hazard.examples.first().map(|query| connection.query_row(query, [], |row| row.get(0)));
            let example: Option<String> = example.transpose().map_err(failed)?;
            return Err(refused(ord, step, hazard, rows.unsigned_abs(), example));
        }
    }
    let dependants = (step.kind == "RedefineTable").then(|| Dependants::take(connection)).transpose();
    let dependants = dependants.map_err(failed)?;
    for statement in &step.statements {
        connection.execute_batch(statement).map_err(failed)?;
    }
    if let Some(dependants) = dependants {
        dependants.put_back(connection).map_err(failed)?;
    }
    // A statement that ended the transaction would have taken the history's guarantee with it.
    want_lock(connection)?;
    let elapsed = i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX);
    connection
        .execute(
            "UPDATE _schemalift_step SET state = 'done', duration_ms = ?3, \
             started_at = COALESCE(started_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', printf('-%.3f seconds', ?3 / 1000.0))), \
             finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE migration_id = ?1 AND ord = ?2",
            (id.0, i64::try_from(ord).unwrap_or(i64::MAX), elapsed),
        )
        .map_err(failed)?;
    Ok(())
}
