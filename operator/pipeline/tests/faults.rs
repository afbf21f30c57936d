//! What goes wrong around a run: full and read-only servers, two owners at once, texts that are put back half-way, histories
//! that were edited, and functions that lie in wait.

use std::time::Duration;

use database::{MigrationState, Progress, Settings, connect};
use mysql_async::prelude::Queryable as _;
use pipeline::{Destructive, Request};
use reason::{Class, Reason};
use servers::postgresql::{server, session};

use crate::support::{OWNER, Place, digest};

on_every! {
    of_two_owners_at_once_one_gets_the_database
}

const USERS: &str = "model User {\n  id Int @id\n  age Int?\n}";
const MORE: &str = "model User {\n  id Int @id\n  age Int?\n  city String?\n}";

async fn of_two_owners_at_once_one_gets_the_database(place: &Place) {
    let request = place.request(USERS);
    let other = Request { owner: "elsewhere/shop/blog".to_owned(), ..request.clone() };
    let (one, two) = tokio::join!(place.run(&request), place.run(&other));
    let (won, lost) = match (one, two) {
        (Ok(_), Err(lost)) => (OWNER, lost),
        (Err(lost), Ok(_)) => ("elsewhere/shop/blog", lost),
        both => panic!("{both:?}"),
    };
    assert_eq!(lost.reason, Reason::Conflict, "{}", lost.message);
    assert!(lost.message.contains(won), "{}", lost.message);
    let history = place.history().await;
    assert_eq!((history.len(), history[0].owner.as_str()), (1, won));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_writes_is_waited_for() {
    let place = Place::postgresql().await;
    place.apply(USERS).await;
    place.execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", place.name)).await;
    let failure = place.run(&place.request(MORE)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DatabaseUnavailable, "{}", failure.message);
    assert_eq!(failure.reason.class(), Class::Transient);
    let admin = session("postgres").await;
    let reset = format!("ALTER DATABASE {} RESET default_transaction_read_only", place.name);
    admin.batch_execute(&reset).await.unwrap();
    place.apply(MORE).await;
    assert_eq!(place.history().await.len(), 2);
}

/// What changes the catalog alone keeps others from its table all the while; what goes through rows may take its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_catalog_has_less_time_than_one_of_the_rows() {
    let place = Place::postgresql().await;
    place.apply(USERS).await;
    place
        .execute(
            "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); END $$; \
             CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION slow()",
        )
        .await;
    let hasty = Settings { statement_timeout: Duration::from_secs(4), ..place.settings() };
    let run = async |models: &str| {
        let mut database = connect(&place.target, &hasty).await.unwrap();
        pipeline::migrate(&mut database, &place.request(models), &mut |_| {}).await
    };
    let failure = run(MORE).await.unwrap_err();
    assert!(failure.message.contains("statement timeout"), "{failure}");
    assert_eq!(place.count("SELECT count(*) FROM pg_attribute WHERE attname = 'city'").await, 0);
    let wider = USERS.replace("age Int?", "age BigInt?");
    assert_eq!(run(&wider).await.unwrap().reason, Reason::Applied);
    place.apply(&MORE.replace("age Int?", "age BigInt?")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_for_another_session_is_waited_for() {
    let place = Place::postgresql().await;
    let role = format!("{}_full", place.name);
    place
        .execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'canary-room' CONNECTION LIMIT 1; ALTER DATABASE {} OWNER TO {role}; \
             ALTER SCHEMA public OWNER TO {role}",
            place.name
        ))
        .await;
    let text = format!("postgresql://{role}:canary-room@127.0.0.1:{}/{}", server().port, place.name);
    let target = database::Target::from_url(&secrecy::SecretString::from(text)).unwrap();
    let Err(error) = connect(&target, &place.settings()).await else { panic!("there was room") };
    assert_eq!(error.reason(), Reason::DatabaseUnavailable, "{error}");
    assert!(error.is_transient() && !error.to_string().contains("canary"), "{error}");
    place.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 2")).await;
    let mut database = connect(&target, &place.settings()).await.unwrap();
    let outcome = pipeline::migrate(&mut database, &place.request(USERS), &mut |_| {}).await.unwrap();
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
}

/// The first step is done when the run stops; the text that is put back is a plan of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_put_back_half_way_undoes_what_was_done() {
    let place = Place::postgresql().await;
    let before = "enum Role {\n  READER\n}\nmodel User {\n  id Int @id\n  role Role @default(READER)\n}";
    let after = before.replace("READER\n}", "READER\n  EDITOR\n}").replace("(READER)", "(EDITOR)");
    place.apply(before).await;
    place.execute("INSERT INTO \"User\" (id) VALUES (1)").await;
    let reader = session(&place.name).await;
    reader.batch_execute("BEGIN; SELECT FROM \"User\"").await.unwrap();
    let mut done = 0;
    let mut listen = |event: Progress| done += usize::from(matches!(event, Progress::Finished { .. }));
    let mut database = place.connect().await;
    let failure = pipeline::migrate(&mut database, &place.request(&after), &mut listen).await.unwrap_err();
    assert_eq!((failure.reason, done), (Reason::LockTimeout, 1), "{}", failure.message);
    drop(database);
    reader.batch_execute("ROLLBACK").await.unwrap();
    place.apply(before).await;
    let states: Vec<MigrationState> = place.history().await.iter().map(|row| row.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Abandoned, MigrationState::Applied]);
    assert_eq!(place.count("SELECT count(*) FROM pg_enum").await, 1);
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE role = 'READER'").await, 1);
}

/// Whatever somebody writes into a column of the history, a table changes only by a plan that is then proved.
#[tokio::test(flavor = "multi_thread")]
async fn no_edit_of_the_history_leads_to_a_wrong_change() {
    let place = Place::postgresql().await;
    place.apply(USERS).await;
    place.execute("INSERT INTO \"User\" (id) VALUES (1)").await;
    place.execute("CREATE TABLE theirs (id int); INSERT INTO theirs VALUES (7)").await;
    let own = session(&place.name).await;
    let columns = own
        .query(
            "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_name IN ('_schemalift_migration', '_schemalift_step') ORDER BY 1, ordinal_position",
            &[],
        )
        .await
        .unwrap();
    assert!(columns.len() > 30);
    let mut refused = 0;
    for column in &columns {
        let (table, column, ty): (String, String, String) = (column.get(0), column.get(1), column.get(2));
        let values = match ty.as_str() {
            "text" => ["'x'", "NULL"],
            "integer" | "bigint" => ["99", "NULL"],
            _ => ["'infinity'", "NULL"],
        };
        for value in values {
            own.batch_execute(&format!("CREATE TABLE public.kept AS SELECT * FROM {table}")).await.unwrap();
            let edit = own.batch_execute(&format!("UPDATE {table} SET {column} = {value}")).await;
            if edit.is_ok() {
                let shown = format!("{table}.{column} = {value}");
                match place.run(&place.request(MORE)).await {
                    Err(_) => refused += 1,
                    Ok(outcome) if outcome.reason == Reason::Applied => {}
                    Ok(outcome) => assert_ne!(outcome.reason.class(), Class::Success, "{shown}"),
                }
                assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE id = 1").await, 1, "{shown}");
                assert_eq!(place.count("SELECT count(*) FROM theirs").await, 1, "{shown}");
            }
            // As it was before the edit, with what was recorded since.
            let restore = if table == "_schemalift_migration" {
                "DELETE FROM _schemalift_step; DELETE FROM _schemalift_migration; \
                 INSERT INTO _schemalift_migration OVERRIDING SYSTEM VALUE SELECT * FROM kept; DROP TABLE kept; \
                 ALTER TABLE \"User\" DROP COLUMN IF EXISTS city"
            } else {
                "DELETE FROM _schemalift_step; DELETE FROM _schemalift_migration WHERE id > 1; \
                 INSERT INTO _schemalift_step SELECT * FROM kept WHERE migration_id = 1; DROP TABLE kept; \
                 ALTER TABLE \"User\" DROP COLUMN IF EXISTS city"
            };
            own.batch_execute(restore).await.unwrap();
        }
    }
    assert!(refused > 5, "{refused}");
}

/// Each of these would be found first by an unqualified name, if sessions looked where the database tells them to.
#[tokio::test(flavor = "multi_thread")]
async fn functions_that_lie_in_wait_are_never_called() {
    let place = Place::postgresql().await;
    place
        .execute(&format!(
            "CREATE TABLE caught (what text); \
             CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS \
             'INSERT INTO public.caught VALUES (''now''); SELECT pg_catalog.now()'; \
             CREATE FUNCTION max(bigint) RETURNS bigint LANGUAGE sql AS \
             'INSERT INTO public.caught VALUES (''max''); SELECT $1'; \
             CREATE FUNCTION starts_with(text, text) RETURNS boolean LANGUAGE sql AS \
             'INSERT INTO public.caught VALUES (''starts_with''); SELECT true'; \
             CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE sql AS \
             'INSERT INTO public.caught VALUES (''=''); SELECT true'; \
             CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.same); \
             CREATE FUNCTION more(integer, integer) RETURNS boolean LANGUAGE sql AS \
             'INSERT INTO public.caught VALUES (''>''); SELECT true'; \
             CREATE OPERATOR public.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = public.more); \
             ALTER DATABASE {0} SET search_path = public, pg_catalog; ALTER ROLE app IN DATABASE {0} SET search_path = public, pg_catalog",
            place.name
        ))
        .await;
    // It is a trap for whoever goes by the database's own path.
    place.execute("SELECT now()").await;
    assert_eq!(place.count("SELECT pg_catalog.count(*) FROM public.caught").await, 1);
    place.execute("DELETE FROM public.caught").await;
    let before =
        "model User {\n  id Int @id @default(autoincrement())\n  name String @default(\"a\")\n  age Int?\n}";
    let after = "model User {\n  id Int @id @default(autoincrement())\n  name String @unique\n  age Int\n  at DateTime @default(now())
  posts Post[]\n}\nmodel Post {\n  id Int @id\n  user User @relation(fields: [userId], references: [id])\n  userId Int\n}";
    place.apply(before).await;
    place.execute("INSERT INTO public.\"User\" (name, age) VALUES ('a', 1), ('b', 2)").await;
    place.apply(after).await;
    let mut request = place.request(before);
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
    let caught = session(&place.name).await.query("SELECT what FROM public.caught", &[]).await.unwrap();
    let caught: Vec<String> = caught.iter().map(|row| row.get(0)).collect();
    assert_eq!(caught, Vec::<String>::new());
}

const CITIES: &str = "model User {\n  id Int @id\n  city String?\n}";
const NO_CITIES: &str = "model User {\n  id Int @id\n}";

/// A run that lost nothing when it began is stopped by a lock. Rows that come before the next one are nobody's to drop, and
/// neither is anything once the policy forbids it.
async fn assert_asked_again(place: &Place) {
    place.execute("INSERT INTO \"User\" (id, city) VALUES (1, 'Rome')").await;
    let mut request = place.request(NO_CITIES);
    request.policy.destructive = Destructive::Forbid;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::PolicyForbids, "{}", outcome.message);
    let mut request = place.request(NO_CITIES);
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::AwaitingApproval, "{}", outcome.message);
    assert!(outcome.message.contains("1 row, id = 1"), "{}", outcome.message);
    assert_eq!(place.count("SELECT count(city) FROM \"User\"").await, 1);
    request.approved_digest = Some(digest(&outcome));
    place.apply_request(&request).await;
    assert_eq!(place.history().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_of_postgresql_asks_about_rows_that_came_since() {
    let place = Place::postgresql().await;
    place.apply(CITIES).await;
    let reader = session(&place.name).await;
    reader.batch_execute("BEGIN; SELECT FROM \"User\"").await.unwrap();
    let failure = place.run(&place.request(NO_CITIES)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::LockTimeout, "{}", failure.message);
    reader.batch_execute("ROLLBACK").await.unwrap();
    assert_asked_again(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_of_mysql_asks_about_rows_that_came_since() {
    let place = Place::mysql().await;
    place.apply(CITIES).await;
    let mut reader = servers::mysql::session(&place.name).await;
    reader.query_drop("BEGIN").await.unwrap();
    reader.query_drop("SELECT * FROM \"User\"").await.unwrap();
    let failure = place.run(&place.request(NO_CITIES)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::LockTimeout, "{}", failure.message);
    reader.query_drop("COMMIT").await.unwrap();
    assert_asked_again(&place).await;
}

/// A run that was killed between its word that a step begins and the step itself. What cannot be counted is not thereby gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_only_announced_is_not_taken_for_done_where_nobody_can_count() {
    let place = Place::mysql().await;
    place.apply(CITIES).await;
    let mut reader = servers::mysql::session(&place.name).await;
    reader.query_drop("BEGIN").await.unwrap();
    reader.query_drop("SELECT * FROM \"User\"").await.unwrap();
    place.run(&place.request(NO_CITIES)).await.unwrap_err();
    reader.query_drop("COMMIT").await.unwrap();
    place.execute("UPDATE _schemalift_step SET state = 'running' WHERE state = 'failed'").await;
    place.execute("INSERT INTO \"User\" (id, city) VALUES (1, 'Rome')").await;
    let settings = database::Settings { question_timeout: std::time::Duration::ZERO, ..place.settings() };
    let mut database = connect(&place.target, &settings).await.unwrap();
    let outcome = pipeline::migrate(&mut database, &place.request(NO_CITIES), &mut |_| {}).await.unwrap();
    assert_eq!(outcome.reason, Reason::AwaitingApproval, "{}", outcome.message);
    assert_eq!(place.count("SELECT count(city) FROM \"User\"").await, 1);
    drop(database);
    // Done by hand, it is found done.
    place.execute("ALTER TABLE \"User\" DROP COLUMN city").await;
    let mut database = connect(&place.target, &settings).await.unwrap();
    let outcome = pipeline::migrate(&mut database, &place.request(NO_CITIES), &mut |_| {}).await.unwrap();
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
}
