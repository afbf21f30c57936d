//! Text to tokens.

use super::codes;
use crate::findings::Findings;
use crate::{Diagnostic, Span};

/// Most tokens that are read; what follows is refused with [`codes::TOO_MANY_TOKENS`].
const MAX_TOKENS: usize = 1_500_000;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word: starts with a letter or digit; may hold `_` and `-`.
    Word,
    /// Digits, perhaps signed, perhaps with a fraction.
    Number,
    /// A string with its quotes; closed on its line.
    Text,
    /// A `///` comment up to the line's end.
    Doc,
    /// `@`.
    At,
    /// `@@`.
    AtAt,
    /// `{`.
    OpenBrace,
    /// `}`.
    CloseBrace,
    /// `(`.
    OpenParen,
    /// `)`.
    CloseParen,
    /// `[`.
    OpenBracket,
    /// `]`.
    CloseBracket,
    /// `,`.
    Comma,
    /// `:`.
    Colon,
    /// `=`.
    Equals,
    /// `?`.
    Question,
    /// `!`.
    Bang,
    /// `.`.
    Dot,
    /// A line's end.
    Newline,
    /// Anything that no rule starts with.
    Unknown,
    /// The end of the text.
    End,
}

/// A token and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where; always on character boundaries.
    pub(crate) span: Span,
}

/// A token in half the room: there is one for every three or four bytes of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed {
    kind: Kind,
    start: u32,
    end: u32,
}

impl Packed {
    /// Texts are far shorter than what does not fit.
    fn new(kind: Kind, start: usize, end: usize) -> Self {
        let packed = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self { kind, start: packed(start), end: packed(end) }
    }
}

impl From<Packed> for Token {
    fn from(Packed { kind, start, end }: Packed) -> Self {
        Self { kind, span: Span::new(start as usize, end as usize) }
    }
}

/// Stands between tokens.
const BLANK: u8 = 1;
/// Goes on with a word.
const INSIDE: u8 = 2;

/// What each byte may be: of a text most bytes are letters and blanks.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::indexing_slicing,
            reason = "below 256, and at compile time"
        )]
        {
            classes[byte] = match byte as u8 {
                b' ' | b'\t' | b'\r' => BLANK,
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => INSIDE,
                _ => 0,
            };
        }
        byte += 1;
    }
    classes
};

fn is(class: u8, byte: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|of| of & class != 0)
}

/// Text to tokens, so many at a time. One pass; never fails.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// So many were read.
    count: usize,
    /// The kind of the one that was read last.
    last: Option<Kind>,
    findings: Findings,
}

impl<'a> Lexer<'a> {
    /// Before the first token.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, count: 0, last: None, findings: Findings::none(codes::TOO_MANY_TOKENS) }
    }

    /// All tokens of the text, the last of them [`Kind::End`], and what is wrong with them.
    pub(crate) fn all(text: &'a str) -> (Vec<Packed>, Findings) {
        let (mut lexer, mut tokens) = (Self::new(text), Vec::new());
        lexer.read(usize::MAX, &mut tokens);
        (tokens, lexer.findings)
    }

    /// Adds the next tokens to the list, at most so many. The last one of the text is [`Kind::End`].
    pub(crate) fn read(&mut self, most: usize, tokens: &mut Vec<Packed>) {
        let most = most.min(MAX_TOKENS - self.count);
        let before = tokens.len();
        while tokens.len() - before < most {
            let Some(first) = self.ahead(0) else { break };
            let start = self.at;
            if is(BLANK, first) {
                self.at += 1;
                self.pass_bytes(|byte| is(BLANK, byte));
            } else if let Some(kind) = self.token(first) {
                self.last = Some(kind);
                tokens.push(Packed::new(kind, start, self.at));
            }
        }
        self.count += tokens.len() - before;
        if self.count == MAX_TOKENS {
            self.too_many();
        }
        if self.ahead(0).is_none() && !self.has_ended() {
            self.last = Some(Kind::End);
            tokens.push(Packed::new(Kind::End, self.at, self.at));
        }
    }

    /// Whether the last token was read.
    pub(crate) fn has_ended(&self) -> bool {
        self.last == Some(Kind::End)
    }

    /// What is wrong with the tokens.
    pub(crate) fn into_findings(self) -> Findings {
        self.findings
    }

    /// Passes what is left, and reports it.
    fn too_many(&mut self) {
        if self.ahead(0).is_none() {
            return;
        }
        let message = format!("The datamodel has more than {MAX_TOKENS} words and signs.");
        let help = "Split it into several datamodels.";
        self.findings.error(codes::TOO_MANY_TOKENS, Span::new(self.at, self.at), message, help);
        self.at = self.text.len();
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The byte `distance` further on.
    fn ahead(&self, distance: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + distance).copied()
    }

    /// Passes characters while `inside` holds.
    fn pass(&mut self, inside: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|character| !inside(character)).unwrap_or(rest.len());
    }

    /// Passes bytes while `inside` holds, which holds for all bytes of a character that is not ASCII, or for none.
    fn pass_bytes(&mut self, inside: impl Fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !inside(*byte)).unwrap_or(rest.len());
    }

    /// Passes one token or what stands between tokens (`None`). Always moves forward.
    fn token(&mut self, first: u8) -> Option<Kind> {
        let next = || self.ahead(1);
        let kind = match first {
            b'a'..=b'z' | b'A'..=b'Z' => {
                self.letters();
                return Some(Kind::Word);
            }
            b'0'..=b'9' => return Some(self.word()),
            b'-' if next().is_some_and(|next| next.is_ascii_digit()) => return Some(self.word()),
            b'"' => return Some(self.string()),
            b'/' if next() == Some(b'/') => {
                let doc = self.ahead(2) == Some(b'/');
                self.pass_bytes(|byte| byte != b'\n');
                return doc.then_some(Kind::Doc);
            }
            b'/' if next() == Some(b'*') => {
                let start = self.at;
                self.comment();
                self.alone(Span::new(start, self.at));
                return None;
            }
            b'@' if next() == Some(b'@') => {
                self.at += 2;
                return Some(Kind::AtAt);
            }
            b'_' => {
                self.letters();
                return Some(Kind::Unknown);
            }
            0x80.. => return Some(self.beyond_ascii()),
            b'\n' => Kind::Newline,
            b'@' => Kind::At,
            b'{' => Kind::OpenBrace,
            b'}' => Kind::CloseBrace,
            b'(' => Kind::OpenParen,
            b')' => Kind::CloseParen,
            b'[' => Kind::OpenBracket,
            b']' => Kind::CloseBracket,
            b',' => Kind::Comma,
            b':' => Kind::Colon,
            b'=' => Kind::Equals,
            b'?' => Kind::Question,
            b'!' => Kind::Bang,
            b'.' => Kind::Dot,
            _ => Kind::Unknown,
        };
        self.at += 1;
        Some(kind)
    }

    /// A token that starts with a character outside ASCII.
    fn beyond_ascii(&mut self) -> Kind {
        match self.rest().chars().next() {
            Some(first) if first.is_alphanumeric() => self.word(),
            first => {
                self.at += first.map_or(0, char::len_utf8);
                Kind::Unknown
            }
        }
    }

    /// Passes what a word goes on with: nearly always ASCII.
    fn letters(&mut self) {
        self.pass_bytes(|byte| is(INSIDE, byte));
        if self.ahead(0).is_some_and(|byte| !byte.is_ascii()) {
            self.pass(|character| character.is_alphanumeric() || character == '_' || character == '-');
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        if let Some(length) = self.rest().find("*/") {
            self.at += length + 2;
            return;
        }
        self.at = self.text.len();
        let found = Diagnostic::error(
            codes::UNCLOSED_COMMENT,
            Span::new(start, start + 2),
            "This comment is never closed.",
        );
        self.findings.push(found.help("Close it with `*/`."));
    }

    /// Reports a `/* */` with something before it and behind it on its lines.
    fn alone(&mut self, comment: Span) {
        let behind = self.rest().trim_start_matches([' ', '\t', '\r']);
        let ends = behind.is_empty() || behind.starts_with('\n') || behind.starts_with("//");
        if self.last.is_some_and(|kind| kind != Kind::Newline) && !ends {
            let message = "A `/* */` comment cannot stand in the middle of a line.";
            let found = Diagnostic::error(codes::BAD_LINE, comment, message);
            self.findings.push(found.help("Put it at the line's end, or on a line of its own."));
        }
    }

    /// A word or a number. Its first character is a letter, a digit, or a sign before a digit.
    fn word(&mut self) -> Kind {
        let start = self.at;
        self.letters();
        let word = self.text.get(start..self.at).unwrap_or_default();
        let digits = word.strip_prefix('-').unwrap_or(word);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Kind::Word;
        }
        if self.ahead(0) == Some(b'.') && self.ahead(1).is_some_and(|digit| digit.is_ascii_digit()) {
            self.at += 1;
            self.pass_bytes(|byte| byte.is_ascii_digit());
        }
        Kind::Number
    }

    fn string(&mut self) -> Kind {
        let start = self.at;
        let mut escaped = false;
        for (offset, byte) in self.text.get(start + 1..).unwrap_or_default().bytes().enumerate() {
            match byte {
                b'\n' => break,
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at = start + offset + 2;
                    return Kind::Text;
                }
                _ => {}
            }
        }
        self.pass(|character| character != '\n' && character != '\r');
        let found = Diagnostic::error(
            codes::UNCLOSED_STRING,
            Span::new(start, self.at),
            "This string is not closed.",
        );
        self.findings.push(found.help("End it with `\"` on the same line; a line's end is written `\\n`."));
        Kind::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_same_whether_they_are_read_at_once_or_in_parts() {
        let text = "model A { // x\n  id Int @id /* b */\n  a /* c */ String[] @default([\"x\", \"y\"])\n}\n/// d\n\"";
        let (all, findings) = Lexer::all(text);
        let spans =
            |tokens: &[Packed]| -> Vec<Token> { tokens.iter().map(|token| (*token).into()).collect() };
        for most in 1..all.len() + 2 {
            let (mut lexer, mut tokens) = (Lexer::new(text), Vec::new());
            while !lexer.has_ended() {
                lexer.read(most, &mut tokens);
            }
            assert_eq!(spans(&tokens), spans(&all), "{most}");
            assert_eq!(lexer.into_findings().into_list().len(), findings.count(), "{most}");
        }
        assert_eq!(findings.count(), 2, "a comment inside a line, a string that is not closed");
    }
}
