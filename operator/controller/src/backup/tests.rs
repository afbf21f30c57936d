//! When a backup is made, and what its Job is.

use serde_json::json;

use super::*;

const DIGEST: &str = "sha256:aa";

fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn migration() -> SchemaMigration {
    serde_json::from_value(json!({
        "apiVersion": "schemalift.dev/v1alpha1", "kind": "SchemaMigration",
        "metadata": {"name": "blog", "namespace": "shop", "uid": "u-1", "generation": 2},
        "spec": {
            "target": {"provider": "postgresql", "urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
            "datamodel": {"inline": "model Post { id Int @id }"},
            "backup": {"fromCronJob": {"name": "dump"}},
        },
    }))
    .unwrap()
}

fn backup(name: &str, state: BackupState) -> BackupView {
    BackupView { name: name.to_owned(), plan_digest: DIGEST.to_owned(), state }
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn next_of(backups: &[BackupView]) -> Next {
    let migration = migration();
    let wanted = migration.spec.backup.clone().unwrap();
    next(&migration, &wanted, backups, DIGEST, now())
}

#[test]
fn one_backup_is_made_awaited_and_used_while_it_is_fresh() {
    let Next::Make(first) = next_of(&[]) else { panic!("none is there yet") };
    assert!(first.starts_with("blog-backup-"), "{first}");
    assert_eq!(next_of(&[]), Next::Make(first.clone()), "the same backup has the same name");
    assert_eq!(next_of(&[backup("b-1", BackupState::Running)]), Next::Wait("b-1".into()));
    assert_eq!(next_of(&[backup("b-1", BackupState::Made(ago(59)))]), Next::Made("b-1".into()));
    let Next::Make(second) = next_of(&[backup(&first, BackupState::Made(ago(61)))]) else {
        panic!("it is older than maxAge")
    };
    assert_ne!(first, second);
}

#[test]
fn a_backup_for_another_plan_is_none_for_this_one() {
    let mut other = backup("b-1", BackupState::Made(ago(1)));
    other.plan_digest = "sha256:bb".to_owned();
    assert!(matches!(next_of(&[other]), Next::Make(_)));
}

#[test]
fn a_failed_backup_is_made_again_after_a_pause_that_grows() {
    let failed = |name: &str, minutes| {
        backup(name, BackupState::Failed(ago(minutes), "BackoffLimitExceeded: reached".to_owned()))
    };
    let Next::Failed(message, due) = next_of(&[failed("b-1", 0)]) else {
        panic!("five seconds have not passed")
    };
    assert!(message.contains("b-1") && message.contains("BackoffLimitExceeded"), "{message}");
    assert_eq!(due.duration_since(now()), SignedDuration::from_secs(5));
    assert!(matches!(next_of(&[failed("b-1", 1)]), Next::Make(_)));
    let several: Vec<BackupView> = (1..=9).map(|n| failed(&format!("b-{n}"), 1)).collect();
    assert!(matches!(next_of(&several), Next::Failed(..)), "five minutes have not passed");
}

fn cron_job() -> CronJob {
    serde_json::from_value(json!({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "dump", "namespace": "shop"},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {
            "metadata": {"labels": {"app": "dump"}, "annotations": {"team": "shop"}},
            "spec": {
                "backoffLimit": 2,
                "ttlSecondsAfterFinished": 0,
                "template": {
                    "metadata": {"labels": {"app": "dump"}},
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "dump", "image": "dump"}]},
                },
            },
        }},
    }))
    .unwrap()
}

#[test]
fn the_job_is_what_kubectl_would_make_owned_by_the_resource_and_kept_for_an_hour() {
    let job = build(&migration(), &cron_job(), "blog-backup-1", DIGEST);
    assert_eq!(
        serde_json::to_value(job).unwrap(),
        json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {
                "name": "blog-backup-1", "namespace": "shop",
                "labels": {
                    "app": "dump",
                    "app.kubernetes.io/managed-by": "schemalift",
                    "schemalift.dev/backup-for": "blog",
                },
                "annotations": {
                    "cronjob.kubernetes.io/instantiate": "manual",
                    "schemalift.dev/plan-digest": DIGEST,
                    "team": "shop",
                },
                "ownerReferences": [{
                    "apiVersion": "schemalift.dev/v1alpha1", "kind": "SchemaMigration", "name": "blog", "uid": "u-1",
                    "controller": true,
                }],
            },
            "spec": {
                "backoffLimit": 2,
                "ttlSecondsAfterFinished": 3600,
                "template": {
                    "metadata": {"labels": {"app": "dump"}},
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "dump", "image": "dump"}]},
                },
            },
        })
    );
}

#[test]
fn a_finished_job_is_kept_as_long_as_the_longest_of_an_hour_its_template_and_the_age_that_is_allowed() {
    let kept = |max_age: &str, template: Option<i32>| {
        let mut migration = migration();
        max_age.clone_into(&mut migration.spec.backup.as_mut().unwrap().max_age);
        let mut from = cron_job();
        from.spec.job_template.spec.as_mut().unwrap().ttl_seconds_after_finished = template;
        build(&migration, &from, "b-1", DIGEST).spec.unwrap().ttl_seconds_after_finished
    };
    assert_eq!(kept("10m", None), Some(3600));
    assert_eq!(kept("10m", Some(60)), Some(3600));
    assert_eq!(kept("10m", Some(7200)), Some(7200));
    assert_eq!(kept("12h", Some(7200)), Some(12 * 3600));
}

#[test]
fn a_job_is_read_as_it_ended() {
    let with = |status: serde_json::Value| {
        let mut job = build(&migration(), &cron_job(), "b-1", DIGEST);
        job.status = Some(serde_json::from_value(status).unwrap());
        view(&job)
    };
    assert_eq!(with(json!({})), backup("b-1", BackupState::Running));
    let complete = json!({
        "completionTime": "2026-01-01T11:00:00Z",
        "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T11:00:00Z"}],
    });
    assert_eq!(with(complete), backup("b-1", BackupState::Made(ago(60))));
    let failed = json!({"conditions": [{
        "type": "Failed", "status": "True", "lastTransitionTime": "2026-01-01T11:00:00Z",
        "reason": "DeadlineExceeded", "message": "too slow",
    }]});
    let why = "DeadlineExceeded: too slow".to_owned();
    assert_eq!(with(failed), backup("b-1", BackupState::Failed(ago(60), why)));
}
