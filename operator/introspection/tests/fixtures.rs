//! What is written, one file a case: the database as a datamodel, the text before if there is one, and the text after.
//!
//! `UPDATE_EXPECT=1` rewrites the expectations.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};

use datamodel::{Edition, Language, Provider, Source};
use introspection::{Form, write};
use schema::{Dialect, Schema, Scope, declared_provider, derive};

/// A language's fixtures: their folder, how a comment begins, what is written.
struct Kind {
    folder: &'static str,
    comment: &'static str,
    form: Form,
}

const KINDS: [Kind; 2] = [
    Kind { folder: "psl", comment: "//", form: Form::Psl(Edition::Six) },
    Kind { folder: "sdl", comment: "#", form: Form::SdlV11 },
];

impl Kind {
    fn language(&self) -> Language {
        if self.form == Form::SdlV11 { Language::SdlV11 } else { Language::Psl }
    }

    fn mark(&self, name: &str) -> String {
        format!("{} --- {name}\n", self.comment)
    }

    fn fixtures(&self) -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(self.folder);
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(!paths.is_empty());
        paths
    }
}

/// The schema as it would be found: by name, and without what only a client knows.
fn found(text: &str, language: Language) -> (Schema, Scope) {
    let parsed = datamodel::parse(Source { text, language: Some(language), edition: None });
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
    for kind in KINDS {
        let (database_mark, before_mark) = (kind.mark("database"), kind.mark("before"));
        let (after_mark, remarks_mark) = (kind.mark("after"), kind.mark("remarks"));
        for path in kind.fixtures() {
            let whole = std::fs::read_to_string(&path).unwrap();
            let (head, _) = whole.split_once(&after_mark).unwrap_or((&whole, ""));
            let (comment, rest) = head.split_once(&database_mark).unwrap();
            let (database, before) = match rest.split_once(&before_mark) {
                Some((database, before)) => (database, Some(before)),
                None => (rest, None),
            };
            let (schema, scope) = found(database, kind.language());
            let written = write(&schema, kind.form, &scope, before)
                .unwrap_or_else(|findings| panic!("{}: {findings:?}", path.display()));
            let remarks: Vec<String> =
                written.remarks.iter().map(|remark| format!("{} {remark}\n", kind.comment)).collect();
            let remarks = remarks.concat();
            let mut expected = format!("{comment}{database_mark}{database}");
            if let Some(before) = before {
                expected = format!("{expected}{before_mark}{before}");
            }
            expected = format!("{expected}{after_mark}{}{remarks_mark}{remarks}", written.text);
            if expected == whole {
                continue;
            }
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                std::fs::write(&path, expected).unwrap();
            } else {
                wrong.push(format!("{}:\n{expected}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_changes_where_nothing_changed() {
    for kind in KINDS {
        for path in kind.fixtures() {
            let whole = std::fs::read_to_string(&path).unwrap();
            let (head, rest) = whole.split_once(&kind.mark("after")).unwrap();
            let after = rest.split_once(&kind.mark("remarks")).unwrap().0;
            let database = head.split_once(&kind.mark("database")).unwrap().1;
            let database =
                database.split_once(&kind.mark("before")).map_or(database, |(database, _)| database);
            let (schema, scope) = found(database, kind.language());
            let again = write(&schema, kind.form, &scope, Some(after)).unwrap();
            assert_eq!(again.text, after, "{}", path.display());
            // Line breaks of another system stay, too.
            let other = after.replace('\n', "\r\n");
            let again = write(&schema, kind.form, &scope, Some(&other)).unwrap();
            assert_eq!(again.text, other, "{}", path.display());
        }
    }
}

/// A database that is as a valid datamodel says gives that text, byte for byte, whoever wrote it.
#[test]
fn what_is_there_already_is_not_touched() {
    let datamodels = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datamodel/tests");
    for (kind, folder) in KINDS.iter().zip(["psl/valid", "sdl/valid"]) {
        let mut count = 0;
        for entry in std::fs::read_dir(datamodels.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let whole = std::fs::read_to_string(&path).unwrap();
            let text = whole.split(&kind.mark("expect")).next().unwrap();
            // Early editions have conventions of their own, and a rename is over once it is there.
            if text.starts_with("// edition: ") || text.contains("renamedFrom") || text.contains("oldName") {
                continue;
            }
            let (schema, scope) = found(text, kind.language());
            let again = write(&schema, kind.form, &scope, Some(text)).unwrap();
            assert_eq!(again.text, text, "{}", path.display());
            count += 1;
        }
        assert!(count > 2, "{folder}");
    }
}
