//! Changes of form that keep rows: link tables, cycles of foreign keys, counters, and what lives outside of the tables.

use schema::Dialect;

use crate::support::{Place, steps};

on_every! {
    a_link_table_becomes_a_model_and_a_link_table_again
    keys_of_tables_that_refer_to_each_other_get_another_type
    a_cycle_of_foreign_keys_comes_and_goes
}

const LINKED: &str =
    "model Post {\n  id Int @id\n  tags Tag[]\n}\nmodel Tag {\n  id Int @id\n  posts Post[]\n}";

/// The link table as a model; with or without a key of its own.
fn spelled_out(key: &str) -> String {
    format!(
        "model Post {{\n  id Int @id\n  tags PostToTag[]\n}}\nmodel Tag {{\n  id Int @id\n  posts PostToTag[]\n}}
model PostToTag {{
  A    Int
  B    Int
  post Post @relation(fields: [A], references: [id], onDelete: Cascade, onUpdate: Cascade)
  tag  Tag  @relation(fields: [B], references: [id], onDelete: Cascade, onUpdate: Cascade)
  {key}
  @@index([B])
  @@map(\"_PostToTag\")
}}"
    )
}

async fn a_link_table_becomes_a_model_and_a_link_table_again(place: &Place) {
    place.apply(LINKED).await;
    place
        .execute(
            "INSERT INTO \"Post\" VALUES (1), (2); INSERT INTO \"Tag\" VALUES (1), (2); \
             INSERT INTO \"_PostToTag\" VALUES (1, 1), (1, 2), (2, 1)",
        )
        .await;
    for models in [spelled_out("@@id([A, B])"), spelled_out("@@unique([A, B])"), LINKED.to_owned()] {
        let outcome = place.apply(&models).await;
        assert!(steps(&outcome).iter().all(|step| !step.contains("drop table")), "{:?}", steps(&outcome));
        assert_eq!(place.count("SELECT count(*) FROM \"_PostToTag\"").await, 3);
    }
}

const CYCLE: &str = "model A {
  id  Int @id
  b   B   @relation(\"ab\", fields: [bId], references: [id])
  bId Int
  bs  B[] @relation(\"ba\")
}
model B {
  id  Int @id
  a   A?  @relation(\"ba\", fields: [aId], references: [id], onDelete: NoAction, onUpdate: NoAction)
  aId Int?
  as  A[] @relation(\"ab\")
}";

async fn keys_of_tables_that_refer_to_each_other_get_another_type(place: &Place) {
    place.apply(CYCLE).await;
    place
        .execute(
            "INSERT INTO \"B\" VALUES (1, NULL); INSERT INTO \"A\" VALUES (1, 1); UPDATE \"B\" SET \"aId\" = 1",
        )
        .await;
    place.apply(&CYCLE.replace(" Int", " BigInt")).await;
    let joined =
        "SELECT count(*) FROM \"A\" JOIN \"B\" ON \"A\".\"bId\" = \"B\".id AND \"B\".\"aId\" = \"A\".id";
    assert_eq!(place.count(joined).await, 1);
}

async fn a_cycle_of_foreign_keys_comes_and_goes(place: &Place) {
    let bare = "model C {\n  id Int @id\n}";
    place.apply(bare).await;
    place.apply(&format!("{CYCLE}\n{bare}")).await;
    let mut request = place.request(bare);
    request.policy.destructive = pipeline::Destructive::Allow;
    place.apply_request(&request).await;
    assert_eq!(place.tables().await, ["C"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_a_type_makes_equal_are_found_where_they_must_differ() {
    for place in [Place::postgresql().await, Place::mysql().await] {
        let model = |native: &str| format!("model T {{\n  id Int @id\n  at DateTime @unique{native}\n}}");
        place.apply(&model("")).await;
        place
            .execute("INSERT INTO \"T\" VALUES (1, '2020-01-01 10:00:00'), (2, '2020-01-01 11:00:00')")
            .await;
        let mut request = place.request(&model(" @db.Date"));
        request.policy.destructive = pipeline::Destructive::Allow;
        let outcome = place.migrate(&request).await;
        assert_eq!(outcome.reason, reason::Reason::DataViolatesPlan, "{}", outcome.message);
        assert!(
            outcome.message.contains("P0203") && outcome.message.contains("2 rows"),
            "{}",
            outcome.message
        );
        place.execute("DELETE FROM \"T\" WHERE id = 2").await;
        place.apply_request(&request).await;
        assert_eq!(place.count("SELECT count(*) FROM \"T\" WHERE at = '2020-01-01'").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_another_column_is_counted() {
    let place = Place::postgresql().await;
    place.apply("model T {\n  id Int @id @default(autoincrement())\n  n Int\n}").await;
    place.execute("INSERT INTO \"T\" (n) VALUES (5), (9)").await;
    place.execute("CREATE SEQUENCE other START 100").await;
    place.apply("model T {\n  id Int @id\n  n Int @default(autoincrement())\n}").await;
    place.execute("INSERT INTO \"T\" (id) VALUES (3)").await;
    assert_eq!(place.count("SELECT n::bigint FROM \"T\" WHERE id = 3").await, 10);
    place.apply("model T {\n  id Int @id @default(autoincrement())\n  n Int\n}").await;
    place.execute("INSERT INTO \"T\" (n) VALUES (1)").await;
    assert_eq!(place.count("SELECT max(id)::bigint FROM \"T\"").await, 4);
    assert_eq!(place.count("SELECT count(*) FROM pg_sequences WHERE sequencename = 'other'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn types_classes_and_functions_of_extensions_are_found_in_public() {
    let place = Place::postgresql().await;
    assert_eq!(place.target.dialect(), Dialect::PostgreSql);
    place.execute("CREATE DOMAIN positive AS integer CHECK (value > 0)").await;
    let model = |more: &str, extensions: &str| {
        let text = format!(
            "generator client {{\n  provider = \"x\"\n  previewFeatures = [\"postgresqlExtensions\"]\n}}
datasource db {{\n  provider = \"postgresql\"\n  extensions = [pgcrypto, {extensions}]\n}}
model T {{
  id    Int                     @id
  size  Unsupported(\"positive\")
  sizes Unsupported(\"positive\")[]
  range Unsupported(\"int4range\")?
  token Bytes                   @default(dbgenerated(\"gen_random_bytes(8)\"))
  name  String
{more}
  @@index([name(ops: raw(\"gin_trgm_ops\"))], type: Gin)
}}"
        );
        pipeline::Request { datamodel: crate::support::parse(&text), ..place.request("") }
    };
    place.apply_request(&model("", "pg_trgm")).await;
    place
        .execute(
            "INSERT INTO \"T\" (id, size, name) VALUES (1, 2, 'a'); COMMENT ON TABLE \"T\" IS 'tee'; \
             COMMENT ON COLUMN \"T\".name IS 'called'; COMMENT ON CONSTRAINT \"T_pkey\" ON \"T\" IS 'key'",
        )
        .await;
    assert!(place.connect().await.introspect(&["public".to_owned()]).await.is_ok());
    place
        .apply_request(&model("  more Unsupported(\"public.positive\")?\n  @@index([size])", "pg_trgm"))
        .await;
    let comments =
        "SELECT count(*) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid WHERE relname = 'T'";
    assert_eq!(place.count(comments).await, 2);
    assert_eq!(place.count("SELECT length(token)::bigint FROM \"T\" WHERE size = 2").await, 8);
}
