//! The text that we write from a database and the one that Prisma's introspection writes from the same: equal, byte for byte.
//!
//! Databases are those of the corpus, made by our own scripts, and those of `databases.cases`, given in SQL. Our text must
//! also describe exactly its database, and leave a text alone that already does. A difference that is not in
//! `introspection.txt` fails, and so does an entry there that is none any more. `INTROSPECTION_ONLY` runs the cases whose
//! label contains its text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "introspection/databases.rs"]
mod databases;
#[path = "introspection/made.rs"]
mod made;

use std::fmt::Write as _;

use databases::{Database, databases};
use datamodel::{Edition, Language, Source};
use introspection::{Form, write};
use oracle::{Inspected, intended_texts, introspect};
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};

/// A database with what stands in it.
pub(crate) struct Made {
    pub(crate) label: String,
    pub(crate) found: Schema,
    pub(crate) scope: Scope,
    pub(crate) asked: Inspected,
    /// A text that describes it already, if there is one.
    pub(crate) exact: Option<String>,
}

fn ours(made: &Made, before: &str) -> Result<String, String> {
    let form = Form::Psl(Edition::Six);
    match write(&made.found, form, &made.scope, Some(before)) {
        Ok(written) => Ok(written.text),
        Err(findings) => {
            Err(findings.iter().map(|found| found.one_line(before)).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// What a plan from the database to the text would do, or why there is none.
fn left(made: &Made, text: &str) -> Option<String> {
    let parsed = datamodel::parse(Source { text, language: Some(Language::Psl), edition: None });
    let Some(datamodel) = parsed.datamodel else {
        return Some(
            parsed.diagnostics.iter().map(|found| found.one_line(text)).collect::<Vec<_>>().join("\n"),
        );
    };
    match diff(&made.found, &derive(&datamodel, &made.scope), &Ownership::default()) {
        Ok(plan) if plan.is_empty() => None,
        Ok(plan) => Some(sql::text(&sql::render(&plan))),
        Err(refusal) => Some(refusal.to_string()),
    }
}

/// The order of a SQLite table's indexes is that of their making, which no two databases need to share: ours go by name.
fn comparable(made: &Made, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if made.found.dialect == Dialect::Sqlite {
        let is_index = |line: &str| {
            line.trim_start().starts_with("@@index") || line.trim_start().starts_with("@@unique")
        };
        let mut at = 0;
        while at < lines.len() {
            let end = (at..lines.len()).find(|end| !is_index(&lines[*end])).unwrap_or(lines.len());
            lines[at..end].sort();
            at = end.max(at + 1);
        }
    }
    lines
}

fn difference(made: &Made, ours: &str, theirs: &str) -> Option<String> {
    let (here, there) = (comparable(made, ours), comparable(made, theirs));
    if here == there {
        return None;
    }
    let mut out = String::new();
    for (mark, these, those) in [("ours  ", &here, &there), ("theirs", &there, &here)] {
        for line in these.iter().filter(|line| !those.contains(line)) {
            writeln!(out, "  {mark} {line}").unwrap();
        }
    }
    if out.is_empty() { Some("  the lines are in another order\n".to_owned()) } else { Some(out) }
}

fn judge(provider: &str, made: &[Made]) {
    let only = std::env::var("INTROSPECTION_ONLY").ok();
    let made: Vec<&Made> =
        made.iter().filter(|made| only.as_ref().is_none_or(|part| made.label.contains(part))).collect();
    let asked: Vec<Inspected> = made.iter().map(|made| made.asked.clone()).collect();
    let answers = introspect(&asked);
    let intended = intended_texts();
    let label_end = format!("[{provider}]");
    let mut out = String::new();
    let mut used: Vec<&str> = Vec::new();
    let mut equal = 0;
    for (made, theirs) in made.iter().zip(&answers) {
        let text = match ours(made, &made.asked.before) {
            Ok(text) => text,
            Err(why) => {
                write!(out, "\n=== {}\n{why}\n", made.label).unwrap();
                continue;
            }
        };
        let entry = |kind: &str| {
            let wanted = format!("{kind}{}", made.label);
            intended.iter().find(|(name, _)| {
                name.strip_suffix('*').map_or(*name == wanted, |start| {
                    wanted.starts_with(start) && wanted.ends_with(&label_end)
                })
            })
        };
        match (left(made, &text), entry("plan: ")) {
            (Some(_), Some((name, _))) => used.push(name),
            (Some(what), None) => write!(out, "\n=== plan: {}\n{what}\nof\n{text}", made.label).unwrap(),
            (None, _) => {}
        }
        // Some texts ask for what the database makes otherwise; there is a difference to write.
        if let Some(exact) = made.exact.as_ref().filter(|exact| left(made, exact).is_none()) {
            match ours(made, exact) {
                Ok(again) if again == *exact => {}
                Ok(again) => {
                    write!(out, "\n=== {} is touched:\n{exact}\nbecomes\n{again}", made.label).unwrap();
                }
                Err(why) => write!(out, "\n=== {} as it is:\n{why}", made.label).unwrap(),
            }
        }
        match (difference(made, &text, theirs), entry("")) {
            (None, _) => equal += 1,
            (Some(_), Some((name, _))) => used.push(name),
            (Some(what), None) => write!(out, "\n=== {}\n{what}", made.label).unwrap(),
        }
    }
    println!(
        "{provider}: {} databases, {equal} texts are equal, {} differ by intent",
        made.len(),
        used.len()
    );
    for (name, _) in &intended {
        if only.is_none() && name.ends_with(&label_end) && !used.contains(&name.as_str()) {
            write!(out, "\n=== `{name}` of introspection.txt is no difference any more").unwrap();
        }
    }
    assert!(out.is_empty(), "{out}");
}

fn all(provider: &str) -> Vec<Database> {
    databases().into_iter().filter(|database| database.provider == provider).collect()
}

#[test]
fn on_sqlite_both_write_the_same() {
    judge("sqlite", &made::sqlite(&all("sqlite")));
}

#[test]
fn on_postgresql_both_write_the_same() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let made = runtime.block_on(made::postgresql(&all("postgresql")));
    judge("postgresql", &made);
}
