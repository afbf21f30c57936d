//! Several files as one text, and the way back from a place in it.

use std::collections::BTreeMap;

use crate::{Span, position};

/// What stands before each file of a text that is made of several.
const MARK: &str = "// --- file: ";

/// Where something stands: the file, if the text is made of several, and line and column in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Name of the file.
    pub file: Option<&'a str>,
    /// Line in the file, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A file inside a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Its name; `None` when the text is one file.
    pub(crate) name: Option<&'a str>,
    /// First byte of its text.
    pub(crate) start: usize,
    /// One past its last byte.
    pub(crate) end: usize,
}

/// One text of several PSL files, each behind a comment with its name. A single file stays as it is.
pub fn join<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let files: Vec<(&str, &str)> = files.into_iter().collect();
    if let [(_, text)] = files.as_slice() {
        return (*text).to_owned();
    }
    let mut joined = String::new();
    for (name, text) in files {
        joined.push_str(MARK);
        joined.push_str(&name.replace(['\n', '\r'], " "));
        joined.push('\n');
        joined.push_str(text);
        if !text.ends_with('\n') {
            joined.push('\n');
        }
    }
    joined
}

/// The files in a text, in order, each with the place of its own text: the way back from [`join`]. A text of one file
/// has one without a name.
pub fn files(text: &str) -> Vec<(Option<&str>, Span)> {
    let mut files = Vec::new();
    let mut at = 0;
    loop {
        let part = part(text, at);
        files.push((part.name, Span::new(part.start, part.end)));
        // The mark of the next file begins where this one's text ends.
        if part.end >= text.len() {
            return files;
        }
        at = part.end + MARK.len();
    }
}

/// The text that a ConfigMap holds: that of the key, of the only key, or of all keys that end in `.prisma`.
pub fn of_keys(data: &BTreeMap<String, String>, key: Option<&str>) -> Option<String> {
    if let Some(key) = key {
        return data.get(key).cloned();
    }
    let only = data.values().next().filter(|_| data.len() == 1);
    let mut files = data.iter().filter(|(name, _)| name.ends_with(".prisma")).peekable();
    match only {
        Some(text) => Some(text.clone()),
        None if files.peek().is_some() => {
            Some(join(files.map(|(name, text)| (name.as_str(), text.as_str()))))
        }
        None => None,
    }
}

/// The place of a byte.
pub fn locate(text: &str, offset: usize) -> Place<'_> {
    let part = part(text, offset);
    let inner = text.get(part.start..part.end).unwrap_or(text);
    let place = position(inner, offset.saturating_sub(part.start));
    Place { file: part.name, line: place.line, column: place.column }
}

/// The file that holds the byte; the whole text when it does not begin with the name of a file.
pub(crate) fn part(text: &str, offset: usize) -> Part<'_> {
    let whole = Part { name: None, start: 0, end: text.len() };
    if !text.starts_with(MARK) {
        return whole;
    }
    let mut limit = offset.min(text.len());
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let before = text.get(..limit).unwrap_or_default();
    let mark = before.rmatch_indices(MARK).map(|(at, _)| at).find(|at| begins_line(text, *at)).unwrap_or(0);
    let name_start = mark + MARK.len();
    let rest = text.get(name_start..).unwrap_or_default();
    let name_end = rest.find('\n').unwrap_or(rest.len());
    let start = (name_start + name_end + 1).min(text.len());
    let body = text.get(start..).unwrap_or_default();
    let next = body.match_indices(MARK).map(|(at, _)| start + at).find(|at| begins_line(text, *at));
    Part { name: rest.get(..name_end), start, end: next.unwrap_or(text.len()) }
}

fn begins_line(text: &str, at: usize) -> bool {
    at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_joined_text_is_a_place_in_its_file() {
        let joined = join([("a.prisma", "one\ntwo"), ("b.prisma", "three\n  four\n")]);
        let place = |word: &str| {
            let place = locate(&joined, joined.find(word).unwrap_or_default());
            (place.file, place.line, place.column)
        };
        assert_eq!(place("two"), (Some("a.prisma"), 2, 1));
        assert_eq!(place("four"), (Some("b.prisma"), 2, 3));
        assert_eq!(locate(&joined, joined.len()).file, Some("b.prisma"));
    }

    #[test]
    fn a_joined_text_is_parted_again() {
        let parted = |joined: &str| -> Vec<(Option<String>, String)> {
            let named = |(name, span): &(Option<&str>, Span)| {
                (name.map(str::to_owned), joined.get(span.start..span.end).unwrap_or_default().to_owned())
            };
            files(joined).iter().map(named).collect()
        };
        let three = [("a.prisma", "one\n"), ("b/c.prisma", ""), ("d.prisma", "// --- file\nx\n")];
        let found = parted(&join(three));
        let expected = [("a.prisma", "one\n"), ("b/c.prisma", "\n"), ("d.prisma", "// --- file\nx\n")];
        assert_eq!(found, expected.map(|(name, text)| (Some(name.to_owned()), text.to_owned())));
        assert_eq!(parted("model A {\n}\n"), [(None, "model A {\n}\n".to_owned())]);
        assert_eq!(parted(""), [(None, String::new())]);
    }

    #[test]
    fn keys_of_a_config_map_are_chosen_or_joined() {
        let data = |keys: &[&str]| {
            keys.iter().map(|key| ((*key).to_owned(), format!("// {key}"))).collect::<BTreeMap<_, _>>()
        };
        let two = data(&["b.prisma", "a.prisma", "README"]);
        let joined = of_keys(&two, None);
        assert_eq!(
            joined.as_deref(),
            Some("// --- file: a.prisma\n// a.prisma\n// --- file: b.prisma\n// b.prisma\n")
        );
        assert_eq!(of_keys(&two, Some("README")).as_deref(), Some("// README"));
        assert_eq!(of_keys(&two, Some("c")), None);
        assert_eq!(of_keys(&data(&["x.graphql"]), None).as_deref(), Some("// x.graphql"));
        assert_eq!(of_keys(&data(&["x.graphql", "y.graphql"]), None), None);
    }

    #[test]
    fn a_single_file_stays_as_it_is() {
        let text = "model A {\n}\n";
        assert_eq!(join([("a.prisma", text)]), text);
        assert_eq!(locate(text, 6), Place { file: None, line: 1, column: 7 });
    }
}
