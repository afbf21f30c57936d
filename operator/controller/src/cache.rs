//! What the watch keeps of each SchemaMigration: [`Seen`]. Decisions are made on the live object, so that the cache needs
//! no datamodel and no managed fields; those are most of its bytes.

use std::borrow::Cow;

use api::SchemaMigration;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, core::NamespaceResourceScope};
use serde::{Deserialize, Deserializer, Serialize};

/// The part of a SchemaMigration that chooses which resource gets a pass.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Seen {
    #[serde(deserialize_with = "slim")]
    metadata: ObjectMeta,
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Spec {
    #[serde(default)]
    suspend: bool,
    datamodel: Source,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    #[serde(default)]
    config_map_ref: Option<Reference>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Reference {
    name: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    runnable_since: Option<Timestamp>,
}

/// Drops what nobody here reads.
fn slim<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectMeta, D::Error> {
    let mut metadata = ObjectMeta::deserialize(deserializer)?;
    metadata.managed_fields = None;
    metadata.annotations = None;
    Ok(metadata)
}

impl Seen {
    /// Whether its datamodel is in this ConfigMap of its namespace.
    pub(crate) fn reads(&self, map: &str) -> bool {
        self.spec.datamodel.config_map_ref.as_ref().is_some_and(|reference| reference.name == map)
    }

    /// Since when it waits for the Lease, if it does.
    pub(crate) fn queued_since(&self) -> Option<Timestamp> {
        let going = self.metadata.deletion_timestamp.is_some() || self.spec.suspend;
        self.status.runnable_since.filter(|_| !going)
    }
}

impl Resource for Seen {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        SchemaMigration::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        SchemaMigration::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        SchemaMigration::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        SchemaMigration::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn neither_the_datamodel_nor_managed_fields_stay() {
        let seen: Seen = serde_json::from_value(json!({
            "metadata": {"name": "blog", "managedFields": [{"manager": "kubectl"}], "annotations": {"a": "b"}},
            "spec": {"datamodel": {"inline": "model Post { id Int @id }"}, "target": {"provider": "postgresql"}},
            "status": {
                "runnableSince": "2026-01-01T00:00:00Z",
                "conditions": [{
                    "type": "Ready", "status": "False", "reason": "AwaitingLock", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                }],
            },
        }))
        .unwrap();
        let kept = serde_json::to_string(&seen).unwrap();
        assert!(!kept.contains("Post") && !kept.contains("kubectl") && !kept.contains("\"a\""), "{kept}");
        assert!(!kept.contains("AwaitingLock"), "{kept}");
        assert!(seen.queued_since().is_some());
        assert!(!seen.reads("blog"));
    }
}
