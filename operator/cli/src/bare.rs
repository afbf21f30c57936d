//! Datamodels that are given by themselves, without a manifest.

use std::path::{Path, PathBuf};

use api::{DatamodelSource, Provider, SchemaMigration, SchemaMigrationSpec};
use database::Target;
use datamodel::{Datamodel, Language, Source};
use pipeline::Failure;
use reason::Reason;
use schema::Dialect;

use crate::input::read_text;
use crate::{ReadOptions, Stop, UrlOptions, terminal};

/// A manifest that says no more than the datamodel: its name is that of the project, its provider that of the
/// datasource, or of the connection where a text of Prisma 1 has none.
pub(crate) fn manifest_of(path: &Path, text: String, options: &ReadOptions) -> Result<SchemaMigration, Stop> {
    let language = language_of(path, &text);
    let source = Source { text: &text, language: Some(language), edition: options.edition.chosen() };
    let parsed = datamodel::parse(source);
    let Some(datamodel) = parsed.datamodel else {
        let shown = path.display().to_string();
        return Err(Stop::new(
            Reason::DatamodelInvalid,
            terminal::diagnostics(&shown, &text, &parsed.diagnostics),
        ));
    };
    let provider = provider(path, &datamodel, options)?;
    let datamodel = DatamodelSource {
        language: Some(match language {
            Language::Psl => api::Language::Psl,
            Language::SdlV11 => api::Language::SdlV11,
            Language::SdlV1 => api::Language::SdlV1,
        }),
        inline: Some(text),
        ..DatamodelSource::default()
    };
    Ok(SchemaMigration::new(&name_of(path), SchemaMigrationSpec::new(api::Target::new(provider), datamodel)))
}

/// Recognised by the file's name and, where an older Prisma used the same one, by its text.
pub(crate) fn language_of(path: &Path, text: &str) -> Language {
    match path.extension().and_then(|end| end.to_str()) {
        Some("graphql" | "gql") => datamodel::recognise(text),
        _ => datamodel::recognise_prisma_file(text),
    }
}

fn provider(path: &Path, datamodel: &Datamodel, options: &ReadOptions) -> Result<Provider, Stop> {
    let dialect = match schema::declared_provider(datamodel) {
        Some(declared) => Dialect::of(declared),
        None => dialect_of_connection(path, options)?,
    };
    Ok(match dialect {
        Dialect::PostgreSql => Provider::Postgresql,
        Dialect::MySql => Provider::Mysql,
        Dialect::Sqlite => Provider::Sqlite,
    })
}

fn dialect_of_connection(path: &Path, options: &ReadOptions) -> Result<Dialect, Stop> {
    let url = options.target.url.url()?.or_else(|| UrlOptions::environment_url(None)).ok_or_else(|| {
        Stop::new(
            Reason::UrlInvalid,
            format!(
                "{} does not say where its database is: give --url or --url-file, or set DATABASE_URL.",
                path.display()
            ),
        )
    })?;
    Ok(Target::from_url(&url).map_err(Failure::from)?.dialect())
}

/// Names that every project has, and that would make two projects one owner of a database.
const OF_EVERYBODY: [&str; 6] = ["schema", "prisma", "datamodel", "models", "database", "db"];

/// The name of the file, or of the nearest folder around it whose name is its own, as far as an object may be called so.
fn name_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let own_name = |path: &Path| {
        let stem = path.file_stem()?.to_string_lossy().to_lowercase();
        let name = stem.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        Some(name.trim_matches('-').to_owned())
    };
    let mut names = whole.ancestors().filter_map(own_name);
    names
        .find(|name| !name.is_empty() && !OF_EVERYBODY.contains(&name.as_str()))
        .unwrap_or_else(|| "datamodel".to_owned())
}

/// The `.prisma` files in a folder and the folders in it, by name; none for anything else.
pub(crate) fn schema_files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut inside: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    inside.sort();
    let mut files = Vec::new();
    for entry in inside {
        if entry.extension().is_some_and(|end| end == "prisma") && entry.is_file() {
            files.push(entry);
        } else if entry.is_dir() && !entry.is_symlink() {
            files.extend(schema_files(&entry));
        }
    }
    files
}

/// The files of a folder as one text, each by its name in the folder.
pub(crate) fn joined(folder: &Path, files: &[PathBuf]) -> Result<String, Stop> {
    let mut texts = Vec::new();
    for file in files {
        let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
        texts.push((name, read_text(file)?));
    }
    Ok(datamodel::join(texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))))
}

/// Recognised by the file's name; everything else is a manifest.
pub(crate) fn is_datamodel(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "prisma" || end == "graphql" || end == "gql")
}
