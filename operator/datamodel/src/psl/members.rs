//! The members of blocks: fields, values, settings, `@@` attributes.

use super::ast::{BlockKind, EnumMember, Field, Name, Setting, TypeName, Value};
use super::codes;
use super::lexer::Kind;
use super::parser::{Head, Parser};
use crate::{Arity, Span};

impl<'a> Parser<'a> {
    /// Reads one member up to its line's end. Always moves forward.
    pub(crate) fn member(&mut self, block: &mut Head<'a>) {
        let before = self.peek().span;
        let read = match block.kind {
            BlockKind::Datasource | BlockKind::Generator => self.setting(block),
            _ if self.peek().kind == Kind::AtAt => {
                self.drop_hint();
                let attribute = self.attribute();
                let read = attribute.is_some();
                self.gathered.of_block.extend(attribute);
                read
            }
            BlockKind::Enum => self.enum_member(block),
            _ => self.field(block),
        };
        if !read {
            block.damaged = true;
            self.skip_line();
        } else if !matches!(self.peek().kind, Kind::Newline | Kind::Doc | Kind::End | Kind::CloseBrace) {
            block.damaged = true;
            let found = self.found(self.peek());
            let message = format!("{found} was not expected here.");
            let help =
                "A line holds one member; after a field's name and type only attributes (`@…`) may follow.";
            self.error(codes::BAD_LINE, self.peek().span, message, help);
            self.skip_line();
        }
        if self.peek().span == before && self.peek().kind != Kind::End {
            self.bump();
        }
    }

    /// Reports a line that is no member.
    fn bad_line(&mut self, block: &Head<'a>) -> bool {
        let (message, help) = match block.kind {
            BlockKind::Enum => {
                ("This line is no value of an enum.", "Write one value a line, such as `ADMIN`.")
            }
            BlockKind::Datasource | BlockKind::Generator => {
                ("This line is no setting.", "Write `key = value`, such as `provider = \"postgresql\"`.")
            }
            _ => (
                "This line is neither a field nor an attribute.",
                "Write a field as `name Type @attributes`, an attribute of the model as `@@name(…)`.",
            ),
        };
        self.error(codes::BAD_LINE, self.peek().span, message, help);
        false
    }

    fn setting(&mut self, block: &mut Head<'a>) -> bool {
        self.drop_hint();
        let Some(name) = self.name("setting", true) else {
            return self.bad_line(block);
        };
        if self.eat(Kind::Equals).is_none() {
            return self.bad_line(block);
        }
        if matches!(self.peek().kind, Kind::Newline | Kind::Doc | Kind::End | Kind::CloseBrace) {
            let message = format!("The setting `{}` has no value.", name.text);
            self.error(
                codes::BAD_SETTING,
                name.span(),
                message,
                "Write its value behind the `=`, or remove the line.",
            );
            self.gathered.settings.push(Setting { name, value: None });
            return true;
        }
        let value = self.expression();
        let read = value.is_some();
        self.gathered.settings.push(Setting { name, value });
        read
    }

    fn enum_member(&mut self, block: &mut Head<'a>) -> bool {
        let Some(name) = self.name("value", false) else {
            return self.bad_line(block);
        };
        let renamed_from = self.take_hint();
        self.drop_hint();
        let (attributes, read) = self.attributes();
        self.gathered.values.push(EnumMember { name, attributes, renamed_from });
        read
    }

    fn field(&mut self, block: &mut Head<'a>) -> bool {
        let Some(name) = self.name("field", false) else {
            return self.bad_line(block);
        };
        let hints = self.take_hints();
        if let Some(colon) = self.eat(Kind::Colon) {
            self.error(
                codes::FIELD_FORM,
                colon.span,
                "A field has no `:` between its name and its type.",
                "Remove the `:`.",
            );
        }
        let Some((mut field, read)) = self.typed("field", name) else { return false };
        field.hints = hints;
        self.gathered.fields.push(field);
        read
    }

    /// The type and the attributes of a field or an alias, and whether all of it could be read.
    pub(crate) fn typed(&mut self, what: &str, name: Name<'a>) -> Option<(Field<'a>, bool)> {
        let bracket = self.eat(Kind::OpenBracket);
        let token = self.peek();
        if token.kind != Kind::Word {
            let message = format!("The {what} `{}` has no type.", name.text);
            let help = "Write a type behind the name, such as `String`.";
            self.error(codes::FIELD_FORM, name.span(), message, help);
            return None;
        }
        self.bump();
        let word = self.slice(token.span);
        let mut type_span = token.span;
        let mut ty = TypeName::Named(word);
        if word == "Unsupported" && self.peek().kind == Kind::OpenParen {
            let (text, span) = self.unsupported(token.span)?;
            ty = TypeName::Unsupported(text);
            type_span = span;
        }
        if let Some(bracket) = bracket {
            while matches!(self.peek().kind, Kind::Bang | Kind::Question) {
                self.bump();
            }
            let end = self.eat(Kind::CloseBracket).map_or(type_span, |close| close.span);
            let help = format!("Write `{word}[]`.");
            self.error(codes::FIELD_FORM, bracket.span.to(end), "A list is not written `[Type]`.", &help);
        }
        let arity = self.suffix(type_span, word, bracket.is_some());
        let (attributes, read) = self.attributes();
        Some((Field::new(name, ty, arity, attributes, type_span), read))
    }

    /// The one string of `Unsupported("…")`.
    fn unsupported(&mut self, word: Span) -> Option<(&'a str, Span)> {
        let (arguments, end) = self.arguments()?;
        let span = word.to(end);
        let mut arguments = arguments.iter();
        let given = (arguments.next().map(|argument| argument.value.value), arguments.next());
        if let (Some(Value::Text(text)), None) = given {
            return Some((text, span));
        }
        let help = "Write the type as the database calls it: `Unsupported(\"circle\")`.";
        self.error(codes::FIELD_FORM, span, "`Unsupported` takes one string.", help);
        None
    }

    /// `?`, `[]` and the spellings of old versions.
    fn suffix(&mut self, ty: Span, word: &str, listed: bool) -> Arity {
        let (mut list, mut optional) = (listed, false);
        let mut span = ty;
        loop {
            let token = self.peek();
            match token.kind {
                Kind::Question => optional = true,
                Kind::Bang => {
                    let help = format!("Write `{word}`; an optional field is `{word}?`.");
                    self.error(codes::FIELD_FORM, token.span, "Fields are required without a `!`.", &help);
                }
                Kind::OpenBracket if self.ahead(1).kind == Kind::CloseBracket => {
                    list = true;
                    self.bump();
                }
                _ => break,
            }
            span = span.to(self.bump().span);
        }
        if list && optional {
            let help = format!("Write `{word}[]` or `{word}?`.");
            self.error(codes::FIELD_FORM, span, "A list cannot be optional.", &help);
        }
        match (list, optional) {
            (true, _) => Arity::List,
            (_, true) => Arity::Optional,
            _ => Arity::Required,
        }
    }
}
