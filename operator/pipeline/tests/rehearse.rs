//! A plan tried on a copy: it tells times, changes nothing, and leaves nothing behind.

use std::time::Duration;

use api::{DataStep, Steps};
use database::{Database, Rehearsal};
use mysql_async::prelude::Queryable as _;
use pipeline::{
    Destructive, Failure, FirstContact, JudgedPlan, KeepRule, OwnSql, Rehearsed, Request, Trial, convert,
    inspect, rehearse,
};
use reason::Reason;
use schema::Dialect;

use crate::support::Place;

on_every! {
    a_plan_is_tried_on_a_copy_with_rows_and_nothing_is_changed
    a_first_plan_is_tried_on_nothing
    what_the_rows_forbid_is_found_and_the_copy_is_removed
    sql_that_names_what_is_not_in_the_copy_is_left_out
    data_steps_are_run_in_the_copy_when_that_is_asked_for
    rows_with_values_that_the_server_makes_are_copied
}

const BEFORE: &str = "
model User {
  id       Int    @id @default(autoincrement())
  email    String @unique
  nick     String?
  posts    Post[]
  friend   User?  @relation(\"friends\", fields: [friendId], references: [id], onDelete: NoAction, onUpdate: NoAction)
  friendId Int?
  friends  User[] @relation(\"friends\")
}

model Post {
  id       Int    @id
  title    String
  author   User   @relation(fields: [authorId], references: [id])
  authorId Int
}
";

async fn planned(database: &mut Database, request: &Request) -> JudgedPlan {
    inspect(database, request).await.unwrap().plan.unwrap()
}

async fn rehearsed(place: &Place, request: &Request, rows: Option<u64>) -> Result<Rehearsed, Failure> {
    tried(place, request, Trial { rows, data_steps: OwnSql::LeftOut }).await
}

async fn tried(place: &Place, request: &Request, trial: Trial) -> Result<Rehearsed, Failure> {
    let mut database = place.connect().await;
    let plan = planned(&mut database, request).await;
    let mut copy = Rehearsal::beside(&place.target, &place.settings()).await.unwrap();
    let outcome = rehearse(&mut database, &mut copy, request, &plan, trial, &mut |_| {}).await;
    copy.end().await.unwrap();
    outcome
}

/// The databases of rehearsals that have not ended, of this test or of others.
async fn copies(place: &Place) -> Vec<String> {
    match place.target.dialect() {
        Dialect::Sqlite => Vec::new(),
        Dialect::PostgreSql => {
            let query =
                "SELECT datname::text FROM pg_database WHERE datname LIKE 'schemalift\\_rehearsal\\_%'";
            let rows = servers::postgresql::session("postgres").await.query(query, &[]).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        }
        Dialect::MySql => {
            let query = "SELECT schema_name FROM information_schema.schemata \
                         WHERE schema_name LIKE 'schemalift\\_rehearsal\\_%'";
            servers::mysql::session("").await.query(query).await.unwrap()
        }
    }
}

async fn rows_with_values_that_the_server_makes_are_copied(place: &Place) {
    let models = place.adopt_generated_column().await;
    let request = place.request(&models.replace("note String?", "note String?\n  @@index([name])"));
    let told = rehearsed(place, &request, Some(20)).await.unwrap();
    assert_eq!(told.rows.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [2]);
    let lacks: &[&str] =
        if place.target.dialect() == Dialect::Sqlite { &["generated column loud of users"] } else { &[] };
    assert_eq!(told.lacks, lacks);
    place.apply_request(&request).await;
}

async fn a_plan_is_tried_on_a_copy_with_rows_and_nothing_is_changed(place: &Place) {
    place.apply(BEFORE).await;
    let quote = if place.target.dialect() == Dialect::MySql { '`' } else { '"' };
    let sql = |text: &str| text.replace('"', &quote.to_string());
    // Each is the friend of the one before, so that a part of them hangs on a part only.
    let values = |row: &dyn Fn(u32) -> String| (1..=50).map(row).collect::<Vec<_>>().join(", ");
    let friend = |id: u32| if id == 1 { "NULL".to_owned() } else { (id - 1).to_string() };
    let users = values(&|id| format!("({id}, 'm{id}', {})", friend(id)));
    place
        .execute(&sql(&format!("INSERT INTO \"User\" (\"id\", \"email\", \"friendId\") VALUES {users}")))
        .await;
    let posts = values(&|id| format!("({id}, 't', {})", 51 - id));
    place
        .execute(&sql(&format!("INSERT INTO \"Post\" (\"id\", \"title\", \"authorId\") VALUES {posts}")))
        .await;
    let before = (place.history().await, place.tables().await);
    let after =
        BEFORE.replace("title    String", "title    String\n  words    Int @default(0)\n  @@index([title])");
    let after = after.replace("nick     String?", "nick     String? @unique");
    let request = place.request(&after);
    let told = rehearsed(place, &request, Some(20)).await.unwrap();
    let plan = planned(&mut place.connect().await, &request).await;
    assert_eq!(told.steps.len(), plan.script.steps.len());
    assert!(told.steps.iter().flatten().any(|step| !step.is_zero()), "{told:?}");
    let users = told.rows.iter().find(|(table, _)| table.name == "User").unwrap().1;
    let posts = told.rows.iter().find(|(table, _)| table.name == "Post").unwrap().1;
    assert!((1..=20).contains(&users) && posts < 20, "{told:?}");
    assert_eq!((place.history().await, place.tables().await), before);
    assert_eq!(place.count(&sql("SELECT count(*) FROM \"User\"")).await, 50);
    // The very plan that was tried is the one that runs.
    let applied = place.apply_request(&request).await;
    assert_eq!(applied.plan.unwrap().script.digest, plan.script.digest);
}

async fn a_first_plan_is_tried_on_nothing(place: &Place) {
    let told = rehearsed(place, &place.request(BEFORE), Some(5)).await.unwrap();
    assert!(told.rows.is_empty() && told.lacks.is_empty(), "{told:?}");
    assert!(place.history().await.is_empty() && place.tables().await.is_empty());
}

async fn what_the_rows_forbid_is_found_and_the_copy_is_removed(place: &Place) {
    place.apply("model Tag {\n  id Int @id\n  name Int?\n}\n").await;
    let table = if place.target.dialect() == Dialect::MySql { "`Tag`" } else { "\"Tag\"" };
    place.execute(&format!("INSERT INTO {table} VALUES (1, NULL), (2, 7)")).await;
    let mut request = place.request("model Tag {\n  id Int @id\n  name Int\n}\n");
    request.first_contact = FirstContact::Adopt;
    let failure = rehearsed(place, &request, Some(10)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DataViolatesPlan, "{failure}");
    // Without the rows there is nothing in the way.
    rehearsed(place, &request, None).await.unwrap();
    assert_eq!(place.count(&format!("SELECT count(*) FROM {table}")).await, 2);
}

fn with_step(place: &Place, models: &str, sql: &str) -> Request {
    let before = vec![DataStep { name: "own".to_owned(), sql: sql.to_owned() }];
    let mut request = place.request(models);
    let steps = Steps { before, after: Vec::new() };
    request.steps = convert::steps(place.target.dialect(), Some(&steps)).unwrap();
    request.policy.destructive = Destructive::Allow;
    request
}

async fn sql_that_names_what_is_not_in_the_copy_is_left_out(place: &Place) {
    place.apply("model users {\n  id Int @id\n  n Int?\n}\nmodel gone {\n  id Int @id\n}").await;
    place.execute("INSERT INTO users VALUES (1, 7)").await;
    place.execute("INSERT INTO gone VALUES (3)").await;
    let sql = match place.target.dialect() {
        Dialect::MySql => format!("DELETE FROM {}.users", place.name),
        Dialect::PostgreSql => format!("ALTER DATABASE {} CONNECTION LIMIT 1", place.name),
        Dialect::Sqlite => "DELETE FROM users".to_owned(),
    };
    let mut request = with_step(place, "model users {\n  id Int @id\n  n Int?\n  more Int?\n}", &sql);
    request.policy.keep = Some(KeepRule { max_bytes: 1 << 30, retention: Duration::from_secs(3600) });
    let before = place.tables().await;
    let told = rehearsed(place, &request, Some(10)).await.unwrap();
    let plan = planned(&mut place.connect().await, &request).await;
    let kinds: Vec<(&str, bool)> = plan
        .script
        .steps
        .iter()
        .zip(&told.steps)
        .map(|(step, took)| (step.kind.as_str(), took.is_some()))
        .collect();
    assert!(kinds.contains(&("DataStep", false)) && kinds.contains(&("KeepData", false)), "{kinds:?}");
    assert_eq!(kinds.iter().filter(|(_, run)| *run).count(), kinds.len() - 2, "{kinds:?}");
    assert_eq!(place.tables().await, before);
    assert_eq!(place.count("SELECT count(*) FROM users").await, 1);
    if place.target.dialect() == Dialect::PostgreSql {
        let limit =
            format!("SELECT datconnlimit::bigint + 1 FROM pg_database WHERE datname = '{}'", place.name);
        assert_eq!(place.count(&limit).await, 0);
    }
}

async fn data_steps_are_run_in_the_copy_when_that_is_asked_for(place: &Place) {
    place.apply("model users {\n  id Int @id\n  n Int?\n}").await;
    place.execute("INSERT INTO users VALUES (1, NULL), (2, 7)").await;
    let request =
        with_step(place, "model users {\n  id Int @id\n  n Int\n}", "UPDATE users SET n = 1 WHERE n IS NULL");
    let failure = rehearsed(place, &request, Some(10)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DataViolatesPlan, "{failure}");
    assert!(failure.message.contains("--data-steps"), "{failure}");
    let told = tried(place, &request, Trial { rows: Some(10), data_steps: OwnSql::Run }).await.unwrap();
    assert!(told.steps.iter().all(Option::is_some), "{told:?}");
    assert_eq!(place.count("SELECT count(*) FROM users WHERE n IS NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_whose_maker_was_killed_is_removed_by_the_next_and_one_in_use_is_not() {
    for place in [Place::postgresql().await, Place::mysql().await] {
        let orphan = format!("schemalift_rehearsal_{}", uuid::Uuid::new_v4().simple());
        match place.target.dialect() {
            Dialect::MySql => servers::mysql::session("")
                .await
                .query_drop(format!("CREATE DATABASE {orphan}"))
                .await
                .unwrap(),
            _ => {
                let made = format!("CREATE DATABASE {orphan}");
                servers::postgresql::session("postgres").await.batch_execute(&made).await.unwrap();
            }
        }
        // A rehearsal of another test may be quicker to remove it.
        let alive = Rehearsal::beside(&place.target, &place.settings()).await.unwrap();
        let here = copies(&place).await;
        assert!(!here.contains(&orphan), "{here:?}");
        let next = Rehearsal::beside(&place.target, &place.settings()).await.unwrap();
        let there = copies(&place).await;
        assert!(
            here.iter().any(|name| there.contains(name) && !next.removed().contains(name)),
            "{here:?} {there:?}"
        );
        next.end().await.unwrap();
        alive.end().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_that_is_stopped_in_the_middle_of_a_statement_ends_all_the_same() {
    for place in [Place::postgresql().await, Place::mysql().await] {
        let mut copy = Rehearsal::beside(&place.target, &place.settings()).await.unwrap();
        let slow = match place.target.dialect() {
            Dialect::MySql => "CREATE TABLE t (id int) SELECT SLEEP(600) AS id",
            _ => "CREATE TABLE public.t AS SELECT 1 AS a FROM pg_sleep(600)",
        };
        let before = copies(&place).await;
        {
            let work = copy.execute(slow);
            let mut work = std::pin::pin!(work);
            let begun = async {
                let query = match place.target.dialect() {
                    Dialect::MySql => {
                        "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'CREATE TABLE t (id%'"
                    }
                    _ => "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE public.t AS%'",
                };
                while place.count(query).await == 0 {}
            };
            tokio::select! {
                done = work.as_mut() => panic!("{done:?}"),
                () = begun => {}
            }
        }
        copy.end().await.unwrap();
        let after = copies(&place).await;
        assert!(before.iter().any(|name| !after.contains(name)), "{before:?} {after:?}");
    }
}
