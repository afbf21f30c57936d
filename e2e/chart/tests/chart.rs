//! What `helm template` renders, row by row.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::collections::BTreeSet;

use chart_tests::{of_kind, read_yaml, strings, template, try_template};
use expect_test::expect;
use serde_json::Value;

/// `group/resource verb names` of each right that a role gives.
fn rights(role: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        let names = strings(&rule["resourceNames"]).join(",");
        for group in strings(&rule["apiGroups"]) {
            for resource in strings(&rule["resources"]) {
                for verb in strings(&rule["verbs"]) {
                    found.insert(format!("{group}/{resource} {verb} {names}").trim_end().to_owned());
                }
            }
        }
    }
    found
}

fn lines(rights: &BTreeSet<String>) -> String {
    rights.iter().cloned().collect::<Vec<_>>().join("\n")
}

fn named<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    of_kind(objects, kind).into_iter().find(|object| object["metadata"]["name"] == name).unwrap()
}

fn roles(objects: &[Value]) -> Vec<&Value> {
    [of_kind(objects, "ClusterRole"), of_kind(objects, "Role")].concat()
}

/// A right that is added to the operator has to be added here, in a review.
#[test]
fn the_operator_may_do_exactly_this() {
    let objects = template(&[]);
    expect![[r"
        /configmaps create
        /configmaps delete
        /configmaps get
        /configmaps list
        /configmaps watch
        /pods get
        /pods list
        /serviceaccounts create
        /serviceaccounts get
        batch/cronjobs get
        batch/jobs create
        batch/jobs get
        batch/jobs list
        batch/jobs patch
        batch/jobs watch
        coordination.k8s.io/leases create
        coordination.k8s.io/leases get schemalift
        coordination.k8s.io/leases update schemalift
        events.k8s.io/events create
        events.k8s.io/events patch
        rbac.authorization.k8s.io/rolebindings create
        rbac.authorization.k8s.io/rolebindings get
        schemalift.dev/schemamigrations get
        schemalift.dev/schemamigrations list
        schemalift.dev/schemamigrations watch
        schemalift.dev/schemamigrations/finalizers update
        schemalift.dev/schemamigrations/status patch
        schemalift.dev/schemaplans create
        schemalift.dev/schemaplans delete
        schemalift.dev/schemaplans get
        schemalift.dev/schemaplans list
        schemalift.dev/schemaplans watch
        schemalift.dev/schemaplans/status patch"]]
    .assert_eq(&lines(&rights(named(&objects, "ClusterRole", "lift-schemalift"))));
}

#[test]
fn a_job_and_an_approver_may_do_exactly_this() {
    let objects = template(&[]);
    let job = rights(named(&objects, "ClusterRole", "schemalift-job"));
    expect![[r"
        schemalift.dev/schemaplans create
        schemalift.dev/schemaplans/status patch"]]
    .assert_eq(&lines(&job));
    expect![[r"
        schemalift.dev/schemaplans get
        schemalift.dev/schemaplans list
        schemalift.dev/schemaplans patch
        schemalift.dev/schemaplans watch"]]
    .assert_eq(&lines(&rights(named(&objects, "ClusterRole", "schemalift-approver"))));
    let operator = rights(named(&objects, "ClusterRole", "lift-schemalift"));
    assert!(operator.is_superset(&job), "without every right of a Job the operator could not bind its role");
}

#[test]
fn nobody_reads_secrets_or_passes_on_more_than_they_have() {
    for settings in [&[][..], &[r#"watch.namespaces=["shop"]"#][..]] {
        for role in roles(&template(settings)) {
            for right in rights(role) {
                let (resource, verb) = right.split_once(' ').unwrap();
                let verb = verb.split(' ').next().unwrap();
                let what = format!("{}: {right}", role["metadata"]["name"]);
                assert!(!right.contains('*'), "{what}");
                assert!(!resource.ends_with("/secrets"), "{what}");
                assert!(!["escalate", "bind", "impersonate"].contains(&verb), "{what}");
                assert!(
                    !["/exec", "/attach", "/portforward", "/proxy"].iter().any(|end| resource.ends_with(end)),
                    "{what}"
                );
            }
            assert!(role["rules"].as_array().unwrap().iter().all(|rule| rule["nonResourceURLs"].is_null()));
        }
    }
}

#[test]
fn approving_is_part_of_no_role_that_is_aggregated() {
    let objects = template(&[]);
    assert!(
        named(&objects, "ClusterRole", "schemalift-approver")["metadata"]["labels"]
            .as_object()
            .unwrap()
            .keys()
            .all(|label| !label.contains("aggregate"))
    );
    for role in roles(&objects) {
        let can_approve = rights(role).iter().any(|right| {
            ["patch", "update"]
                .iter()
                .any(|verb| right.starts_with(&format!("schemalift.dev/schemaplans {verb}")))
        });
        assert_eq!(can_approve, role["metadata"]["name"] == "schemalift-approver");
    }
}

/// The fields that Pod Security "restricted" looks at.
#[test]
fn the_pod_is_restricted() {
    let objects = template(&["replicaCount=2"]);
    let deployments = of_kind(&objects, "Deployment");
    assert_eq!(deployments.len(), 1);
    let pod = &deployments[0]["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    assert!(pod["securityContext"]["runAsUser"].as_i64().unwrap() > 0);
    for field in ["hostNetwork", "hostPID", "hostIPC", "volumes"] {
        assert!(pod[field].is_null(), "{field}");
    }
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    for container in containers {
        let context = &container["securityContext"];
        assert_eq!(context["allowPrivilegeEscalation"], false);
        assert_eq!(context["readOnlyRootFilesystem"], true);
        assert_eq!(context["capabilities"]["drop"], serde_json::json!(["ALL"]));
        assert!(context["capabilities"]["add"].is_null() && context["privileged"].is_null());
        assert!(container["ports"].as_array().unwrap().iter().all(|port| port["hostPort"].is_null()));
        assert!(container["resources"]["limits"]["memory"].is_string());
        assert!(container["livenessProbe"].is_object() && container["readinessProbe"].is_object());
        let env = container["env"].as_array().unwrap();
        let names: BTreeSet<&str> = env.iter().filter_map(|item| item["name"].as_str()).collect();
        assert_eq!(names.len(), env.len(), "server-side apply refuses a name that stands twice");
        assert!(env.iter().all(|item| item["valueFrom"]["secretKeyRef"].is_null()));
    }
}

#[test]
fn names_and_labels_stay_within_their_lengths() {
    // Helm itself allows a release name of 53 characters.
    let release = format!("{}-z", "a".repeat(51));
    let long = format!("fullnameOverride=\"{}\"", "b".repeat(63));
    for settings in [
        &["replicaCount=2"][..],
        &["replicaCount=2", &long][..],
        &[r#"watch.namespaces=["shop"]"#, &long][..],
    ] {
        for object in try_template(&release, settings).unwrap() {
            if object["kind"] == "CustomResourceDefinition" {
                continue;
            }
            let name = object["metadata"]["name"].as_str().unwrap();
            assert!(name.len() <= 63 && !name.ends_with('-'), "{} {name}", object["kind"]);
            for (label, value) in object["metadata"]["labels"].as_object().unwrap() {
                let value = value.as_str().unwrap();
                assert!(value.len() <= 63 && !value.ends_with('-'), "{name}: {label}={value}");
            }
        }
    }
}

#[test]
fn named_namespaces_give_roles_there_and_nothing_cluster_wide_but_the_cluster_id() {
    let objects = template(&[r#"watch.namespaces=["shop","bank"]"#]);
    let bound: Vec<&Value> =
        of_kind(&objects, "ClusterRoleBinding").iter().map(|b| &b["roleRef"]["name"]).collect();
    assert_eq!(bound, ["lift-schemalift-cluster-id"]);
    let id = rights(named(&objects, "ClusterRole", "lift-schemalift-cluster-id"));
    assert_eq!(id.into_iter().collect::<Vec<_>>(), ["/namespaces get kube-system"]);
    assert!(
        of_kind(&objects, "ClusterRole").iter().all(|role| role["metadata"]["name"] != "lift-schemalift")
    );
    for namespace in ["shop", "bank"] {
        let here: BTreeSet<String> = objects
            .iter()
            .filter(|object| object["metadata"]["namespace"] == namespace)
            .map(|object| {
                format!(
                    "{} {}",
                    object["kind"].as_str().unwrap(),
                    object["metadata"]["name"].as_str().unwrap()
                )
            })
            .collect();
        let wanted = [
            "Role lift-schemalift",
            "RoleBinding lift-schemalift",
            "RoleBinding schemalift-job",
            "ServiceAccount schemalift-job",
        ];
        assert_eq!(here.into_iter().collect::<Vec<_>>(), wanted);
    }
    for role in of_kind(&objects, "Role") {
        assert!(
            rights(role)
                .iter()
                .all(|right| !right.contains("rolebindings") && !right.contains("serviceaccounts"))
        );
    }
    let everywhere = template(&[]);
    let without: BTreeSet<String> = rights(named(&everywhere, "ClusterRole", "lift-schemalift"))
        .into_iter()
        .filter(|right| !right.contains("rolebindings") && !right.contains("serviceaccounts"))
        .collect();
    assert_eq!(rights(named(&objects, "Role", "lift-schemalift")), without);
}

#[test]
fn every_account_of_a_job_is_without_a_token_of_its_own() {
    let objects = template(&[r#"watch.namespaces=["shop"]"#]);
    let accounts = of_kind(&objects, "ServiceAccount");
    assert_eq!(accounts.len(), 2);
    assert!(accounts.iter().all(|account| account["automountServiceAccountToken"] == false));
}

#[test]
fn a_disruption_budget_comes_with_the_second_replica() {
    for (settings, wanted) in [
        (&[][..], 0),
        (&["replicaCount=1"][..], 0),
        (&["replicaCount=2"][..], 1),
        (&["replicaCount=2", "podDisruptionBudget.enabled=false"][..], 0),
    ] {
        assert_eq!(of_kind(&template(settings), "PodDisruptionBudget").len(), wanted, "{settings:?}");
    }
}

/// Equal but for the form of numbers: Helm writes large whole ones with an exponent.
fn assert_same(left: &Value, right: &Value, path: &str) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            assert!(left.keys().eq(right.keys()), "{path}: {:?} and {:?}", left.keys(), right.keys());
            for (name, value) in left {
                assert_same(value, &right[name], &format!("{path}.{name}"));
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            assert_eq!(left.len(), right.len(), "{path}");
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                assert_same(left, right, &format!("{path}[{index}]"));
            }
        }
        (Value::Number(left), Value::Number(right)) => assert_eq!(left.as_f64(), right.as_f64(), "{path}"),
        _ => assert_eq!(left, right, "{path}"),
    }
}

#[test]
fn the_definitions_are_those_of_the_crds_folder_and_can_be_left_out() {
    assert!(of_kind(&template(&["crds.enabled=false"]), "CustomResourceDefinition").is_empty());
    let objects = template(&[]);
    let definitions = of_kind(&objects, "CustomResourceDefinition");
    let names: BTreeSet<&str> =
        definitions.iter().filter_map(|crd| crd["metadata"]["name"].as_str()).collect();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["schemamigrations.schemalift.dev", "schemaplans.schemalift.dev"]
    );
    for crd in definitions {
        assert_eq!(crd["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
        let file = format!("crds/{}.yaml", crd["spec"]["names"]["plural"].as_str().unwrap());
        assert_same(&crd["spec"], &read_yaml(&file)["spec"], &file);
    }
    for crd in of_kind(&template(&["crds.keep=false"]), "CustomResourceDefinition") {
        assert!(crd["metadata"]["annotations"]["helm.sh/resource-policy"].is_null());
    }
}

#[test]
fn the_schema_refuses_what_it_does_not_know() {
    for (setting, word) in [
        ("replicas=2", "replicas"),
        (r#"image.name="x""#, "name"),
        (r#"image.digest="sha256:12""#, "digest"),
        (r#"image.pullPolicy="Sometimes""#, "pullPolicy"),
        ("replicaCount=-1", "replicaCount"),
        (r#"watch.namespaces="shop""#, "namespaces"),
        ("metrics.port=80", "port"),
        ("networkPolicy.apiServerPorts=[0]", "apiServerPorts"),
        ("crds.keep=1", "keep"),
    ] {
        let refusal = try_template("lift", &[setting]).expect_err(setting);
        assert!(refusal.contains(word), "{setting}: {refusal}");
    }
}

#[test]
fn the_schema_knows_every_value_and_no_other() {
    fn same(values: &Value, schema: &Value, path: &str) {
        let Some(properties) = schema["properties"].as_object() else { return };
        let Some(values) = values.as_object() else { panic!("{path} is no map") };
        for (name, value) in values {
            let known =
                properties.get(name).unwrap_or_else(|| panic!("{path}{name} is not in values.schema.json"));
            same(value, known, &format!("{path}{name}."));
        }
        let closed = schema["additionalProperties"] == false;
        for name in properties.keys().filter(|name| closed && *name != "global") {
            assert!(values.contains_key(name), "{path}{name} is not in values.yaml");
        }
    }
    same(&read_yaml("charts/schemalift/values.yaml"), &read_yaml("charts/schemalift/values.schema.json"), "");
}

#[test]
fn the_image_is_named_once_for_operator_and_jobs() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let by_digest = format!("image.digest=\"{digest}\"");
    for (settings, end) in [
        (vec![], "/schemalift/schemalift:0.1.0".to_owned()),
        (vec![r#"image.tag="1.2.3""#], "/schemalift/schemalift:1.2.3".to_owned()),
        (vec![r#"image.tag="1.2.3""#, &by_digest], format!("/schemalift/schemalift@{digest}")),
    ] {
        let objects = template(&settings);
        let container = &of_kind(&objects, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0];
        let image = container["image"].as_str().unwrap();
        assert!(image.ends_with(&end), "{image}");
        let env = container["env"].as_array().unwrap();
        assert_eq!(env.iter().find(|item| item["name"] == "SCHEMALIFT_IMAGE").unwrap()["value"], image);
    }
}

#[test]
fn network_service_and_aggregation_can_be_switched_off() {
    let objects = template(&[
        "networkPolicy.enabled=false",
        "metrics.service.enabled=false",
        "rbac.aggregate=false",
        "serviceAccount.create=false",
    ]);
    for kind in ["NetworkPolicy", "Service", "ServiceAccount"] {
        assert!(of_kind(&objects, kind).is_empty(), "{kind}");
    }
    let text = serde_json::to_string(&objects).unwrap();
    assert!(!text.contains("aggregate-to-"));
}

#[test]
fn a_service_monitor_is_made_on_request_and_finds_the_service() {
    assert!(of_kind(&template(&[]), "ServiceMonitor").is_empty());
    let objects = template(&[
        "metrics.serviceMonitor.enabled=true",
        r#"metrics.serviceMonitor.labels={"release":"main"}"#,
    ]);
    let monitor = of_kind(&objects, "ServiceMonitor")[0];
    let service = of_kind(&objects, "Service")[0];
    for (label, value) in monitor["spec"]["selector"]["matchLabels"].as_object().unwrap() {
        assert_eq!(&service["metadata"]["labels"][label], value, "{label}");
    }
    assert_eq!(monitor["metadata"]["labels"]["release"], "main");
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], service["spec"]["ports"][0]["name"]);
    let refusal =
        try_template("lift", &["metrics.serviceMonitor.enabled=true", "metrics.service.enabled=false"])
            .expect_err("a monitor without a Service");
    assert!(refusal.contains("needs metrics.service.enabled"), "{refusal}");
}

#[test]
fn further_objects_are_maps_or_texts_with_templates() {
    let objects = template(&[concat!(
        r#"extraObjects=[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{ .Release.Name }}-map"}},"#,
        r#""apiVersion: v1\nkind: Secret\nmetadata: {name: text}"]"#
    )]);
    let names: Vec<_> =
        of_kind(&objects, "Secret").iter().map(|object| object["metadata"]["name"].clone()).collect();
    assert_eq!(names, ["lift-map", "text"]);
}
