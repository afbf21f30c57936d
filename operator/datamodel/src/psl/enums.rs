//! Enums.

use std::collections::BTreeSet;

use super::arguments::{mapped, once, unknown};
use super::ast::{Block, BlockKind};
use super::codes;
use super::scope::Scope;
use crate::findings::Findings;
use crate::{Diagnostic, Enum, EnumValue};

/// Reads all enums in the order of the text.
pub(crate) fn read(blocks: &[Block<'_>], scope: &Scope<'_, '_>, diagnostics: &mut Findings) -> Vec<Enum> {
    let enums = blocks.iter().filter(|block| block.kind == BlockKind::Enum && scope.owns(block));
    enums.map(|block| one(block, scope, diagnostics)).collect()
}

fn one(block: &Block<'_>, scope: &Scope<'_, '_>, diagnostics: &mut Findings) -> Enum {
    let mut result = Enum {
        name: block.name.text.to_owned(),
        database_name: None,
        namespace: None,
        renamed_from: block.renamed_from.map(str::to_owned),
        values: Vec::new(),
        span: block.name.span(),
    };
    for attribute in once(block.attributes, &[], diagnostics) {
        match attribute.name.text {
            "map" => result.database_name = mapped(attribute, diagnostics),
            "schema" => result.namespace = scope.namespace(attribute, diagnostics),
            _ => unknown(attribute, "@@", &["map", "schema"], "an enum", diagnostics),
        }
    }
    scope.need_namespace(block, block.name.span(), diagnostics);
    if block.values.is_empty() && !block.damaged {
        let message = format!("The enum `{}` has no value.", block.name.text);
        let found = Diagnostic::error(codes::EMPTY_ENUM, block.name.span(), message);
        diagnostics.push(found.help("Add a value, or remove the enum and the fields that use it."));
    }
    let (mut seen, mut stored) = (BTreeSet::new(), BTreeSet::new());
    for member in block.values {
        let name = member.name;
        if !seen.insert(name.text) {
            let message = format!("The enum `{}` has already a value `{}`.", block.name.text, name.text);
            let found = Diagnostic::error(codes::DUPLICATE_MEMBER, name.span(), message);
            diagnostics.push(found.help("Remove one of them."));
            continue;
        }
        let mut value = EnumValue {
            name: name.text.to_owned(),
            database_name: None,
            renamed_from: member.renamed_from.map(str::to_owned),
        };
        for attribute in once(member.attributes, &[], diagnostics) {
            match attribute.name.text {
                "map" => value.database_name = mapped(attribute, diagnostics),
                _ => unknown(attribute, "@", &["map"], "a value of an enum", diagnostics),
            }
        }
        if !stored.insert(value.stored().to_owned()) {
            let message = format!(
                "Another value of `{}` is already stored as \"{}\".",
                block.name.text,
                value.stored()
            );
            let found = Diagnostic::error(codes::DUPLICATE_COLUMN, name.span(), message);
            diagnostics.push(found.help("Give one of them another `@map`."));
        }
        result.values.push(value);
    }
    result
}
