//! SDL to PSL. Each fixture under `tests/psl` begins with a line `# dialect`, then holds the old text, the new one,
//! and the plan from the old tables to the new ones; `UPDATE_EXPECT=1` rewrites what follows the mark.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be read fails the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use datamodel::{Language, Source, parse};
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};
use upgrade::{Target, upgrade};

const MARK: &str = "# --- expect\n";

struct Fixture {
    path: PathBuf,
    dialect: Dialect,
    text: String,
    expected: String,
}

fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/psl");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| {
        let whole = std::fs::read_to_string(&path).unwrap();
        let (text, expected) = whole.split_once(MARK).unwrap_or((&whole, ""));
        let dialect = match text.lines().next() {
            Some("# postgresql") => Dialect::PostgreSql,
            Some("# mysql") => Dialect::MySql,
            Some("# sqlite") => Dialect::Sqlite,
            other => panic!("{}: {other:?}", path.display()),
        };
        Fixture { dialect, text: text.to_owned(), expected: expected.to_owned(), path }
    };
    paths.into_iter().map(read).collect()
}

fn scope(dialect: Dialect) -> Scope {
    Scope { dialect, namespace: Some("default$default".to_owned()) }
}

fn tables(text: &str, language: Option<Language>, dialect: Dialect) -> Schema {
    let parsed = parse(Source { text, language, edition: None });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{:?}\n{text}", parsed.diagnostics));
    let mut schema = derive(&datamodel, &scope(dialect));
    // What was renamed is renamed by now.
    for table in &mut schema.tables {
        table.renamed_from = None;
        table.columns.iter_mut().for_each(|column| column.renamed_from = None);
    }
    schema
}

/// What a plan from one schema to the other would do, a line each.
fn difference(from: &Schema, to: &Schema) -> Vec<String> {
    match diff(from, to, &Ownership::of(from)) {
        Ok(plan) => sql::render(&plan).steps.into_iter().map(|step| step.summary).collect(),
        Err(refusal) => vec![refusal.to_string()],
    }
}

fn rewritten(fixture: &Fixture, target: Target) -> String {
    let source = Source { text: &fixture.text, language: None, edition: None };
    let (upgraded, findings) = upgrade(source, target, &scope(fixture.dialect));
    upgraded.unwrap_or_else(|| panic!("{}: {findings:?}", fixture.path.display())).text
}

#[test]
fn every_fixture_is_written_anew() {
    let mut wrong = String::new();
    for fixture in fixtures() {
        let text = rewritten(&fixture, Target::Psl);
        let (old, new) = (
            tables(&fixture.text, None, fixture.dialect),
            tables(&text, Some(Language::Psl), fixture.dialect),
        );
        let mut lines = String::new();
        for line in difference(&old, &new) {
            writeln!(lines, "// difference: {line}").unwrap();
        }
        assert!(
            lines.is_empty() || fixture.dialect == Dialect::Sqlite,
            "{}:\n{text}\n{lines}",
            fixture.path.display()
        );
        let found = format!("{text}{lines}");
        if found == fixture.expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&fixture.path, format!("{}{MARK}{found}", fixture.text)).unwrap();
        } else {
            write!(wrong, "{}:\n{found}", fixture.path.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "UPDATE_EXPECT=1 rewrites these:\n{wrong}");
}

/// v1.1 has the same tables as v1, but for the one that only the server needed.
#[test]
fn v11_has_the_tables_of_v1() {
    let mut seen = 0;
    for fixture in fixtures() {
        if datamodel::recognise(&fixture.text) != Language::SdlV1 {
            continue;
        }
        seen += 1;
        let text = rewritten(&fixture, Target::SdlV11);
        let (old, new) = (tables(&fixture.text, None, fixture.dialect), tables(&text, None, fixture.dialect));
        let mut lines = difference(&old, &new);
        lines.retain(|line| !line.ends_with("_RelayId"));
        assert!(lines.is_empty(), "{}:\n{text}\n{lines:#?}", fixture.path.display());
    }
    assert!(seen > 2);
}

#[test]
fn no_comment_is_lost() {
    for fixture in fixtures() {
        let text = rewritten(&fixture, Target::Psl);
        for (_, comment) in fixture.text.lines().skip(1).filter_map(|line| line.split_once('#')) {
            assert!(text.contains(comment.trim()), "{}: {comment}\n{text}", fixture.path.display());
        }
    }
}

#[test]
fn what_is_new_already_stays() {
    let source = Source { text: "model A {\n  id Int @id\n}\n", language: None, edition: None };
    let (upgraded, _) = upgrade(source, Target::Psl, &scope(Dialect::PostgreSql));
    let upgraded = upgraded.unwrap();
    assert_eq!(upgraded.text, source.text);
    assert_eq!(upgraded.notes.len(), 1);
}
