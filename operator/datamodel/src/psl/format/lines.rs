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
    let mut joined = false;
    let (mut at, mut end) = (0, 0);
    while at < text.len() {
        // Of a line in several parts the end is known, and is not looked for again.
        if !joined || end < at {
            end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |newline| at + newline);
        }
        let line = text.get(at..end).unwrap_or_default();
        let start = comment_start(line);
        let code = line.get(..start.unwrap_or(line.len())).unwrap_or_default().trim();
        let (comment, used) = match start {
            None => (None, end),
            Some(start) if line.get(start..).is_some_and(|comment| comment.starts_with("//")) => {
                (line.get(start..).map(|comment| comment.trim_end_matches('\r')), end)
            }
            Some(start) => {
                let body = text.get(at + start..).unwrap_or_default();
                let length = body.find("*/").map_or(body.len(), |close| close + 2);
                (body.get(..length), at + start + length)
            }
        };
        let behind = text.get(used..).unwrap_or_default();
        let blank = behind.len() - behind.trim_start_matches([' ', '\t', '\r']).len();
        lines.push(Line { code, comment, joined });
        at = used + blank;
        joined = text.get(at..).is_some_and(|next| !next.is_empty() && !next.starts_with('\n'));
        at += usize::from(!joined);
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
