//! Tokens to blocks, line by line; a line that cannot be read is reported once and passed over.

use super::ast::{Argument, Attribute, Block, BlockKind, Field, Name};
use super::codes;
use super::lexer::{Kind, Packed, Token, lex};
use crate::findings::Findings;
use crate::{Diagnostic, Span};

/// Reads all blocks of the text, and the `type Name = Type` of old editions. Every line is visited once.
pub(crate) fn read<'a>(text: &'a str, diagnostics: &mut Findings) -> (Vec<Block<'a>>, Vec<Field<'a>>) {
    let tokens = lex(text, diagnostics);
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        diagnostics,
        hint: None,
        multi_line_until: 0,
        fields: Vec::new(),
        arguments: Vec::new(),
        attributes: Vec::new(),
        aliases: Vec::new(),
    };
    // As with the tokens: what is not used is never touched.
    let mut blocks = Vec::with_capacity(text.len() / 128);
    while parser.peek().kind != Kind::End {
        if let Some(block) = parser.top_level() {
            blocks.push(block);
        }
    }
    parser.drop_hint();
    (blocks, parser.aliases)
}

/// The place among the tokens.
pub(crate) struct Parser<'a, 'd> {
    /// The whole text.
    pub(crate) text: &'a str,
    tokens: Vec<Packed>,
    at: usize,
    /// What was found so far.
    pub(crate) diagnostics: &'d mut Findings,
    hint: Option<(String, Span)>,
    /// How far the last value that wrongly goes over a line's end reaches.
    pub(crate) multi_line_until: usize,
    aliases: Vec<Field<'a>>,
    /// Room in which the fields of a block are gathered, so that they are then kept in a list of their length.
    fields: Vec<Field<'a>>,
    /// Likewise the arguments of the attributes and functions that are open.
    pub(crate) arguments: Vec<Argument<'a>>,
    /// Likewise the attributes of a field.
    pub(crate) attributes: Vec<Attribute<'a>>,
}

impl<'a> Parser<'a, '_> {
    /// The token at the place; the last one is always [`Kind::End`].
    pub(crate) fn peek(&self) -> Token {
        self.ahead(0)
    }

    /// The token `distance` further on.
    pub(crate) fn ahead(&self, distance: usize) -> Token {
        let end = Token { kind: Kind::End, span: Span::new(self.text.len(), self.text.len()) };
        self.tokens.get(self.at + distance).map_or(end, |token| (*token).into())
    }

    /// The token just passed.
    pub(crate) fn behind(&self) -> Token {
        let first = Token { kind: Kind::Newline, span: Span::default() };
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(first, |token| (*token).into())
    }

    /// Passes a token.
    pub(crate) fn bump(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// Passes a token of this kind, if it is next.
    pub(crate) fn eat(&mut self, kind: Kind) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.bump())
    }

    /// The text of a place.
    pub(crate) fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Reports.
    pub(crate) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        self.diagnostics.push(Diagnostic::error(code, span, message).help(help));
    }

    /// Passes everything up to the line's end, which stays. A closing brace that ends the line stays too.
    pub(crate) fn skip_line(&mut self) {
        loop {
            match self.peek().kind {
                Kind::Newline | Kind::End | Kind::Doc => return,
                Kind::CloseBrace if matches!(self.ahead(1).kind, Kind::Newline | Kind::End) => return,
                _ => self.at += 1,
            }
        }
    }

    /// What a token is, for a message.
    pub(crate) fn found(&self, token: Token) -> String {
        match token.kind {
            Kind::End => "the end of the text".to_owned(),
            Kind::Newline | Kind::Doc => "the end of the line".to_owned(),
            _ => format!("`{}`", self.slice(token.span).chars().take(40).collect::<String>()),
        }
    }

    /// Keeps the hint of a documentation comment, if it has one.
    pub(crate) fn doc(&mut self, token: Token) {
        const KEY: &str = "@schemalift.";
        let comment = self.slice(token.span);
        let Some(start) = comment.find(KEY) else { return };
        let hint = comment.get(start + KEY.len()..).unwrap_or_default();
        let span = Span::new(token.span.start + start, token.span.start + comment.trim_end().len());
        let name =
            hint.strip_prefix("renamedFrom").map(str::trim_start).and_then(|rest| rest.strip_prefix('('));
        let name =
            name.and_then(|rest| rest.split_once(')')).map(|(name, _)| name.trim().trim_matches('"').trim());
        match name {
            Some(name) if !name.is_empty() => {
                self.drop_hint();
                self.hint = Some((name.to_owned(), span));
            }
            _ => self.error(
                codes::BAD_HINT,
                span,
                "This is not a hint that Schemalift knows.",
                "Write `/// @schemalift.renamedFrom(old_name)`.",
            ),
        }
    }

    /// Takes the hint that belongs to the member just read.
    pub(crate) fn take_hint(&mut self) -> Option<String> {
        self.hint.take().map(|(name, _)| name)
    }

    /// Reports a hint that belongs to nothing, so that it is not lost silently.
    pub(crate) fn drop_hint(&mut self) {
        if let Some((_, span)) = self.hint.take() {
            let message = "This rename hint stands before nothing that can be renamed.";
            let help = "Put it directly before the model, field, enum or value that has the new name; one hint each.";
            self.error(codes::BAD_HINT, span, message, help);
        }
    }

    /// Reads a name and checks its form. `None` when the next token is no word.
    pub(crate) fn name(&mut self, what: &str, dash: bool) -> Option<Name<'a>> {
        let token = self.peek();
        let text = self.slice(token.span);
        let underscore = token.kind == Kind::Unknown && text.starts_with('_');
        if !matches!(token.kind, Kind::Word | Kind::Number) && !underscore {
            return None;
        }
        self.at += 1;
        let help = "Start it with a letter; the database's own name goes into `@map` or `@@map`.";
        if underscore {
            self.error(
                codes::BAD_NAME,
                token.span,
                format!("The name of a {what} cannot start with `_`."),
                help,
            );
        } else if text.starts_with(|first: char| first.is_numeric() || first == '-') {
            self.error(
                codes::BAD_NAME,
                token.span,
                format!("The name of a {what} cannot start with a number."),
                help,
            );
        } else if !dash && text.contains('-') {
            let help = "Use `_` instead; the database's own name goes into `@map` or `@@map`.";
            self.error(
                codes::BAD_NAME,
                token.span,
                format!("The name of a {what} cannot contain `-`."),
                help,
            );
        }
        Some(Name { text, span: token.span })
    }

    fn top_level(&mut self) -> Option<Block<'a>> {
        let token = self.peek();
        match token.kind {
            Kind::Newline => {
                self.at += 1;
                return None;
            }
            Kind::Doc => {
                self.at += 1;
                self.doc(token);
                return None;
            }
            _ => {}
        }
        let word = self.slice(token.span);
        let Some(kind) = BlockKind::of(word) else {
            let near = super::suggest::nearest(word, ["model", "enum", "datasource", "generator", "view"]);
            let help = match near {
                // The previews of 2019 had it for databases of documents.
                None if word == "embed" => "No edition has embedded types. Make it a model.".to_owned(),
                None => "Blocks start with `model`, `enum`, `datasource` or `generator`.".to_owned(),
                Some(near) => format!("Did you mean `{near}`?"),
            };
            self.error(codes::NO_KEYWORD, token.span, "No block starts like this.", &help);
            return self.unknown_block();
        };
        self.at += 1;
        self.block(kind, token)
    }

    /// Passes a line outside of blocks; when it opens a block, the whole block.
    fn unknown_block(&mut self) -> Option<Block<'a>> {
        let mut opened = false;
        loop {
            match self.peek().kind {
                Kind::End => return None,
                Kind::Newline if !opened => return None,
                Kind::CloseBrace if opened => {
                    self.at += 1;
                    return None;
                }
                Kind::OpenBrace => opened = true,
                _ => {}
            }
            self.at += 1;
        }
    }
}

/// Reading one block.
impl<'a> Parser<'a, '_> {
    fn block(&mut self, kind: BlockKind, keyword: Token) -> Option<Block<'a>> {
        let renamed_from = match kind {
            BlockKind::Model | BlockKind::Enum | BlockKind::View => self.take_hint(),
            _ => None,
        };
        self.drop_hint();
        let what = kind.keyword();
        let form = || format!("Write `{what} Name {{` on a line of its own.");
        let Some(name) = self.name(what, matches!(kind, BlockKind::Datasource | BlockKind::Generator)) else {
            let found = self.found(self.peek());
            self.error(
                codes::BLOCK_FORM,
                keyword.span,
                format!("A name must follow `{what}`, not {found}."),
                &form(),
            );
            return self.unknown_block();
        };
        if self.eat(Kind::OpenBrace).is_none() {
            if kind == BlockKind::Composite && self.eat(Kind::Equals).is_some() {
                return self.alias(name);
            }
            let found = self.found(self.peek());
            let message = format!("`{{` must follow the name of the {what}, not {found}.");
            self.error(codes::BLOCK_FORM, name.span, message, &form());
            return self.unknown_block();
        }
        let mut block = Block {
            kind,
            name,
            fields: std::mem::take(&mut self.fields),
            values: Vec::new(),
            settings: Vec::new(),
            attributes: Vec::new(),
            renamed_from,
            damaged: false,
            end: self.text.len(),
        };
        self.members(&mut block);
        let mut fields = Vec::with_capacity(block.fields.len());
        fields.append(&mut block.fields);
        self.fields = std::mem::replace(&mut block.fields, fields);
        Some(block)
    }

    /// The rest of `type Name = Type @attributes`, which is no block.
    fn alias(&mut self, name: Name<'a>) -> Option<Block<'a>> {
        if let Some((alias, read)) = self.typed("alias", name) {
            if read && !matches!(self.peek().kind, Kind::Newline | Kind::Doc | Kind::End) {
                let found = self.found(self.peek());
                let help = "Behind the type of an alias only attributes (`@…`) may follow.";
                self.error(
                    codes::BAD_LINE,
                    self.peek().span,
                    format!("{found} was not expected here."),
                    help,
                );
            }
            self.aliases.push(alias);
        }
        self.unknown_block()
    }

    fn members(&mut self, block: &mut Block<'a>) {
        let mut crowded =
            !matches!(self.peek().kind, Kind::Newline | Kind::Doc | Kind::End | Kind::CloseBrace);
        if crowded {
            self.crowded(block);
        }
        loop {
            let token = self.peek();
            match token.kind {
                Kind::End => {
                    let message =
                        format!("The {} `{}` is not closed.", block.kind.keyword(), block.name.text);
                    self.error(
                        codes::BLOCK_FORM,
                        block.name.span,
                        message,
                        "Close it with `}` on a line of its own.",
                    );
                    return;
                }
                Kind::CloseBrace => {
                    block.end = token.span.end;
                    self.at += 1;
                    break;
                }
                Kind::Newline => self.at += 1,
                Kind::Doc => {
                    self.at += 1;
                    self.doc(token);
                }
                _ => {
                    self.member(block);
                    if let Some(doc) = self.eat(Kind::Doc) {
                        self.doc(doc);
                        self.hint_behind(block);
                    }
                    if self.peek().kind == Kind::CloseBrace && !crowded {
                        crowded = true;
                        self.crowded(block);
                    }
                }
            }
        }
        self.drop_hint();
        let follows = !matches!(self.peek().kind, Kind::Newline | Kind::End | Kind::Doc);
        if follows && BlockKind::of(self.slice(self.peek().span)).is_none() {
            let message = "Something follows the closing `}`.";
            self.error(codes::BLOCK_FORM, self.peek().span, message, "Put it on a line of its own.");
            self.skip_line();
            self.eat(Kind::CloseBrace);
        }
    }

    fn crowded(&mut self, block: &mut Block<'a>) {
        block.damaged = true;
        let help = "Put `{`'s line, each member and `}` on lines of their own.";
        let message =
            format!("The {} `{}` is written on too few lines.", block.kind.keyword(), block.name.text);
        self.error(codes::BLOCK_FORM, block.name.span, message, help);
    }

    /// A hint at the end of a member's line belongs to that member.
    fn hint_behind(&mut self, block: &mut Block<'a>) {
        let slot = match block.kind {
            BlockKind::Enum => block.values.last_mut().map(|value| &mut value.renamed_from),
            _ => block.fields.last_mut().map(|field| &mut field.renamed_from),
        };
        if let Some(slot) = slot.filter(|slot| slot.is_none()) {
            *slot = self.take_hint();
        }
        self.drop_hint();
    }
}
