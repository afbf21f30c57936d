//! Our verdict, and our SQL from nothing, against Prisma's, case by case.
//!
//! A difference that is not in `differences.txt` fails, and so does an entry there that is none any more.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use datamodel::{Language, Parsed, Severity, Source};
use oracle::{Answer, Case, Provider, ask, cases, differences, layouts};
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};

fn text(case: &Case) -> String {
    datamodel::join(case.files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

fn parse(case: &Case) -> Parsed {
    datamodel::parse(Source { text: &text(case), language: Some(Language::Psl), edition: None })
}

/// File and line of each of our errors.
fn refused(case: &Case, parsed: &Parsed) -> BTreeSet<(String, usize)> {
    let text = text(case);
    let errors = parsed.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let places = errors.map(|found| {
        let place = datamodel::locate(&text, found.span.start);
        (place.file.unwrap_or("a.prisma").to_owned(), place.line)
    });
    places.collect()
}

fn our_sql(case: &Case, parsed: &Parsed) -> Option<String> {
    let datamodel = parsed.datamodel.as_ref()?;
    let dialect = match case.provider {
        Provider::PostgreSql => Dialect::PostgreSql,
        Provider::Sqlite => Dialect::Sqlite,
        Provider::MySql => return None,
    };
    let desired = derive(datamodel, &Scope { dialect, namespace: None });
    let nothing = Schema::empty(dialect);
    Some(match diff(&nothing, &desired, &Ownership::of(&nothing)) {
        Ok(plan) => sql::text(&sql::render(&plan)),
        Err(refusal) => format!("refused: {refusal};"),
    })
}

/// The statements without comments and without what is only a matter of taste, sorted: order is the planner's.
fn statements(script: &str) -> BTreeSet<String> {
    let bare: Vec<&str> = script.lines().filter(|line| !line.trim_start().starts_with("-- ")).collect();
    let bare = bare.join("\n");
    let mut all = BTreeSet::new();
    for statement in bare.split(";\n").map(|statement| statement.trim().trim_end_matches(';')) {
        let mut text = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        for (from, to) in [
            ("\"public\".", ""),
            (" WITH SCHEMA \"public\"", ""),
            (" (", "("),
            ("( ", "("),
            (" )", ")"),
            (", ", ","),
            (" ASC", ""),
        ] {
            text = text.replace(from, to);
        }
        // An operator class is quoted here and bare there.
        while let Some(end) = text.find("_ops\"") {
            text.remove(end + 4);
            if let Some(start) = text.get(..end).and_then(|before| before.rfind('"')) {
                text.remove(start);
            }
        }
        if !text.is_empty() && !text.starts_with("CREATE SCHEMA IF NOT EXISTS \"public\"") {
            all.insert(text);
        }
    }
    all
}

struct Verdict {
    label: String,
    difference: String,
}

fn judge(case: &Case, answer: &Answer) -> Option<Verdict> {
    let parsed = parse(case);
    let ours = parsed.datamodel.is_some();
    let theirs = answer.errors.is_empty();
    let mut difference = String::new();
    if ours != theirs {
        let words: Vec<&str> = answer.errors.iter().map(|found| found.text.as_str()).collect();
        let said: Vec<String> =
            parsed.diagnostics.iter().map(|found| format!("{} {}", found.code, found.message)).collect();
        writeln!(difference, "  accepted: we {ours}, Prisma {theirs}").unwrap();
        writeln!(difference, "  we say {said:?}\n  Prisma says {words:?}").unwrap();
    } else if !ours {
        let places = refused(case, &parsed);
        let meet = answer.errors.iter().any(|theirs| {
            places
                .iter()
                .any(|(file, line)| *file == theirs.file && (theirs.line..=theirs.end).contains(line))
        });
        if !meet {
            let theirs = &answer.errors;
            writeln!(difference, "  refused elsewhere: we {places:?}, Prisma {theirs:?}").unwrap();
        }
    } else if parsed.diagnostics.is_empty() != answer.warnings.is_empty() {
        let ours: Vec<&str> = parsed.diagnostics.iter().map(|found| found.message.as_str()).collect();
        let theirs: Vec<&str> = answer.warnings.iter().map(|found| found.text.as_str()).collect();
        writeln!(difference, "  warnings: we {ours:?}, Prisma {theirs:?}").unwrap();
    } else if let (Some(ours), Some(theirs)) = (our_sql(case, &parsed), &answer.sql) {
        let (ours, theirs) = (statements(&ours), statements(theirs));
        for only in ours.difference(&theirs) {
            writeln!(difference, "  we     {only}").unwrap();
        }
        for only in theirs.difference(&ours) {
            writeln!(difference, "  Prisma {only}").unwrap();
        }
    }
    (!difference.is_empty()).then(|| Verdict { label: case.label(), difference })
}

#[test]
fn verdicts_and_statements_are_prismas() {
    let cases = cases();
    let answers = ask(&cases);
    let accepted = answers.iter().filter(|answer| answer.errors.is_empty()).count();
    let scripts = answers.iter().filter(|answer| answer.sql.is_some()).count();
    let found: Vec<Verdict> =
        cases.iter().zip(&answers).filter_map(|(case, answer)| judge(case, answer)).collect();
    let intended = differences();
    let covers = |label: &str, verdict: &Verdict| {
        verdict.label == label || verdict.label.split_once(" [").is_some_and(|(name, _)| name == label)
    };
    let mut failures = String::new();
    let mut surprises = 0;
    for verdict in &found {
        if !intended.iter().any(|(label, _)| covers(label, verdict)) {
            surprises += 1;
            writeln!(failures, "{}\n{}", verdict.label, verdict.difference).unwrap();
        }
    }
    for (label, _) in &intended {
        if !found.iter().any(|verdict| covers(label, verdict)) {
            writeln!(failures, "{label}: listed as a difference, but there is none\n").unwrap();
        }
    }
    eprintln!(
        "{} cases, {accepted} accepted and {} refused by Prisma, {scripts} scripts compared; {} differ as intended, \
         {surprises} do not",
        cases.len(),
        cases.len() - accepted,
        found.len() - surprises,
    );
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn every_text_is_formatted_as_prisma_formats_it() {
    let cases = cases();
    let answers = ask(&cases);
    let intended = layouts();
    let (mut compared, mut failures) = (0, String::new());
    let mut met = BTreeSet::new();
    for (case, answer) in cases.iter().zip(&answers) {
        for ((file, text), theirs) in case.files.iter().zip(&answer.formatted) {
            let ours = datamodel::format(text, Language::Psl);
            let again = datamodel::format(&ours, Language::Psl);
            let label = format!("{} {file}", case.label());
            if again != ours {
                writeln!(failures, "{label}: formatted twice\n{again}\nonce\n{ours}").unwrap();
            }
            // A text that is refused is laid out as far as it can be read; Prisma completes some of them.
            let listed = intended.iter().any(|(name, _)| *name == case.name);
            if answer.errors.is_empty() && !listed {
                compared += 1;
                if ours != *theirs {
                    writeln!(failures, "{label}: ours\n{ours}\nPrisma's\n{theirs}").unwrap();
                }
            } else if ours != *theirs {
                met.insert(case.name.clone());
                if std::env::var_os("SHOW_REFUSED").is_some() {
                    eprintln!("@@ {label}: ours\n{ours}\n@@ Prisma's\n{theirs}");
                }
            }
        }
    }
    for (name, _) in intended.iter().filter(|(name, _)| !met.contains(name)) {
        writeln!(failures, "{name}: listed as a difference in layout, but there is none").unwrap();
    }
    eprintln!("{compared} formatted files compared byte for byte");
    assert!(failures.is_empty(), "\n{failures}");
}
