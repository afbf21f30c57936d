//! A document as text, in the form of Prisma 1's own printer: two blanks, one field a line, comments where they were.

use std::fmt::Write as _;

use super::ast::{Directive, Document, EnumDefinition, FieldDefinition, TypeDefinition, Value, ValueKind};
use crate::Span;

/// How values of defaults are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defaults {
    /// As they stand in the text.
    AsWritten,
    /// As v1.1 writes them: quoted or not by the field's type.
    ByType,
}

/// Prints the whole document.
pub(super) fn print(document: &Document<'_>, text: &str, defaults: Defaults) -> String {
    let mut printer =
        Printer { text, defaults, remarks: &document.remarks, next: 0, last: 0, out: String::new() };
    let mut parts: Vec<Part<'_, '_>> = document.types.iter().map(Part::Type).collect();
    parts.extend(document.enums.iter().map(Part::Enum));
    // v1.1 needs no declaration of what it has.
    parts.extend(document.scalars.iter().filter(|_| defaults == Defaults::AsWritten).map(Part::Scalar));
    parts.sort_by_key(Part::start);
    let mut scalar = false;
    for part in parts {
        match part {
            Part::Type(definition) => printer.type_definition(definition),
            Part::Enum(definition) => printer.enum_definition(definition),
            Part::Scalar(span) => printer.scalar(*span, scalar),
        }
        scalar = matches!(part, Part::Scalar(_));
    }
    printer.remarks_before(text.len(), "");
    printer.out
}

/// A definition.
enum Part<'d, 'a> {
    Type(&'d TypeDefinition<'a>),
    Enum(&'d EnumDefinition<'a>),
    Scalar(&'d Span),
}

impl Part<'_, '_> {
    const fn start(&self) -> usize {
        match self {
            Self::Type(definition) => definition.span.start,
            Self::Enum(definition) => definition.span.start,
            Self::Scalar(span) => span.start,
        }
    }
}

struct Printer<'t> {
    text: &'t str,
    defaults: Defaults,
    remarks: &'t [Span],
    next: usize,
    /// Where what was printed last ends in the text.
    last: usize,
    out: String,
}

impl Printer<'_> {
    fn between(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// A blank line where the text has one, or where `wanted`, but never at the beginning of a block.
    fn gap(&mut self, until: usize) {
        let blank = self.between(self.last, until).matches('\n').count() > 1;
        if blank && !self.out.is_empty() && !self.out.ends_with("\n\n") && !self.out.ends_with("{\n") {
            self.out.push('\n');
        }
    }

    /// Comments and descriptions that stand before this place, each on lines of its own.
    fn remarks_before(&mut self, until: usize, indent: &str) {
        while let Some(remark) = self.remarks.get(self.next).copied().filter(|remark| remark.start < until) {
            self.next += 1;
            self.gap(remark.start);
            self.last = remark.end;
            let lines: Vec<String> =
                self.between(remark.start, remark.end).lines().map(|line| line.trim().to_owned()).collect();
            for line in lines {
                let indent = if line.is_empty() { "" } else { indent };
                let _ = writeln!(self.out, "{indent}{line}");
            }
        }
    }

    /// The rest of a line: the comment that followed on it, if one did.
    fn end_line(&mut self, span: Span) {
        let after = self.remarks.get(self.next).copied();
        if let Some(remark) = after.filter(|remark| {
            let between = self.between(span.end, remark.start);
            remark.start >= span.end
                && !span_is_made(span)
                && between.trim().trim_end_matches(',').is_empty()
                && !between.contains('\n')
                && self.between(remark.start, remark.end).starts_with('#')
        }) {
            self.next += 1;
            let comment = self.between(remark.start, remark.end).trim_end().to_owned();
            let _ = write!(self.out, " {comment}");
            self.last = remark.end;
        } else if !span_is_made(span) {
            self.last = span.end;
        }
        self.out.push('\n');
    }

    fn begin(&mut self, name: Span) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        self.last =
            self.last.max(self.remarks.get(self.next).map_or(0, |remark| remark.start.min(name.start)));
        self.remarks_before(name.start, "");
    }

    /// `scalar Name`; several of them stand close together.
    fn scalar(&mut self, span: Span, follows_another: bool) {
        if follows_another {
            self.remarks_before(span.start, "");
            self.gap(span.start);
        } else {
            self.begin(span);
        }
        let words: Vec<&str> = self.between(span.start, span.end).split_whitespace().collect();
        let line = words.join(" ");
        self.out.push_str(&line);
        self.end_line(span);
    }

    fn type_definition(&mut self, definition: &TypeDefinition<'_>) {
        self.begin(definition.name.span);
        let _ = write!(self.out, "type {}", definition.name.text);
        self.directives(&definition.directives, "");
        self.out.push_str(" {\n");
        self.last = definition.name.span.end;
        for field in &definition.fields {
            if !span_is_made(field.span) {
                self.remarks_before(field.span.end, "  ");
                self.gap(field.span.start);
            }
            self.field(field);
        }
        self.remarks_before(definition.span.end, "  ");
        self.last = definition.span.end;
        self.out.push_str("}\n");
    }

    fn field(&mut self, field: &FieldDefinition<'_>) {
        let _ = write!(self.out, "  {}: {}", field.name.text, field.ty.written);
        self.directives(&field.directives, field.ty.name.text);
        self.end_line(field.span);
    }

    fn enum_definition(&mut self, definition: &EnumDefinition<'_>) {
        self.begin(definition.name.span);
        let _ = write!(self.out, "enum {}", definition.name.text);
        self.directives(&definition.directives, "");
        self.out.push_str(" {\n");
        self.last = definition.name.span.end;
        for (place, value) in definition.values.iter().enumerate() {
            self.remarks_before(value.span.start, "  ");
            let _ = write!(self.out, "  {}", value.text);
            let marks = definition.marks.get(&place).map_or(&[][..], Vec::as_slice);
            self.directives(marks, "");
            self.end_line(marks.last().map_or(value.span, |last| value.span.to(last.span)));
        }
        self.remarks_before(definition.span.end, "  ");
        self.last = definition.span.end;
        self.out.push_str("}\n");
    }

    fn directives(&mut self, directives: &[Directive<'_>], ty: &str) {
        for directive in directives {
            let _ = write!(self.out, " @{}", directive.name.text);
            let arguments: Vec<String> = directive
                .arguments
                .iter()
                .map(|argument| {
                    let by_type = self.defaults == Defaults::ByType;
                    let bare = by_type && directive.name.text == "default" && is_bare(ty);
                    let value = match &argument.value.kind {
                        ValueKind::String(text) if bare => text.clone(),
                        _ => value(&argument.value),
                    };
                    format!("{}: {value}", argument.name.text)
                })
                .collect();
            if !arguments.is_empty() {
                let _ = write!(self.out, "({})", arguments.join(", "));
            }
        }
    }
}

/// Whether a span was made for something that the text does not have.
const fn span_is_made(span: Span) -> bool {
    span.start == span.end
}

/// Whether defaults of this type stand without quotes; the legacy language puts all of them into quotes.
fn is_bare(ty: &str) -> bool {
    !matches!(ty, "String" | "Json" | "DateTime" | "ID" | "UUID")
}

/// A value as GraphQL writes it.
pub(super) fn value(written: &Value<'_>) -> String {
    let join = |values: &[Value<'_>]| values.iter().map(value).collect::<Vec<_>>().join(", ");
    match &written.kind {
        ValueKind::String(text) => quoted(text),
        ValueKind::Int(word) | ValueKind::Float(word) | ValueKind::Enum(word) => (*word).to_owned(),
        ValueKind::Boolean(truth) => truth.to_string(),
        ValueKind::Null => "null".to_owned(),
        ValueKind::List(values) => format!("[{}]", join(values)),
        ValueKind::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.name.text, value(&field.value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A text in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
