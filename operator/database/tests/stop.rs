//! A session that is ended from outside, because its run was told to end.

use std::time::Duration;

use database::{Settings, Target, connect};
use mysql_async::prelude::Queryable as _;
use secrecy::SecretString;
use servers::mysql::{self, server};
use tokio_postgres::Client;

use crate::support::{PASSWORD, Place, settings};

/// A wait for a lock that no time limit ends.
fn patient(name: &str) -> Settings {
    Settings { lock_timeout: Duration::from_secs(600), ..settings(name) }
}

async fn until(client: &Client, query: &str, expected: i64) {
    while client.query_one(query, &[]).await.unwrap().get::<_, i64>(0) != expected {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_a_lock_ends_and_a_build_goes_on_on_postgresql() {
    let place = Place::new("stopped").await;
    // Within a transaction the list of sessions stays as it was.
    let (holder, watcher) = (place.raw().await, place.raw().await);
    holder.batch_execute("CREATE TABLE public.t (id int); INSERT INTO public.t VALUES (1)").await.unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE public.t IN ROW EXCLUSIVE MODE").await.unwrap();
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stopped'";
    let waiting = format!("{ours} AND wait_event_type = 'Lock'");
    for (statement, sessions) in
        [("ALTER TABLE public.t ADD COLUMN x int", 0), ("CREATE INDEX CONCURRENTLY t_id ON public.t (id)", 1)]
    {
        let mut database = connect(&place.target(), &patient("stopped")).await.unwrap();
        let stop = database.stop();
        // The one query that answers no number runs all the same.
        let run = tokio::spawn(async move { database.count(statement).await });
        until(&watcher, &waiting, 1).await;
        run.abort();
        stop.now().await.unwrap();
        until(&watcher, ours, sessions).await;
    }
    holder.batch_execute("COMMIT").await.unwrap();
    until(&watcher, ours, 0).await;
    let built = "SELECT count(*) FROM pg_index WHERE indexrelid = 'public.t_id'::regclass AND indisvalid";
    until(&watcher, built, 1).await;
    until(
        &holder,
        "SELECT count(*) FROM pg_attribute WHERE attname = 'x' AND attrelid = 'public.t'::regclass",
        0,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_a_lock_ends_and_a_statement_at_work_goes_on_on_mysql() {
    let mut own = mysql::session("").await;
    own.query_drop("CREATE DATABASE stopped").await.unwrap();
    own.query_drop("CREATE TABLE stopped.t (id int)").await.unwrap();
    own.query_drop("SET autocommit = 0").await.unwrap();
    own.query_drop("INSERT INTO stopped.t VALUES (1)").await.unwrap();
    let url = format!("mysql://app:{PASSWORD}@127.0.0.1:{}/stopped", server().port);
    let target = Target::from_url(&SecretString::from(url)).unwrap();
    let of_state = |state: &str| {
        format!(
            "SELECT count(*) FROM information_schema.PROCESSLIST WHERE DB = 'stopped' AND STATE LIKE '{state}'"
        )
    };
    let sessions = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE DB = 'stopped'";
    for (statement, state, left) in [
        ("ALTER TABLE stopped.t ADD COLUMN x int", "Waiting for %lock%", 0_i64),
        ("SELECT SLEEP(2)", "User sleep", 1),
    ] {
        let mut database = connect(&target, &patient("stopped")).await.unwrap();
        let stop = database.stop();
        let run = tokio::spawn(async move { database.count(statement).await });
        while own.query_first::<i64, _>(of_state(state)).await.unwrap() != Some(1) {
            assert!(!run.is_finished(), "{statement}");
        }
        stop.now().await.unwrap();
        while left == 0 && own.query_first::<i64, _>(sessions).await.unwrap() != Some(0) {}
        assert_eq!(run.await.unwrap().is_ok(), left == 1, "{statement}");
    }
    own.query_drop("COMMIT").await.unwrap();
}
