//! The Job as it is created.

use expect_test::expect_file;
use serde_json::json;

use super::*;

fn config() -> Config {
    Config {
        image: "schemalift:test".into(),
        image_pull_policy: "IfNotPresent".into(),
        watch_namespaces: vec![],
        leader_identity: "one".into(),
        namespace: "schemalift".into(),
        http_addr: ([127, 0, 0, 1], 8080).into(),
        create_job_rbac: true,
        job_ttl_seconds: 3600,
        job_resources: Resources::default(),
        resync: std::time::Duration::from_secs(600),
        concurrency: 4,
    }
}

fn job(target: &Value, settings: &Value) -> Job {
    let migration: SchemaMigration = serde_json::from_value(json!({
        "apiVersion": "schemalift.dev/v1alpha1", "kind": "SchemaMigration",
        "metadata": {"name": "blog", "namespace": "shop", "uid": "u-1", "generation": 2},
        "spec": {"target": target, "datamodel": {"inline": "x"}, "job": settings},
    }))
    .unwrap();
    let start = Start {
        input: input::build(&migration, "c-1", "x", None),
        base: "b".into(),
        attempt: 0,
        asked: None,
        after: None,
    };
    build(&config(), &migration, &start, "0123").unwrap()
}

#[test]
fn a_job_for_postgresql() {
    let target = json!({"provider": "postgresql", "credentials": {
        "host": {"value": "db"}, "user": {"secretKeyRef": {"name": "db", "key": "u"}},
        "password": {"secretKeyRef": {"name": "db", "key": "p"}}, "database": {"value": "blog"},
    }});
    let yaml = api::manifest::to_yaml(&job(&target, &json!({}))).unwrap();
    expect_file!["job.yaml"].assert_eq(&yaml);
}

#[test]
fn a_volume_is_mounted_for_sqlite_and_nothing_secret() {
    let target = json!({"provider": "sqlite", "sqlite": {"path": "app.db", "volumeClaimName": "data"}});
    let text = json!(job(&target, &json!({"securityContext": {"runAsUser": 1000}}))).to_string();
    assert!(text.contains(r#""claimName":"data""#) && text.contains(r#""runAsUser":1000"#));
    assert!(!text.contains(r#""secret""#));
}
