//! The run's input, and the immutable ConfigMap that carries it.

use std::collections::BTreeMap;

use api::{
    Credentials, MANAGED_BY, MANAGER, MIGRATION_LABEL, SchemaMigration, Target,
    input::{INPUT_VERSION, RunInput},
};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Resource, ResourceExt, api::ObjectMeta};
use sha2::{Digest, Sha256};

/// The input of a run of this spec with this text.
pub(crate) fn build(
    migration: &SchemaMigration,
    cluster: &str,
    text: &str,
    approved: Option<String>,
) -> RunInput {
    let spec = &migration.spec;
    let namespace = migration.namespace().unwrap_or_default();
    let name = migration.name_any();
    RunInput {
        version: INPUT_VERSION,
        owner: format!("{cluster}/{namespace}/{name}"),
        uid: migration.uid().unwrap_or_default(),
        datamodel_text: text.to_owned(),
        language: spec.datamodel.language,
        edition: spec.datamodel.edition,
        provider: spec.target.provider,
        connection: literals(spec.target.credentials.as_ref()),
        secret_files: secret_files(&spec.target)
            .into_iter()
            .map(|(field, secret, key)| (field.to_owned(), format!("{secret}/{key}")))
            .collect(),
        schema: spec.target.schema.clone(),
        history_schema: spec.target.history_schema.clone(),
        role: spec.target.role.clone(),
        take_over_from: spec.target.take_over_from.clone(),
        sqlite_path: spec.target.sqlite.as_ref().map(|file| file.path.clone()),
        sqlite_claim: spec.target.sqlite.as_ref().and_then(|file| file.volume_claim_name.clone()),
        mode: spec.mode,
        steps: spec.steps.clone(),
        policy: spec.policy.clone(),
        approved_digest: approved,
        backup: spec.backup.as_ref().map(|backup| backup.when),
        backed_up_digest: None,
        adopt: spec.adopt,
        history_expected: false,
        execution: spec.execution.clone(),
        plan_prefix: short(&name),
        namespace,
        name,
    }
}

fn literals(credentials: Option<&Credentials>) -> BTreeMap<String, String> {
    credentials
        .into_iter()
        .flat_map(Credentials::parts)
        .filter(|(field, _)| *field != "password")
        .filter_map(|(field, part)| Some((field.to_owned(), part.value.clone()?)))
        .collect()
}

/// Which file comes from which Secret and key.
pub(crate) fn secret_files(target: &Target) -> Vec<(&'static str, &str, &str)> {
    let url = target.url_from.iter().map(|source| ("url", &source.secret_key_ref));
    let parts = target
        .credentials
        .iter()
        .flat_map(Credentials::parts)
        .filter_map(|(field, part)| Some((field, part.secret_key_ref.as_ref()?)));
    url.chain(parts).map(|(field, source)| (field, source.name.as_str(), source.key.as_str())).collect()
}

/// Name of the SchemaPlan that the status speaks of.
pub(crate) fn named_plan(migration: &SchemaMigration) -> Option<&str> {
    migration.status.as_ref()?.plan.as_ref()?.name.as_deref()
}

/// Which target a spec names, whoever its former owner was.
pub(crate) fn target_digest(target: &Target) -> String {
    let target = Target { take_over_from: None, ..target.clone() };
    api::input::sha256(&serde_json::to_vec(&target).unwrap_or_default())
}

/// A name cut to 40 characters that still may be followed by `-<hash>`.
pub(crate) fn short(name: &str) -> String {
    let cut: String = name.chars().take(40).collect();
    let cut = cut.replace('.', "-");
    cut.trim_end_matches('-').to_owned()
}

/// First ten digits of the SHA-256 over these parts.
pub(crate) fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize()).chars().take(10).collect()
}

/// Labels of what belongs to a SchemaMigration.
pub(crate) fn labels(migration: &SchemaMigration) -> BTreeMap<String, String> {
    let label = api::migration_label(&migration.name_any());
    BTreeMap::from([(MANAGED_BY.to_owned(), MANAGER.to_owned()), (MIGRATION_LABEL.to_owned(), label)])
}

/// Metadata of an object that belongs to a SchemaMigration and goes with it.
pub(crate) fn owned(migration: &SchemaMigration, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: migration.namespace(),
        labels: Some(labels(migration)),
        owner_references: Some(migration.controller_owner_ref(&()).into_iter().collect()),
        ..ObjectMeta::default()
    }
}

/// The ConfigMap of these input bytes.
pub(crate) fn config_map(migration: &SchemaMigration, name: &str, bytes: &[u8]) -> ConfigMap {
    ConfigMap {
        metadata: owned(migration, name),
        immutable: Some(true),
        data: Some(BTreeMap::from([("input.json".to_owned(), String::from_utf8_lossy(bytes).into_owned())])),
        binary_data: None,
    }
}
