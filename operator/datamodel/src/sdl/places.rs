//! The [`BlockPlace`]s of a text in SDL.

use super::ast::{Directive, FieldDefinition, Name};
use super::{codes, indexes, parser};
use crate::{AttributePlace, BlockKind, BlockPlace, MemberPlace, RelationWords, Span};

/// All types and enums in the order of the text. Of a text with errors, what could be read.
pub(super) fn places(text: &str) -> Vec<BlockPlace> {
    let document = parser::document(text, &mut codes::no_findings());
    let types = document.types.iter().map(|definition| BlockPlace {
        kind: BlockKind::Model,
        name: definition.name.text.to_owned(),
        span: definition.span,
        members: definition.fields.iter().map(|field| member(text, field)).collect(),
        attributes: definition.directives.iter().flat_map(with_indexes).collect(),
    });
    let enums = document.enums.iter().map(|definition| BlockPlace {
        kind: BlockKind::Enum,
        name: definition.name.text.to_owned(),
        span: definition.span,
        members: definition.values.iter().map(value).collect(),
        attributes: Vec::new(),
    });
    let mut places: Vec<BlockPlace> = types.chain(enums).collect();
    places.sort_by_key(|place| place.span.start);
    places
}

fn member(text: &str, field: &FieldDefinition<'_>) -> MemberPlace {
    let end = field.directives.first().map_or(field.span.end, |directive| directive.span.start);
    let rest = text.get(field.name.span.end..end).unwrap_or_default();
    let blank = rest.len() - rest.trim_start_matches([':', ' ', '\t', '\r', '\n']).len();
    let ty = Span::new(field.name.span.end + blank, field.name.span.end + rest.trim_end().len());
    let relation = field.directive("relation");
    MemberPlace {
        name: field.name.text.to_owned(),
        span: field.span,
        ty: Some(ty),
        attributes: field.directives.iter().map(attribute).collect(),
        relation: RelationWords {
            name: field.relation_name().map(str::to_owned),
            holds: relation.and_then(|relation| relation.text("link")) == Some("INLINE"),
        },
    }
}

fn value(name: &Name<'_>) -> MemberPlace {
    MemberPlace {
        name: name.text.to_owned(),
        span: name.span,
        ty: None,
        attributes: Vec::new(),
        relation: RelationWords::default(),
    }
}

/// The directive of a type, and the indexes that it lists.
fn with_indexes(directive: &Directive<'_>) -> Vec<AttributePlace> {
    let listed = indexes::listed(directive).into_iter().map(|span| AttributePlace {
        name: "index".to_owned(),
        span,
        client_name: None,
    });
    std::iter::once(attribute(directive)).chain(listed).collect()
}

fn attribute(directive: &Directive<'_>) -> AttributePlace {
    AttributePlace { name: directive.name.text.to_owned(), span: directive.span, client_name: None }
}
