//! A primary and its standby: which of them is taken, and what is left to do when one takes the other's place meanwhile.

use api::{DataStep, Steps};
use database::{Error, MigrationState, Progress, Target, connect};
use pipeline::{Destructive, Request, convert};
use reason::{Class, Reason};
use schema::Dialect;
use secrecy::SecretString;
use servers::postgresql::{primary, session_on, standby};
use servers::{PASSWORD, Server};

use crate::support::Place;

/// A place that these hosts share.
fn at(hosts: &[u16], rest: &str) -> Place {
    let hosts: Vec<String> = hosts.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let url = format!("postgresql://app:{PASSWORD}@{}/postgres{rest}", hosts.join(","));
    Place::of(Target::from_url(&SecretString::from(url)).unwrap(), "failover".to_owned())
}

async fn refusal(place: &Place) -> Error {
    connect(&place.target, &place.settings()).await.err().expect("a standby was taken")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_is_taken_wherever_it_stands_and_a_standby_never() {
    let primary = primary();
    let standby = standby(&primary).await;
    let (one, two) = (primary.port, standby.port);
    for hosts in [[one, two], [two, one]] {
        for rest in ["", "?target_session_attrs=read-write", "?target_session_attrs=primary"] {
            let place = at(&hosts, rest);
            let taken = "SELECT count(*) WHERE NOT pg_catalog.pg_is_in_recovery()";
            assert_eq!(place.connect().await.count(taken).await.unwrap(), 1, "{hosts:?} {rest}");
        }
    }
    // A primary whose sessions only read by default is one, and what keeps it from writing is said; whoever asks for
    // `read-write` finds none.
    let admin = session_on(&primary, "postgres").await;
    admin.batch_execute("ALTER DATABASE postgres SET default_transaction_read_only = on").await.unwrap();
    for hosts in [[one, two], [two, one]] {
        let place = at(&hosts, "?target_session_attrs=primary");
        let failure = place.run(&place.request(BEFORE)).await.unwrap_err();
        assert!(failure.message.contains("RESET default_transaction_read_only"), "{failure}");
        let error = refusal(&at(&hosts, "?target_session_attrs=read-write")).await;
        assert_eq!(error.reason(), Reason::DatabaseUnavailable, "{error}");
    }
    let reset = "SET default_transaction_read_only = off; ALTER DATABASE postgres RESET default_transaction_read_only";
    admin.batch_execute(reset).await.unwrap();
    // Alone, as one of several that all follow, and where the url takes whatever answers.
    for (hosts, rest) in [
        (vec![two], ""),
        (vec![two, two], ""),
        (vec![two, two], "?target_session_attrs=primary"),
        (vec![two, one], "?target_session_attrs=any"),
    ] {
        let error = refusal(&at(&hosts, rest)).await;
        assert_eq!(error.reason(), Reason::DatabaseUnavailable, "{hosts:?} {rest}: {error}");
        assert_eq!(error.reason().class(), Class::Transient);
        assert!(error.to_string().contains("standby"), "{error}");
        assert!(!error.to_string().contains(PASSWORD), "{error}");
    }
}

const BEFORE: &str = "model users {\n  id Int @id\n  n Int?\n}";
const AFTER: &str = "model users {\n  id Int @id\n  n Int\n  city String?\n  @@index([city])\n}";
const ROWS: u64 = 100;

fn wanted(place: &Place) -> Request {
    let sql = "-- schemalift:batch key=id size=10\nUPDATE users SET n = COALESCE(n, 0) + 1";
    let count = DataStep { name: "count".to_owned(), sql: sql.to_owned() };
    let steps = Steps { before: vec![count], after: Vec::new() };
    let mut request = place.request(AFTER);
    request.steps = convert::steps(Dialect::PostgreSql, Some(&steps)).unwrap();
    request.policy.destructive = Destructive::Allow;
    request
}

/// A primary with rows, and a standby that has whatever the primary said was committed.
async fn following() -> (Server, Server) {
    let primary = primary();
    let standby = standby(&primary).await;
    let admin = session_on(&primary, "postgres").await;
    for statement in [
        "ALTER SYSTEM SET synchronous_standby_names = '*'",
        "ALTER SYSTEM SET synchronous_commit = 'remote_apply'",
        "SELECT pg_catalog.pg_reload_conf()",
    ] {
        admin.batch_execute(statement).await.unwrap();
    }
    at(&[primary.port], "").apply(BEFORE).await;
    admin
        .batch_execute(&format!("INSERT INTO users (id) SELECT * FROM generate_series(1, {ROWS})"))
        .await
        .unwrap();
    (primary, standby)
}

/// Runs until the moment, ends the primary there, makes the standby take its place, and runs again.
async fn fails_over_at(moment: fn(&Progress) -> bool) -> Vec<Progress> {
    let (primary, standby) = following().await;
    let place = at(&[primary.port, standby.port], "");
    let request = wanted(&place);
    let mut database = place.connect().await;
    let mut alive = Some(primary);
    let mut listen = |event: Progress| {
        if moment(&event)
            && let Some(primary) = alive.take()
        {
            primary.end();
        }
    };
    let failure = pipeline::migrate(&mut database, &request, &mut listen).await.unwrap_err();
    assert!(alive.is_none(), "the moment did not come");
    assert_eq!(failure.reason.class(), Class::Transient, "{}", failure.message);
    drop(database);
    // Until another takes its place, there is nobody to write to.
    assert_eq!(refusal(&place).await.reason().class(), Class::Transient);
    let admin = session_on(&standby, "postgres").await;
    // The copy has the primary's settings, and nobody follows it.
    for statement in
        ["SELECT pg_catalog.pg_promote()", "ALTER SYSTEM RESET ALL", "SELECT pg_catalog.pg_reload_conf()"]
    {
        admin.batch_execute(statement).await.unwrap();
    }
    let mut events = Vec::new();
    let mut database = place.connect().await;
    let outcome = pipeline::migrate(&mut database, &request, &mut |event| events.push(event)).await.unwrap();
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    place.assert_settled(&request).await;
    let once: i64 = admin.query_one("SELECT count(*) FROM users WHERE n = 1", &[]).await.unwrap().get(0);
    assert_eq!(u64::try_from(once), Ok(ROWS));
    let valid: i64 = admin
        .query_one("SELECT count(*) FROM pg_index WHERE indrelid = 'users'::regclass AND indisvalid", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(valid, 2);
    let states: Vec<MigrationState> = place.history().await.iter().map(|row| row.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Applied]);
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_primary_goes_on_at_the_cursor_of_the_old_one() {
    let events = fails_over_at(|event| matches!(event, Progress::Rows { rows: 50, .. })).await;
    let rows: Vec<u64> = events
        .iter()
        .filter_map(|event| match event {
            Progress::Rows { rows, .. } => Some(*rows),
            _ => None,
        })
        .collect();
    assert_eq!(rows, [60, 70, 80, 90, 100]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_primary_goes_on_between_two_steps_and_within_a_build() {
    let finished = |event: &Progress| matches!(event, Progress::Finished { ord: 1, .. });
    let events = fails_over_at(finished).await;
    let skipped = events.iter().filter(|event| matches!(event, Progress::Skipped { .. })).count();
    assert!(skipped >= 2, "{events:?}");
    let building =
        |event: &Progress| matches!(event, Progress::Started { summary, .. } if summary.contains("index"));
    let events = fails_over_at(building).await;
    assert!(events.iter().any(building), "{events:?}");
}
