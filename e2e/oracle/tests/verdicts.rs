//! Our verdict on each case of the corpus, without asking Prisma: needs neither Node nor the network.
//! `UPDATE_EXPECT=1` rewrites `verdicts.txt`; `make oracle` then says whether Prisma agrees.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;

use datamodel::{Language, Severity, Source};
use oracle::{cases, folder};

#[test]
fn every_case_has_its_verdict() {
    let mut found = String::new();
    for case in cases() {
        let text = datamodel::join(case.files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let parsed = datamodel::parse(Source { text: &text, language: Some(Language::Psl), edition: None });
        write!(found, "{}:", case.label()).unwrap();
        for diagnostic in &parsed.diagnostics {
            let place = datamodel::locate(&text, diagnostic.span.start);
            let sign = if diagnostic.severity == Severity::Warning { "~" } else { "" };
            write!(found, " {sign}{}@{}:{}", diagnostic.code, place.line, place.column).unwrap();
        }
        let errors = parsed.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert_eq!(parsed.datamodel.is_none(), errors, "{}", case.label());
        found.push_str(if errors { "\n" } else { " ok\n" });
    }
    let path = folder().join("verdicts.txt");
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if found == expected {
        return;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, found).unwrap();
        return;
    }
    let changed = found.lines().zip(expected.lines()).find(|(now, then)| now != then);
    assert_eq!(found.lines().count(), expected.lines().count(), "the corpus has other cases; {changed:?}");
    assert_eq!(changed, None, "UPDATE_EXPECT=1 rewrites the verdicts");
}
