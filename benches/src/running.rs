//! A plan of a thousand steps applied, beside `psql` with the same statements in the same transactions.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use database::{End, NewMigration, Opening, Settings, Target, connect};
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};
use secrecy::SecretString;
use servers::{PASSWORD, postgresql};
use sql::{Mode, Script, render};

use crate::clock::milliseconds;
use crate::memory::status;
use crate::parsing::parsed;
use crate::table::{Goal, Row, Table};
use crate::text::{Edition, datamodel};

/// The argument that makes this program the process that is measured.
pub(crate) const CHILD: &str = "--apply-to";
/// As many models as make a thousand steps.
const MODELS: usize = 165;
const RUNS: usize = 7;
/// Most steps of one transaction.
const GROUP: usize = 500;

fn script() -> Script {
    let scope = Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) };
    let desired = derive(&parsed(&datamodel(MODELS, Edition::First)), &scope);
    let empty = Schema { namespaces: desired.namespaces.clone(), ..Schema::empty(Dialect::PostgreSql) };
    render(&diff(&empty, &desired, &Ownership::default()).unwrap())
}

/// Applies the plan in the file, or without one parses and plans first, with the history, and prints how many KiB the process
/// had at its highest.
pub(crate) fn child(url: &str, file: Option<&str>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stored = file.map(|file| serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap());
        let script = stored.unwrap_or_else(script);
        let target = Target::from_url(&SecretString::from(url)).unwrap();
        let mut database = connect(&target, &Settings::default()).await.unwrap();
        database.lock(&["public".to_owned()]).await.unwrap();
        let migration = NewMigration {
            owner: "bench".to_owned(),
            name: "bench".to_owned(),
            approved_digest: None,
            actor: None,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            back: None,
        };
        let id = database.record(&migration, &script, Opening::Run).await.unwrap();
        database.run(&id, &script, &mut |_| {}).await.unwrap();
        database.finish(&id, End::Applied { schema: Box::new(script.desired) }).await.unwrap();
    });
    println!("{}", status("VmHWM"));
}

/// A server is started for it, and ended with it.
pub(crate) fn measure(table: &mut Table) {
    let script = script();
    let place = std::env::temp_dir().join(uuid::Uuid::new_v4().simple().to_string());
    let (statements, plan) = (place.with_extension("sql"), place.with_extension("json"));
    std::fs::write(&statements, transactions(&script)).unwrap();
    std::fs::write(&plan, serde_json::to_string(&script).unwrap()).unwrap();
    let program = std::env::current_exe().unwrap();
    let (mut applied, mut whole, mut theirs, mut memory) = (f64::MAX, f64::MAX, f64::MAX, 0_u32);
    // In turns, so that what disturbs the machine disturbs all.
    for run in 0..RUNS {
        theirs = theirs.min(timed(&mut psql(&database(&format!("psql_{run}")), &statements)).0);
        let url = database(&format!("applied_{run}"));
        let (time, _) = timed(Command::new(&program).args([CHILD, &url]).arg(&plan));
        applied = applied.min(time);
        let (time, output) = timed(Command::new(&program).args([CHILD, &database(&format!("whole_{run}"))]));
        whole = whole.min(time);
        memory = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    }
    for file in [statements, plan] {
        std::fs::remove_file(file).unwrap();
    }
    let steps = script.steps.len();
    // The first is the goal's own sentence: both read what to do from a file, and apply it in the same transactions.
    for (what, ours) in [("apply", applied), ("parse, plan and apply", whole)] {
        table.add(Row {
            what: format!("{what} {steps} steps, history included"),
            ours: format!("{ours:.0} ms"),
            peer: format!("psql -f {theirs:.0} ms"),
            figure: ours / theirs,
            goal: Goal::AtMost(1.15, " times"),
        });
    }
    let mebibytes = f64::from(memory) / 1024.0;
    table.add(Row {
        what: format!("memory to apply {} steps", script.steps.len()),
        ours: format!("{mebibytes:.1} MiB"),
        peer: String::new(),
        figure: mebibytes,
        goal: Goal::AtMost(30.0, " MiB"),
    });
}

/// The statements as a file for `psql`, in the transactions in which a run sends them.
fn transactions(script: &Script) -> String {
    let mut text = String::new();
    for steps in script.steps.chunk_by(|one, other| one.mode == Mode::Grouped && other.mode == Mode::Grouped)
    {
        for group in steps.chunks(GROUP) {
            let bare = group.iter().any(|step| step.mode == Mode::NoTransaction);
            let statements: Vec<&str> =
                group.iter().flat_map(|step| &step.statements).map(String::as_str).collect();
            let (begin, commit) = if bare { ("", "") } else { ("BEGIN;\n", "COMMIT;\n") };
            text.extend([begin, &statements.join(";\n"), ";\n", commit]);
        }
    }
    text
}

/// The url of a new database, as libpq and we read it.
fn database(name: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let session = postgresql::session("postgres").await;
        session.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    });
    format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{name}?sslmode=disable", postgresql::server().port)
}

fn psql(url: &str, file: &Path) -> Command {
    let mut command = Command::new("psql");
    command.args([url, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file"]).arg(file);
    command
}

/// Milliseconds of a process that must succeed.
fn timed(command: &mut Command) -> (f64, Output) {
    let start = Instant::now();
    let output = command.output().unwrap();
    let time = milliseconds(start.elapsed());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (time, output)
}
