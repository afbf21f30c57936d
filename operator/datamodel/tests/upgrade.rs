//! Datamodel v1 to v1.1. Each fixture under `tests/upgrade` holds the old text, the new one and the notes;
//! `UPDATE_EXPECT=1` rewrites what follows the mark.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be read fails the test")]

use std::fmt::Write as _;
use std::path::Path;

use datamodel::{Language, Severity, Source, parse, upgrade_v1};

const MARK: &str = "# --- expect\n";

/// Every fixture's old text.
fn fixtures() -> Vec<(std::path::PathBuf, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let split = |path: std::path::PathBuf| {
        let whole = std::fs::read_to_string(&path).unwrap();
        let (text, expected) = whole.split_once(MARK).unwrap_or((&whole, ""));
        (path, text.to_owned(), expected.to_owned())
    };
    paths.into_iter().map(split).collect()
}

#[test]
fn v1_is_written_anew() {
    let mut wrong = String::new();
    for (path, text, expected) in fixtures() {
        let (upgraded, findings) = upgrade_v1(&text);
        let upgraded = upgraded.unwrap_or_else(|| panic!("{}: {findings:?}", path.display()));
        let mut found = format!("{}\n", upgraded.text);
        for note in &upgraded.notes {
            writeln!(found, "# {note}").unwrap();
        }
        if found == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, format!("{text}{MARK}{found}")).unwrap();
        } else {
            write!(wrong, "{}:\n{found}", path.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "UPDATE_EXPECT=1 rewrites these:\n{wrong}");
}

#[test]
fn what_is_written_is_valid_v11() {
    for (path, text, _) in fixtures() {
        let upgraded = upgrade_v1(&text).0.unwrap().text;
        assert_eq!(datamodel::recognise(&upgraded), Language::SdlV11, "{}", path.display());
        let parsed = parse(Source { text: &upgraded, language: None, edition: None });
        let errors = parsed.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
        assert_eq!(errors.count(), 0, "{}: {:?}\n{upgraded}", path.display(), parsed.diagnostics);
    }
}

#[test]
fn no_comment_and_no_description_is_lost() {
    for (path, text, _) in fixtures() {
        let upgraded = upgrade_v1(&text).0.unwrap().text;
        for line in text.lines().filter_map(|line| line.split_once('#')) {
            assert!(upgraded.contains(line.1.trim()), "{}: {}\n{upgraded}", path.display(), line.1);
        }
        assert_eq!(text.matches("\"\"\"").count(), upgraded.matches("\"\"\"").count(), "{}", path.display());
    }
}

#[test]
fn an_invalid_text_is_not_upgraded() {
    let (upgraded, findings) = upgrade_v1("type A {\n  id: ID!\n}\n");
    assert!(upgraded.is_none() && findings.len() == 1);
}
