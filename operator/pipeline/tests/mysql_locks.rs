//! The session of a run that died or was stopped, on MySQL and MariaDB.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use database::{Database, MigrationId, NewMigration, Opening, Progress, Settings, StepState, connect};
use mysql_async::prelude::Queryable as _;
use plan::Impact;
use reason::Reason;
use schema::{Dialect, ObjectName, Schema};
use servers::mysql::session;
use sql::{Fact, Mode, Probe, Script, ScriptStep};

use crate::support::Place;

/// One step that makes the table `once` after some seconds.
fn slow() -> Script {
    let step = ScriptStep {
        kind: "Test".to_owned(),
        object: "once".to_owned(),
        summary: "make a table slowly".to_owned(),
        statements: vec!["CREATE TABLE once AS SELECT SLEEP(5) AS slept".to_owned()],
        mode: Mode::NoTransaction,
        hazards: Vec::new(),
        probe: Some(Probe::Facts(vec![Fact::Table(ObjectName::new(None, "once"))])),
        impact: Impact::default(),
    };
    let mut script = Script {
        version: 1,
        dialect: Dialect::MySql,
        digest: String::new(),
        from: "sha256:from".to_owned(),
        to: "sha256:to".to_owned(),
        steps: vec![step],
        desired: Schema::empty(Dialect::MySql),
    };
    script.digest = sql::digest(&script);
    script
}

async fn begun(place: &Place, script: &Script) -> (Database, MigrationId) {
    let mut database = place.connect().await;
    database.lock(&[]).await.unwrap();
    let new = NewMigration {
        owner: crate::support::OWNER.to_owned(),
        name: "m".to_owned(),
        approved_digest: None,
        actor: None,
        tool_version: "0.1.0".to_owned(),
        back: None,
    };
    let id = database.record(&new, script, Opening::Run).await.unwrap();
    (database, id)
}

async fn steps(database: &mut Database) -> Vec<(StepState, u32)> {
    let history = database.history().await.unwrap().unwrap();
    history.unfinished.unwrap().steps.iter().map(|row| (row.state, row.attempts)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_runs_statement_is_waited_for_and_never_started_twice() {
    let place = Place::mysql().await;
    let script = slow();
    let (mut database, id) = begun(&place, &script).await;
    let owned = script.clone();
    let work = tokio::spawn(async move { database.run(&id, &owned, &mut |_| {}).await });
    let at_work = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'CREATE TABLE once%'";
    while place.count(at_work).await == 0 {}
    // The client goes as if it were killed; the server goes on.
    work.abort();
    assert!(work.await.is_err());
    let hasty = Settings { lock_wait: Duration::from_millis(300), ..place.settings() };
    let mut next = connect(&place.target, &hasty).await.unwrap();
    let mut said = Vec::new();
    let mut listen = |event: Progress| {
        if let Progress::Waiting { message } = event {
            said.push(message);
        }
    };
    let error = next.lock_telling(&[], &mut listen).await.unwrap_err();
    assert_eq!(error.reason(), Reason::DatabaseBusy);
    for text in [&error.to_string(), &said[0]] {
        assert!(
            text.contains("connection ") && text.contains("still at work; no second one is started"),
            "{text}"
        );
    }
    assert_eq!(place.count(at_work).await, 1);
    while next.lock(&[]).await.is_err() {}
    next.run(&id, &script, &mut |_| {}).await.unwrap();
    // It was found done: there was no second try.
    assert_eq!(steps(&mut next).await, [(StepState::Done, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_runs_session_is_ended_and_whatever_it_sends_later_fails() {
    let place = Place::mysql().await;
    let script = slow();
    let (mut old, id) = begun(&place, &script).await;
    let patient = Settings { takeover_after: Duration::from_secs(1), ..place.settings() };
    // A run of another name is never ended.
    let stranger = Settings {
        application_name: "other".to_owned(),
        lock_wait: Duration::from_millis(2500),
        ..patient.clone()
    };
    let mut stranger = connect(&place.target, &stranger).await.unwrap();
    assert_eq!(stranger.lock(&[]).await.unwrap_err().reason(), Reason::DatabaseBusy);
    let mut next = connect(&place.target, &patient).await.unwrap();
    next.lock(&[]).await.unwrap();
    next.run(&id, &script, &mut |_| {}).await.unwrap();
    let error = old.run(&id, &script, &mut |_| {}).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(steps(&mut next).await, [(StepState::Done, 1)]);
}

/// While somebody stays on the table each try ends without the lock, whoever came meanwhile is served after it, and the holder is
/// named all the while.
#[tokio::test(flavor = "multi_thread")]
async fn readers_go_on_between_the_tries() {
    let place = Place::mysql().await;
    place.apply("model hot {\n  id Int @id\n}").await;
    let mut holder = session(&place.name).await;
    holder.query_drop("BEGIN; SELECT * FROM hot").await.unwrap();
    let (reads, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let reader = {
        let (mut own, reads, ended) = (session(&place.name).await, Arc::clone(&reads), Arc::clone(&ended));
        tokio::spawn(async move {
            while !ended.load(Ordering::SeqCst) {
                own.query_drop("SELECT * FROM hot").await.unwrap();
                reads.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    let tries = Arc::new(Mutex::new(Vec::new()));
    let work = {
        let (tries, request) = (Arc::clone(&tries), place.request("model hot {\n  id Int @id\n  x Int?\n}"));
        let patient = Settings { lock_retries: 1000, ..place.settings() };
        let mut database = connect(&place.target, &patient).await.unwrap();
        tokio::spawn(async move {
            let mut listen = |event: Progress| {
                if let Progress::Retrying { reason, .. } = event {
                    tries.lock().unwrap().push(reason);
                }
            };
            pipeline::migrate(&mut database, &request, &mut listen).await
        })
    };
    let told = || tries.lock().unwrap().len();
    for _ in 0..3 {
        let (before, seen) = (told(), reads.load(Ordering::SeqCst));
        while told() == before || reads.load(Ordering::SeqCst) == seen {
            assert!(!work.is_finished());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    holder.query_drop("ROLLBACK").await.unwrap();
    assert_eq!(work.await.unwrap().unwrap().reason, Reason::Applied);
    ended.store(true, Ordering::SeqCst);
    reader.await.unwrap();
    let named = format!("connection {}, app@127.0.0.1:", holder.id());
    let tries = std::mem::take(&mut *tries.lock().unwrap());
    assert!(tries[..3].iter().all(|reason| reason.contains(&named)), "{tries:?}");
    let attempts = "SELECT max(attempts) FROM _schemalift_step";
    assert_eq!(place.count(attempts).await, tries.len() as u64 + 1);
}
