//! Attributes, arguments and values.

use super::ast::{Argument, Attribute, Call, Expression, Name, Value};
use super::codes;
use super::lexer::Kind;
use super::parser::{LOOK_AHEAD, Parser, kept};
use crate::Span;

/// Deepest nesting of arrays, functions and objects.
const MAX_DEPTH: usize = 64;

/// How many tokens are searched for the end of a bracket that is not closed on its line.
const MAX_LOOK_AHEAD: usize = 500;
const _: () = assert!(MAX_LOOK_AHEAD <= LOOK_AHEAD, "so many are read");

impl<'a> Parser<'a> {
    /// All attributes up to the line's end, and whether all of them could be read.
    pub(crate) fn attributes(&mut self) -> (&'a [Attribute<'a>], bool) {
        let mut read = true;
        while read && self.peek().kind == Kind::At {
            let attribute = self.attribute();
            read = attribute.is_some();
            self.gathered.attributes.extend(attribute);
        }
        (kept(self.arena, &mut self.gathered.attributes, 0), read)
    }

    /// One attribute from its `@` or `@@`. `None` after a report.
    pub(crate) fn attribute(&mut self) -> Option<Attribute<'a>> {
        let at = self.bump();
        let Some(name) = self.path() else {
            let found = self.found(self.peek());
            let message =
                format!("The name of an attribute must follow `{}`, not {found}.", self.slice(at.span));
            self.error(
                codes::BAD_VALUE,
                at.span,
                message,
                "Write its name, such as `@id`, or remove the `@`.",
            );
            return None;
        };
        let mut span = at.span.to(name.span());
        let mut arguments: &[Argument<'a>] = &[];
        if self.peek().kind == Kind::OpenParen {
            let (read, end) = self.arguments()?;
            arguments = read;
            span = span.to(end);
        }
        Some(Attribute::new(name, arguments, span))
    }

    /// Words joined by dots without spaces.
    fn path(&mut self) -> Option<Name<'a>> {
        let first = self.eat(Kind::Word)?;
        let mut span = first.span;
        while self.peek().kind == Kind::Dot && self.ahead(1).kind == Kind::Word {
            let (dot, word) = (self.peek().span, self.ahead(1).span);
            if dot.start != span.end || word.start != dot.end {
                break;
            }
            self.bump();
            span = span.to(self.bump().span);
        }
        Some(Name::new(self.slice(span), span))
    }

    /// Arguments in parentheses and where the closing one stands. `None` after a report.
    pub(crate) fn arguments(&mut self) -> Option<(&'a [Argument<'a>], Span)> {
        self.arguments_at(0)
    }

    /// A value. `None` after a report.
    pub(crate) fn expression(&mut self) -> Option<Expression<'a>> {
        self.expression_at(0)
    }

    fn arguments_at(&mut self, depth: usize) -> Option<(&'a [Argument<'a>], Span)> {
        let first = self.gathered.arguments.len();
        let end = self.gather_arguments(depth);
        let arguments = kept(self.arena, &mut self.gathered.arguments, first);
        Some((arguments, end?))
    }

    /// Adds the arguments to those that are gathered, and says where the closing parenthesis stands.
    fn gather_arguments(&mut self, depth: usize) -> Option<Span> {
        let open = self.bump();
        self.line_end(open.span, depth)?;
        while self.peek().kind != Kind::CloseParen {
            let mut name = None;
            if self.ahead(1).kind == Kind::Colon && self.peek().kind == Kind::Word {
                let token = self.bump();
                name = Some(Name::new(self.slice(token.span), token.span));
                self.bump();
                if matches!(self.peek().kind, Kind::Comma | Kind::CloseParen) {
                    let message = format!("The argument `{}` has no value.", self.slice(token.span));
                    self.error(
                        codes::BAD_VALUE,
                        token.span,
                        message,
                        "Write its value behind the `:`, or remove it.",
                    );
                    return None;
                }
            }
            let value = self.expression_at(depth + 1)?;
            self.gathered.arguments.push(Argument { name, value });
            self.separator(open.span, Kind::CloseParen, depth)?;
        }
        Some(self.bump().span)
    }

    fn expression_at(&mut self, depth: usize) -> Option<Expression<'a>> {
        let token = self.peek();
        if depth >= MAX_DEPTH {
            let message = format!("Values are nested deeper than {MAX_DEPTH} levels.");
            self.error(codes::TOO_DEEP, token.span, message, "Write the value with fewer brackets.");
            return None;
        }
        let mut span = token.span;
        let value = match token.kind {
            Kind::Text => {
                self.bump();
                Value::Text(self.unescape(token.span))
            }
            Kind::Number => {
                self.bump();
                Value::Number(self.slice(token.span))
            }
            Kind::Word => {
                let name = self.path()?;
                span = name.span();
                if self.peek().kind == Kind::OpenParen {
                    let (arguments, end) = self.arguments_at(depth + 1)?;
                    span = span.to(end);
                    Value::Function(self.arena.alloc(Call { name: name.text, arguments }))
                } else {
                    Value::Constant(name.text)
                }
            }
            Kind::OpenBracket => {
                let (values, end) = self.array(depth)?;
                span = span.to(end);
                Value::Array(values)
            }
            Kind::OpenBrace => {
                let (entries, end) = self.object(depth)?;
                span = span.to(end);
                Value::Object(entries)
            }
            _ => {
                let message = format!("A value was expected, not {}.", self.found(token));
                let help = "Values are strings, numbers, names, lists `[…]` and functions such as `now()`.";
                self.error(codes::BAD_VALUE, token.span, message, help);
                return None;
            }
        };
        Some(Expression::new(value, span))
    }

    fn array(&mut self, depth: usize) -> Option<(&'a [Expression<'a>], Span)> {
        let first = self.gathered.items.len();
        let end = self.gather_items(depth);
        let items = kept(self.arena, &mut self.gathered.items, first);
        Some((items, end?))
    }

    /// Adds the items of a list to those that are gathered, and says where the closing bracket stands.
    fn gather_items(&mut self, depth: usize) -> Option<Span> {
        let open = self.bump();
        self.line_end(open.span, depth)?;
        while self.peek().kind != Kind::CloseBracket {
            let item = self.expression_at(depth + 1)?;
            self.gathered.items.push(item);
            self.separator(open.span, Kind::CloseBracket, depth)?;
        }
        Some(self.bump().span)
    }

    fn object(&mut self, depth: usize) -> Option<(&'a [(Name<'a>, Expression<'a>)], Span)> {
        let open = self.bump();
        let mut entries = Vec::new();
        while self.peek().kind != Kind::CloseBrace {
            if self.peek().kind != Kind::Word || self.ahead(1).kind != Kind::Colon {
                let found = self.found(self.peek());
                let message = format!("A key and a `:` were expected, not {found}.");
                let help = "Write `{ key: value }`, the key without quotes.";
                self.error(codes::BAD_VALUE, self.peek().span, message, help);
                return None;
            }
            let key = self.bump().span;
            self.bump();
            entries.push((Name::new(self.slice(key), key), self.expression_at(depth + 1)?));
            self.separator(open.span, Kind::CloseBrace, depth)?;
        }
        Some((self.arena.alloc_slice_copy(&entries), self.bump().span))
    }

    /// Passes a comma; at the closing bracket stays there. `None` after a report.
    fn separator(&mut self, open: Span, close: Kind, depth: usize) -> Option<()> {
        self.line_end(open, depth)?;
        if self.peek().kind == close {
            return Some(());
        }
        let Some(comma) = self.eat(Kind::Comma) else {
            let found = self.found(self.peek());
            let message = format!("A `,` or the closing bracket was expected, not {found}.");
            self.error(
                codes::BAD_VALUE,
                self.peek().span,
                message,
                "Separate the parts with commas and close the bracket.",
            );
            return None;
        };
        self.line_end(open, depth)?;
        if self.peek().kind == close {
            self.error(codes::BAD_VALUE, comma.span, "Nothing follows this comma.", "Remove the comma.");
        }
        Some(())
    }

    /// Reports a line's end inside brackets and passes it when the bracket is closed further on.
    fn line_end(&mut self, open: Span, depth: usize) -> Option<()> {
        if !matches!(self.peek().kind, Kind::Newline | Kind::End | Kind::Doc) {
            return Some(());
        }
        let before = self.slice(self.behind().span);
        if before.starts_with('"') && (before.len() == 1 || !before.ends_with('"')) {
            // A string that is not closed took the bracket's end with it, and was reported.
            return None;
        }
        if self.peek().span.start >= self.multi_line_until {
            let closed = (0..MAX_LOOK_AHEAD).map(|distance| self.ahead(distance)).find(|token| {
                matches!(
                    token.kind,
                    Kind::CloseParen
                        | Kind::CloseBracket
                        | Kind::End
                        | Kind::At
                        | Kind::AtAt
                        | Kind::OpenBrace
                        | Kind::CloseBrace
                        | Kind::Equals
                )
            });
            let closed = closed.filter(|token| matches!(token.kind, Kind::CloseParen | Kind::CloseBracket));
            let Some(closed) = closed.filter(|_| depth < MAX_DEPTH) else {
                let help = "Close it on the same line.";
                self.error(codes::BAD_VALUE, open, "This bracket is not closed on its line.", help);
                return None;
            };
            let reported = self.diagnostics.last().is_some_and(|last| {
                let inside = last.span.start < open.start && open.start < self.multi_line_until;
                last.code == codes::MULTI_LINE && (inside || last.span == open)
            });
            if !reported {
                let help = "Write the whole attribute on one line.";
                self.error(codes::MULTI_LINE, open, "An attribute cannot go on over a line's end.", help);
            }
            self.multi_line_until = closed.span.end;
        }
        while matches!(self.peek().kind, Kind::Newline | Kind::Doc) {
            self.bump();
        }
        Some(())
    }

    /// The text of a string token with its escapes undone.
    fn unescape(&mut self, span: Span) -> &'a str {
        let text = self.slice(span);
        let inner = text.strip_prefix('"').unwrap_or(text);
        let inner = inner.strip_suffix('"').unwrap_or(inner);
        if !inner.contains('\\') {
            return inner;
        }
        let mut out = String::with_capacity(inner.len());
        let mut rest = inner;
        let mut at = span.start + 1;
        while let Some(before) = rest.find('\\') {
            out.push_str(rest.get(..before).unwrap_or_default());
            at += before;
            let escape = rest.get(before..).unwrap_or_default();
            let (character, length) = escaped(escape);
            if let Some(character) = character {
                out.push(character);
            } else {
                let place = Span::new(at, at + length);
                let help = "Write `\\\\` for a backslash; known are `\\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t` and `\\uXXXX`.";
                self.error(codes::BAD_ESCAPE, place, "This escape sequence is unknown.", help);
            }
            at += length;
            rest = escape.get(length..).unwrap_or_default();
        }
        out.push_str(rest);
        self.arena.alloc_str(&out)
    }
}

/// What the escape sequence at the start of the text stands for, and its length in bytes (at least 1).
fn escaped(text: &str) -> (Option<char>, usize) {
    let mut characters = text.chars();
    characters.next();
    let Some(kind) = characters.next() else { return (None, 1) };
    let character = match kind {
        '"' | '\\' | '/' => kind,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode(text),
        _ => return (None, 1 + kind.len_utf8()),
    };
    (Some(character), 2)
}

/// `\uXXXX`, also a pair of surrogates.
fn unicode(text: &str) -> (Option<char>, usize) {
    let unit = |from: usize| {
        let digits =
            text.get(from..from + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        digits.and_then(|digits| u16::from_str_radix(digits, 16).ok())
    };
    let Some(first) = unit(2) else { return (None, 2) };
    if let Some(character) = char::from_u32(u32::from(first)) {
        return (Some(character), 6);
    }
    let second = text.get(6..8).filter(|mark| *mark == "\\u").and_then(|_| unit(8));
    let pair = second.and_then(|second| char::decode_utf16([first, second]).next().and_then(Result::ok));
    pair.map_or((None, 6), |character| (Some(character), 12))
}
