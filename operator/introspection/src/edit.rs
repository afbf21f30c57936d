//! Changes inside one block of the text, line by line.

use datamodel::{AttributePlace, BlockPlace, Language, Span};

use crate::block::{Block, Member, MemberKind, State};
use crate::sdl_head;

/// A line of the old block and what becomes of it.
struct Line<'t> {
    /// Where it starts, counted from the beginning of the text.
    start: usize,
    text: &'t str,
    fate: Fate,
    /// Lines that come behind it.
    behind: Vec<String>,
}

enum Fate {
    Stays,
    Goes,
    Becomes(String),
}

/// The block with its changes, `None` when there are none. A block in the common layout stays in it; of one in another
/// layout every line that need not change stays as it is.
pub(crate) fn block(before: &str, place: &BlockPlace, wanted: &Block, language: Language) -> Option<String> {
    let mut lines = lines(before, place.span.start);
    let mut changed = false;
    // The directives of a type stand before its brace.
    let of_block = if language == Language::Psl { place.attributes.as_slice() } else { &[] };
    let indent = indent(&lines, place, of_block);
    for member in &place.members {
        let Some(at) = line_of(&lines, member.span.start) else { continue };
        // A new column may have the name of a field whose column is gone.
        let stays = |wanted: &&Member| wanted.name == member.name && wanted.state != State::New;
        match wanted.members.iter().find(stays) {
            Some(wanted) if wanted.state == State::Kept => {}
            Some(wanted) => {
                changed = true;
                replace(&mut lines, at, member.span, &wanted.line(language));
            }
            None => {
                changed = true;
                remove(&mut lines, at, language);
            }
        }
    }
    for (at_attribute, attribute) in of_block.iter().enumerate() {
        let Some(at) = line_of(&lines, attribute.span.start) else { continue };
        match wanted.attributes.iter().find(|wanted| wanted.place == Some(at_attribute)) {
            Some(wanted) if wanted.state == State::Kept => {}
            Some(wanted) => {
                changed = true;
                replace(&mut lines, at, attribute.span, &wanted.text);
            }
            None => {
                changed = true;
                remove(&mut lines, at, language);
            }
        }
    }
    changed |= add_members(&mut lines, place, wanted, &indent, language);
    let mut head = None;
    if language == Language::Psl {
        changed |= add_attributes(&mut lines, place, wanted, &indent);
    } else {
        head = sdl_head::head(before, place, &wanted.attributes);
    }
    if !changed && head.is_none() {
        return None;
    }
    // SDL has no columns that move when a line changes.
    let common = |text: &str| datamodel::format(&format!("{}\n", text.replace("\r\n", "\n")), Language::Psl);
    let in_layout =
        language == Language::Psl && common(before).trim_end() == before.replace("\r\n", "\n").trim_end();
    let mut out: Vec<String> = Vec::new();
    for line in lines {
        match line.fate {
            Fate::Stays => out.push(line.text.to_owned()),
            Fate::Goes => {}
            Fate::Becomes(text) => out.push(text),
        }
        out.extend(line.behind);
    }
    let mut text = out.join("\n");
    if let Some((length, head)) = head {
        text = format!("{head}{}", text.get(length..).unwrap_or_default());
    }
    Some(if in_layout { common(&text).trim_end().to_owned() } else { text })
}

fn lines(text: &str, start: usize) -> Vec<Line<'_>> {
    let mut at = start;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        lines.push(Line {
            start: at,
            text: line.trim_end_matches('\r'),
            fate: Fate::Stays,
            behind: Vec::new(),
        });
        at += line.len() + 1;
    }
    lines
}

fn line_of(lines: &[Line<'_>], at: usize) -> Option<usize> {
    lines.partition_point(|line| line.start <= at).checked_sub(1)
}

/// What stands before the first member or attribute on its line.
fn indent(lines: &[Line<'_>], place: &BlockPlace, attributes: &[AttributePlace]) -> String {
    let first = place.members.iter().map(|member| member.span.start);
    let first = first.chain(attributes.iter().map(|attribute| attribute.span.start)).min();
    let line = first.and_then(|at| lines.get(line_of(lines, at)?));
    let blank = |line: &Line<'_>| line.text.len() - line.text.trim_start().len();
    line.map_or_else(|| "  ".to_owned(), |line| line.text.get(..blank(line)).unwrap_or_default().to_owned())
}

/// Puts the new words where the old ones stand; what is around them on the line stays.
fn replace(lines: &mut [Line<'_>], at: usize, span: Span, words: &str) {
    let Some(line) = lines.get_mut(at) else { return };
    let from = span.start.saturating_sub(line.start);
    let to = span.end.saturating_sub(line.start);
    let before = line.text.get(..from).unwrap_or_default();
    let after = line.text.get(to..).unwrap_or_default();
    line.fate = Fate::Becomes(format!("{before}{words}{after}"));
}

/// The line goes with the documentation right above it; other comments stay.
fn remove(lines: &mut [Line<'_>], at: usize, language: Language) {
    let from = at - documented(lines.iter().take(at).rev().map(|line| line.text), language);
    for line in lines.iter_mut().take(at + 1).skip(from) {
        line.fate = Fate::Goes;
    }
}

/// How many of the lines above something, the nearest first, document it.
pub(crate) fn documented<'l>(above: impl Iterator<Item = &'l str>, language: Language) -> usize {
    let trimmed = above.map(str::trim);
    if language == Language::Psl {
        return trimmed.take_while(|line| line.starts_with("///")).count();
    }
    let mut lines = trimmed.enumerate();
    match lines.next() {
        Some((_, last)) if last.len() > 5 && last.starts_with("\"\"\"") => 1,
        Some((_, last)) if last.ends_with("\"\"\"") => {
            lines.find(|(_, line)| line.starts_with("\"\"\"")).map_or(0, |(count, _)| count + 1)
        }
        Some((_, last)) if last.len() > 1 && last.starts_with('"') && last.ends_with('"') => 1,
        _ => 0,
    }
}

fn push(lines: &mut [Line<'_>], at: usize, text: String) {
    if let Some(line) = lines.get_mut(at) {
        line.behind.push(text);
    }
}

/// New values behind the value that comes before them in the database, new columns behind the last column, new relations
/// behind the last field.
fn add_members(
    lines: &mut [Line<'_>],
    place: &BlockPlace,
    wanted: &Block,
    indent: &str,
    language: Language,
) -> bool {
    let is_enum = wanted.kind == datamodel::BlockKind::Enum;
    let mut added = false;
    let old_line = |lines: &[Line<'_>], member: &Member| {
        let old = place.members.iter().find(|old| old.name == member.name)?;
        line_of(lines, old.span.start)
    };
    let last = |lines: &[Line<'_>], fits: &dyn Fn(&Member) -> bool| {
        wanted.members.iter().filter(|member| fits(member)).filter_map(|member| old_line(lines, member)).max()
    };
    // Fields that go still say where fields stand.
    let any =
        |lines: &[Line<'_>]| place.members.iter().filter_map(|old| line_of(lines, old.span.start)).max();
    let last_column =
        last(lines, &|member| member.kind == MemberKind::Column).or_else(|| any(lines)).unwrap_or(0);
    let last_member = any(lines).unwrap_or(0).max(last_column);
    let mut after = 0;
    for member in &wanted.members {
        if member.state != State::New {
            after = old_line(lines, member).unwrap_or(after);
            continue;
        }
        let at = match member.kind {
            _ if is_enum => after,
            MemberKind::Column => last_column,
            MemberKind::Relation => last_member,
        };
        added = true;
        push(lines, at, format!("{indent}{}", member.line(language)));
    }
    added
}

fn add_attributes(lines: &mut [Line<'_>], place: &BlockPlace, wanted: &Block, indent: &str) -> bool {
    let new: Vec<&str> = wanted
        .attributes
        .iter()
        .filter(|attribute| attribute.place.is_none())
        .map(|attribute| attribute.text.as_str())
        .collect();
    if new.is_empty() {
        return false;
    }
    let last = place.attributes.iter().filter_map(|attribute| line_of(lines, attribute.span.start)).max();
    let at = last.unwrap_or_else(|| lines.len().saturating_sub(2));
    if last.is_none() {
        push(lines, at, String::new());
    }
    for text in new {
        push(lines, at, format!("{indent}{text}"));
    }
    true
}
