//! What a change of a datamodel comes to, statement by statement. `UPDATE_EXPECT=1` rewrites the expectations.
//!
//! A file of `plans/` has a line `provider: …`, the datamodel before, `--- desired`, the datamodel after, and
//! `--- expect` with the script and its hazards.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;
use std::path::Path;

use datamodel::{Language, Source};
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};

const DESIRED: &str = "--- desired\n";
const EXPECT: &str = "--- expect\n";

fn schema(provider: &str, text: &str) -> Schema {
    let several =
        if text.contains("@@schema(") { "  schemas = [\"new\", \"old\", \"public\"]\n" } else { "" };
    let text = format!("datasource db {{\n  provider = \"{provider}\"\n{several}}}\n{text}");
    let parsed = datamodel::parse(Source { text: &text, language: Some(Language::Psl), edition: None });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{:?}", parsed.diagnostics));
    let dialect = match provider {
        "sqlite" => Dialect::Sqlite,
        "mysql" => Dialect::MySql,
        _ => Dialect::PostgreSql,
    };
    let mut schema = derive(&datamodel, &Scope { dialect, namespace: None });
    if dialect == Dialect::PostgreSql && !schema.namespaces.iter().any(|name| name == "public") {
        schema.namespaces.push("public".to_owned());
    }
    schema
}

/// As it would be found: hints are gone.
fn found(mut schema: Schema) -> Schema {
    for found in &mut schema.enums {
        found.renamed_from = None;
        found.renamed_values.clear();
    }
    for table in &mut schema.tables {
        table.renamed_from = None;
        for column in &mut table.columns {
            column.renamed_from = None;
            column.values = column.values.take().map(|mut values| {
                values.renamed.clear();
                values
            });
        }
    }
    schema
}

fn shown(provider: &str, current: &str, desired: &str) -> String {
    let (current, desired) = (found(schema(provider, current)), schema(provider, desired));
    let plan = match diff(&current, &desired, &Ownership::of(&current)) {
        Ok(plan) => plan,
        Err(refusal) => return format!("refused: {refusal}\n"),
    };
    let script = sql::render(&plan);
    let mut out = sql::text(&script);
    for step in &script.steps {
        for hazard in &step.hazards {
            let count = hazard.count.as_deref().unwrap_or("no count");
            writeln!(out, "\n! {} {}\n  {count}", hazard.hazard.code.as_str(), hazard.hazard.message)
                .unwrap();
            for example in &hazard.examples {
                writeln!(out, "  {example}").unwrap();
            }
        }
    }
    out
}

#[test]
fn every_change_has_its_statements() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, expected) = text.split_once(EXPECT).unwrap_or((&text, ""));
        let (current, desired) = head.split_once(DESIRED).unwrap();
        let (provider, current) = current.split_once('\n').unwrap();
        let provider = provider.strip_prefix("provider: ").unwrap();
        let actual = shown(provider, current, desired);
        if actual == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, format!("{head}{EXPECT}{actual}")).unwrap();
        } else {
            write!(failures, "\n{}:\n{actual}", path.display()).unwrap();
        }
    }
    assert!(failures.is_empty(), "run with UPDATE_EXPECT=1 if this is right{failures}");
}
