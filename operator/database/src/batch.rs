//! A statement in batches: the loop that every dialect shares.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sql::{Batch, Key, ScriptStep};
use tokio::time::sleep;

use reason::Reason;

use crate::lag::{Limit, Source, Waits, wait};
use crate::progress::Sink;
use crate::{Error, Progress};

/// How far a statement in batches is, as the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The last key that is done; `None` before the first batch.
    pub(crate) at: Option<Key>,
    /// The largest key when the step began: rows that come later are not part of it.
    pub(crate) end: Key,
}

/// What the history knows of a step in batches.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    /// The cursor, when a batch was done.
    pub(crate) cursor: Option<String>,
    /// Rows that were changed.
    pub(crate) rows: u64,
}

/// A session that works on one step in batches.
pub(crate) trait Walk: Source {
    /// What the history knows.
    async fn kept(&mut self) -> Result<Kept, Error>;

    /// The key in the first cell of the first row, if there is one.
    async fn key(&mut self, query: &str) -> Result<Option<Key>, Error>;

    /// One batch, in a transaction with the cursor after it. Answers the number of rows that were changed.
    async fn run(&mut self, statement: &str, cursor: &str) -> Result<u64, Error>;
}

/// Which step is at work, for whoever looks on.
pub(crate) struct Place<'a> {
    pub(crate) ord: usize,
    pub(crate) total: usize,
    pub(crate) step: &'a ScriptStep,
}

/// The batch of a step that was checked when its script was made.
pub(crate) fn batch_of(dialect: schema::Dialect, step: &ScriptStep) -> Result<Option<Batch>, Error> {
    sql::batch(dialect, step)
        .map_err(|why| Error::new(Reason::HistoryInvalid, format!("step {}: {why}", step.object)))
}

/// Runs what is left. Each batch is committed with its cursor, so that a run that is killed is continued after the last
/// one and no row is visited twice.
pub(crate) async fn walk(
    walk: &mut impl Walk,
    batch: &Batch,
    place: &Place<'_>,
    progress: Sink<'_>,
) -> Result<(), Error> {
    let kept = walk.kept().await?;
    let mut rows = kept.rows;
    let mut cursor = match kept.cursor.as_deref().map(serde_json::from_str::<Cursor>) {
        Some(Ok(cursor)) => cursor,
        Some(Err(error)) => {
            return Err(crate::history::invalid(&format!("the cursor of a step cannot be read: {error}")));
        }
        None => match first(walk, batch, place).await? {
            Some(cursor) => cursor,
            None => return Ok(()),
        },
    };
    let report = |rows| Progress::Rows {
        ord: place.ord,
        total: place.total,
        summary: place.step.summary.clone(),
        rows,
    };
    let mut known = BTreeSet::new();
    let limit = match (batch.max_lag, walk.most()) {
        (Some(most), _) => Some(Limit { most, waits: Waits::BatchOfComment }),
        (None, Some(most)) => Some(Limit { most, waits: Waits::Batch }),
        (None, None) => None,
    };
    while cursor.at.as_ref() != Some(&cursor.end) {
        if let Some(limit) = limit {
            wait(walk, limit, place, &mut known, progress).await?;
        }
        let query = batch.next(cursor.at.as_ref(), &cursor.end);
        let to = walk.key(&query).await?.unwrap_or_else(|| cursor.end.clone());
        let statement = batch.bounded(cursor.at.as_ref(), &to);
        cursor.at = Some(to);
        rows += walk.run(&statement, &crate::history::to_json(&cursor)?).await?;
        progress(report(rows));
        if cursor.at.as_ref() != Some(&cursor.end) && !batch.pause.is_zero() {
            sleep(batch.pause).await;
        }
    }
    Ok(())
}

/// Where the walk begins and ends; `None` when the table is empty.
async fn first(walk: &mut impl Walk, batch: &Batch, place: &Place<'_>) -> Result<Option<Cursor>, Error> {
    if walk.key(&batch.nulls()).await?.is_some() {
        return Err(Error::new(
            Reason::DataViolatesPlan,
            format!(
                "step {} ({}): column {} holds nulls, and such rows would be walked past; take another key",
                place.ord + 1,
                place.step.summary,
                batch.key
            ),
        )
        .at_step(place.ord));
    }
    Ok(walk.key(&batch.last()).await?.map(|end| Cursor { at: None, end }))
}

/// What copies the cursor of an earlier migration's unfinished step of the same text into a new migration's row: the
/// step goes on where it was. `step` is the table's name, and `id` stands for the new migration.
pub(crate) fn cursor_query(step: &str, cursor: &str, id: &str) -> String {
    format!(
        "SELECT s.ord, o.{cursor}, o.rows_done FROM {step} s JOIN {step} o ON o.kind = s.kind AND o.object = s.object \
         AND o.sql_digest = s.sql_digest AND o.migration_id < s.migration_id WHERE s.migration_id = {id} \
         AND s.kind = '{}' AND o.{cursor} IS NOT NULL AND o.migration_id = (SELECT max(m.migration_id) FROM {step} m \
         WHERE m.kind = s.kind AND m.object = s.object AND m.sql_digest = s.sql_digest AND m.migration_id < s.migration_id)",
        sql::DATA_STEP
    )
}
