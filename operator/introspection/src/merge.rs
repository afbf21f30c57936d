//! Blocks into the text: what is kept stays byte for byte, what is gone goes, what is new comes behind its like.

use std::fmt::Write as _;

use datamodel::{BlockKind, BlockPlace, Language, Span};

use crate::block::{Block, State};
use crate::edit;

/// The text with these blocks in it. `gone` says which blocks of the text have nothing in the database any more.
pub(crate) fn merge(
    text: &str,
    places: &[BlockPlace],
    blocks: &[Block],
    gone: impl Fn(&BlockPlace) -> bool,
    language: Language,
) -> String {
    let files: Vec<Span> = datamodel::files(text).into_iter().map(|(_, span)| span).collect();
    // What is new comes into the file of the datasource.
    let source = places.iter().find(|place| place.kind == BlockKind::Datasource);
    let home = file_of(&files, source.map_or(0, |place| place.span.start));
    let end = |at: usize| {
        let file = file_of(&files, at);
        let text = text.get(file.start..file.end).unwrap_or_default();
        // Of another system's line breaks the first one tells.
        let first = text.find('\n').and_then(|at| text.get(..at));
        if first.is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" }
    };
    let mut changes: Vec<(Span, String)> = Vec::new();
    let mut leaving = vec![false; places.len()];
    for (place, leaves) in places.iter().zip(&mut leaving) {
        if gone(place) {
            *leaves = true;
            changes.push((with_documentation(text, place.span, language), String::new()));
        }
    }
    for block in blocks {
        if let Some(place) = block.place.and_then(|at| places.get(at)) {
            let before = text.get(place.span.start..place.span.end).unwrap_or_default();
            if let Some(after) = edit::block(before, place, block, language) {
                changes.push((place.span, after.replace('\n', end(place.span.start))));
            }
        }
    }
    for kind in [BlockKind::Model, BlockKind::Enum] {
        let new = blocks.iter().filter(|block| block.kind == kind && block.place.is_none());
        let new: Vec<String> = new.map(|block| fresh(block, language)).collect();
        if new.is_empty() {
            continue;
        }
        let like = |(place, leaves): &(&BlockPlace, &bool)| {
            let inside = (home.start..home.end).contains(&place.span.start);
            place.kind == kind && !**leaves && inside
        };
        let at = match places.iter().zip(&leaving).rfind(like) {
            Some((place, _)) => line_end(text, place.span.end),
            None => home.end,
        };
        let mut added = String::new();
        let end = end(home.start);
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
    // Where the first block went, the blank lines behind it lead nothing.
    let breaks = ['\n', '\r'];
    if text.starts_with(breaks) { out } else { out.trim_start_matches(breaks).to_owned() }
}

/// The file that holds the byte.
fn file_of(files: &[Span], at: usize) -> Span {
    let after = files.partition_point(|file| file.start <= at);
    files.get(after.saturating_sub(1)).copied().unwrap_or_default()
}

/// A block that the text does not have, in the common layout.
pub(crate) fn fresh(block: &Block, language: Language) -> String {
    if language != Language::Psl {
        return fresh_type(block, language);
    }
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
        let _ = writeln!(text, "  {}", member.line(language));
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

/// A type that the text does not have, in the form of Prisma 1's printer.
fn fresh_type(block: &Block, language: Language) -> String {
    let mut text = String::new();
    for line in &block.before {
        let _ = writeln!(text, "# {line}");
    }
    let is_enum = block.kind == BlockKind::Enum;
    let _ = write!(text, "{} {}", if is_enum { "enum" } else { "type" }, block.name);
    for attribute in &block.attributes {
        text.push(' ');
        text.push_str(&attribute.text);
    }
    text.push_str(" {\n");
    for member in &block.members {
        let line = if is_enum { member.name.clone() } else { member.line(language) };
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("}\n");
    datamodel::format(&text, language)
}

/// The block with the lines of its documentation, its line break and the blank lines behind it.
fn with_documentation(text: &str, block: Span, language: Language) -> Span {
    let before = text.get(..block.start).unwrap_or_default();
    let mut start = before.rfind('\n').map_or(0, |at| at + 1);
    let above = before.get(..start.saturating_sub(1)).unwrap_or_default();
    let lines = || above.rsplit('\n').take(if start == 0 { 0 } else { usize::MAX });
    let documented: usize =
        lines().take(edit::documented(lines(), language)).map(|line| line.len() + 1).sum();
    start -= documented;
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
