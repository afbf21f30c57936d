//! What `SHOW GRANTS` says, as rights: [`Rights`].

use std::collections::BTreeSet;

/// The rights of a session.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    grants: Vec<Grant>,
    revoked: Vec<Grant>,
}

#[derive(Debug, PartialEq, Eq)]
struct Grant {
    /// Pattern of a database's name; `None` is every one.
    database: Option<String>,
    table: Option<String>,
    rights: BTreeSet<String>,
}

impl Rights {
    /// `None` when a line is not understood: then nothing can be said.
    pub(super) fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut rights = Self::default();
        for line in lines {
            let (list, rest) = if let Some(rest) = line.strip_prefix("GRANT ") {
                (&mut rights.grants, rest)
            } else {
                (&mut rights.revoked, line.strip_prefix("REVOKE ")?)
            };
            // Of a role, whose own rights stand in lines of their own while it is active.
            let Some((words, rest)) = split_on(rest) else { continue };
            if words == "PROXY" {
                continue;
            }
            let rest = rest.strip_prefix("TABLE ").unwrap_or(rest);
            if ["FUNCTION ", "PROCEDURE ", "PACKAGE "].iter().any(|kind| rest.starts_with(kind)) {
                continue;
            }
            let (database, rest) = name(rest)?;
            let (table, _) = name(rest.strip_prefix('.')?)?;
            list.push(Grant { database, table, rights: listed(words) });
        }
        Some(rights)
    }

    /// How the database is named where rights on it are given, if it is by itself: a `GRANT` of another spelling would be a
    /// row of its own, and of several rows that match the server takes one.
    pub(super) fn spelling(&self, database: &str) -> Option<&str> {
        let patterns = self.grants.iter().filter(|grant| grant.table.is_none());
        let mut patterns = patterns.filter_map(|grant| grant.database.as_deref());
        patterns.find(|pattern| *pattern == database || *pattern == escaped(database))
    }

    /// Whether the session may do this with a table, or with every table of a database.
    pub(super) fn has(&self, right: &str, database: &str, table: Option<&str>) -> bool {
        let gives = |grant: &Grant| {
            let rights = &grant.rights;
            (rights.contains("ALL PRIVILEGES") || rights.contains(right))
                && grant.database.as_ref().is_none_or(|pattern| matches(pattern, database))
                && grant
                    .table
                    .as_ref()
                    .is_none_or(|named| table.is_some_and(|table| named.eq_ignore_ascii_case(table)))
        };
        let own = |grant: &&Grant| grant.database.is_some();
        if self.grants.iter().filter(own).any(gives) {
            return true;
        }
        // A part of what holds everywhere may be taken back for a database.
        self.grants.iter().any(gives) && !self.revoked.iter().any(gives)
    }
}

/// A pattern that matches the name alone.
pub(super) fn escaped(database: &str) -> String {
    database.replace('_', "\\_").replace('%', "\\%")
}

/// The rights and what they are for.
fn split_on(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        quoted ^= byte == b'`';
        let rest = text.get(at..).filter(|_| !quoted);
        if let Some(rest) = rest.and_then(|rest| rest.strip_prefix(" ON ")) {
            return Some((text.get(..at)?, rest));
        }
    }
    None
}

/// Each right of all columns; those of single columns are not enough for a table.
fn listed(words: &str) -> BTreeSet<String> {
    let mut depth = 0_usize;
    let mut rights = vec![String::new()];
    for letter in words.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => rights.push(String::new()),
            _ => {}
        }
        if (letter != ',' || depth > 0)
            && let Some(right) = rights.last_mut()
        {
            right.push(letter);
        }
    }
    rights.iter().filter(|right| !right.contains('(')).map(|right| right.trim().to_owned()).collect()
}

/// A quoted name, or `*` for any, and what follows it.
fn name(text: &str) -> Option<(Option<String>, &str)> {
    if let Some(rest) = text.strip_prefix('*') {
        return Some((None, rest));
    }
    let mut name = String::new();
    let mut letters = text.strip_prefix('`')?.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '`' {
            name.push(letter);
        } else if letters.next_if(|(_, next)| *next == '`').is_some() {
            name.push('`');
        } else {
            return Some((Some(name), text.get(at + 2..)?));
        }
    }
    None
}

/// Database names of grants are patterns: `_` is any letter, `%` any text, a backslash makes either itself.
fn matches(pattern: &str, name: &str) -> bool {
    enum Part {
        Letter(char),
        Any,
        Many,
    }
    let mut parts = Vec::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        parts.push(match letter {
            '_' => Part::Any,
            '%' => Part::Many,
            '\\' => letters.next().map_or(Part::Letter('\\'), Part::Letter),
            letter => Part::Letter(letter),
        });
    }
    let name: Vec<char> = name.chars().collect();
    // Which beginnings of the name the parts so far match.
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for part in parts {
        let mut next = vec![false; name.len() + 1];
        match part {
            Part::Many => {
                let mut open = false;
                for (slot, before) in next.iter_mut().zip(&reached) {
                    open |= *before;
                    *slot = open;
                }
            }
            Part::Any | Part::Letter(_) => {
                for ((slot, before), letter) in next.iter_mut().skip(1).zip(&reached).zip(&name) {
                    let fits = match &part {
                        Part::Letter(wanted) => wanted.eq_ignore_ascii_case(letter),
                        _ => true,
                    };
                    *slot = *before && fits;
                }
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_of_every_level_are_read() {
        let rights = Rights::read([
            "GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*0'",
            "GRANT SELECT, INSERT, ALTER ON `shop`.* TO `app`@`%`",
            "GRANT SELECT (`a`, `b, c`), UPDATE ON `other`.`it``s` TO `app`@`%`",
            "GRANT ALL PRIVILEGES ON `my\\_%`.* TO `app`@`%` WITH GRANT OPTION",
            "GRANT EXECUTE ON FUNCTION `shop`.`f` TO `app`@`%`",
            "GRANT `writer`@`%` TO `app`@`%`",
        ])
        .unwrap();
        for (right, database, table, has) in [
            ("ALTER", "shop", None, true),
            ("ALTER", "Shop", Some("t"), true),
            ("DROP", "shop", None, false),
            ("UPDATE", "other", Some("it`s"), true),
            ("UPDATE", "other", None, false),
            ("SELECT", "other", Some("it`s"), false),
            ("DROP", "my_shop", None, true),
            ("DROP", "myshop", None, false),
        ] {
            assert_eq!(rights.has(right, database, table), has, "{right} {database} {table:?}");
        }
        assert_eq!(rights.spelling("shop"), Some("shop"));
        assert_eq!((rights.spelling("my_shop"), rights.spelling("other")), (None, None));
    }

    #[test]
    fn what_was_taken_back_for_a_database_is_missing_there() {
        let rights = Rights::read([
            "GRANT SELECT, CREATE ON *.* TO `app`@`%`",
            "REVOKE CREATE ON `shop`.* FROM `app`@`%`",
        ])
        .unwrap();
        assert!(rights.has("CREATE", "other", None));
        assert!(!rights.has("CREATE", "shop", None));
        assert!(rights.has("SELECT", "shop", None));
    }

    #[test]
    fn nothing_is_said_of_what_is_not_understood() {
        assert_eq!(Rights::read(["something else"]), None);
        assert_eq!(Rights::read(["GRANT SELECT ON \"shop\".* TO a"]), None);
    }
}
