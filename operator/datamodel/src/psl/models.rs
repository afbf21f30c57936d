//! Models: their fields, attributes and names.

use std::cell::OnceCell;

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;

use super::arguments::{Arguments, mapped, once, unknown};
use super::ast::{Attribute, Block, BlockKind, Field, TypeName};
use super::codes;
use super::declared::{Declared, Member};
use super::distinct::Distinct;
use super::keys::Keys;
use super::relation_fields::Link;
use super::scope::Scope;
use super::{autoincrement, client_names, fields, indexes, shard_keys};
use crate::findings::Findings;
use crate::{Arity, ColumnField, Diagnostic, Edition, IndexKind, Model, Span};

/// Attributes of a model.
const ATTRIBUTES: [&str; 8] = ["id", "unique", "index", "fulltext", "map", "ignore", "schema", "shardKey"];

/// A model being put together, with what later checks need of its text.
pub(crate) struct Draft<'b, 'a> {
    /// The block.
    pub(crate) block: &'b Block<'a>,
    /// The result so far.
    pub(crate) model: Model,
    /// Every declared field.
    pub(crate) members: Declared<'b, 'a>,
    /// The text of `model.columns`, one by one.
    pub(crate) columns: ArenaVec<'b, &'b Field<'a>>,
    /// What the text says of `model.relations`, one by one.
    pub(crate) links: ArenaVec<'b, Link<'b, 'a>>,
    /// Where `model.indexes` stand, one by one.
    pub(crate) index_spans: ArenaVec<'b, Span>,
    /// Where the primary key stands.
    pub(crate) key_span: Span,
    /// Some key could not be read, so a missing one is not reported.
    pub(crate) key_broken: bool,
    /// The keys, once they are all read.
    pub(crate) keys: OnceCell<Keys>,
    view: bool,
    ignored: bool,
}

impl Draft<'_, '_> {
    /// Whether it is a view, which a migration leaves alone.
    pub(crate) fn is_view(&self) -> bool {
        self.view
    }

    /// Whether client code is to know nothing of it.
    pub(crate) fn is_ignored(&self) -> bool {
        self.ignored
    }

    /// The column field of this name.
    pub(crate) fn column(&self, name: &str) -> Option<&ColumnField> {
        match self.members.get(name) {
            Some(Member::Column(index)) => self.model.columns.get(index),
            _ => None,
        }
    }

    /// Whether exactly these fields, in this order, are a key or a unique index.
    pub(crate) fn is_unique_in_order(&self, fields: &[String]) -> bool {
        self.keys().is_unique_in_order(&self.model, fields)
    }

    /// Whether exactly these fields, in any order, are a key or a unique index that a foreign key can refer to: one over
    /// all rows.
    pub(crate) fn is_unique(&self, fields: &[String]) -> bool {
        self.keys().is_unique(&self.model, fields)
    }

    /// Whether a key or an index begins with these fields.
    pub(crate) fn is_led_by(&self, fields: &[String]) -> bool {
        self.keys().is_led_by(&self.model, fields)
    }

    fn keys(&self) -> &Keys {
        self.keys.get_or_init(|| Keys::of(&self.model))
    }
}

/// Reads all models in the order of the text.
pub(crate) fn read<'b, 'a>(
    blocks: &'b [Block<'a>],
    scope: &Scope<'b, 'a>,
    names: &mut Distinct,
    arena: &'b Bump,
    diagnostics: &mut Findings,
) -> Vec<Draft<'b, 'a>> {
    let models = blocks
        .iter()
        .filter(|block| matches!(block.kind, BlockKind::Model | BlockKind::View) && scope.owns(block));
    let mut drafts = Vec::with_capacity(blocks.len());
    drafts.extend(models.map(|block| {
        let draft = one(block, scope, arena, diagnostics);
        names.add_model(&draft);
        draft
    }));
    drafts
}

fn one<'b, 'a>(
    block: &'b Block<'a>,
    scope: &Scope<'b, 'a>,
    arena: &'b Bump,
    diagnostics: &mut Findings,
) -> Draft<'b, 'a> {
    // Nearly every relation field has `@relation`, so that nearly every list gets the room that it needs.
    let relation = |field: &&Field<'_>| field.attributes.iter().any(|found| found.name.text == "relation");
    let relations = block.fields.iter().filter(relation).count();
    let columns = block.fields.len() - relations;
    let mut draft = Draft {
        block,
        model: Model {
            name: block.name.text.to_owned(),
            database_name: None,
            namespace: None,
            renamed_from: block.renamed_from.map(str::to_owned),
            columns: Vec::with_capacity(columns),
            relations: Vec::with_capacity(relations),
            primary_key: None,
            indexes: Vec::new(),
            span: block.name.span(),
        },
        members: Declared::with_capacity(block.fields.len(), arena),
        columns: ArenaVec::with_capacity_in(columns, arena),
        links: ArenaVec::with_capacity_in(relations, arena),
        index_spans: ArenaVec::new_in(arena),
        key_span: block.name.span(),
        key_broken: block.damaged,
        keys: OnceCell::new(),
        view: block.kind == BlockKind::View,
        ignored: block.attributes.iter().any(|attribute| attribute.name.text == "ignore"),
    };
    for field in block.fields {
        if draft.members.contains(field.name.text) {
            let message =
                format!("The model `{}` has already a field `{}`.", block.name.text, field.name.text);
            let found = Diagnostic::error(codes::DUPLICATE_MEMBER, field.name.span(), message);
            diagnostics.push(found.help("Give one of them another name."));
            continue;
        }
        let member = fields::read(field, &mut draft, scope, diagnostics);
        draft.members.insert(field.name.text, member);
    }
    for place in 0..draft.columns.len() {
        if let Some(field) = draft.columns.get(place).copied() {
            indexes::of_field(field, &mut draft, scope, diagnostics);
        }
    }
    for attribute in once(block.attributes, &["unique", "index", "fulltext"], diagnostics) {
        match attribute.name.text {
            "map" => draft.model.database_name = mapped(attribute, diagnostics),
            "schema" => draft.model.namespace = scope.namespace(attribute, diagnostics),
            "id" | "unique" | "index" | "fulltext" => {
                indexes::of_model(attribute, &mut draft, scope, diagnostics);
            }
            "ignore" => {
                Arguments::read(attribute, &[], diagnostics);
                scope.target.since(Edition::Two, "`@@ignore`", attribute.span(), diagnostics);
            }
            "shardKey" => shard_keys::of_model(attribute, &draft, scope, diagnostics),
            "embedded" => embedded(attribute, scope, diagnostics),
            _ => unknown(attribute, "@@", &ATTRIBUTES, "a model", diagnostics),
        }
    }
    scope.need_namespace(block, block.name.span(), diagnostics);
    ignored_twice(&draft, diagnostics);
    client_names::check(&draft, diagnostics);
    if draft.is_view() {
        bare_view(&draft, diagnostics);
    } else {
        criterion(&draft, diagnostics);
        autoincrement::check(&draft, scope, diagnostics);
    }
    draft
}

/// `@@embedded` was for databases of documents; the first edition read it, and made a table all the same.
fn embedded(attribute: &Attribute<'_>, scope: &Scope<'_, '_>, diagnostics: &mut Findings) {
    Arguments::read(attribute, &[], diagnostics);
    if scope.target.edition > Edition::Lift {
        let message = "No relational database has embedded models.";
        let help =
            scope.target.until(Edition::Lift, "Remove the attribute: the model has a table of its own.");
        diagnostics.error(codes::EDITION, attribute.span(), message, help);
    }
}

/// Reports `@ignore` inside what is ignored as a whole.
fn ignored_twice(draft: &Draft<'_, '_>, diagnostics: &mut Findings) {
    let attributes = draft.block.fields.iter().flat_map(|field| field.attributes);
    for attribute in attributes.filter(|attribute| attribute.name.text == "ignore" && draft.is_ignored()) {
        let message = format!("The model `{}` is ignored as a whole.", draft.model.name);
        let found = Diagnostic::error(codes::IGNORED, attribute.span(), message);
        diagnostics.push(found.help("Remove this `@ignore`, or `@@ignore`."));
    }
}

/// Reports keys and indexes of a view.
fn bare_view(draft: &Draft<'_, '_>, diagnostics: &mut Findings) {
    let key = draft.model.primary_key.iter().map(|_| draft.key_span);
    let plain = draft
        .model
        .indexes
        .iter()
        .zip(&draft.index_spans)
        .filter(|(index, _)| index.kind != IndexKind::Unique);
    for span in key.chain(plain.map(|(_, span)| *span)) {
        let message =
            format!("The view `{}` has neither a primary key nor indexes of its own.", draft.model.name);
        let found = Diagnostic::error(codes::VIEW, span, message);
        diagnostics.push(found.help("Mark what tells its rows apart with `@unique`."));
    }
}

/// Reports a model whose rows cannot be told apart.
fn criterion(draft: &Draft<'_, '_>, diagnostics: &mut Findings) {
    let required = |name: &str| match draft.members.get(name) {
        Some(Member::Column(index)) => draft
            .columns
            .get(index)
            .is_some_and(|field| field.arity == Arity::Required && matches!(field.ty, TypeName::Named(_))),
        _ => true,
    };
    let supported = |name: &str| match draft.members.get(name) {
        Some(Member::Column(index)) => {
            draft.columns.get(index).is_some_and(|field| matches!(field.ty, TypeName::Named(_)))
        }
        _ => true,
    };
    let unique = draft.model.indexes.iter().any(|index| {
        index.kind == IndexKind::Unique && index.fields.iter().all(|field| required(&field.name))
    });
    let key = draft.model.primary_key.as_ref();
    let key = key.is_some_and(|key| key.fields.iter().all(|field| supported(&field.name)));
    if !key && !unique && !draft.key_broken && !draft.is_ignored() {
        let message = format!("The rows of the model `{}` cannot be told apart.", draft.model.name);
        let found = Diagnostic::error(codes::NO_UNIQUE_CRITERION, draft.model.span, message);
        diagnostics.push(found.help("Mark a required field with `@id` or `@unique`, or add `@@id([…])` or `@@unique([…])` over required fields."));
    }
}
