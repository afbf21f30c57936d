//! Texts that nobody would write, and what must hold of every text.
//!
//! A [`Recipe`] is a text of the [`corpus`] with a few [`Edit`]s of its tokens and lines: near enough to a good text to
//! get past the parser, and far enough to be one that nobody thought of. [`properties`] are what is asked of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise; places are taken from numbers below the length"
)]

pub mod corpus;
pub mod properties;
mod recipe;
mod tokens;

pub use recipe::{Edit, Recipe, Words};
