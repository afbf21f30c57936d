//! Manifests are read as strictly as the API server would.

use api::manifest::{Document, parse};
use expect_test::{Expect, expect};

fn check(text: &str, expected: &Expect) {
    let found = match parse(text) {
        Ok(documents) => format!("{} documents", documents.len()),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    expected.assert_eq(&found);
}

fn migration(spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {{name: blog}}\nspec:\n  {spec}\n"
    )
}

const GOOD: &str = "target: {provider: sqlite, sqlite: {path: app.db}}\ndatamodel: {inline: x}";

#[test]
fn documents_come_in_order_and_secrets_are_not_printed() {
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{a: aHVudGVyMg==}}\nstringData: {{b: hunter3}}\n---\n{}",
        migration(GOOD)
    );
    let documents = parse(&text).unwrap();
    let Document::Secret(secret) = &documents[0] else { panic!("no Secret") };
    assert_eq!(secret.data["a"], b"hunter2");
    assert!(!format!("{documents:?}").contains("hunter"));
    let Document::SchemaMigration(migration) = &documents[1] else { panic!("no SchemaMigration") };
    assert_eq!(migration.spec.execution.lock_timeout, "3s");
}

#[test]
fn every_wrong_field_is_named() {
    check(
        &migration(
            "target: {provider: oracle, Schema: a, sqlite: {path: 3}}\ndatamodel: {inlin: x, configMapRef: {key: k}}\nsuspend: yes please",
        ),
        &expect![[r"
            document 1: spec.datamodel.configMapRef.name: is missing
            document 1: spec.datamodel.inlin: unknown field; known are configMapRef, edition, inline, language
            document 1: spec.suspend: must be a boolean, not text
            document 1: spec.target.Schema: unknown field; did you mean schema?
            document 1: spec.target.provider: must be one of postgresql, mysql, sqlite
            document 1: spec.target.sqlite.path: must be a string, not a number; quote it"]],
    );
}

#[test]
fn what_is_too_short_for_its_form_says_the_form() {
    check(
        &migration(
            "target: {provider: postgresql, urlFrom: {secretKeyRef: {name: a, key: b}}}\ndatamodel: {inline: x}\npolicy: {keepDroppedData: {maxBytes: 1Gi, retention: h}}",
        ),
        &expect![[r"
            document 1: spec.policy.keepDroppedData.maxBytes: write a size such as 500MiB or 10GiB
            document 1: spec.policy.keepDroppedData.retention: write a duration such as 3s, 30m or 1h30m"]],
    );
}

#[test]
fn broken_rules_say_what_to_do() {
    check(
        &migration(
            "target: {provider: mysql, sqlite: {path: /a}}\ndatamodel: {}\nexecution: {lockTimeout: 3 seconds, forbidRewriteAbove: 10GB, maxReplicaLag: 10 s}",
        ),
        &expect![[r"
            document 1: spec.target: set exactly one of urlFrom and credentials
            document 1: spec.target: remove sqlite; it belongs to provider sqlite
            document 1: spec.target.sqlite: write path relative to the volume and without '..'
            document 1: spec.datamodel: set exactly one of inline and configMapRef
            document 1: spec: remove execution.maxReplicaLag; only postgresql's primary knows how far its replicas are. For updates in batches use pause
            document 1: spec.execution.lockTimeout: write a duration such as 3s, 30m or 1h30m
            document 1: spec.execution.maxReplicaLag: write a duration such as 3s, 30m or 1h30m
            document 1: spec.execution.forbidRewriteAbove: write a size such as 500MiB, 10GiB or 1000000 rows"]],
    );
    check(
        &migration(
            "target: {provider: postgresql, credentials: {host: {}, user: {value: a}, password: {value: b}, database: {value: c}}}\ndatamodel: {inline: x}",
        ),
        &expect![[r"
            document 1: spec.target.credentials.host: set exactly one of value and secretKeyRef
            document 1: spec.target.credentials.password: put the password into a Secret and name it in secretKeyRef"]],
    );
    check(
        "a: [",
        &expect![
            "document 1: not YAML: did not find expected node content at line 2 column 1, while parsing a flow node"
        ],
    );
}
