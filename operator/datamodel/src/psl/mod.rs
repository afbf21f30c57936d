//! The Prisma schema language: text to [`Datamodel`] in one pass over each of its parts.
//!
//! Lines are read by [`parser`], blocks are checked against the [`datasource`], models are resolved by [`models`],
//! their keys by [`indexes`], the relations between them by [`relations`]. Every stage reports and goes on.

mod aliases;
mod arguments;
mod ast;
mod autoincrement;
mod client_names;
mod codes;
mod constraints;
mod datasource;
mod declared;
mod defaults;
mod distinct;
mod editions;
mod enums;
mod expressions;
mod fields;
mod format;
mod indexes;
mod inline;
mod keys;
mod lexer;
mod literals;
mod members;
mod models;
mod names;
mod naming;
mod native_types;
pub(crate) mod operators;
mod parser;
mod places;
mod predicates;
mod relation_fields;
mod relations;
pub(crate) mod scope;
mod seen;
mod shard_keys;
mod suggest;

pub(crate) use format::format;
pub(crate) use places::places;

use std::collections::BTreeSet;

use bumpalo::Bump;
use distinct::Distinct;
use parser::Read;

use crate::{Datamodel, Diagnostic, Edition, Language, Model, PartialIndexes, Relation};

/// Parses and validates. The datamodel is there exactly when no finding is an error.
///
/// Never panics; every span lies inside the text on character boundaries; time is linear in the text but for
/// the sorting of names.
pub(crate) fn parse(text: &str, edition: Edition) -> (Option<Datamodel>, Vec<Diagnostic>) {
    let arena = Bump::new();
    let Read { mut blocks, aliases, findings: mut diagnostics } = parser::read(text, &arena);
    let target = datasource::read(&blocks, edition, &mut diagnostics);
    aliases::replace(&mut blocks, &aliases, &target, &arena, &mut diagnostics);
    let scope = scope::Scope::new(&blocks, target, &mut diagnostics);
    let enums = enums::read(&blocks, &scope, &mut diagnostics);
    let mut names = Distinct::with_capacity(blocks.len(), &scope);
    for item in &enums {
        names.add_enum(item);
    }
    let mut drafts = models::read(&blocks, &scope, &mut names, &arena, &mut diagnostics);
    let relations = relations::resolve(&mut drafts, &scope, &mut names, &mut diagnostics);
    if !names.is_sure() {
        names::check(&drafts, &enums, &relations, &scope, &mut diagnostics);
    }
    let failed = diagnostics.errors() > 0;
    let partial_indexes = if scope.target.previews.contains("partialIndexes") {
        PartialIndexes::Declared
    } else {
        PartialIndexes::LeftAlone
    };
    let datamodel = (!failed).then(|| {
        let views = drafts.iter().filter(|draft| scope.has_views && draft.is_view());
        let views: BTreeSet<String> = views.map(|draft| draft.model.name.clone()).collect();
        let mut relations = relations.list;
        if scope.has_views {
            relations.retain(|relation| !touches(relation, &views));
        }
        Datamodel {
            language: Language::Psl,
            edition,
            datasource: scope.target.datasource,
            models: drafts
                .into_iter()
                .filter(|draft| !draft.is_view())
                .map(|draft| without(draft.model, &views))
                .collect(),
            enums,
            relations,
            partial_indexes,
        }
    });
    (datamodel, diagnostics.into_list())
}

/// The model without relation fields to views, which a migration knows nothing of.
fn without(mut model: Model, views: &BTreeSet<String>) -> Model {
    if !views.is_empty() {
        model.relations.retain(|field| !views.contains(&field.target));
    }
    model
}

fn touches(relation: &Relation, views: &BTreeSet<String>) -> bool {
    match relation {
        Relation::Inline(inline) => views.contains(&inline.model) || views.contains(&inline.target),
        Relation::Table(table) => views.contains(&table.a.model) || views.contains(&table.b.model),
    }
}
