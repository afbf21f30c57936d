//! Manifests as strict as an API server that refuses unknown fields. The only place that reads or writes YAML.

mod check;

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

use crate::{GROUP, SchemaMigration, VERSION, crd, rules};

/// Largest text that is read, in bytes.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// One document of a manifest.
#[derive(Debug, Clone)]
pub enum Document {
    /// A SchemaMigration that the API server would accept.
    SchemaMigration(Box<SchemaMigration>),
    /// A Secret.
    Secret(Secret),
    /// A ConfigMap.
    ConfigMap(ConfigMap),
    /// Anything else.
    Other(Other),
}

/// A Secret of a manifest; its values are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// Decoded values of `data` and `stringData`.
    pub data: BTreeMap<String, Vec<u8>>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Secret")
            .field("name", &self.name)
            .field("namespace", &self.namespace)
            .field("keys", &self.data.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A ConfigMap of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMap {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `data`.
    pub data: BTreeMap<String, String>,
}

/// Any other object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
}

/// What is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("document {document}: {path}{}{message}", if path.is_empty() { "" } else { ": " })]
pub struct ManifestError {
    /// Which document, from 1.
    pub document: usize,
    /// Path of the field; empty when it is about the whole document.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Reads every document of a text, or says everything that is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Document>, Vec<ManifestError>> {
    if text.len() > MAX_BYTES {
        let message = format!("the manifest has {} bytes; at most {MAX_BYTES} are read", text.len());
        return Err(vec![whole(1, message)]);
    }
    let mut documents = Vec::new();
    let mut errors = Vec::new();
    for (index, document) in serde_yaml::Deserializer::from_str(text).enumerate() {
        match Value::deserialize(document) {
            Ok(Value::Null) => {}
            Ok(value) => match read(value) {
                Ok(document) => documents.push(document),
                Err(problems) => {
                    errors.extend(problems.into_iter().map(|problem| ManifestError {
                        document: index + 1,
                        path: problem.path,
                        message: problem.message,
                    }));
                }
            },
            Err(error) => {
                errors.push(whole(index + 1, format!("not YAML: {error}")));
                break;
            }
        }
    }
    if errors.is_empty() { Ok(documents) } else { Err(errors) }
}

/// A value as YAML.
pub fn to_yaml(value: &impl serde::Serialize) -> Result<String, String> {
    serde_yaml::to_string(value).map_err(|error| error.to_string())
}

fn whole(document: usize, message: String) -> ManifestError {
    ManifestError { document, path: String::new(), message }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn read(value: Value) -> Result<Document, Vec<rules::Problem>> {
    let missing = |path: &str| vec![rules::Problem::new(path, "is missing")];
    let api_version = text(&value, "/apiVersion").ok_or_else(|| missing("apiVersion"))?;
    let kind = text(&value, "/kind").ok_or_else(|| missing("kind"))?;
    let name = text(&value, "/metadata/name")
        .or_else(|| text(&value, "/metadata/generateName"))
        .ok_or_else(|| missing("metadata.name"))?;
    let namespace = text(&value, "/metadata/namespace");
    match (api_version.as_str(), kind.as_str()) {
        ("v1", "Secret") => Ok(Document::Secret(Secret { data: secret_data(&value)?, name, namespace })),
        ("v1", "ConfigMap") => {
            Ok(Document::ConfigMap(ConfigMap { data: strings(&value, "data")?, name, namespace }))
        }
        (version, "SchemaMigration") if version.starts_with(&format!("{GROUP}/")) => {
            if version != format!("{GROUP}/{VERSION}") {
                let message = format!("{version} is not known; write {GROUP}/{VERSION}");
                return Err(vec![rules::Problem::new("apiVersion", message)]);
            }
            migration(value)
        }
        _ => Ok(Document::Other(Other { api_version, kind, name })),
    }
}

fn migration(value: Value) -> Result<Document, Vec<rules::Problem>> {
    // Made from the types, which takes longer than reading a manifest.
    static CRD: LazyLock<Value> = LazyLock::new(crd::migration);
    let mut problems = Vec::new();
    if let Some(schema) = crd::object_schema(&CRD) {
        check::object(schema, &value, &mut problems);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let migration: SchemaMigration = serde_json::from_value(value)
        .map_err(|error| vec![rules::Problem::new("spec", error.to_string())])?;
    let problems = rules::validate(&migration.spec);
    if problems.is_empty() { Ok(Document::SchemaMigration(Box::new(migration))) } else { Err(problems) }
}

fn strings(value: &Value, field: &str) -> Result<BTreeMap<String, String>, Vec<rules::Problem>> {
    let Some(object) = value.get(field).filter(|value| !value.is_null()) else {
        return Ok(BTreeMap::new());
    };
    let problem = |path: String| vec![rules::Problem::new(path, "must be a string; quote it")];
    let object = object.as_object().ok_or_else(|| vec![rules::Problem::new(field, "must be an object")])?;
    object
        .iter()
        .map(|(key, value)| {
            let value = value.as_str().ok_or_else(|| problem(format!("{field}.{key}")))?;
            Ok((key.clone(), value.to_owned()))
        })
        .collect()
}

fn secret_data(value: &Value) -> Result<BTreeMap<String, Vec<u8>>, Vec<rules::Problem>> {
    let mut data = BTreeMap::new();
    for (key, encoded) in strings(value, "data")? {
        let joined: String = encoded.split_whitespace().collect();
        let decoded = STANDARD.decode(joined).map_err(|_| {
            vec![rules::Problem::new(format!("data.{key}"), "is not base64; use stringData for plain text")]
        })?;
        data.insert(key, decoded);
    }
    for (key, plain) in strings(value, "stringData")? {
        data.insert(key, plain.into_bytes());
    }
    Ok(data)
}
