//! What happens only on MySQL and MariaDB, where every statement commits by itself.

use database::{MigrationState, Progress, connect};
use mysql_async::prelude::Queryable as _;
use reason::{Class, Reason};
use servers::mysql::{server, server_with_small_letters, session, session_on};
use servers::{PASSWORD, Server, free_port};

use crate::support::{Place, end_sessions, mysql_url, steps};

const BEFORE: &str = "enum Role {\n  READER\n  AUTHOR\n}
model User {\n  id Int @id @default(autoincrement())\n  role Role @default(READER)\n}";

/// One step for each of columns, indexes, table and foreign key.
const AFTER: &str = "enum Role {\n  READER\n  AUTHOR\n  EDITOR\n}
model User {
  id    Int    @id @default(autoincrement())
  role  Role   @default(EDITOR)
  age   Int?   @unique
  city  String?
  posts Post[]
  @@index([role, age])
}
model Post {
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id])
  authorId Int
}";

async fn with_users() -> Place {
    let place = Place::mysql().await;
    place.apply(BEFORE).await;
    place.execute("INSERT INTO \"User\" (role) VALUES ('READER'), ('AUTHOR')").await;
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_enum_value_is_the_default_in_the_same_edit() {
    let place = with_users().await;
    place.apply(AFTER).await;
    place.execute("INSERT INTO \"User\" () VALUES ()").await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE role = 'EDITOR'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enum_value_goes_once_no_row_uses_it() {
    let place = with_users().await;
    let request = place.request(&BEFORE.replace("  AUTHOR\n", ""));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan);
    assert!(outcome.message.contains("P0105"), "{}", outcome.message);
    place.execute("UPDATE \"User\" SET role = 'READER'").await;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE role = 'READER'").await, 2);
}

/// A run that stops at the table that another session reads.
async fn stopped_by_a_reader(place: &Place) {
    let mut reader = session(&place.name).await;
    reader.query_drop("BEGIN; SELECT * FROM \"User\"").await.unwrap();
    let failure = place.run(&place.request(AFTER)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::LockTimeout, "{}", failure.message);
    let holder = format!("connection {}, app@127.0.0.1:", reader.id());
    for part in [&holder, ", idle, in a transaction for "] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    assert!(!failure.message.contains("SELECT"), "{}", failure.message);
    reader.query_drop("ROLLBACK").await.unwrap();
    assert!(place.connect().await.history().await.unwrap().unwrap().unfinished.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_lock_stopped_is_continued_by_the_next_one() {
    let place = with_users().await;
    stopped_by_a_reader(&place).await;
    place.apply(AFTER).await;
    let history = place.history().await;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].steps_done, history[0].steps_total);
    assert_eq!(place.count("SELECT count(*) FROM \"User\"").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_is_abandoned_when_the_datamodel_changed_meanwhile() {
    let place = with_users().await;
    stopped_by_a_reader(&place).await;
    place.apply(&AFTER.replace("city  String?", "town  String?")).await;
    let states: Vec<MigrationState> = place.history().await.iter().map(|row| row.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Abandoned, MigrationState::Applied]);
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE town IS NULL").await, 2);
}

/// Where a run is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The step is recorded as running, its statement was not sent.
    BeforeStatement,
    /// The statement was done, nobody recorded it.
    AfterStatement,
    /// The step is recorded as done.
    AfterRecord,
}

/// Runs until the step is where it shall be cut off, and ends its session there.
async fn cut_off(place: &Place, ord: usize, cut: Cut) {
    let request = place.request(AFTER);
    let mut database = place.connect().await;
    let script = pipeline::inspect(&mut database, &request).await.unwrap().plan.unwrap().script;
    let statements = script.steps[ord].statements.clone();
    let name = place.name.clone();
    let mut listen = |event: Progress| {
        let here = match event {
            Progress::Started { ord: at, .. } => at == ord && cut != Cut::AfterRecord,
            Progress::Finished { ord: at, .. } => at == ord && cut == Cut::AfterRecord,
            _ => false,
        };
        if here {
            let statements = if cut == Cut::AfterStatement { statements.clone() } else { Vec::new() };
            end_sessions(name.clone(), statements);
        }
    };
    let failure = pipeline::migrate(&mut database, &request, &mut listen).await.unwrap_err();
    assert_eq!(failure.reason.class(), Class::Transient, "{ord} {cut:?} {}", failure.message);
    assert!(!format!("{failure:?}").contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cut_off_anywhere_is_finished_by_the_next_one() {
    let steps = with_users().await.apply(AFTER).await.steps_total;
    assert!(steps >= 5, "{steps}");
    let last = steps - 1;
    for ord in 0..steps {
        for cut in [Cut::BeforeStatement, Cut::AfterStatement, Cut::AfterRecord] {
            if (ord, cut) == (last, Cut::AfterRecord) {
                continue;
            }
            let place = with_users().await;
            cut_off(&place, ord, cut).await;
            place.apply(AFTER).await;
            let history = place.history().await;
            assert_eq!(history.len(), 2, "{ord} {cut:?}");
            assert_eq!(place.count("SELECT count(*) FROM \"User\"").await, 2);
            // A statement that was done by the first run was not sent again: it would have failed, and been counted.
            let attempts =
                "SELECT CAST(sum(attempts) AS SIGNED) FROM _schemalift_step WHERE migration_id = 2";
            let again = u64::from(cut == Cut::BeforeStatement);
            assert_eq!(place.count(attempts).await, steps as u64 + again, "{ord} {cut:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_somebody_else_half_did_is_left_to_a_person() {
    let place = with_users().await;
    cut_off(&place, 0, Cut::BeforeStatement).await;
    place.execute("ALTER TABLE \"User\" ADD COLUMN age INTEGER").await;
    let failure = place.run(&place.request(AFTER)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::AmbiguousStep, "{}", failure.message);
    place.execute("ALTER TABLE \"User\" DROP COLUMN age").await;
    place.apply(AFTER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_whose_making_was_cut_off_is_made_to_its_end() {
    let place = Place::mysql().await;
    let tables = include_str!("../../database/src/mysql/history.sql").replace("{database}.", "");
    place.execute(tables.split(";\n").next().unwrap()).await;
    place.apply(BEFORE).await;
    assert_eq!(place.history().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_is_held_by_one_session_and_dies_with_it() {
    let place = Place::mysql().await;
    let mut first = place.connect().await;
    first.lock(&[]).await.unwrap();
    let impatient =
        database::Settings { lock_wait: std::time::Duration::from_millis(10), ..place.settings() };
    let mut second = connect(&place.target, &impatient).await.unwrap();
    let error = second.lock(&[]).await.unwrap_err();
    assert_eq!(error.reason(), Reason::DatabaseBusy);
    assert!(error.to_string().contains("connection "), "{error}");
    let elsewhere = Place::mysql().await;
    elsewhere.connect().await.lock(&[]).await.unwrap();
    end_sessions(place.name.clone(), Vec::new());
    place.apply(BEFORE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_may_live_in_another_database() {
    let mut place = Place::mysql().await;
    let history = format!("{}_history", place.name);
    place.target = place.target.clone().with_history_namespace(Some(history.clone()));
    place.apply(BEFORE).await;
    assert_eq!(place.count(&format!("SELECT count(*) FROM {history}._schemalift_migration")).await, 1);
    assert_eq!(place.tables().await, ["User"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_datamodel_of_prisma_1_gets_the_tables_it_had_on_mysql() {
    let place = Place::mysql().await;
    let mut request = place.request("");
    request.datamodel = crate::support::parse(
        "type Product {\n  id: ID! @id\n  title: String! @unique\n  kind: Kind!\n  tags: [Tag] @relation(link: TABLE)\n}
type Tag {\n  id: ID! @id\n  products: [Product]\n}\nenum Kind { BOOK CD }",
    );
    place.apply_request(&request).await;
    let index = |table: &str, name: &str, length: &str| {
        format!(
            "SELECT count(*) FROM information_schema.statistics WHERE table_schema = database() \
             AND table_name = '{table}' AND index_name = '{name}' AND sub_part {length}"
        )
    };
    assert_eq!(place.count(&index("Product", "title_UNIQUE", "= 191")).await, 1);
    assert_eq!(place.count(&index("_ProductToTag", "ProductToTag_AB_unique", "IS NULL")).await, 2);
    assert_eq!(place.count(&index("_ProductToTag", "B", "IS NULL")).await, 1);
    let columns = "SELECT count(*) FROM information_schema.columns WHERE table_schema = database() \
                   AND (column_name, column_type) IN (('id', 'char(25)'), ('title', 'mediumtext'), ('kind', 'varchar(191)'))";
    assert_eq!(place.count(columns).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_stopped() {
    let place = with_users().await;
    let mut reader = session(&place.name).await;
    reader.query_drop("BEGIN; SELECT * FROM \"User\"").await.unwrap();
    let settings = database::Settings {
        lock_timeout: std::time::Duration::from_secs(600),
        statement_timeout: std::time::Duration::from_millis(50),
        ..place.settings()
    };
    let mut database = connect(&place.target, &settings).await.unwrap();
    let failure = pipeline::migrate(&mut database, &place.request(AFTER), &mut |_| {}).await.unwrap_err();
    assert!(failure.message.contains("interrupted"), "{}", failure.message);
    reader.query_drop("ROLLBACK").await.unwrap();
    place.apply(AFTER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_connections_say_why_and_tell_no_password() {
    let place = Place::mysql().await;
    let port = server().port;
    for (target, reason) in [
        (mysql_url("canary-wrong", port, &place.name), Reason::CredentialsRejected),
        (mysql_url("canary-wrong", free_port(), &place.name), Reason::DatabaseUnreachable),
        (mysql_url(PASSWORD, port, "no_such_database"), Reason::DatabaseNotFound),
    ] {
        let Err(error) = connect(&target, &place.settings()).await else { panic!("{reason}") };
        assert_eq!(error.reason(), reason, "{error}");
        let said = format!("{error} {error:?} {target:?} {}", target.shown());
        assert!(!said.contains("canary"), "{said}");
    }
}

/// A database on a server that keeps the names of tables in lower case.
async fn in_small_letters(server: &Server) -> Place {
    let mut place = Place::mysql().await;
    session_on(server, "").await.query_drop(format!("CREATE DATABASE {}", place.name)).await.unwrap();
    place.target = mysql_url(PASSWORD, server.port, &place.name);
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_keeps_names_in_small_letters_finds_its_tables_again() {
    let server = server_with_small_letters();
    let place = in_small_letters(&server).await;
    place.apply(BEFORE).await;
    assert_eq!(place.tables().await, ["user"]);
    place.apply(AFTER).await;
    assert_eq!(place.tables().await, ["post", "user"]);
    let renamed = AFTER.replace("model User", "/// @schemalift.renamedFrom(User)\nmodel Person");
    place.apply(&renamed.replace("User @", "Person @")).await;
    assert_eq!(place.tables().await, ["person", "post"]);
    // Another spelling is the same table, with other names of its indexes.
    let outcome = place.apply(&renamed.replace("Person", "PERSON").replace("User @", "PERSON @")).await;
    assert!(steps(&outcome).iter().all(|step| step.contains("rename index")), "{:?}", steps(&outcome));
    assert_eq!(place.tables().await, ["person", "post"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_that_become_one_in_small_letters_are_refused() {
    let server = server_with_small_letters();
    let place = in_small_letters(&server).await;
    let failure = place
        .run(&place.request("model User {\n  id Int @id\n}\nmodel USER {\n  id Int @id\n}"))
        .await
        .unwrap_err();
    assert_eq!(failure.reason, Reason::DatamodelInvalid);
    assert!(failure.message.contains("`User` and `USER`"), "{}", failure.message);
    assert!(place.tables().await.is_empty());
    assert!(place.history().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_nobody_can_judge_is_closed_by_a_repair() {
    use pipeline::repair::{Interrupted, needed, repair};
    let place = with_users().await;
    cut_off(&place, 0, Cut::BeforeStatement).await;
    place.execute("ALTER TABLE \"User\" ADD COLUMN age INTEGER").await;
    let request = place.request(AFTER);
    let failure = place.run(&request).await.unwrap_err();
    assert_eq!(failure.reason, Reason::AmbiguousStep, "{}", failure.message);
    assert!(failure.message.contains("schemalift history repair --abandon"), "{}", failure.message);
    let look = async |interrupted| {
        let mut database = place.connect().await;
        needed(&mut database, &request, interrupted).await.unwrap()
    };
    assert_eq!(look(Interrupted::Keep).await, None);
    let found = look(Interrupted::Abandon).await.unwrap();
    assert_eq!(found.effects[0], "close migration 2 as abandoned");
    let mut database = place.connect().await;
    repair(&mut database, &request, Interrupted::Abandon, &found.digest).await.unwrap();
    drop(database);
    place.apply(AFTER).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\"").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_with_the_number_zero_keeps_it() {
    let place = Place::mysql().await;
    place.apply("model T {\n  id Int @id\n}").await;
    place.execute("INSERT INTO \"T\" VALUES (0), (5)").await;
    place.apply("model T {\n  id BigInt @id @default(autoincrement())\n}").await;
    assert_eq!(place.count("SELECT count(*) FROM \"T\" WHERE id IN (0, 5)").await, 2);
}

/// MySQL would let the column go, and the next insert or reader would fail.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_view_or_a_trigger_names_does_not_go() {
    let place = Place::mysql().await;
    let user = |fields: &str| format!("model User {{\n  id Int @id\n{fields}}}\n");
    let post = "model Post {\n  id Int @id\n}";
    let before = user("  age Int?\n  name String?\n  city String?\n");
    place.apply(&format!("{before}{post}")).await;
    place
        .execute(
            "CREATE VIEW names AS SELECT name FROM \"User\"; CREATE VIEW posts AS SELECT count(*) FROM \"Post\"; \
             CREATE TRIGGER grow BEFORE INSERT ON \"User\" FOR EACH ROW SET NEW.age = 1",
        )
        .await;
    let refusal = async |models: String| {
        let failure = place.run(&place.request(&models)).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{}", failure.message);
        failure.message
    };
    let message = refusal(user("  age Int?\n  city String?\n") + post).await;
    assert!(message.contains("view names"), "{message}");
    let message = refusal(user("  name String?\n  city String?\n") + post).await;
    assert!(message.contains("trigger grow"), "{message}");
    let renamed = before.replace("  name", "  /// @schemalift.renamedFrom(name)\n  called");
    let message = refusal(renamed + post).await;
    assert!(message.contains("view names"), "{message}");
    let message = refusal(before.clone()).await;
    assert!(message.contains("view posts"), "{message}");
    // What they do not name may go.
    place.apply(&(user("  age BigInt?\n  name String?\n") + post)).await;
    place.execute("DROP VIEW posts").await;
    place.apply(&user("  age BigInt?\n  name String?\n")).await;
    place.execute("DROP VIEW names").await;
    place.apply("").await;
}

/// What other databases read is as much in use.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_view_of_another_database_names_does_not_go() {
    let (place, other) = (Place::mysql().await, Place::mysql().await);
    let before =
        "model User {\n  id Int @id\n  name String?\n  city String?\n}\nmodel Post {\n  id Int @id\n}";
    place.apply(before).await;
    let (here, there) = (place.name.clone(), other.name.clone());
    other.execute(&format!("CREATE VIEW names AS SELECT name FROM \"{here}\".\"User\"")).await;
    other.execute("CREATE TABLE \"Post\" (id INT); CREATE VIEW posts AS SELECT * FROM \"Post\"").await;
    let said = format!("view {there}.names");
    for gone in [
        before.replace("  name String?\n", ""),
        before.replace("  name", "  /// @schemalift.renamedFrom(name)\n  called"),
        before.replace("model User", "/// @schemalift.renamedFrom(User)\nmodel Person"),
    ] {
        let failure = place.run(&place.request(&gone)).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{}", failure.message);
        assert!(failure.message.contains(&said), "{}", failure.message);
    }
    // What it does not name may go, also a table that is called like one of its own database.
    place.apply("model User {\n  id Int @id\n  name String?\n}").await;
    other.execute("DROP VIEW names").await;
    place.apply("model User {\n  id Int @id\n}").await;
}
