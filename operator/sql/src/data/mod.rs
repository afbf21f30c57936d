//! SQL of a person's own, run before or after the structure changes: [`data_step`].

mod batch;
mod words;

use std::time::Duration;

use plan::{Hazard, HazardCode, Impact};
use schema::{Dialect, ObjectName};

use batch::Options;
pub use batch::{Batch, Key};
use words::{Kind, Word, words};

use crate::summary::RENAME_VALUES;
use crate::{Mode, ScriptHazard, ScriptStep};

/// Kind of a step whose statement a person wrote.
pub const DATA_STEP: &str = "DataStep";

/// Steps of a person's own around those of a plan, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataSteps {
    /// Before the structure changes.
    pub before: Vec<ScriptStep>,
    /// After it changed.
    pub after: Vec<ScriptStep>,
}

/// Longest text of a step, in bytes.
pub const MAX_DATA_STEP: usize = 256 * 1024;

/// What the comment of a batch begins with.
const DIRECTIVE: &str = "schemalift:batch";

/// A step that runs this text once. What it does to rows is its author's business and cannot be read from it, so its
/// hazard is loss; what would end the transaction that it shares with its history row is refused, and the answer says
/// why.
pub fn data_step(dialect: Dialect, name: &str, text: &str) -> Result<ScriptStep, String> {
    if text.len() > MAX_DATA_STEP {
        return Err(format!("it has {} bytes; at most {MAX_DATA_STEP} are run", text.len()));
    }
    if let Some(unseen) = name.chars().chain(text.chars()).find(|letter| misleads(*letter)) {
        return Err(format!(
            "the character U+{:04X} shows a reader something else than what runs",
            u32::from(unseen)
        ));
    }
    let found = words(dialect, text)?;
    let statements = statements(&found);
    if statements.is_empty() {
        return Err("there is no statement in it".to_owned());
    }
    for statement in &statements {
        judge(dialect, &statement.words)?;
    }
    let texts = statements.iter().map(|statement| {
        let end = statement.words.last().map_or(statement.start, Word::end);
        text.get(statement.start..end).unwrap_or_default().trim().to_owned()
    });
    let batch = read_batch(dialect, text, &found)?;
    let summary = match &batch {
        Some(batch) => format!("data step {name}, in batches of {} rows by {}", batch.size, batch.key),
        None => format!("data step {name}"),
    };
    let hazard = Hazard {
        code: HazardCode::DataStep,
        table: ObjectName::new(None, name),
        column: None,
        message: format!(
            "Step `{name}` is SQL of your own: what it does to rows cannot be read from a plan."
        ),
        checks: None,
    };
    Ok(ScriptStep {
        kind: DATA_STEP.to_owned(),
        object: name.to_owned(),
        summary,
        statements: texts.collect(),
        mode: Mode::Alone,
        hazards: vec![ScriptHazard { hazard, count: None, examples: Vec::new() }],
        probe: None,
        impact: Impact::default(),
    })
}

/// What a terminal obeys, and what turns the order of letters around: whoever approves reads the text.
fn misleads(letter: char) -> bool {
    let turns = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
}

/// Whether a step of this kind may be run in batches.
fn walks(kind: &str) -> bool {
    kind == DATA_STEP || kind == RENAME_VALUES
}

/// How the step is run in batches, where its text asks for it.
pub fn batch(dialect: Dialect, step: &ScriptStep) -> Result<Option<Batch>, String> {
    let Some(text) = step.statements.first().filter(|_| walks(&step.kind)) else { return Ok(None) };
    read_batch(dialect, text, &words(dialect, text)?)
}

/// A statement in words, without comments and its semicolon.
#[derive(Default)]
struct Statement<'a> {
    words: Vec<Word<'a>>,
    /// Where it starts, with the comments before it.
    start: usize,
}

fn statements<'a>(found: &[Word<'a>]) -> Vec<Statement<'a>> {
    let mut all = Vec::new();
    let mut last = Statement::default();
    // A trigger's body has semicolons of its own.
    let mut depth = 0_usize;
    for word in found.iter().filter(|word| word.kind != Kind::Comment) {
        if word.is_sign(";") && depth == 0 {
            all.push(std::mem::replace(&mut last, Statement { words: Vec::new(), start: word.end() }));
            continue;
        }
        if last.words.first().is_some_and(|first| first.is("create")) {
            if word.is("begin") || word.is("case") {
                depth += 1;
            } else if word.is("end") {
                depth = depth.saturating_sub(1);
            }
        }
        last.words.push(*word);
    }
    all.push(last);
    all.retain(|statement| !statement.words.is_empty());
    all
}

/// Statements that begin so end the transaction that guards the step, or outlive it.
const OUTLIVING: [&str; 16] = [
    "begin",
    "start",
    "commit",
    "end",
    "rollback",
    "abort",
    "savepoint",
    "release",
    "prepare",
    "xa",
    "lock",
    "unlock",
    "attach",
    "detach",
    "pragma",
    "vacuum",
];

/// All that runs inside a transaction on MySQL; whatever else commits by itself.
const MYSQL: [&str; 7] = ["insert", "update", "delete", "replace", "select", "with", "do"];

fn judge(dialect: Dialect, statement: &[Word<'_>]) -> Result<(), String> {
    let Some(first) = statement.first() else { return Ok(()) };
    let word = first.text.to_uppercase();
    if first.kind != Kind::Bare && !first.is_sign("(") {
        return Err(format!("`{word}` begins no statement"));
    }
    // A lock of PostgreSQL's ends with the transaction.
    let locks = dialect == Dialect::PostgreSql && first.is("lock");
    if OUTLIVING.iter().any(|outliving| first.is(outliving)) && !locks {
        return Err(format!(
            "`{word}` cannot be in a step: the step runs in a transaction together with its row in the history"
        ));
    }
    if dialect == Dialect::MySql && !first.is_sign("(") && !MYSQL.iter().any(|known| first.is(known)) {
        return Err(format!(
            "`{word}` cannot be in a step on MySQL: only INSERT, UPDATE, DELETE, REPLACE and SELECT do not commit by \
             themselves, so that nothing runs twice"
        ));
    }
    Ok(())
}

fn read_batch(dialect: Dialect, text: &str, found: &[Word<'_>]) -> Result<Option<Batch>, String> {
    let directives: Vec<&str> = found
        .iter()
        .filter(|word| word.kind == Kind::Comment)
        .filter_map(|word| word.text.trim_start_matches(['-', '#']).trim().strip_prefix(DIRECTIVE))
        .collect();
    let directive = match directives.as_slice() {
        [] => return Ok(None),
        [one] => *one,
        _ => return Err("it has two `schemalift:batch` comments; make them two steps".to_owned()),
    };
    let mut statements = statements(found).into_iter();
    let (Some(statement), None) = (statements.next(), statements.next()) else {
        return Err("a step with a `schemalift:batch` comment has exactly one statement".to_owned());
    };
    let (mut key, mut size, mut pause, mut max_lag) = (None, 10_000, Duration::ZERO, None);
    for option in directive.split_whitespace() {
        match option.split_once('=') {
            Some(("key", name)) if !name.is_empty() => key = Some(name.to_owned()),
            Some(("size", number)) => {
                size = number
                    .parse()
                    .ok()
                    .filter(|size| (1..=1_000_000).contains(size))
                    .ok_or_else(|| format!("`size={number}` is no number of rows from 1 to 1000000"))?;
            }
            Some(("pause", length)) => {
                pause = pause_of(length).ok_or_else(|| {
                    format!("`pause={length}` is no pause of at most a minute, such as 100ms or 2s")
                })?;
            }
            Some(("maxLag", length)) => max_lag = Some(lag_of(dialect, length)?),
            _ => {
                return Err(format!(
                    "`{option}` is not known in a `schemalift:batch` comment; key, size, pause and maxLag are"
                ));
            }
        }
    }
    let key = key.ok_or("a `schemalift:batch` comment needs `key=…`, a column whose values are unique")?;
    Batch::read(dialect, text, &statement.words, Options { key, size, pause, max_lag }).map(Some)
}

/// Only PostgreSQL's primary knows how far its standbys are.
fn lag_of(dialect: Dialect, length: &str) -> Result<Duration, String> {
    match dialect {
        Dialect::PostgreSql => {}
        Dialect::MySql => {
            return Err("`maxLag` is not for MySQL and MariaDB: there only the replica itself knows how far behind it is, \
                        and a migration is connected to its source; use `pause=…`"
                .to_owned());
        }
        Dialect::Sqlite => return Err("`maxLag` is not for SQLite, which has no replicas".to_owned()),
    }
    pause_of(length)
        .filter(|lag| !lag.is_zero())
        .ok_or_else(|| format!("`maxLag={length}` is no lag of at most a minute, such as 1500ms or 5s"))
}

fn pause_of(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let pause = match text.get(digits.len()..)? {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        _ => return None,
    };
    (pause <= Duration::from_secs(60)).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_the_transaction_is_refused_on_every_database() {
        for dialect in [Dialect::PostgreSql, Dialect::MySql, Dialect::Sqlite] {
            for text in [
                "COMMIT",
                "UPDATE t SET a = 1; commit; DELETE FROM t",
                "/* a */ RoLlBaCk -- x",
                "BEGIN",
                "'a'",
            ] {
                assert!(data_step(dialect, "x", text).is_err(), "{dialect:?} {text}");
            }
            for text in ["", " ; ; ", "-- nothing"] {
                assert!(data_step(dialect, "x", text).is_err(), "{dialect:?} {text:?}");
            }
            assert!(data_step(dialect, "x", "DELETE FROM t WHERE a = 'COMMIT; COMMIT';").is_ok());
        }
        assert!(data_step(Dialect::MySql, "x", "ALTER TABLE t ADD a INT").is_err());
        assert!(data_step(Dialect::MySql, "x", "SET autocommit = 1").is_err());
        assert!(data_step(Dialect::MySql, "x", "CALL p()").is_err());
    }

    #[test]
    fn a_body_has_semicolons_of_its_own() {
        let trigger = "CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; DELETE FROM u; END;";
        assert!(data_step(Dialect::Sqlite, "x", trigger).is_ok());
        assert!(data_step(Dialect::Sqlite, "x", &format!("{trigger} END")).is_err());
    }

    #[test]
    fn a_reader_sees_what_runs() {
        for text in ["DELETE FROM t -- \u{1b}[2K", "SELECT '\u{202e}'", "SELECT 1\0"] {
            assert!(data_step(Dialect::PostgreSql, "x", text).is_err(), "{text:?}");
        }
        assert!(data_step(Dialect::PostgreSql, "x\u{7}", "SELECT 1").is_err());
        assert!(data_step(Dialect::PostgreSql, "x", "SELECT\t'é' -- ü\r\n").is_ok());
    }

    #[test]
    fn every_step_may_lose_data() {
        let step = data_step(Dialect::Sqlite, "x", "SELECT 1;").unwrap();
        assert_eq!(step.statements, ["SELECT 1"]);
        assert!(step.hazards.iter().all(|hazard| hazard.hazard.code.harm() == plan::Harm::Loss));
        assert_eq!(step.hazards.len(), 1);
    }
}
