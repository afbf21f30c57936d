//! Databases of Prisma 1: made anew, found as Prisma left them, renamed with their rows.

#[path = "../../upgrade/tests/generate/mod.rs"]
mod generate;

use datamodel::{Language, Source};
use generate::{Random, text};
use pipeline::{Destructive, Request};
use reason::Reason;
use schema::Dialect;
use upgrade::{Target, upgrade};

use crate::support::{Place, parse, scope, steps};

/// A place whose target is a service and stage of Prisma 1.
async fn service() -> Place {
    let mut place = Place::postgresql().await;
    place.target = place.target.clone().with_namespace(Some("default$default".to_owned()));
    place
}

fn request(place: &Place, sdl: &str) -> Request {
    Request { datamodel: parse(sdl), scope: scope(&place.target), ..place.request("") }
}

async fn apply(place: &Place, sdl: &str) -> Vec<String> {
    steps(&place.apply_request(&request(place, sdl)).await)
}

/// What Prisma 1 itself left behind: unnamed keys, a sequence that no column owns.
const LEFT_BY_PRISMA: &str = r#"
CREATE SCHEMA "default$default";
SET search_path = "default$default";
CREATE SEQUENCE "Home_id_seq" START 1;
CREATE SEQUENCE "counter" START 50;
CREATE TABLE "Home" (id int NOT NULL DEFAULT nextval('"default$default"."Home_id_seq"'::regclass), PRIMARY KEY (id));
CREATE TABLE "Visit" (id int NOT NULL DEFAULT nextval('"default$default"."counter"'::regclass), PRIMARY KEY (id));
CREATE TABLE "User" (id varchar (25) NOT NULL, PRIMARY KEY (id));
ALTER TABLE "User" ADD COLUMN "email" text;
ALTER TABLE "User" ALTER COLUMN "email" SET NOT NULL;
CREATE UNIQUE INDEX "default$default.User.email._UNIQUE" ON "User" ("email" ASC);
ALTER TABLE "User" ADD COLUMN "createdAt" timestamp (3) NOT NULL;
ALTER TABLE "User" ADD COLUMN "home" int NULL REFERENCES "Home" (id) ON DELETE SET NULL;
CREATE TABLE "User_tags" (
  "nodeId" varchar (25) NOT NULL REFERENCES "User" (id), "position" INT NOT NULL, "value" text NOT NULL,
  PRIMARY KEY ("nodeId", "position"));
CREATE TABLE "_Friends" ("A" varchar (25) NOT NULL, "B" varchar (25) NOT NULL,
  FOREIGN KEY ("A") REFERENCES "User" (id) ON DELETE CASCADE,
  FOREIGN KEY ("B") REFERENCES "User" (id) ON DELETE CASCADE);
CREATE UNIQUE INDEX "_Friends_AB_unique" ON "_Friends" ("A" ASC, "B" ASC);
CREATE INDEX "_Friends_B" ON "_Friends" ("B" ASC);
"#;

const FOUND: &str = r#"
type Home {
  id: Int! @id
  users: [User!]!
}

type Visit {
  id: Int! @id(strategy: SEQUENCE) @sequence(name: "counter", initialValue: 50, allocationSize: 1)
}

type User {
  id: ID! @id
  email: String! @unique
  home: Home
  tags: [String!]! @scalarList(strategy: RELATION)
  friends: [User!]! @relation(name: "Friends")
  createdAt: DateTime! @createdAt
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_prisma_1_is_recorded_as_it_is() {
    let place = service().await;
    place.execute(LEFT_BY_PRISMA).await;
    let request = request(&place, FOUND);
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{}: {:?}", outcome.message, steps(&outcome));
    place.assert_settled(&request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_of_prisma_1_may_give_way_to_another() {
    let place = service().await;
    place.execute(LEFT_BY_PRISMA).await;
    place.execute(r#"INSERT INTO "default$default"."Visit" VALUES (DEFAULT), (DEFAULT)"#).await;
    place.migrate(&request(&place, FOUND)).await;
    let lines = apply(&place, &FOUND.replace("\"counter\"", "\"visits\"")).await;
    assert_eq!(
        lines,
        ["change table default$default.Visit: drop the default of id, number id automatically"]
    );
    place.execute(r#"INSERT INTO "default$default"."Visit" VALUES (DEFAULT)"#).await;
    let query = r#"SELECT max(id)::bigint FROM "default$default"."Visit""#;
    assert_eq!(place.count(query).await, 52, "numbers go on after the largest one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_sequence_starts_where_it_is_told() {
    let place = service().await;
    let sdl = r#"
type Ticket {
  id: Int! @id(strategy: SEQUENCE) @sequence(name: "ticket_numbers", initialValue: 1000, allocationSize: 1)
}
"#;
    assert_eq!(apply(&place, sdl).await.len(), 2);
    place.execute(r#"INSERT INTO "default$default"."Ticket" VALUES (DEFAULT)"#).await;
    assert_eq!(place.count(r#"SELECT id::bigint FROM "default$default"."Ticket""#).await, 1000);
    assert_eq!(place.count(r#"SELECT last_value FROM "default$default"."ticket_numbers""#).await, 1000);
}

const LEGACY: &str = r"
type Author {
  id: ID! @unique
  name: String! @unique
  nicknames: [String!]!
  books: [Book!]!
}

type Book {
  id: ID! @unique
  title: String!
  author: Author
}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_datamodel_makes_its_tables_and_their_hidden_parts() {
    let place = service().await;
    apply(&place, LEGACY).await;
    place
        .execute(
            r#"SET search_path = "default$default";
            INSERT INTO "Author" (id, name, "createdAt", "updatedAt") VALUES ('a', 'Ann', now(), now());
            INSERT INTO "Author_nicknames" VALUES ('a', 1000, 'Annie');
            INSERT INTO "Book" (id, title, "createdAt", "updatedAt") VALUES ('b', 'Bread', now(), now());
            INSERT INTO "_AuthorToBook" (id, "A", "B") VALUES ('l', 'a', 'b');
            INSERT INTO "_RelayId" VALUES ('a', 'x')"#,
        )
        .await;
    let lines = apply(&place, &LEGACY.replace("title: String!", "title: String!\n  pages: Int")).await;
    assert_eq!(lines, ["change table default$default.Book: add pages"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn renames_of_types_fields_and_relations_keep_every_row() {
    let place = service().await;
    apply(&place, LEGACY).await;
    place
        .execute(
            r#"SET search_path = "default$default";
            INSERT INTO "Author" (id, name, "createdAt", "updatedAt") VALUES ('a', 'Ann', now(), now());
            INSERT INTO "Author_nicknames" VALUES ('a', 1000, 'Annie');
            INSERT INTO "Book" (id, title, "createdAt", "updatedAt") VALUES ('b', 'Bread', now(), now());
            INSERT INTO "_AuthorToBook" (id, "A", "B") VALUES ('l', 'a', 'b')"#,
        )
        .await;
    let renamed = r#"
type Artist @rename(oldName: "Author") {
  id: ID! @unique
  fullName: String! @unique @rename(oldName: "name")
  aliases: [String!]! @rename(oldName: "nicknames")
  volumes: [Volume!]! @relation(name: "Works")
}

type Volume @rename(oldName: "Book") {
  id: ID! @unique
  title: String!
  artist: Artist @relation(name: "Works", oldName: "AuthorToBook")
}
"#;
    let lines = apply(&place, renamed).await;
    assert!(lines.iter().all(|line| line.starts_with("rename ")), "{lines:?}");
    let kept = r#"SELECT count(*) FROM "default$default"."_Works" w
        JOIN "default$default"."Artist" a ON a.id = w."A" AND a."fullName" = 'Ann'
        JOIN "default$default"."Artist_aliases" n ON n."nodeId" = a.id
        JOIN "default$default"."Volume" v ON v.id = w."B""#;
    assert_eq!(place.count(kept).await, 1);
}

/// The text in a newer language.
fn upgraded(place: &Place, text: &str, target: Target) -> String {
    let (upgraded, findings) =
        upgrade(Source { text, language: None, edition: None }, target, &scope(&place.target));
    upgraded.unwrap_or_else(|| panic!("{findings:?}")).text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_database_goes_to_newer_languages_and_keeps_its_tables() {
    let place = service().await;
    apply(&place, LEGACY).await;
    place
        .execute(
            r#"SET search_path = "default$default";
            INSERT INTO "Author" (id, name, "createdAt", "updatedAt") VALUES ('a', 'Ann', now(), now());
            INSERT INTO "Book" (id, title, "createdAt", "updatedAt") VALUES ('b', 'Bread', now(), now());
            INSERT INTO "_AuthorToBook" (id, "A", "B") VALUES ('l', 'a', 'b')"#,
        )
        .await;
    let psl = upgraded(&place, LEGACY, Target::Psl);
    let outcome = place.migrate(&request(&place, &psl)).await;
    // Tables that no type had are models now: the history takes their names down.
    assert_eq!((outcome.reason, steps(&outcome)), (Reason::Baselined, Vec::new()), "{}", outcome.message);

    let v11 = upgraded(&place, LEGACY, Target::SdlV11);
    let lines = apply(&place, &v11).await;
    assert_eq!(lines, ["drop table default$default._RelayId"]);
    let psl = upgraded(&place, &v11, Target::Psl);
    let outcome = place.migrate(&request(&place, &psl)).await;
    assert_eq!((outcome.reason, steps(&outcome)), (Reason::Baselined, Vec::new()), "{}", outcome.message);
    let kept = r#"SELECT count(*) FROM "default$default"."_AuthorToBook" l
        JOIN "default$default"."Author" a ON a.id = l."A"
        JOIN "default$default"."Book" b ON b.id = l."B""#;
    assert_eq!(place.count(kept).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_database_goes_to_newer_languages_on_mariadb() {
    let place = Place::mysql().await;
    apply(&place, LEGACY).await;
    let psl = upgraded(&place, LEGACY, Target::Psl);
    let outcome = place.migrate(&request(&place, &psl)).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{:?}\n{psl}", steps(&outcome));
    let v11 = upgraded(&place, LEGACY, Target::SdlV11);
    assert_eq!(apply(&place, &v11).await, ["drop table _RelayId"]);
    let psl = upgraded(&place, &v11, Target::Psl);
    let outcome = place.migrate(&request(&place, &psl)).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{:?}\n{psl}", steps(&outcome));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_datamodel_becomes_a_sqlite_file() {
    let place = Place::sqlite();
    let lines = apply(&place, LEGACY).await;
    assert!(lines.iter().any(|line| line.starts_with("create table _RelayId")), "{lines:?}");
    let lines = apply(&place, &LEGACY.replace("title: String!", "title: String!\n  pages: Int")).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_that_turns_a_link_table_keeps_every_pair() {
    let place = service().await;
    let before = "type Animal {\n  id: ID! @id\n  keepers: [Keeper!]!\n}\n\ntype Keeper {\n  id: ID! @id\n  animals: [Animal!]!\n}\n";
    apply(&place, before).await;
    place
        .execute(
            r#"SET search_path = "default$default";
            INSERT INTO "Animal" VALUES ('a');
            INSERT INTO "Keeper" VALUES ('k');
            INSERT INTO "_AnimalToKeeper" VALUES ('a', 'k')"#,
        )
        .await;
    let after = r#"
type Zebra @rename(oldName: "Animal") {
  id: ID! @id
  keepers: [Keeper!]! @relation(name: "KeeperToZebra")
}

type Keeper {
  id: ID! @id
  animals: [Zebra!]! @relation(name: "KeeperToZebra")
}

type KeeperToZebra @relationTable @rename(oldName: "_AnimalToKeeper") {
  keeper: Keeper! @db(name: "B")
  zebra: Zebra! @db(name: "A")
}
"#;
    apply(&place, after).await;
    let kept = r#"SELECT count(*) FROM "default$default"."KeeperToZebra" l
        JOIN "default$default"."Zebra" z ON z.id = l."A"
        JOIN "default$default"."Keeper" k ON k.id = l."B""#;
    assert_eq!(place.count(kept).await, 1);
}

/// Any datamodel settles at once, and any other one after it.
async fn settles(place: &Place, case: u64) {
    let language = if case.is_multiple_of(2) { Language::SdlV1 } else { Language::SdlV11 };
    for sdl in [text(&mut Random(case), language), text(&mut Random(case + 10_000), language)] {
        let mut request = request(place, &sdl);
        request.policy.destructive = Destructive::Allow;
        let outcome = place.run(&request).await.unwrap_or_else(|failure| panic!("{failure}\n{sdl}"));
        assert!(matches!(outcome.reason, Reason::Applied | Reason::UpToDate), "{}\n{sdl}", outcome.message);
        place.assert_settled(&request).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_datamodels_settle_on_postgresql() {
    for case in 0..cases() {
        settles(&service().await, case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_datamodels_settle_on_mariadb() {
    for case in 0..cases() {
        settles(&Place::mysql().await, case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_datamodels_settle_on_sqlite() {
    for case in 0..cases() {
        settles(&Place::sqlite(), case).await;
    }
}

fn cases() -> u64 {
    std::env::var("PROPERTY_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}

/// A required field with a default comes to rows that exist: Prisma 1 filled them, and so do we.
async fn rows_get_the_default(place: &Place) {
    let old = "type User {\n  id: ID! @id\n}\n";
    let new = "type User {\n  id: ID! @id\n  name: String! @default(value: \"it's\")\n  on: Boolean! @default(value: true)\n  \
               since: DateTime! @default(value: \"2020-01-31T12:00:00.000Z\")\n  role: Role! @default(value: READER)\n}\n\
               enum Role {\n  READER\n  WRITER\n}\n";
    apply(place, old).await;
    let (user, quote) = match place.target.dialect() {
        Dialect::PostgreSql => ("\"default$default\".\"User\"", '"'),
        Dialect::Sqlite => ("\"User\"", '"'),
        Dialect::MySql => ("`User`", '`'),
    };
    place.execute(&format!("INSERT INTO {user} (id) VALUES ('a'), ('b')")).await;
    apply(place, new).await;
    let on = format!("{quote}on{quote}");
    let filled = format!(
        "SELECT count(*) FROM {user} WHERE name = 'it''s' AND {on} = true AND role = 'READER' AND since LIKE '2020-01-31 12:00:00%'"
    );
    let filled =
        filled.replace("since LIKE", if user.contains('$') { "since::text LIKE" } else { "since LIKE" });
    assert_eq!(place.count(&filled).await, 2);
    // A unique field cannot be filled alike.
    let unique = new.replace(
        "@default(value: READER)",
        "@default(value: READER)\n  nick: String! @unique @default(value: \"x\")",
    );
    let outcome = place.migrate(&request(place, &unique)).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan, "{}", outcome.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_get_the_default_of_a_new_field_on_postgresql() {
    rows_get_the_default(&service().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_get_the_default_of_a_new_field_on_mariadb() {
    rows_get_the_default(&Place::mysql().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_get_the_default_of_a_new_field_on_sqlite() {
    rows_get_the_default(&Place::sqlite()).await;
}
