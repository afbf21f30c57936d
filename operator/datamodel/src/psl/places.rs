//! The [`BlockPlace`]s of a text.

use bumpalo::Bump;

use super::ast::{Argument, Attribute, Block, Name, Value};
use super::parser;
use crate::{AttributePlace, BlockPlace, MemberPlace, RelationWords, Span};

/// All blocks in the order of the text. Of a text with errors, what could be read.
pub(crate) fn places(text: &str) -> Vec<BlockPlace> {
    let arena = Bump::new();
    parser::read(text, &arena).blocks.iter().map(|block| block_place(text, block)).collect()
}

fn block_place(text: &str, block: &Block<'_>) -> BlockPlace {
    let fields = block.fields.iter().map(|field| {
        let mut place = member(&field.name, field.attributes);
        let suffix = suffix(text, field.type_span().end);
        place.ty = Some(Span::new(field.type_span().start, field.type_span().end + suffix));
        place.span = place.span.to(Span::new(field.name.span().start, field.type_span().end + suffix));
        place
    });
    let values = block.values.iter().map(|value| member(&value.name, value.attributes));
    let settings = block.settings.iter().map(|setting| member(&setting.name, &[]));
    let line = text.get(..block.name.span().start).unwrap_or_default();
    let before = line.trim_end().len().saturating_sub(block.kind.keyword().len());
    BlockPlace {
        kind: block.kind,
        name: block.name.text.to_owned(),
        span: Span::new(before, block.end),
        members: fields.chain(values).chain(settings).collect(),
        attributes: block.attributes.iter().map(attribute).collect(),
    }
}

/// Bytes of `?` or `[]` behind a type.
fn suffix(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let marks = rest.trim_start_matches([' ', '\t']);
    let blanks = rest.len() - marks.len();
    match marks.as_bytes() {
        [b'?', ..] => blanks + 1,
        [b'[', ..] => marks.find(']').map_or(0, |end| blanks + end + 1),
        _ => 0,
    }
}

fn member(name: &Name<'_>, attributes: &[Attribute<'_>]) -> MemberPlace {
    let end = attributes.last().map_or(name.span(), Attribute::span);
    let relation = attributes.iter().find(|attribute| attribute.name.text == "relation");
    MemberPlace {
        name: name.text.to_owned(),
        span: name.span().to(end),
        ty: None,
        attributes: attributes.iter().map(attribute).collect(),
        relation: relation.map(words).unwrap_or_default(),
    }
}

fn words(attribute: &Attribute<'_>) -> RelationWords {
    let name =
        attribute.arguments.iter().find(|argument| argument.name.is_none_or(|name| name.text == "name"));
    RelationWords {
        name: name.and_then(text_of),
        holds: attribute
            .arguments
            .iter()
            .any(|argument| argument.name.is_some_and(|name| name.text == "fields")),
    }
}

fn attribute(attribute: &Attribute<'_>) -> AttributePlace {
    let name =
        attribute.arguments.iter().find(|argument| argument.name.is_some_and(|name| name.text == "name"));
    AttributePlace {
        name: attribute.name.text.to_owned(),
        span: attribute.span(),
        client_name: name.and_then(text_of),
    }
}

fn text_of(argument: &Argument<'_>) -> Option<String> {
    match &argument.value.value {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
