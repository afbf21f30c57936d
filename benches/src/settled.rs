//! A run that finds nothing to do, beside a connection with one query that tells whether a column changed.

use std::time::Instant;

use database::{Settings, Target, connect};
use pipeline::{
    BackupRule, Destructive, DriftRule, FirstContact, HistoryRule, Limits, Policy, Request, RunMode, migrate,
};
use reason::Reason;
use schema::{Dialect, Scope};
use secrecy::SecretString;
use servers::{PASSWORD, postgresql};
use tokio_postgres::NoTls;

use crate::clock::milliseconds;
use crate::parsing::parsed;
use crate::table::{Goal, Row, Table};
use crate::text::{Edition, datamodel};

const MODELS: usize = 1000;
const RUNS: usize = 5;

/// All columns in one number, made by the server.
const FINGERPRINT: &str = "SELECT md5(string_agg(a.attrelid || a.attname || a.atttypid || a.atttypmod || a.attnotnull, ',' \
     ORDER BY a.attrelid, a.attnum)) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
     WHERE c.relnamespace = 'public'::pg_catalog.regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped";

/// A server is started for it, and ended with it.
pub(crate) fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        postgresql::session("postgres").await.batch_execute("CREATE DATABASE settled").await.unwrap();
        let url = format!(
            "postgresql://app:{PASSWORD}@127.0.0.1:{}/settled?sslmode=disable",
            postgresql::server().port
        );
        let target = Target::from_url(&SecretString::from(url.clone())).unwrap();
        assert_eq!(run(&target).await.1, Reason::Applied);
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        // In turns, so that what disturbs the machine disturbs both.
        for _ in 0..RUNS {
            let (time, reason) = run(&target).await;
            assert_eq!(reason, Reason::UpToDate);
            (ours, theirs) = (ours.min(time), theirs.min(fingerprint(&url).await));
        }
        table.add(Row {
            what: format!("find nothing to do for {MODELS} tables of 20 columns"),
            ours: format!("{ours:.0} ms"),
            peer: format!("connect and a fingerprint {theirs:.0} ms"),
            figure: ours / theirs,
            goal: Goal::AtMost(2.0, " times"),
        });
    });
}

/// From the text to the answer, as a Job or the command line comes to it.
async fn run(target: &Target) -> (f64, Reason) {
    let start = Instant::now();
    let request = Request {
        datamodel: parsed(&datamodel(MODELS, Edition::First)),
        scope: Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) },
        steps: sql::DataSteps::default(),
        roll_back: None,
        policy: Policy {
            destructive: Destructive::RequireApproval,
            drift: DriftRule::Block,
            limits: Limits::default(),
            ..Policy::default()
        },
        mode: RunMode::Apply,
        approved_digest: None,
        backup: BackupRule::Never,
        backed_up_digest: None,
        first_contact: FirstContact::Ask,
        history: HistoryRule::Optional,
        owner: "bench".to_owned(),
        take_over_from: None,
        name: "bench".to_owned(),
        actor: None,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mut database = connect(target, &Settings::default()).await.unwrap();
    let outcome = migrate(&mut database, &request, &mut |_| {}).await.unwrap();
    (milliseconds(start.elapsed()), outcome.reason)
}

async fn fingerprint(url: &str) -> f64 {
    let start = Instant::now();
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.query_one(FINGERPRINT, &[]).await.unwrap();
    let time = milliseconds(start.elapsed());
    connection.abort();
    time
}
