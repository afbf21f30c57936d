//! SQL that a person wrote, in words: as much of each dialect's lexer as tells words from quoted text and comments.

use schema::Dialect;

/// A part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) kind: Kind,
    /// As it is written, quotes and comment signs included.
    pub(super) text: &'a str,
    /// Where it starts.
    pub(super) at: usize,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, a name without quotes or a number.
    Bare,
    /// A name in quotes.
    Quoted,
    /// A literal in quotes.
    Literal,
    /// `-- …` up to the end of its line.
    Comment,
    /// Any other character.
    Sign,
}

impl Word<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        self.kind == Kind::Bare && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    pub(super) const fn end(&self) -> usize {
        self.at + self.text.len()
    }
}

/// The parts of a text; spaces and block comments are left out.
pub(super) fn words(dialect: Dialect, text: &str) -> Result<Vec<Word<'_>>, String> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let space = rest.len() - rest.trim_start().len();
        if space > 0 {
            at += space;
            continue;
        }
        let (kind, length) = part(dialect, rest)?;
        let Some(part) = rest.get(..length) else { return Err("a character is cut".to_owned()) };
        if let Some(kind) = kind {
            found.push(Word { kind, text: part, at });
        }
        at += length;
    }
    Ok(found)
}

/// What the text begins with, and how many bytes that has.
fn part(dialect: Dialect, rest: &str) -> Result<(Option<Kind>, usize), String> {
    let mysql = dialect == Dialect::MySql;
    if comments(dialect, rest) {
        return Ok((Some(Kind::Comment), rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        if mysql && (rest.starts_with("/*!") || rest.starts_with("/*M!")) {
            return Err("a comment that the server would run (`/*! … */`) cannot be judged".to_owned());
        }
        return Ok((None, block_comment(dialect, rest)?));
    }
    let Some(first) = rest.chars().next() else { return Ok((None, 0)) };
    match first {
        '\0' => Err("a NUL character".to_owned()),
        '\'' => Ok((Some(Kind::Literal), quoted(rest, '\'', mysql)?)),
        '"' if mysql => Ok((Some(Kind::Literal), quoted(rest, '"', true)?)),
        '"' => Ok((Some(Kind::Quoted), quoted(rest, '"', false)?)),
        '`' if dialect != Dialect::PostgreSql => Ok((Some(Kind::Quoted), quoted(rest, '`', false)?)),
        '[' if dialect == Dialect::Sqlite => {
            let end = rest.find(']').ok_or("`[` without its `]`")?;
            Ok((Some(Kind::Quoted), end + 1))
        }
        '$' if dialect == Dialect::PostgreSql => match dollar_quoted(rest)? {
            Some(length) => Ok((Some(Kind::Literal), length)),
            None => Ok((Some(Kind::Sign), 1)),
        },
        letter if begins_word(letter) => {
            let word = rest.find(|next| !continues_word(next)).unwrap_or(rest.len());
            let prefix = rest.get(..word).unwrap_or_default();
            let after = rest.get(word..).unwrap_or_default();
            // An escape string: its backslashes count.
            if dialect == Dialect::PostgreSql && prefix.eq_ignore_ascii_case("e") && after.starts_with('\'') {
                return Ok((Some(Kind::Literal), word + quoted(after, '\'', true)?));
            }
            Ok((Some(Kind::Bare), word))
        }
        other => Ok((Some(Kind::Sign), other.len_utf8())),
    }
}

fn begins_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || !letter.is_ascii()
}

fn continues_word(letter: char) -> bool {
    begins_word(letter) || letter == '$'
}

/// MySQL wants a space after `--`, and has `#`.
fn comments(dialect: Dialect, rest: &str) -> bool {
    if dialect != Dialect::MySql {
        return rest.starts_with("--");
    }
    rest.starts_with('#')
        || rest.strip_prefix("--").is_some_and(|after| {
            after.chars().next().is_none_or(|next| next.is_whitespace() || next.is_control())
        })
}

/// On PostgreSQL comments nest.
fn block_comment(dialect: Dialect, rest: &str) -> Result<usize, String> {
    let unended = || "a comment without its `*/`".to_owned();
    let mut depth = 1;
    let mut at = 2;
    while depth > 0 {
        let inner = rest.get(at..).ok_or_else(unended)?;
        let end = inner.find("*/").ok_or_else(unended)?;
        match inner.find("/*").filter(|start| dialect == Dialect::PostgreSql && *start < end) {
            Some(start) => {
                depth += 1;
                at += start + 2;
            }
            None => {
                depth -= 1;
                at += end + 2;
            }
        }
    }
    Ok(at)
}

/// A quote that is doubled, or behind a backslash where those count, does not end the text.
fn quoted(rest: &str, quote: char, backslashes: bool) -> Result<usize, String> {
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && backslashes {
            letters.next();
        } else if letter == quote {
            if letters.peek().is_some_and(|(_, next)| *next == quote) {
                letters.next();
            } else {
                return Ok(at + quote.len_utf8());
            }
        }
    }
    Err(format!("a text without its closing {quote}"))
}

/// `$$ … $$` and `$tag$ … $tag$`.
fn dollar_quoted(rest: &str) -> Result<Option<usize>, String> {
    let Some(end) = rest.get(1..).and_then(|inner| inner.find('$')) else { return Ok(None) };
    let tag = rest.get(1..=end).unwrap_or_default();
    let is_tag = tag.chars().all(begins_word) && !tag.starts_with(|first: char| first.is_ascii_digit());
    if !is_tag {
        return Ok(None);
    }
    let sign = rest.get(..end + 2).unwrap_or_default();
    let body = rest.get(sign.len()..).unwrap_or_default();
    let length = body.find(sign).ok_or_else(|| format!("a text without its closing {sign}"))?;
    Ok(Some(sign.len() * 2 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(dialect: Dialect, text: &str) -> Vec<&str> {
        words(dialect, text).unwrap().into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn quotes_and_comments_hide_what_is_in_them() {
        let text = "a 'x;''y' /* ; /* ; */ ; */ $q$ ; $$ ; $q$ E'\\'; ' \"b;\" -- ;\n;";
        let found = texts(Dialect::PostgreSql, text);
        assert_eq!(found, ["a", "'x;''y'", "$q$ ; $$ ; $q$", "E'\\'; '", "\"b;\"", "-- ;", ";"]);
        let found = texts(Dialect::MySql, "a '\\';' \"b\\\";\" `c;` --d # ;\n-- ;\n;");
        assert_eq!(found, ["a", "'\\';'", "\"b\\\";\"", "`c;`", "-", "-", "d", "# ;", "-- ;", ";"]);
        let found = texts(Dialect::Sqlite, "[a;] `b;` 'c\\' ; /* /* */ d");
        assert_eq!(found, ["[a;]", "`b;`", "'c\\'", ";", "d"]);
    }

    #[test]
    fn what_does_not_end_or_would_run_unseen_is_refused() {
        for text in ["'a", "\"a", "/* a", "$x$ a", "E'\\'"] {
            assert!(words(Dialect::PostgreSql, text).is_err(), "{text}");
        }
        for text in ["/*! DROP TABLE t */ SELECT 1", "/*M! DROP TABLE t */", "`a"] {
            assert!(words(Dialect::MySql, text).is_err(), "{text}");
        }
        assert!(words(Dialect::Sqlite, "[a").is_err());
        assert!(words(Dialect::Sqlite, "a\0b").is_err());
    }
}
