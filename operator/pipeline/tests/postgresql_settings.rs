//! PostgreSQL: what a database or a role has set for everybody, against what a run needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use database::{Progress, Settings, connect};
use reason::Reason;
use servers::postgresql::session;

use crate::support::Place;

/// Those of the settings that this version has.
async fn set(place: &Place, settings: &[(&str, &str)]) {
    let own = session(&place.name).await;
    for (name, value) in settings {
        let known = own.query("SELECT FROM pg_settings WHERE name = $1", &[name]).await.unwrap();
        if !known.is_empty() {
            own.batch_execute(&format!("ALTER DATABASE {} SET {name} = {value}", place.name)).await.unwrap();
        }
    }
}

const BEFORE: &str = r#"enum Role {
  A
  B
}
model User {
  id   Int      @id @default(autoincrement())
  name String   @default("a\"b\\c'd")
  role Role     @default(A)
  key  String   @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  tags String[] @default(["a", "b"])
}"#;

/// A catalog that quotes every name, and limits to transactions and to sessions that say nothing for a while.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_database_has_set_changes_nothing() {
    let place = Place::postgresql().await;
    let own = session(&place.name).await;
    own.batch_execute(
        "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); END $$; \
         CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION slow()",
    )
    .await
    .unwrap();
    set(
        &place,
        &[
            ("quote_all_identifiers", "on"),
            ("standard_conforming_strings", "off"),
            ("default_transaction_isolation", "serializable"),
            ("array_nulls", "off"),
            ("transform_null_equals", "on"),
            ("transaction_timeout", "'500ms'"),
        ],
    )
    .await;
    place.apply(BEFORE).await;
    let after = BEFORE.replace("  B\n}", "  B\n  C\n}").replace("@default(A)", "@default(C)");
    place.apply(&after.replace("  tags", "  city String?\n  tags")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_waits_for_a_lock_is_not_ended_for_its_silence() {
    let place = Place::postgresql().await;
    place.apply("model User {\n  id Int @id\n}").await;
    let holder = session(&place.name).await;
    holder.batch_execute("BEGIN; SELECT FROM \"User\"").await.unwrap();
    set(&place, &[("idle_session_timeout", "'100ms'")]).await;
    let tries = Arc::new(AtomicUsize::new(0));
    let work = {
        let (tries, request) =
            (Arc::clone(&tries), place.request("model User {\n  id Int @id\n  age Int?\n}"));
        let patient = Settings { lock_retries: 1000, ..place.settings() };
        let mut database = connect(&place.target, &patient).await.unwrap();
        tokio::spawn(async move {
            let mut listen = |event: Progress| {
                if matches!(event, Progress::Retrying { .. }) {
                    tries.fetch_add(1, Ordering::SeqCst);
                }
            };
            pipeline::migrate(&mut database, &request, &mut listen).await
        })
    };
    while tries.load(Ordering::SeqCst) < 4 {
        assert!(!work.is_finished());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(work.await.unwrap().unwrap().reason, Reason::Applied);
}
