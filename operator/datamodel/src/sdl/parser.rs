//! Tokens to a tree, by recursive descent. After an error it goes on at the next field or definition.

use std::collections::BTreeMap;

use super::ast::{
    Argument, Directive, Document, EnumDefinition, FieldDefinition, Name, TypeDefinition, TypeReference,
    Value, ValueKind,
};
use super::codes::{Findings, SYNTAX, TOO_LARGE, UNSUPPORTED_DEFINITION, did_you_mean};
use super::lexer::{Token, TokenKind, tokens, unquote};
use super::symbols::is_scalar;
use crate::Span;

/// Deepest nesting of lists and objects.
const MAX_DEPTH: usize = 32;

/// Words that begin a definition in GraphQL but mean nothing in a datamodel.
const REFUSED: [&str; 8] =
    ["interface", "union", "scalar", "input", "extend", "schema", "directive", "fragment"];

/// Reads the whole text; what is wrong goes to `findings`.
pub(super) fn document<'a>(text: &'a str, findings: &mut Findings) -> Document<'a> {
    let (tokens, remarks) = tokens(text, findings);
    Parser { text, tokens, remarks, at: 0, findings }.document()
}

/// What to do about a word that begins no definition.
fn definition_help(word: &str) -> String {
    if matches!(word, "model" | "datasource" | "generator") {
        return "This is the Prisma schema language; set `datamodel.language: psl`.".to_owned();
    }
    match did_you_mean(word, ["type", "enum"]) {
        Some(meant) if !word.is_empty() => format!("Did you mean `{meant}`?"),
        _ => "Begin every definition with `type Name {` or `enum Name {`.".to_owned(),
    }
}

/// An error that was reported; the caller recovers.
struct Reported;

/// What is read, or nothing because an error was reported.
type Read<T> = Result<T, Reported>;

struct Parser<'a, 'f> {
    text: &'a str,
    tokens: Vec<Token>,
    remarks: Vec<Span>,
    at: usize,
    findings: &'f mut Findings,
}

impl<'a> Parser<'a, '_> {
    /// The token `ahead` places from here.
    fn peek(&self, ahead: usize) -> Token {
        let end = Span::new(self.text.len(), self.text.len());
        let last = Token { kind: TokenKind::End, span: end, first: true };
        self.tokens.get(self.at + ahead).copied().unwrap_or(last)
    }

    fn next(&mut self) -> Token {
        let token = self.peek(0);
        self.at += 1;
        token
    }

    /// Where the token before this one stands.
    fn last_span(&self) -> Span {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.map_or(Span::default(), |token| token.span)
    }

    fn is(&self, character: char) -> bool {
        self.peek(0).kind == TokenKind::Punctuation(character)
    }

    /// Takes the character if it is next.
    fn take(&mut self, character: char) -> bool {
        let found = self.is(character);
        self.at += usize::from(found);
        found
    }

    fn written(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The word of a name token, else nothing.
    fn word(&self, token: Token) -> &'a str {
        if token.kind == TokenKind::Name { self.written(token.span) } else { "" }
    }

    fn fail<T>(&mut self, expected: &str, help: &str) -> Read<T> {
        let token = self.peek(0);
        let found = match token.kind {
            TokenKind::End => "the end of the text".to_owned(),
            TokenKind::Text | TokenKind::Block => "a text".to_owned(),
            TokenKind::Punctuation(_) | TokenKind::Name | TokenKind::Int | TokenKind::Float => {
                let short: String = self.written(token.span).chars().take(40).collect();
                format!("`{short}`")
            }
        };
        let message =
            format!("There's a syntax error in the data model. Expected {expected}, found {found}.");
        self.findings.error(SYNTAX, token.span, message, help);
        Err(Reported)
    }

    fn expect(&mut self, character: char, help: &str) -> Read<Span> {
        if self.is(character) { Ok(self.next().span) } else { self.fail(&format!("`{character}`"), help) }
    }

    fn name(&mut self, what: &str, help: &str) -> Read<Name<'a>> {
        let token = self.peek(0);
        if token.kind != TokenKind::Name {
            return self.fail(what, help);
        }
        self.at += 1;
        Ok(Name { text: self.written(token.span), span: token.span })
    }

    fn skip_description(&mut self) {
        while matches!(self.peek(0).kind, TokenKind::Text | TokenKind::Block) {
            let description = self.next();
            self.remarks.push(description.span);
        }
    }

    /// Whether a definition begins here: a keyword at the start of a line, followed by a name.
    fn at_definition(&self) -> bool {
        let token = self.peek(0);
        let word = self.word(token);
        let keyword = matches!(word, "type" | "enum") || REFUSED.contains(&word);
        let follows = matches!(self.peek(1).kind, TokenKind::Name | TokenKind::Punctuation('@' | '{'));
        keyword && token.first && follows
    }

    fn document(mut self) -> Document<'a> {
        let mut document = Document::default();
        loop {
            self.skip_description();
            let token = self.peek(0);
            match self.word(token) {
                _ if token.kind == TokenKind::End => {
                    document.remarks = self.remarks;
                    document.remarks.sort();
                    return document;
                }
                "type" => {
                    if let Ok(definition) = self.type_definition() {
                        document.types.push(definition);
                    }
                }
                "enum" => {
                    if let Ok(definition) = self.enum_definition() {
                        document.enums.push(definition);
                    }
                }
                word if REFUSED.contains(&word) => self.refused(word, token, &mut document),
                word => {
                    let help = definition_help(word);
                    let _ = self.fail::<()>("`type` or `enum`", &help);
                    self.at += 1;
                    self.skip_block();
                }
            }
        }
    }

    /// Goes on to the next definition.
    fn skip_to_definition(&mut self) {
        while self.peek(0).kind != TokenKind::End && !self.at_definition() {
            self.at += 1;
        }
    }

    /// Goes on behind the next block in braces, or to the next definition if that comes first.
    fn skip_block(&mut self) {
        let mut depth = 0usize;
        while self.peek(0).kind != TokenKind::End && !self.at_definition() {
            if self.is('{') {
                depth += 1;
            } else if self.is('}') {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    self.at += 1;
                    return;
                }
            }
            self.at += 1;
        }
    }

    /// Reports a definition that a datamodel cannot have, and skips it.
    fn refused(&mut self, word: &'a str, token: Token, document: &mut Document<'a>) {
        let named = self.word(self.peek(1));
        // Texts that also serve as GraphQL schemas declare Prisma's own scalars.
        if word == "scalar" && is_scalar(named) {
            document.scalars.push(token.span.to(self.peek(1).span));
            self.at += 2;
            return;
        }
        let message = format!("A datamodel has only `type` and `enum` definitions, not `{word}`.");
        let help = match word {
            "extend" => {
                "Write what it adds into the definition itself: Prisma 1 read one definition of each type, and what stood elsewhere was lost."
            }
            "scalar" => {
                "Use one of ID, UUID, String, Int, Float, Boolean, DateTime and Json; no other scalar has a column."
            }
            "interface" | "union" => {
                "Remove it, and write the common fields into each type: a table has columns of its own."
            }
            _ => "Remove it; only types and enums become tables.",
        };
        self.findings.error(UNSUPPORTED_DEFINITION, token.span, message, help);
        self.at += 1;
        if word == "extend" {
            self.at += 1;
        }
        document.refused.push(self.word(self.peek(0)));
        self.skip_to_definition();
    }

    fn type_definition(&mut self) -> Read<TypeDefinition<'a>> {
        let errors = self.findings.errors();
        let keyword = self.next();
        let head = self.head("type");
        let Ok((name, directives)) = head else {
            self.skip_to_definition();
            return Err(Reported);
        };
        let mut definition =
            TypeDefinition { name, directives, fields: Vec::new(), span: keyword.span, broken: false };
        if self.expect('{', "Write the fields between `{` and `}`.").is_err() {
            self.skip_to_definition();
        } else {
            self.fields(&mut definition, keyword.span);
        }
        definition.span = keyword.span.to(self.last_span());
        definition.broken = self.findings.errors() != errors;
        Ok(definition)
    }

    /// The name and the directives of a definition, without `implements`.
    fn head(&mut self, what: &str) -> Read<(Name<'a>, Vec<Directive<'a>>)> {
        let name = self.name(&format!("the name of the {what}"), "Give it a name, such as `User`.")?;
        if self.word(self.peek(0)) == "implements" {
            let message = "A datamodel has no interfaces.".to_owned();
            let span = self.peek(0).span;
            self.findings.error(
                UNSUPPORTED_DEFINITION,
                span,
                message,
                "Remove `implements` and what follows it, up to the `{`.",
            );
            while !self.is('@')
                && !self.is('{')
                && self.peek(0).kind != TokenKind::End
                && !self.at_definition()
            {
                self.at += 1;
            }
        }
        Ok((name, self.directives()?))
    }

    /// The fields of a type up to and with the closing brace.
    fn fields(&mut self, definition: &mut TypeDefinition<'a>, keyword: Span) {
        loop {
            self.skip_description();
            if self.take('}') {
                break;
            }
            if self.peek(0).kind == TokenKind::End || self.at_definition() {
                let message = format!(
                    "There's a syntax error in the data model. The type `{}` has no closing brace.",
                    definition.name.text
                );
                self.findings.error(
                    SYNTAX,
                    keyword.to(definition.name.span),
                    message,
                    "Add `}` after its last field.",
                );
                return;
            }
            let before = self.at;
            match self.field() {
                Ok(field) => definition.fields.push(field),
                Err(Reported) => self.skip_to_field(before),
            }
        }
        if definition.fields.is_empty() && !definition.broken {
            let message = format!(
                "There's a syntax error in the data model. The type `{}` has no fields.",
                definition.name.text
            );
            self.findings.error(
                SYNTAX,
                definition.name.span,
                message,
                "Give it fields, at least `id: ID! @id`.",
            );
        }
    }

    /// After an error in a field that began at `before`: goes on to the next line's first word, or the closing brace.
    fn skip_to_field(&mut self, before: usize) {
        if self.at == before {
            self.at += 1;
        }
        loop {
            let token = self.peek(0);
            let starts_line =
                token.first && matches!(token.kind, TokenKind::Name | TokenKind::Text | TokenKind::Block);
            if token.kind == TokenKind::End || starts_line || self.is('}') {
                return;
            }
            self.at += 1;
        }
    }

    fn field(&mut self) -> Read<FieldDefinition<'a>> {
        let help =
            if self.is('[') { "Write a list as `[Type!]!`." } else { "Write a field as `name: Type`." };
        let name = self.name("a field or `}`", help)?;
        if self.is('(') {
            let message = "The fields of a datamodel have no arguments.";
            let span = self.peek(0).span;
            self.findings.error(
                UNSUPPORTED_DEFINITION,
                span,
                message,
                "Remove the parentheses after the name of the field.",
            );
            while !self.take(')') && self.peek(0).kind != TokenKind::End && !self.at_definition() {
                self.at += 1;
            }
        }
        self.expect(':', "Write a field as `name: Type`.")?;
        let ty = self.type_reference(0)?;
        let directives = self.directives()?;
        let span = name.span.to(self.last_span());
        Ok(FieldDefinition { name, ty, directives, span })
    }

    fn type_reference(&mut self, depth: usize) -> Read<TypeReference<'a>> {
        let mut ty = if self.is('[') {
            if depth > 0 {
                return self.fail("the name of a type", "A list of lists cannot be stored; use `[Type!]!`.");
            }
            self.at += 1;
            let inner = self.type_reference(depth + 1)?;
            self.expect(']', "Close the list with `]`.")?;
            TypeReference {
                list: true,
                required: false,
                written: format!("[{}]", inner.written),
                name: inner.name,
            }
        } else {
            let name =
                self.name("the name of a type", "Name a scalar such as `String`, an enum or another type.")?;
            TypeReference { list: false, required: false, written: name.text.to_owned(), name }
        };
        if self.take('!') {
            ty.required = !ty.list;
            ty.written.push('!');
        }
        Ok(ty)
    }

    fn directives(&mut self) -> Read<Vec<Directive<'a>>> {
        let mut directives = Vec::new();
        while self.is('@') {
            let start = self.next().span;
            let name =
                self.name("the name of a directive", "Write it directly behind the `@`, such as `@unique`.")?;
            let mut span = start.to(name.span);
            let mut arguments = Vec::new();
            if self.take('(') {
                arguments = self.arguments(')', 0)?;
                span = span.to(self.expect(')', "Close the arguments with `)`.")?);
            }
            directives.push(Directive { name, span, arguments });
        }
        Ok(directives)
    }

    /// `name: value` up to the closing character, which is left.
    fn arguments(&mut self, close: char, depth: usize) -> Read<Vec<Argument<'a>>> {
        let mut arguments = Vec::new();
        while !self.is(close) {
            let name =
                self.name(&format!("an argument or `{close}`"), "Write an argument as `name: value`.")?;
            self.expect(':', "Write an argument as `name: value`.")?;
            arguments.push(Argument { name, value: self.value(depth)? });
        }
        Ok(arguments)
    }

    fn value(&mut self, depth: usize) -> Read<Value<'a>> {
        let token = self.peek(0);
        if depth > MAX_DEPTH {
            let message = format!("Values are nested more than {MAX_DEPTH} deep.");
            self.findings.error(
                TOO_LARGE,
                token.span,
                message,
                "No directive needs that; flatten the value.",
            );
            return Err(Reported);
        }
        let written = self.written(token.span);
        let kind = match token.kind {
            TokenKind::Int => ValueKind::Int(written),
            TokenKind::Float => ValueKind::Float(written),
            TokenKind::Name => match written {
                "true" => ValueKind::Boolean(true),
                "false" => ValueKind::Boolean(false),
                "null" => ValueKind::Null,
                _ => ValueKind::Enum(written),
            },
            TokenKind::Text | TokenKind::Block => {
                let Some(text) = unquote(written) else {
                    let message =
                        "There's a syntax error in the data model. This text has an unknown escape.";
                    let help = "Known are `\\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t` and `\\u` with four digits.";
                    self.findings.error(SYNTAX, token.span, message, help);
                    return Err(Reported);
                };
                ValueKind::String(text)
            }
            TokenKind::Punctuation('[') => return self.list(depth),
            TokenKind::Punctuation('{') => {
                self.at += 1;
                let fields = self.arguments('}', depth + 1)?;
                let end = self.expect('}', "Close the object with `}`.")?;
                return Ok(Value { kind: ValueKind::Object(fields), span: token.span.to(end) });
            }
            TokenKind::Punctuation(_) | TokenKind::End => {
                return self.fail("a value", "Write a text in quotes, a number, `true`, `false` or a word.");
            }
        };
        self.at += 1;
        Ok(Value { kind, span: token.span })
    }

    fn list(&mut self, depth: usize) -> Read<Value<'a>> {
        let start = self.next().span;
        let mut values = Vec::new();
        while !self.is(']') {
            values.push(self.value(depth + 1)?);
        }
        let end = self.expect(']', "Close the list with `]`.")?;
        Ok(Value { kind: ValueKind::List(values), span: start.to(end) })
    }

    fn enum_definition(&mut self) -> Read<EnumDefinition<'a>> {
        let keyword = self.next();
        let head = self.head("enum").and_then(|head| {
            self.expect('{', "Write the values between `{` and `}`.")?;
            Ok(head)
        });
        let Ok((name, directives)) = head else {
            self.skip_to_definition();
            return Err(Reported);
        };
        let (mut values, mut marks) = (Vec::new(), BTreeMap::new());
        loop {
            self.skip_description();
            if self.take('}') {
                break;
            }
            let value = if self.at_definition() {
                self.fail("a value of the enum or `}`", "Add `}` after its last value.")
            } else {
                self.name("a value of the enum or `}`", "Write each value as one word in capitals.")
            };
            let Ok(value) = value else {
                self.skip_to_definition();
                break;
            };
            match self.directives() {
                Ok(found) if found.is_empty() => {}
                Ok(found) => drop(marks.insert(values.len(), found)),
                Err(Reported) => {
                    values.push(value);
                    self.skip_to_definition();
                    break;
                }
            }
            values.push(value);
        }
        if values.is_empty() {
            let message =
                format!("There's a syntax error in the data model. The enum `{}` has no values.", name.text);
            self.findings.error(SYNTAX, name.span, message, "Give it at least one value.");
        }
        let span = keyword.span.to(self.last_span());
        Ok(EnumDefinition { name, directives, values, marks, span })
    }
}
