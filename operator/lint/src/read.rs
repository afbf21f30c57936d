//! Text to statements, with PostgreSQL's own scanner and grammar.

use std::panic::{AssertUnwindSafe, catch_unwind};

use datamodel::Span;
use pg_query::protobuf::Token as Kind;
use pg_query::{Error, NodeEnum};

use crate::secrets::masked;

/// A token that is not a comment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// A statement without its semicolon.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) span: Span,
    pub(crate) tokens: Vec<Token>,
    /// What the grammar made of it.
    pub(crate) tree: Result<NodeEnum, Unread>,
}

/// Why there is no tree.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is no SQL of PostgreSQL.
    Syntax(Span, String),
    /// It is beyond what is read.
    Bound(String),
}

/// A file that was read.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) statements: Vec<Statement>,
    /// Comments, with their marks.
    pub(crate) comments: Vec<Span>,
    /// The scanner could not read on from here.
    pub(crate) error: Option<(Span, String)>,
}

impl Statement {
    /// The part of the statement that begins at `start` and ends before the next comma or bracket of the same level.
    pub(crate) fn clause(&self, start: usize) -> Span {
        let mut depth = 0_usize;
        let mut end = start;
        for token in self.tokens.iter().filter(|token| token.span.start >= start) {
            match token.kind {
                Kind::Ascii40 => depth += 1,
                Kind::Ascii41 | Kind::Ascii44 if depth == 0 => break,
                Kind::Ascii41 => depth -= 1,
                _ => {}
            }
            end = token.span.end;
        }
        if end == start { self.span } else { Span::new(start, end) }
    }

    /// The parts between the commas that stand in no bracket, from `start` on.
    pub(crate) fn clauses(&self, start: usize) -> Vec<Span> {
        let mut clauses: Vec<Span> = Vec::new();
        let mut depth = 0_usize;
        let mut fresh = true;
        for token in self.tokens.iter().filter(|token| token.span.start >= start) {
            match token.kind {
                Kind::Ascii40 => depth += 1,
                Kind::Ascii41 => depth = depth.saturating_sub(1),
                Kind::Ascii44 if depth == 0 => {
                    fresh = true;
                    continue;
                }
                _ => {}
            }
            match clauses.last_mut() {
                Some(clause) if !fresh => clause.end = token.span.end,
                _ => clauses.push(token.span),
            }
            fresh = false;
        }
        clauses
    }
}

/// Reads a file. Each statement is parsed by itself, so that one that cannot be read hides no other.
pub(crate) fn read(text: &str) -> File {
    let mut file = File::default();
    if let Some(at) = slow_run(text.as_bytes()) {
        file.error = Some((Span::new(at, at), "A run of operators is longer than is read.".to_owned()));
        return file;
    }
    let scanned = match catch_unwind(AssertUnwindSafe(|| pg_query::scan(text))) {
        Ok(Ok(scanned)) => scanned,
        Ok(Err(error)) => {
            file.error = Some(scan_error(text, &error));
            return file;
        }
        Err(_) => {
            file.error = Some((Span::new(0, 0), "The file cannot be read.".to_owned()));
            return file;
        }
    };
    let mut tokens = Vec::new();
    let mut open = Open::default();
    for token in scanned.tokens {
        let place = |at: i32| usize::try_from(at).unwrap_or_default();
        let span = Span::new(place(token.start), place(token.end));
        let kind = token.token();
        match kind {
            Kind::SqlComment | Kind::CComment => file.comments.push(span),
            Kind::Ascii59 if open.none() => {
                file.statements.extend(statement(text, std::mem::take(&mut tokens)));
                open = Open::default();
            }
            _ => {
                open.take(kind);
                tokens.push(Token { kind, span });
            }
        }
    }
    file.statements.extend(statement(text, tokens));
    file
}

/// Longest run of what the scanner looks at again for each token that it takes from it.
const MAX_RUN: usize = 1000;

/// Where a run ends that would take the scanner time by its square: comments that open comments, and signs.
fn slow_run(text: &[u8]) -> Option<usize> {
    let (mut comments, mut signs, mut last) = (0_usize, 0_usize, b' ');
    for (at, byte) in text.iter().copied().enumerate() {
        comments = match byte {
            b'*' if last == b'/' => comments + 1,
            b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'+' | b'-' | b'*' | b'/'
            | b'%' | b'<' | b'>' | b'=' => comments,
            _ => 0,
        };
        signs = match byte {
            // Two of them begin a comment, which is read at once.
            b'-' if last == b'-' => 0,
            b'+' | b'-' => signs + 1,
            _ => 0,
        };
        if comments > MAX_RUN || signs > MAX_RUN {
            return Some(at);
        }
        last = byte;
    }
    None
}

/// What a semicolon may stand in without ending the statement.
#[derive(Debug, Default)]
struct Open {
    brackets: usize,
    /// `BEGIN ATOMIC` of a function's body, and each `CASE` in it.
    blocks: usize,
    begin: bool,
}

impl Open {
    const fn none(&self) -> bool {
        self.brackets == 0 && self.blocks == 0
    }

    fn take(&mut self, kind: Kind) {
        match kind {
            Kind::Ascii40 => self.brackets += 1,
            Kind::Ascii41 => self.brackets = self.brackets.saturating_sub(1),
            Kind::Atomic if self.begin => self.blocks += 1,
            Kind::Case if self.blocks > 0 => self.blocks += 1,
            Kind::EndP => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
        self.begin = kind == Kind::BeginP;
    }
}

fn statement(text: &str, tokens: Vec<Token>) -> Vec<Statement> {
    let Some(span) = tokens.first().zip(tokens.last()).map(|(first, last)| first.span.to(last.span)) else {
        return Vec::new();
    };
    let message = match parse(text, span) {
        Ok(tree) => return vec![Statement { span, tokens, tree: Ok(tree) }],
        Err(message) => message,
    };
    // A bracket that was never closed has kept the later statements inside.
    if tokens.iter().any(|token| token.kind == Kind::Ascii59) {
        let parts = tokens.split(|token| token.kind == Kind::Ascii59);
        return parts.flat_map(|part| statement(text, part.to_vec())).collect();
    }
    let tree = Err(match message {
        Ok(message) => syntax_error(text, span, &tokens, &message),
        Err(message) => Unread::Bound(message),
    });
    vec![Statement { span, tokens, tree }]
}

/// The tree, the grammar's message, or that a bound was hit.
fn parse(text: &str, span: Span) -> Result<NodeEnum, Result<String, String>> {
    let sql = text.get(span.start..span.end).unwrap_or_default();
    let parsed = catch_unwind(AssertUnwindSafe(|| pg_query::parse(sql, 0)))
        .map_err(|_| Err("The statement cannot be read.".to_owned()))?;
    let parsed = parsed.map_err(|error| match error {
        Error::Parse(message)
            if message.contains("stack depth")
                || message.contains("memory exhausted")
                || message.contains("too deeply") =>
        {
            Err("The statement is nested deeper than is read.".to_owned())
        }
        Error::Parse(message) => Ok(message),
        other => Ok(other.to_string()),
    })?;
    let tree = parsed.protobuf.stmts.into_iter().next().and_then(|statement| statement.stmt?.node);
    tree.ok_or_else(|| Ok("nothing to run".to_owned()))
}

/// The grammar says which token it did not expect, not which of its occurrences. Up to the token before it the text is
/// the beginning of a statement, and from it on it is not, so that halving finds it.
fn syntax_error(text: &str, span: Span, tokens: &[Token], message: &str) -> Unread {
    let words = format!("{}.", capitalised(message));
    let Some(near) = near(message) else { return Unread::Syntax(span_of_last(tokens, span), words) };
    let places: Vec<Span> = tokens
        .iter()
        .map(|token| token.span)
        .filter(|place| text.get(place.start..place.end).is_some_and(|word| word == near))
        .collect();
    let at = places.partition_point(|place| {
        let prefix = parse(text, Span::new(span.start, place.end));
        !prefix.is_err_and(|error| error.is_ok_and(|said| said == message))
    });
    let place = places.get(at).or(places.last()).copied().unwrap_or(span);
    let inside = place.start.saturating_sub(span.start)..place.end.saturating_sub(span.start);
    let shown = masked(text.get(span.start..span.end).unwrap_or_default());
    let shown = shown.get(inside).filter(|shown| *shown != near);
    let words = shown.map_or_else(|| words.clone(), |shown| words.replace(near, shown));
    Unread::Syntax(place, words)
}

fn span_of_last(tokens: &[Token], whole: Span) -> Span {
    tokens.last().map_or(whole, |token| token.span)
}

/// The text behind `at or near`, without its quotes.
fn near(message: &str) -> Option<&str> {
    message.split_once("at or near \"")?.1.strip_suffix('"')
}

/// What the scanner did not understand reaches to the end of the text.
fn scan_error(text: &str, error: &Error) -> (Span, String) {
    let message = match error {
        Error::Scan(message) => message.as_str(),
        Error::Conversion(_) => {
            let at = text.find('\0').unwrap_or_default();
            return (Span::new(at, at + 1), "SQL cannot hold a NUL.".to_owned());
        }
        _ => return (Span::new(0, 0), format!("{error}.")),
    };
    let kind = message.split(" at or near ").next().unwrap_or(message);
    let words = format!("{}.", capitalised(kind));
    let rest = near(message).filter(|rest| text.ends_with(rest)).map_or(0, |rest| text.len() - rest.len());
    let line = text.get(rest..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    (Span::new(rest, rest + line.len()), words)
}

fn capitalised(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
