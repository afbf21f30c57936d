//! Blocks into the text: what is kept stays byte for byte, what is gone goes, what is new comes behind its like.

use std::fmt::Write as _;

use datamodel::{BlockKind, BlockPlace, Language, Span};

use crate::block::{Block, State};
use crate::edit;
use crate::known::Known;

/// The text with these blocks in it. `gone` says which blocks of the text have nothing in the database any more.
pub(crate) fn merge(known: &Known<'_>, blocks: &[Block], gone: impl Fn(&BlockPlace) -> bool) -> String {
    let text = known.text;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut changes: Vec<(Span, String)> = Vec::new();
    let mut leaving = vec![false; known.places.len()];
    for (place, leaves) in known.places.iter().zip(&mut leaving) {
        if gone(place) {
            *leaves = true;
            changes.push((with_documentation(text, place.span), String::new()));
        }
    }
    for block in blocks {
        if let Some(place) = block.place.and_then(|at| known.places.get(at)) {
            let before = known.slice(place.span);
            if let Some(after) = edit::block(before, place, block) {
                changes.push((place.span, after.replace('\n', end)));
            }
        }
    }
    for kind in [BlockKind::Model, BlockKind::Enum] {
        let new: Vec<String> =
            blocks.iter().filter(|block| block.kind == kind && block.place.is_none()).map(fresh).collect();
        if new.is_empty() {
            continue;
        }
        let mut like =
            known.places.iter().zip(&leaving).filter(|(place, leaves)| place.kind == kind && !**leaves);
        let at = match like.next_back() {
            Some((place, _)) => line_end(text, place.span.end),
            None => text.len(),
        };
        let mut added = String::new();
        if at == text.len() && !text.is_empty() && !text.ends_with('\n') {
            added.push_str(end);
        }
        for block in new {
            added.push_str(end);
            added.push_str(&block.replace('\n', end));
        }
        changes.push((Span::new(at, at), added));
    }
    // Models come before enums where both come to the same place, since they were put first.
    changes.sort_by_key(|(span, _)| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in changes {
        out.push_str(text.get(at..span.start.max(at)).unwrap_or_default());
        out.push_str(&new);
        at = span.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out.trim_start_matches(['\n', '\r']).to_owned()
}

/// A block that the text does not have, in the common layout.
fn fresh(block: &Block) -> String {
    let keyword = if block.kind == BlockKind::Enum { "enum" } else { "model" };
    let mut text = String::new();
    for line in &block.before {
        text.push_str("/// ");
        text.push_str(line);
        text.push('\n');
    }
    // A table without columns cannot be a model.
    let mark = if block.members.is_empty() { "// " } else { "" };
    let _ = writeln!(text, "{mark}{keyword} {} {{", block.name);
    for member in &block.members {
        debug_assert!(member.state != State::Kept, "a new block keeps nothing");
        let _ = writeln!(text, "  {}", member.line());
    }
    for attribute in block.attributes.iter().filter(|_| mark.is_empty()) {
        let _ = writeln!(text, "  {}", attribute.text);
    }
    text.push_str(mark);
    text.push_str("}\n");
    datamodel::format(&text, Language::Psl)
}

/// One past the end of the line that holds the byte, its line break included.
fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at + length + 1)
}

/// The block with the lines of its documentation, its line break and the blank lines behind it.
fn with_documentation(text: &str, block: Span) -> Span {
    let mut start = text.get(..block.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    loop {
        let before = text.get(..start.saturating_sub(1)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text.get(line_start..start).unwrap_or_default();
        if start == 0 || !line.trim_start().starts_with("///") {
            break;
        }
        start = line_start;
    }
    let mut end = line_end(text, block.end);
    while end < text.len() {
        let next = line_end(text, end);
        if !text.get(end..next).unwrap_or_default().trim().is_empty() {
            break;
        }
        end = next;
    }
    if end >= text.len() {
        // The last block takes the blank lines before it along.
        let before = text.get(..start).unwrap_or_default();
        let kept = before.trim_end_matches(['\n', '\r', ' ', '\t']).len();
        start = if kept == 0 { 0 } else { line_end(text, kept) };
    }
    Span::new(start, end)
}
