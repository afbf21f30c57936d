//! A column filled in batches, with a cursor after each, beside one `UPDATE` of the same rows.

use std::time::Instant;

use database::{End, NewMigration, Opening, Settings, Target, connect};
use schema::{Dialect, Schema};
use secrecy::SecretString;
use servers::{PASSWORD, postgresql};
use sql::{Script, data_step, digest};

use crate::clock::milliseconds;
use crate::table::{Goal, Row, Table};

const ROWS: u32 = 1_000_000;
const RUNS: usize = 3;

/// A server is started for it, and ended with it.
pub(crate) fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
    // In turns, so that what disturbs the machine disturbs both.
    for run in 0..RUNS {
        theirs = theirs.min(runtime.block_on(at_once(&format!("at_once_{run}"))));
        ours = ours.min(runtime.block_on(in_batches(&format!("in_batches_{run}"))));
    }
    let rate = |time: f64| f64::from(ROWS) / time;
    table.add(Row {
        what: format!("fill a column of {ROWS} rows in batches, rows for each ms"),
        ours: format!("{:.0}", rate(ours)),
        peer: format!("one UPDATE {:.0}", rate(theirs)),
        figure: rate(ours) / rate(theirs),
        goal: Goal::AtLeast(0.7, " times"),
    });
}

async fn prepared(name: &str) -> tokio_postgres::Client {
    postgresql::session("postgres").await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let session = postgresql::session(name).await;
    let setup = "CREATE TABLE item (id int PRIMARY KEY, name text, age int); \
                 INSERT INTO item SELECT n, 'item ' || n FROM generate_series(1, ROWS) n";
    session.batch_execute(&setup.replace("ROWS", &ROWS.to_string())).await.unwrap();
    session.batch_execute("VACUUM ANALYZE item").await.unwrap();
    session.batch_execute("CHECKPOINT").await.unwrap();
    session
}

const UPDATE: &str = "UPDATE item SET age = id % 90";

async fn at_once(name: &str) -> f64 {
    let session = prepared(name).await;
    let start = Instant::now();
    session.batch_execute(UPDATE).await.unwrap();
    milliseconds(start.elapsed())
}

async fn in_batches(name: &str) -> f64 {
    let session = prepared(name).await;
    let text = format!("-- schemalift:batch key=id size=10000\n{UPDATE} WHERE TRUE");
    let mut script = Script {
        version: 1,
        dialect: Dialect::PostgreSql,
        digest: String::new(),
        from: "sha256:from".to_owned(),
        to: "sha256:to".to_owned(),
        steps: vec![data_step(Dialect::PostgreSql, "fill", &text).unwrap()],
        desired: Schema::empty(Dialect::PostgreSql),
    };
    script.digest = digest(&script);
    let url =
        format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{name}?sslmode=disable", postgresql::server().port);
    let target = Target::from_url(&SecretString::from(url)).unwrap();
    let mut database = connect(&target, &Settings::default()).await.unwrap();
    database.lock(&[]).await.unwrap();
    let migration = NewMigration {
        owner: "bench".to_owned(),
        name: "bench".to_owned(),
        approved_digest: None,
        actor: None,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        back: None,
    };
    let start = Instant::now();
    let id = database.record(&migration, &script, Opening::Run).await.unwrap();
    database.run(&id, &script, &mut |_| {}).await.unwrap();
    database.finish(&id, End::Applied { schema: Box::new(script.desired) }).await.unwrap();
    let time = milliseconds(start.elapsed());
    let left = session.query_one("SELECT count(*) FROM item WHERE age IS NULL", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 0);
    time
}
