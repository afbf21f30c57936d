//! What the history tables hold, as values.

pub(crate) mod read;

use reason::Reason;
use schema::Schema;
use sha2::{Digest as _, Sha256};
use sql::{Mode, Script, ScriptStep};

use crate::Error;

/// Form of the history tables that this version writes. Older ones are read as they are, and brought forward by the next
/// migration that is recorded: form 2 added the way back (`reverse`), form 3 how far a step in batches is (`cursor`,
/// `rows_done`).
pub const HISTORY_VERSION: u32 = 3;

/// Columns that a table of an older form lacks: table, column, and whether it is a number.
pub(crate) const LATER: [(&str, &str, bool); 3] = [
    ("_schemalift_migration", "reverse", false),
    ("_schemalift_step", "cursor", false),
    ("_schemalift_step", "rows_done", true),
];

/// How many migrations [`History`] shows.
pub(crate) const LIMIT: i64 = 50;

/// Names of the history tables.
pub(crate) const TABLES: [&str; 3] = ["_schemalift_migration", "_schemalift_step", "_schemalift_fence"];

/// A row of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MigrationId(pub i64);

/// What is known about a migration before it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMigration {
    /// Owner of the database: cluster, namespace and name.
    pub owner: String,
    /// Name of the migration.
    pub name: String,
    /// Digest that was approved.
    pub approved_digest: Option<String>,
    /// Who approved or ran it.
    pub actor: Option<String>,
    /// Version of the tool.
    pub tool_version: String,
    /// The way back from it, where there is one.
    pub back: Option<Script>,
}

/// How a migration enters the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// With its steps, which will be run.
    Run,
    /// Without steps and finished: the database already is as the script's `desired` says.
    Baseline,
}

/// How a migration ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All steps are done.
    Applied {
        /// The schema that was found afterwards.
        schema: Box<Schema>,
    },
    /// Given up in favour of another plan.
    Abandoned,
    /// Closed after a failure.
    Failed {
        /// What happened.
        error: String,
    },
}

/// The history of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Owner by the newest migration that was not abandoned.
    pub owner: Option<String>,
    /// Newest first, at most 50. Script, schema and way back are loaded for the newest, schema and way back also for the
    /// newest that was applied or baselined.
    pub migrations: Vec<MigrationRow>,
    /// The newest migration, when it was neither finished nor closed.
    pub unfinished: Option<Unfinished>,
    /// Form of the tables.
    pub version: u32,
}

impl History {
    /// The newest migration that was applied or baselined; its schema is loaded.
    pub fn applied(&self) -> Option<&MigrationRow> {
        self.migrations.iter().find(|row| row.state.is_applied())
    }
}

/// A migration that has to be continued or abandoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its row.
    pub id: MigrationId,
    /// The stored steps.
    pub script: Script,
    /// Digest that was approved.
    pub approved_digest: Option<String>,
    /// State of each step, in order.
    pub steps: Vec<StepRow>,
}

/// A migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationRow {
    /// Its row.
    pub id: i64,
    /// Digest of its script.
    pub digest: String,
    /// Name.
    pub name: String,
    /// Owner.
    pub owner: String,
    /// Who approved or ran it.
    pub actor: Option<String>,
    /// How far it is.
    pub state: MigrationState,
    /// Fingerprint before.
    pub from: String,
    /// Fingerprint after.
    pub to: String,
    /// Number of steps.
    pub steps_total: u32,
    /// Number of steps that are done.
    pub steps_done: u32,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub finished_at: Option<String>,
    /// From start to end.
    pub duration_ms: Option<u64>,
    /// Version of the tool that wrote it.
    pub tool_version: String,
    /// Digest that was approved.
    pub approved_digest: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// The script, where loaded.
    pub script: Option<Script>,
    /// The schema it left, where loaded and known.
    pub schema: Option<Schema>,
    /// The way back that was planned with it, where loaded and known.
    pub back: Option<Script>,
}

/// State of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Place in the script, from 0.
    pub ord: usize,
    /// Kind.
    pub kind: String,
    /// Object.
    pub object: String,
    /// Line for people.
    pub summary: String,
    /// Digest of its statements.
    pub sql_digest: String,
    /// How it is run.
    pub mode: Mode,
    /// How far it is.
    pub state: StepState,
    /// How often it was tried and failed, or was begun outside a transaction.
    pub attempts: u32,
    /// RFC 3339, UTC.
    pub started_at: Option<String>,
    /// RFC 3339, UTC.
    pub finished_at: Option<String>,
    /// The server's code of the last failure.
    pub sqlstate: Option<String>,
    /// Text of the last failure.
    pub error: Option<String>,
}

macro_rules! states {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $variant_doc:literal])* $variant:ident = $text:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $variant_doc])* $variant,)+ }

        impl $name {
            /// As stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            fn read(text: &str) -> Result<Self, Error> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(invalid(&format!("it holds the unknown state {text:?}"))),
                }
            }
        }
    };
}

states! {
    /// How far a migration is.
    MigrationState {
        /// Begun, not closed.
        Running = "running",
        /// Done.
        Applied = "applied",
        /// Closed after a failure.
        Failed = "failed",
        /// Given up in favour of another plan.
        Abandoned = "abandoned",
        /// Recorded as the starting point.
        Baselined = "baselined",
    }
}

impl MigrationState {
    /// True when it says what the database looks like.
    pub const fn is_applied(self) -> bool {
        matches!(self, Self::Applied | Self::Baselined)
    }
}

states! {
    /// How far a step is.
    StepState {
        /// Not begun, or rolled back.
        Pending = "pending",
        /// Begun outside a transaction.
        Running = "running",
        /// Done.
        Done = "done",
        /// Failed; the next run tries it again.
        Failed = "failed",
    }
}

pub(crate) const fn mode_text(mode: Mode) -> &'static str {
    match mode {
        Mode::Grouped => "grouped",
        Mode::Alone => "alone",
        Mode::NoTransaction => "no_transaction",
    }
}

fn read_mode(text: &str) -> Result<Mode, Error> {
    match text {
        "grouped" => Ok(Mode::Grouped),
        "alone" => Ok(Mode::Alone),
        "no_transaction" => Ok(Mode::NoTransaction),
        _ => Err(invalid(&format!("it holds the unknown mode {text:?}"))),
    }
}

/// What a repair may mend.
pub(crate) fn invalid(why: &str) -> Error {
    Error::new(
        Reason::HistoryInvalid,
        format!("the history cannot be trusted: {why}; `schemalift history repair` shows what can be done"),
    )
}

/// Refuses what a newer version wrote.
pub(crate) fn check_version(version: i64) -> Result<u32, Error> {
    match u32::try_from(version) {
        Ok(version) if version <= HISTORY_VERSION => Ok(version),
        _ => Err(Error::new(
            Reason::HistoryInvalid,
            format!(
                "the history has form {version}, this version knows up to {HISTORY_VERSION}; use a newer version of schemalift"
            ),
        )),
    }
}

/// A stored text with the checksum that stands beside it.
pub(crate) struct Sealed {
    pub(crate) text: String,
    pub(crate) checksum: String,
}

/// The script as stored.
pub(crate) fn seal(script: &Script) -> Result<Sealed, Error> {
    let text = to_json(script)?;
    let checksum = digest(&text);
    Ok(Sealed { text, checksum })
}

/// The stored script, unless somebody changed it.
fn unseal(id: i64, sealed: &Sealed, row_digest: &str) -> Result<Script, Error> {
    let tampered =
        || invalid(&format!("the stored script of migration {id} was changed after it was written"));
    if digest(&sealed.text) != sealed.checksum {
        return Err(tampered());
    }
    let script: Script = serde_json::from_str(&sealed.text)
        .map_err(|error| invalid(&format!("the script of migration {id}: {error}")))?;
    if script.digest == row_digest && sql::digest(&script) == row_digest {
        Ok(script)
    } else {
        Err(tampered())
    }
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(Reason::InternalError, format!("cannot store: {error}")))
}

fn read_schema(id: i64, text: &str) -> Result<Schema, Error> {
    serde_json::from_str(text).map_err(|error| invalid(&format!("the schema of migration {id}: {error}")))
}

/// Digest of a step's statements.
pub fn step_digest(step: &ScriptStep) -> String {
    digest(&step.statements.join(";\n"))
}

/// Refuses to continue when the stored rows are not those of the script.
pub(crate) fn check_steps(id: i64, script: &Script, rows: &[StepRow]) -> Result<(), Error> {
    let equal = rows.len() == script.steps.len()
        && rows.iter().zip(&script.steps).enumerate().all(|(ord, (row, step))| {
            row.ord == ord && row.mode == step.mode && row.sql_digest == step_digest(step)
        });
    if equal {
        Ok(())
    } else {
        Err(invalid(&format!("the step rows of migration {id} are not those of its script")))
    }
}

fn digest(text: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(text.as_bytes())))
}
