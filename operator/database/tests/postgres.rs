//! PostgreSQL: a real server, no mocks.

use database::{
    Database, End, Error, MigrationId, MigrationState, Opening, Progress, Shadow, StepState, Target, connect,
};
use reason::Reason;
use schema::Dialect;
use secrecy::SecretString;
use sql::{Mode, Script, ScriptStep};

use crate::support::{PASSWORD, Place, build, migration, script, server, settings, step};

fn pg(steps: Vec<ScriptStep>) -> Script {
    script(Dialect::PostgreSql, steps)
}

fn public() -> Vec<String> {
    vec!["public".to_owned()]
}

async fn locked(place: &Place, name: &str) -> Database {
    let mut database = connect(&place.target(), &settings(name)).await.unwrap();
    database.lock(&[]).await.unwrap();
    database
}

async fn run(database: &mut Database, id: MigrationId, script: &Script) -> Result<(), Error> {
    database.run(&id, script, &mut |_| {}).await
}

async fn states(database: &mut Database) -> Vec<(StepState, u32)> {
    let history = database.history().await.unwrap().unwrap();
    let steps = history.unfinished.unwrap().steps;
    steps.iter().map(|row| (row.state, row.attempts)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_recorded_in_another_schema() {
    let place = Place::new("recorded").await;
    let target = place.target().with_history_namespace(Some("Lift \"x".to_owned()));
    let mut database = connect(&target, &settings("test")).await.unwrap();
    assert!(database.history().await.unwrap().is_none());
    database.lock(&[]).await.unwrap();
    let script = pg(vec![
        step(Mode::Grouped, "CREATE TABLE public.\"a\" (id int)"),
        step(Mode::Grouped, "CREATE TABLE public.\"b\" (id int)"),
        step(Mode::Alone, "CREATE INDEX \"a_idx\" ON public.\"a\" (id)"),
        build("b", "b_idx"),
    ]);
    let id = database.record(&migration("init"), &script, Opening::Run).await.unwrap();
    let early = database.finish(&id, End::Applied { schema: Box::new(script.desired.clone()) }).await;
    assert_eq!(early.unwrap_err().reason(), Reason::HistoryInvalid);
    let mut finished = Vec::new();
    let mut listen = |event: Progress| {
        if let Progress::Finished { ord, .. } = event {
            finished.push(ord);
        }
    };
    database.run(&id, &script, &mut listen).await.unwrap();
    assert_eq!(finished, [0, 1, 2, 3]);
    let schema = database.introspect(&public()).await.unwrap();
    assert_eq!(schema.tables.len(), 2);
    database.finish(&id, End::Applied { schema: Box::new(schema.clone()) }).await.unwrap();
    database.unlock().await.unwrap();
    let history = database.history().await.unwrap().unwrap();
    let row = &history.migrations[0];
    assert_eq!((row.state, row.steps_total, row.steps_done), (MigrationState::Applied, 4, 4));
    assert_eq!((row.schema.as_ref(), row.script.as_ref()), (Some(&schema), Some(&script)));
    assert_eq!(database.count("SELECT count(*) FROM public.a").await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_step_takes_its_group_back_and_is_continued() {
    let place = Place::new("failing").await;
    let raw = place.raw().await;
    raw.batch_execute("CREATE TABLE public.t (v int); INSERT INTO public.t VALUES (1), (1)").await.unwrap();
    let mut database = locked(&place, "test").await;
    let script = pg(vec![
        step(Mode::Alone, "CREATE TABLE public.first (id int)"),
        step(Mode::Grouped, "CREATE TABLE public.second (id int)"),
        step(Mode::Grouped, "CREATE UNIQUE INDEX t_v ON public.t (v)"),
    ]);
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    let error = run(&mut database, id, &script).await.unwrap_err();
    assert_eq!(
        (error.reason(), error.sqlstate(), error.step()),
        (Reason::DataViolatesPlan, Some("23505"), Some(2))
    );
    assert!(error.to_string().contains("CREATE UNIQUE INDEX"), "{error}");
    assert_eq!(
        states(&mut database).await,
        [(StepState::Done, 1), (StepState::Pending, 0), (StepState::Failed, 1)]
    );
    assert_eq!(database.introspect(&public()).await.unwrap().tables.len(), 2);
    raw.batch_execute("TRUNCATE public.t").await.unwrap();
    drop(database);
    let mut next = connect(&place.target(), &settings("next")).await.unwrap();
    while next.lock(&[]).await.is_err() {}
    let mut skipped = 0;
    next.run(&id, &script, &mut |event| skipped += usize::from(matches!(event, Progress::Skipped { .. })))
        .await
        .unwrap();
    assert_eq!(skipped, 1);
    assert_eq!(next.introspect(&public()).await.unwrap().tables.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_killed_inside_a_group_is_finished_by_the_next() {
    let place = Place::new("killed").await;
    let raw = place.raw().await;
    raw.batch_execute("CREATE TABLE public.bomb (v int); INSERT INTO public.bomb VALUES (1)").await.unwrap();
    let mut database = locked(&place, "test").await;
    let script = pg(vec![
        step(Mode::Grouped, "CREATE TABLE public.a (id int)"),
        step(Mode::Grouped, "SELECT pg_terminate_backend(pg_backend_pid()) FROM public.bomb"),
        step(Mode::Grouped, "CREATE TABLE public.b (id int)"),
    ]);
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    let error = run(&mut database, id, &script).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Interrupted, "{error}");
    raw.batch_execute("TRUNCATE public.bomb").await.unwrap();
    let mut next = locked(&place, "next").await;
    let stored = next.history().await.unwrap().unwrap().unfinished.unwrap();
    assert_eq!(stored.script, script);
    run(&mut next, stored.id, &stored.script).await.unwrap();
    assert_eq!(states(&mut next).await, vec![(StepState::Done, 1); 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_build_that_was_killed_is_cleaned_up_and_built_once() {
    let place = Place::new("build").await;
    let raw = place.raw().await;
    raw.batch_execute("CREATE TABLE public.t (id int); INSERT INTO public.t VALUES (1)").await.unwrap();
    let script = pg(vec![build("t", "t_idx")]);
    let mut database = locked(&place, "first").await;
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    let holder = place.raw().await;
    holder.batch_execute("BEGIN; UPDATE public.t SET id = 2").await.unwrap();
    let owned = script.clone();
    let work = tokio::spawn(async move { run(&mut database, id, &owned).await });
    // The build has made its catalog entry and waits for the holder.
    let kill = "SELECT pg_terminate_backend(p.pid) FROM pg_stat_progress_create_index p, pg_class c \
                WHERE c.relname = 't_idx' AND p.datname = current_database()";
    while raw.query(kill, &[]).await.unwrap().is_empty() {}
    assert_eq!(work.await.unwrap().unwrap_err().reason(), Reason::Interrupted);
    holder.batch_execute("ROLLBACK").await.unwrap();
    let mut next = locked(&place, "next").await;
    assert!(!next.introspect(&public()).await.unwrap().tables[0].indexes[0].valid);
    assert_eq!(states(&mut next).await, [(StepState::Running, 1)]);
    run(&mut next, id, &script).await.unwrap();
    assert_eq!(states(&mut next).await, [(StepState::Done, 2)]);
    let indexes = &next.introspect(&public()).await.unwrap().tables[0].indexes;
    assert!(indexes.len() == 1 && indexes[0].valid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_ended_without_its_record_is_not_run_again() {
    let place = Place::new("orphan").await;
    let raw = place.raw().await;
    raw.batch_execute("CREATE TABLE public.t (id int)").await.unwrap();
    let mut next = locked(&place, "next").await;
    let mut blind = step(Mode::NoTransaction, "CREATE INDEX CONCURRENTLY u_idx ON public.t (id)");
    let probed = pg(vec![build("t", "t_idx")]);
    let id = next.record(&migration("m"), &probed, Opening::Run).await.unwrap();
    raw.batch_execute("CREATE INDEX t_idx ON public.t (id); UPDATE public._schemalift_step SET state = 'running', backend_pid = 1").await.unwrap();
    run(&mut next, id, &probed).await.unwrap();
    assert_eq!(states(&mut next).await, [(StepState::Done, 0)]);
    next.finish(&id, End::Abandoned).await.unwrap();
    blind.summary = "blind".to_owned();
    let unprobed = pg(vec![blind]);
    let id = next.record(&migration("m2"), &unprobed, Opening::Run).await.unwrap();
    raw.batch_execute("UPDATE public._schemalift_step SET state = 'running' WHERE state = 'pending'")
        .await
        .unwrap();
    let error = run(&mut next, id, &unprobed).await.unwrap_err();
    assert_eq!(error.reason(), Reason::AmbiguousStep);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_and_its_holder() {
    let place = Place::new("busy").await;
    let mut first = locked(&place, "schemalift/shop/blog").await;
    let mut second = connect(&place.target(), &settings("second")).await.unwrap();
    let error = second.lock(&[]).await.unwrap_err();
    assert_eq!(error.reason(), Reason::DatabaseBusy);
    assert!(error.to_string().contains("schemalift/shop/blog (pid "), "{error}");
    let other = place.target().with_namespace(Some("elsewhere".to_owned()));
    connect(&other, &settings("third")).await.unwrap().lock(&[]).await.unwrap();
    first.unlock().await.unwrap();
    second.lock(&[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_table_ends_in_a_lock_timeout_that_names_the_holder() {
    let place = Place::new("held").await;
    let raw = place.raw().await;
    raw.batch_execute("CREATE TABLE public.hot (id int); SET application_name = 'report'").await.unwrap();
    raw.batch_execute("BEGIN; SELECT *, 'canary in a query' FROM public.hot").await.unwrap();
    let pid: i32 = raw.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let patient = database::Settings { lock_retries: 1, ..settings("test") };
    let mut database = connect(&place.target(), &patient).await.unwrap();
    database.lock(&[]).await.unwrap();
    let script = pg(vec![step(Mode::Grouped, "ALTER TABLE \"public\".\"hot\" ADD COLUMN x int")]);
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    let mut retries = 0;
    let error = database
        .run(&id, &script, &mut |event| retries += usize::from(matches!(event, Progress::Retrying { .. })))
        .await
        .unwrap_err();
    assert_eq!((error.reason(), retries), (Reason::LockTimeout, 1), "{error}");
    for part in [
        &format!("held by pid {pid}, "),
        "application report, ",
        "role app, ",
        "idle in transaction, ",
        "in a transaction for ",
    ] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    assert!(!error.to_string().contains("canary"), "{error}");
    raw.batch_execute("ROLLBACK").await.unwrap();
    run(&mut database, id, &script).await.unwrap();
    assert_eq!(states(&mut database).await, [(StepState::Done, 3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raised_fence_stops_the_older_run() {
    let place = Place::new("fence").await;
    let mut database = locked(&place, "test").await;
    let script = pg(vec![step(Mode::Grouped, "CREATE TABLE public.a (id int)")]);
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    place.raw().await.batch_execute("UPDATE public._schemalift_fence SET fence = fence + 1").await.unwrap();
    assert_eq!(run(&mut database, id, &script).await.unwrap_err().reason(), Reason::Interrupted);
    assert!(database.introspect(&public()).await.unwrap().tables.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_was_changed_or_is_newer_is_refused() {
    let place = Place::new("tampered").await;
    let raw = place.raw().await;
    let mut database = locked(&place, "test").await;
    let script = pg(vec![step(Mode::Grouped, "CREATE TABLE public.a (id int)")]);
    database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    for (change, undo) in [
        (
            "UPDATE public._schemalift_migration SET script = replace(script, 'public.a', 'public.z')",
            "UPDATE public._schemalift_migration SET script = replace(script, 'public.z', 'public.a')",
        ),
        (
            "UPDATE public._schemalift_migration SET digest = 'x' || digest",
            "UPDATE public._schemalift_migration SET digest = substr(digest, 2)",
        ),
        (
            "UPDATE public._schemalift_step SET sql_digest = 'x' || sql_digest",
            "UPDATE public._schemalift_step SET sql_digest = substr(sql_digest, 2)",
        ),
        (
            "UPDATE public._schemalift_fence SET version = 99",
            "UPDATE public._schemalift_fence SET version = 2",
        ),
        (
            "ALTER TABLE public._schemalift_fence RENAME TO gone",
            "ALTER TABLE public.gone RENAME TO _schemalift_fence",
        ),
    ] {
        raw.batch_execute(change).await.unwrap();
        assert_eq!(database.history().await.unwrap_err().reason(), Reason::HistoryInvalid, "{change}");
        raw.batch_execute(undo).await.unwrap();
        database.history().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_their_reason_and_no_password() {
    let place = Place::new("refused").await;
    let port = server().port;
    let read_only = place.raw().await;
    // Before PostgreSQL 15, everybody could create tables in `public`.
    let weak =
        format!("CREATE ROLE weak LOGIN PASSWORD '{PASSWORD}'; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    read_only.batch_execute(&weak).await.unwrap();
    for (url, reason) in [
        (format!("postgresql://app:wrong-{PASSWORD}@127.0.0.1:{port}/refused"), Reason::CredentialsRejected),
        (format!("postgresql://app:{PASSWORD}@127.0.0.1:{port}/absent"), Reason::DatabaseNotFound),
        (format!("postgresql://app:{PASSWORD}@127.0.0.1:1/refused"), Reason::DatabaseUnreachable),
        (format!("postgresql://app:{PASSWORD}@no-such-host.invalid/refused"), Reason::DatabaseUnreachable),
        (format!("postgresql://app:{PASSWORD}@127.0.0.1:{port}/refused?sslmode=require"), Reason::TlsFailed),
        (
            format!("postgresql://app:{PASSWORD}@127.0.0.1:{port}/refused?sslmode={PASSWORD}x"),
            Reason::UrlInvalid,
        ),
        (format!("postgresql://app:{PASSWORD}@127.0.0.1:{port}"), Reason::UrlInvalid),
    ] {
        let opened = match Target::from_url(&SecretString::from(url)) {
            Ok(target) => {
                assert!(!format!("{target:?} {}", target.shown()).contains(PASSWORD));
                connect(&target, &settings("test")).await
            }
            Err(error) => Err(error),
        };
        let error = opened.err().unwrap();
        assert_eq!(error.reason(), reason, "{error}");
        assert!(!format!("{error} {error:?}").contains(PASSWORD), "{error}");
    }
    let weak = format!("postgresql://weak:{PASSWORD}@127.0.0.1:{port}/refused");
    let weak = Target::from_url(&SecretString::from(weak)).unwrap();
    let mut database = connect(&weak, &settings("weak")).await.unwrap();
    assert!(database.history().await.unwrap().is_none());
    database.lock(&[]).await.unwrap();
    let error = database.record(&migration("m"), &pg(vec![]), Opening::Run).await.unwrap_err();
    assert_eq!(error.reason(), Reason::InsufficientPrivilege);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_are_replayed_in_a_database_that_is_gone_afterwards() {
    let place = Place::new("shadow").await;
    let shadows = async || -> i64 {
        let query = "SELECT count(*) FROM pg_database WHERE datname LIKE 'schemalift_shadow_%'";
        place.raw().await.query_one(query, &[]).await.unwrap().get(0)
    };
    let mut shadow = Shadow::beside(&place.target(), &settings("test")).await.unwrap();
    shadow.replay("1_init", "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int);").await.unwrap();
    let error = shadow.replay("2_more", "CREATE TABLE a (id int)").await.unwrap_err();
    assert!(error.to_string().starts_with("migration 2_more: "), "{error}");
    let found = shadow.introspect(&public()).await.unwrap();
    let names: Vec<String> = found.tables.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(shadows().await, 1);
    shadow.end().await.unwrap();
    assert_eq!(shadows().await, 0);
    let mut untouched = connect(&place.target(), &settings("test")).await.unwrap();
    assert!(untouched.introspect(&public()).await.unwrap().tables.is_empty());
}

/// What somebody made between a crash and its resumption is neither taken for ours nor removed.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_somebody_else_under_the_same_name_is_left_to_a_person() {
    let place = Place::new("ambiguous").await;
    let raw = place.raw().await;
    raw.batch_execute("CREATE TABLE public.t (id int); CREATE TABLE public.u (id int); INSERT INTO public.u VALUES (1), (1)")
        .await
        .unwrap();
    let mut next = locked(&place, "next").await;
    let script = pg(vec![build("t", "t_idx"), step(Mode::Grouped, "CREATE TABLE public.later (id int)")]);
    let id = next.record(&migration("m"), &script, Opening::Run).await.unwrap();
    raw.batch_execute("UPDATE public._schemalift_step SET state = 'running', backend_pid = 1 WHERE ord = 0")
        .await
        .unwrap();
    for by_hand in
        ["CREATE INDEX t_idx ON public.u (id)", "CREATE UNIQUE INDEX CONCURRENTLY t_idx ON public.u (id)"]
    {
        // The second one fails for its rows, and leaves what looks like a cancelled build of ours.
        let made = raw.batch_execute(by_hand).await;
        assert_eq!(made.is_err(), by_hand.contains("UNIQUE"));
        let error = run(&mut next, id, &script).await.unwrap_err();
        assert_eq!(error.reason(), Reason::AmbiguousStep, "{error}");
        assert!(error.to_string().contains("it is on public.u (id)"), "{error}");
        let found = "SELECT (SELECT count(*) FROM pg_class WHERE relname = 't_idx'), \
                     (SELECT count(*) FROM pg_class WHERE relname = 'later')";
        let row = raw.query_one(found, &[]).await.unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 0), "{by_hand}");
        raw.batch_execute("DROP INDEX public.t_idx").await.unwrap();
    }
    run(&mut next, id, &script).await.unwrap();
    assert_eq!(states(&mut next).await, [(StepState::Done, 1), (StepState::Done, 1)]);
}
