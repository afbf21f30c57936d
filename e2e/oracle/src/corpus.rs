//! The cases of `corpus/*.cases`, each for every database that it is about.
//!
//! `=== name [providers]` begins a case of whole blocks, `--- file: name` its next file; `~ name [providers] :: members`
//! is a model of these members, parted by ` ;; `, that has an id already. Without a datasource one is put before the
//! first file; `$provider` stands for its provider. Without providers a case is about all three. `{feature}` at the end of
//! a `~` name puts a generator with that preview feature before the model, and the enum `E` (X, Y stored as "y") behind it.

use std::fmt::Write as _;

/// A database of Prisma's that the corpus is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// PostgreSQL.
    PostgreSql,
    /// MySQL.
    MySql,
    /// SQLite.
    Sqlite,
}

impl Provider {
    /// All three.
    pub const ALL: [Self; 3] = [Self::PostgreSql, Self::MySql, Self::Sqlite];

    /// The name in a datasource.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }
}

/// A datamodel for one database.
#[derive(Debug, Clone)]
pub struct Case {
    /// `file/name`, without the database.
    pub name: String,
    /// The database.
    pub provider: Provider,
    /// Name and text of each file.
    pub files: Vec<(String, String)>,
}

impl Case {
    /// `file/name [provider]`, by which a difference is listed.
    pub fn label(&self) -> String {
        format!("{} [{}]", self.name, self.provider.as_str())
    }
}

/// All cases, in the order of the files.
///
/// # Panics
/// When the corpus cannot be read or a name stands twice.
pub fn cases() -> Vec<Case> {
    let mut paths: Vec<_> = std::fs::read_dir(crate::folder().join("corpus"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut cases: Vec<Case> = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "cases")) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let mut current: Option<(String, String)> = None;
        for line in text.split_inclusive('\n') {
            if let Some(rest) = line.strip_prefix("~ ") {
                flush(&stem, &mut current, &mut cases);
                let (title, members) = rest.trim_end_matches('\n').split_once(" :: ").unwrap();
                let (title, feature) = match title.split_once(" {") {
                    Some((title, feature)) => (title, feature.strip_suffix('}')),
                    None => (title, None),
                };
                let mut body = String::new();
                if let Some(feature) = feature {
                    writeln!(body, "generator client {{\n  provider        = \"x\"\n  previewFeatures = [\"{feature}\"]\n}}").unwrap();
                }
                body.push_str("model M {\n  id Int @id\n");
                for member in members.split(" ;; ") {
                    writeln!(body, "  {member}").unwrap();
                }
                body.push_str("}\n");
                if feature.is_some() {
                    body.push_str("enum E {\n  X\n  Y @map(\"y\")\n}\n");
                }
                current = Some((title.to_owned(), body));
            } else if let Some(title) = line.strip_prefix("=== ") {
                flush(&stem, &mut current, &mut cases);
                current = Some((title.trim_end().to_owned(), String::new()));
            } else if let Some((_, body)) = &mut current {
                body.push_str(line);
            }
        }
        flush(&stem, &mut current, &mut cases);
    }
    cases.extend(fixtures());
    let mut names: Vec<String> = cases.iter().map(Case::label).collect();
    names.sort();
    let twice = names.windows(2).find(|pair| pair.first() == pair.last());
    assert!(twice.is_none(), "a case stands twice: {twice:?}");
    cases
}

/// The parser's own fixtures, which name their provider themselves; those of early editions are left out.
fn fixtures() -> Vec<Case> {
    let folder = crate::folder().join("../../operator/datamodel/tests/psl");
    let mut cases = Vec::new();
    for kind in ["valid", "invalid"] {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder.join(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let whole = std::fs::read_to_string(&path).unwrap();
            let text = whole.split("// --- expect").next().unwrap();
            let provider = Provider::ALL
                .into_iter()
                .find(|provider| text.contains(&format!("\"{}\"", provider.as_str())));
            if text.starts_with("// edition: ") || !text.contains("datasource ") {
                continue;
            }
            cases.push(Case {
                name: format!("fixtures/{kind}/{}", path.file_stem().unwrap().to_string_lossy()),
                provider: provider.unwrap_or(Provider::PostgreSql),
                files: vec![("a.prisma".to_owned(), text.to_owned())],
            });
        }
    }
    cases
}

fn flush(stem: &str, current: &mut Option<(String, String)>, cases: &mut Vec<Case>) {
    let Some((title, body)) = current.take() else { return };
    let (name, providers) = match title.split_once(" [") {
        Some((name, list)) => (name, list.trim_end_matches(']').split(' ').collect()),
        None => (title.as_str(), Provider::ALL.map(Provider::as_str).to_vec()),
    };
    for provider in Provider::ALL.into_iter().filter(|provider| providers.contains(&provider.as_str())) {
        let mut text = body.replace("$provider", provider.as_str());
        if !text.contains("datasource ") {
            text = format!("datasource db {{\n  provider = \"{}\"\n}}\n{text}", provider.as_str());
        }
        let mut files = Vec::new();
        for (index, part) in text.split("--- file: ").enumerate() {
            let (file, part) = if index == 0 { ("a", part) } else { part.split_once('\n').unwrap() };
            files.push((format!("{file}.prisma"), part.to_owned()));
        }
        cases.push(Case { name: format!("{stem}/{name}"), provider, files });
    }
}

/// The differences that are intended: `label` and reason, from `differences.txt`.
///
/// # Panics
/// When the list cannot be read.
pub fn differences() -> Vec<(String, String)> {
    list("differences.txt")
}

/// The differences in layout that are intended: name of the case and reason, from `layouts.txt`.
///
/// # Panics
/// When the list cannot be read.
pub fn layouts() -> Vec<(String, String)> {
    list("layouts.txt")
}

/// The changes whose ends differ on purpose: name of the pair and reason, from `changes.txt`.
///
/// # Panics
/// When the list cannot be read.
pub fn intended_changes() -> Vec<(String, String)> {
    list("changes.txt")
}

/// The texts from databases that differ on purpose: name of the case and reason, from `introspection.txt`.
///
/// # Panics
/// When the list cannot be read.
pub fn intended_texts() -> Vec<(String, String)> {
    list("introspection.txt")
}

fn list(file: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(crate::folder().join(file)).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (label, reason) = line.split_once(" :: ").unwrap();
            (label.trim().to_owned(), reason.trim().to_owned())
        })
        .collect()
}
