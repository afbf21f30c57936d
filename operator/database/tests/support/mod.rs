//! A database of a real PostgreSQL for each test, and what a test runs there.

use std::time::Duration;

use database::{NewMigration, Settings, Target};
use plan::{Impact, LockMode};
use schema::{Dialect, ObjectName, Schema};
use secrecy::SecretString;
pub(crate) use servers::PASSWORD;
pub(crate) use servers::postgresql::{server, session};
use sql::{Mode, Probe, Script, ScriptStep};
use tokio_postgres::Client;

/// A database of its own for a test.
pub(crate) struct Place {
    pub(crate) name: String,
}

impl Place {
    pub(crate) async fn new(name: &str) -> Self {
        let admin = session("postgres").await;
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Self { name: name.to_owned() }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{}", server().port, self.name)
    }

    pub(crate) fn target(&self) -> Target {
        Target::from_url(&SecretString::from(self.url())).unwrap()
    }

    pub(crate) async fn raw(&self) -> Client {
        session(&self.name).await
    }
}

pub(crate) fn settings(name: &str) -> Settings {
    Settings {
        application_name: name.to_owned(),
        lock_timeout: Duration::from_millis(200),
        lock_retries: 0,
        lock_wait: Duration::from_millis(300),
        ..Settings::default()
    }
}

pub(crate) fn migration(name: &str) -> NewMigration {
    NewMigration {
        owner: "laptop/shop/blog".to_owned(),
        name: name.to_owned(),
        approved_digest: Some("sha256:approved".to_owned()),
        actor: None,
        tool_version: "0.1.0".to_owned(),
        back: None,
    }
}

pub(crate) fn step(mode: Mode, statement: &str) -> ScriptStep {
    ScriptStep {
        kind: "Test".to_owned(),
        object: "thing".to_owned(),
        summary: statement.chars().take(40).collect(),
        statements: vec![statement.to_owned()],
        mode,
        hazards: Vec::new(),
        probe: None,
        impact: Impact::default(),
    }
}

/// The impact of a step that locks these tables of `public`.
pub(crate) fn locking(tables: &[&str], mode: LockMode) -> Impact {
    let names = tables.iter().map(|table| ObjectName::new(Some("public"), *table));
    names.fold(Impact::default(), |impact, table| impact.and(&table, mode))
}

pub(crate) fn build(table: &str, index: &str) -> ScriptStep {
    ScriptStep {
        impact: locking(&[table], LockMode::ShareUpdateExclusive),
        probe: Some(Probe::IndexPresent {
            namespace: "public".to_owned(),
            index: index.to_owned(),
            cleanup: format!("DROP INDEX CONCURRENTLY public.\"{index}\""),
        }),
        ..step(
            Mode::NoTransaction,
            &format!("CREATE INDEX CONCURRENTLY \"{index}\" ON public.\"{table}\" (id)"),
        )
    }
}

pub(crate) fn script(dialect: Dialect, steps: Vec<ScriptStep>) -> Script {
    let mut script = Script {
        version: 1,
        dialect,
        digest: String::new(),
        from: "sha256:from".to_owned(),
        to: "sha256:to".to_owned(),
        steps,
        desired: Schema::empty(dialect),
    };
    script.digest = sql::digest(&script);
    script
}
