//! Rows of the history tables to values, whoever's driver brought them.

use sql::Script;

use super::{
    MigrationRow, MigrationState, Sealed, StepRow, StepState, check_version, invalid, read_mode, read_schema,
    unseal,
};
use crate::Error;

/// A row as a driver has it. Columns are in the order in which [`migration`], [`step`] and [`contents`] name them.
pub(crate) trait Cells {
    /// A number of any width, or null.
    fn number(&self, at: usize) -> Result<Option<i64>, Error>;

    /// A text, or null.
    fn text(&self, at: usize) -> Result<Option<String>, Error>;
}

/// What must be there.
fn required<T>(cell: Option<T>) -> Result<T, Error> {
    cell.ok_or_else(|| invalid("a cell is empty"))
}

fn count<T: TryFrom<i64> + Default>(cell: Option<i64>) -> T {
    cell.and_then(|number| T::try_from(number).ok()).unwrap_or_default()
}

/// id, version, digest, name, owner, actor, state, `from_digest`, `to_digest`, `steps_total`, `tool_version`,
/// `approved_digest`, error, `started_at`, `finished_at`, milliseconds, steps that are done.
pub(crate) fn migration(row: &impl Cells) -> Result<MigrationRow, Error> {
    check_version(required(row.number(1)?)?)?;
    Ok(MigrationRow {
        id: required(row.number(0)?)?,
        digest: required(row.text(2)?)?,
        name: required(row.text(3)?)?,
        owner: required(row.text(4)?)?,
        actor: row.text(5)?,
        state: MigrationState::read(&required(row.text(6)?)?)?,
        from: required(row.text(7)?)?,
        to: required(row.text(8)?)?,
        steps_total: count(row.number(9)?),
        steps_done: count(row.number(16)?),
        started_at: required(row.text(13)?)?,
        finished_at: row.text(14)?,
        duration_ms: row.number(15)?.and_then(|ms| u64::try_from(ms).ok()),
        tool_version: required(row.text(10)?)?,
        approved_digest: row.text(11)?,
        error: row.text(12)?,
        script: None,
        schema: None,
        back: None,
    })
}

/// ord, kind, object, summary, `sql_digest`, mode, state, attempts, `started_at`, `finished_at`, sqlstate, error.
pub(crate) fn step(row: &impl Cells) -> Result<StepRow, Error> {
    Ok(StepRow {
        ord: required(row.number(0)?)?.try_into().unwrap_or(usize::MAX),
        kind: required(row.text(1)?)?,
        object: required(row.text(2)?)?,
        summary: required(row.text(3)?)?,
        sql_digest: required(row.text(4)?)?,
        mode: read_mode(&required(row.text(5)?)?)?,
        state: StepState::read(&required(row.text(6)?)?)?,
        attempts: count(row.number(7)?),
        started_at: row.text(8)?,
        finished_at: row.text(9)?,
        sqlstate: row.text(10)?,
        error: row.text(11)?,
    })
}

/// What is loaded of some migrations only.
pub(crate) struct Contents {
    pub(crate) script: Script,
    pub(crate) schema: Option<schema::Schema>,
    pub(crate) back: Option<Script>,
}

impl Contents {
    /// Puts everything but the script into the row.
    pub(crate) fn fill(self, row: &mut MigrationRow) -> Script {
        row.schema = self.schema;
        row.back = self.back;
        self.script
    }
}

/// script, `script_checksum`, schema, reverse.
pub(crate) fn contents(row: &impl Cells, id: i64, digest: &str) -> Result<Contents, Error> {
    let sealed = Sealed { text: required(row.text(0)?)?, checksum: required(row.text(1)?)? };
    let back = row.text(3)?.map(|text| {
        let script: Script = serde_json::from_str(&text)
            .map_err(|error| invalid(&format!("the way back of migration {id}: {error}")))?;
        if sql::digest(&script) == script.digest {
            Ok(script)
        } else {
            Err(invalid(&format!("the way back of migration {id} was changed after it was written")))
        }
    });
    Ok(Contents {
        script: unseal(id, &sealed, digest)?,
        schema: row.text(2)?.map(|text| read_schema(id, &text)).transpose()?,
        back: back.transpose()?,
    })
}

/// The column that holds the way back, or nothing in its place where the tables are older than it.
pub(crate) const fn back_column(version: u32) -> &'static str {
    if version >= 2 { "reverse" } else { "NULL" }
}
