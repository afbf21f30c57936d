//! Passwords in SQL, which no output may show.
//!
//! The text need not be SQL that a server accepts: a statement that cannot be read is what gets shown. So this reads by
//! itself, in linear time, and rather hides a word too many.

/// Words that say that a literal beside them is secret.
const SECRETS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "access_key",
    "private_key",
];

/// Bodies within bodies that are looked into.
const DEPTH: usize = 8;

/// The text with the passwords in it replaced by `*`, byte for byte, so that every place in it stays where it is.
pub fn masked(text: &str) -> String {
    let mut hidden = Vec::new();
    Scan { text, hidden: &mut hidden, depth: 0 }.run(0, text.len());
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in hidden {
        out.push_str(text.get(at..start).unwrap_or_default());
        for character in text.get(start..end).unwrap_or_default().chars() {
            match character {
                '\n' | '\r' => out.push(character),
                _ => out.extend(std::iter::repeat_n('*', character.len_utf8())),
            }
        }
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

struct Scan<'a, 'b> {
    text: &'a str,
    /// Start and end of each secret, in order.
    hidden: &'b mut Vec<(usize, usize)>,
    depth: usize,
}

/// What the words before a literal say of it.
#[derive(Default)]
struct Heard {
    /// The first two words of the statement, in lower case.
    first: String,
    second: String,
    /// The word or sign before names a secret.
    armed: bool,
    /// A literal broke off where a password would follow: a quote was forgotten, which turns inside and outside round.
    broken: bool,
    /// Every literal up to the next semicolon is secret.
    all: bool,
}

impl Heard {
    fn word(&mut self, word: &str) {
        let lower = word.to_ascii_lowercase();
        self.armed = names_secret(&lower)
            || lower == "crypt"
            || (self.armed && matches!(lower.as_str(), "to" | "by" | "as" | "with" | "is" | "e" | "u" | "n"));
        // A plug-in may stand between: IDENTIFIED WITH x BY '…'. Columns and values of INSERT stand apart.
        // The key of an encryption is one of several arguments.
        self.all |= lower == "identified"
            || lower.starts_with("pgp_sym_")
            || (self.armed && matches!(self.first.as_str(), "insert" | "set" | "replace"))
            || (self.first == "copy" && names_secret(&lower));
        if self.first.is_empty() {
            self.first = lower;
        } else if self.second.is_empty() {
            self.second = lower;
        }
    }

    fn of_a_role(&self) -> bool {
        matches!(self.first.as_str(), "create" | "alter")
            && matches!(self.second.as_str(), "user" | "role" | "group")
    }
}

impl Scan<'_, '_> {
    fn run(&mut self, start: usize, end: usize) {
        let text = self.text;
        let bytes = text.as_bytes();
        let byte = |at: usize| if at < end { bytes.get(at).copied().unwrap_or_default() } else { 0 };
        let find = |from: usize, what: &str| {
            text.get(from..end).and_then(|rest| rest.find(what)).map(|found| from + found)
        };
        let mut heard = Heard::default();
        let mut at = start;
        while at < end {
            let next = match byte(at) {
                b'-' if byte(at + 1) == b'-' => find(at, "\n").unwrap_or(end),
                b'/' if byte(at + 1) == b'*' => find(at + 2, "*/").map_or(end, |found| found + 2),
                quote @ (b'\'' | b'"') => {
                    let escapes = quote == b'\'' && at > start && matches!(byte(at - 1), b'e' | b'E');
                    let close = closing(bytes, at + 1, end, quote, escapes);
                    self.literal(&mut heard, quote, (at + 1, close.unwrap_or(end)));
                    close.map_or(end, |close| close + 1)
                }
                b'$' => match tag(text, at, end) {
                    Some(open) => {
                        let inside = at + open;
                        let close = text.get(at..inside).and_then(|tag| find(inside, tag));
                        self.body(&mut heard, (inside, close.unwrap_or(end)));
                        close.map_or(end, |close| close + open)
                    }
                    None => at + 1,
                },
                b';' => {
                    heard = Heard::default();
                    at + 1
                }
                b'=' | b':' | b'>' | b'(' => at + 1,
                first if is_word(first) => {
                    let mut stop = at;
                    while is_word(byte(stop)) {
                        stop += 1;
                    }
                    let word = text.get(at..stop).unwrap_or_default();
                    let prefix = byte(stop) == b'\'' || (byte(stop) == b'&' && byte(stop + 1) == b'\'');
                    let named = heard.armed && heard.of_a_role() && !prefix;
                    if heard.broken || (named && !word.eq_ignore_ascii_case("null")) {
                        self.hidden.push((at, stop));
                        (heard.armed, heard.broken) = (false, false);
                    } else {
                        heard.word(word);
                    }
                    stop
                }
                other => {
                    // A literal with escapes of its own: U&'…'.
                    heard.armed &= other.is_ascii_whitespace() || (other == b'&' && byte(at + 1) == b'\'');
                    at + 1
                }
            };
            at = next.max(at + 1);
        }
    }

    /// What stands between quotes.
    fn literal(&mut self, heard: &mut Heard, quote: u8, (start, end): (usize, usize)) {
        let content = self.text.get(start..end).unwrap_or_default();
        if quote == b'"' && !heard.armed {
            // A name, of a column or of an option.
            heard.word(content);
            return;
        }
        if (quote == b'\'' && heard.all) || heard.armed || holds_secret(content) {
            self.hidden.push((start, end));
        }
        heard.armed = false;
        heard.broken = ends_in_secret(content);
    }

    /// What stands between dollar signs: often statements.
    fn body(&mut self, heard: &mut Heard, (start, end): (usize, usize)) {
        if heard.armed || heard.all {
            self.hidden.push((start, end));
        } else if self.depth < DEPTH {
            Scan { text: self.text, hidden: &mut *self.hidden, depth: self.depth + 1 }.run(start, end);
        }
        heard.armed = false;
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The quote that ends what begins at `from`; two of them are one in it.
fn closing(bytes: &[u8], from: usize, end: usize, quote: u8, escapes: bool) -> Option<usize> {
    let mut at = from;
    while at < end {
        match bytes.get(at) {
            Some(b'\\') if escapes => at += 1,
            Some(byte) if *byte == quote => {
                if at + 1 < end && bytes.get(at + 1) == Some(&quote) {
                    at += 1;
                } else {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Length of the `$tag$` that begins here.
fn tag(text: &str, at: usize, end: usize) -> Option<usize> {
    let rest = text.get(at + 1..end)?;
    let name = rest.bytes().take(64).position(|byte| !is_word(byte))?;
    let starts = rest.bytes().next().is_none_or(|byte| !byte.is_ascii_digit());
    (starts && rest.as_bytes().get(name) == Some(&b'$')).then_some(name + 2)
}

fn names_secret(lower: &str) -> bool {
    SECRETS.iter().any(|secret| lower.contains(secret))
}

/// A url with a user, or `password=…` as in a connection string or in JSON.
fn holds_secret(content: &str) -> bool {
    let url = content.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    let lower = content.to_ascii_lowercase();
    let named = |secret: &&str| {
        lower.match_indices(*secret).any(|(at, _)| {
            let rest = lower.get(at + secret.len()..).unwrap_or_default();
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let rest = rest.trim_start_matches(['"', '\'', ' ', '\t']);
            rest.starts_with(['=', ':'])
        })
    };
    url || SECRETS.iter().any(named)
}

/// The text breaks off where a password would follow.
fn ends_in_secret(content: &str) -> bool {
    let start = content.trim_end().trim_end_matches(['=', ' ']);
    let from = start.len().saturating_sub(24);
    let tail = (from..=start.len()).find_map(|from| start.get(from..)).unwrap_or_default();
    let last = tail.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    names_secret(&last.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hidden_wherever_it_stands_and_nothing_moves() {
        for text in [
            "CREATE USER b PASSWORD 'hunter2' VALID;",
            "CREATE USER b ENCRYPTED PASSWORD 'hunter2'",
            "alter role b with password E'\\'hunter2'",
            "ALTER ROLE b PASSWORD 'it''s hunter2';",
            "ALTER ROLE b PASSWORD hunter2;",
            "ALTER ROLE b PASSWORD \"hunter2\";",
            "ALTER ROLE b PASSWORD $$hunter2$$;",
            "ALTER ROLE b PASSWORD $x$hunter2$x$;",
            "ALTER ROLE b PASSWORD 'hunter2;\nSELECT 1;",
            "CREATE USER 'b'@'%' IDENTIFIED BY 'hunter2';",
            "CREATE USER b IDENTIFIED WITH caching_sha2 BY 'hunter2';",
            "SET PASSWORD FOR 'b'@'%' = PASSWORD('hunter2')",
            "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'a', password 'hunter2');",
            "CREATE USER MAPPING FOR a SERVER s OPTIONS (SET \"password\" 'hunter2');",
            "CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p;",
            "CREATE SUBSCRIPTION s CONNECTION 'postgresql://u:hunter2@h/d' PUBLICATION p;",
            "SELECT dblink_connect('host=h password = hunter2')",
            "UPDATE users SET password = 'hunter2' WHERE id = 1;",
            "CREATE USER b WITH PASSWORD U&'hunter2';",
            "UPDATE users SET card = pgp_sym_encrypt(number, 'hunter2');",
            "UPDATE users SET hash = crypt('hunter2', gen_salt('bf'));",
            "INSERT INTO users (email, password) VALUES ('a', 'hunter2');",
            "UPDATE c SET settings = '{\"api_key\": \"hunter2\"}';",
            "DO $$ BEGIN CREATE USER b PASSWORD 'hunter2'; END $$;",
            "SELECT 'abc; CREATE USER b PASSWORD 'hunter2';",
            "SET my.secret TO 'hunter2';",
            "-- it's one\nCREATE USER b PASSWORD 'hunter2';",
        ] {
            let shown = masked(text);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(shown.len(), text.len());
            assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
        }
    }

    #[test]
    fn what_is_no_password_is_shown() {
        for text in [
            "CREATE TABLE u (password text NOT NULL, \"token\" varchar(3) DEFAULT 'x');",
            "ALTER TABLE u ADD COLUMN secret text CHECK (secret <> 'x');",
            "ALTER ROLE b PASSWORD NULL;",
            "CREATE USER password;",
            "CREATE INDEX i ON u (token) WHERE state = 'on';",
            "UPDATE u SET name = 'https://example.com/x';",
            "DO $$ BEGIN RAISE NOTICE 'it is done'; END $$;",
            "SELECT $1, 'a$b$c'",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
