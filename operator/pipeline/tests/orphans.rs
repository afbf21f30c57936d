//! SQLite: rows of others that lead nowhere. SQLite checks foreign keys only when it is told to, so that a file may have had such
//! rows for long; what a plan leaves as it is stands in no plan's way.

use reason::Reason;
use sql::DataSteps;

use crate::support::Place;

const BEFORE: &str = "model User {\n  id Int @id\n  age Int\n}";
/// A type of its own: the table is rebuilt.
const AFTER: &str = "model User {\n  id Int @id\n  age String\n}";

/// Tables that no datamodel names, with rows and keys that lead nowhere.
const THEIRS: &str = "PRAGMA foreign_keys = OFF;
INSERT INTO User VALUES (1, 10);
CREATE TABLE theirs (id INTEGER PRIMARY KEY, user_id INT REFERENCES User (id));
INSERT INTO theirs VALUES (1, 1), (2, 7), (3, 8);
CREATE TABLE nameless (id TEXT PRIMARY KEY, user_id INT REFERENCES User (id)) WITHOUT ROWID;
INSERT INTO nameless VALUES ('a', 1), ('b', 9);
CREATE TABLE lost (id INT, other INT REFERENCES nowhere (id));
INSERT INTO lost VALUES (1, 1);
CREATE TABLE codes (code INT);
CREATE TABLE mismatched (id INT, code INT REFERENCES codes (code));
INSERT INTO mismatched VALUES (1, 1);";

async fn with_theirs() -> Place {
    let place = Place::sqlite();
    place.apply(BEFORE).await;
    place.execute(THEIRS).await;
    place
}

fn after(place: &Place, sql: &str) -> pipeline::Request {
    let steps = api::Steps {
        before: Vec::new(),
        after: vec![api::DataStep { name: "own".to_owned(), sql: sql.to_owned() }],
    };
    let steps: DataSteps = pipeline::convert::steps(schema::Dialect::Sqlite, Some(&steps)).unwrap();
    let mut request = place.request(AFTER);
    request.policy.destructive = pipeline::Destructive::Allow;
    request.steps = steps;
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn orphans_of_others_stand_in_no_plans_way() {
    let place = with_theirs().await;
    place.apply(AFTER).await;
    assert_eq!(place.count("SELECT count(*) FROM theirs").await, 3);
    assert_eq!(place.count("SELECT count(*) FROM User WHERE age = '10'").await, 1);
    // Neither do those that are mended or gone meanwhile, in a step or in its batches.
    place.apply_request(&after(&place, "DELETE FROM theirs WHERE id = 2")).await;
    let batch = "-- schemalift:batch key=id size=1\nUPDATE theirs SET user_id = 1 WHERE id = 3";
    place.apply_request(&after(&place, batch)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_that_a_plan_leaves_is_told_beside_those_of_old() {
    for (sql, told) in [
        // One goes and another comes.
        (
            "DELETE FROM theirs WHERE id = 2; INSERT INTO theirs VALUES (4, 11)",
            "1 row of theirs (user_id) to User, for example id = 4;",
        ),
        ("INSERT INTO nameless VALUES ('c', 12)", "1 row of nameless (user_id) to User;"),
        (
            "DELETE FROM User",
            "1 row of nameless (user_id) to User; 1 row of theirs (user_id) to User, for example id = 1;",
        ),
    ] {
        let place = with_theirs().await;
        let failure = place.run(&after(&place, sql)).await.unwrap_err();
        assert_eq!(failure.reason, Reason::DataViolatesPlan, "{failure}");
        assert!(failure.message.contains(told), "{failure}");
        assert_eq!(place.count("SELECT count(*) FROM User WHERE age = 10").await, 1);
        assert_eq!(place.history().await.len(), 1);
    }
}

/// What a plan makes anew it answers for.
#[tokio::test(flavor = "multi_thread")]
async fn orphans_of_a_table_that_the_plan_makes_anew_are_refused() {
    let models =
        "model User {\n  id Int @id\n  posts Post[]\n}\nmodel Post {\n  id Int @id\n  size Int\n  userId Int
  user User @relation(fields: [userId], references: [id])\n}";
    let place = Place::sqlite();
    place.apply(models).await;
    place.execute("PRAGMA foreign_keys = OFF; INSERT INTO Post VALUES (1, 2, 3)").await;
    let rebuilt = models.replace("size Int", "size String");
    let failure = place.run(&place.request(&rebuilt)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DataViolatesPlan, "{failure}");
    assert!(failure.message.contains("1 row of Post (userId) to User, for example id = 1"), "{failure}");
    // A change elsewhere has nothing to do with it.
    let column = "model User {\n  id Int @id\n  name String?\n";
    place.apply(&models.replace("model User {\n  id Int @id\n", column)).await;
}

/// A key of others that can be checked no more, since what it points to lost its unique index.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_others_that_a_plan_breaks_stops_it() {
    let place = Place::sqlite();
    let models = "model User {\n  id Int @id\n  code Int @unique\n}";
    place.apply(models).await;
    place.execute("CREATE TABLE theirs (id INT, code INT REFERENCES User (code))").await;
    let mut request = place.request(&models.replace(" @unique", ""));
    request.policy.destructive = pipeline::Destructive::Allow;
    let failure = place.run(&request).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DataViolatesPlan, "{failure}");
    assert!(
        failure.message.contains("foreign key mismatch") && failure.message.contains("theirs"),
        "{failure}"
    );
    assert_eq!(place.history().await.len(), 1);
}
