//! What a plan says of its locks and its work, against what the server does: every form that is rendered for PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use plan::{Ownership, Work, diff};
use schema::{Dialect, Schema, derive};
use sql::{Mode, ScriptStep, render};

use crate::measure::{Session, held, until_it_waits};
use crate::support::{Place, scope};

/// The locks that the step says it takes on these tables.
fn foretold(step: &ScriptStep, existing: &BTreeMap<String, (u32, u32)>) -> BTreeMap<String, String> {
    let locks = step.impact.locks.iter().filter(|lock| existing.contains_key(&lock.table.name));
    locks.map(|lock| (lock.table.name.clone(), held(lock.mode).to_owned())).collect()
}

/// Runs a step outside of any transaction, and answers the locks that it holds while it waits for somebody's old snapshot. One
/// that waits for nobody works on no table that others use.
async fn outside(
    place: &Place,
    session: &Session,
    step: &ScriptStep,
    existing: &BTreeMap<String, (u32, u32)>,
) -> BTreeMap<String, String> {
    let (reader, pid) = (Session::open(&place.name).await, session.pid().await);
    reader.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    for table in existing.keys() {
        reader.client.batch_execute(&format!("SELECT FROM public.\"{table}\"")).await.unwrap();
    }
    let look = async {
        let watcher = Session::open(&place.name).await;
        until_it_waits(&watcher, pid).await;
        let locks = watcher.locks(pid, existing).await;
        reader.client.batch_execute("COMMIT").await.unwrap();
        locks
    };
    let work = async {
        for statement in &step.statements {
            session.client.batch_execute(statement).await.unwrap();
        }
    };
    tokio::join!(work, look).1
}

/// Each edit with the largest work that its plan must have.
async fn forecast_is_what_happens(before: &str, after: &str, most: Work) {
    let place = Place::postgresql().await;
    let session = Session::open(&place.name).await;
    let schema = |models: &str| derive(&place.request(models).datamodel, &scope(&place.target));
    let (current, desired) = (schema(before), schema(after));
    let mut nothing = Schema::empty(Dialect::PostgreSql);
    nothing.namespaces = current.namespaces.clone();
    for step in render(&diff(&nothing, &current, &Ownership::default()).unwrap()).steps {
        session.client.batch_execute(&step.statements.join(";")).await.unwrap();
    }
    let script = render(&diff(&current, &desired, &Ownership::of(&current)).unwrap());
    let mut largest = Work::Metadata;
    let mut made = BTreeSet::new();
    for step in &script.steps {
        largest = largest.max(step.impact.work);
        let mut existing = session.files().await;
        if step.mode == Mode::NoTransaction {
            let locks = outside(&place, &session, step, &existing).await;
            assert_eq!(locks, foretold(step, &existing), "{}: {:?}", step.summary, step.statements);
            // Its table stays as it is.
            assert_eq!(session.files().await, existing, "{}", step.summary);
            continue;
        }
        // Nobody else knows a table that this plan made.
        existing.retain(|table, _| !made.contains(table));
        let (locks, work) = session.measure(&step.statements, &step.object, &existing).await;
        if step.kind == "CreateTable" {
            made.insert(step.object.clone());
        }
        assert_eq!(locks, foretold(step, &existing), "{}: {:?}", step.summary, step.statements);
        // The search for a sequence's start is a query, of which the server says nothing.
        let silent = step.statements.iter().any(|statement| statement.contains("setval"));
        if !(silent && work == Work::Metadata) {
            assert_eq!(work, step.impact.work, "{}: {:?}", step.summary, step.statements);
        }
    }
    assert_eq!(largest, most, "{before} → {after}");
    let left =
        "SELECT count(*) FROM pg_catalog.pg_constraint WHERE contype = 'c' AND conname ~ '^_schemalift'";
    assert_eq!(session.client.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
}

fn field(rest: &str) -> String {
    format!("model T {{\n  id Int @id\n  {rest}\n}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_columns() {
    let base = "model T {\n  id Int @id\n}".to_owned();
    for (before, after, most) in [
        (base.clone(), field("v String?"), Work::Metadata),
        (base.clone(), field("v String @default(\"x\")"), Work::Metadata),
        (base.clone(), field("v DateTime @default(now())"), Work::Metadata),
        (
            base.clone(),
            field("v String @default(dbgenerated(\"gen_random_uuid()\")) @db.Uuid"),
            Work::Rewrite,
        ),
        (base.clone(), field("v Int @default(autoincrement())\n  @@unique([v])"), Work::Rewrite),
        (field("v String?"), base.clone(), Work::Metadata),
        (field("v String?"), field("v String"), Work::Scan),
        (field("v String?\n  w Int?"), field("v String\n  w Int"), Work::Scan),
        (field("v String"), field("v String?"), Work::Metadata),
        (field("v String"), field("v String @default(\"x\")"), Work::Metadata),
        (field("v String @default(\"x\")"), field("v String"), Work::Metadata),
        (
            field("v Int\n  @@unique([v])"),
            field("v Int @default(autoincrement())\n  @@unique([v])"),
            Work::Scan,
        ),
        (
            field("v Int @default(autoincrement())\n  @@unique([v])"),
            field("v Int\n  @@unique([v])"),
            Work::Metadata,
        ),
    ] {
        forecast_is_what_happens(&before, &after, most).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_types() {
    for (from, to, most) in [
        ("String @db.VarChar(10)", "String @db.VarChar(20)", Work::Metadata),
        ("String @db.VarChar(10)", "String", Work::Metadata),
        ("String", "String @db.VarChar", Work::Metadata),
        ("String @db.VarChar(20)", "String @db.VarChar(10)", Work::Rewrite),
        ("String", "String @db.VarChar(10)", Work::Rewrite),
        ("String @db.Char(5)", "String", Work::Rewrite),
        ("Decimal @db.Decimal(10, 2)", "Decimal @db.Decimal(12, 2)", Work::Metadata),
        ("Decimal @db.Decimal(10, 2)", "Decimal @db.Decimal(12, 4)", Work::Rewrite),
        ("DateTime @db.Timestamp(3)", "DateTime @db.Timestamp(6)", Work::Metadata),
        ("DateTime @db.Timestamptz(3)", "DateTime @db.Timestamptz(6)", Work::Metadata),
        ("DateTime @db.Time(3)", "DateTime @db.Time(6)", Work::Metadata),
        ("DateTime @db.Timetz(3)", "DateTime @db.Timetz(6)", Work::Metadata),
        ("DateTime @db.Timestamp(6)", "DateTime @db.Timestamp(3)", Work::Rewrite),
        ("DateTime @db.Timestamp(3)", "DateTime @db.Timestamptz", Work::Build),
        ("DateTime @db.Timestamptz(3)", "DateTime @db.Timestamp", Work::Build),
        ("DateTime @db.Timestamp(3)", "DateTime @db.Timestamptz(3)", Work::Rewrite),
        ("String @db.VarBit(8)", "String @db.VarBit(16)", Work::Metadata),
        ("Int", "BigInt", Work::Rewrite),
        ("Int @db.SmallInt", "Int", Work::Rewrite),
        ("Float @db.Real", "Float", Work::Rewrite),
        ("Json @db.Json", "Json", Work::Rewrite),
        ("Int", "String", Work::Rewrite),
        ("String", "Int", Work::Rewrite),
        ("String[] @db.VarChar(5)", "String[] @db.VarChar(9)", Work::Rewrite),
    ] {
        let index = if from.contains("Json") || from.contains("[]") { "" } else { "\n  @@index([v])" };
        let (before, after) = (field(&format!("v {from}{index}")), field(&format!("v {to}{index}")));
        println!("{from} to {to}");
        forecast_is_what_happens(&before, &after, most).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_tables_keys_and_enums() {
    let two = |t: &str, u: &str| {
        format!("model T {{\n  id Int @id\n  {t}\n}}\nmodel U {{\n  id Int @id\n  {u}\n}}")
    };
    let key = "uId Int\n  u U @relation(fields: [uId], references: [id])";
    let shade = |values: &str, default: &str| {
        format!("enum Shade {{\n  {values}\n}}\nmodel T {{\n  id Int @id\n  s Shade @default({default})\n}}")
    };
    let bare = "model T {\n  id Int @id\n}".to_owned();
    for (before, after, most) in [
        (two("uId Int", ""), two(key, "ts T[]"), Work::Scan),
        (two(key, "ts T[]"), two("uId Int", ""), Work::Metadata),
        (
            bare.clone(),
            two("ts U[]", "tId Int\n  t T @relation(fields: [tId], references: [id])"),
            Work::Metadata,
        ),
        (
            two("ts U[]", "tId Int\n  t T @relation(fields: [tId], references: [id])"),
            bare.clone(),
            Work::Metadata,
        ),
        (field("v Int"), field("v Int\n  @@index([v])"), Work::Build),
        (field("v Int"), field("v Int @unique"), Work::Build),
        (field("v Int @unique"), field("v Int"), Work::Metadata),
        (
            field("v Int\n  @@index([v], map: \"a\")"),
            field("v Int\n  @@index([v], map: \"b\")"),
            Work::Metadata,
        ),
        (
            "model T {\n  id Int\n  v Int\n  @@id([id], map: \"a\")\n}".to_owned(),
            "model T {\n  id Int\n  v Int\n  @@id([id], map: \"b\")\n}".to_owned(),
            Work::Metadata,
        ),
        (
            "model T {\n  id Int @id\n  v Int\n}".to_owned(),
            "model T {\n  id Int\n  v Int\n  @@id([id, v])\n}".to_owned(),
            Work::Build,
        ),
        (
            "model T {\n  id Int @id\n  v Int?\n  w Int\n}".to_owned(),
            "model T {\n  id Int\n  v Int\n  x Int?\n  @@id([v, id], map: \"k\")\n}".to_owned(),
            Work::Build,
        ),
        (shade("RED\n  BLUE", "RED"), shade("RED\n  BLUE\n  GREEN", "GREEN"), Work::Metadata),
        (shade("RED\n  BLUE", "RED"), shade("RED", "RED"), Work::Rewrite),
        (
            bare.clone(),
            "/// @schemalift.renamedFrom(T)\nmodel V {\n  id Int @id\n}".to_owned(),
            Work::Metadata,
        ),
        (field("v Int"), field("/// @schemalift.renamedFrom(v)\n  w Int"), Work::Metadata),
    ] {
        println!("{before}\n{after}");
        forecast_is_what_happens(&before, &after, most).await;
    }
}
