//! What a table of SQLite is beyond its datamodel outlives a rebuild, or the rebuild is refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story stops at the first surprise"
)]

mod support;

use pipeline::{Destructive, FirstContact};
use reason::Reason;
use support::{Place, steps};

/// Adopts the table, and answers its declaration after it was rebuilt for the models.
async fn rebuilt(place: &Place, models: &str) -> String {
    let mut request = place.request(models);
    request.first_contact = FirstContact::Adopt;
    let outcome = place.apply_request(&request).await;
    assert!(steps(&outcome)[0].starts_with("rebuild table"), "{:?}", steps(&outcome));
    let connection = rusqlite::Connection::open(place.target.file().unwrap()).unwrap();
    connection.query_row("SELECT sql FROM sqlite_master WHERE name = 'Tag'", [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_table_stays_strict_and_one_without_rowid_stays_so() {
    let place = Place::sqlite();
    place
        .execute(
            "CREATE TABLE \"Tag\" (\"name\" TEXT NOT NULL PRIMARY KEY, \"size\" INTEGER) STRICT, WITHOUT ROWID; \
             INSERT INTO \"Tag\" VALUES ('a', 1)",
        )
        .await;
    let sql = rebuilt(&place, "model Tag {\n  name String @id\n  size Int\n}").await;
    assert!(sql.ends_with(") STRICT, WITHOUT ROWID"), "{sql}");
    assert_eq!(place.count("SELECT count(*) FROM \"Tag\" WHERE size = 1").await, 1);
    // A strict table has no such type.
    let failure = place.run(&place.request("model Tag {\n  name String @id\n  size DateTime\n}")).await;
    let failure = failure.unwrap_err();
    assert_eq!(failure.reason, Reason::PolicyForbids);
    assert!(failure.message.contains("strict"), "{}", failure.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_deleted_rows_do_not_come_back() {
    let place = Place::sqlite();
    place
        .execute(
            "CREATE TABLE \"Tag\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"size\" INTEGER); \
             INSERT INTO \"Tag\" (size) VALUES (1), (2), (3); DELETE FROM \"Tag\" WHERE id = 3",
        )
        .await;
    let sql = rebuilt(&place, "model Tag {\n  id Int @id @default(autoincrement())\n  size Int\n}").await;
    assert!(sql.contains("AUTOINCREMENT"), "{sql}");
    place.execute("INSERT INTO \"Tag\" (size) VALUES (4)").await;
    assert_eq!(place.count("SELECT max(id) FROM \"Tag\"").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_datamodel_cannot_say_stops_a_rebuild() {
    for (declaration, extra) in [
        ("size INTEGER, name TEXT COLLATE NOCASE", "collation"),
        ("size INTEGER, up INTEGER REFERENCES \"Tag\" (id) DEFERRABLE INITIALLY DEFERRED", "deferrable"),
        ("size INTEGER UNIQUE ON CONFLICT REPLACE", "on conflict"),
    ] {
        let place = Place::sqlite();
        place.execute(&format!("CREATE TABLE \"Tag\" (id INTEGER PRIMARY KEY, {declaration})")).await;
        let mut request = place.request("model Tag {\n  id Int @id\n  size Int\n}");
        request.first_contact = FirstContact::Adopt;
        request.policy.destructive = Destructive::Allow;
        let failure = place.run(&request).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{}", failure.message);
        assert!(failure.message.contains(extra), "{}", failure.message);
    }
}

/// Whatever case its table is written in.
#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_is_there_after_a_rebuild() {
    let place = Place::sqlite();
    place
        .execute(
            "CREATE TABLE \"Tag\" (id INTEGER PRIMARY KEY, size INTEGER); CREATE TABLE log (id INTEGER); \
             CREATE TRIGGER audit AFTER INSERT ON TAG BEGIN INSERT INTO log VALUES (new.id); END; \
             CREATE TRIGGER other AFTER INSERT ON log BEGIN UPDATE tag SET size = size + 1; END",
        )
        .await;
    rebuilt(&place, "model Tag {\n  id Int @id\n  size Int\n}").await;
    place.execute("INSERT INTO \"Tag\" VALUES (7, 1)").await;
    assert_eq!(place.count("SELECT count(*) FROM log").await, 1);
    assert_eq!(place.count("SELECT size FROM \"Tag\"").await, 2);
}

/// An index for full text search knows its rows by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_keeps_its_hidden_number() {
    let place = Place::sqlite();
    place
        .execute(
            "CREATE TABLE \"Tag\" (name TEXT NOT NULL PRIMARY KEY, size INTEGER); \
             INSERT INTO \"Tag\" VALUES ('a', 1), ('b', 2), ('c', 3); DELETE FROM \"Tag\" WHERE name = 'a'; \
             CREATE VIRTUAL TABLE found USING fts5 (name, content='Tag'); \
             INSERT INTO found (rowid, name) SELECT rowid, name FROM \"Tag\"",
        )
        .await;
    rebuilt(&place, "model Tag {\n  name String @id\n  size Int\n}").await;
    let query = "SELECT count(*) FROM found JOIN \"Tag\" ON \"Tag\".rowid = found.rowid \
                 WHERE found MATCH 'b' AND \"Tag\".name = 'b'";
    assert_eq!(place.count(query).await, 1);
}

/// To SQLite it is the same name, and to whoever reads the catalog another.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_renamed_to_its_name_in_other_letters() {
    let place = Place::sqlite();
    place
        .apply("model tag {\n  id Int @id\n  notes note[]\n}\nmodel note {\n  id Int @id\n  tagId Int\n  tag tag @relation(fields: [tagId], references: [id])\n}")
        .await;
    place.execute("INSERT INTO tag VALUES (1); INSERT INTO note VALUES (1, 1)").await;
    let models = "/// @schemalift.renamedFrom(tag)\nmodel Tag {\n  id Int @id\n  notes note[]\n}\nmodel note {\n  id Int @id\n  tagId Int\n  tag Tag @relation(fields: [tagId], references: [id])\n}";
    let outcome = place.apply(models).await;
    assert_eq!(steps(&outcome), ["rename table tag to Tag"]);
    assert_eq!(place.tables().await, ["Tag", "note"]);
    assert_eq!(place.count("SELECT count(*) FROM note JOIN \"Tag\" ON \"Tag\".id = \"tagId\"").await, 1);
}
