//! An `UPDATE` or `DELETE` in parts, each bounded by a key: [`Batch`].

use std::time::Duration;

use schema::Dialect;
use serde::{Deserialize, Serialize};

use super::words::{Kind, Word};
use crate::{mysql, quote};

/// A statement that is run for one range of a key after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    dialect: Dialect,
    /// The column that is walked.
    pub key: String,
    /// Most rows of the table in one range.
    pub size: u32,
    /// How long to wait between two ranges.
    pub pause: Duration,
    /// How far the standbys may be behind when a range begins.
    pub max_lag: Option<Duration>,
    /// The table as it is written.
    table: String,
    /// What its columns are qualified with.
    qualifier: String,
    /// The statement up to its condition.
    head: String,
    condition: Option<String>,
}

/// What the comment says.
pub(super) struct Options {
    pub(super) key: String,
    pub(super) size: u32,
    pub(super) pause: Duration,
    pub(super) max_lag: Option<Duration>,
}

/// A value of the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Key {
    /// Digits, as the database writes them.
    Number(String),
    /// Anything that is compared as a text, or that the database reads from one.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// What cannot follow a condition when it is bounded.
const AFTER: [&str; 6] = ["returning", "order", "limit", "offset", "fetch", "window"];

impl Batch {
    /// Takes the statement apart; the answer says why when it is not of a form that can be bounded.
    pub(super) fn read(
        dialect: Dialect,
        text: &str,
        statement: &[Word<'_>],
        options: Options,
    ) -> Result<Self, String> {
        let form = || {
            "in batches can run `UPDATE table [AS alias] SET … [WHERE …]` and `DELETE FROM table [AS alias] [WHERE …]`, \
             without RETURNING, ORDER BY or LIMIT"
                .to_owned()
        };
        let first = statement.first().ok_or_else(form)?;
        let update = first.is("update");
        let start = match (update, statement.get(1)) {
            (true, _) => 1,
            (false, Some(from)) if first.is("delete") && from.is("from") => 2,
            _ => return Err(form()),
        };
        let target = target(statement.get(start..).unwrap_or_default(), text).ok_or_else(form)?;
        let after = statement.get(start + target.length..).unwrap_or_default();
        let goes_on = match after.first() {
            Some(word) if update => word.is("set"),
            Some(word) => word.is("where") || (dialect == Dialect::PostgreSql && word.is("using")),
            None => !update,
        };
        if !goes_on {
            return Err(form());
        }
        if update && assigns(after, &options.key) {
            return Err(format!(
                "in batches cannot change its own key `{}`: a row that moves up would be visited again; take another key",
                options.key
            ));
        }
        let begin = first.at;
        let end = statement.last().map_or(text.len(), Word::end);
        let condition = outermost(after, "where")?;
        if AFTER.iter().any(|word| outermost(after, word).is_ok_and(|found| found.is_some())) {
            return Err(form());
        }
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().trim().to_owned();
        Ok(Self {
            dialect,
            key: options.key,
            size: options.size,
            pause: options.pause,
            max_lag: options.max_lag,
            table: target.table,
            qualifier: target.qualifier,
            head: part(begin, condition.map_or(end, |word| word.at)),
            condition: condition.map(|word| part(word.end(), end)),
        })
    }

    fn ident(&self, name: &str) -> String {
        match self.dialect {
            Dialect::MySql => mysql::quote::ident(name),
            Dialect::PostgreSql | Dialect::Sqlite => quote::ident(name),
        }
    }

    /// The key in a query of ours. Without the qualifier PostgreSQL would sort by the text that is answered.
    fn own_key(&self) -> String {
        format!("walked.{}", self.ident(&self.key))
    }

    /// The key as a query answers it: on PostgreSQL a text, which its type reads again.
    fn answer(&self) -> String {
        match self.dialect {
            Dialect::PostgreSql => format!("{}::text", self.own_key()),
            Dialect::MySql | Dialect::Sqlite => self.own_key(),
        }
    }

    fn literal(&self, key: &Key) -> String {
        match (key, self.dialect) {
            (Key::Number(digits), Dialect::MySql) => mysql::quote::number(digits),
            (Key::Number(digits), _) => quote::number(digits),
            (Key::Text(text), Dialect::MySql) => mysql::quote::string(text),
            (Key::Text(text), _) => quote::string(text),
            (Key::Bytes(bytes), Dialect::PostgreSql) => format!("'\\x{}'", hex::encode(bytes)),
            (Key::Bytes(bytes), _) => format!("X'{}'", hex::encode(bytes)),
        }
    }

    /// A query that answers a row when the key is null somewhere: such rows would be walked past.
    pub fn nulls(&self) -> String {
        format!("SELECT '1' FROM {} AS walked WHERE {} IS NULL LIMIT 1", self.table, self.own_key())
    }

    /// A query for the largest key: what comes later is not part of the step, so it ends.
    pub fn last(&self) -> String {
        let (answer, key) = (self.answer(), self.own_key());
        format!("SELECT {answer} FROM {} AS walked ORDER BY {key} DESC LIMIT 1", self.table)
    }

    /// A query for the last key of the range that follows `after`; no answer means that `end` is within it.
    pub fn next(&self, after: Option<&Key>, end: &Key) -> String {
        let (answer, key) = (self.answer(), self.own_key());
        let skipped = self.size.saturating_sub(1);
        format!(
            "SELECT {answer} FROM {} AS walked WHERE {} ORDER BY {key} LIMIT 1 OFFSET {skipped}",
            self.table,
            self.range(&key, after, end)
        )
    }

    /// The statement for the keys after one up to another.
    pub fn bounded(&self, after: Option<&Key>, to: &Key) -> String {
        let key = format!("{}.{}", self.qualifier, self.ident(&self.key));
        let range = self.range(&key, after, to);
        match &self.condition {
            // A comment at its end must not swallow what follows.
            Some(condition) => format!("{}\nWHERE ({condition}\n) AND {range}", self.head),
            None => format!("{}\nWHERE {range}", self.head),
        }
    }

    fn range(&self, key: &str, after: Option<&Key>, to: &Key) -> String {
        let to = format!("{key} <= {}", self.literal(to));
        match after {
            Some(after) => format!("{key} > {} AND {to}", self.literal(after)),
            None => to,
        }
    }
}

struct Target {
    table: String,
    qualifier: String,
    /// Number of words.
    length: usize,
}

/// `[namespace.]table [[AS] alias]`.
fn target(words: &[Word<'_>], text: &str) -> Option<Target> {
    let is_name = |at: usize| {
        words.get(at).is_some_and(|word| {
            matches!(word.kind, Kind::Bare | Kind::Quoted)
                && !["set", "where", "using", "only", "as"].iter().any(|keyword| word.is(keyword))
        })
    };
    if !is_name(0) {
        return None;
    }
    let mut length = 1;
    while words.get(length).is_some_and(|word| word.is_sign(".")) && is_name(length + 1) {
        length += 2;
    }
    let table = text.get(words.first()?.at..words.get(length - 1)?.end())?.to_owned();
    let mut qualifier = table.clone();
    let named = words.get(length).is_some_and(|word| word.is("as"));
    if named {
        length += 1;
    }
    if is_name(length) {
        words.get(length)?.text.clone_into(&mut qualifier);
        length += 1;
    } else if named {
        return None;
    }
    Some(Target { table, qualifier, length })
}

/// True when the `SET` list that begins here has this column on the left of a `=`, alone or in a list in brackets.
fn assigns(words: &[Word<'_>], column: &str) -> bool {
    let (mut depth, mut left) = (0_i32, true);
    for word in words.iter().skip(1) {
        match () {
            () if word.is_sign("(") => depth += 1,
            () if word.is_sign(")") => depth -= 1,
            () if depth == 0 && (word.is("where") || word.is("from")) => return false,
            () if depth == 0 && word.is_sign("=") => left = false,
            () if depth == 0 && word.is_sign(",") => left = true,
            () if left && names(word, column) => return true,
            () => {}
        }
    }
    false
}

/// Whatever its case: to refuse too much is better than a row that is changed twice.
fn names(word: &Word<'_>, column: &str) -> bool {
    let name = match word.kind {
        Kind::Bare => word.text,
        Kind::Quoted => word.text.get(1..word.text.len().saturating_sub(1)).unwrap_or_default(),
        _ => return false,
    };
    name.eq_ignore_ascii_case(column)
}

/// The word where it stands outside of all brackets.
fn outermost<'a, 'w>(words: &'w [Word<'a>], wanted: &str) -> Result<Option<&'w Word<'a>>, String> {
    let mut depth = 0_i32;
    let mut found = None;
    for word in words {
        if word.is_sign("(") {
            depth += 1;
        } else if word.is_sign(")") {
            depth -= 1;
        } else if depth == 0 && word.is(wanted) && found.is_none() {
            found = Some(word);
        }
        if depth < 0 {
            return Err("`)` without its `(`".to_owned());
        }
    }
    if depth == 0 { Ok(found) } else { Err("`(` without its `)`".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::{batch, data_step};
    use super::*;

    fn read(dialect: Dialect, text: &str) -> Result<Batch, String> {
        let step = data_step(dialect, "x", text)?;
        batch(dialect, &step).map(Option::unwrap)
    }

    #[test]
    fn a_statement_is_bounded_whatever_its_condition_says() {
        let text = "-- schemalift:batch key=id size=10 pause=5ms
UPDATE \"User\" AS u SET name = (SELECT x FROM y WHERE y.id = u.id) WHERE name = ')' OR age > 1 -- all;";
        let batch = read(Dialect::PostgreSql, text).unwrap();
        assert_eq!((batch.size, batch.pause), (10, Duration::from_millis(5)));
        let (low, high) = (Key::Text("it's".to_owned()), Key::Text("9".to_owned()));
        assert_eq!(
            batch.bounded(Some(&low), &high),
            "UPDATE \"User\" AS u SET name = (SELECT x FROM y WHERE y.id = u.id)
WHERE (name = ')' OR age > 1
) AND u.\"id\" > 'it''s' AND u.\"id\" <= '9'"
        );
        assert_eq!(
            batch.next(None, &high),
            "SELECT walked.\"id\"::text FROM \"User\" AS walked WHERE walked.\"id\" <= '9' ORDER BY walked.\"id\" LIMIT 1 OFFSET 9"
        );
    }

    #[test]
    fn a_key_may_be_read_and_not_written() {
        let text =
            "-- schemalift:batch key=id\nUPDATE t SET a = id, (b, c) = (id, 2) FROM u WHERE u.id = t.id";
        assert!(read(Dialect::PostgreSql, text).is_ok());
    }

    #[test]
    fn a_delete_without_a_condition_is_bounded() {
        let batch = read(Dialect::MySql, "# schemalift:batch key=id\nDELETE FROM shop.`a b`;").unwrap();
        let high = Key::Bytes(vec![0, 255]);
        assert_eq!(batch.bounded(None, &high), "DELETE FROM shop.`a b`\nWHERE shop.`a b`.`id` <= X'00ff'");
        assert_eq!(
            batch.bounded(None, &Key::Number("7".to_owned())),
            "DELETE FROM shop.`a b`\nWHERE shop.`a b`.`id` <= 7"
        );
    }

    #[test]
    fn what_cannot_be_bounded_is_refused() {
        for text in [
            "INSERT INTO t VALUES (1)",
            "UPDATE t SET a = 1 RETURNING a",
            "DELETE FROM t ORDER BY a LIMIT 3",
            "DELETE FROM t; DELETE FROM u",
            "UPDATE ONLY t SET a = 1",
            "UPDATE a, b SET a.x = b.x",
            "UPDATE a JOIN b ON a.id = b.id SET a.x = b.x",
            "WITH x AS (SELECT 1) UPDATE t SET a = 1",
            "UPDATE t SET a = 1) WHERE (b = 2",
            "UPDATE t SET id = id + 1",
            "UPDATE t SET a = f(b, c), \"ID\" = 1",
            "UPDATE t SET (a, Id) = (SELECT 1, 2)",
        ] {
            let text = format!("-- schemalift:batch key=id size=10\n{text}");
            assert!(read(Dialect::PostgreSql, &text).is_err(), "{text}");
        }
        for directive in [
            "",
            "key=",
            "key=id size=0",
            "key=id size=x",
            "key=id pause=2h",
            "key=id color=red",
            "key=id maxLag=0s",
            "key=id maxLag=2m",
        ] {
            let text = format!("-- schemalift:batch {directive}\nDELETE FROM t");
            assert!(read(Dialect::PostgreSql, &text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_lag_of_standbys_is_a_limit_where_the_primary_knows_it() {
        let text = "-- schemalift:batch key=id maxLag=1500ms\nDELETE FROM t";
        let batch = read(Dialect::PostgreSql, text).unwrap();
        assert_eq!(batch.max_lag, Some(Duration::from_millis(1500)));
        for dialect in [Dialect::MySql, Dialect::Sqlite] {
            let why = read(dialect, text).unwrap_err();
            assert!(why.contains("maxLag"), "{why}");
        }
    }
}
