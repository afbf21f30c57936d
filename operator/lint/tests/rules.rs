//! What is found in which SQL. `UPDATE_EXPECT=1` rewrites the expectations.
//!
//! A file of `rules/` has cases. `=== CODE bad: words [options]` begins one that has a finding of the code, `good` one that
//! has none. `--- next migration` divides its files, and `--- expect` stands before what is found: place, code, message,
//! and the SQL to write instead, each migration of it behind a `>`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lint::{Code, Finding, Harm, Options, Role, Source, lint};
use support::{Case, cases, fixtures};

fn shown(case: &Case, findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let text = &case.sources[finding.source];
        let (start, end) =
            (datamodel::position(text, finding.span.start), datamodel::position(text, finding.span.end));
        let file = if case.sources.len() > 1 { format!("{}:", finding.source + 1) } else { String::new() };
        let places = if start.line == end.line {
            format!("{file}{}:{}-{}", start.line, start.column, end.column)
        } else {
            format!("{file}{}:{}-{}:{}", start.line, start.column, end.line, end.column)
        };
        writeln!(out, "{places} {} {}", finding.code.as_str(), finding.message).unwrap();
        for part in &finding.rewrite {
            let mut mark = '>';
            for line in part.lines() {
                writeln!(out, "  {mark} {line}").unwrap();
                mark = ' ';
            }
        }
    }
    out
}

#[test]
fn what_is_found() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut failures = String::new();
    for path in fixtures() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut rewritten = String::new();
        for case in cases(&text) {
            let findings = case.lint();
            let found = findings.iter().any(|finding| finding.code == case.code);
            assert_eq!(found, case.bad, "{}: {}", path.display(), case.title);
            let shown = shown(&case, &findings);
            if shown != case.expected && !update {
                writeln!(failures, "=== {}\n{}\n--- found\n{shown}", case.title, case.expected).unwrap();
            }
            writeln!(rewritten, "=== {}\n{}--- expect\n{shown}", case.title, case.input).unwrap();
        }
        if update {
            std::fs::write(&path, rewritten.trim_end().to_owned() + "\n").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_code_has_a_bad_case_and_a_good_one() {
    let mut seen = BTreeSet::new();
    for path in fixtures() {
        let text = std::fs::read_to_string(&path).unwrap();
        seen.extend(cases(&text).iter().map(|case| (case.code, case.bad)));
    }
    for code in Code::ALL {
        assert!(seen.contains(&(*code, true)), "{} has no bad case", code.as_str());
        assert!(seen.contains(&(*code, false)), "{} has no good case", code.as_str());
    }
}

#[test]
fn codes_and_names_are_unique_and_grouped_by_harm() {
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.title()).collect();
    assert_eq!((codes.len(), names.len()), (Code::ALL.len(), Code::ALL.len()));
    for code in Code::ALL {
        let group = match code.harm() {
            Harm::File => "L00",
            Harm::Loss => "L01",
            Harm::BlocksAll => "L02",
            Harm::BlocksWrites => "L03",
            Harm::BreaksApplication => "L04",
            Harm::Fails => "L05",
            Harm::Style => "L06",
        };
        assert!(code.as_str().starts_with(group), "{}", code.as_str());
    }
}

/// The source without the statement that a finding is about.
fn without(text: &str, finding: &Finding) -> String {
    let mut rest = String::new();
    let mut end = 0;
    for statement in pg_query::split_with_scanner(text).unwrap() {
        let start = statement.as_ptr() as usize - text.as_ptr() as usize;
        rest.push_str(&text[end..start]);
        end = start + statement.len();
        if !(start..end).contains(&finding.span.start) {
            rest.push_str(statement);
        }
    }
    rest.push_str(&text[end..]);
    rest
}

/// What is printed as the better SQL is read by PostgreSQL, and nothing is found in it.
#[test]
fn rewrites_have_no_findings() {
    // These move a statement that may have findings of its own.
    let moved = [Code::NeedsNoTransaction, Code::EnumValueTooEarly, Code::DataWithStructure];
    let mut rewrites = 0;
    for path in fixtures() {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in cases(&text) {
            for finding in case.lint().iter().filter(|finding| !finding.rewrite.is_empty()) {
                rewrites += 1;
                let rest = without(&case.sources[finding.source], finding);
                let mut sources: Vec<Source<'_>> = case.sources[..finding.source]
                    .iter()
                    .map(|text| Source { text, role: Role::History })
                    .collect();
                sources.push(Source { text: &rest, role: Role::History });
                sources.extend(finding.rewrite.iter().map(|text| Source { text, role: Role::Checked }));
                // Whether a foreign key has an index is not changed by the way in which it is added.
                let exclude = BTreeSet::from([Code::UnindexedForeignKey]);
                let options = Options { exclude, only: BTreeSet::new(), ..case.options.clone() };
                let mut found = lint(&sources, &options);
                if moved.contains(&finding.code) {
                    found.retain(|other| other.code == finding.code || other.code == Code::SyntaxError);
                }
                assert!(found.is_empty(), "{}: {:?}\n{found:#?}", case.title, finding.rewrite);
            }
        }
    }
    assert!(rewrites > 40, "only {rewrites} rewrites");
}
