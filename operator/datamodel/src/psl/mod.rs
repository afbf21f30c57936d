//! The Prisma schema language: text to [`Datamodel`] in one pass over each of its parts.
//!
//! Lines are read by [`parser`], blocks are checked against the [`datasource`], models are resolved by [`models`],
//! their keys by [`indexes`], the relations between them by [`relations`]. Every stage reports and goes on.

mod arguments;
mod ast;
mod autoincrement;
mod codes;
mod datasource;
mod defaults;
mod enums;
mod expressions;
mod fields;
mod indexes;
mod inline;
mod lexer;
mod literals;
mod members;
mod models;
mod names;
mod native_types;
mod operators;
mod parser;
mod relation_fields;
mod relations;
mod scope;
mod suggest;

use crate::{Datamodel, Diagnostic, Language, Severity};

/// Parses and validates. The datamodel is there exactly when no finding is an error.
///
/// Never panics; every span lies inside the text on character boundaries; time is linear in the text but for
/// the sorting of names.
pub(crate) fn parse(text: &str) -> (Option<Datamodel>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let blocks = parser::read(text, &mut diagnostics);
    let target = datasource::read(&blocks, &mut diagnostics);
    let scope = scope::Scope::new(&blocks, target, &mut diagnostics);
    let enums = enums::read(&blocks, &scope, &mut diagnostics);
    let mut drafts = models::read(&blocks, &scope, &mut diagnostics);
    let relations = relations::resolve(&mut drafts, &scope, &mut diagnostics);
    names::check(&drafts, &enums, &relations, &scope, &mut diagnostics);
    let failed = diagnostics.iter().any(|found| found.severity == Severity::Error);
    let datamodel = (!failed).then(|| Datamodel {
        language: Language::Psl,
        datasource: scope.target.datasource,
        models: drafts.into_iter().map(|draft| draft.model).collect(),
        enums,
        relations: relations.into_iter().map(|(relation, _)| relation).collect(),
    });
    (datamodel, diagnostics)
}
