//! [`Plan`](plan::Plan) to [`Script`] for one dialect. Quoting lives only here.
//!
//! The one entry is [`render`]. Identifiers and literals become text nowhere else, so no name and no value can ever
//! change the meaning of a statement.

mod checks;
mod data;
mod keep;
mod model;
mod mysql;
mod postgres;
mod predicate;
mod quote;
mod render;
mod sample;
mod sqlite;
mod summary;

pub use data::{Batch, DATA_STEP, DataSteps, Key, MAX_DATA_STEP, batch, data_step};
pub use keep::{KEEP, KEPT_PREFIX, Kept, RESTORE, keep, restore};
pub use model::*;
pub use predicate::predicate;
pub use sqlite::holds;
pub use summary::RENAME_VALUES;
/// How the names of the checks begin that make a column required; nobody else's constraint is called so.
pub const NOT_NULL_PREFIX: &str = "_schemalift_not_null_";
/// How the names of indexes begin that a primary key takes over.
pub const KEY_PREFIX: &str = "_schemalift_key_";

pub use render::{VERSION, digest, digest_of, render, text};
pub use sample::{Sample, count_rows, remove_orphans, sample};
