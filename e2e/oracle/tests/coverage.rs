//! The corpus has a case for every native type and for every argument of an attribute, on each database.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use datamodel::{Language, Source};
use oracle::{Case, Provider, cases, folder};

/// The arguments of each attribute; a list of fields may hold those of its second list with each field.
const ARGUMENTS: [(&str, &[&str], &[&str]); 15] = [
    ("@id", &["map", "length", "sort", "clustered"], &[]),
    ("@@id", &["fields", "name", "map", "clustered"], &["length", "sort"]),
    ("@unique", &["map", "length", "sort", "clustered", "where"], &[]),
    ("@@unique", &["fields", "name", "map", "clustered", "where"], &["length", "sort"]),
    ("@@index", &["fields", "name", "map", "type", "clustered", "where"], &["length", "sort", "ops"]),
    ("@@fulltext", &["fields", "map"], &["length", "sort"]),
    ("@default", &["value", "map"], &[]),
    ("@map", &["name"], &[]),
    ("@@map", &["name"], &[]),
    ("@@schema", &["map"], &[]),
    ("@relation", &["name", "fields", "references", "onDelete", "onUpdate", "map"], &[]),
    ("@@shardKey", &["fields"], &[]),
    // Without arguments: one is refused.
    ("@updatedAt", &["map"], &[]),
    ("@ignore", &["map"], &[]),
    ("@@ignore", &["map"], &[]),
];

/// Every attribute of the text with its arguments in parentheses.
fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for line in text.lines() {
        for (at, _) in line.match_indices('@') {
            if line.get(..at).is_some_and(|before| before.ends_with('@')) {
                continue;
            }
            let rest = line.get(at..).unwrap();
            let end = rest
                .find(|sign: char| !sign.is_alphanumeric() && !"@._".contains(sign))
                .unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            let mut depth = 0_usize;
            let close = rest.char_indices().find(|(_, sign)| {
                match sign {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0
            });
            let arguments =
                if rest.starts_with('(') { close.and_then(|(end, _)| rest.get(1..end)) } else { None };
            found.push((name, arguments.unwrap_or_default()));
        }
    }
    found
}

fn accepted(case: &Case) -> bool {
    let text = datamodel::join(case.files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    datamodel::parse(Source { text: &text, language: Some(Language::Psl), edition: None }).datamodel.is_some()
}

#[test]
fn every_argument_has_a_case_on_every_database() {
    let cases = cases();
    let mut missing = String::new();
    for provider in Provider::ALL {
        let mut given = BTreeSet::new();
        for case in cases.iter().filter(|case| case.provider == provider) {
            for (attribute, arguments) in case.files.iter().flat_map(|(_, text)| attributes(text)) {
                for (at, _) in arguments.match_indices(':') {
                    let before = arguments.get(..at).unwrap().trim_end();
                    let start = before.rfind(|sign: char| !sign.is_alphanumeric()).map_or(0, |at| at + 1);
                    given.insert((attribute, before.get(start..).unwrap()));
                }
            }
        }
        for (attribute, arguments, of_fields) in ARGUMENTS {
            for argument in arguments.iter().chain(of_fields) {
                if !given.contains(&(attribute, *argument)) {
                    writeln!(missing, "{attribute}({argument}: …) on {}", provider.as_str()).unwrap();
                }
            }
        }
    }
    assert!(missing.is_empty(), "no case has\n{missing}");
}

/// A native type as the parser has it.
struct Native {
    name: String,
    scalars: Vec<String>,
    takes: String,
}

/// The parser's own lists, read from its source.
fn natives(list: &str) -> Vec<Native> {
    let source = folder().join("../../operator/datamodel/src/psl/native_types.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, rest) = source.split_once(&format!("const {list}: &[Known] = &[\n")).unwrap();
    let (lines, _) = rest.split_once("];").unwrap();
    let native = |line: &str| {
        let inner = line.trim().strip_prefix("Known(").and_then(|rest| rest.strip_suffix("),")).unwrap();
        let (name, rest) = inner.split_once(", &[").unwrap();
        let (scalars, takes) = rest.split_once("], ").unwrap();
        Native {
            name: name.trim_matches('"').to_owned(),
            scalars: scalars.split(", ").map(|scalar| scalar.replace("Text", "String")).collect(),
            takes: takes.to_owned(),
        }
    };
    lines.lines().map(native).collect()
}

#[test]
fn every_native_type_has_cases() {
    let cases = cases();
    let mut missing = String::new();
    for (provider, list) in [(Provider::PostgreSql, "POSTGRESQL"), (Provider::MySql, "MYSQL")] {
        // Scalar, type, arguments, whether it is accepted.
        let mut given = BTreeSet::new();
        for case in cases.iter().filter(|case| case.provider == provider) {
            let accepted = accepted(case);
            for line in case.files.iter().flat_map(|(_, text)| text.lines()) {
                let Some(scalar) = line.split_whitespace().nth(1) else { continue };
                for (name, arguments) in attributes(line) {
                    if let Some(native) = name.strip_prefix("@db.") {
                        given.insert((scalar, native, arguments, accepted));
                    }
                }
            }
        }
        let natives = natives(list);
        assert!(natives.len() > 20);
        for native in natives {
            let has = |accepted: bool, fits: &dyn Fn(&str, &str) -> bool| {
                given.iter().any(|(scalar, name, arguments, verdict)| {
                    *name == native.name && *verdict == accepted && fits(scalar, arguments)
                })
            };
            let mut need = |what: &str, found: bool| {
                if !found {
                    writeln!(missing, "{} {} {what}", provider.as_str(), native.name).unwrap();
                }
            };
            for scalar in &native.scalars {
                need(&format!("of {scalar}"), has(true, &|found, _| found == scalar));
            }
            let other = |found: &str, _: &str| native.scalars.iter().all(|scalar| scalar != found);
            need("of another scalar, refused", has(false, &other));
            let bare = |_: &str, arguments: &str| arguments.is_empty();
            let filled = |_: &str, arguments: &str| !arguments.is_empty();
            match native.takes.split_once('(') {
                None => need("with an argument, refused", has(false, &filled)),
                Some((takes, limits)) => {
                    let last = limits.trim_end_matches(')').replace('_', "");
                    let most: u64 =
                        last.split(", ").nth(1).unwrap().replace("u32::MAX", "4294967295").parse().unwrap();
                    let beyond = (most + 1).to_string();
                    let over = |_: &str, arguments: &str| arguments.split(", ").any(|given| given == beyond);
                    need("with an argument", has(true, &filled));
                    need("with one argument too many or too large, refused", has(false, &over));
                    match takes {
                        "One" => need("without an argument, refused", has(false, &bare)),
                        _ => need("without an argument", has(true, &bare)),
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "no case has\n{missing}");
}
