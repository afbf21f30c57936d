//! Other sessions while a plan runs on PostgreSQL: they go on, they are named, and a dead run's session keeps its place.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use database::{Database, MigrationId, Opening, Progress, Settings, StepState, connect};
use plan::LockMode;
use reason::Reason;
use schema::Dialect;
use sql::{Mode, Script, ScriptStep};
use tokio_postgres::Client;

use crate::support::{Place, build, locking, migration, script, settings, step};

fn pg(steps: Vec<ScriptStep>) -> Script {
    script(Dialect::PostgreSql, steps)
}

async fn opened(place: &Place, settings: &Settings, script: &Script) -> (Database, MigrationId) {
    let mut database = connect(&place.target(), settings).await.unwrap();
    database.lock(&[]).await.unwrap();
    let id = database.record(&migration("m"), script, Opening::Run).await.unwrap();
    (database, id)
}

async fn steps(database: &mut Database) -> Vec<(StepState, u32)> {
    let history = database.history().await.unwrap().unwrap();
    history.unfinished.unwrap().steps.iter().map(|row| (row.state, row.attempts)).collect()
}

async fn count(client: &Client, query: &str) -> i64 {
    client.query_one(query, &[]).await.unwrap().get(0)
}

const UNUSABLE: &str = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";

#[tokio::test(flavor = "multi_thread")]
async fn readers_go_on_between_the_tries() {
    let place = Place::new("readers").await;
    let holder = place.raw().await;
    holder.batch_execute("CREATE TABLE public.hot (id int)").await.unwrap();
    holder.batch_execute("BEGIN; SELECT FROM public.hot").await.unwrap();
    let alter = ScriptStep {
        impact: locking(&["hot"], LockMode::AccessExclusive),
        ..step(Mode::Grouped, "ALTER TABLE public.hot ADD COLUMN x int")
    };
    let script = pg(vec![alter]);
    let patient = Settings { lock_retries: 1000, ..settings("test") };
    let (mut database, id) = opened(&place, &patient, &script).await;
    let (reads, tries) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let ended = Arc::new(AtomicBool::new(false));
    let reader = {
        let (raw, reads, ended) = (place.raw().await, Arc::clone(&reads), Arc::clone(&ended));
        tokio::spawn(async move {
            while !ended.load(Ordering::SeqCst) {
                raw.batch_execute("SELECT FROM public.hot").await.unwrap();
                reads.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    let work = {
        let tries = Arc::clone(&tries);
        tokio::spawn(async move {
            let mut listen = |event: Progress| {
                if matches!(event, Progress::Retrying { .. }) {
                    tries.fetch_add(1, Ordering::SeqCst);
                }
            };
            let outcome = database.run(&id, &script, &mut listen).await;
            outcome.map(|()| database)
        })
    };
    // While the holder stays, each try ends without the lock, and a reader who came meanwhile is served after it.
    for _ in 0..3 {
        let (before, seen) = (tries.load(Ordering::SeqCst), reads.load(Ordering::SeqCst));
        while tries.load(Ordering::SeqCst) == before || reads.load(Ordering::SeqCst) == seen {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
    let mut database = work.await.unwrap().unwrap();
    ended.store(true, Ordering::SeqCst);
    reader.await.unwrap();
    let attempts = u32::try_from(tries.load(Ordering::SeqCst)).unwrap() + 1;
    assert_eq!(steps(&mut database).await, [(StepState::Done, attempts)]);
}

/// Statements that would take the same two locks in opposite orders, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn two_plans_over_the_same_tables_never_deadlock() {
    let place = Place::new("opposite").await;
    let setup = "CREATE TABLE public.a (id int); CREATE TABLE public.b (id int); \
                 ALTER DATABASE opposite SET deadlock_timeout = '20ms'";
    place.raw().await.batch_execute(setup).await.unwrap();
    let one = |first: &str, second: &str| {
        let statement =
            format!("LOCK TABLE public.{first}; SELECT pg_sleep(0.01); LOCK TABLE public.{second}");
        ScriptStep {
            impact: locking(&["a", "b"], LockMode::AccessExclusive),
            ..step(Mode::Alone, &statement)
        }
    };
    let mut works = Vec::new();
    for (namespace, first, second) in [("left", "a", "b"), ("right", "b", "a")] {
        let script = pg((0..25).map(|_| one(first, second)).collect());
        let target = place.target().with_namespace(Some(namespace.to_owned()));
        let patient = Settings { lock_retries: 1000, ..settings(namespace) };
        works.push(tokio::spawn(async move {
            let mut database = connect(&target, &patient).await.unwrap();
            database.lock(&[]).await.unwrap();
            let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
            let mut listen = |event: Progress| {
                if let Progress::Retrying { reason, .. } = event {
                    assert!(!reason.contains("40P01"), "{reason}");
                }
            };
            database.run(&id, &script, &mut listen).await.unwrap();
        }));
    }
    for work in works {
        work.await.unwrap();
    }
}

/// A run in a task of its own.
type Work = tokio::task::JoinHandle<Result<Database, database::Error>>;

/// Runs in a task of its own; what it waits for arrives in the list.
fn running(mut database: Database, id: MigrationId, script: &Script) -> (Work, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let (script, listen) = (script.clone(), Arc::clone(&said));
    let work = tokio::spawn(async move {
        let mut listen = |event: Progress| {
            if let Progress::Waiting { message } = event {
                listen.lock().unwrap().push(message);
            }
        };
        database.run(&id, &script, &mut listen).await.map(|()| database)
    });
    (work, said)
}

async fn first(said: &Mutex<Vec<String>>) -> String {
    loop {
        if let Some(message) = said.lock().unwrap().first() {
            return message.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_snapshot_delays_a_build_and_never_fails_it_and_its_owner_is_named() {
    let place = Place::new("snapshot").await;
    let holder = place.raw().await;
    holder
        .batch_execute(
            "CREATE TABLE public.t (id int); CREATE TABLE public.elsewhere (id int); SET application_name = 'report'",
        )
        .await
        .unwrap();
    holder
        .batch_execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 'canary in a query' FROM public.elsewhere",
        )
        .await
        .unwrap();
    let pid = count(&holder, "SELECT pg_backend_pid()::int8").await;
    let script = pg(vec![build("t", "t_idx")]);
    // Far shorter than the wait.
    let hasty = Settings { lock_timeout: Duration::from_millis(20), ..settings("test") };
    let (database, id) = opened(&place, &hasty, &script).await;
    let (work, said) = running(database, id, &script);
    let message = first(&said).await;
    for part in [
        &format!("pid {pid}"),
        "application report",
        "role app",
        "idle in transaction",
        "in a transaction for",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains("canary"), "{message}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!work.is_finished());
    holder.batch_execute("ROLLBACK").await.unwrap();
    let mut database = work.await.unwrap().unwrap();
    assert_eq!(steps(&mut database).await, [(StepState::Done, 1)]);
    assert_eq!(count(&holder, UNUSABLE).await, 0);
}

/// The last phase lasts for as long as somebody's old snapshot does.
#[tokio::test(flavor = "multi_thread")]
async fn a_build_tells_how_far_it_is() {
    let place = Place::new("advance").await;
    let holder = place.raw().await;
    let setup = "CREATE TABLE public.t (id int); CREATE TABLE public.elsewhere (id int)";
    holder.batch_execute(setup).await.unwrap();
    holder
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM public.elsewhere")
        .await
        .unwrap();
    let script = pg(vec![build("t", "t_idx")]);
    let (mut database, id) = opened(&place, &settings("test"), &script).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let work = {
        let told = Arc::clone(&told);
        tokio::spawn(async move {
            let mut listen = |event: Progress| told.lock().unwrap().extend(event.advance());
            database.run(&id, &script, &mut listen).await.map(|()| database)
        })
    };
    let last = |text: &String| text.starts_with("99 %") && text.ends_with("(waiting for old snapshots)");
    while !told.lock().unwrap().iter().any(last) {
        assert!(!work.is_finished());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
    work.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_held_is_noticed_before_a_build_begins() {
    let place = Place::new("noticed").await;
    let holder = place.raw().await;
    holder.batch_execute("CREATE TABLE public.t (id int)").await.unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE public.t").await.unwrap();
    let script = pg(vec![build("t", "t_idx")]);
    let (mut database, id) = opened(&place, &settings("test"), &script).await;
    let error = database.run(&id, &script, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.reason(), Reason::LockTimeout, "{error}");
    assert!(error.to_string().contains("idle in transaction"), "{error}");
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(count(&holder, "SELECT count(*) FROM pg_class WHERE relname = 't_idx'").await, 0);
    database.run(&id, &script, &mut |_| {}).await.unwrap();
    assert_eq!(steps(&mut database).await, [(StepState::Done, 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_runs_statement_is_waited_for_and_never_started_twice() {
    let place = Place::new("dead").await;
    let holder = place.raw().await;
    holder.batch_execute("CREATE TABLE public.t (id int)").await.unwrap();
    holder.batch_execute("BEGIN; INSERT INTO public.t VALUES (1)").await.unwrap();
    let script = pg(vec![build("t", "t_idx")]);
    let (database, id) = opened(&place, &settings("schemalift/shop/blog"), &script).await;
    let (work, said) = running(database, id, &script);
    first(&said).await;
    // The client goes as if it were killed; the server goes on.
    work.abort();
    assert!(work.await.is_err());
    let orphans = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND state = 'active' \
                   AND application_name = 'schemalift/shop/blog'";
    let watcher = place.raw().await;
    assert_eq!(count(&watcher, orphans).await, 1);
    let mut next = connect(&place.target(), &settings("schemalift/shop/blog")).await.unwrap();
    let mut said = Vec::new();
    let mut listen = |event: Progress| {
        if let Progress::Waiting { message } = event {
            said.push(message);
        }
    };
    let error = next.lock_telling(&[], &mut listen).await.unwrap_err();
    assert_eq!(error.reason(), Reason::DatabaseBusy);
    for text in [&error.to_string(), &said[0]] {
        assert!(text.contains("(pid ") && text.contains("still at work; no second one is started"), "{text}");
    }
    assert_eq!(count(&watcher, orphans).await, 1);
    holder.batch_execute("COMMIT").await.unwrap();
    while next.lock(&[]).await.is_err() {}
    next.run(&id, &script, &mut |_| {}).await.unwrap();
    // It was found done: there was no second try.
    assert_eq!(steps(&mut next).await, [(StepState::Done, 1)]);
    assert_eq!(count(&watcher, UNUSABLE).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_runs_session_is_ended_and_whatever_it_sends_later_fails() {
    let place = Place::new("silent").await;
    let name = Settings { takeover_after: Duration::from_secs(1), ..settings("schemalift/shop/blog") };
    let script = pg(vec![step(Mode::Grouped, "CREATE TABLE public.once (id int)")]);
    let (mut old, id) = opened(&place, &name, &script).await;
    // A run of another name is never ended.
    let mut stranger =
        connect(&place.target(), &Settings { application_name: "other".to_owned(), ..name.clone() })
            .await
            .unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(stranger.lock(&[]).await.unwrap_err().reason(), Reason::DatabaseBusy);
    let patient = Settings { lock_wait: Duration::from_secs(60), ..name };
    let mut next = connect(&place.target(), &patient).await.unwrap();
    next.lock(&[]).await.unwrap();
    next.run(&id, &script, &mut |_| {}).await.unwrap();
    let error = old.run(&id, &script, &mut |_| {}).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(steps(&mut next).await, [(StepState::Done, 1)]);
}
