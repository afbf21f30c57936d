//! A Job that is killed or stopped, and the one that comes after it: single faults, each looked at from the server's side.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "kills/place.rs"]
mod place;

use std::process::Command;
use std::time::Duration;

use database::{Settings, connect};
use mysql_async::prelude::Queryable as _;
use place::{Place, Product, Run, Story};
use servers::proxy::{At, Fault, Proxy, Wire};
use servers::{mysql, postgresql};

const BUILDING: &str =
    "SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()";
const VALID: &str =
    "SELECT count(*) FROM pg_index WHERE indrelid = '\"T\"'::regclass AND NOT indisprimary AND indisvalid";
const UNUSABLE: &str = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";

/// Waits until the run has said this.
async fn says(run: &mut Run, words: &str) {
    while !run.said().contains(words) {
        assert!(run.is_alive(), "{}", run.said());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_it_builds(place: &Place, run: &mut Run) {
    while place.count(BUILDING).await == 0 {
        assert!(run.is_alive(), "{}", run.said());
    }
}

/// With every other kill the server's process goes, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_is_killed_at_ten_random_points_ends_with_one_valid_index() {
    let place = Place::after(Product::PostgreSql, Story::Table).await;
    let own = postgresql::session(place.name()).await;
    own.batch_execute("INSERT INTO \"T\" SELECT n, n % 1000 FROM generate_series(1, 300000) n")
        .await
        .unwrap();
    let (mut chance, mut inside) = (9_u64, 0);
    for case in 0..10 {
        let mut run = place.start(Story::Index, postgresql::server().port);
        until_it_builds(&place, &mut run).await;
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_millis((chance >> 33) % 200)).await;
        run.kill().await;
        inside += place.count(BUILDING).await;
        if case % 2 == 1 {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()";
            own.batch_execute(end).await.unwrap();
        }
        place.finish(Story::Index, &format!("{case}")).await;
        assert_eq!((place.count(VALID).await, place.count(UNUSABLE).await), (1, 0), "{case}");
        // It is dropped again for the next one.
        place.finish(Story::Table, &format!("{case}")).await;
    }
    assert!(inside > 0, "no kill came while the server was building");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_of_a_killed_job_is_waited_for_and_no_second_one_is_started() {
    let place = Place::after(Product::PostgreSql, Story::Table).await;
    let (holder, port) = (postgresql::session(place.name()).await, postgresql::server().port);
    holder.batch_execute("BEGIN; INSERT INTO \"T\" VALUES (1, 1)").await.unwrap();
    let mut killed = place.start(Story::Index, port);
    until_it_builds(&place, &mut killed).await;
    let pid = place
        .count("SELECT pid::int8 FROM pg_stat_progress_create_index WHERE datname = current_database()")
        .await;
    killed.kill().await;
    let mut next = place.start(Story::Index, port);
    says(&mut next, "still at work; no second one is started").await;
    assert!(next.said().contains(&format!("(pid {pid}, ")), "{}", next.said());
    assert_eq!(place.count(BUILDING).await, 1);
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(next.ended().await, Some(0), "{}", next.said());
    let attempts = "SELECT attempts::int8 FROM _schemalift_step WHERE object LIKE 'T%' ORDER BY migration_id DESC LIMIT 1";
    assert_eq!(place.count(attempts).await, 1);
    assert_eq!((place.count(VALID).await, place.count(UNUSABLE).await), (1, 0));
}

/// What a run does by itself after 90 s is done here after one.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_job_is_replaced_and_does_nothing_when_it_goes_on() {
    let place = Place::after(Product::PostgreSql, Story::Table).await;
    let holder = postgresql::session(place.name()).await;
    holder.batch_execute("BEGIN; SELECT FROM \"T\"").await.unwrap();
    let mut old = place.start(Story::Column, postgresql::server().port);
    says(&mut old, "again").await;
    signal(&old, "STOP");
    let query = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() \
                 AND application_name LIKE 'schemalift/%'";
    let name: String = holder.query_one(query, &[]).await.unwrap().get(0);
    let settings = Settings {
        application_name: name.clone(),
        takeover_after: Duration::from_secs(1),
        lock_wait: Duration::from_secs(120),
        ..Settings::default()
    };
    let mut next = connect(&place.target(), &settings).await.unwrap();
    next.lock(&[]).await.unwrap();
    // Of the two sessions of that name the old one is on its way out.
    let sessions = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
    while place.count(&sessions).await != 1 {}
    drop(next);
    holder.batch_execute("ROLLBACK").await.unwrap();
    place.finish(Story::Column, "the new one").await;
    let end = place.steps().await;
    signal(&old, "CONT");
    let code = old.ended().await;
    assert!(code.is_some_and(|code| code != 0 && code < 100), "{code:?} {}", old.said());
    assert_eq!(place.steps().await, end, "{}", old.said());
    place.finish(Story::Column, "nothing is left").await;
}

/// Waiting and patience go by time that passes, and what is written down by the server's clock.
#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_are_wrong_and_jump_change_nothing() {
    let place = Place::after(Product::PostgreSql, Story::Table).await;
    let holder = postgresql::session(place.name()).await;
    holder.batch_execute("BEGIN; SELECT FROM \"T\"").await.unwrap();
    place.set_clock("+1h");
    let mut first = place.start_by_clock(Story::Column, postgresql::server().port);
    says(&mut first, "again").await;
    place.set_clock("-1h");
    let before = first.said().len();
    while first.said().get(before..).is_none_or(|more| !more.contains("again")) {
        assert!(first.is_alive(), "{}", first.said());
    }
    first.kill().await;
    let mut second = place.start_by_clock(Story::Column, postgresql::server().port);
    says(&mut second, "again").await;
    place.set_clock("+1h");
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(second.ended().await, Some(0), "{}", second.said());
    let wrong = "SELECT (SELECT count(*) FROM _schemalift_migration WHERE abs(extract(epoch FROM now() - started_at)) > 900 \
                 OR finished_at < started_at) + (SELECT count(*) FROM _schemalift_step WHERE state <> 'done' \
                 OR abs(extract(epoch FROM now() - finished_at)) > 900)";
    assert_eq!(place.count(wrong).await, 0);
    assert_eq!(place.count("SELECT count(*) FROM _schemalift_migration WHERE state = 'applied'").await, 2);
    place.finish(Story::Column, "by the right clock").await;
}

fn signal(run: &Run, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), run.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Killed before or after each of twenty statements, one kill after the other.
#[tokio::test(flavor = "multi_thread")]
async fn each_of_twenty_alters_is_sent_once_with_a_kill_between_any_two() {
    let place = Place::after(Product::MySql, Story::Tables).await;
    let mut own = mysql::session("mysql").await;
    own.query_drop("SET GLOBAL log_output = 'TABLE'").await.unwrap();
    own.query_drop("SET GLOBAL general_log = ON").await.unwrap();
    for number in 10..30 {
        let text = format!("ALTER TABLE `T{number}`\n    ADD COLUMN `v` INTEGER NULL, LOCK=NONE");
        let fault = if number % 2 == 0 { Fault::Unanswered } else { Fault::Before };
        let at = At::Text(Box::leak(text.into_boxed_str()), 0);
        let proxy = Proxy::start(mysql::server(), Wire::MySql, at, fault).await;
        let mut run = place.start(Story::Columns, proxy.port);
        tokio::select! {
            () = proxy.reached() => {}
            code = run.ended() => panic!("{number} {code:?} {}", run.said()),
        }
        run.kill().await;
        proxy.release();
    }
    place.finish(Story::Columns, "after twenty kills").await;
    let query = "SELECT CONVERT(argument USING utf8mb4) FROM general_log WHERE command_type = 'Query' \
                 AND argument LIKE 'ALTER TABLE `T__`%ADD COLUMN%' ORDER BY 1";
    let sent: Vec<String> = own.query(query).await.unwrap();
    let tables: Vec<&str> = sent.iter().map(|text| &text[13..16]).collect();
    let wanted: Vec<String> = (10..30).map(|number| format!("T{number}")).collect();
    assert_eq!(tables, wanted);
    assert_eq!(place.count("SELECT count(*) FROM _schemalift_step WHERE state <> 'done'").await, 0);
}
