//! Current and desired [`Schema`](schema::Schema) to an ordered [`Plan`] with hazards.
//!
//! The one entry is [`diff`]. It is pure: no SQL, no counts, no clock. Equal inputs give equal plans, and the plan of
//! two equal schemas is empty.

mod arrivals;
mod by_name;
mod casts;
mod checks;
mod columns;
mod defaults;
mod diff;
mod enums;
mod hazards;
mod impact;
mod keys;
mod limits;
mod model;
mod mysql;
mod ownership;
mod places;
mod postgres;
mod renames;
mod replaced;
mod reverse;
mod similar;
mod spelling;
mod sqlite;
mod tables;
mod ties;
mod values;

pub use by_name::ByName;
pub use checks::{Check, Comparison, Concerned, KeyColumn, Limit, Operand, Referenced, SharedColumn};
pub use columns::same_column;
pub use diff::{Refusal, diff};
pub use impact::{Blocks, Impact, LockMode, TableLock, Work, impact, retype, work};
pub use keys::{same_foreign_key, same_index};
pub use model::*;
pub use ownership::{Ownership, managed, spoken_of, unmanaged};
pub use reverse::{reverse, reverse_by_way_of};
