//! `type Name = Scalar @attributes`, which editions `lift` and `2` had: each field of such a type gets what it stands for.

use std::collections::{BTreeMap, BTreeSet};

use bumpalo::Bump;

use super::ast::{Attribute, Block, BlockKind, Field, TypeName};
use super::codes;
use super::datasource::Target;
use super::scope::{is_reserved, scalar};
use crate::findings::Findings;
use crate::{Arity, Edition};

const HELP: &str = "Let it stand for a scalar, such as `String`, or for an enum.";

/// Bytes of the attributes that a name may stand for: every field of its type repeats them.
const MAX_BYTES: usize = 4096;

/// What a name stands for at the end of the chain.
#[derive(Clone)]
struct Meaning<'a> {
    ty: TypeName<'a>,
    attributes: Vec<Attribute<'a>>,
    /// Bytes of the attributes.
    size: usize,
}

/// Replaces each field's alias by its type, with the alias's attributes before the field's own. Where the edition has
/// no aliases they are reported and replaced all the same, so that one mistake gives one finding.
pub(crate) fn replace<'a>(
    blocks: &mut [Block<'a>],
    aliases: &[Field<'a>],
    target: &Target,
    arena: &'a Bump,
    diagnostics: &mut Findings,
) {
    if aliases.is_empty() {
        return;
    }
    let declared: BTreeMap<&'a str, BlockKind> =
        blocks.iter().map(|block| (block.name.text, block.kind)).collect();
    let mut known: BTreeMap<&'a str, &Field<'a>> = BTreeMap::new();
    for alias in aliases {
        let (name, span) = (alias.name.text, alias.name.span());
        if target.edition > Edition::Two {
            let message = format!("Edition `{}` has no type aliases.", target.edition.as_str());
            let help = target.until(Edition::Two, "Write the type and its attributes at each field.");
            diagnostics.error(codes::EDITION, span, message, help);
        }
        if is_reserved(name) {
            let message = format!("`{name}` is a reserved name.");
            diagnostics.error(codes::RESERVED_NAME, span, message, "Choose another name.");
        } else if declared.contains_key(name) || known.contains_key(name) {
            let message = format!("There is already a type `{name}`.");
            diagnostics.error(codes::DUPLICATE_BLOCK, span, message, "Give one of them another name.");
        } else {
            known.insert(name, alias);
        }
    }
    let mut meanings = BTreeMap::new();
    for alias in known.values() {
        resolve(alias, &known, &declared, &mut meanings, diagnostics);
    }
    for block in blocks {
        block.fields = arena.alloc_slice_fill_iter(block.fields.iter().map(|field| {
            let TypeName::Named(name) = field.ty else { return *field };
            let Some(meaning) = meanings.get(name) else { return *field };
            let attributes: Vec<_> = meaning.attributes.iter().chain(field.attributes).copied().collect();
            let mut field = *field;
            (field.ty, field.attributes) = (meaning.ty, arena.alloc_slice_copy(&attributes));
            field
        }));
    }
}

/// Follows an alias to the end of its chain; every alias on the way is known afterwards.
fn resolve<'a>(
    alias: &Field<'a>,
    known: &BTreeMap<&'a str, &Field<'a>>,
    declared: &BTreeMap<&'a str, BlockKind>,
    meanings: &mut BTreeMap<&'a str, Meaning<'a>>,
    diagnostics: &mut Findings,
) {
    let mut path: Vec<&Field<'a>> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut at = alias;
    let mut end = loop {
        if let Some(meaning) = meanings.get(at.name.text) {
            break meaning.clone();
        }
        let mut ty = at.ty;
        if seen.insert(at.name.text) {
            path.push(at);
            if let TypeName::Named(name) = ty {
                if let Some(next) = known.get(name) {
                    at = next;
                    continue;
                }
                if scalar(name).is_none() && declared.get(name) != Some(&BlockKind::Enum) {
                    let is =
                        if declared.contains_key(name) { "neither a scalar nor an enum" } else { "no type" };
                    let message = format!("`{name}` is {is}, so no alias can stand for it.");
                    diagnostics.error(codes::UNKNOWN_TYPE, at.type_span(), message, HELP);
                    ty = TypeName::Named("String");
                }
            }
        } else {
            let message = format!("The alias `{}` stands for itself.", at.name.text);
            diagnostics.error(codes::UNKNOWN_TYPE, at.type_span(), message, HELP);
            ty = TypeName::Named("String");
        }
        break Meaning { ty, attributes: Vec::new(), size: 0 };
    };
    for step in path.into_iter().rev() {
        if step.arity != Arity::Required {
            let message = format!("The alias `{}` stands for more than a type.", step.name.text);
            diagnostics.error(
                codes::FIELD_FORM,
                step.type_span(),
                message,
                "Write `?` and `[]` at the field.",
            );
        }
        end.size += step.attributes.iter().map(|found| found.span().end - found.span().start).sum::<usize>();
        if end.size > MAX_BYTES {
            let message = format!("The alias `{}` stands for more than {MAX_BYTES} bytes.", step.name.text);
            diagnostics.error(
                codes::BAD_VALUE,
                step.name.span(),
                message,
                "Write the attributes at each field.",
            );
            (end.attributes, end.size) = (Vec::new(), 0);
        } else {
            end.attributes.extend(step.attributes);
        }
        meanings.insert(step.name.text, end.clone());
    }
}
