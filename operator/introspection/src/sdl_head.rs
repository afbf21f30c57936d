//! The words between a type's name and its brace, of which only the indexes change.

use datamodel::{AttributePlace, BlockPlace, Span};

use crate::block::{BlockAttribute, State};

/// A place of the text and what comes there.
type Change = (Span, String);

/// `@indexes` with these objects.
pub(crate) fn directive(objects: &[&str]) -> String {
    format!("@indexes(value: [{}])", objects.join(", "))
}

/// The head of a type with the indexes that are wanted, and the length of the head that it replaces; both with plain
/// line breaks. `None` when nothing changes.
pub(crate) fn head(block: &str, place: &BlockPlace, wanted: &[BlockAttribute]) -> Option<(usize, String)> {
    let name = block.find(char::is_whitespace).and_then(|at| Some(at + block.get(at..)?.find(&place.name)?));
    let named = place.span.start + name? + place.name.len();
    let end = place.attributes.last().map_or(named, |_| {
        place.attributes.iter().map(|attribute| attribute.span.end).max().unwrap_or(named)
    });
    let text = |from: usize, to: usize| {
        block
            .get(from.saturating_sub(place.span.start)..to.saturating_sub(place.span.start))
            .unwrap_or_default()
    };
    let mut new: Vec<&str> = wanted
        .iter()
        .filter(|attribute| attribute.place.is_none())
        .map(|attribute| attribute.text.as_str())
        .collect();
    let mut changes: Vec<Change> = Vec::new();
    let last = place.attributes.iter().rposition(|attribute| attribute.name == "indexes");
    for (at, attribute) in place.attributes.iter().enumerate() {
        let objects = objects(place, attribute);
        let added = if last == Some(at) { std::mem::take(&mut new) } else { Vec::new() };
        if attribute.name == "indexes" {
            list(attribute, &objects, wanted, &added, &text, &mut changes);
        } else if attribute.name == "index" && !is_listed(place, attribute) {
            match fate(wanted, at) {
                Some(wanted) if wanted.state == State::Kept => {}
                Some(wanted) => {
                    let arguments = wanted.text.trim_start_matches('{').trim_end_matches('}');
                    changes.push((attribute.span, format!("@index({arguments})")));
                }
                None => changes.push((with_blanks(attribute.span, &text), String::new())),
            }
        }
    }
    if !new.is_empty() {
        changes.push((Span::new(end, end), format!(" {}", directive(&new))));
    }
    if changes.is_empty() {
        return None;
    }
    let mut head = String::new();
    let mut at = place.span.start;
    for (span, words) in changes {
        head.push_str(text(at, span.start));
        head.push_str(&words);
        at = span.end;
    }
    head.push_str(text(at, end.max(at)));
    let plain = |text: &str| text.replace("\r\n", "\n");
    Some((plain(text(place.span.start, end)).len(), plain(&head)))
}

/// The indexes that a directive lists, with their places among the attributes.
fn objects<'p>(place: &'p BlockPlace, list: &AttributePlace) -> Vec<(usize, &'p AttributePlace)> {
    let inside =
        |object: &AttributePlace| list.span.start < object.span.start && object.span.end < list.span.end;
    place
        .attributes
        .iter()
        .enumerate()
        .filter(|(_, object)| list.name == "indexes" && inside(object))
        .collect()
}

fn is_listed(place: &BlockPlace, object: &AttributePlace) -> bool {
    place.attributes.iter().any(|list| {
        list.name == "indexes" && list.span.start < object.span.start && object.span.end < list.span.end
    })
}

fn fate(wanted: &[BlockAttribute], at: usize) -> Option<&BlockAttribute> {
    wanted.iter().find(|wanted| wanted.place == Some(at))
}

/// One `@indexes`: what stays in it, what changes, what goes with the comma behind it, and what is added.
fn list<'t>(
    list: &AttributePlace,
    objects: &[(usize, &AttributePlace)],
    wanted: &[BlockAttribute],
    added: &[&str],
    text: &dyn Fn(usize, usize) -> &'t str,
    changes: &mut Vec<Change>,
) {
    let Some(final_one) = objects.iter().rposition(|(at, _)| fate(wanted, *at).is_some()) else {
        match added {
            [] if objects.is_empty() => {}
            [] => changes.push((with_blanks(list.span, text), String::new())),
            added => changes.push((list.span, directive(added))),
        }
        return;
    };
    let next = |place: usize| objects.get(place + 1).map(|(_, object)| object.span);
    // A single one needs no brackets.
    let first = objects.first().map_or(list.span.start, |(_, first)| first.span.start);
    let bare = !text(list.span.start, first).contains('[');
    for (place, (at, object)) in objects.iter().enumerate().take(final_one + 1) {
        match fate(wanted, *at) {
            Some(kept) => {
                let opening = if bare && !added.is_empty() { "[" } else { "" };
                if kept.state != State::Kept {
                    changes.push((object.span, format!("{opening}{}", kept.text)));
                } else if !opening.is_empty() {
                    changes.push((Span::new(object.span.start, object.span.start), opening.to_owned()));
                }
            }
            None => {
                let end = next(place).map_or(object.span.end, |next| next.start);
                changes.push((Span::new(object.span.start, end), String::new()));
            }
        }
    }
    let Some((_, stays)) = objects.get(final_one) else { return };
    let end = objects.last().map_or(stays.span.end, |(_, object)| object.span.end);
    // Each on a line of its own, as the one before.
    let line = text(list.span.start, stays.span.start).rsplit_once('\n').map(|(_, line)| line);
    let between = match line.filter(|line| line.trim().is_empty()) {
        Some(indent) => format!(",\n{indent}"),
        None => ", ".to_owned(),
    };
    let mut words: String = added.iter().flat_map(|object| [&between, *object]).collect();
    if bare && !added.is_empty() {
        words.push(']');
    }
    if !words.is_empty() || end > stays.span.end {
        changes.push((Span::new(stays.span.end, end), words));
    }
}

/// The directive with the blanks before it.
fn with_blanks<'t>(directive: Span, text: &dyn Fn(usize, usize) -> &'t str) -> Span {
    let before = text(0, directive.start);
    Span::new(directive.start - (before.len() - before.trim_end().len()), directive.end)
}
