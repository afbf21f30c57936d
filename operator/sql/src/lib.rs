//! [`Plan`](plan::Plan) to [`Script`] for one dialect. Quoting lives only here.
//!
//! The one entry is [`render`]. Identifiers and literals become text nowhere else, so no name and no value can ever
//! change the meaning of a statement.

mod checks;
mod model;
mod mysql;
mod postgres;
mod predicate;
mod quote;
mod render;
mod sqlite;
mod summary;

pub use model::*;
pub use predicate::predicate;
pub use render::{VERSION, digest, render, text};
