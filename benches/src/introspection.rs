//! A database's catalog to a schema, beside the catalog queries by themselves.

use database::{Database, Settings, Target, connect};
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};
use secrecy::SecretString;
use servers::{PASSWORD, postgresql};
use sql::render;
use tokio_postgres::Client;

use crate::clock::milliseconds;
use crate::parsing::{flat, parsed};
use crate::table::{Goal, Row, Table};
use crate::text::{Edition, datamodel};

/// The very queries that introspection sends.
#[allow(dead_code, reason = "the names of the queries are all that is used")]
#[path = "../../operator/database/src/postgres/catalog.rs"]
mod catalog;

const RUNS: usize = 7;

pub(crate) fn measure(table: &mut Table) {
    let texts = [100, 1_000, 4_000].map(|models| (models, datamodel(models, Edition::First)));
    of_sizes(table, "tables of 20 columns", &texts);
}

/// Databases of so many models of these texts. A server is started for them, and ended with the process.
pub(crate) fn of_sizes(table: &mut Table, what: &str, texts: &[(usize, String); 3]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut ours = [0.0; 3];
        for (text, ours) in texts.iter().zip(&mut ours) {
            *ours = of_size(what, text, table).await;
        }
        flat(table, &format!("introspect {what}"), texts.each_ref().map(|(models, _)| *models), ours);
    });
}

/// Milliseconds of the introspection of so many tables.
async fn of_size(what: &str, (models, text): &(usize, String), table: &mut Table) -> f64 {
    let name = format!("bench_{models}_{}", what.len());
    postgresql::session("postgres").await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let session = postgresql::session(&name).await;
    let scope = Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) };
    let desired = derive(&parsed(text), &scope);
    create(&session, &desired).await;
    let url =
        format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{name}?sslmode=disable", postgresql::server().port);
    let target = Target::from_url(&SecretString::from(url)).unwrap();
    let mut database = connect(&target, &Settings::default()).await.unwrap();
    let namespaces = vec!["public".to_owned()];
    let found = database.introspect(&namespaces).await.unwrap();
    let left = render(&diff(&found, &desired, &Ownership::of(&found)).unwrap());
    assert!(left.steps.is_empty(), "{:?}", left.steps.first());
    let (mut ours, mut raw) = (f64::MAX, f64::MAX);
    // In turns, so that what disturbs the machine disturbs both.
    for _ in 0..RUNS {
        raw = raw.min(queries(&session, &namespaces).await);
        ours = ours.min(introspection(&mut database, &namespaces).await);
    }
    table.add(Row {
        what: format!("introspect {models} {what}"),
        ours: format!("{ours:.1} ms"),
        peer: format!("the queries {raw:.1} ms"),
        figure: ours / raw,
        goal: Goal::AtMost(1.5, " times"),
    });
    ours
}

async fn introspection(database: &mut Database, namespaces: &[String]) -> f64 {
    let start = std::time::Instant::now();
    database.introspect(namespaces).await.unwrap();
    milliseconds(start.elapsed())
}

async fn queries(session: &Client, namespaces: &[String]) -> f64 {
    let start = std::time::Instant::now();
    session.batch_execute(catalog::BEGIN).await.unwrap();
    session.query(catalog::EXTENSIONS, &[]).await.unwrap();
    for query in [
        catalog::NAMESPACES,
        catalog::ENUMS,
        catalog::TABLES,
        catalog::COLUMNS,
        catalog::SETTINGS,
        catalog::CONSTRAINTS,
        catalog::INDEXES,
        catalog::EXTRAS,
        catalog::TIES,
        catalog::VIEWS,
    ] {
        session.query(query, &[&namespaces]).await.unwrap();
    }
    session.batch_execute("COMMIT").await.unwrap();
    milliseconds(start.elapsed())
}

async fn create(session: &Client, desired: &Schema) {
    let empty = Schema { namespaces: desired.namespaces.clone(), ..Schema::empty(Dialect::PostgreSql) };
    let plan = diff(&empty, desired, &Ownership::default()).unwrap();
    // A transaction holds a lock for each table it made; the server has room for some thousands of them.
    for steps in render(&plan).steps.chunks(500) {
        let statements: Vec<&str> =
            steps.iter().flat_map(|step| &step.statements).map(String::as_str).collect();
        session.batch_execute(&statements.join(";\n")).await.unwrap();
    }
    session.batch_execute("VACUUM ANALYZE").await.unwrap();
}
