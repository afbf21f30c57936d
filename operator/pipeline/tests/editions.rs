//! Databases that each edition of Prisma made: kept as they are, and brought to the newest edition.
//!
//! A file of `editions/` holds a datamodel, `--- edition 6` with what the newest edition needs to be told (nothing when
//! it is the same text), `--- database` with the SQL that Prisma ran in those years, and `--- expect` with the plan that
//! leads from there to edition 6. `UPDATE_EXPECT=1` rewrites the plan.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use datamodel::{Edition, Source};
use pipeline::{Outcome, Request};
use reason::Reason;

use crate::support::{Place, digest};

const EXPECT: &str = "--- expect\n";

/// The same request for another text or edition.
fn with(request: &Request, provider: &str, text: &str, edition: Edition) -> Request {
    let text = format!("datasource db {{\n  provider = \"{provider}\"\n}}\n{text}");
    let parsed = datamodel::parse(Source { text: &text, language: None, edition: Some(edition) });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{edition:?}: {:?}", parsed.diagnostics));
    Request { datamodel, ..request.clone() }
}

/// The plan as a person reads it: its steps, and what could hurt.
fn shown(outcome: &Outcome) -> String {
    let mut out = String::new();
    for step in outcome.plan.iter().flat_map(|plan| &plan.script.steps) {
        writeln!(out, "{}", step.summary).unwrap();
        for hazard in &step.hazards {
            writeln!(out, "  ! {} {}", hazard.hazard.code.as_str(), hazard.hazard.message).unwrap();
        }
    }
    out
}

async fn live_through(path: &Path) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let (edition, provider) = name.split_once('_').unwrap();
    let edition = Edition::named(edition).unwrap();
    let whole = std::fs::read_to_string(path).unwrap();
    let (head, expected) = whole.split_once(EXPECT).unwrap();
    let (texts, database) = head.split_once("--- database\n").unwrap();
    let (own, newest) = texts.split_once("--- edition 6\n").unwrap_or((texts, texts));
    let place = if provider == "sqlite" { Place::sqlite() } else { Place::postgresql().await };
    place.execute(database).await;
    let base = place.request("");

    // The newest edition recognises whose names these are, if they differ from its own.
    let stranger = with(&base, provider, newest, Edition::Six);
    let stranger = pipeline::inspect(&mut place.connect().await, &stranger).await.unwrap();
    if stranger.plan.is_some() {
        assert_eq!(stranger.reason, Reason::AdoptionRequired, "{name}");
        let wanted = format!("`datamodel.edition: \"{}\"`", edition.as_str());
        assert!(stranger.message.contains(&wanted), "{name}: {}", stranger.message);
    } else {
        assert_eq!(stranger.reason, Reason::Baselined, "{name}");
    }

    let request = with(&base, provider, own, edition);
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{name}: {}", outcome.message);
    place.assert_settled(&request).await;

    let mut request = with(&base, provider, newest, Edition::Six);
    let mut outcome = place.migrate(&request).await;
    let plan = shown(&outcome);
    if outcome.reason == Reason::AwaitingApproval {
        request.approved_digest = Some(digest(&outcome));
        outcome = place.migrate(&request).await;
    }
    let settled = [Reason::Applied, Reason::UpToDate];
    assert!(settled.contains(&outcome.reason), "{name}: {} {}", outcome.reason, outcome.message);
    place.assert_settled(&request).await;
    if plan != expected {
        assert!(
            std::env::var_os("UPDATE_EXPECT").is_some(),
            "{name}: run with UPDATE_EXPECT=1 if this plan is right\n{plan}"
        );
        std::fs::write(path, format!("{head}{EXPECT}{plan}")).unwrap();
    }
}

fn fixtures(provider: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/editions");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_str().unwrap().ends_with(&format!("_{provider}.txt")));
    paths.sort();
    assert_eq!(paths.len(), Edition::ALL.len());
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn every_edition_of_postgresql_is_kept_and_brought_forward() {
    for path in fixtures("postgresql") {
        live_through(&path).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_edition_of_sqlite_is_kept_and_brought_forward() {
    for path in fixtures("sqlite") {
        live_through(&path).await;
    }
}

/// The names that PostgreSQL gives to keys without one, when table and columns are too long for a name.
#[tokio::test(flavor = "multi_thread")]
async fn unnamed_keys_of_long_names_are_kept() {
    let place = Place::postgresql().await;
    let child = "a_child_table_whose_name_is_nearly_as_long_as_a_name_can_be";
    let column = "the_identifier_of_the_parent_in_a_column_of_many_words";
    place
        .execute(&format!(
            "CREATE TABLE parent (id INTEGER NOT NULL, PRIMARY KEY (id));
             CREATE TABLE \"{child}\" (id INTEGER NOT NULL, \"{column}\" INTEGER NOT NULL, short INTEGER, PRIMARY KEY (id));
             ALTER TABLE \"{child}\" ADD FOREIGN KEY (\"{column}\") REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE;
             ALTER TABLE \"{child}\" ADD FOREIGN KEY (short) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE CASCADE;
             CREATE UNIQUE INDEX \"{child}.{column}_unique\" ON \"{child}\" (\"{column}\");"
        ))
        .await;
    let text = format!(
        "model parent {{\n  id Int @id\n  one {child}[] @relation(\"one\")\n  two {child}[] @relation(\"two\")\n}}
model {child} {{
  id Int @id
  {column} Int @unique
  short Int?
  one parent @relation(\"one\", fields: [{column}], references: [id])
  two parent? @relation(\"two\", fields: [short], references: [id])
}}\n"
    );
    let request = with(&place.request(""), "postgresql", &text, Edition::Two);
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{}", outcome.message);
}
