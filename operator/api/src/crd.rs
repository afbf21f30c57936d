//! The `CustomResourceDefinition`s, as installed: derived from the types, completed with the [rules](crate::rules).

use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use crate::{SchemaMigration, SchemaPlan, rules};

/// A printer column: name, type, path, and 1 when only `-o wide` shows it.
type Column = (&'static str, &'static str, &'static str, u8);

const MIGRATION_COLUMNS: &[Column] = &[
    ("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status", 0),
    ("Reason", "string", ".status.conditions[?(@.type==\"Ready\")].reason", 0),
    ("Current", "string", ".status.applied.migration", 0),
    ("Pending", "integer", ".status.pendingSteps", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Message", "string", ".status.conditions[?(@.type==\"Ready\")].message", 1),
    ("Plan", "string", ".status.plan.name", 1),
    ("Duration", "integer", ".status.applied.durationSeconds", 1),
];

const PLAN_COLUMNS: &[Column] = &[
    ("State", "string", ".status.state", 0),
    ("Reason", "string", ".status.reason", 0),
    ("Done", "integer", ".status.stepsDone", 0),
    ("Steps", "integer", ".spec.plan.stepsTotal", 0),
    ("Age", "date", ".metadata.creationTimestamp", 0),
    ("Digest", "string", ".spec.plan.digest", 1),
    ("Approved-By", "string", ".spec.approval.by", 1),
    ("Message", "string", ".status.message", 1),
];

/// File name and content of each `CustomResourceDefinition`.
pub fn all() -> Vec<(&'static str, Value)> {
    vec![("schemamigrations.yaml", migration()), ("schemaplans.yaml", plan())]
}

/// The `CustomResourceDefinition` of `SchemaMigration`.
pub fn migration() -> Value {
    let mut crd = json!(SchemaMigration::crd());
    complete(&mut crd, MIGRATION_COLUMNS);
    for rule in rules::MIGRATION {
        add_rule(&mut crd, rule);
    }
    crd
}

/// The `CustomResourceDefinition` of `SchemaPlan`.
pub fn plan() -> Value {
    let mut crd = json!(SchemaPlan::crd());
    complete(&mut crd, PLAN_COLUMNS);
    for rule in rules::PLAN {
        add_rule(&mut crd, rule);
    }
    if let Some(properties) = schema_at(&mut crd, "status")
        && let Some(status) = properties.as_object_mut()
    {
        status.remove("default");
    }
    crd
}

/// The schema of the objects of a definition.
pub(crate) fn object_schema(crd: &Value) -> Option<&Value> {
    crd.pointer("/spec/versions/0/schema/openAPIV3Schema")
}

fn complete(crd: &mut Value, columns: &[Column]) {
    let columns: Vec<Value> = columns
        .iter()
        .map(|(name, type_, path, priority)| {
            json!({"name": name, "type": type_, "jsonPath": path, "priority": priority})
        })
        .collect();
    if let Some(version) = crd.pointer_mut("/spec/versions/0").and_then(Value::as_object_mut) {
        version.insert("additionalPrinterColumns".to_owned(), Value::Array(columns));
    }
    if let Some(metadata) = crd.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("labels".to_owned(), json!({"app.kubernetes.io/name": "schemalift"}));
    }
    if let Some(schema) = crd.pointer_mut("/spec/versions/0/schema/openAPIV3Schema") {
        tidy(schema);
    }
    if let Some(Value::Object(status)) = schema_at(crd, "status") {
        status.insert("default".to_owned(), json!({"observedGeneration": -1}));
    }
}

/// Absent and null are the same to the API server once fields are not nullable: it prunes null.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("nullable");
            if let Some(Value::Array(values)) = object.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            if object.get("format").and_then(Value::as_str).is_some_and(|f| f.starts_with("uint")) {
                object.insert("format".to_owned(), json!("int64"));
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn schema_at<'a>(crd: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let mut schema = crd.pointer_mut("/spec/versions/0/schema/openAPIV3Schema")?;
    for field in path.split('.') {
        schema = schema.get_mut("properties")?.get_mut(field)?;
    }
    Some(schema)
}

fn add_rule<T>(crd: &mut Value, rule: &rules::Rule<T>) {
    let mut value = Map::new();
    value.insert("rule".to_owned(), json!(rule.cel));
    value.insert("message".to_owned(), json!(rule.message));
    if rule.on_create {
        value.insert("optionalOldSelf".to_owned(), json!(true));
    }
    let Some(Value::Object(schema)) = schema_at(crd, rule.at) else {
        return;
    };
    let list = schema.entry("x-kubernetes-validations").or_insert_with(|| json!([]));
    if let Value::Array(list) = list {
        list.push(Value::Object(value));
    }
}
