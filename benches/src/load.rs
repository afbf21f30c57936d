//! An application at work on a table of a million rows while a migration runs: ours, and the same changes as plain DDL.
//!
//! Readers and writers come at a steady rate and do not wait for each other; a statement's time counts from the moment at
//! which it was due. A report holds a snapshot of the table for a second now and then, as reports do.

#[path = "load/picture.rs"]
mod picture;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use database::{Database, End, NewMigration, Opening, Settings, Target, connect};
use plan::{Ownership, diff};
use schema::{Dialect, Scope, derive};
use secrecy::SecretString;
use servers::{PASSWORD, postgresql};
use sql::render;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use crate::clock::milliseconds;
use crate::parsing::parsed;
use crate::table::{Goal, Row, Table};

const ROWS: usize = 1_000_000;
const OWNERS: usize = 1_000;
/// So many readers and so many writers, each with a statement every so often.
const WORKERS: usize = 4;
const EVERY: Duration = Duration::from_millis(20);
/// The application alone, before the migration and after it.
const ALONE: Duration = Duration::from_secs(3);
/// A report reads the table, and keeps its transaction open for so long.
const REPORT: Duration = Duration::from_secs(1);

const BEFORE: &str = "enum Kind {\n  SMALL\n  LARGE\n}
model Owner {\n  id Int @id\n}
model Item {\n  id Int @id\n  name String\n  age Int?\n  kind Kind @default(SMALL)\n  ownerId Int\n}";

const AFTER: &str = "enum Kind {\n  SMALL\n  LARGE\n  HUGE\n}
model Owner {\n  id Int @id\n  items Item[]\n}
model Item {\n  id Int @id\n  name String\n  age Int\n  kind Kind @default(HUGE)\n  ownerId Int
  owner Owner @relation(fields: [ownerId], references: [id])\n\n  @@index([name])\n}";

/// The same as one would type it.
const PLAIN: [&str; 5] = [
    "ALTER TYPE \"Kind\" ADD VALUE 'HUGE'",
    "ALTER TABLE \"Item\" ALTER COLUMN kind SET DEFAULT 'HUGE'",
    "ALTER TABLE \"Item\" ALTER COLUMN age SET NOT NULL",
    "CREATE INDEX \"Item_name_idx\" ON \"Item\" (name)",
    "ALTER TABLE \"Item\" ADD CONSTRAINT \"Item_ownerId_fkey\" FOREIGN KEY (\"ownerId\") REFERENCES \"Owner\" (id) \
     ON DELETE RESTRICT ON UPDATE CASCADE",
];

/// Who migrates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Ours,
    Plain,
}

/// One statement of the application.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// When it was due, since the start.
    pub(crate) due: Duration,
    /// How long it took from then.
    pub(crate) took: Duration,
}

/// What the application saw.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) samples: Vec<Sample>,
    pub(crate) failed: usize,
    /// When the migration began and ended.
    pub(crate) migration: (Duration, Duration),
}

impl Seen {
    fn longest(&self) -> Duration {
        self.samples.iter().map(|sample| sample.took).max().unwrap_or_default()
    }

    fn summary(&self) -> String {
        let (from, to) = self.migration;
        let mut during: Vec<Duration> = self
            .samples
            .iter()
            .filter(|sample| sample.due + sample.took >= from && sample.due <= to)
            .map(|sample| sample.took)
            .collect();
        during.sort_unstable();
        let at = |share: usize| during.get(during.len() * share / 1000).copied().unwrap_or_default();
        format!(
            "longest {:.0} ms, 99 of 100 within {:.0} ms; migration {:.1} s",
            milliseconds(self.longest()),
            milliseconds(at(990)),
            to.saturating_sub(from).as_secs_f64()
        )
    }
}

/// Measures both in the same run, and draws them.
pub(crate) fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (ours, plain) = runtime.block_on(async {
        prepare().await;
        (seen("load_ours", Way::Ours).await, seen("load_plain", Way::Plain).await)
    });
    let limit = f64::from(u32::try_from(Settings::default().lock_timeout.as_millis()).unwrap() * 11 / 10);
    table.add(Row {
        what: format!("longest statement of {} readers and writers on {ROWS} rows", WORKERS * 2),
        ours: ours.summary(),
        peer: format!("plain DDL: {}", plain.summary()),
        figure: milliseconds(ours.longest()),
        goal: Goal::AtMost(limit, " ms"),
    });
    let failed = u32::try_from(ours.failed).unwrap();
    table.add(Row {
        what: "statements of the application that failed".to_owned(),
        ours: ours.failed.to_string(),
        peer: format!("plain DDL: {}", plain.failed),
        figure: f64::from(failed),
        goal: Goal::AtMost(0.0, ""),
    });
    if let Ok(path) = std::env::var("LOAD_PICTURE") {
        std::fs::write(path, picture::draw(&[("schemalift", &ours), ("plain DDL", &plain)])).unwrap();
    }
}

async fn prepare() {
    let admin = postgresql::session("postgres").await;
    admin.batch_execute("CREATE DATABASE load_ours").await.unwrap();
    let session = postgresql::session("load_ours").await;
    let scope = Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) };
    let desired = derive(&parsed(&models(BEFORE)), &scope);
    let empty = schema::Schema {
        namespaces: desired.namespaces.clone(),
        ..schema::Schema::empty(Dialect::PostgreSql)
    };
    for step in render(&diff(&empty, &desired, &Ownership::default()).unwrap()).steps {
        session.batch_execute(&step.statements.join(";\n")).await.unwrap();
    }
    session
        .batch_execute(&format!(
            "INSERT INTO \"Owner\" SELECT n FROM generate_series(1, {OWNERS}) n; \
             INSERT INTO \"Item\" (id, name, age, \"ownerId\") SELECT n, md5(n::text), n % 90, n % {OWNERS} + 1 \
             FROM generate_series(1, {ROWS}) n"
        ))
        .await
        .unwrap();
    session.batch_execute("VACUUM ANALYZE").await.unwrap();
    drop(session);
    // The server lets go of the session a moment after it was closed.
    while admin.batch_execute("CREATE DATABASE load_plain TEMPLATE load_ours").await.is_err() {
        sleep(Duration::from_millis(100)).await;
    }
    admin.batch_execute("CHECKPOINT").await.unwrap();
}

fn models(text: &str) -> String {
    format!("datasource db {{\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}}\n\n{text}\n")
}

/// The application before, during and after a migration.
async fn seen(name: &'static str, way: Way) -> Seen {
    let start = Instant::now();
    let ended = Arc::new(AtomicBool::new(false));
    let failed = Arc::new(AtomicUsize::new(0));
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut workers = Vec::new();
    for worker in 0..WORKERS * 2 {
        let (ended, failed, sender) = (Arc::clone(&ended), Arc::clone(&failed), sender.clone());
        workers.push(tokio::spawn(async move {
            let session = postgresql::session(name).await;
            let statement = if worker % 2 == 0 {
                "SELECT name FROM \"Item\" WHERE id = $1"
            } else {
                "UPDATE \"Item\" SET age = age + 1 WHERE id = $1"
            };
            // Not all at the same moment, and never the same rows.
            let mut due =
                start + EVERY * u32::try_from(worker).unwrap() / u32::try_from(WORKERS * 2).unwrap();
            let mut row = worker;
            while !ended.load(Ordering::Relaxed) {
                sleep_until(due).await;
                row = (row * 7919 + worker + 1) % (ROWS / 8);
                let id = i32::try_from(row * 8 + worker + 1).unwrap();
                if session.execute(statement, &[&id]).await.is_err() {
                    failed.fetch_add(1, Ordering::Relaxed);
                }
                let _ = sender.send(Sample { due: due - start, took: due.elapsed() });
                due += EVERY;
            }
        }));
    }
    drop(sender);
    let report = {
        let ended = Arc::clone(&ended);
        tokio::spawn(async move {
            let session = postgresql::session(name).await;
            while !ended.load(Ordering::Relaxed) {
                session.batch_execute("BEGIN; SELECT FROM \"Item\" LIMIT 1").await.unwrap();
                sleep(REPORT).await;
                session.batch_execute("COMMIT").await.unwrap();
                sleep(REPORT * 2).await;
            }
        })
    };
    sleep(ALONE).await;
    let from = start.elapsed();
    match way {
        Way::Ours => migrate(name).await,
        Way::Plain => {
            let session = postgresql::session(name).await;
            for statement in PLAIN {
                session.batch_execute(statement).await.unwrap();
            }
        }
    }
    let to = start.elapsed();
    sleep(ALONE).await;
    ended.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.unwrap();
    }
    report.await.unwrap();
    let mut samples = Vec::new();
    while let Some(sample) = receiver.recv().await {
        samples.push(sample);
    }
    Seen { samples, failed: failed.load(Ordering::Relaxed), migration: (from, to) }
}

async fn migrate(name: &str) {
    let url =
        format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{name}?sslmode=disable", postgresql::server().port);
    let target = Target::from_url(&SecretString::from(url)).unwrap();
    let mut database: Database = connect(&target, &Settings::default()).await.unwrap();
    let scope = Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) };
    let desired = derive(&parsed(&models(AFTER)), &scope);
    database.lock(&[]).await.unwrap();
    let found = database.introspect(&["public".to_owned()]).await.unwrap();
    let script = render(&diff(&found, &desired, &Ownership::of(&found)).unwrap());
    let new = NewMigration {
        owner: "load".to_owned(),
        name: "load".to_owned(),
        approved_digest: None,
        actor: None,
        tool_version: "0".to_owned(),
        back: None,
    };
    let id = database.record(&new, &script, Opening::Run).await.unwrap();
    database.run(&id, &script, &mut |event| println!("{event:?}")).await.unwrap();
    let found = database.introspect(&["public".to_owned()]).await.unwrap();
    let left = render(&diff(&found, &desired, &Ownership::of(&found)).unwrap());
    assert!(left.steps.is_empty(), "{:?}", left.steps.first());
    database.finish(&id, End::Applied { schema: Box::new(found) }).await.unwrap();
    database.unlock().await.unwrap();
}
