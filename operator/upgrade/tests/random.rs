//! Datamodels by chance: whatever Prisma 1 would have accepted is accepted, and has the same tables in every language.
//!
//! `CASES` says how many there are; a failure shows its text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod generate;

use datamodel::{Language, Source, parse};
use generate::{Random, text};
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};
use upgrade::{Target, upgrade};

fn scope(dialect: Dialect) -> Scope {
    Scope { dialect, namespace: Some("default$default".to_owned()) }
}

fn tables(text: &str, language: Language, dialect: Dialect) -> Schema {
    let parsed = parse(Source { text, language: Some(language), edition: None });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{text}\n{:#?}", parsed.diagnostics));
    derive(&datamodel, &scope(dialect))
}

fn differences(from: &Schema, to: &Schema) -> Vec<String> {
    let plan = diff(from, to, &Ownership::of(from)).unwrap();
    let steps = sql::render(&plan).steps.into_iter().map(|step| step.summary);
    steps.filter(|step| !step.ends_with("_RelayId")).collect()
}

#[test]
fn every_language_has_the_same_tables() {
    let cases: u64 = std::env::var("CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    for case in 0..cases {
        let language = if case.is_multiple_of(2) { Language::SdlV1 } else { Language::SdlV11 };
        let old = text(&mut Random(case), language);
        assert_eq!(datamodel::recognise(&old), language, "{old}");
        let dialect = if case % 4 < 2 { Dialect::PostgreSql } else { Dialect::MySql };
        let before = tables(&old, language, dialect);
        let mut steps = vec![(Target::Psl, Language::Psl)];
        if language == Language::SdlV1 {
            steps.push((Target::SdlV11, Language::SdlV11));
        }
        for (target, new) in steps {
            let source = Source { text: &old, language: Some(language), edition: None };
            let text = upgrade(source, target, &scope(dialect)).0.unwrap().text;
            let found = differences(&before, &tables(&text, new, dialect));
            assert!(found.is_empty(), "case {case}\n{old}\n{text}\n{found:#?}");
            for comment in old.lines().filter_map(|line| line.split_once('#')) {
                assert!(text.contains(comment.1.trim()), "case {case}: {}\n{text}", comment.1);
            }
        }
    }
}
