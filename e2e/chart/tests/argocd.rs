//! Argo CD's health script, run the way Argo CD runs it: over the cases of `health_test.yaml`, and over every reason.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::collections::BTreeSet;

use chart_tests::{read, read_yaml, root};
use mlua::{Lua, LuaSerdeExt};
use reason::{Class, Reason};
use serde_json::{Value, json};

const FOLDER: &str = "charts/schemalift/argocd/schemalift.dev/SchemaMigration";

/// Status and message that the script gives.
fn health(object: &Value) -> (String, String) {
    let lua = Lua::new();
    // As Argo CD, which hands over plain tables: an absent or null value is nil.
    let options =
        mlua::serde::ser::Options::new().serialize_none_to_null(false).serialize_unit_to_null(false);
    lua.globals().set("obj", lua.to_value_with(object, options).unwrap()).unwrap();
    let answer: mlua::Table = lua.load(read(&format!("{FOLDER}/health.lua"))).eval().unwrap();
    (answer.get("status").unwrap(), answer.get("message").unwrap())
}

#[test]
fn every_case_of_the_test_file_holds_and_every_object_is_a_case() {
    let cases = read_yaml(&format!("{FOLDER}/health_test.yaml"));
    let mut inputs = BTreeSet::new();
    for case in cases["tests"].as_array().unwrap() {
        let input = case["inputPath"].as_str().unwrap();
        let wanted = &case["healthStatus"];
        let (status, message) = health(&read_yaml(&format!("{FOLDER}/{input}")));
        assert_eq!(status, wanted["status"].as_str().unwrap(), "{input}");
        assert_eq!(message, wanted["message"].as_str().unwrap(), "{input}");
        assert!(inputs.insert(input.to_owned()), "{input} stands twice");
    }
    for entry in std::fs::read_dir(root().join(FOLDER).join("testdata")).unwrap() {
        let name = format!("testdata/{}", entry.unwrap().file_name().to_string_lossy());
        assert!(inputs.contains(&name), "{name} is no case of health_test.yaml");
    }
}

/// The object as the operator leaves it with this reason.
fn settled(reason: Reason, generation: i64, observed: i64) -> Value {
    let condition = |type_: &str, status: &str| json!({"type": type_, "status": status, "reason": reason.as_str(), "message": "m"});
    let mut conditions = vec![];
    match reason.class() {
        Class::Success => conditions.push(condition("Ready", "True")),
        Class::Terminal => conditions.extend([condition("Ready", "False"), condition("Stalled", "True")]),
        Class::Waiting | Class::Transient => conditions.push(condition("Ready", "False")),
    }
    json!({
        "metadata": {"name": "blog", "generation": generation},
        "status": {"observedGeneration": observed, "conditions": conditions},
    })
}

#[test]
fn every_reason_has_its_health() {
    for reason in Reason::ALL.iter().copied() {
        let wanted = match (reason.class(), reason) {
            (Class::Success, _) => "Healthy",
            (Class::Terminal, _) => "Degraded",
            (_, Reason::AwaitingApproval | Reason::Suspended) => "Suspended",
            (Class::Waiting | Class::Transient, _) => "Progressing",
        };
        assert_eq!(health(&settled(reason, 2, 2)), (wanted.to_owned(), format!("{reason}: m")));
    }
}

#[test]
fn no_reason_counts_before_the_operator_saw_this_generation() {
    for reason in Reason::ALL.iter().copied() {
        for observed in [-1, 1] {
            assert_eq!(health(&settled(reason, 2, observed)).0, "Progressing", "{reason}");
        }
    }
}

#[test]
fn odd_objects_are_waited_for_rather_than_an_error() {
    for status in [json!(null), json!({}), json!({"observedGeneration": 1, "conditions": []})] {
        assert_eq!(health(&json!({"metadata": {"generation": 1}, "status": status})).0, "Progressing");
    }
    let bare = json!({"metadata": {"generation": 1}, "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "Unknown"}]}});
    assert_eq!(health(&bare), ("Progressing".to_owned(), "Unknown: ".to_owned()));
}

#[test]
fn the_docs_show_the_script_as_it_is() {
    let script = read(&format!("{FOLDER}/health.lua"));
    let indented = format!("    {}\n", script.trim_end().replace('\n', "\n    "));
    assert!(
        read("docs/argocd.md").contains(&indented),
        "docs/argocd.md does not hold health.lua, indented by four spaces"
    );
}
