//! Dropped tables and columns are copied first, come back with a rollback, and are purged in the end.

use std::time::Duration;

use mysql_async::prelude::Queryable as _;
use pipeline::{Destructive, KeepRule, Outcome, Point, Request, roll_back};
use reason::Reason;
use schema::Dialect;

use crate::support::{Place, digest, steps};

on_every! {
    what_was_dropped_comes_back_by_key
    a_datamodel_that_is_put_back_brings_the_rows_back
    what_a_rollback_drops_comes_back_with_the_next_one
    a_way_that_renames_keeps_nothing_and_asks
    what_was_dropped_again_after_a_rollback_is_kept_as_it_was_last
    what_is_too_large_or_forbidden_is_not_dropped_unasked
    old_copies_are_purged_and_then_only_the_structure_comes_back
    what_the_server_makes_of_other_columns_comes_back_beside_them
}

const BEFORE: &str = "enum Role {\n  READER\n  AUTHOR\n}
model User {\n  id Int @id @default(autoincrement())\n  name String\n  role Role @default(READER)\n  posts Post[]\n}
model Post {\n  id Int @id @default(autoincrement())\n  title String\n  author User @relation(fields: [authorId], references: [id])
  authorId Int\n}";
const AFTER: &str = "model User {\n  id Int @id @default(autoincrement())\n}";

/// A request that keeps what is at most so large.
fn keeping(place: &Place, models: &str, max_bytes: u64) -> Request {
    let mut request = place.request(models);
    request.policy.keep = Some(KeepRule { max_bytes, retention: Duration::from_secs(3600) });
    request
}

async fn with_rows(place: &Place) {
    place.apply(BEFORE).await;
    place
        .execute(
            "INSERT INTO \"User\" (id, name, role) VALUES (1, 'Ann', 'AUTHOR'), (2, 'Bob', 'READER'); \
             INSERT INTO \"Post\" (id, title, \"authorId\") VALUES (7, 'One', 1), (8, 'It''s', 2)",
        )
        .await;
    if place.target.dialect() == Dialect::PostgreSql {
        place.execute("SELECT setval('\"User_id_seq\"', 2)").await;
    }
}

async fn dropped(place: &Place) -> Outcome {
    with_rows(place).await;
    let outcome = place.apply_request(&keeping(place, AFTER, 1 << 30)).await;
    if place.target.dialect() == Dialect::PostgreSql {
        // Nobody reads a copy who could not read the table, whatever default privileges say.
        let open = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname LIKE '\\_schemalift\\_kept%' \
                    AND NOT relrowsecurity";
        assert_eq!(place.count(open).await, 0);
    }
    outcome
}

async fn assert_back(place: &Place) {
    let authors = "SELECT count(*) FROM \"Post\" JOIN \"User\" ON \"User\".id = \"Post\".\"authorId\" \
                   WHERE (name = 'Ann' AND role = 'AUTHOR' AND title = 'One') \
                   OR (name = 'Bob' AND role = 'READER' AND title = 'It''s')";
    assert_eq!(place.count(authors).await, 2);
    // Numbers go on after those that came back.
    place.execute("INSERT INTO \"Post\" (title, \"authorId\") VALUES ('Next', 1)").await;
    assert_eq!(place.count("SELECT count(*) FROM \"Post\" WHERE id > 8").await, 1);
}

/// Rolls the last migration back, with an approval where one is wanted.
async fn rolled_back(place: &Place) -> Outcome {
    let mut request =
        roll_back(&mut place.connect().await, &place.request(""), Point::BeforeLast).await.unwrap();
    let outcome = place.migrate(&request).await;
    if outcome.reason != Reason::AwaitingApproval {
        assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
        return outcome;
    }
    request.approved_digest = Some(digest(&outcome));
    place.apply_request(&request).await
}

async fn what_was_dropped_comes_back_by_key(place: &Place) {
    let outcome = dropped(place).await;
    let plan = outcome.plan.unwrap();
    assert!(plan.back.as_ref().unwrap().is_exact(), "{:?}", plan.back);
    assert!(!plan.loses_data());
    // The copies are nobody's tables.
    assert_eq!(place.tables().await, ["User"]);
    assert!(outcome.unmanaged.is_empty(), "{:?}", outcome.unmanaged);
    assert_eq!(place.connect().await.kept().await.unwrap().len(), 2);
    let outcome = rolled_back(place).await;
    let brought = steps(&outcome).iter().filter(|step| step.starts_with("bring ")).count();
    assert_eq!(brought, 2, "{:?}", steps(&outcome));
    place.assert_settled(&place.request(BEFORE)).await;
    assert_back(place).await;
}

async fn a_datamodel_that_is_put_back_brings_the_rows_back(place: &Place) {
    dropped(place).await;
    let mut request = place.request(BEFORE);
    let outcome = place.migrate(&request).await;
    if outcome.reason == Reason::AwaitingApproval {
        request.approved_digest = Some(digest(&outcome));
        place.apply_request(&request).await;
    }
    assert_back(place).await;
}

/// There and back again, by the command and by a datamodel that is put back.
async fn what_a_rollback_drops_comes_back_with_the_next_one(place: &Place) {
    place.apply(AFTER).await;
    with_rows(place).await;
    let users = "SELECT count(*) FROM \"User\" WHERE id = 1 AND name = 'Ann' AND role = 'AUTHOR'";
    let posts = "SELECT count(*) FROM \"Post\" p JOIN \"User\" u ON u.id = p.\"authorId\" \
                 WHERE p.title = 'It''s' AND u.name = 'Bob'";
    for round in 0..3 {
        let back = if round == 0 { keeping(place, AFTER, 1 << 30) } else { last_undone(place).await };
        let outcome = place.migrate(&back).await;
        assert_eq!(outcome.reason, Reason::Applied, "round {round}: {}", outcome.message);
        assert_eq!(place.tables().await, ["User"], "round {round}");
        let mut forth = if round == 1 { keeping(place, BEFORE, 1 << 30) } else { last_undone(place).await };
        let outcome = place.migrate(&forth).await;
        if outcome.reason == Reason::AwaitingApproval {
            // Whether what comes back fits nobody can count before; nothing is lost.
            assert!(!outcome.message.contains("P010"), "round {round}: {}", outcome.message);
            forth.approved_digest = Some(digest(&outcome));
            place.migrate(&forth).await;
        }
        assert_eq!((place.count(users).await, place.count(posts).await), (1, 1), "round {round}");
        assert_eq!(place.count("SELECT count(*) FROM \"Post\"").await, 2);
        place.assert_settled(&place.request(BEFORE)).await;
    }
}

/// Only the stored way knows that a table was renamed, and a copy could not lead back from there.
async fn a_way_that_renames_keeps_nothing_and_asks(place: &Place) {
    place.apply("model Old {\n  id Int @id\n}").await;
    place.execute("INSERT INTO \"Old\" VALUES (1), (2)").await;
    place.apply("/// @schemalift.renamedFrom(Old)\nmodel New {\n  id Int @id\n  more Int?\n}").await;
    place.execute("UPDATE \"New\" SET more = 7").await;
    let mut back = last_undone(place).await;
    let outcome = place.migrate(&back).await;
    assert_eq!(outcome.reason, Reason::AwaitingApproval, "{}", outcome.message);
    assert!(outcome.message.contains("P0102") && outcome.message.contains("(2 rows"), "{}", outcome.message);
    back.approved_digest = Some(digest(&outcome));
    let outcome = place.migrate(&back).await;
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    assert_eq!(place.count("SELECT count(*) FROM \"Old\"").await, 2);
    assert!(place.connect().await.kept().await.unwrap().is_empty());
}

async fn last_undone(place: &Place) -> Request {
    let request = keeping(place, "", 1 << 30);
    roll_back(&mut place.connect().await, &request, Point::BeforeLast).await.unwrap()
}

/// A change that is taken back, and taken back again.
async fn what_was_dropped_again_after_a_rollback_is_kept_as_it_was_last(place: &Place) {
    dropped(place).await;
    rolled_back(place).await;
    place.execute("UPDATE \"User\" SET name = 'Eve' WHERE name = 'Bob'").await;
    let plan = place.apply_request(&keeping(place, AFTER, 1 << 30)).await.plan.unwrap();
    assert!(!plan.loses_data());
    assert!(plan.back.as_ref().unwrap().is_exact(), "{:?}", plan.back);
    rolled_back(place).await;
    let names = "SELECT count(*) FROM \"User\" WHERE name = 'Eve' OR (name = 'Ann' AND role = 'AUTHOR')";
    assert_eq!(place.count(names).await, 2);
    assert_eq!(place.count("SELECT count(*) FROM \"Post\" WHERE title = 'One'").await, 1);
    // The way of the history makes its copies again, where the policy of the command line keeps none.
    place.execute("UPDATE \"User\" SET name = 'Zoe' WHERE name = 'Eve'").await;
    rolled_back(place).await;
    assert_eq!(place.tables().await, ["User"]);
    rolled_back(place).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE name = 'Zoe'").await, 1);
}

async fn what_is_too_large_or_forbidden_is_not_dropped_unasked(place: &Place) {
    with_rows(place).await;
    let outcome = place.migrate(&keeping(place, AFTER, 0)).await;
    assert_eq!(outcome.reason, Reason::AwaitingApproval, "{}", outcome.message);
    assert!(outcome.message.contains("not kept"), "{}", outcome.message);
    let mut request = keeping(place, AFTER, 1 << 30);
    request.policy.destructive = Destructive::Forbid;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::PolicyForbids, "{}", outcome.message);
    assert_eq!(place.count("SELECT count(*) FROM \"Post\"").await, 2);
}

async fn old_copies_are_purged_and_then_only_the_structure_comes_back(place: &Place) {
    let small = "model User {\n  id Int @id @default(autoincrement())\n  name String?\n}";
    place.apply(&format!("{small}\nmodel Post {{\n  id Int @id\n}}")).await;
    place.execute("INSERT INTO \"Post\" VALUES (1)").await;
    place.apply_request(&keeping(place, small, 1 << 30)).await;
    assert_eq!(place.connect().await.kept().await.unwrap().len(), 1);
    let mut database = place.connect().await;
    database.lock(&["public".to_owned()]).await.unwrap();
    let request = place.request(small);
    let stranger = Request { owner: "laptop/shop/another".to_owned(), ..request.clone() };
    let refused = pipeline::purge(&mut database, &stranger, Duration::ZERO).await.unwrap_err();
    assert_eq!(refused.reason, Reason::Conflict, "{refused}");
    let purge = pipeline::purge(&mut database, &request, Duration::from_secs(3600)).await;
    assert!(purge.unwrap().is_empty());
    assert_eq!(pipeline::purge(&mut database, &request, Duration::ZERO).await.unwrap().len(), 1);
    database.unlock().await.unwrap();
    drop(database);
    assert!(place.connect().await.kept().await.unwrap().is_empty());
    let outcome = rolled_back(place).await;
    assert!(!steps(&outcome).iter().any(|step| step.starts_with("bring ")), "{:?}", steps(&outcome));
    assert_eq!(place.count("SELECT count(*) FROM \"Post\"").await, 0);
}

const RETYPED: &str = "model User {\n  id Int @id @default(autoincrement())\n  age Int\n  name String?\n}";
const NARROW: &str = "model User {\n  id Int @id @default(autoincrement())\n  age BigInt\n}";

/// The first run stops between the copy and the drop; what is written until the second one comes back, too.
async fn written_between_two_runs(place: &Place, failure: Reason) -> String {
    let request = keeping(place, NARROW, 1 << 30);
    let failed = place.run(&request).await.unwrap_err();
    assert_eq!(failed.reason, failure, "{}", failed.message);
    failed.message
}

async fn assert_later_values_came_back(place: &Place) {
    place.apply_request(&keeping(place, NARROW, 1 << 30)).await;
    rolled_back(place).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE name IN ('Ann', 'Later')").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_postgresql_is_made_in_the_transaction_that_drops() {
    let place = Place::postgresql().await;
    place.apply(RETYPED).await;
    place
        .execute(
            "INSERT INTO \"User\" (age, name) VALUES (1, 'Ann'); \
             CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$; \
             CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION no()",
        )
        .await;
    let told = written_between_two_runs(&place, Reason::StatementFailed).await;
    assert!(told.contains("not now"), "{told}");
    assert!(place.connect().await.kept().await.unwrap().is_empty());
    place.execute("DROP EVENT TRIGGER no; INSERT INTO \"User\" (age, name) VALUES (2, 'Later')").await;
    assert_later_values_came_back(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_mysql_is_made_again_when_the_drop_did_not_come() {
    let place = Place::mysql().await;
    place.apply(RETYPED).await;
    place.execute("INSERT INTO \"User\" (age, name) VALUES (1, 'Ann')").await;
    let mut reader = servers::mysql::session(&place.name).await;
    reader.query_drop("BEGIN").await.unwrap();
    reader.query_drop("SELECT * FROM \"User\"").await.unwrap();
    written_between_two_runs(&place, Reason::LockTimeout).await;
    assert_eq!(place.connect().await.kept().await.unwrap().len(), 1);
    reader.query_drop("COMMIT").await.unwrap();
    place.execute("INSERT INTO \"User\" (age, name) VALUES (2, 'Later')").await;
    assert_later_values_came_back(&place).await;
}

async fn what_the_server_makes_of_other_columns_comes_back_beside_them(place: &Place) {
    let models = place.adopt_generated_column().await;
    let is_whole =
        "SELECT count(*) FROM users WHERE loud = 'ANN' AND note = 'x' OR loud = 'BOB' AND note IS NULL";
    let without = ["  note String?\n", "  loud String?\n", "  loud String?\n  note String?\n"];
    // SQLite would write the table anew, and nobody knows what of.
    for gone in without.iter().filter(|_| place.target.dialect() != Dialect::Sqlite) {
        let mut request = keeping(place, &models.replace(gone, ""), 1 << 30);
        let outcome = place.migrate(&request).await;
        if !gone.contains("note") {
            assert!(outcome.message.contains("(not kept: the server generates the values)"), "{outcome:?}");
            request.approved_digest = Some(digest(&outcome));
            place.apply_request(&request).await;
        }
        let back = rolled_back(place).await;
        assert!(back.plan.unwrap().back.is_some_and(|back| back.is_exact()), "{gone}");
        assert_eq!(place.count(is_whole).await, 2, "{gone}");
    }
    place.apply_request(&keeping(place, "model posts {\n  id Int @id\n}", 1 << 30)).await;
    assert_eq!(place.tables().await, ["posts"]);
    rolled_back(place).await;
    assert_eq!(place.tables().await, ["users"]);
    assert_eq!(place.count(is_whole).await, 2);
    place.assert_settled(&place.request(&models)).await;
    // It is generated still.
    if place.target.dialect() != Dialect::Sqlite {
        place.execute("UPDATE users SET name = 'eve'").await;
        assert_eq!(place.count("SELECT count(*) FROM users WHERE loud = 'EVE'").await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_whose_key_or_enum_is_renamed_are_not_kept() {
    let place = Place::postgresql().await;
    let before = "enum Role {\n  READER\n}\nmodel User {\n  id Int @id\n  role Role?\n  other Role?\n}";
    place.apply(before).await;
    place.execute("INSERT INTO \"User\" (id, role) VALUES (1, 'READER')").await;
    for (after, why) in [
        (
            "enum Role {\n  READER\n}\nmodel User {\n  /// @schemalift.renamedFrom(id)\n  key Int @id\n  other Role?\n}",
            "no primary key",
        ),
        (
            "enum Role {\n  /// @schemalift.renamedFrom(READER)\n  GUEST\n}\nmodel User {\n  id Int @id\n  other Role?\n}",
            "renames values",
        ),
    ] {
        let outcome = place.migrate(&keeping(&place, after, 1 << 30)).await;
        assert_eq!(outcome.reason, Reason::AwaitingApproval, "{}", outcome.message);
        assert!(outcome.message.contains(why), "{}", outcome.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_mysql_is_no_newer_for_what_comes_back_to_it() {
    let place = Place::mysql().await;
    let models =
        |name: &str| format!("model User {{\n  id Int @id\n  at DateTime? @db.DateTime(0)\n{name}}}");
    place.apply(&models("  name String?\n")).await;
    place
        .execute(
            "ALTER TABLE \"User\" MODIFY at DATETIME NULL ON UPDATE CURRENT_TIMESTAMP; \
             INSERT INTO \"User\" VALUES (1, '2001-02-03 04:05:06', 'Ann')",
        )
        .await;
    place.apply_request(&keeping(&place, &models(""), 1 << 30)).await;
    rolled_back(&place).await;
    let same = "SELECT count(*) FROM \"User\" WHERE name = 'Ann' AND at = '2001-02-03 04:05:06'";
    assert_eq!(place.count(same).await, 1);
}
