//! What the databases are made of.

use datamodel::{Language, Source};
use oracle::{Provider, cases};

/// How a database comes to be.
pub(crate) enum Origin {
    /// By our own script for this text.
    Datamodel(String),
    /// By these statements.
    Statements(String),
}

/// A database to make.
pub(crate) struct Database {
    pub(crate) label: String,
    pub(crate) provider: &'static str,
    pub(crate) origin: Origin,
    /// A text that a person had before, of another state of the database.
    pub(crate) before: Option<String>,
}

/// Every valid case of the corpus that stays in one schema, then those of `databases.cases`.
///
/// `=== name [provider]` begins one of the latter, its statements follow, and behind `--- before` the text of before.
pub(crate) fn databases() -> Vec<Database> {
    let mut all = Vec::new();
    for case in cases() {
        let ([(_, text)], true) = (case.files.as_slice(), case.provider != Provider::MySql) else { continue };
        let parsed = datamodel::parse(Source { text, language: Some(Language::Psl), edition: None });
        let Some(datamodel) = parsed.datamodel else { continue };
        let source = datamodel.datasource.as_ref();
        if datamodel.models.is_empty() || source.is_some_and(|source| !source.schemas.is_empty()) {
            continue;
        }
        all.push(Database {
            label: case.label(),
            provider: case.provider.as_str(),
            origin: Origin::Datamodel(text.clone()),
            before: None,
        });
    }
    let path = oracle::folder().join("databases.cases");
    let text = std::fs::read_to_string(path).unwrap();
    for case in text.split("=== ").skip(1) {
        let (title, body) = case.split_once('\n').unwrap();
        let (statements, before) = match body.split_once("--- before\n") {
            Some((statements, before)) => (statements, Some(before.trim_end().to_owned() + "\n")),
            None => (body, None),
        };
        let (_, providers) = title.trim_end_matches(']').split_once('[').unwrap();
        for provider in providers.split(' ') {
            let provider = if provider == "sqlite" { "sqlite" } else { "postgresql" };
            let name = title.split(" [").next().unwrap();
            all.push(Database {
                label: format!("databases/{name} [{provider}]"),
                provider,
                origin: Origin::Statements(statements.to_owned()),
                before: before.as_ref().map(|before| before.replace("$provider", provider)),
            });
        }
    }
    all
}
