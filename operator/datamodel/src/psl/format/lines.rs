//! Text to lines, each parted into what is said and the comment behind it.

/// A line, or a comment that goes over several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// What stands before the comment, trimmed.
    pub(crate) code: &'a str,
    /// The comment with its signs.
    pub(crate) comment: Option<&'a str>,
    /// Whether it goes on on the line of the one before.
    pub(crate) joined: bool,
}

impl Line<'_> {
    /// Whether nothing stands on it.
    pub(crate) fn is_blank(&self) -> bool {
        self.code.is_empty() && self.comment.is_none()
    }
}

/// All lines. A comment with something behind it on its line ends a line of its own.
pub(crate) fn read(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = text;
    let mut joined = false;
    while !rest.is_empty() {
        let end = rest.find('\n').unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or_default();
        let start = comment_start(line);
        let code = line.get(..start.unwrap_or(end)).unwrap_or_default().trim();
        let (comment, used) = match start {
            None => (None, end),
            Some(start) if line.get(start..).is_some_and(|comment| comment.starts_with("//")) => {
                (line.get(start..).map(|comment| comment.trim_end_matches('\r')), end)
            }
            Some(start) => {
                let body = rest.get(start..).unwrap_or_default();
                let length = body.find("*/").map_or(body.len(), |close| close + 2);
                (body.get(..length), start + length)
            }
        };
        let behind = rest.get(used..).unwrap_or_default();
        let blank = behind.len() - behind.trim_start_matches([' ', '\t', '\r']).len();
        let next = behind.get(blank..).unwrap_or_default();
        lines.push(Line { code, comment, joined });
        joined = !next.is_empty() && !next.starts_with('\n');
        rest = if joined { next } else { next.get(1..).unwrap_or_default() };
    }
    lines
}

/// Where a comment begins, outside of strings.
fn comment_start(line: &str) -> Option<usize> {
    let (mut text, mut escaped) = (false, false);
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if text => escaped = true,
            '"' => text = !text,
            '/' | '*' if !text && before == '/' => return Some(at - 1),
            _ => {}
        }
        before = if text { ' ' } else { character };
    }
    None
}

/// A comment on lines of its own, as it is written: what stands in `/* */` gets a star before each line.
pub(crate) fn own_lines(comment: &str) -> Vec<String> {
    let Some(body) = comment.strip_prefix("/*") else { return vec![comment.trim_end().to_owned()] };
    let body = body.strip_suffix("*/").unwrap_or(body);
    let mut lines = vec!["/**".to_owned()];
    for line in body.lines() {
        let line = line.trim();
        let line = line.strip_prefix('*').unwrap_or(line).trim();
        if !line.is_empty() {
            lines.push(format!(" * {line}"));
        }
    }
    lines.push(" */".to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_strings() {
        let lines = read("a \"//\" // x\n/* one\n two */ b\n\nc / d");
        let shown: Vec<(&str, Option<&str>, bool)> =
            lines.iter().map(|line| (line.code, line.comment, line.joined)).collect();
        assert_eq!(
            shown,
            [
                ("a \"//\"", Some("// x"), false),
                ("", Some("/* one\n two */"), false),
                ("b", None, true),
                ("", None, false),
                ("c / d", None, false),
            ]
        );
    }
}
