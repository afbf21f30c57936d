//! `-- schemalift:ignore CODE why`: findings that somebody looked at.
//!
//! The comment stands on a line before the statement that it speaks of, on one of the statement's own lines, or behind
//! its semicolon. It holds for that statement alone. `-- schemalift:ignore-file CODE why` holds for the file.

use datamodel::Span;

use crate::file::Looked;
use crate::{Code, Finding, Options};

const MARK: &str = "schemalift:ignore";

/// A comment that ignores a code.
struct Ignore {
    span: Span,
    code: Code,
    /// Bytes whose findings it covers.
    covers: Span,
    used: bool,
}

/// Takes away what the comments ignore, and adds what is wrong with the comments.
pub(crate) fn apply(text: &str, source: usize, looked: Looked, options: &Options) -> Vec<Finding> {
    let Looked { findings, comments, statements } = looked;
    let mut ignores = Vec::new();
    let mut kept = Vec::new();
    let mut report = |code: Code, span: Span, message: String| {
        if options.wants(code) {
            kept.push(Finding { source, code, span, message, rewrite: Vec::new() });
        }
    };
    for comment in &comments {
        let Some((scope, words)) = marked(text, *comment) else { continue };
        let mut words = words.split_whitespace();
        let name = words.next().unwrap_or_default().trim_end_matches([':', ',']);
        let Some(code) = Code::named(name) else {
            let message = if name.is_empty() {
                "The comment names no code.".to_owned()
            } else {
                format!("`{name}` is no code of a finding.")
            };
            report(Code::BadIgnore, *comment, message);
            continue;
        };
        if words.next().is_none() {
            report(
                Code::BadIgnore,
                *comment,
                format!("The comment does not say why {} is ignored.", code.as_str()),
            );
            continue;
        }
        let covers = match scope {
            Covers::File => Some(Span::new(0, text.len())),
            Covers::Statement => covered(text, *comment, &statements),
        };
        ignores.push(Ignore { span: *comment, code, covers: covers.unwrap_or(*comment), used: false });
    }
    let mut left: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| {
            let at = finding.span.start;
            let mut taken = false;
            for ignore in ignores.iter_mut().filter(|ignore| ignore.code == finding.code) {
                if ignore.covers.start <= at && at <= ignore.covers.end {
                    ignore.used = true;
                    taken = true;
                }
            }
            !taken
        })
        .collect();
    for ignore in ignores.iter().filter(|ignore| !ignore.used && options.wants(ignore.code)) {
        let message = format!("{} ({}) is not found here.", ignore.code.as_str(), ignore.code.title());
        report(Code::UnusedIgnore, ignore.span, message);
    }
    left.append(&mut kept);
    left
}

/// How far a comment reaches.
enum Covers {
    Statement,
    File,
}

/// What stands behind the mark, when the comment begins with it.
fn marked(text: &str, comment: Span) -> Option<(Covers, &str)> {
    let words = text.get(comment.start..comment.end)?;
    let words = words.trim_start_matches(['-', '/', '*']).trim_end_matches(['*', '/']).trim();
    let rest = words.strip_prefix(MARK)?;
    if let Some(rest) = rest.strip_prefix("-file") {
        return Some((Covers::File, rest));
    }
    rest.is_empty()
        .then_some((Covers::Statement, rest))
        .or_else(|| rest.starts_with(char::is_whitespace).then_some((Covers::Statement, rest)))
}

/// The statement around the comment, before it on its line, or after it.
fn covered(text: &str, comment: Span, statements: &[Span]) -> Option<Span> {
    // Statements stand in the order of the text: those that begin before the comment come first.
    let after = statements.partition_point(|statement| statement.start < comment.start);
    let before = after.checked_sub(1).and_then(|index| statements.get(index)).copied();
    if let Some(before) = before {
        let between = text.get(before.end.min(comment.start)..comment.start).unwrap_or_default();
        if before.end > comment.start || !between.contains('\n') {
            return Some(before);
        }
    }
    statements.get(after).copied()
}
