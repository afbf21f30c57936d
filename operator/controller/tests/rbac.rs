//! The rights that the chart gives, read from its templates.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::{collections::BTreeSet, fs, path::Path};

fn chart(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/schemalift/templates").join(file);
    fs::read_to_string(path).unwrap()
}

/// `group/resource verb` of each rule of a named template.
fn rules(name: &str) -> BTreeSet<String> {
    let text = chart("_helpers.tpl");
    let start = text.split(&format!("define \"schemalift.{name}\" -}}}}")).nth(1).unwrap();
    let body = start.split("{{- end -}}").next().unwrap();
    let mut rights = BTreeSet::new();
    for rule in body.split("- apiGroups:").skip(1) {
        let list = |key: &str| -> Vec<String> {
            let Some(rest) = rule.split(key).nth(1) else {
                return vec![];
            };
            let inner = rest.split('[').nth(1).unwrap().split(']').next().unwrap();
            inner.split(',').map(|item| item.trim().trim_matches('"').to_owned()).collect()
        };
        let group = rule.split('[').nth(1).unwrap().split(']').next().unwrap().trim_matches('"');
        let names = list("resourceNames:").join(",");
        for resource in list("resources:") {
            for verb in list("verbs:") {
                rights.insert(format!("{group}/{resource} {verb} {names}").trim_end().to_owned());
            }
        }
    }
    rights
}

#[test]
fn the_operator_has_every_right_of_a_job_and_so_needs_no_bind() {
    assert!(rules("operatorRules").is_superset(&rules("jobRules")));
    let job: Vec<String> = rules("jobRules").into_iter().collect();
    assert_eq!(job, ["schemalift.dev/schemaplans create", "schemalift.dev/schemaplans/status patch"]);
}

#[test]
fn nobody_reads_secrets_and_nothing_is_a_wildcard() {
    for file in ["_helpers.tpl", "rbac.yaml"] {
        let text = chart(file);
        for word in ["secrets", "\"*\"", "'*'", "escalate", "impersonate", "pods/exec", " bind"] {
            let rights: Vec<&str> = text
                .lines()
                .filter(|line| line.contains("resources:") || line.contains("verbs:"))
                .filter(|line| line.contains(word))
                .collect();
            assert!(rights.is_empty(), "{file}: {rights:?}");
        }
    }
}

#[test]
fn the_operator_cannot_approve() {
    let rights = rules("operatorRules");
    assert!(!rights.contains("schemalift.dev/schemaplans patch"));
    assert!(!rights.contains("schemalift.dev/schemaplans update"));
    expect_test::expect![[r"
        /configmaps create
        /configmaps delete
        /configmaps get
        /configmaps list
        /configmaps watch
        /pods get
        /pods list
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
        schemalift.dev/schemamigrations get
        schemalift.dev/schemamigrations list
        schemalift.dev/schemamigrations watch
        schemalift.dev/schemamigrations/finalizers update
        schemalift.dev/schemamigrations/status patch
        schemalift.dev/schemaplans create
        schemalift.dev/schemaplans get
        schemalift.dev/schemaplans list
        schemalift.dev/schemaplans watch
        schemalift.dev/schemaplans/status patch"]]
    .assert_eq(&rights.into_iter().collect::<Vec<_>>().join("\n"));
}
