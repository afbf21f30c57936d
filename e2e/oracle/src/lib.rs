//! Prisma's published engines, run in Node, and the corpus of datamodels that they judge.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod corpus;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use corpus::{Case, Provider, cases, differences, intended_changes, intended_texts, layouts};
use serde::{Deserialize, Serialize};

/// What Prisma says of one case.
#[derive(Debug, Clone, Deserialize)]
pub struct Answer {
    /// Why it is refused; empty when it is accepted.
    pub errors: Vec<Finding>,
    /// What it warns of.
    pub warnings: Vec<Finding>,
    /// Each file as Prisma formats it.
    pub formatted: Vec<String>,
    /// The script from nothing to the schema, where it was asked for.
    pub sql: Option<String>,
}

/// An error or a warning.
#[derive(Debug, Clone, Deserialize)]
pub struct Finding {
    /// Its file.
    pub file: String,
    /// Line in its file, from 1.
    pub line: usize,
    /// Line of its end.
    pub end: usize,
    /// Prisma's words.
    pub text: String,
}

#[derive(Serialize)]
struct Question<'a> {
    files: &'a [(String, String)],
    provider: &'a str,
    sql: bool,
}

/// The folder of this package.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Asks Prisma about all cases, one for one.
///
/// # Panics
/// When Node, npm or the engines cannot be run: without the judge there is no verdict.
pub fn ask(cases: &[Case]) -> Vec<Answer> {
    let questions: Vec<Question<'_>> = cases
        .iter()
        .map(|case| Question {
            files: &case.files,
            provider: case.provider.as_str(),
            sql: case.provider != Provider::MySql,
        })
        .collect();
    let answers: Vec<Answer> = run(&folder().join("oracle.mjs"), &questions);
    assert_eq!(answers.len(), cases.len());
    answers
}

/// Prisma's scripts for changes from the first text to the second: from nothing to the first, and from there on.
///
/// # Panics
/// When Node, npm or the engines cannot be run.
pub fn changes(pairs: &[(String, String)], provider: Provider) -> Vec<(String, String)> {
    #[derive(Serialize)]
    struct Question<'a> {
        from: &'a str,
        to: &'a str,
        provider: &'a str,
    }
    let provider = provider.as_str();
    let questions: Vec<Question<'_>> =
        pairs.iter().map(|(from, to)| Question { from, to, provider }).collect();
    let answers: Vec<(String, String)> = run(&folder().join("changes.mjs"), &questions);
    assert_eq!(answers.len(), pairs.len());
    answers
}

/// A database to introspect.
#[derive(Debug, Clone, Serialize)]
pub struct Inspected {
    /// Its kind, as a datasource names it.
    pub provider: &'static str,
    /// Connection url, or the path of a SQLite file.
    pub url: String,
    /// PostgreSQL schema.
    pub schema: String,
    /// The datamodel before.
    pub before: String,
}

/// The texts that Prisma's introspection writes, or why it fails.
///
/// # Panics
/// When Node, npm or the engines cannot be run.
pub fn introspect(databases: &[Inspected]) -> Vec<String> {
    let answers: Vec<String> = run(&folder().join("introspection.mjs"), &databases);
    assert_eq!(answers.len(), databases.len());
    answers
}

/// The answer of a program of Node's, in JSON, to a question on its standard input. It may import `engine.mjs`.
///
/// # Panics
/// When Node, npm or the engines cannot be run.
pub fn run<Q: Serialize, A: serde::de::DeserializeOwned>(program: &Path, questions: &Q) -> A {
    install();
    let mut node = Command::new("node")
        .arg(program)
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Node cannot be started: {error}"));
    node.stdin.take().unwrap().write_all(&serde_json::to_vec(questions).unwrap()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "the oracle ended with {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn install() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let there = |name: &str| Path::new(&folder().join("node_modules").join(name)).exists();
        if there("@prisma/schema-engine-wasm") && there("pg") && there("sql.js") {
            return;
        }
        let installed = Command::new("npm")
            .args(["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"])
            .current_dir(folder())
            .status()
            .unwrap_or_else(|error| panic!("npm cannot be started: {error}"));
        assert!(installed.success(), "npm install ended with {installed}");
    });
}
