//! What squawk 2.70 finds in the same SQL, we find, or the difference has a reason.
//!
//! `squawk.txt` holds its verdicts on every case of `rules/`. `SQUAWK=path/to/squawk UPDATE_EXPECT=1` records them again
//! (`pip install squawk-cli==2.70.0` brings the program).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use lint::{Code, Style, Wrapping};
use support::{Case, cases, fixtures};

/// The codes that say what a rule of squawk says.
fn same(rule: &str) -> &'static [&'static str] {
    match rule {
        "adding-field-with-default" => &["L0201"],
        "adding-foreign-key-constraint" => &["L0302", "L0304"],
        "adding-not-nullable-field" => &["L0203"],
        "adding-required-field" => &["L0405"],
        "adding-serial-primary-key-field" => &["L0206"],
        "ban-alter-domain-with-add-constraint" => &["L0208"],
        "ban-char-field" => &["L0602"],
        "ban-concurrent-index-creation-in-transaction" => &["L0501"],
        "ban-create-domain-with-constraint" => &["L0613"],
        "ban-drop-column" => &["L0102"],
        "ban-drop-database" => &["L0103"],
        "ban-drop-not-null" => &["L0406"],
        "ban-drop-table" => &["L0101"],
        "ban-duplicate-column-assignments" => &["L0506"],
        "ban-truncate-cascade" => &["L0106"],
        "ban-uncommitted-transaction" => &["L0505"],
        "changing-column-type" => &["L0202"],
        "constraint-missing-not-valid" => {
            &["L0203", "L0204", "L0205", "L0206", "L0207", "L0209", "L0302", "L0304"]
        }
        "disallowed-unique-constraint" => &["L0205"],
        "identifier-too-long" => &["L0503"],
        "prefer-bigint-over-int" => &["L0605"],
        "prefer-bigint-over-smallint" => &["L0606"],
        "prefer-identity" => &["L0607"],
        "prefer-robust-stmts" => &["L0608"],
        "prefer-text-field" => &["L0601"],
        "prefer-timestamp-tz" => &["L0603"],
        "renaming-column" => &["L0401"],
        "renaming-table" => &["L0402"],
        "renaming-object" => &["L0402", "L0403", "L0404", "L0412"],
        "ban-drop-constraint" => &["L0410", "L0217"],
        "ban-drop-default" => &["L0411"],
        "ban-drop-domain" | "ban-drop-extension" | "ban-drop-function" | "ban-drop-sequence"
        | "ban-drop-type" | "ban-drop-view" => &["L0409"],
        "ban-drop-schema" => &["L0104"],
        "ban-set-schema" => &["L0407"],
        "require-concurrent-index-creation" => &["L0301"],
        "require-concurrent-index-deletion" => &["L0210"],
        "require-concurrent-partition-detach" => &["L0215"],
        "require-concurrent-reindex" => &["L0213"],
        "require-enum-value-ordering" => &["L0610"],
        "require-lock-timeout" => &["L0305"],
        "require-statement-timeout" => &["L0611"],
        "require-table-schema" => &["L0609"],
        "syntax-error" => &["L0001", "L0002"],
        "transaction-nesting" => &["L0504"],
        other => panic!("{other} is not among the rules that squawk 2.70 applies unasked"),
    }
}

/// Where we differ for a whole rule, and why.
fn agreed(rule: &str, case: &Case, source: usize) -> Option<&'static str> {
    let text = case.sources[source].to_lowercase();
    let concurrently = text.contains("concurrently");
    match rule {
        // A statement that no transaction is around leaves an invalid index, which IF NOT EXISTS would take for a good one.
        "prefer-robust-stmts" if concurrently => Some("IF NOT EXISTS hides an invalid index (L0509)"),
        "prefer-robust-stmts" if case.options.wrapping != Wrapping::Statements => {
            Some("one call and one transaction are all or nothing")
        }
        "prefer-robust-stmts" => Some("one statement alone is all or nothing"),
        "require-lock-timeout" if concurrently => Some("lock_timeout makes concurrent builds fail (L0510)"),
        "require-lock-timeout" | "require-statement-timeout" => {
            Some("the table is new, or no table is locked")
        }
        _ => None,
    }
}

const YOUNG: &str = "nobody uses yet what the same file made";
const FREE: &str = "measured: nothing is written anew";
const PROVED: &str = "a check of an earlier file proves it";
const IGNORED: &str = "a comment says why";

/// Where we differ in a case, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("renaming-column", "L0401 good: the table is of the same file", YOUNG),
    ("renaming-object", "L0402 good", "no program names an index"),
    ("renaming-object", "L0404 good: the type is of the same transaction", YOUNG),
    ("renaming-object", "L0412 good: the file made it", YOUNG),
    ("ban-drop-not-null", "L0406 good: the table is of the same file", YOUNG),
    ("ban-drop-type", "L0409 good: the file made it, or gave it the name", YOUNG),
    ("ban-drop-view", "L0409 good: the file made it, or gave it the name", YOUNG),
    ("ban-drop-table", "L0101 good: the table is of the same file", YOUNG),
    ("ban-drop-column", "L0102 good: the table is of the same file", YOUNG),
    ("ban-drop-constraint", "L0410 good: the column says it by now", "NOT NULL says the same"),
    ("ban-drop-constraint", "L0203 good: a valid check proves it", "NOT NULL says the same"),
    ("adding-not-nullable-field", "L0203 good: a valid check proves it", PROVED),
    ("ban-drop-column", "L0003 good: on the line before", IGNORED),
    ("ban-drop-table", "L0003 good", IGNORED),
    ("adding-field-with-default", "L0201 good: values that are one for all rows", FREE),
    ("adding-field-with-default", "L0201 good: a function that is stable", FREE),
    ("adding-field-with-default", "L0201 good: virtual", FREE),
    ("adding-field-with-default", "L0507 bad: more of the kind", FREE),
    ("changing-column-type", "L0202 good: changes of the catalog alone", FREE),
    ("constraint-missing-not-valid", "L0507", "what is NOT ENFORCED is not checked"),
    ("ban-alter-domain-with-add-constraint", "L0208 good", "NOT VALID reads no table"),
    ("require-concurrent-index-creation", "L0301 good: only the parent's own", "ON ONLY builds nothing"),
];

fn recorded() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/squawk.txt")
}

/// The rules that squawk applies to one file.
fn ask(squawk: &str, case: &Case, source: usize) -> BTreeSet<String> {
    let file = std::env::temp_dir().join(format!("schemalift-squawk-{}.sql", std::process::id()));
    std::fs::write(&file, &case.sources[source]).unwrap();
    let mut command = Command::new(squawk);
    command.args(["--reporter", "json", "--include", "require-table-schema"]);
    command.arg(format!("--pg-version={}.0", case.options.server));
    let statements = pg_query::split_with_scanner(&case.sources[source]).map_or(0, |found| found.len());
    if case.options.wrapping == Wrapping::Transaction
        || case.options.wrapping == Wrapping::OneCall
            && statements > 1
            && !case.sources[source].contains("BEGIN;")
            && !case.sources[source].contains("START TRANSACTION")
    {
        command.arg("--assume-in-transaction");
    }
    let output = command.arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{}: {error}: {}", case.title, String::from_utf8_lossy(&output.stderr))
    });
    said.as_array().unwrap().iter().map(|row| row["rule_name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_squawk_finds_is_found() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let squawk = std::env::var("SQUAWK").ok().filter(|_| update);
    let verdicts = std::fs::read_to_string(recorded()).unwrap_or_default();
    let mut known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for line in verdicts.lines() {
        let (place, rules) = line.rsplit_once(" |").unwrap();
        known.insert(place, rules.split_whitespace().map(str::to_owned).collect());
    }
    let mut written = String::new();
    let mut missed = String::new();
    let mut compared = 0;
    for path in fixtures() {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in cases(&text) {
            let mut all = support::Case { expected: String::new(), ..case };
            all.options.only.clear();
            all.options.exclude.clear();
            all.options.style = Style::Checked;
            let findings = all.lint();
            for source in 0..all.sources.len() {
                let place = format!("{} : file {}", all.title, source + 1);
                let rules = match &squawk {
                    Some(squawk) => ask(squawk, &all, source),
                    None => {
                        known.get(place.as_str()).cloned().unwrap_or_else(|| panic!("{place}: not recorded"))
                    }
                };
                let words: Vec<&str> = rules.iter().map(String::as_str).collect();
                writeln!(written, "{place} | {}", words.join(" ")).unwrap();
                for rule in rules.iter().filter(|rule| *rule != "unused-ignore") {
                    compared += 1;
                    let codes = same(rule);
                    assert!(codes.iter().all(|code| Code::named(code).is_some()));
                    let found = findings
                        .iter()
                        .any(|finding| finding.source == source && codes.contains(&finding.code.as_str()));
                    let listed =
                        DIFFERENCES.iter().any(|(of, title, _)| of == rule && all.title.starts_with(title));
                    if !found && !listed && agreed(rule, &all, source).is_none() {
                        writeln!(missed, "{place}: {rule}\n{}", all.sources[source]).unwrap();
                    }
                    assert!(!(found && listed), "{place}: {rule} is found, and listed as a difference");
                }
            }
        }
    }
    if squawk.is_some() {
        std::fs::write(recorded(), written).unwrap();
    }
    assert!(missed.is_empty(), "{missed}");
    assert!(compared > 100, "only {compared} verdicts");
}
