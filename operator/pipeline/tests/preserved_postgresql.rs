//! What PostgreSQL has and no datamodel says: listed, and after every change as it was, or the change is refused.

use std::collections::BTreeSet;

use datamodel::Edition;
use introspection::{Form, write};
use pipeline::{Destructive, DriftRule, FirstContact, Request};
use reason::Reason;
use schema::Schema;
use servers::postgresql;

use crate::support::Place;

const ITEMS: &str = r#"
    CREATE TYPE kind AS ENUM ('a', 'b', 'c');
    CREATE TABLE parent (number int PRIMARY KEY);
    CREATE UNLOGGED TABLE item (
      id int GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 10 CACHE 5),
      title varchar(40) NOT NULL,
      body text,
      code text NOT NULL,
      born date,
      price numeric(10, 2) CONSTRAINT no_gift CHECK (price >= 0),
      kind kind NOT NULL DEFAULT 'a',
      words tsvector,
      parent_id int,
      extra int NOT NULL,
      note text,
      spare int,
      memo text,
      CONSTRAINT item_pkey PRIMARY KEY (id) WITH (fillfactor = 60),
      CONSTRAINT item_code_key UNIQUE (code) DEFERRABLE INITIALLY DEFERRED,
      CONSTRAINT item_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES parent (number) MATCH FULL DEFERRABLE
    ) WITH (fillfactor = 70, autovacuum_enabled = false);
    ALTER TABLE item ADD CONSTRAINT sane CHECK (extra < 1000) NOT VALID;
    CREATE INDEX item_title_idx ON item (title) WITH (fillfactor = 50);
    ALTER TABLE item CLUSTER ON item_title_idx;
    CREATE UNIQUE INDEX item_extra_key ON item (extra);
    ALTER TABLE item REPLICA IDENTITY USING INDEX item_extra_key;
    CREATE INDEX item_words ON item USING gist (words tsvector_ops (siglen = 100));
    CREATE INDEX item_spare_idx ON item (spare);
    CREATE INDEX item_memo_idx ON item (memo) WITH (fillfactor = 55);
    CREATE STATISTICS item_stats ON title, code FROM item;
    ALTER TABLE item ALTER title SET STORAGE EXTERNAL, ALTER title SET STATISTICS 500, ALTER body SET STORAGE MAIN,
      ALTER born SET STATISTICS 300, ALTER born SET (n_distinct = 5, n_distinct_inherited = -0.5);
    COMMENT ON TABLE item IS 'things';
    COMMENT ON COLUMN item.title IS 'it''s "shown"';
    COMMENT ON COLUMN item.born IS 'day \ of birth';
    COMMENT ON INDEX item_title_idx IS 'by title';
    COMMENT ON CONSTRAINT no_gift ON item IS 'paid';
    INSERT INTO item (title, code, extra, born, body) VALUES ('t', 'c', 1, '2020-01-02', 'b');
"#;

/// Everything of every table that a comparison of schemas does not see, one line each.
const CATALOG: &str = r"
    SELECT concat_ws(' | ', 'table', c.relname, c.relpersistence, c.reloptions, c.relreplident, c.reltablespace,
      obj_description(c.oid, 'pg_class')) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
      AND c.relkind IN ('r', 'S') AND c.relname !~ '^_schemalift'
    UNION ALL SELECT concat_ws(' | ', 'column', c.relname, a.attname, a.attidentity, NULLIF(a.attstattarget, -1), a.attoptions,
      a.attacl, col_description(c.oid, a.attnum)) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relname !~ '^_schemalift'
    UNION ALL SELECT concat_ws(' | ', 'storage', c.relname, a.attname, a.attstorage, to_jsonb(a) ->> 'attcompression')
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND a.attstorage <> t.typstorage
      AND c.relname !~ '^_schemalift'
    UNION ALL SELECT concat_ws(' | ', 'index', pg_get_indexdef(i.indexrelid), i.indisreplident, i.indisclustered,
      i.indisvalid, x.reltablespace, obj_description(x.oid, 'pg_class')) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
      WHERE x.relnamespace = 'public'::regnamespace AND x.relname !~ '^_schemalift'
    UNION ALL SELECT concat_ws(' | ', 'constraint', conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint'))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text !~ '_schemalift'
      AND contype <> 'n'
    UNION ALL SELECT concat_ws(' | ', 'statistics', pg_get_statisticsobjdef(oid)) FROM pg_statistic_ext
    UNION ALL SELECT concat_ws(' | ', 'sequence', s.seqstart, s.seqincrement, s.seqcache, s.seqcycle)
      FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.relname !~ '^_schemalift'";

async fn catalog(place: &Place) -> BTreeSet<String> {
    let session = postgresql::session(&place.name).await;
    session.query(CATALOG, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn found(place: &Place) -> Schema {
    place.connect().await.introspect(&["public".to_owned()]).await.unwrap()
}

fn request(place: &Place, text: &str) -> Request {
    let mut request =
        Request { datamodel: crate::support::parse(text), ..crate::support::empty_request(&place.target) };
    request.first_contact = FirstContact::Adopt;
    request.policy.drift = DriftRule::Ignore;
    request.policy.destructive = Destructive::Allow;
    request
}

/// The text of what is there, adopted.
async fn adopted(place: &Place) -> String {
    let scope = crate::support::scope(&place.target);
    let text = write(&found(place).await, Form::Psl(Edition::Six), &scope, None).unwrap().text;
    let outcome = place.migrate(&request(place, &text)).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{text}\n{:?}", crate::support::steps(&outcome));
    text
}

/// The text with a field's line changed; a line in front of it is a hint.
fn with(text: &str, field: &str, line: &str) -> String {
    let lines = text.lines().map(|found| {
        if found.split_whitespace().next() == Some(field) { line.to_owned() } else { found.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn with_items() -> (Place, String, i32) {
    let place = Place::postgresql().await;
    place.execute(ITEMS).await;
    let session = postgresql::session(&place.name).await;
    let version: i32 =
        session.query_one("SELECT current_setting('server_version_num')::int", &[]).await.unwrap().get(0);
    if version >= 140_000 {
        place.execute("ALTER TABLE item ALTER body SET COMPRESSION pglz").await;
    }
    if version >= 150_000 {
        place.execute("CREATE UNIQUE INDEX item_note ON item (note) NULLS NOT DISTINCT").await;
    }
    let text = adopted(&place).await;
    (place, text, version)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_datamodel_says_is_listed() {
    let (place, _, version) = with_items().await;
    let schema = found(&place).await;
    let item = schema.tables.iter().find(|table| table.name.name == "item").unwrap();
    let mut expected = vec![
        "check no_gift (commented)",
        "check sane (not valid)",
        "column body: storage main",
        "column born: comment",
        "column born: n_distinct 5",
        "column born: n_distinct_inherited -0.5",
        "column born: statistics 300",
        "column title: comment",
        "column title: statistics 500",
        "column title: storage external",
        "comment",
        "deferrable constraint item_code_key",
        "deferrable constraint item_parent_id_fkey",
        "identity id (always, start 100, increment 10, cache 5)",
        "index item_extra_key: replica identity",
        "index item_memo_idx: parameters (fillfactor=55)",
        "index item_pkey: parameters (fillfactor=60)",
        "index item_title_idx: clustered",
        "index item_title_idx: comment",
        "index item_title_idx: parameters (fillfactor=50)",
        "index item_words: parameters of an operator class",
        "match full constraint item_parent_id_fkey",
        "parameters (fillfactor=70, autovacuum_enabled=false)",
        "statistics item_stats",
        "unlogged",
    ];
    if version >= 140_000 {
        expected.push("column body: compression pglz");
    }
    if version >= 150_000 {
        expected.push("index item_note (nulls not distinct)");
    }
    expected.sort_unstable();
    assert_eq!(item.extras, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_changes_lose_nothing() {
    let (place, text, _) = with_items().await;
    // The field, its new line, and what in a line of the catalog may differ.
    let changes: [(&str, &str, &[&str]); 12] = [
        ("title", "  title String @db.VarChar(80)\n  added Int?", &["| added"]),
        ("title", "  title String", &[]),
        ("body", "  body String? @db.VarChar(200)", &[]),
        ("body", "  body String @db.VarChar(200)", &[]),
        ("born", "  born Int?", &[]),
        ("extra", "  extra BigInt @unique", &[]),
        ("id", "  id BigInt @id @default(autoincrement())", &[]),
        ("price", "  price Decimal? @default(3) @db.Decimal(12, 3)", &[]),
        ("kind", "  kind kind @default(b)", &[]),
        (
            "spare",
            "  /// @schemalift.renamedFrom(spare)\n  rest Int?",
            &["| spare", "| rest", "item_spare_idx", "item_rest_idx"],
        ),
        (
            "words",
            "  words Unsupported(\"tsvector\")?\n  more String[]\n  @@index([code, born])",
            &["| more", "(code, born)"],
        ),
        ("note", "  note String? @default(\"none\") @db.VarChar(9)", &[]),
    ];
    let mut text = text;
    for (field, line, touched) in changes {
        let before = catalog(&place).await;
        text = with(&text, field, line);
        if line.contains("rest Int?") {
            text = text.replace("@@index([spare])", "@@index([rest])");
        }
        let outcome = place.migrate(&request(&place, &text)).await;
        assert_eq!(outcome.reason, Reason::Applied, "{line}: {}", outcome.message);
        let after = catalog(&place).await;
        let other: Vec<&String> = before
            .symmetric_difference(&after)
            .filter(|line| !touched.iter().any(|word| line.contains(word)))
            .collect();
        assert!(other.is_empty(), "{line}: {other:#?}");
        place.assert_settled(&request(&place, &text)).await;
    }
    assert_eq!(
        place.count("SELECT count(*) FROM item WHERE title = 't' AND extra = 1 AND body = 'b'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_new_object_would_not_have_is_refused() {
    let (place, text, _) = with_items().await;
    let before = catalog(&place).await;
    let parent = with(&with(&text, "parent_id", "  parent_id BigInt?"), "number", "  number BigInt @id");
    for (changed, why) in [
        (with(&text, "extra", "  extra Int"), "index item_extra_key: replica identity"),
        (
            with(&text, "id", "  id Int @default(autoincrement())\n  @@id([id, extra])"),
            "index item_pkey: parameters",
        ),
        (with(&text, "title", "  title DateTime[]"), "statistics item_stats"),
        (with(&text, "memo", "  memo DateTime[]"), "index item_memo_idx: parameters (fillfactor=55)"),
        (parent, "match full constraint item_parent_id_fkey"),
    ] {
        let failure = place.run(&request(&place, &changed)).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{changed}: {}", failure.message);
        assert!(failure.message.contains(why), "{}", failure.message);
    }
    assert_eq!(catalog(&place).await, before);
}

/// It is no default, and goes on as it is whether the datamodel says the expression or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_generated_column_keeps_its_expression_or_the_plan_is_refused() {
    let place = Place::postgresql().await;
    let table = "CREATE TABLE line (id int CONSTRAINT line_pkey PRIMARY KEY, price int NOT NULL, \
                 \"Of all\" int GENERATED ALWAYS AS (price * 3) STORED, note text); INSERT INTO line (id, price, note) VALUES (1, 2, 'n')";
    place.execute(table).await;
    let whole = "whole Int? @map(\"Of all\")";
    let text = format!("model line {{\n  id Int @id\n  price Int\n  {whole}\n  note String?\n}}");
    let request = Request { first_contact: FirstContact::Adopt, ..place.request(&text) };
    assert_eq!(place.migrate(&request).await.reason, Reason::Baselined);
    for other in ["BigInt?", "DateTime?", "Int? @default(3)", "Int? @default(dbgenerated(\"(id * 3)\"))"] {
        let changed = text.replace(whole, &format!("whole {other} @map(\"Of all\")"));
        let mut request = place.request(&changed);
        request.policy.destructive = Destructive::Allow;
        let failure = place.run(&request).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{other}: {failure}");
        assert!(failure.message.contains("generated column Of all"), "{other}: {failure}");
    }
    place
        .assert_settled(
            &place.request(&text.replace("Int? @map", "Int? @default(dbgenerated(\"(price * 3)\")) @map")),
        )
        .await;
    // Other names, and what is beside it.
    let renamed = text
        .replace("  price Int", "  /// @schemalift.renamedFrom(price)\n  cost Int")
        .replace("@map(\"Of all\")", "@map(\"sum\")")
        .replace("note String?", "note String @default(\"-\")");
    let mut request = place.request(&renamed);
    request.policy.destructive = Destructive::Allow;
    place.apply_request(&request).await;
    place.execute("UPDATE line SET cost = 5").await;
    assert_eq!(place.count("SELECT count(*) FROM line WHERE sum = 15").await, 1);
}

const TEAM: &str = "model A {\n  id Int @id\n  b  B?  @relation(fields: [bId], references: [id])\n  bId Int?\n}\n\nmodel B {\n  id Int @id\n  a  A[]\n}\n";

/// Somebody added the key without looking at the rows: the plan looks, and makes nothing anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nobody_validated_is_validated_and_nothing_else() {
    let place = Place::postgresql().await;
    place.apply(TEAM).await;
    let again = "ALTER TABLE \"A\" DROP CONSTRAINT \"A_bId_fkey\"; INSERT INTO \"A\" VALUES (1, 7); \
                 ALTER TABLE \"A\" ADD CONSTRAINT theirs FOREIGN KEY (\"bId\") REFERENCES \"B\" (id) \
                 ON DELETE SET NULL ON UPDATE CASCADE NOT VALID";
    place.execute(again).await;
    let mut request = place.request(TEAM);
    request.policy.drift = DriftRule::Ignore;
    let refused = place.migrate(&request).await;
    assert_eq!(refused.reason, Reason::DataViolatesPlan, "{}", refused.message);
    assert!(
        refused.message.contains("P0204") && refused.message.contains("1 row, id = 1"),
        "{}",
        refused.message
    );
    place.execute("INSERT INTO \"B\" VALUES (7)").await;
    let outcome = place.apply_request(&request).await;
    assert_eq!(
        crate::support::steps(&outcome),
        ["rename constraint theirs of A to A_bId_fkey", "check the rows of A against foreign key A_bId_fkey"]
    );
    let valid = "SELECT count(*) FROM pg_constraint WHERE conname = 'A_bId_fkey' AND convalidated";
    assert_eq!(place.count(valid).await, 1);
}

/// The same of a database that is adopted, and of a check, which is left alone and listed.
#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_database_has_its_keys_validated_and_its_checks_left_alone() {
    let place = Place::postgresql().await;
    place
        .execute(
            "CREATE TABLE \"B\" (id int CONSTRAINT \"B_pkey\" PRIMARY KEY); \
             CREATE TABLE \"A\" (id int CONSTRAINT \"A_pkey\" PRIMARY KEY, \"bId\" int); \
             ALTER TABLE \"A\" ADD CONSTRAINT \"A_bId_fkey\" FOREIGN KEY (\"bId\") REFERENCES \"B\" (id) \
             ON DELETE SET NULL ON UPDATE CASCADE NOT VALID; \
             ALTER TABLE \"A\" ADD CONSTRAINT few CHECK (id < 9) NOT VALID",
        )
        .await;
    let mut request = place.request(TEAM);
    request.first_contact = FirstContact::Adopt;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    assert_eq!(crate::support::steps(&outcome), ["check the rows of A against foreign key A_bId_fkey"]);
    let schema = found(&place).await;
    assert_eq!(schema.tables[0].extras, ["check few (not valid)"]);
    place.assert_settled(&request).await;
}

/// PostgreSQL 18: it is no key at all until it is made anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_enforced_is_made_anew() {
    let place = Place::postgresql().await;
    place.apply(TEAM).await;
    let session = postgresql::session(&place.name).await;
    let version: i32 =
        session.query_one("SELECT current_setting('server_version_num')::int", &[]).await.unwrap().get(0);
    if version < 180_000 {
        return;
    }
    place.execute("ALTER TABLE \"A\" ALTER CONSTRAINT \"A_bId_fkey\" NOT ENFORCED").await;
    let mut request = place.request(TEAM);
    request.policy.drift = DriftRule::Ignore;
    let outcome = place.apply_request(&request).await;
    assert_eq!(crate::support::steps(&outcome).len(), 3, "{:?}", crate::support::steps(&outcome));
    assert_eq!(
        place.count("SELECT count(*) FROM pg_constraint WHERE conname = 'A_bId_fkey' AND convalidated").await,
        1
    );
}
