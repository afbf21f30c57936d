//! Our plan from one schema to another and Prisma's script, each run on a database of the same state with rows: both must
//! end in the same catalog, with the same rows.
//!
//! A difference that is not in `changes.txt` fails, and so does an entry there that is none any more.
//! `CHANGES_ONLY` runs the pairs whose name contains its text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "changes/pairs.rs"]
mod pairs;
#[path = "changes/postgresql.rs"]
mod postgresql;
#[path = "changes/sqlite.rs"]
mod sqlite;

use std::fmt::Write as _;

use datamodel::{Language, Source};
use oracle::{Provider, changes, intended_changes};
use pairs::{Pair, pairs};
use plan::{Harm, Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};
use sql::Script;

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// It was run; the catalog and the rows, as text.
    Done { catalog: String, rows: String },
    /// Refused before the first statement.
    Refused(String),
    /// A statement failed.
    Failed(String),
}

pub(crate) fn dialect(provider: Provider) -> Dialect {
    match provider {
        Provider::PostgreSql => Dialect::PostgreSql,
        Provider::Sqlite => Dialect::Sqlite,
        Provider::MySql => Dialect::MySql,
    }
}

pub(crate) fn with_datasource(provider: Provider, models: &str) -> String {
    format!(
        "datasource db {{\n  provider = \"{}\"\n  url      = env(\"DATABASE_URL\")\n}}\n\n{models}",
        provider.as_str()
    )
}

pub(crate) fn schema_of(provider: Provider, models: &str) -> Schema {
    let text = with_datasource(provider, models);
    let parsed = datamodel::parse(Source { text: &text, language: Some(Language::Psl), edition: None });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{:?}\n{text}", parsed.diagnostics));
    let namespace = (provider == Provider::PostgreSql).then(|| "public".to_owned());
    derive(&datamodel, &Scope { dialect: dialect(provider), namespace })
}

/// Our script for a pair, from what was found.
pub(crate) fn ours(provider: Provider, pair: &Pair, found: &Schema) -> Script {
    let owned = Ownership::of(&schema_of(provider, &pair.from));
    sql::render(&diff(found, &schema_of(provider, &pair.to), &owned).unwrap())
}

/// Why a script must not run, by the number of rows that its hazards count.
pub(crate) async fn refusal(database: &mut database::Database, script: &Script) -> Option<String> {
    for hazard in script.steps.iter().flat_map(|step| &step.hazards) {
        let Some(query) = hazard.count.as_ref().filter(|_| hazard.hazard.code.harm() == Harm::Fails) else {
            continue;
        };
        if database.count(query).await.unwrap() > 0 {
            return Some(hazard.hazard.code.as_str().to_owned());
        }
    }
    None
}

/// What is different, if anything.
fn difference(ours: &End, theirs: &End) -> Option<String> {
    match (ours, theirs) {
        (End::Done { catalog, rows }, End::Done { catalog: their_catalog, rows: their_rows }) => {
            let mut out = String::new();
            if catalog != their_catalog {
                write!(out, "catalog:\n{}", lines(catalog, their_catalog)).unwrap();
            }
            if rows != their_rows {
                write!(out, "rows:\n{}", lines(rows, their_rows)).unwrap();
            }
            (!out.is_empty()).then_some(out)
        }
        // Found before the first statement what Prisma's script finds in the middle; or by both in the middle.
        (End::Refused(_) | End::Failed(_), End::Failed(_)) => None,
        (ours, theirs) => Some(format!("  ours: {}\n  theirs: {}\n", told(ours), told(theirs))),
    }
}

fn told(end: &End) -> String {
    match end {
        End::Done { .. } => "done".to_owned(),
        End::Refused(why) => format!("refused ({why})"),
        End::Failed(why) => format!("failed ({why})"),
    }
}

fn lines(ours: &str, theirs: &str) -> String {
    let mut out = String::new();
    for (mark, here, there) in [("ours  ", ours, theirs), ("theirs", theirs, ours)] {
        for line in here.lines().filter(|line| !there.lines().any(|other| other == *line)) {
            writeln!(out, "  {mark} {line}").unwrap();
        }
    }
    out
}

fn judge(provider: Provider, run: impl FnOnce(&[Pair], &[(String, String)]) -> Vec<(End, End, String)>) {
    let mut all = pairs(provider);
    let only = std::env::var("CHANGES_ONLY").ok();
    if let Some(part) = &only {
        all.retain(|pair| pair.name.contains(part));
    }
    let questions: Vec<(String, String)> = all
        .iter()
        .map(|pair| (with_datasource(provider, &pair.from), with_datasource(provider, &pair.to)))
        .collect();
    let scripts = changes(&questions, provider);
    let ends = run(&all, &scripts);
    let intended: Vec<(String, String)> = intended_changes();
    let label = format!(" [{}]", provider.as_str());
    let mut out = String::new();
    let mut used = Vec::new();
    let (mut equal, mut refused) = (0, 0);
    for (pair, (our_end, their_end, script)) in all.iter().zip(&ends) {
        let Some(what) = difference(our_end, their_end) else {
            if matches!(our_end, End::Refused(_) | End::Failed(_)) {
                refused += 1;
            } else {
                equal += 1;
            }
            continue;
        };
        let entry = intended.iter().find(|(name, _)| {
            name.strip_suffix(&label).unwrap_or(name) == pair.name || covers(name, &label, &pair.name)
        });
        match entry {
            Some((name, _)) => used.push(name.clone()),
            None => write!(out, "\n=== {}{label}\n{what}\nours:\n{script}", pair.name).unwrap(),
        }
    }
    println!(
        "{}: {} pairs, {equal} end alike, {refused} fail or are refused where Prisma's script fails, {} differ by intent",
        provider.as_str(),
        all.len(),
        used.len()
    );
    for (name, _) in &intended {
        let here = name.ends_with(&label) || !name.ends_with(']');
        if only.is_none() && here && !used.contains(name) {
            write!(out, "\n=== `{name}` of changes.txt is no difference any more").unwrap();
        }
    }
    assert!(out.is_empty(), "{out}");
}

/// `String* becomes Int`: any kind of field that begins so.
fn covers(entry: &str, label: &str, name: &str) -> bool {
    let entry = entry.strip_suffix(label).unwrap_or(entry);
    let (Some((from, to)), Some((here, there))) =
        (entry.split_once(" becomes "), name.split_once(" becomes "))
    else {
        return false;
    };
    let fits = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => pattern == text,
    };
    fits(from, here) && fits(to, there)
}

#[test]
fn on_sqlite_both_end_alike() {
    judge(Provider::Sqlite, sqlite::run);
}

#[test]
fn on_postgresql_both_end_alike() {
    judge(Provider::PostgreSql, postgresql::run);
}
