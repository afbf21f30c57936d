//! Tokens to blocks, line by line; a line that cannot be read is reported once and passed over.

use bumpalo::Bump;

use super::ast::{
    Argument, Attribute, Block, BlockKind, EnumMember, Expression, Field, Hints, Name, Setting,
};
use super::codes;
use super::lexer::{Kind, Lexer, Packed, Token};
use crate::findings::Findings;
use crate::{Diagnostic, Span, hint};

/// How many tokens are read at once: so few that they stay in the processor's cache.
const BATCH: usize = 4096;

/// So many tokens behind the next one have been read, as far as the text has them.
pub(crate) const LOOK_AHEAD: usize = 512;

/// What was read of a text.
pub(crate) struct Read<'a> {
    /// All blocks.
    pub(crate) blocks: Vec<Block<'a>>,
    /// The `type Name = Type` of old editions.
    pub(crate) aliases: Vec<Field<'a>>,
    /// What is wrong.
    pub(crate) findings: Findings,
}

/// Reads all blocks of the text. Every line is visited once; lists and texts that are not in the text as they are
/// stand in the arena.
pub(crate) fn read<'a>(text: &'a str, arena: &'a Bump) -> Read<'a> {
    let mut parser = Parser {
        text,
        arena,
        lexer: Lexer::new(text),
        tokens: Vec::with_capacity(BATCH + LOOK_AHEAD + 1),
        at: 0,
        read_at: 0,
        diagnostics: Findings::none(codes::TOO_MANY_TOKENS),
        hint: None,
        replaces: None,
        multi_line_until: 0,
        gathered: Gathered::default(),
        aliases: Vec::new(),
    };
    parser.read_tokens();
    // What is not used of it is never touched.
    let mut blocks = Vec::with_capacity(text.len() / 128);
    while parser.peek().kind != Kind::End {
        if let Some(block) = parser.top_level() {
            blocks.push(block);
        }
    }
    parser.drop_hint();
    let findings = parser.lexer.into_findings().then(parser.diagnostics);
    Read { blocks, aliases: parser.aliases, findings }
}

/// Lists in which parts are gathered until their number is known: those of what is open at the place.
#[derive(Default)]
pub(crate) struct Gathered<'a> {
    /// The fields of the block.
    pub(crate) fields: Vec<Field<'a>>,
    /// The values of the enum.
    pub(crate) values: Vec<EnumMember<'a>>,
    /// The settings of the block.
    pub(crate) settings: Vec<Setting<'a>>,
    /// The `@@` attributes of the block.
    pub(crate) of_block: Vec<Attribute<'a>>,
    /// The attributes of the field.
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// The arguments of the attribute and of the functions in it.
    pub(crate) arguments: Vec<Argument<'a>>,
    /// The items of the lists in the attribute.
    pub(crate) items: Vec<Expression<'a>>,
}

/// A list in the arena, of what was gathered from this place on and is gone from there.
pub(crate) fn kept<'a, T: Copy>(arena: &'a Bump, gathered: &mut Vec<T>, first: usize) -> &'a [T] {
    let new = gathered.get(first..).unwrap_or_default();
    if new.is_empty() {
        return &[];
    }
    let kept = arena.alloc_slice_copy(new);
    gathered.truncate(first);
    kept
}

/// A block whose members are being read.
pub(crate) struct Head<'a> {
    /// Its kind.
    pub(crate) kind: BlockKind,
    /// Its name.
    pub(crate) name: Name<'a>,
    /// Some line of it could not be read.
    pub(crate) damaged: bool,
}

/// The place among the tokens.
pub(crate) struct Parser<'a> {
    /// The whole text.
    pub(crate) text: &'a str,
    /// Where lists are kept.
    pub(crate) arena: &'a Bump,
    lexer: Lexer<'a>,
    /// The tokens around the place.
    tokens: Vec<Packed>,
    at: usize,
    /// The place at which the next tokens must be read.
    read_at: usize,
    /// What was found so far.
    pub(crate) diagnostics: Findings,
    hint: Option<(&'a str, Span)>,
    replaces: Option<(&'a str, Span)>,
    /// How far the last value that wrongly goes over a line's end reaches.
    pub(crate) multi_line_until: usize,
    /// Parts of what is open.
    pub(crate) gathered: Gathered<'a>,
    aliases: Vec<Field<'a>>,
}

impl<'a> Parser<'a> {
    /// The token at the place; the last one is always [`Kind::End`].
    pub(crate) fn peek(&self) -> Token {
        self.ahead(0)
    }

    /// The token `distance` further on, which is at most [`LOOK_AHEAD`].
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
        self.pass();
        token
    }

    fn pass(&mut self) {
        self.at += 1;
        if self.at >= self.read_at {
            self.read_tokens();
        }
    }

    /// Forgets the tokens before the one just passed, and reads others.
    fn read_tokens(&mut self) {
        let passed = self.at.saturating_sub(1).min(self.tokens.len());
        self.tokens.drain(..passed);
        self.at -= passed;
        self.lexer.read(BATCH, &mut self.tokens);
        self.read_at =
            if self.lexer.has_ended() { usize::MAX } else { self.tokens.len().saturating_sub(LOOK_AHEAD) };
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
                _ => self.pass(),
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
        let comment = self.slice(token.span);
        let Some(start) = comment.find(hint::KEY) else { return };
        let hint = comment.get(start + hint::KEY.len()..).unwrap_or_default();
        let span = Span::new(token.span.start + start, token.span.start + comment.trim_end().len());
        if let Some(name) = hint::argument(hint, "renamedFrom") {
            self.drop_rename();
            self.hint = Some((self.arena.alloc_str(&name), span));
        } else if let Some(name) = hint::argument(hint, "replaces") {
            self.drop_replacement();
            self.replaces = Some((self.arena.alloc_str(&name), span));
        } else {
            self.error(
                codes::BAD_HINT,
                span,
                "This is not a hint that Schemalift knows.",
                "Write `/// @schemalift.renamedFrom(old_name)` or `/// @schemalift.replaces(old_column)`.",
            );
        }
    }

    /// Takes the hint that belongs to the member just read.
    pub(crate) fn take_hint(&mut self) -> Option<&'a str> {
        self.hint.take().map(|(name, _)| name)
    }

    /// Takes all hints that a field can have.
    pub(crate) fn take_hints(&mut self) -> Option<&'a Hints<'a>> {
        if self.hint.is_none() && self.replaces.is_none() {
            return None;
        }
        let replaces = self.replaces.take().map(|(name, _)| name);
        Some(self.arena.alloc(Hints { renamed_from: self.take_hint(), replaces }))
    }

    /// Reports hints that belong to nothing, so that they are not lost silently.
    pub(crate) fn drop_hint(&mut self) {
        self.drop_rename();
        self.drop_replacement();
    }

    fn drop_replacement(&mut self) {
        if let Some((_, span)) = self.replaces.take() {
            let message = "This hint stands before nothing that can take a column's place.";
            let help = "Put it directly before the field that replaces the column; one column each.";
            self.error(codes::BAD_HINT, span, message, help);
        }
    }

    fn drop_rename(&mut self) {
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
        self.pass();
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
        Some(Name::new(text, token.span))
    }

    fn top_level(&mut self) -> Option<Block<'a>> {
        let token = self.peek();
        match token.kind {
            Kind::Newline => {
                self.pass();
                return None;
            }
            Kind::Doc => {
                self.pass();
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
        self.pass();
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
                    self.pass();
                    return None;
                }
                Kind::OpenBrace => opened = true,
                _ => {}
            }
            self.pass();
        }
    }
}

/// Reading one block.
impl<'a> Parser<'a> {
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
            self.error(codes::BLOCK_FORM, name.span(), message, &form());
            return self.unknown_block();
        }
        let mut head = Head { kind, name, damaged: false };
        let end = self.members(&mut head);
        Some(Block {
            kind,
            name,
            fields: kept(self.arena, &mut self.gathered.fields, 0),
            values: kept(self.arena, &mut self.gathered.values, 0),
            settings: kept(self.arena, &mut self.gathered.settings, 0),
            attributes: kept(self.arena, &mut self.gathered.of_block, 0),
            renamed_from,
            damaged: head.damaged,
            end,
        })
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

    /// Gathers the members, and says where the block ends.
    fn members(&mut self, block: &mut Head<'a>) -> usize {
        let end;
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
                        block.name.span(),
                        message,
                        "Close it with `}` on a line of its own.",
                    );
                    return self.text.len();
                }
                Kind::CloseBrace => {
                    end = token.span.end;
                    self.pass();
                    break;
                }
                Kind::Newline => self.pass(),
                Kind::Doc => {
                    self.pass();
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
        end
    }

    fn crowded(&mut self, block: &mut Head<'a>) {
        block.damaged = true;
        let help = "Put `{`'s line, each member and `}` on lines of their own.";
        let message =
            format!("The {} `{}` is written on too few lines.", block.kind.keyword(), block.name.text);
        self.error(codes::BLOCK_FORM, block.name.span(), message, help);
    }

    /// A hint at the end of a member's line belongs to that member.
    fn hint_behind(&mut self, block: &Head<'a>) {
        let given = |hint: &mut Option<(&'a str, Span)>| hint.take().map(|(name, _)| name);
        let Gathered { fields, values, .. } = &mut self.gathered;
        if let Some(value) = values.last_mut().filter(|_| block.kind == BlockKind::Enum) {
            value.renamed_from = value.renamed_from.or_else(|| given(&mut self.hint));
        } else if let Some(field) = fields.last_mut()
            && (self.hint.is_some() || self.replaces.is_some())
        {
            let mut hints = field.hints.copied().unwrap_or_default();
            hints.renamed_from = hints.renamed_from.or_else(|| given(&mut self.hint));
            hints.replaces = hints.replaces.or_else(|| given(&mut self.replaces));
            field.hints = Some(self.arena.alloc(hints));
        }
        self.drop_hint();
    }
}
