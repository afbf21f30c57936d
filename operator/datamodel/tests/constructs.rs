//! The tables of constructs in the docs, held by texts: every row has cases, and they say what the row says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use datamodel::{Edition, Language, Severity, Source, parse};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What becomes of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Accepted,
    Warned(String),
    Refused(String),
}

#[derive(Debug)]
struct Case {
    verdict: Verdict,
    /// Provider and edition, or the language.
    about: Vec<String>,
    text: String,
}

/// The cases of each row, in the order of the file.
fn cases(file: &str) -> Vec<(String, Vec<Case>)> {
    let mut rows: Vec<(String, Vec<Case>)> = Vec::new();
    for line in read(file).lines().skip_while(|line| !line.starts_with("=== ")) {
        if let Some(row) = line.strip_prefix("=== ") {
            rows.push((row.to_owned(), Vec::new()));
            continue;
        }
        let cases = &mut rows.last_mut().unwrap().1;
        let (head, members) = line.split_once(" :: ").map_or((line, None), |(head, rest)| (head, Some(rest)));
        let mut words = head.split(' ');
        let sign = words.next().unwrap();
        let verdict = match sign {
            "+" => Verdict::Accepted,
            "~" => Verdict::Warned(words.next().unwrap().to_owned()),
            "-" => Verdict::Refused(words.next().unwrap().to_owned()),
            _ => {
                writeln!(cases.last_mut().unwrap().text, "{line}").unwrap();
                continue;
            }
        };
        let members = members
            .map(|members| format!("model M {{\n  id Int @id\n  {}\n}}\n", members.replace(" ;; ", "\n  ")));
        cases.push(Case {
            verdict,
            about: words.map(str::to_owned).collect(),
            text: members.unwrap_or_default(),
        });
    }
    rows
}

/// What the parser says: the codes of errors, or of warnings where it has none.
fn judge(source: Source<'_>) -> Result<BTreeSet<&'static str>, BTreeSet<&'static str>> {
    let parsed = parse(source);
    let of = |severity| {
        let found = parsed.diagnostics.iter().filter(move |found| found.severity == severity);
        found.map(|found| found.code).collect()
    };
    if parsed.datamodel.is_some() { Ok(of(Severity::Warning)) } else { Err(of(Severity::Error)) }
}

fn fits(verdict: &Verdict, found: &Result<BTreeSet<&'static str>, BTreeSet<&'static str>>) -> bool {
    match (verdict, found) {
        (Verdict::Accepted, Ok(warnings)) => warnings.is_empty(),
        (Verdict::Warned(code), Ok(codes)) | (Verdict::Refused(code), Err(codes)) => {
            codes.iter().eq([code.as_str()].iter())
        }
        _ => false,
    }
}

/// Cells of the rows of the table that begins with this header.
fn table(page: &str, header: &str) -> Vec<Vec<String>> {
    let page = read(page);
    let lines = page.lines().skip_while(|line| *line != header).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// Rows of the page against rows of the cases, in the same order.
fn same_rows(rows: &[Vec<String>], cases: &[(String, Vec<Case>)]) {
    let named: Vec<&str> = rows.iter().filter_map(|row| row.first()).map(String::as_str).collect();
    let shown: Vec<&str> = cases.iter().map(|(row, _)| row.as_str()).collect();
    assert!(!named.is_empty());
    assert_eq!(named, shown, "the table and the cases have other rows");
}

#[test]
fn psl_is_as_its_table_says() {
    let rows = table("../../docs/psl.md", "| construct | |");
    let cases = cases("tests/constructs/psl.cases");
    let mut wrong = String::new();
    for (row, cases) in &cases {
        for case in cases {
            let [provider, rest @ ..] = case.about.as_slice() else { panic!("{row}: no provider") };
            let edition = rest.first().map(|name| Edition::named(name).unwrap());
            let text = if case.text.contains("datasource ") {
                case.text.clone()
            } else {
                format!("datasource db {{\n  provider = \"{provider}\"\n}}\n{}", case.text)
            };
            let found = judge(Source { text: &text, language: Some(Language::Psl), edition });
            if !fits(&case.verdict, &found) {
                writeln!(
                    wrong,
                    "{row} on {provider}: {:?} expected, {found:?} found in\n{text}",
                    case.verdict
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    same_rows(&rows, &cases);
    for (cells, (row, cases)) in rows.iter().zip(&cases) {
        let said = cells.get(1).unwrap();
        let refused = cases.iter().any(|case| matches!(case.verdict, Verdict::Refused(_)));
        let accepted = cases.iter().any(|case| !matches!(case.verdict, Verdict::Refused(_)));
        assert_eq!(said.contains("refused"), refused, "{row}: {said}");
        assert_eq!(!said.starts_with("refused"), accepted, "{row}: {said}");
    }
}

/// The words that the parser itself lists when one is misspelt beyond recognition.
fn listed(text: &str) -> BTreeSet<String> {
    let parsed = parse(Source { text, language: Some(Language::Psl), edition: None });
    let known = parsed.diagnostics.iter().find_map(|found| found.help.strip_prefix("Known are "));
    let names = known.unwrap_or_else(|| panic!("{text}: {:?}", parsed.diagnostics));
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_attribute_of_the_parser_has_a_row() {
    let rows = table("../../docs/psl.md", "| construct | |");
    let named: String =
        rows.iter().filter_map(|row| row.first()).fold(String::new(), |all, row| all + row + "\n");
    let mut words = BTreeSet::new();
    for text in [
        "model A {\n  id Int @id @zzzzzzzz\n}",
        "model A {\n  id Int @id\n  @@zzzzzzzz\n}",
        "model A {\n  id Int @id\n  as A[] @zzzzzzzz\n}",
        "enum A {\n  X\n  @@zzzzzzzz\n}",
        "enum A {\n  X @zzzzzzzz\n}",
        "model A {\n  id Int @id @default(zzzzzzzz())\n}",
        "model A {\n  id Int @id\n  @@index([id], type: Zzzzzzzz)\n}",
    ] {
        words.append(&mut listed(text));
    }
    assert!(words.len() > 20, "{words:?}");
    let cases: String = cases("tests/constructs/psl.cases")
        .iter()
        .flat_map(|(_, cases)| cases)
        .map(|case| case.text.as_str())
        .collect();
    for word in words {
        let word =
            word.trim_end_matches(')').split_once('(').map_or(word.as_str(), |(name, _)| name).to_owned();
        let shown =
            named.contains(&word) || named.contains("`type:`") && cases.contains(&format!("type: {word}"));
        assert!(shown, "no row names `{word}`");
    }
}

#[test]
fn sdl_is_as_its_table_says() {
    let rows = table("../../docs/prisma1.md", "| construct | v1 | v1.1 | in the database |");
    let cases = cases("tests/constructs/sdl.cases");
    let mut wrong = String::new();
    for (row, cases) in &cases {
        for case in cases {
            let [name] = case.about.as_slice() else { panic!("{row}: no language") };
            let language = if name == "sdl-v1" { Language::SdlV1 } else { Language::SdlV11 };
            let found = judge(Source { text: &case.text, language: Some(language), edition: None });
            if !fits(&case.verdict, &found) {
                writeln!(
                    wrong,
                    "{row} in {name}: {:?} expected, {found:?} found in\n{}",
                    case.verdict, case.text
                )
                .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    same_rows(&rows, &cases);
    let columns = BTreeMap::from([(1, "sdl-v1"), (2, "sdl-v1.1")]);
    for (cells, (row, cases)) in rows.iter().zip(&cases) {
        for (column, language) in &columns {
            let said = cells.get(*column).unwrap();
            let of = |wanted: fn(&Verdict) -> bool| {
                cases.iter().any(|case| case.about == [*language] && wanted(&case.verdict))
            };
            let place = format!("{row} in {language}: {said}");
            assert_eq!(
                said.contains("refused"),
                of(|verdict| matches!(verdict, Verdict::Refused(_))),
                "{place}"
            );
            assert_eq!(
                said.contains("warning"),
                of(|verdict| matches!(verdict, Verdict::Warned(_))),
                "{place}"
            );
            let plain = !said.starts_with("refused") && !said.starts_with("ignored with a warning");
            assert_eq!(plain, of(|verdict| *verdict == Verdict::Accepted), "{place}");
        }
    }
}
