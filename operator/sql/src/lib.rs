//! [`Plan`](plan::Plan) to [`Script`] for one dialect. Quoting lives only here.
//!
//! The one entry is [`render`]. Identifiers and literals become text nowhere else, so no name and no value can ever
//! change the meaning of a statement.

mod model;

pub use model::*;
