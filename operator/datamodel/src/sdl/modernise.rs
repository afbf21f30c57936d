//! A legacy document, checked, in the words of v1.1: what was said by a name or by nothing is said by a directive.

use std::collections::BTreeSet;

use super::ast::{
    Argument, Directive, Document, FieldDefinition, Name, TypeDefinition, TypeReference, Value, ValueKind,
};
use super::directives::{self, Place};
use super::flavour::Flavour;
use super::symbols::is_scalar;
use crate::Span;

/// Rewrites the whole document.
pub(super) fn modernise(document: &mut Document<'_>, flavour: Flavour) {
    let enums: BTreeSet<&str> = document.enums.iter().map(|definition| definition.name.text).collect();
    for definition in &mut document.enums {
        keep_known(&mut definition.directives, Place::Enum, flavour);
    }
    for definition in &mut document.types {
        keep_known(&mut definition.directives, Place::Type, flavour);
        reword(&mut definition.directives, "pgTable", "db");
        for field in &mut definition.fields {
            let stored = enums.contains(field.ty.name.text) || is_scalar(field.ty.name.text);
            let content = if stored { Content::Values } else { Content::Relation };
            modernise_field(field, content, flavour);
        }
        if flavour == Flavour::Legacy && !definition.is_embedded() {
            add_hidden(definition);
        }
    }
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Values,
    Relation,
}

fn keep_known(list: &mut Vec<Directive<'_>>, place: Place, flavour: Flavour) {
    list.retain(|directive| directives::is_known(directive.name.text, place, flavour));
}

fn reword(list: &mut [Directive<'_>], from: &str, to: &'static str) {
    for directive in list.iter_mut().filter(|directive| directive.name.text == from) {
        directive.name.text = to;
    }
}

fn modernise_field(field: &mut FieldDefinition<'_>, content: Content, flavour: Flavour) {
    keep_known(&mut field.directives, Place::Field, flavour);
    let list = &mut field.directives;
    reword(list, "pgColumn", "db");
    reword(list, "pqUnique", "unique");
    reword(list, "pgDefault", "default");
    match field.name.text {
        "id" => reword(list, "unique", "id"),
        "createdAt" => list.push(bare("createdAt", field.name.span)),
        "updatedAt" => list.push(bare("updatedAt", field.name.span)),
        _ => {}
    }
    for directive in list.iter_mut() {
        if directive.name.text == "relation" && flavour == Flavour::Legacy {
            directive.arguments.retain(|argument| argument.name.text != "link");
        }
    }
    let column = list
        .iter()
        .find(|directive| directive.name.text == "pgRelation")
        .and_then(|directive| Some((directive.text("column")?.to_owned(), directive.span)));
    if let Some((column, span)) = column {
        list.push(with_argument("db", "name", ValueKind::String(column), span));
    }
    if field.ty.list && content != Content::Relation {
        list.push(with_argument("scalarList", "strategy", ValueKind::Enum("RELATION"), field.name.span));
    }
}

fn bare<'a>(name: &'static str, span: Span) -> Directive<'a> {
    Directive { name: Name { text: name, span }, span, arguments: Vec::new() }
}

fn with_argument<'a>(
    name: &'static str,
    argument: &'static str,
    kind: ValueKind<'a>,
    span: Span,
) -> Directive<'a> {
    let argument = Argument { name: Name { text: argument, span }, value: Value { kind, span } };
    Directive { arguments: vec![argument], ..bare(name, span) }
}

/// Columns that every table of a legacy service has, whether its type names them or not; the id comes first.
fn add_hidden(definition: &mut TypeDefinition<'_>) {
    for (name, ty, directive) in
        [("id", "ID", "id"), ("createdAt", "DateTime", "createdAt"), ("updatedAt", "DateTime", "updatedAt")]
    {
        if definition.fields.iter().any(|field| field.name.text == name) {
            continue;
        }
        let span = definition.name.span;
        let reference = TypeReference {
            name: Name { text: ty, span },
            list: false,
            required: true,
            written: format!("{ty}!"),
        };
        let field = FieldDefinition {
            name: Name { text: name, span },
            ty: reference,
            directives: vec![bare(directive, span)],
            span: Span::new(span.end, span.end),
        };
        let place = if name == "id" { 0 } else { definition.fields.len() };
        definition.fields.insert(place, field);
    }
}
