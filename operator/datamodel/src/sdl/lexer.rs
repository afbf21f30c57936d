//! Text to tokens. Blanks, commas, comments and the byte order mark are left out.

use super::codes::{Findings, SYNTAX, TOO_LARGE};
use crate::Span;

/// Most tokens that are read.
const MAX_TOKENS: usize = 400_000;

/// Kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// One of `! $ ( ) : = @ [ ] { | } &`, or `.` for `...`.
    Punctuation(char),
    /// A word.
    Name,
    /// A whole number.
    Int,
    /// A number with a fraction or an exponent.
    Float,
    /// `"text"`, quotes included in its span.
    Text,
    /// `"""text"""`, quotes included in its span.
    Block,
    /// The end of the text, always the last token.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Where.
    pub(super) span: Span,
    /// Whether it is the first of its line.
    pub(super) first: bool,
}

/// Splits the text into tokens and comments. What is neither is reported and left out.
pub(super) fn tokens(text: &str, findings: &mut Findings) -> (Vec<Token>, Vec<Span>) {
    let mut lexer = Lexer { text, at: 0, first: true, comments: Vec::new() };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_ignored();
        let first = std::mem::replace(&mut lexer.first, false);
        let start = lexer.at;
        let Some(character) = lexer.peek() else { break };
        if tokens.len() >= MAX_TOKENS {
            let message = format!("The datamodel has more than {MAX_TOKENS} tokens.");
            findings.error(TOO_LARGE, Span::new(start, start), message, "Split it into several datamodels.");
            break;
        }
        let kind = lexer.token(character);
        let span = Span::new(start, lexer.at);
        match kind {
            Ok(kind) => tokens.push(Token { kind, span, first }),
            Err(problem) => {
                let message =
                    format!("There's a syntax error in the data model. {}", problem.message(character));
                findings.error(SYNTAX, span, message, problem.help(character));
                if let Some(kind) = problem.stands_for() {
                    tokens.push(Token { kind, span, first });
                }
            }
        }
    }
    let end = Span::new(lexer.at, lexer.at);
    tokens.push(Token { kind: TokenKind::End, span: end, first: true });
    (tokens, lexer.comments)
}

/// Why something is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    /// No token starts with this character.
    Character,
    /// A text without its closing quote.
    OpenText,
    /// A block without its closing quotes.
    OpenBlock,
    /// A number that is none.
    Number,
}

impl Problem {
    /// What is wrong.
    fn message(self, character: char) -> String {
        match self {
            Self::Character => format!("The character {character:?} has no meaning here."),
            Self::OpenText => "This text has no closing quote on its line.".to_owned(),
            Self::OpenBlock => "This description has no closing `\"\"\"`.".to_owned(),
            Self::Number => "This is not a number.".to_owned(),
        }
    }

    /// What to do.
    const fn help(self, character: char) -> &'static str {
        match self {
            Self::Character if character == '?' => {
                "Leave it out: a field is optional unless its type ends in `!`."
            }
            Self::Character => "Remove it, or put it into a comment that begins with `#`.",
            Self::OpenText => "Add the quote; use `\\n` for a line break inside a text.",
            Self::OpenBlock => "Close the description with three quotes.",
            Self::Number => "Write digits, such as `10`, `-3` or `0.5`.",
        }
    }

    /// The token that most likely was meant, so that the parser does not stumble over its absence.
    const fn stands_for(self) -> Option<TokenKind> {
        match self {
            Self::Character => None,
            Self::OpenText => Some(TokenKind::Text),
            Self::OpenBlock => Some(TokenKind::Block),
            Self::Number => Some(TokenKind::Int),
        }
    }
}

/// A place in the text.
struct Lexer<'a> {
    text: &'a str,
    at: usize,
    first: bool,
    comments: Vec<Span>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes on while the condition holds.
    fn take_while(&mut self, condition: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|character| !condition(character)).unwrap_or(rest.len());
    }

    fn skip_ignored(&mut self) {
        while let Some(character) = self.peek() {
            match character {
                '\n' | '\r' => {
                    self.first = true;
                    self.at += 1;
                }
                ' ' | '\t' | ',' => self.at += 1,
                '\u{feff}' => self.at += character.len_utf8(),
                '#' => {
                    let start = self.at;
                    self.take_while(|character| character != '\n' && character != '\r');
                    self.comments.push(Span::new(start, self.at));
                }
                _ => return,
            }
        }
    }

    fn token(&mut self, character: char) -> Result<TokenKind, Problem> {
        match character {
            '!' | '$' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' | '&' => {
                self.at += 1;
                Ok(TokenKind::Punctuation(character))
            }
            '.' if self.rest().starts_with("...") => {
                self.at += 3;
                Ok(TokenKind::Punctuation('.'))
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                self.take_while(|character| character.is_ascii_alphanumeric() || character == '_');
                Ok(TokenKind::Name)
            }
            '0'..='9' | '-' => self.number(),
            '"' if self.rest().starts_with("\"\"\"") => self.block(),
            '"' => self.quoted(),
            _ => {
                self.at += character.len_utf8();
                Err(Problem::Character)
            }
        }
    }

    fn number(&mut self) -> Result<TokenKind, Problem> {
        let start = self.at;
        self.at += 1;
        self.take_while(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '+' | '-')
        });
        let written = self.text.get(start..self.at).unwrap_or_default();
        let digits = written.strip_prefix('-').unwrap_or(written);
        let whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if whole(digits) && (digits == "0" || !digits.starts_with('0')) {
            return Ok(TokenKind::Int);
        }
        let (mantissa, exponent) =
            digits.split_once(['e', 'E']).map_or((digits, None), |(left, right)| (left, Some(right)));
        let mantissa_fits =
            mantissa.split_once('.').map_or(whole(mantissa), |(left, right)| whole(left) && whole(right));
        let exponent_fits =
            exponent.is_none_or(|exponent| whole(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
        let is_float = digits.contains(['.', 'e', 'E']);
        if is_float && mantissa_fits && exponent_fits { Ok(TokenKind::Float) } else { Err(Problem::Number) }
    }

    fn quoted(&mut self) -> Result<TokenKind, Problem> {
        self.at += 1;
        loop {
            self.take_while(|character| !matches!(character, '"' | '\\' | '\n' | '\r'));
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(TokenKind::Text);
                }
                Some('\\') => {
                    self.at += 1;
                    let escaped = self.peek().filter(|character| !matches!(character, '\n' | '\r'));
                    self.at += escaped.map_or(0, char::len_utf8);
                }
                _ => return Err(Problem::OpenText),
            }
        }
    }

    fn block(&mut self) -> Result<TokenKind, Problem> {
        self.at += 3;
        loop {
            self.take_while(|character| character != '"' && character != '\\');
            let rest = self.rest();
            if rest.starts_with("\"\"\"") {
                self.at += 3;
                return Ok(TokenKind::Block);
            } else if rest.starts_with("\\\"\"\"") {
                self.at += 4;
            } else if rest.is_empty() {
                return Err(Problem::OpenBlock);
            } else {
                self.at += 1;
            }
        }
    }
}

/// The content of a [`TokenKind::Text`] or [`TokenKind::Block`], escapes resolved. `None` when an escape is unknown.
pub(super) fn unquote(written: &str) -> Option<String> {
    if let Some(block) = written.strip_prefix("\"\"\"") {
        return Some(block.strip_suffix("\"\"\"").unwrap_or(block).trim().replace("\\\"\"\"", "\"\"\""));
    }
    let inner = written.strip_prefix('"').unwrap_or(written);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        out.push(match characters.next()? {
            same @ ('"' | '\\' | '/') => same,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits: String = characters.by_ref().take(4).collect();
                if digits.len() != 4 {
                    return None;
                }
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
            }
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_texts_and_descriptions_are_told_apart() {
        let mut findings = super::super::codes::no_findings();
        let kinds: Vec<_> = tokens("a -1 2.5e3 \"x\\\"y\" \"\"\"d\n\"\"\" ... # no", &mut findings)
            .0
            .into_iter()
            .map(|token| token.kind)
            .collect();
        let expected = [
            TokenKind::Name,
            TokenKind::Int,
            TokenKind::Float,
            TokenKind::Text,
            TokenKind::Block,
            TokenKind::Punctuation('.'),
            TokenKind::End,
        ];
        assert_eq!(kinds, expected);
        assert_eq!(findings.errors(), 0);
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(unquote(r#""a\"b\u0041\n""#).as_deref(), Some("a\"bA\n"));
        assert_eq!(unquote(r#""\q""#), None);
    }
}
