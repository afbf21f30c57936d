//! `status` and `history`.

use database::{MigrationRow, connect};
use pipeline::inspect;
use reason::Reason;
use serde::Serialize;

use crate::apply::print_json;
use crate::input::Manifests;
use crate::resolve::resolve;
use crate::terminal;
use crate::{Output, PurgeOptions, ReadOptions, Stop, worse};

/// Says of each target where it stands.
pub(crate) async fn status(options: &ReadOptions) -> Result<Reason, Stop> {
    let manifests = Manifests::given(options)?;
    let mut result = Reason::UpToDate;
    for (path, migration) in manifests.required()? {
        let resolved = resolve(path, migration, &manifests, options)?;
        let mut database = connect(&resolved.target, &resolved.settings).await?;
        let outcome = inspect(&mut database, &resolved.request).await?;
        let history = database.history().await?;
        if options.output == Output::Json {
            print_json(&resolved.name, &outcome)?;
        } else {
            anstream::println!("{}: {}", resolved.name, resolved.target.shown());
            let last = history.as_ref().and_then(|history| history.migrations.first());
            match last {
                Some(row) => anstream::println!("  last migration  {}", line(row)),
                None => anstream::println!("  last migration  none"),
            }
            anstream::println!("  state           {}", outcome.reason);
            anstream::print!("  {}", terminal::outcome("pending", &outcome));
            for step in outcome.plan.iter().flat_map(|plan| &plan.script.steps) {
                anstream::println!("    {}", step.summary);
            }
        }
        // A plan that may run is not a failure of `status`.
        let reason = if outcome.reason == Reason::PlanPublished { Reason::UpToDate } else { outcome.reason };
        result = worse(result, reason);
    }
    Ok(result)
}

/// A migration for machines.
#[derive(Serialize)]
struct Row<'a> {
    id: i64,
    name: &'a str,
    owner: &'a str,
    state: &'a str,
    digest: &'a str,
    steps_done: u32,
    steps_total: u32,
    started_at: &'a str,
    finished_at: Option<&'a str>,
    duration_ms: Option<u64>,
    approved_digest: Option<&'a str>,
    tool_version: &'a str,
    error: Option<&'a str>,
}

/// Lists the migrations of each target, newest first.
pub(crate) async fn history(options: &ReadOptions) -> Result<Reason, Stop> {
    let manifests = Manifests::given(options)?;
    for (path, migration) in manifests.required()? {
        let resolved = resolve(path, migration, &manifests, options)?;
        let mut database = connect(&resolved.target, &resolved.settings).await?;
        let history = database.history().await?;
        let rows = history.map(|history| history.migrations).unwrap_or_default();
        if options.output == Output::Json {
            let rows: Vec<Row<'_>> = rows.iter().map(row).collect();
            let text = serde_json::to_string_pretty(&rows)
                .map_err(|error| Stop::new(Reason::InternalError, format!("Cannot write JSON: {error}.")))?;
            anstream::println!("{text}");
            continue;
        }
        anstream::println!("{}: {}", resolved.name, resolved.target.shown());
        if rows.is_empty() {
            anstream::println!("  no migrations yet");
        }
        for row in &rows {
            anstream::println!("  {}", line(row));
            if let Some(error) = &row.error {
                anstream::println!("      {error}");
            }
        }
    }
    Ok(Reason::UpToDate)
}

/// Drops the copies of dropped data that are old enough.
pub(crate) async fn purge(options: &PurgeOptions) -> Result<Reason, Stop> {
    let manifests = Manifests::given(&options.read)?;
    for (path, migration) in manifests.required()? {
        let resolved = resolve(path, migration, &manifests, &options.read)?;
        let wrong = |message: &str| Stop::new(Reason::ManifestInvalid, message.to_owned());
        let retention = match (&options.older_than, resolved.request.policy.keep) {
            (Some(text), _) => api::duration::parse(text)
                .ok_or_else(|| wrong("--older-than: write a duration such as 720h or 0s."))?,
            (None, Some(rule)) => rule.retention,
            (None, None) => return Err(wrong("spec.policy.keepDroppedData is not set; say --older-than.")),
        };
        let mut database = connect(&resolved.target, &resolved.settings).await?;
        database.lock(&[]).await?;
        let purged = pipeline::purge(&mut database, &resolved.request, retention).await;
        database.unlock().await?;
        let purged = purged?;
        if options.read.output == Output::Json {
            let text = serde_json::to_string_pretty(&purged)
                .map_err(|error| Stop::new(Reason::InternalError, format!("Cannot write JSON: {error}.")))?;
            anstream::println!("{text}");
        } else {
            anstream::println!("{}: {} copies purged", resolved.name, purged.len());
            for name in &purged {
                anstream::println!("  {name}");
            }
        }
    }
    Ok(Reason::UpToDate)
}

fn row(row: &MigrationRow) -> Row<'_> {
    Row {
        id: row.id,
        name: &row.name,
        owner: &row.owner,
        state: row.state.as_str(),
        digest: &row.digest,
        steps_done: row.steps_done,
        steps_total: row.steps_total,
        started_at: &row.started_at,
        finished_at: row.finished_at.as_deref(),
        duration_ms: row.duration_ms,
        approved_digest: row.approved_digest.as_deref(),
        tool_version: &row.tool_version,
        error: row.error.as_deref(),
    }
}

fn line(row: &MigrationRow) -> String {
    let short: String = row.digest.chars().take("sha256:".len() + 12).collect();
    let duration = row.duration_ms.map(|ms| format!("  {ms} ms")).unwrap_or_default();
    format!(
        "#{}  {}  {}/{} steps  {}  {short}{duration}",
        row.id,
        row.state.as_str(),
        row.steps_done,
        row.steps_total,
        row.started_at
    )
}
