//! Every code of the closed lists is given by some fixture, and every finding says what to do.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use datamodel::{Language, Source};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The codes in a text: `D` and four digits.
fn codes(text: &str) -> BTreeSet<String> {
    text.match_indices('D')
        .filter_map(|(at, _)| text.get(at..at + 5))
        .filter(|code| code.chars().skip(1).all(|digit| digit.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// Texts beyond the limits, which nobody wants to read as a fixture.
fn large() -> BTreeMap<&'static str, (String, Language)> {
    BTreeMap::from([
        ("D0001", (" ".repeat(datamodel::MAX_BYTES + 1), Language::Psl)),
        ("D0100", ("@ ".repeat(1_600_000), Language::Psl)),
        ("D0402", ("{ ".repeat(1_600_000), Language::SdlV11)),
    ])
}

#[test]
fn every_code_has_a_fixture() {
    let mut declared = BTreeSet::new();
    for source in ["src/lib.rs", "src/psl/codes.rs", "src/sdl/codes.rs"] {
        declared.append(&mut codes(&std::fs::read_to_string(here(source)).unwrap()));
    }
    let mut paths = vec![here("../../e2e/oracle/verdicts.txt")];
    files(&here("tests/psl"), &mut paths);
    files(&here("tests/sdl"), &mut paths);
    let mut given = BTreeSet::new();
    for path in paths {
        given.append(&mut codes(&std::fs::read_to_string(path).unwrap()));
    }
    for (code, (text, language)) in large() {
        let parsed = datamodel::parse(Source { text: &text, language: Some(language), edition: None });
        assert!(parsed.diagnostics.iter().all(|found| !found.help.is_empty()), "{code}");
        if parsed.diagnostics.iter().any(|found| found.code == code) {
            given.insert(code.to_owned());
        }
    }
    let missing: Vec<&String> = declared.difference(&given).collect();
    assert!(missing.is_empty(), "no fixture gives {missing:?}");
    let unknown: Vec<&String> = given.difference(&declared).collect();
    assert!(unknown.is_empty(), "no list has {unknown:?}");
}
