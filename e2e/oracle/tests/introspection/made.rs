//! Databases made: a file each on SQLite, a schema each on PostgreSQL.

use database::{Settings, Target, connect};
use datamodel::{Language, Source};
use oracle::Inspected;
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};
use secrecy::SecretString;
use servers::{PASSWORD, fresh_folder, postgresql as server};

use crate::Made;
use crate::databases::{Database, Origin};

fn without_models(provider: &str) -> String {
    format!("datasource db {{\n  provider = \"{provider}\"\n}}\n")
}

/// The statements that make the text's tables in an empty database.
fn script(text: &str, scope: &Scope) -> String {
    let parsed = datamodel::parse(Source { text, language: Some(Language::Psl), edition: None });
    let desired = derive(&parsed.datamodel.unwrap(), scope);
    let mut nothing = Schema::empty(scope.dialect);
    nothing.namespaces.extend(scope.namespace.iter().cloned());
    let script = sql::render(&diff(&nothing, &desired, &Ownership::default()).unwrap());
    let statements: Vec<&str> =
        script.steps.iter().flat_map(|step| &step.statements).map(String::as_str).collect();
    // Nothing needs to be built beside what is at work.
    statements
        .iter()
        .fold(String::new(), |all, statement| all + &statement.replace(" CONCURRENTLY", "") + ";\n")
}

/// A datamodel may be valid and yet ask for what the database refuses (`differences.txt` says where). Statements of ours work.
fn refused(database: &Database, why: &str) {
    assert!(matches!(database.origin, Origin::Datamodel(_)), "{}: {why}", database.label);
    println!("not made: {}", database.label);
}

fn made(database: &Database, url: String, schema: &str, found: Schema, scope: Scope) -> Made {
    let exact = match &database.origin {
        Origin::Datamodel(text) => Some(text.clone()),
        Origin::Statements(_) => None,
    };
    let before = database.before.clone().unwrap_or_else(|| without_models(database.provider));
    let asked = Inspected { provider: database.provider, url, schema: schema.to_owned(), before };
    Made { label: database.label.clone(), found, scope, asked, exact }
}

pub(crate) fn sqlite(databases: &[Database]) -> Vec<Made> {
    let folder = fresh_folder();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scope = Scope { dialect: Dialect::Sqlite, namespace: None };
    let mut all = Vec::new();
    for (number, database) in databases.iter().enumerate() {
        let path = folder.join(format!("{number}.db"));
        let connection = rusqlite::Connection::open(&path).unwrap();
        let statements = match &database.origin {
            Origin::Datamodel(text) => script(text, &scope),
            Origin::Statements(statements) => statements.clone(),
        };
        if let Err(error) = connection.execute_batch(&statements) {
            refused(database, &error.to_string());
            continue;
        }
        drop(connection);
        let found = runtime.block_on(async {
            connect(&Target::sqlite(&path), &Settings::default())
                .await
                .unwrap()
                .introspect(&[])
                .await
                .unwrap()
        });
        all.push(made(database, path.display().to_string(), "", found, scope.clone()));
    }
    all
}

pub(crate) async fn postgresql(databases: &[Database]) -> Vec<Made> {
    let admin = server::session("postgres").await;
    admin.batch_execute("CREATE DATABASE introspection").await.unwrap();
    let session = server::session("introspection").await;
    let port = server::server().port;
    let url = format!("postgresql://app:{PASSWORD}@127.0.0.1:{port}/introspection?sslmode=disable");
    let target = Target::from_url(&SecretString::from(url.clone())).unwrap();
    let mut reader = connect(&target, &Settings::default()).await.unwrap();
    let mut all = Vec::new();
    for (number, database) in databases.iter().enumerate() {
        let namespace = format!("case_{number}");
        let scope = Scope { dialect: Dialect::PostgreSql, namespace: Some(namespace.clone()) };
        let statements = match &database.origin {
            Origin::Datamodel(text) => script(text, &scope),
            Origin::Statements(statements) => statements.clone(),
        };
        let all_statements = format!(
            "CREATE SCHEMA IF NOT EXISTS {namespace}; SET search_path = {namespace}, public; {statements}"
        );
        if let Err(error) = session.batch_execute(&all_statements).await {
            refused(database, &format!("{error:?}"));
            continue;
        }
        let found = reader.introspect(std::slice::from_ref(&namespace)).await.unwrap();
        all.push(made(database, url.clone(), &namespace, found, scope));
    }
    all
}
