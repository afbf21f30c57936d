//! The Job of one run. The allow-list of what a person may set is [`api::JobSettings`]; all else is fixed here.

use std::collections::BTreeSet;

use api::{
    DATA_PATH, JOB_ACCOUNT, JobSettings, Resources, SECRET_PATH, SchemaMigration, TERMINATION_PATH, duration,
};
use k8s_openapi::api::batch::v1::Job;
use serde_json::{Value, json};

use crate::{Config, decide::Start, input};

/// Annotation with the digest of the input without approval.
pub(crate) const INPUT_DIGEST: &str = "schemalift.dev/input-digest";
/// Annotation with the generation of the spec.
pub(crate) const GENERATION: &str = "schemalift.dev/generation";
/// Annotation with the approval that the run was given.
pub(crate) const APPROVED_DIGEST: &str = "schemalift.dev/approved-digest";

/// Annotation with why a Job was ended before it started.
pub(crate) const GIVEN_UP: &str = "schemalift.dev/given-up";

const USER: i64 = 65532;
const ACCOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Name of the Job and of its input: the same run always has the same name.
pub(crate) fn name(start: &Start) -> String {
    let hash = input::hash(&[
        &start.input.uid,
        &start.base,
        start.input.approved_digest.as_deref().unwrap_or_default(),
        &start.attempt.to_string(),
        start.asked.as_deref().unwrap_or_default(),
        start.after.as_deref().unwrap_or_default(),
        start.input.backed_up_digest.as_deref().unwrap_or_default(),
    ]);
    format!("{}-{hash}", start.input.plan_prefix)
}

/// The Job that runs this input.
pub(crate) fn build(
    config: &Config,
    migration: &SchemaMigration,
    start: &Start,
    input_sha256: &str,
) -> Result<Job, serde_json::Error> {
    let name = name(start);
    let settings = migration.spec.job.clone().unwrap_or_default();
    let mut metadata = input::owned(migration, &name);
    let mut annotations = vec![
        (INPUT_DIGEST.to_owned(), start.base.clone()),
        (GENERATION.to_owned(), migration.metadata.generation.unwrap_or_default().to_string()),
    ];
    if let Some(digest) = &start.input.approved_digest {
        annotations.push((APPROVED_DIGEST.to_owned(), digest.clone()));
    }
    metadata.annotations = Some(annotations.into_iter().collect());
    // The Job stops itself at its deadline; Kubernetes stops it a minute later when it does not.
    let deadline = duration::parse(&start.input.execution.deadline).map_or(7200, |d| d.as_secs());
    serde_json::from_value(json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": deadline.saturating_add(60),
            "template": {
                "metadata": {
                    "labels": input::labels(migration),
                    "annotations": settings.annotations,
                },
                "spec": pod(config, migration, &settings, &name, input_sha256),
            },
        },
    }))
}

fn pod(
    config: &Config,
    migration: &SchemaMigration,
    settings: &JobSettings,
    name: &str,
    input_sha256: &str,
) -> Value {
    let context = settings.security_context.clone().unwrap_or_default();
    let pull_secrets: Vec<Value> =
        settings.image_pull_secrets.iter().map(|name| json!({"name": name})).collect();
    let mut pod = json!({
        "restartPolicy": "Never",
        "serviceAccountName": settings.service_account_name.as_deref().unwrap_or(JOB_ACCOUNT),
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        "terminationGracePeriodSeconds": 60,
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": context.run_as_user.unwrap_or(USER),
            "runAsGroup": context.run_as_group.unwrap_or(USER),
            "fsGroup": context.fs_group.unwrap_or(USER),
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "nodeSelector": settings.node_selector,
        "tolerations": settings.tolerations,
        "imagePullSecrets": pull_secrets,
        "containers": [container(config, migration, settings, input_sha256)],
        "volumes": volumes(migration, name),
    });
    if let (Some(affinity), Some(pod)) = (&settings.affinity, pod.as_object_mut()) {
        pod.insert("affinity".to_owned(), affinity.clone());
    }
    pod
}

fn container(
    config: &Config,
    migration: &SchemaMigration,
    settings: &JobSettings,
    input_sha256: &str,
) -> Value {
    let resources: &Resources = settings.resources.as_ref().unwrap_or(&config.job_resources);
    let mut mounts = vec![
        json!({"name": "input", "mountPath": "/etc/schemalift/input", "readOnly": true}),
        json!({"name": "token", "mountPath": ACCOUNT_PATH, "readOnly": true}),
    ];
    for (volume, secret) in secrets(migration) {
        mounts
            .push(json!({"name": volume, "mountPath": format!("{SECRET_PATH}/{secret}"), "readOnly": true}));
    }
    if claim(migration).is_some() {
        mounts.push(json!({"name": "data", "mountPath": DATA_PATH}));
    }
    json!({
        "name": "schemalift",
        "image": config.image,
        "imagePullPolicy": config.image_pull_policy,
        "args": ["job", "--input-sha256", input_sha256],
        "env": [{
            "name": "POD_NAMESPACE",
            "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}},
        }],
        "resources": resources,
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationMessagePath": TERMINATION_PATH,
        "terminationMessagePolicy": "File",
        "volumeMounts": mounts,
    })
}

/// Volume name and Secret, for each Secret that the target names.
fn secrets(migration: &SchemaMigration) -> Vec<(String, &str)> {
    let names: BTreeSet<&str> =
        input::secret_files(&migration.spec.target).into_iter().map(|(_, secret, _)| secret).collect();
    names.into_iter().enumerate().map(|(index, secret)| (format!("secret-{index}"), secret)).collect()
}

fn claim(migration: &SchemaMigration) -> Option<&str> {
    let sqlite = migration.spec.target.sqlite.as_ref()?;
    sqlite.volume_claim_name.as_deref()
}

fn volumes(migration: &SchemaMigration, name: &str) -> Vec<Value> {
    let token = json!({"name": "token", "projected": {"defaultMode": 288, "sources": [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [
            {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}},
        ]}},
    ]}});
    let mut volumes = vec![json!({"name": "input", "configMap": {"name": name}}), token];
    // Optional, so that the pod starts and the Job itself says what is missing. Whole, because only then can it tell
    // a missing key from a missing Secret.
    for (volume, secret) in secrets(migration) {
        volumes.push(json!({
            "name": volume,
            "secret": {"secretName": secret, "optional": true, "defaultMode": 288},
        }));
    }
    if let Some(claim) = claim(migration) {
        volumes.push(json!({"name": "data", "persistentVolumeClaim": {"claimName": claim}}));
    }
    volumes
}

#[cfg(test)]
mod tests;
