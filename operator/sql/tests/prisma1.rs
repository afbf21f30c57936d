//! Prisma 1's layouts, statement by statement. `UPDATE_EXPECT=1` rewrites the expectations.
//!
//! A file of `prisma1/` has a line `# dialect` (`# postgresql`, `# sqlite`, `# mysql`), the SDL before (which may be empty),
//! `# --- desired`, the SDL after, and `# --- expect` with the script. The language is recognised from the text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;
use std::path::Path;

use datamodel::Source;
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, Sequence, derive};

const DESIRED: &str = "# --- desired\n";
const EXPECT: &str = "# --- expect\n";
const NAMESPACE: &str = "default$default";

fn schema(dialect: Dialect, text: &str) -> Schema {
    if text.trim().is_empty() {
        return Schema::empty(dialect);
    }
    let parsed = datamodel::parse(Source { text, language: None, edition: None });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{:?}", parsed.diagnostics));
    derive(&datamodel, &Scope { dialect, namespace: Some(NAMESPACE.to_owned()) })
}

/// As PostgreSQL would be found: no hints, and each sequence with its name.
fn found(mut schema: Schema) -> Schema {
    for table in &mut schema.tables {
        table.renamed_from = None;
        for column in &mut table.columns {
            column.renamed_from = None;
            if column.autoincrement && schema.dialect == Dialect::PostgreSql {
                let made = || format!("{}_{}_seq", table.name.name, column.name);
                let name = column.sequence.take().map_or_else(made, |sequence| sequence.name);
                column.sequence = Some(Sequence { name, start: None });
            }
        }
    }
    schema
}

fn shown(dialect: Dialect, current: &str, desired: &str) -> String {
    let (current, desired) = (found(schema(dialect, current)), schema(dialect, desired));
    let plan = match diff(&current, &desired, &Ownership::of(&current)) {
        Ok(plan) => plan,
        Err(refusal) => return format!("refused: {refusal}\n"),
    };
    let script = sql::render(&plan);
    let mut out = sql::text(&script);
    for hazard in script.steps.iter().flat_map(|step| &step.hazards) {
        writeln!(out, "\n! {} {}", hazard.hazard.code.as_str(), hazard.hazard.message).unwrap();
    }
    out
}

#[test]
fn every_layout_has_its_statements() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prisma1");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, expected) = text.split_once(EXPECT).unwrap_or((&text, ""));
        let (current, desired) = head.split_once(DESIRED).unwrap();
        let (dialect, current) = current.split_once('\n').unwrap();
        let dialect = match dialect {
            "# postgresql" => Dialect::PostgreSql,
            "# sqlite" => Dialect::Sqlite,
            "# mysql" => Dialect::MySql,
            other => panic!("{}: {other}", path.display()),
        };
        let actual = shown(dialect, current, desired);
        if actual == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, format!("{head}{EXPECT}{actual}")).unwrap();
        } else {
            write!(failures, "\n{}:\n{actual}", path.display()).unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
