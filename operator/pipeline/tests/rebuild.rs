//! What a table of SQLite is beyond its datamodel outlives a rebuild, or the rebuild is refused.

use pipeline::{Destructive, FirstContact};
use reason::Reason;

use crate::support::{Place, steps};

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
        ("size INTEGER CHECK (size > 0)", "check"),
        ("size INTEGER, twice INTEGER GENERATED ALWAYS AS (size * 2) STORED", "generated column twice"),
        ("size INTEGER); CREATE INDEX i ON \"Tag\" (abs(size)", "index i (expression)"),
        ("size INTEGER); CREATE INDEX i ON \"Tag\" (size COLLATE NOCASE", "index i (collation)"),
        (
            "size INTEGER); CREATE VIEW v AS SELECT 1; CREATE INDEX i ON \"Tag\" (size) WHERE (size > 1",
            "index i (partial)",
        ),
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

const ITEMS: &str = r#"
    CREATE TABLE "Item" (
      id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, code TEXT NOT NULL, born DATETIME,
      price REAL NOT NULL DEFAULT 1.5, upId INTEGER, spare INTEGER,
      CONSTRAINT up FOREIGN KEY (upId) REFERENCES "Item" (id) ON DELETE SET NULL ON UPDATE CASCADE
    );
    CREATE UNIQUE INDEX "Item_code_key" ON "Item" (code);
    CREATE INDEX "Item_title_idx" ON "Item" (title DESC);
    CREATE TABLE "Child" (
      id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, itemId INTEGER NOT NULL,
      CONSTRAINT item FOREIGN KEY (itemId) REFERENCES "Item" (id) ON DELETE CASCADE ON UPDATE CASCADE
    );
    CREATE VIEW titles AS SELECT title FROM "Item";
    CREATE TRIGGER audit AFTER DELETE ON "Child" BEGIN UPDATE "Item" SET title = 'gone' WHERE id = old.itemId; END;
    CREATE TRIGGER own AFTER INSERT ON "Item" BEGIN SELECT 1; END;
    INSERT INTO "Item" (title, code) VALUES ('a', 'b'), ('c', 'd'), ('e', 'f');
    INSERT INTO "Child" (itemId) VALUES (1), (2);
    DELETE FROM "Item" WHERE id = 3;
"#;

const ITEM: &str = "model Item {
  id Int @id @default(autoincrement())
  title String
  code String @unique
  born DateTime?
  price Float @default(1.5)
  upId Int?
  spare Int?
  up Item? @relation(\"Up\", fields: [upId], references: [id])
  downs Item[] @relation(\"Up\")
  children Child[]
  @@index([title(sort: Desc)])
}

model Child {
  id Int @id @default(autoincrement())
  itemId Int
  item Item @relation(fields: [itemId], references: [id], onDelete: Cascade)
}";

/// Every object save the table itself, and where its numbers go on.
fn others(place: &Place) -> Vec<String> {
    let connection = rusqlite::Connection::open(place.target.file().unwrap()).unwrap();
    let query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'Item' AND name NOT LIKE '\\_sch%' ESCAPE '\\' \
                 UNION ALL SELECT name || seq FROM sqlite_sequence WHERE name NOT LIKE '\\_sch%' ESCAPE '\\' ORDER BY 1";
    let mut statement = connection.prepare(query).unwrap();
    let lines = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut lines: Vec<String> =
        lines.map(|line| line.unwrap().replace("\"(", "\" (").replace('"', "")).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_changes_lose_nothing() {
    let place = Place::sqlite();
    place.execute(ITEMS).await;
    let request = |models: &str| {
        let mut request = place.request(models);
        request.first_contact = FirstContact::Adopt;
        request.policy.destructive = Destructive::Allow;
        request
    };
    assert_eq!(place.migrate(&request(ITEM)).await.reason, Reason::Baselined);
    let mut models = ITEM.to_owned();
    let before = others(&place);
    assert!(before.iter().any(|line| line == "Item3"), "{before:?}");
    let mut expected = before;
    for (from, to, came, went) in [
        ("spare Int?", "spare Int?\n  added String?", "", ""),
        ("added String?", "added String @default(\"x\")", "", ""),
        ("  title String", "  title String?", "", ""),
        ("born DateTime?", "born Int?", "", ""),
        ("price Float @default(1.5)", "price Float? @default(2)", "", ""),
        ("spare Int?", "/// @schemalift.renamedFrom(spare)\n  rest Int?", "", ""),
        ("rest Int?\n", "rest Int\n", "", ""),
        ("references: [id])\n  downs", "references: [id], onDelete: Restrict)\n  downs", "", ""),
        ("  @@index", "  @@index([born])\n  @@index", "CREATE INDEX Item_born_idx ON Item (born)", ""),
        ("code String @unique", "code String", "", "CREATE UNIQUE INDEX Item_code_key ON Item (code)"),
        ("added String @default(\"x\")", "", "", ""),
    ] {
        assert!(models.contains(from), "{from}");
        models = models.replacen(from, to, 1);
        if to.contains("rest Int\n") {
            place.execute("UPDATE \"Item\" SET rest = 1").await;
        }
        place.apply_request(&request(&models)).await;
        expected.retain(|line| *line != went.replace('"', ""));
        expected.extend((!came.is_empty()).then(|| came.to_owned()));
        expected.sort();
        assert_eq!(others(&place), expected, "{to}");
    }
    assert_eq!(place.count("SELECT count(*) FROM \"Item\" JOIN \"Child\" ON itemId = \"Item\".id").await, 2);
    place.execute("INSERT INTO \"Item\" (code, rest) VALUES ('z', 1)").await;
    assert_eq!(place.count("SELECT max(id) FROM \"Item\"").await, 4);
}
