//! Whatever the text is, there is an answer, and its places are in the text.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod support;

use lint::{Options, Role, Source, Style, Wrapping, lint, masked};
use proptest::prelude::*;
use support::{cases, fixtures};

fn answers(text: &str, wrapping: Wrapping) -> Result<(), TestCaseError> {
    let options = Options { style: Style::Checked, wrapping, ..Options::default() };
    for finding in lint(&[Source { text, role: Role::Checked }], &options) {
        let words = text.get(finding.span.start..finding.span.end);
        prop_assert!(words.is_some(), "{:?} in {text:?}", finding);
    }
    let shown = masked(text);
    prop_assert_eq!(shown.len(), text.len());
    let moved = text.match_indices('\n').zip(shown.match_indices('\n')).any(|(one, other)| one.0 != other.0);
    prop_assert!(!moved, "{text:?}");
    Ok(())
}

/// The SQL of all fixtures.
fn corpus() -> Vec<String> {
    let mut texts = Vec::new();
    for path in fixtures() {
        let text = std::fs::read_to_string(path).unwrap();
        texts.extend(cases(&text).into_iter().flat_map(|case| case.sources).filter(|text| text.len() < 4000));
    }
    texts
}

fn words() -> impl Strategy<Value = String> {
    let words: Vec<String> =
        corpus().iter().flat_map(|text| text.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    let word = prop_oneof![
        6 => prop::sample::select(words),
        1 => prop::sample::select(vec![";", "'", "\"", "$$", "(", ")", ",", "/*", "*/", "--", "\n", "é", "\u{0}", "BEGIN", "ATOMIC", "END", "CASE"])
            .prop_map(str::to_owned),
        1 => ".{0,5}",
    ];
    prop::collection::vec(word, 0..30).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn words_in_any_order_are_answered(text in words(), runs in 0..3) {
        let wrapping = [Wrapping::OneCall, Wrapping::Transaction, Wrapping::Statements];
        answers(&text, wrapping[usize::try_from(runs).unwrap()])?;
    }

    #[test]
    fn any_text_is_answered(text in ".{0,80}") {
        answers(&text, Wrapping::OneCall)?;
    }

    #[test]
    fn texts_that_break_off_are_answered(text in prop::sample::select(corpus()), at in any::<prop::sample::Index>()) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        prop_assume!(!places.is_empty());
        answers(&text[..*at.get(&places)], Wrapping::OneCall)?;
    }
}

#[test]
fn deep_and_long_texts_are_answered() {
    let deep = |open: &str, close: &str| format!("SELECT {}1{};", open.repeat(50_000), close.repeat(50_000));
    for text in [
        deep("(", ")"),
        deep("NOT ", ""),
        deep("1+", ""),
        deep("f(", ")"),
        deep("CASE WHEN ", " THEN 1 END"),
        deep("1 UNION SELECT ", ""),
        format!("INSERT INTO a VALUES {}(1);", "(-1, 'x'::text), ".repeat(50_000)),
        "SELECT 1;\n".repeat(20_000),
        "x ".repeat(50_000),
        "(".repeat(100_000),
        "/*".repeat(50_000),
        "$a$ $b$ ".repeat(50_000),
        format!("SELECT 1 {} 1;", "+-".repeat(50_000)),
    ] {
        answers(&text, Wrapping::OneCall).unwrap();
    }
}
