//! The transactions of every plan among the fixtures, as the runner forms them: what scans or builds never does so in one that
//! keeps readers out. What can only be done that way stands alone, and says so.

use std::collections::BTreeSet;
use std::path::Path;

use datamodel::{Language, Source};
use plan::{Blocks, LockMode, Ownership, Work, diff};
use schema::{Dialect, Schema, Scope, derive};
use sql::{Mode, ScriptStep, render};

use crate::measure::Session;
use crate::support::Place;

fn schema(text: &str) -> Schema {
    let several =
        if text.contains("@@schema(") { "  schemas = [\"new\", \"old\", \"public\"]\n" } else { "" };
    let text = format!("datasource db {{\n  provider = \"postgresql\"\n{several}}}\n{text}");
    let parsed = datamodel::parse(Source { text: &text, language: Some(Language::Psl), edition: None });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{:?}", parsed.diagnostics));
    let mut schema = derive(&datamodel, &Scope { dialect: Dialect::PostgreSql, namespace: None });
    if !schema.namespaces.iter().any(|name| name == "public") {
        schema.namespaces.push("public".to_owned());
    }
    schema
}

/// As it would be found: hints are gone.
fn found(mut schema: Schema) -> Schema {
    for found in &mut schema.enums {
        found.renamed_from = None;
        found.renamed_values.clear();
    }
    for table in &mut schema.tables {
        table.renamed_from = None;
        table.columns.iter_mut().for_each(|column| column.renamed_from = None);
    }
    schema
}

fn together(one: &ScriptStep, other: &ScriptStep) -> bool {
    one.mode == Mode::Grouped && other.mode == Mode::Grouped
}

/// Run it with each `TEST_POSTGRESQL`.
#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_scans_or_builds_while_readers_wait() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/tests/plans");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("postgres_"));
    files.sort();
    assert!(files.len() > 20);
    let (mut transactions, mut unavoidable) = (0, BTreeSet::new());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let (current, desired) =
            text.split_once("--- expect\n").unwrap().0.split_once("--- desired\n").unwrap();
        let (current, desired) = (found(schema(current.split_once('\n').unwrap().1)), schema(desired));
        let Ok(plan) = diff(&current, &desired, &Ownership::of(&current)) else { continue };
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let place = Place::postgresql().await;
        let session = Session::open(&place.name).await;
        let mut nothing = Schema::empty(Dialect::PostgreSql);
        nothing.namespaces.push("public".to_owned());
        for step in render(&diff(&nothing, &current, &Ownership::default()).unwrap()).steps {
            session.client.batch_execute(&step.statements.join(";")).await.unwrap();
        }
        let existing: BTreeSet<String> = session.files().await.into_keys().collect();
        for steps in render(&plan).steps.chunk_by(together) {
            if let [step] = steps
                && step.mode == Mode::NoTransaction
            {
                session.client.batch_execute(&step.statements.join(";")).await.unwrap();
                continue;
            }
            transactions += 1;
            let mut before = session.files().await;
            before.retain(|table, _| existing.contains(table));
            let statements: Vec<String> = steps.iter().flat_map(|step| step.statements.clone()).collect();
            let (locks, work) = session.measure(&statements, &steps[0].object, &before).await;
            let exclusive =
                locks.values().any(|mode| mode == crate::measure::held(LockMode::AccessExclusive));
            // Refused before it starts unless the table is empty.
            let of_nothing = steps
                .iter()
                .flat_map(|step| &step.hazards)
                .any(|hazard| hazard.hazard.code.as_str() == "P0201");
            if !exclusive || work == Work::Metadata || work == Work::Scan && of_nothing {
                continue;
            }
            let told: Vec<&str> = steps.iter().map(|step| step.summary.as_str()).collect();
            assert!(
                matches!(work, Work::Build | Work::Rewrite),
                "{name}: a scan while readers wait: {told:?}"
            );
            // There is no other way to do it: then nothing shares its transaction, and its forecast stops at the policy.
            let [step] = steps else { panic!("{name}: {work:?} with others in one transaction: {told:?}") };
            assert!(
                step.impact.work >= work && step.impact.blocks() == Blocks::ReadsAndWrites,
                "{name}: {told:?}"
            );
            assert_eq!(step.mode, Mode::Alone, "{name}: {told:?}");
            unavoidable.insert(step.kind.clone());
        }
    }
    assert!(transactions > 40, "{transactions}");
    // Types that are stored in another way, keys whose columns change, enums that lose a value.
    let known: BTreeSet<String> = ["AlterTable", "RebuildEnum"].map(str::to_owned).into();
    assert_eq!(unavoidable, known);
}
