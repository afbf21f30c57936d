//! A [`Schema`](schema::Schema) as a datamodel's text.
//!
//! The one entry is [`write`]. It is pure: the same schema and the same text before give the same text on every machine.
//! What it guarantees of a text that it wrote without remarks: it parses, and a plan from the schema to what it
//! describes is empty. Of a text that was there before it keeps every byte that the database does not contradict; one of
//! several files ([`datamodel::join`]) stays one, and what is new comes into the file of its datasource.

mod block;
mod check;
mod context;
mod defaults;
mod edit;
mod enums;
mod fields;
mod keys;
mod known;
mod links;
mod merge;
mod models;
mod names;
mod psl;
mod relation_names;
mod relations;
mod remark;
mod sdl;
mod sdl_head;
mod sdl_indexes;
mod sdl_known;
mod sdl_lines;
mod sdl_words;
mod types;

use datamodel::{Diagnostic, Edition};
pub use remark::Remark;
use schema::{Schema, Scope};

/// The language to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Prisma schema language, with the names that the edition makes.
    Psl(Edition),
    /// Prisma 1's datamodel v1.1, as is the text before.
    SdlV11,
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The whole text, ending with a line break.
    pub text: String,
    /// What it could not say, by the database's names.
    pub remarks: Vec<Remark>,
}

/// Writes the schema that was found. `before` is the text to keep what a person wrote of; its errors are answered when
/// it has some.
///
/// `scope` says which namespace needs no `@@schema`. Tables without which the others are whole are left out: partitions.
pub fn write(
    found: &Schema,
    form: Form,
    scope: &Scope,
    before: Option<&str>,
) -> Result<Written, Vec<Diagnostic>> {
    match form {
        Form::Psl(edition) => psl::write(found, edition, scope, before),
        Form::SdlV11 => sdl::write(found, scope, before),
    }
}
