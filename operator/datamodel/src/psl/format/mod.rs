//! PSL in the layout that Prisma's formatter gives it.
//!
//! Works on lines: what cannot be read stays where it is, and no comment is lost. Formatting twice gives what
//! formatting once gave.

mod block;
mod lines;
mod members;

use super::ast::BlockKind;
use lines::{Line, own_lines};

/// The text in the common layout. Time is linear in the text.
pub(crate) fn format(text: &str) -> String {
    let mut lines = lines::read(text);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut gap = false;
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        at += 1;
        if line.is_blank() {
            gap = !out.is_empty();
            continue;
        }
        if gap {
            out.push('\n');
        }
        gap = false;
        let Some((kind, name)) = header(line.code) else {
            write_other(&line, &mut out);
            continue;
        };
        let Some(length) = lines.get(at..).and_then(body) else {
            write_other(&line, &mut out);
            continue;
        };
        let mut inside: Vec<Line<'_>> = Vec::with_capacity(length + 1);
        if line.comment.is_some() {
            inside.push(Line { code: "", ..line });
        }
        inside.extend(lines.get(at..at + length).unwrap_or_default());
        out.push_str(kind.keyword());
        out.push(' ');
        out.push_str(name);
        out.push_str(" {\n");
        block::write(kind, &inside, &mut out);
        out.push_str("}\n");
        at += length;
        gap = true;
        // Whatever follows the closing brace is a line of its own.
        if let Some(closing) = lines.get_mut(at) {
            closing.code = closing.code.strip_prefix('}').unwrap_or_default().trim_start();
            closing.joined = true;
            if closing.is_blank() {
                at += 1;
            }
        }
    }
    out
}

/// Keyword and name of a block that this line opens.
fn header(code: &str) -> Option<(BlockKind, &str)> {
    let mut words = code.strip_suffix('{')?.split_whitespace();
    let (keyword, name) = (words.next()?, words.next()?);
    let word = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    (words.next().is_none() && name.chars().all(word)).then_some((BlockKind::of(keyword)?, name))
}

/// How many lines there are before the closing brace; `None` when it is missing before the next block.
fn body(lines: &[Line<'_>]) -> Option<usize> {
    let end = lines.iter().position(|line| line.code.starts_with('}') || header(line.code).is_some())?;
    let closed = lines.get(end).is_some_and(|line| line.code.starts_with('}'));
    let crowded = lines.iter().take(end).any(|line| line.code.ends_with('}') && !line.code.contains('{'));
    (closed && !crowded).then_some(end)
}

/// A line outside of every block.
fn write_other(line: &Line<'_>, out: &mut String) {
    let mut parts = Vec::new();
    if !line.code.is_empty() {
        parts.push(line.code.to_owned());
    }
    match line.comment {
        Some(comment) if line.code.is_empty() => parts.extend(own_lines(comment)),
        Some(comment) => {
            if let Some(code) = parts.last_mut() {
                code.push(' ');
                code.push_str(comment.trim_end());
            }
        }
        None => {}
    }
    for part in parts {
        out.push_str(&part);
        out.push('\n');
    }
}
