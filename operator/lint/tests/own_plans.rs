//! What the product itself would run on PostgreSQL, the linter finds harmless, or the finding is one that no statement could
//! avoid: the datamodel asks for it, and the plan says so with a hazard of its own.
//!
//! The plans are those of `sql/tests/plans`. Each step stands as it is run: in a transaction with its neighbours, in one of its
//! own, or outside of any; with the lock budget of a run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use datamodel::Language;
use lint::{Options, Role, Source, Wrapping, lint};
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};
use sql::{Mode, Script};

/// What is found all the same, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("L0005", "a sequence whose name only the server knows; the block is ours and does one thing"),
    ("L0101", "the datamodel asks for it, and the plan waits for an approval"),
    ("L0102", "the datamodel asks for it, and the plan waits for an approval"),
    (
        "L0202",
        "PostgreSQL has no other form for it; the plan shows lock, work and size, and the policy rules on it",
    ),
    ("L0210", "takes its lock for a moment, within the lock budget of the run, and is tried again"),
    ("L0216", "an enum that loses a value is one step: its columns cannot change type one by one"),
    ("L0217", "takes its lock for a moment, within the lock budget of the run, and is tried again"),
    ("L0304", "takes its lock for a moment, within the lock budget of the run, and is tried again"),
    ("L0306", "whether a foreign key has an index is the datamodel's to say, as in Prisma"),
    ("L0401", "a rename hint asks for it"),
    ("L0402", "a rename hint asks for it"),
    ("L0404", "a rename hint asks for it"),
    ("L0405", "the rows are counted first; on a table that has some the plan stops"),
    ("L0406", "the datamodel asks for it, and the plan's hazard says what it does to rows and programs"),
    ("L0407", "a rename hint asks for it"),
    ("L0409", "an enum that no column uses any more, or that another of the same name replaces"),
    ("L0410", "a key that the datamodel no longer has, and checks of ours that have served"),
    ("L0411", "the datamodel asks for it, and the plan's hazard says what it does to rows and programs"),
    ("L0412", "a rename hint asks for it"),
];

fn schema(text: &str) -> Schema {
    let several =
        if text.contains("@@schema(") { "  schemas = [\"new\", \"old\", \"public\"]\n" } else { "" };
    let text = format!("datasource db {{\n  provider = \"postgresql\"\n{several}}}\n{text}");
    let source = datamodel::Source { text: &text, language: Some(Language::Psl), edition: None };
    let datamodel = datamodel::parse(source).datamodel.unwrap();
    let mut schema = derive(&datamodel, &Scope { dialect: Dialect::PostgreSql, namespace: None });
    if !schema.namespaces.iter().any(|name| name == "public") {
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
        table.columns.iter_mut().for_each(|column| column.renamed_from = None);
    }
    schema
}

/// The transactions of a run, and what is run outside of one, each as a text.
fn texts(script: &Script) -> Vec<String> {
    let mut texts: Vec<(Mode, Vec<&str>)> = Vec::new();
    for step in &script.steps {
        let statements = step.statements.iter().map(String::as_str);
        match texts.last_mut() {
            Some((Mode::Grouped, last)) if step.mode == Mode::Grouped => last.extend(statements),
            _ => texts.push((step.mode, statements.collect())),
        }
    }
    let text = |(mode, statements): (Mode, Vec<&str>)| {
        let statements = statements.join(";\n");
        match mode {
            Mode::NoTransaction => format!("SET lock_timeout = 0;\n{statements};\n"),
            Mode::Grouped | Mode::Alone => {
                format!("BEGIN;\nSET LOCAL lock_timeout = '200ms';\n{statements};\nCOMMIT;\n")
            }
        }
    };
    texts.into_iter().map(text).collect()
}

#[test]
fn our_own_plans_are_found_harmless_or_for_a_reason_that_is_known() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/tests/plans");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut seen: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut plans = 0;
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let Some(text) = text.strip_prefix("provider: postgresql\n") else { continue };
        let (head, _) = text.split_once("--- expect\n").unwrap();
        let (current, desired) = head.split_once("--- desired\n").unwrap();
        let (current, desired) = (found(schema(current)), schema(desired));
        let Ok(plan) = diff(&current, &desired, &Ownership::of(&current)) else { continue };
        plans += 1;
        let mut nothing = Schema::empty(Dialect::PostgreSql);
        nothing.namespaces.push("public".to_owned());
        nothing.partial_indexes = current.partial_indexes;
        let made = sql::text(&sql::render(&diff(&nothing, &current, &Ownership::default()).unwrap()));
        let texts = texts(&sql::render(&plan));
        let mut sources = vec![Source { text: &made, role: Role::History }];
        sources.extend(texts.iter().map(|text| Source { text, role: Role::Checked }));
        let options = Options { wrapping: Wrapping::Statements, ..Options::default() };
        for finding in lint(&sources, &options) {
            let words = sources.get(finding.source).unwrap().text;
            let words = words.get(finding.span.start..finding.span.end).unwrap();
            seen.entry(finding.code.as_str())
                .or_default()
                .push(format!("{name}: {} {words}", finding.message));
        }
    }
    assert!(plans > 15, "fixtures are missing");
    let known: BTreeSet<&str> = EXCEPTIONS.iter().map(|(code, _)| *code).collect();
    let new: Vec<_> = seen.iter().filter(|(code, _)| !known.contains(*code)).collect();
    assert!(new.is_empty(), "found in plans of our own: {new:#?}");
    let unused: Vec<_> = known.iter().filter(|code| !seen.contains_key(*code)).collect();
    assert!(unused.is_empty(), "no plan needs these exceptions: {unused:?}");
}
