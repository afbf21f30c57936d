//! Current and desired [`Schema`](schema::Schema) to an ordered [`Plan`] with hazards.
//!
//! The one entry is [`diff`]. It is pure: no SQL, no counts, no clock. Equal inputs give equal plans, and the plan of
//! two equal schemas is empty.

mod model;

pub use model::*;
