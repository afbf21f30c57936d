//! MySQL and MariaDB: what a server has set for everybody, against what a run needs. A session says for itself what it can; what it
//! cannot is told before the first statement.

use std::time::Duration;

use api::{DataStep, Steps};
use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;
use pipeline::{Destructive, KeepRule, Request, convert};
use reason::Reason;
use schema::Dialect;
use servers::mysql::{Flavor, flavor, server_with_other_settings, session_on};
use servers::{PASSWORD, Server};

use crate::support::{Place, mysql_url};

async fn on(server: &Server, settings: &[&str]) -> Place {
    let mut place = Place::mysql().await;
    let mut own = session_on(server, "").await;
    own.query_drop(format!("CREATE DATABASE {}", place.name)).await.unwrap();
    place.target = mysql_url(PASSWORD, server.port, &place.name);
    for setting in settings {
        own.query_drop(format!("SET GLOBAL {setting}")).await.unwrap();
    }
    place
}

/// A session that reads and writes as a test means it, whatever the server has set.
async fn plain(server: &Server, place: &Place) -> Conn {
    let mut own = session_on(server, &place.name).await;
    let limit = if flavor() == Flavor::MariaDb { "max_statement_time" } else { "max_execution_time" };
    let settings = "autocommit = 1, completion_type = 0, sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_mode = ''";
    own.query_drop(format!("SET {limit} = 0, {settings}")).await.unwrap();
    own
}

const BEFORE: &str = r#"enum Role {
  A
  B
}
model User {
  id    Int     @id @default(autoincrement())
  name  String  @default("a\"b\\c'd||e")
  role  Role    @default(B)
  posts Post[]
}
model Post {
  id     Int  @id
  user   User @relation(fields: [userId], references: [id])
  userId Int
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_has_set_changes_nothing() {
    let server = server_with_other_settings();
    let settings = [
        "sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,NO_UNSIGNED_SUBTRACTION'",
        "autocommit = 0",
        "completion_type = 2",
        "sql_safe_updates = 1",
        "sql_select_limit = 1",
        "max_join_size = 1",
        "group_concat_max_len = 4",
        "default_storage_engine = MyISAM",
        "time_zone = '+05:30'",
        "foreign_key_checks = 0",
        if flavor() == Flavor::MariaDb { "max_statement_time = 0.001" } else { "max_execution_time = 1" },
    ];
    let place = on(&server, &settings).await;
    place.apply(BEFORE).await;
    let mut own = plain(&server, &place).await;
    own.query_drop("INSERT INTO User () VALUES (), ()").await.unwrap();
    // A text, a quote with a backslash before it, and OR.
    let sql = r#"UPDATE User SET name = CONCAT("it\'s ", name) WHERE 1 || id = 7"#;
    let steps =
        Steps { before: vec![DataStep { name: "own".to_owned(), sql: sql.to_owned() }], after: Vec::new() };
    let after = BEFORE
        .replace("  A\n", "  A\n  C\n")
        .replace("userId Int\n", "userId Int\n  @@index([id, userId])\n");
    let mut request =
        Request { steps: convert::steps(Dialect::MySql, Some(&steps)).unwrap(), ..place.request(&after) };
    request.policy.destructive = Destructive::Allow;
    place.apply_request(&request).await;
    let names: Vec<String> = own.query("SELECT name FROM User").await.unwrap();
    assert_eq!(names, [r#"it's a"b\c'd||e"#; 2]);
    let roles: Vec<String> = own.query("SELECT role FROM User").await.unwrap();
    assert_eq!(roles, ["B", "B"]);
    let engines = "SELECT DISTINCT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()";
    let engines: Vec<String> = own.query(engines).await.unwrap();
    assert_eq!(engines, ["InnoDB"]);
    let states: Vec<(String, u32)> =
        own.query("SELECT state, count(*) FROM _schemalift_step GROUP BY state").await.unwrap();
    assert_eq!(states.len(), 1, "{states:?}");
    assert_eq!(states[0].0, "done");
}

/// InnoDB tells times in the time zone of its machine.
#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_who_is_in_the_way_is_told_in_any_time_zone() {
    let server = server_with_other_settings();
    let place = on(&server, &[]).await;
    place.apply("model User {\n  id Int @id\n}").await;
    let mut reader = plain(&server, &place).await;
    reader.query_drop("BEGIN; SELECT * FROM User").await.unwrap();
    let failure = place.run(&place.request("model User {\n  id Int @id\n  age Int?\n}")).await.unwrap_err();
    assert_eq!(failure.reason, Reason::LockTimeout, "{failure}");
    let age = failure.message.split_once(&format!("connection {}, ", reader.id())).unwrap().1;
    let age = age.split_once("in a transaction for ").unwrap().1.split_once(" s").unwrap().0;
    assert!((0..600).contains(&age.parse::<i64>().unwrap()), "{failure}");
}

const KEYLESS: &str = "model User {\n  id Int @id\n}\nmodel Loose {\n  a Int?\n  @@ignore\n}\nmodel Unique {\n  id Int @unique\n}";

/// The server's own word for it, which both of its values are told by.
fn setting() -> &'static str {
    if flavor() == Flavor::MariaDb { "innodb_force_primary_key" } else { "sql_require_primary_key" }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_a_key_is_told_before_the_first_statement_where_the_server_wants_one() {
    let server = server_with_other_settings();
    let wanted = format!("{} = 1", setting());
    let place = on(&server, &[&wanted]).await;
    let failure = place.run(&place.request(KEYLESS)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DatabaseUnavailable, "{failure}");
    let told = format!(
        "{} is on, and no table without a primary key is made or altered: `Loose` would have none",
        setting()
    );
    assert!(failure.message.contains("nothing was changed") && failure.message.contains(&told), "{failure}");
    assert!(place.tables().await.is_empty() && place.history().await.is_empty());
    // A column for a table that is there.
    let mut own = plain(&server, &place).await;
    own.query_drop(format!("SET GLOBAL {} = 0", setting())).await.unwrap();
    place.apply(KEYLESS).await;
    own.query_drop(format!("SET GLOBAL {} = 1", setting())).await.unwrap();
    let failure =
        place.run(&place.request(&KEYLESS.replace("a Int?", "a Int?\n  b Int?"))).await.unwrap_err();
    assert!(failure.message.contains(&told), "{failure}");
    // The others are free, from one unique index to the next.
    let others = KEYLESS.replace("model User {\n  id Int @id", "model User {\n  id Int @id\n  b Int?");
    place.apply(&others.replace("id Int @unique", "id Int\n  other Int @unique")).await;
}

/// Copies of what is dropped have the key of their table.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_kept_where_the_server_wants_a_key_of_every_table() {
    let server = server_with_other_settings();
    let place = on(&server, &[&format!("{} = 1", setting())]).await;
    let both = "model User {\n  a Int\n  b String\n  city String?\n  @@id([b(length: 20), a])\n}\nmodel Post {\n  id Int @id\n}";
    place.apply(both).await;
    let mut own = plain(&server, &place).await;
    own.query_drop("INSERT INTO User VALUES (1, 'x', 'Rome'), (2, 'x', NULL)").await.unwrap();
    own.query_drop("INSERT INTO Post VALUES (1)").await.unwrap();
    let mut request = place.request("model User {\n  a Int\n  b String\n  @@id([b(length: 20), a])\n}");
    request.policy.keep = Some(KeepRule { max_bytes: 1 << 30, retention: Duration::from_secs(3600) });
    place.apply_request(&request).await;
    let kept: Vec<(String, u64)> = own
        .query("SELECT TABLE_NAME, (SELECT count(*) FROM information_schema.STATISTICS s WHERE s.TABLE_SCHEMA = DATABASE() \
                AND s.TABLE_NAME = t.TABLE_NAME AND INDEX_NAME = 'PRIMARY') FROM information_schema.TABLES t \
                WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '\\_schemalift\\_kept%'")
        .await
        .unwrap();
    let mut parts: Vec<u64> = kept.iter().map(|(_, parts)| *parts).collect();
    parts.sort_unstable();
    assert_eq!(parts, [1, 2], "{kept:?}");
}

/// A key that MySQL makes up is in no datamodel, and no plan takes it away.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_server_makes_up_is_not_seen() {
    if flavor() == Flavor::MariaDb {
        return;
    }
    let server = server_with_other_settings();
    let made_up = ["sql_generate_invisible_primary_key = 1", "sql_require_primary_key = 1"];
    let place = on(&server, &made_up).await;
    place.apply(KEYLESS).await;
    let mut own = plain(&server, &place).await;
    own.query_drop("INSERT INTO Loose (a) VALUES (1)").await.unwrap();
    place.apply(&KEYLESS.replace("a Int?", "a Int?\n  b Int?")).await;
    let rows: Vec<(u64, Option<i64>)> = own.query("SELECT my_row_id, b FROM Loose").await.unwrap();
    assert_eq!(rows, [(1, None)]);
}
