//! One database for each side; every pair has names of its own.

use std::collections::BTreeMap;
use std::process::Command;

use database::{Settings, Target, connect};
use oracle::Provider;
use secrecy::SecretString;
use servers::{PASSWORD, postgresql};
use tokio_postgres::Client;

use crate::pairs::Pair;
use crate::{End, ours, refusal, schema_of};

pub(crate) fn run(pairs: &[Pair], scripts: &[(String, String)]) -> Vec<(End, End, String)> {
    tokio::runtime::Runtime::new().unwrap().block_on(run_all(pairs, scripts))
}

async fn run_all(pairs: &[Pair], scripts: &[(String, String)]) -> Vec<(End, End, String)> {
    let admin = postgresql::session("postgres").await;
    for side in ["ours", "theirs"] {
        admin.batch_execute(&format!("CREATE DATABASE {side}")).await.unwrap();
    }
    let (our_side, their_side) = (postgresql::session("ours").await, postgresql::session("theirs").await);
    let url =
        format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/ours?sslmode=disable", postgresql::server().port);
    let mut ends: Vec<(Option<End>, Option<End>, String)> = Vec::new();
    for (pair, (create, change)) in pairs.iter().zip(scripts) {
        for side in [&our_side, &their_side] {
            side.batch_execute(create).await.expect(create);
            for statement in &pair.rows {
                side.batch_execute(statement).await.expect(statement);
            }
        }
        let target = Target::from_url(&SecretString::from(url.clone())).unwrap();
        let mut database = connect(&target, &Settings::default()).await.unwrap();
        let found = database.introspect(&["public".to_owned()]).await.unwrap();
        let script = ours(Provider::PostgreSql, pair, &found);
        let mut end = refusal(&mut database, &script).await.map(End::Refused);
        for statement in script.steps.iter().flat_map(|step| &step.statements) {
            if end.is_none()
                && let Err(error) = our_side.batch_execute(statement).await
            {
                end = Some(End::Failed(format!("{} in {statement}", words(&error))));
            }
        }
        let theirs = their_side.batch_execute(change).await.err().map(|error| End::Failed(words(&error)));
        // A script with a transaction of its own leaves it open when it fails.
        their_side.batch_execute("ROLLBACK").await.unwrap();
        ends.push((end, theirs, sql::text(&script)));
    }
    let (our_catalog, their_catalog) = (catalog("ours", pairs.len()), catalog("theirs", pairs.len()));
    let mut told = Vec::new();
    for (number, (ours, theirs, script)) in ends.into_iter().enumerate() {
        let pair = &pairs[number];
        let of = |catalog: &BTreeMap<usize, String>| catalog.get(&pair.number).cloned().unwrap_or_default();
        let tables: Vec<String> = schema_of(Provider::PostgreSql, &pair.to)
            .tables
            .into_iter()
            .map(|table| table.name.name)
            .collect();
        let ours = match ours {
            Some(end) => end,
            None => End::Done { catalog: of(&our_catalog), rows: rows(&our_side, &tables).await },
        };
        let theirs = match theirs {
            Some(end) => end,
            None => End::Done { catalog: of(&their_catalog), rows: rows(&their_side, &tables).await },
        };
        told.push((ours, theirs, script));
    }
    told
}

fn words(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

async fn rows(side: &Client, tables: &[String]) -> String {
    let mut lines = Vec::new();
    for table in tables {
        // What `now()` gave is the time of the test, another one on each side.
        let query = format!(
            "SELECT regexp_replace(to_jsonb(t)::text, '\"(' || current_date || '|' || current_date - 1 || ')[^\"]*', \
             '\"now', 'g') FROM \"{table}\" t ORDER BY 1"
        );
        let found = side.query(&query, &[]).await.unwrap();
        lines.push(format!("{table}:"));
        lines.extend(found.iter().map(|row| row.get::<_, String>(0)));
    }
    lines.join("\n")
}

/// The dump, object by object, under the number of its pair.
fn catalog(database: &str, pairs: usize) -> BTreeMap<usize, String> {
    let server = postgresql::server();
    let output = Command::new("pg_dump")
        .args(["--schema-only", "--no-owner", "--no-privileges", "--host=127.0.0.1", "--username=app"])
        .arg(format!("--port={}", server.port))
        .arg(database)
        .env("PGPASSWORD", PASSWORD)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut objects: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for block in text.split("\n--\n-- Name: ").skip(1) {
        let (title, body) = block.split_once("\n--\n").unwrap_or((block, ""));
        let title = title.split("; Schema").next().unwrap_or(title);
        let Some(number) = number(body, pairs) else { continue };
        let lines = body
            .lines()
            .map(|line| line.trim().trim_end_matches(','))
            .filter(|line| !line.is_empty() && !line.starts_with('\\'));
        let place = objects.entry(number).or_default();
        place.extend(lines.map(|line| format!("{title}: {line}")));
    }
    objects
        .into_iter()
        .map(|(number, mut lines)| {
            lines.sort();
            lines.dedup();
            (number, lines.join("\n"))
        })
        .collect()
}

/// The first number that stands at the end of a name of ours: `public."T12"`.
fn number(body: &str, pairs: usize) -> Option<usize> {
    let mut rest = body;
    while let Some(at) = rest.find("public.\"") {
        rest = &rest[at + 8..];
        let name = rest.split('"').next().unwrap_or_default();
        let start = name.find(|letter: char| letter.is_ascii_digit());
        let digits =
            start.map(|start| name[start..].chars().take_while(char::is_ascii_digit).collect::<String>());
        if let Some(number) = digits.and_then(|digits| digits.parse().ok()).filter(|number| *number < pairs) {
            return Some(number);
        }
    }
    None
}
