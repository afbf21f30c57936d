//! [`Outline`] of a document.

use super::ast::{Directive, Document, FieldDefinition, ValueKind};
use super::codes;
use super::flavour::Flavour;
use super::lexer::unquote;
use super::links::links;
use super::print::quoted;
use super::relations::Ends;
use super::symbols::Symbols;
use super::{modernise, parser};
use crate::{Language, Outline, Remark, Said, Span};

/// The outline of a text; of one that is not valid, what could be read.
pub(super) fn outline(text: &str, language: Language) -> Outline {
    let mut findings = codes::no_findings();
    let mut document = parser::document(text, &mut findings);
    let flavour = Flavour::of(language, &document);
    if flavour != Flavour::Modern {
        modernise::modernise(&mut document, flavour);
    }
    let mut outline = remarks(&document, text);
    let symbols = Symbols::of(&document);
    let ends = Ends::of(&document, &symbols);
    for definition in &document.types {
        for field in &definition.fields {
            let key = (definition.name.text.to_owned(), field.name.text.to_owned());
            let said = outline.members.entry(key).or_default();
            said.default = default(field);
            said.required = field.ty.required;
            said.list = field.ty.list;
            said.hidden = field.span.start == field.span.end;
        }
    }
    for link in links(&ends, &symbols, flavour, &mut findings) {
        for end in [Some(link.first), link.second].into_iter().flatten() {
            let key = (end.model.name.text.to_owned(), end.field.name.text.to_owned());
            outline.members.entry(key).or_default().relation = Some(link.name.clone());
        }
    }
    outline
}

/// What Prisma 1's server filled in, in the words of PSL.
fn default(field: &FieldDefinition<'_>) -> Option<String> {
    if field.directive("createdAt").is_some() {
        return Some("now()".to_owned());
    }
    let value =
        &field.directive("default").and_then(|directive: &Directive<'_>| directive.argument("value"))?.value;
    let in_quotes = matches!(field.ty.name.text, "String" | "Json" | "DateTime" | "ID" | "UUID");
    Some(match &value.kind {
        // The legacy language's way to say that there is none.
        ValueKind::String(text) if text == "null" && field.ty.name.text != "String" => return None,
        ValueKind::String(text) if in_quotes => quoted(text),
        ValueKind::String(text) => text.clone(),
        ValueKind::Int(word) | ValueKind::Float(word) | ValueKind::Enum(word) => (*word).to_owned(),
        ValueKind::Boolean(truth) => truth.to_string(),
        ValueKind::Null | ValueKind::List(_) | ValueKind::Object(_) => return None,
    })
}

/// Gives every remark to what it stands before or behind.
fn remarks(document: &Document<'_>, text: &str) -> Outline {
    let mut reader = Reader { text, remarks: &document.remarks, next: 0 };
    let mut outline = Outline::default();
    let mut all: Vec<Element<'_>> = Vec::new();
    for definition in &document.types {
        all.push((definition.name.span, definition.name.text, Part::Name));
        let fields = definition.fields.iter().filter(|field| field.span.start < field.span.end);
        all.extend(fields.map(|field| (field.span, definition.name.text, Part::Member(field.name.text))));
        all.push((brace(definition.span), definition.name.text, Part::End));
    }
    for definition in &document.enums {
        all.push((definition.name.span, definition.name.text, Part::Name));
        let values = definition.values.iter();
        all.extend(values.map(|value| (value.span, definition.name.text, Part::Member(value.text))));
        all.push((brace(definition.span), definition.name.text, Part::End));
    }
    all.sort_by_key(|(span, ..)| span.start);
    for (span, owner, part) in all {
        let before = reader.before(span);
        match part {
            Part::Name => {
                outline.definitions.insert(owner.to_owned(), Said { before, ..Said::default() });
            }
            Part::Member(name) => {
                let behind = reader.behind(span);
                let said = Said { before, behind, ..Said::default() };
                outline.members.insert((owner.to_owned(), name.to_owned()), said);
            }
            Part::End => outline.definitions.entry(owner.to_owned()).or_default().inside = before,
        }
    }
    outline.end = reader.before(Span::new(text.len(), text.len()));
    outline
}

/// Where something stands, its type or enum, and which part of that it is.
type Element<'a> = (Span, &'a str, Part<'a>);

/// A part of a type or enum.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Name,
    Member(&'a str),
    End,
}

/// The closing brace of a definition.
const fn brace(span: Span) -> Span {
    Span::new(span.end.saturating_sub(1), span.end)
}

struct Reader<'t> {
    text: &'t str,
    remarks: &'t [Span],
    next: usize,
}

impl Reader<'_> {
    fn written(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn before(&mut self, span: Span) -> Vec<Remark> {
        let mut found = Vec::new();
        while let Some(remark) = self.remarks.get(self.next).copied().filter(|remark| remark.start < span.end)
        {
            self.next += 1;
            let written = self.written(remark);
            if let Some(comment) = written.strip_prefix('#') {
                found.push(Remark::Comment(comment.trim().to_owned()));
            } else {
                let description = unquote(written).unwrap_or_default();
                let lines = description.lines().map(|line| Remark::Documentation(line.trim().to_owned()));
                found.extend(lines);
            }
        }
        found
    }

    /// Only of members: what follows the name of a type is before its first field.
    fn behind(&mut self, span: Span) -> Option<String> {
        let remark = self.remarks.get(self.next).copied()?;
        let between = self.written(Span::new(span.end, remark.start));
        let comment = self.written(remark).strip_prefix('#')?.trim().to_owned();
        let same_line = !between.contains('\n') && between.trim().trim_end_matches(',').is_empty();
        self.next += usize::from(same_line);
        same_line.then_some(comment)
    }
}
