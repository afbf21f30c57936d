//! One member of a block as its cells, with one space where the language has one.

use super::super::ast::BlockKind;
use super::super::lexer::{Kind, Lexer, Token};

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Member {
    /// A field, value or setting: its cells.
    Row(Vec<String>),
    /// A `@@` attribute.
    Attribute(String),
    /// What could not be read; it stays as it is.
    Raw(String),
}

/// Order of a field's attributes; others follow as they are.
const OF_FIELD: [&str; 7] = ["id", "unique", "default", "updatedAt", "map", "relation", "ignore"];
/// Order of a block's attributes; others follow as they are.
const OF_BLOCK: [&str; 7] = ["id", "unique", "index", "fulltext", "map", "ignore", "schema"];

/// Place of an attribute of a block among its kind.
pub(crate) fn rank_of_block(attribute: &str) -> usize {
    rank(&OF_BLOCK, attribute.trim_start_matches('@'))
}

fn rank(order: &[&str], attribute: &str) -> usize {
    let name = attribute.split('(').next().unwrap_or_default();
    order.iter().position(|known| *known == name).unwrap_or(order.len())
}

/// Reads the code of one line.
pub(crate) fn read(kind: BlockKind, code: &str) -> Member {
    let (tokens, found) = Lexer::all(code);
    let tokens: Vec<Token> = tokens.into_iter().map(Token::from).collect();
    let member = if found.count() == 0 {
        let reader = Reader { code, tokens: tokens.as_slice() };
        match kind {
            BlockKind::Datasource | BlockKind::Generator => reader.setting().map(Member::Row),
            _ if code.starts_with("@@") => reader.attributes(0).and_then(only).map(Member::Attribute),
            BlockKind::Enum => reader.value().map(Member::Row),
            BlockKind::Model | BlockKind::View | BlockKind::Composite => reader.field().map(Member::Row),
        }
    } else {
        None
    };
    member.unwrap_or_else(|| Member::Raw(code.to_owned()))
}

fn only(mut attributes: Vec<String>) -> Option<String> {
    let first = attributes.pop();
    first.filter(|_| attributes.is_empty())
}

/// The tokens of a line.
struct Reader<'a> {
    code: &'a str,
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::End, |token| token.kind)
    }

    fn slice(&self, at: usize) -> &str {
        let span = self.tokens.get(at).map(|token| token.span).unwrap_or_default();
        self.code.get(span.start..span.end).unwrap_or_default()
    }

    fn setting(&self) -> Option<Vec<String>> {
        if self.kind(0) != Kind::Word || self.kind(1) != Kind::Equals || self.kind(2) == Kind::End {
            return None;
        }
        Some(vec![self.slice(0).to_owned(), format!("= {}", self.spaced(2, self.tokens.len())?)])
    }

    fn value(&self) -> Option<Vec<String>> {
        if !matches!(self.kind(0), Kind::Word | Kind::Number) {
            return None;
        }
        self.cells(vec![self.slice(0).to_owned()], 1)
    }

    fn field(&self) -> Option<Vec<String>> {
        if self.kind(0) != Kind::Word {
            return None;
        }
        let ty = if self.kind(1) == Kind::Colon { 2 } else { 1 };
        if self.kind(ty) != Kind::Word {
            return None;
        }
        let mut at = ty + 1;
        let mut shown = self.slice(ty).to_owned();
        if self.kind(at) == Kind::OpenParen {
            let close = (at..self.tokens.len()).find(|at| self.kind(*at) == Kind::CloseParen)?;
            let from = self.tokens.get(ty)?.span.start;
            let to = self.tokens.get(close)?.span.end;
            self.code.get(from..to)?.clone_into(&mut shown);
            at = close + 1;
        }
        loop {
            match self.kind(at) {
                Kind::Question => shown.push('?'),
                Kind::OpenBracket if self.kind(at + 1) == Kind::CloseBracket => {
                    shown.push_str("[]");
                    at += 1;
                }
                Kind::Bang => {}
                _ => break,
            }
            at += 1;
        }
        self.cells(vec![self.slice(0).to_owned(), shown], at)
    }

    /// The cells with one more for the attributes, if there are any.
    fn cells(&self, mut cells: Vec<String>, at: usize) -> Option<Vec<String>> {
        if self.kind(at) == Kind::End {
            return Some(cells);
        }
        let mut attributes = self.attributes(at)?;
        attributes.sort_by_key(|attribute| rank(&OF_FIELD, attribute.trim_start_matches('@')));
        cells.push(attributes.join(" "));
        Some(cells)
    }

    /// All attributes from this token on; `None` when something else is there.
    fn attributes(&self, from: usize) -> Option<Vec<String>> {
        let mut starts = Vec::new();
        let mut depth = 0_usize;
        for at in from..self.tokens.len() {
            match self.kind(at) {
                Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => depth += 1,
                Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace => depth = depth.checked_sub(1)?,
                Kind::At | Kind::AtAt if depth == 0 => starts.push(at),
                _ => {}
            }
        }
        if depth != 0 || starts.first() != Some(&from) {
            return None;
        }
        let ends = starts.iter().skip(1).copied().chain([self.tokens.len()]);
        starts.iter().zip(ends).map(|(start, end)| self.spaced(*start, end)).collect()
    }

    /// The tokens with one space behind commas and colons and inside braces, and no other.
    fn spaced(&self, from: usize, to: usize) -> Option<String> {
        let mut out = String::new();
        let mut open = Vec::new();
        for at in from..to {
            let kind = self.kind(at);
            let before = if at > from { self.kind(at - 1) } else { Kind::Comma };
            let word = |kind: Kind| matches!(kind, Kind::Word | Kind::Number | Kind::Text);
            match kind {
                Kind::End => break,
                // Several before a bracket may go one by one, and formatting would not come to an end at once.
                Kind::Comma if self.kind(at + 1) == Kind::Comma => return None,
                Kind::Comma if matches!(self.kind(at + 1), Kind::CloseParen | Kind::CloseBracket) => {}
                Kind::Comma => out.push_str(", "),
                Kind::Colon => out.push_str(": "),
                Kind::OpenParen | Kind::OpenBracket => {
                    open.push(kind);
                    out.push_str(self.slice(at));
                }
                Kind::CloseParen | Kind::CloseBracket => {
                    let wanted = if kind == Kind::CloseParen { Kind::OpenParen } else { Kind::OpenBracket };
                    if open.pop() != Some(wanted) {
                        return None;
                    }
                    out.push_str(self.slice(at));
                }
                Kind::OpenBrace => {
                    open.push(kind);
                    out.push_str("{ ");
                }
                Kind::CloseBrace => {
                    if open.pop() != Some(Kind::OpenBrace) {
                        return None;
                    }
                    out.push_str(if before == Kind::OpenBrace { "}" } else { " }" });
                }
                Kind::At | Kind::AtAt | Kind::Dot => out.push_str(self.slice(at)),
                _ if word(kind) && !word(before) => out.push_str(self.slice(at)),
                _ => return None,
            }
        }
        open.is_empty().then_some(out)
    }
}
