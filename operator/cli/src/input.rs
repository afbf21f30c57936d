//! Files that a command is given, and what is in them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use api::SchemaMigration;
use api::manifest::{ConfigMap, Document, Secret, parse};
use reason::Reason;

use crate::bare::{is_datamodel, joined, manifest_of, schema_files};
use crate::{ReadOptions, Stop};

/// Most objects of others that a message names.
const MOST_NAMED: usize = 5;

/// Everything that the files hold.
#[derive(Debug, Default)]
pub(crate) struct Manifests {
    pub(crate) migrations: Vec<(PathBuf, SchemaMigration)>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) config_maps: Vec<ConfigMap>,
    /// What is nothing of ours, in words.
    others: Vec<String>,
}

impl Manifests {
    /// What the files of a command hold. A datamodel by itself, a file or a folder of them, counts as a `SchemaMigration`
    /// that says nothing else.
    pub(crate) fn given(options: &ReadOptions) -> Result<Self, Stop> {
        let mut all = Self::default();
        let mut manifests = Vec::new();
        for path in &options.filename {
            let files = schema_files(path);
            let text = if is_datamodel(path) {
                read_text(path)?
            } else if !files.is_empty() && expand(std::slice::from_ref(path))?.is_empty() {
                joined(path, &files)?
            } else {
                manifests.push(path.clone());
                continue;
            };
            let path = if let [only] = files.as_slice() { only } else { path };
            all.migrations.push((path.clone(), manifest_of(path, text, options)?));
        }
        all.add_files(&manifests)?;
        Ok(all)
    }

    /// Reads every manifest (`-` is standard input), a folder's YAML files included, in order.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Stop> {
        let mut all = Self::default();
        all.add_files(paths)?;
        Ok(all)
    }

    fn add_files(&mut self, paths: &[PathBuf]) -> Result<(), Stop> {
        let mut errors = Vec::new();
        for path in expand(paths)? {
            let text = read_text(&path)?;
            match parse(&text) {
                Ok(documents) => documents.into_iter().for_each(|document| self.add(&path, document)),
                Err(found) => errors.extend(found.iter().map(|error| format!("{}: {error}", path.display()))),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Stop::new(Reason::ManifestInvalid, errors.join("\n"))) }
    }

    /// What a text holds that was read already.
    pub(crate) fn take(&mut self, path: &Path, text: &str) -> Result<(), Stop> {
        let documents = parse(text).map_err(|found| {
            let lines: Vec<String> =
                found.iter().map(|error| format!("{}: {error}", path.display())).collect();
            Stop::new(Reason::ManifestInvalid, lines.join("\n"))
        })?;
        for document in documents {
            self.add(path, document);
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, document: Document) {
        match document {
            Document::SchemaMigration(migration) => self.migrations.push((path.to_owned(), *migration)),
            Document::Secret(secret) => self.secrets.push(secret),
            Document::ConfigMap(config_map) => self.config_maps.push(config_map),
            Document::Other(other) => self.others.push(format!(
                "{} holds {} {} of {}",
                path.display(),
                other.kind,
                other.name,
                other.api_version
            )),
        }
    }

    /// Every `SchemaMigration`, or the advice to give one.
    pub(crate) fn required(&self) -> Result<&[(PathBuf, SchemaMigration)], Stop> {
        if self.migrations.is_empty() {
            let mut message = format!("The files hold no SchemaMigration of {}/{}", api::GROUP, api::VERSION);
            for (at, other) in self.others.iter().take(MOST_NAMED).enumerate() {
                message.push_str(if at == 0 { "; " } else { ", " });
                message.push_str(other);
            }
            return Err(Stop::new(Reason::ManifestInvalid, format!("{message}.")));
        }
        Ok(&self.migrations)
    }
}

/// The text of a file, or of standard input.
pub(crate) fn read_text(path: &Path) -> Result<String, Stop> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| {
        Stop::new(Reason::ManifestInvalid, format!("Cannot read {}: {error}.", path.display()))
    })
}

fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Stop> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|error| {
            Stop::new(Reason::ManifestInvalid, format!("Cannot read {}: {error}.", path.display()))
        })?;
        let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        found.retain(|file| {
            file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
        });
        found.sort();
        files.extend(found);
    }
    Ok(files)
}
