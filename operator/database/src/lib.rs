//! The only crate with drivers: connect, introspect, lock, history, run.
//!
//! The truth about a migration is in the target database. A row of the history is written before a step starts and
//! closed when it ends, in the step's own transaction wherever the engine can, so that a run that was killed at any
//! point is finished by the next one without running a step twice. No password appears in an error or a log.

mod batch;
mod database;
mod error;
mod guard;
mod history;
mod kept;
mod lag;
mod mysql;
mod parameters;
mod pause;
mod postgres;
mod progress;
mod question;
mod rehearsal;
mod repair;
mod settings;
mod shadow;
mod sizes;
mod sqlite;
mod stop;
mod target;

pub use database::{Database, TableNames, connect};
pub use error::Error;
pub use history::{
    End, HISTORY_VERSION, History, MigrationId, MigrationRow, MigrationState, NewMigration, Opening, StepRow,
    StepState, Unfinished, step_digest,
};
pub use kept::KeptTable;
pub use progress::Progress;
pub use question::{Answer, EXAMPLE, Question};
pub use rehearsal::Rehearsal;
pub use repair::Damage;
pub use settings::Settings;
pub use shadow::Shadow;
pub use sizes::TableSize;
pub use stop::Stop;
pub use target::{Credentials, Target};
