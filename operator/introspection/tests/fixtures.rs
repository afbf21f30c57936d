//! What is written, one file a case: the database as a datamodel, the text before if there is one, and the text after.
//!
//! `UPDATE_EXPECT=1` rewrites the expectations.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

use datamodel::{Edition, Language, Provider, Source};
use introspection::{Form, write};
use schema::{Dialect, Schema, Scope, declared_provider, derive};

const DATABASE: &str = "// --- database\n";
const BEFORE: &str = "// --- before\n";
const AFTER: &str = "// --- after\n";
const REMARKS: &str = "// --- remarks\n";

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/psl");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The schema as it would be found: by name, and without what only a client knows.
fn found(text: &str) -> (Schema, Scope) {
    let parsed = datamodel::parse(Source { text, language: Some(Language::Psl), edition: None });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{:?}\n{text}", parsed.diagnostics));
    let dialect = Dialect::of(declared_provider(&datamodel).unwrap_or(Provider::PostgreSql));
    let scope = Scope { dialect, namespace: (dialect == Dialect::PostgreSql).then(|| "public".to_owned()) };
    let mut schema = derive(&datamodel, &scope);
    schema.tables.sort_by(|one, other| one.name.cmp(&other.name));
    schema.enums.sort_by(|one, other| one.name.cmp(&other.name));
    for table in &mut schema.tables {
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        table.columns.iter_mut().for_each(|column| column.client_default = false);
    }
    (schema, scope)
}

#[test]
fn texts_are_written_as_expected() {
    let mut wrong = Vec::new();
    for path in fixtures() {
        let whole = std::fs::read_to_string(&path).unwrap();
        let (head, _) = whole.split_once(AFTER).unwrap_or((&whole, ""));
        let (comment, rest) = head.split_once(DATABASE).unwrap();
        let (database, before) = match rest.split_once(BEFORE) {
            Some((database, before)) => (database, Some(before)),
            None => (rest, None),
        };
        let (schema, scope) = found(database);
        let written = write(&schema, Form::Psl(Edition::Six), &scope, before)
            .unwrap_or_else(|findings| panic!("{}: {findings:?}", path.display()));
        let remarks: Vec<String> = written.remarks.iter().map(|remark| format!("// {remark}\n")).collect();
        let remarks = remarks.concat();
        let mut expected = format!("{comment}{DATABASE}{database}");
        if let Some(before) = before {
            expected = format!("{expected}{BEFORE}{before}");
        }
        expected = format!("{expected}{AFTER}{}{REMARKS}{remarks}", written.text);
        if expected == whole {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, expected).unwrap();
        } else {
            wrong.push(format!("{}:\n{expected}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_changes_where_nothing_changed() {
    for path in fixtures() {
        let whole = std::fs::read_to_string(&path).unwrap();
        let after = whole.split_once(AFTER).unwrap().1.split_once(REMARKS).unwrap().0;
        let (head, _) = whole.split_once(AFTER).unwrap();
        let database = head.split_once(DATABASE).unwrap().1;
        let (schema, scope) = found(database.split_once(BEFORE).map_or(database, |(database, _)| database));
        let again = write(&schema, Form::Psl(Edition::Six), &scope, Some(after)).unwrap();
        assert_eq!(again.text, after, "{}", path.display());
        // Line breaks of another system stay, too.
        let other = after.replace('\n', "\r\n");
        let again = write(&schema, Form::Psl(Edition::Six), &scope, Some(&other)).unwrap();
        assert_eq!(again.text, other, "{}", path.display());
    }
}
