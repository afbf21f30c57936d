//! The table of decisions.

use api::{
    Condition, ConditionStatus, ConditionType, LastRun, PlanApproval, PlanContent, PlanState, PlanSummary,
    SchemaPlanSpec, SchemaPlanStatus, SpecApproval, result::Termination,
};
use serde_json::json;

use super::*;
use crate::{backup::BackupState, status};

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn observed() -> Observed {
    let migration = serde_json::from_value(json!({
        "apiVersion": "schemalift.dev/v1alpha1", "kind": "SchemaMigration",
        "metadata": {"name": "blog", "namespace": "shop", "uid": "u-1", "generation": 2},
        "spec": {
            "target": {"provider": "postgresql", "urlFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
            "datamodel": {"inline": "model Post { id Int @id }"},
        },
        "status": {"observedGeneration": -1},
    }))
    .unwrap();
    Observed {
        migration,
        cluster: "c-1".into(),
        source: Ok("model Post { id Int @id }".into()),
        invalid: None,
        jobs: vec![],
        plans: vec![],
        backups: vec![],
        usurped: false,
        holder: None,
        ahead: None,
    }
}

fn base(observed: &Observed) -> String {
    let input = input::build(&observed.migration, "c-1", "model Post { id Int @id }", None);
    api::input::sha256(&input.to_bytes().unwrap())
}

/// A world in which the last run ended like this and was recorded.
fn ended(reason: Reason, change: impl FnOnce(&mut Observed)) -> Observed {
    let mut world = observed();
    change(&mut world);
    let mut result = Termination::new(reason, "text");
    result.digest = Some(format!("sha256:{}", "a".repeat(64)));
    result.plan_name = Some("blog-aaaaaaaaaa".into());
    let job = JobView {
        name: "blog-1".into(),
        input_digest: base(&world),
        generation: Some(2),
        finished: true,
        termination: Some(result),
        ..JobView::default()
    };
    world.jobs = vec![job.clone()];
    assert_eq!(decide(&world, now()), Decision::Record(job.clone()));
    world.migration.status = Some(status::after(&world, &Decision::Record(job), now()));
    world
}

fn started(decision: Decision) -> Start {
    match decision {
        Decision::Start(start) => *start,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_resource_starts_a_run_and_the_same_run_has_the_same_job() {
    let first = started(decide(&observed(), now()));
    assert_eq!(first, started(decide(&observed(), now())));
    assert_eq!(crate::job::name(&first), crate::job::name(&first.clone()));
    assert!(crate::job::name(&first).starts_with("blog-"));
}

#[test]
fn nothing_starts_beside_a_job_at_work_a_holder_or_who_came_first() {
    let mut world = observed();
    world.holder = Some("other-1".into());
    assert_eq!(decide(&world, now()), Decision::Queue("Job other-1".into()));
    world.holder = None;
    world.ahead = Some("SchemaMigration a".into());
    assert_eq!(decide(&world, now()), Decision::Queue("SchemaMigration a".into()));
    let job = JobView { name: "blog-1".into(), ..JobView::default() };
    world.jobs = vec![job.clone()];
    assert_eq!(decide(&world, now()), Decision::Watch(job));
}

#[test]
fn wrong_text_missing_text_and_suspension_start_nothing() {
    let mut world = observed();
    world.migration.spec.suspend = true;
    assert!(matches!(decide(&world, now()), Decision::Blocked(Reason::Suspended, _)));
    world.invalid = Some("D0101 at 1:1: no".into());
    assert!(matches!(decide(&world, now()), Decision::Blocked(Reason::DatamodelInvalid, _)));
    world.source = Err("gone".into());
    assert!(matches!(decide(&world, now()), Decision::Blocked(Reason::SourceNotFound, _)));
}

#[test]
fn success_settles_and_an_edit_starts_again() {
    let mut world = ended(Reason::Applied, |_| {});
    assert_eq!(decide(&world, now()), Decision::Settled);
    let status = world.migration.status.clone().unwrap();
    assert!(status.is_true(ConditionType::Ready) && status.is_true(ConditionType::Applied));
    assert_eq!(status::after(&world, &Decision::Settled, now()), status);
    world.source = Ok("model Post { id Int @id\n title String? }".into());
    let start = started(decide(&world, now()));
    assert_eq!((start.attempt, start.after.as_deref()), (0, Some("blog-1")));
    let status = status::after(&world, &Decision::Start(Box::new(start)), now());
    for fact in [ConditionType::Planned, ConditionType::Approved, ConditionType::Applied] {
        assert_eq!(status.condition(fact).unwrap().status, ConditionStatus::Unknown, "{fact:?}");
    }
}

/// The next generation.
fn edited(world: &Observed, change: impl FnOnce(&mut SchemaMigration)) -> Observed {
    let mut world = world.clone();
    change(&mut world.migration);
    world.migration.metadata.generation = world.migration.metadata.generation.map(|before| before + 1);
    world
}

/// Edits that decide nothing about a run.
fn of_no_account() -> [fn(&mut SchemaMigration); 4] {
    [
        |migration| migration.spec.suspend = true,
        |migration| {
            let job = json!({"nodeSelector": {"pool": "db"}, "ttlSecondsAfterFinished": 60});
            migration.spec.job = serde_json::from_value(job).unwrap();
        },
        |migration| migration.spec.approval = Some(SpecApproval { plan_digest: "sha256:old".into() }),
        |migration| migration.labels_mut().insert("team".into(), "shop".into()).map_or((), drop),
    ]
}

#[test]
fn an_edit_that_decides_nothing_leaves_the_result_standing_for_the_new_generation() {
    let world = ended(Reason::Applied, |_| {});
    let before = world.migration.status.clone().unwrap();
    for change in of_no_account() {
        let world = edited(&world, change);
        let later = now() + jiff::SignedDuration::from_secs(60);
        assert_eq!(decide(&world, later), Decision::Settled);
        let status = status::after(&world, &Decision::Settled, later);
        assert_eq!(status.observed_generation, Some(3));
        for (condition, before) in status.conditions.iter().zip(&before.conditions) {
            assert_eq!(condition, &Condition { observed_generation: Some(3), ..before.clone() });
        }
        assert!(status.is_true(ConditionType::Ready) && status.is_true(ConditionType::Planned));
        assert_eq!(
            status,
            SchemaMigrationStatus {
                conditions: status.conditions.clone(),
                observed_generation: Some(3),
                ..before.clone()
            }
        );
    }
}

#[test]
fn the_result_of_a_job_counts_although_the_spec_was_edited_meanwhile() {
    for change in of_no_account() {
        let world = edited(&ended(Reason::Applied, |_| {}), change);
        let recorded =
            Observed { migration: SchemaMigration { status: None, ..world.migration.clone() }, ..world };
        let job = recorded.jobs[0].clone();
        let status = status::after(&recorded, &Decision::Record(job), now());
        assert!(status.is_true(ConditionType::Ready) && status.is_true(ConditionType::Applied));
        assert_eq!(status.observed_generation, Some(3));
    }
}

#[test]
fn whatever_leads_to_another_database_is_another_input() {
    let target = |text: &str| {
        let mut world = observed();
        world.migration.spec.target = serde_json::from_str(text).unwrap();
        base(&world)
    };
    let sqlite = |claim: &str| {
        target(&format!(
            r#"{{"provider": "sqlite", "sqlite": {{"volumeClaimName": "{claim}", "path": "app.db"}}}}"#
        ))
    };
    assert_ne!(sqlite("one"), sqlite("two"));
    let url = |secret: &str| {
        target(&format!(
            r#"{{"provider": "mysql", "urlFrom": {{"secretKeyRef": {{"name": "{secret}", "key": "url"}}}}}}"#
        ))
    };
    assert_ne!(url("one"), url("two"));
}

#[test]
fn a_failure_that_is_edited_is_tried_at_once() {
    for reason in [Reason::StatementFailed, Reason::DatabaseUnreachable] {
        let world = ended(reason, |_| {});
        let first = job_of(&world);
        let world = edited(&world, |migration| migration.spec.job = Some(api::JobSettings::default()));
        let start = started(decide(&world, now()));
        assert_eq!(start.attempt, 1);
        assert_ne!(crate::job::name(&start), first);
        // Suspended, it says that, and what it failed with.
        let world = edited(&world, |migration| migration.spec.suspend = true);
        let Decision::Blocked(Reason::Suspended, message) = decide(&world, now()) else { panic!("{reason}") };
        assert!(message.contains(&format!("The last run failed: {reason}: text")), "{message}");
        let status = status::after(&world, &decide(&world, now()), now());
        assert!(!status.is_true(ConditionType::Stalled));
        let world = edited(&world, |migration| migration.spec.suspend = false);
        started(decide(&world, now()));
    }
}

fn job_of(world: &Observed) -> String {
    world.migration.status.as_ref().and_then(|status| status.last_run.as_ref()).unwrap().job.clone()
}

#[test]
fn a_datamodel_that_comes_back_is_run_again() {
    let first = started(decide(&observed(), now()));
    let mut world = observed();
    world.migration.status = Some(status_of_a_run(&crate::job::name(&first), "another input"));
    let again = started(decide(&world, now()));
    assert_eq!(again.base, first.base);
    assert_ne!(crate::job::name(&again), crate::job::name(&first), "the first Job may still be there");
}

fn status_of_a_run(job: &str, input: &str) -> SchemaMigrationStatus {
    let run = json!({"job": job, "inputDigest": input, "reason": "Applied", "message": ""});
    serde_json::from_value(json!({"lastRun": run})).unwrap()
}

#[test]
fn a_transient_failure_waits_and_then_tries_for_ever() {
    let mut world = ended(Reason::DatabaseUnreachable, |_| {});
    let due = world.migration.status.as_ref().unwrap().next_attempt_time.unwrap();
    assert_eq!(decide(&world, now()), Decision::BackOff(due));
    assert!(!world.migration.status.as_ref().unwrap().is_true(ConditionType::Stalled));
    world.migration.status.as_mut().unwrap().attempts = Some(1000);
    assert_eq!(started(decide(&world, due)).attempt, 1000);
}

fn ready(world: &Observed, decision: &Decision) -> (String, String) {
    let status = status::after(world, decision, now());
    assert!(!status.is_true(ConditionType::Ready) && !status.is_true(ConditionType::Stalled));
    let ready = status.condition(ConditionType::Ready).unwrap();
    (ready.reason.clone(), ready.message.clone())
}

#[test]
fn a_failure_that_is_tried_again_stays_to_be_read_until_an_attempt_gets_further() {
    let mut world = ended(Reason::DatabaseUnreachable, |_| {});
    let due = world.migration.status.as_ref().unwrap().next_attempt_time.unwrap();
    let unreachable = "DatabaseUnreachable".to_owned();
    let said = |message: &str| (unreachable.clone(), message.to_owned());
    assert_eq!(
        ready(&world, &decide(&world, now())),
        said("text The next attempt, after 1 failure, is at 2026-01-01T00:00:05Z.")
    );
    world.ahead = Some("SchemaMigration a".into());
    let (reason, message) = ready(&world, &decide(&world, due));
    assert_eq!(reason, unreachable);
    assert!(
        message.starts_with("text Attempt 2 follows 1 failure. It waits: SchemaMigration a is first"),
        "{message}"
    );
    let queued = status::after(&world, &decide(&world, due), due);
    assert_eq!(queued.runnable_since, Some(due), "it has its place in the queue");
    world.ahead = None;
    let start = decide(&world, due);
    let job = crate::job::name(&started(start.clone()));
    let at_work = said(&format!("text Attempt 2 follows 1 failure. Job {job} is at work."));
    assert_eq!(ready(&world, &start), at_work);
    let view = JobView { name: job.clone(), input_digest: base(&world), ..JobView::default() };
    assert_eq!(ready(&world, &Decision::Watch(view.clone())), at_work);
    // The database answers again: nothing of the failure is left.
    let mut plan = plan(PlanState::Running);
    (plan.status.as_mut().unwrap().steps_done, plan.status.as_mut().unwrap().steps_total) =
        (Some(1), Some(5));
    world.plans = vec![plan];
    assert_eq!(ready(&world, &Decision::Watch(view.clone())).0, "Running");
    // It failed at the second step, and there it stands again.
    world.migration.status.as_mut().unwrap().last_failure.as_mut().unwrap().steps_done = Some(1);
    let (reason, message) = ready(&world, &Decision::Watch(view.clone()));
    assert_eq!(reason, unreachable);
    assert!(message.starts_with("text Attempt 2"), "{message}");
    // Why it does not start, and what another input does, is news.
    let stuck = JobView { problem: Some("ImagePullBackOff".into()), ..view.clone() };
    assert_eq!(ready(&world, &Decision::Watch(stuck)).0, "JobFailed");
    world.plans.clear();
    let other = JobView { input_digest: "another".into(), ..view };
    assert_eq!(ready(&world, &Decision::Watch(other)).0, "Running");
}

#[test]
fn a_terminal_failure_stalls_until_somebody_asks() {
    let mut world = ended(Reason::StatementFailed, |_| {});
    assert!(world.migration.status.as_ref().unwrap().is_true(ConditionType::Stalled));
    assert_eq!(decide(&world, now()), Decision::Settled);
    world.migration.annotations_mut().insert(RECONCILE_AT.into(), "1".into());
    let start = started(decide(&world, now()));
    assert_eq!(start.asked.as_deref(), Some("1"));
    let decision = Decision::Start(Box::new(start));
    world.migration.status = Some(status::after(&world, &decision, now()));
    assert_eq!(decide(&world, now()), Decision::Settled);
}

#[test]
fn waiting_for_approval_is_not_stalled_and_the_right_digest_starts_a_second_job() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let mut world = ended(Reason::AwaitingApproval, |_| {});
    let again = started(decide(&world, now()));
    assert!(again.after.is_some(), "a plan that was deleted is made again");
    assert_ne!(crate::job::name(&again), crate::job::name(&Start { after: None, ..again.clone() }));
    world.usurped = true;
    assert!(
        matches!(decide(&world, now()), Decision::Blocked(Reason::PlanForged, _)),
        "no Job after the other"
    );
    world.usurped = false;
    world.plans = vec![plan(PlanState::Proposed)];
    let status = world.migration.status.clone().unwrap();
    assert!(!status.is_true(ConditionType::Stalled) && !status.is_true(ConditionType::Ready));
    assert_eq!(decide(&world, now()), Decision::Settled);
    // Through Git.
    let approve = |digest: &str| {
        let plan_digest = digest.to_owned();
        edited(&world, |migration| migration.spec.approval = Some(SpecApproval { plan_digest }))
    };
    assert_eq!(started(decide(&approve(&digest), now())).input.approved_digest, Some(digest.clone()));
    // Of another plan: one run looks whether it is the plan by now.
    let old = format!("sha256:{}", "b".repeat(64));
    let mut stale = approve(&old);
    assert_eq!(started(decide(&stale, now())).input.approved_digest, Some(old.clone()));
    stale.migration.status.as_mut().unwrap().last_run.as_mut().unwrap().approved_digest = Some(old);
    assert_eq!(decide(&stale, now()), Decision::Settled);
    // What nobody approves any more is not approved.
    let mut revoked = edited(&stale, |migration| migration.spec.approval = None);
    revoked.migration.annotations_mut().insert(RECONCILE_AT.into(), "1".into());
    assert_eq!(started(decide(&revoked, now())).input.approved_digest, None);
}

#[test]
fn what_waits_for_an_approval_says_the_command() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let world = ended(Reason::AwaitingApproval, |_| {});
    let status = world.migration.status.clone().unwrap();
    let command = format!(
        r#"`kubectl -n shop patch splan blog-aaaaaaaaaa --type merge --patch '{{"spec":{{"approval":{{"digest":"{digest}"}}}}}}'`"#
    );
    for condition in [ConditionType::Ready, ConditionType::Approved] {
        let message = &status.condition(condition).unwrap().message;
        assert!(
            message.contains(&command) && message.contains("`spec.approval.planDigest: sha256:"),
            "{message}"
        );
    }
    let again = status::after(&world, &Decision::Settled, now());
    assert_eq!(again, status);
}

#[test]
fn a_plan_that_waits_for_its_backup_runs_once_that_is_made() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let wanted = json!({"fromCronJob": {"name": "dump"}});
    let mut world = ended(Reason::AwaitingBackup, |world| {
        world.migration.spec.backup = Some(serde_json::from_value(wanted).unwrap());
    });
    let status = world.migration.status.clone().unwrap();
    assert!(!status.is_true(ConditionType::Stalled) && !status.is_true(ConditionType::Ready));
    let Decision::BackUp(name) = decide(&world, now()) else { panic!("it is not made") };
    let backup = |state| BackupView { name: name.clone(), plan_digest: digest.clone(), state };
    world.backups = vec![backup(BackupState::Running)];
    assert!(matches!(decide(&world, now()), Decision::Blocked(Reason::AwaitingBackup, _)));
    world.backups = vec![backup(BackupState::Failed(now(), "no disk".into()))];
    let failed = decide(&world, now());
    let said = status::after(&world, &failed, now());
    assert_eq!(said.condition(ConditionType::Ready).unwrap().reason, "BackupFailed");
    assert!(matches!(failed, Decision::BackUpFailed(..)));
    world.backups = vec![backup(BackupState::Made(now()))];
    let start = started(decide(&world, now()));
    assert_eq!(start.input.backed_up_digest, Some(digest));
    assert_eq!(start.base, base(&world), "a backup must not look like an edit");
    assert_ne!(crate::job::name(&start), crate::job::name(&Start { after: None, ..start.clone() }));
    world.migration.spec.suspend = true;
    assert!(matches!(decide(&world, now()), Decision::Blocked(Reason::Suspended, _)));
}

fn plan(state: PlanState) -> SchemaPlan {
    let content = PlanContent {
        digest: format!("sha256:{}", "a".repeat(64)),
        from: String::new(),
        to: String::new(),
        provider: api::Provider::Postgresql,
        destructive: true,
        steps_total: 1,
        steps: vec![],
        reverse: None,
        remains: vec![],
        script: api::pack("{}").unwrap(),
    };
    let mut plan = SchemaPlan::new("blog-aaaaaaaaaa", SchemaPlanSpec { plan: content, approval: None });
    plan.status = Some(SchemaPlanStatus { state, ..SchemaPlanStatus::default() });
    plan
}

#[test]
fn an_approved_plan_with_altered_text_is_refused() {
    let mut world = ended(Reason::AwaitingApproval, |_| {});
    let mut plan = plan(PlanState::Proposed);
    let digest = plan.spec.plan.digest.clone();
    world.plans = vec![plan.clone()];
    assert_eq!(decide(&world, now()), Decision::Settled);
    plan.spec.approval = Some(PlanApproval { by: None, at: None, digest });
    world.plans = vec![plan];
    assert!(matches!(decide(&world, now()), Decision::Blocked(Reason::PlanForged, _)));
}

#[test]
fn the_result_of_an_older_spec_never_reads_as_the_present_one() {
    let mut world = observed();
    let input_digest = base(&world);
    world.source = Ok("model Post { id Int @id\n title String? }".into());
    world.migration.metadata.generation = Some(3);
    let job = JobView {
        name: "blog-1".into(),
        input_digest,
        generation: Some(2),
        finished: true,
        termination: Some(Termination::new(Reason::Applied, "3 steps")),
        ..JobView::default()
    };
    let status = status::after(&world, &Decision::Record(job), now());
    assert!(!status.is_true(ConditionType::Ready) && status.is_true(ConditionType::Reconciling));
    assert_eq!(status.last_run.as_ref().map(|run: &LastRun| run.job.as_str()), Some("blog-1"));
    assert_eq!(status.plan.map(|plan: PlanSummary| plan.digest), None);
}

#[test]
fn the_same_target_must_have_a_history_from_its_first_success_on() {
    assert!(!started(decide(&observed(), now())).input.history_expected);
    let mut world = ended(Reason::Applied, |_| {});
    world.source = Ok("model Post { id Int @id\n title String? }".into());
    let before = base(&world);
    assert!(started(decide(&world, now())).input.history_expected);
    assert_eq!(before, base(&world), "the expectation must not look like an edit");
    world.migration.spec.target.schema = Some("other".into());
    assert!(!started(decide(&world, now())).input.history_expected);
    // A Job of an older spec migrated the older spec's target, wherever the present one leads.
    let (input_digest, mut edited) = (base(&observed()), observed());
    edited.migration.metadata.generation = Some(3);
    edited.migration.spec.target.schema = Some("other".into());
    let job = JobView {
        name: "blog-1".into(),
        input_digest,
        generation: Some(2),
        finished: true,
        ..JobView::default()
    };
    let job = JobView { termination: Some(Termination::new(Reason::Applied, "text")), ..job };
    edited.migration.status = Some(status::after(&edited, &Decision::Record(job.clone()), now()));
    edited.jobs = vec![JobView { closed: true, ..job }];
    assert!(!started(decide(&edited, now())).input.history_expected);
}

/// A status that is written again and again wakes whoever watches it, and says that something has just happened.
#[test]
fn a_second_look_changes_nothing() {
    let later = now() + jiff::SignedDuration::from_secs(600);
    let invalid = Observed { invalid: Some("D0105 at 1:7".into()), ..observed() };
    let job = JobView { name: "blog-1".into(), ..JobView::default() };
    let watched = Observed { jobs: vec![job], ..observed() };
    for mut world in
        [invalid, watched, ended(Reason::Conflict, |_| {}), ended(Reason::AwaitingApproval, |_| {})]
    {
        let first = status::after(&world, &decide(&world, now()), now());
        world.migration.status = Some(first.clone());
        assert_eq!(status::after(&world, &decide(&world, later), later), first);
    }
}

fn at_work(view: &JobView, change: impl FnOnce(&mut Observed)) -> String {
    let mut world = observed();
    world.jobs = vec![view.clone()];
    change(&mut world);
    let status = status::after(&world, &decide(&world, now()), now());
    let message = status.condition(ConditionType::Ready).unwrap().message.clone();
    format!("{} ({message})", status.step.unwrap_or_default())
}

#[test]
fn a_job_at_work_says_where_it_is() {
    let view = JobView { name: "blog-1".into(), ..JobView::default() };
    let one_done = |world: &mut Observed| {
        let mut plan = plan(PlanState::Running);
        let status = plan.status.as_mut().unwrap();
        (status.steps_done, status.steps_total) = (Some(1), Some(5));
        status.message = Some("step 2 of 5: create index a on T".into());
        world.plans = vec![plan];
    };
    let said = at_work(&view, one_done);
    assert_eq!(said, "1 of 5 (Job blog-1 is at work: step 2 of 5: create index a on T)");
    let stuck = JobView { problem: Some("ImagePullBackOff".into()), ..view.clone() };
    assert!(
        at_work(&stuck, one_done).contains("ImagePullBackOff"),
        "what a killed Job left must not hide it"
    );
    let ending = JobView { ending: Some(("blog-1-x".into(), "n7".into())), ..view.clone() };
    let said = at_work(&ending, one_done);
    assert!(said.contains("pod blog-1-x on node n7 has not ended yet"), "{said}");
    assert!(said.contains("kubectl delete job blog-1`"), "{said}");
    let podless = |seconds| JobView {
        podless_since: Some(now() - jiff::SignedDuration::from_secs(seconds)),
        ..view.clone()
    };
    assert!(at_work(&podless(2), |_| {}).contains("is at work"));
    assert!(at_work(&podless(60), |_| {}).contains("kubectl describe job blog-1"));
}

/// It holds the namespace's Lease, and nothing would ever be run by it.
#[test]
fn a_job_that_cannot_start_is_given_up() {
    let since = |seconds| Some(now() - jiff::SignedDuration::from_secs(seconds));
    let stuck = |seconds| JobView {
        name: "blog-1".into(),
        generation: Some(2),
        input_digest: base(&observed()),
        problem: Some("Unschedulable: no claim".into()),
        stuck_since: since(seconds),
        ..JobView::default()
    };
    let world = |view: JobView| Observed { jobs: vec![view], ..observed() };
    assert!(matches!(decide(&world(stuck(100)), now()), Decision::Watch(_)));
    let Decision::GiveUp(view, why) = decide(&world(stuck(120)), now()) else { panic!("it goes on") };
    assert!(why.contains("Unschedulable: no claim"), "{why}");
    // An edit may be the cure.
    let fixed = edited(&world(stuck(20)), |migration| migration.spec.job = Some(api::JobSettings::default()));
    assert!(matches!(decide(&fixed, now()), Decision::GiveUp(..)));
    assert!(matches!(decide(&edited(&world(stuck(5)), |_| {}), now()), Decision::Watch(_)));
    let running = JobView { stuck_since: None, ..stuck(0) };
    assert!(matches!(decide(&edited(&world(running), |_| {}), now()), Decision::Watch(_)));
    // Told once; its end is recorded with why.
    let told = JobView { given_up: Some(why.clone()), ..view };
    assert!(matches!(decide(&world(told.clone()), now()), Decision::Watch(_)));
    let ended = world(JobView { finished: true, ..told });
    let status = status::after(&ended, &decide(&ended, now()), now());
    assert_eq!(status.last_failure.unwrap().message, why);
}

#[test]
fn a_sqlite_file_without_a_volume_is_told_before_a_job_looks_for_it() {
    let mut world = observed();
    let target = json!({"provider": "sqlite", "sqlite": {"path": "app.db"}});
    world.migration.spec.target = serde_json::from_value(target).unwrap();
    let Decision::Blocked(Reason::ManifestInvalid, message) = decide(&world, now()) else {
        panic!("it runs")
    };
    assert!(message.contains("volumeClaimName"), "{message}");
}
