//! The cases of `rules/`.

#![allow(dead_code, reason = "no test needs all of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use lint::{Code, Finding, Harm, Options, Role, Source, Style, Wrapping, lint};

const EXPECT: &str = "--- expect\n";
const NEXT: &str = "--- next migration\n";

/// Some SQL, and what is found in it.
pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) code: Code,
    pub(crate) bad: bool,
    pub(crate) options: Options,
    /// As it stands in the fixture.
    pub(crate) input: String,
    pub(crate) sources: Vec<String>,
    pub(crate) expected: String,
}

impl Case {
    pub(crate) fn lint(&self) -> Vec<Finding> {
        let sources: Vec<Source<'_>> =
            self.sources.iter().map(|text| Source { text, role: Role::Checked }).collect();
        lint(&sources, &self.options)
    }
}

pub(crate) fn fixtures() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 5, "fixtures are missing");
    paths
}

pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut found = Vec::new();
    for block in text.split("=== ").skip(1) {
        let (title, rest) = block.split_once('\n').unwrap();
        let (input, expected) = rest.split_once(EXPECT).unwrap_or((rest, ""));
        let code = Code::named(title.get(..5).unwrap()).unwrap_or_else(|| panic!("{title}: no such code"));
        let kind = title.get(6..).unwrap();
        // Deeper than anybody writes by hand.
        let deep = format!("SELECT {}1;\n", "1+".repeat(20_000));
        found.push(Case {
            title: title.to_owned(),
            code,
            bad: kind.starts_with("bad"),
            options: options(title, code),
            input: input.to_owned(),
            sources: input.split(NEXT).map(|source| source.replace("@deep\n", &deep)).collect(),
            expected: expected.trim_end_matches('\n').to_owned()
                + if expected.trim().is_empty() { "" } else { "\n" },
        });
    }
    found
}

/// The options in the brackets of a title. Two codes that would stand in each case are wanted only where they are its own.
fn options(title: &str, code: Code) -> Options {
    let mut options = Options {
        exclude: BTreeSet::from([Code::LockTimeout, Code::UnindexedForeignKey]),
        ..Options::default()
    };
    options.exclude.remove(&code);
    if code.harm() == Harm::Style {
        options.style = Style::Checked;
        options.only = BTreeSet::from([code]);
    }
    let words = title.split_once('[').map_or("", |(_, rest)| rest.trim_end_matches(']'));
    for (name, value) in words.split_whitespace().map(|word| word.split_once('=').unwrap()) {
        match (name, value) {
            ("server", version) => options.server = version.parse().unwrap(),
            ("runs", "statements") => options.wrapping = Wrapping::Statements,
            ("runs", "transaction") => options.wrapping = Wrapping::Transaction,
            _ => panic!("{title}: {name}={value}"),
        }
    }
    options
}
