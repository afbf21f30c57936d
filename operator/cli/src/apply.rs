//! `apply` and `plan`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use database::{Database, connect};
use pipeline::{BackupRule, Outcome, RunMode, WayBack, inspect, migrate};
use reason::{Class, Reason};
use serde::Serialize;

use crate::input::Manifests;
use crate::resolve::{Resolved, resolve};
use crate::terminal::{self, Reporter};
use crate::{ApplyOptions, Output, PlanOptions, Stop, worse};

/// The outcome for machines.
#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    reason: Reason,
    message: &'a str,
    digest: Option<&'a str>,
    plan: Option<&'a pipeline::JudgedPlan>,
    migration: Option<i64>,
    steps_done: usize,
    steps_total: usize,
    elapsed_ms: u128,
    unmanaged: Vec<String>,
    drift: &'a [String],
}

/// Applies every SchemaMigration of the files, in order; the first failure ends it.
pub(crate) async fn apply(options: &ApplyOptions) -> Result<Reason, Stop> {
    let manifests = Manifests::given(&options.read)?;
    let mut result = Ok(Reason::UpToDate);
    let mut rest = manifests.required()?.iter();
    for (path, migration) in rest.by_ref() {
        let one = match resolve(path, migration, &manifests, &options.read) {
            Ok(resolved) => apply_one(resolved, options).await,
            Err(stop) => Err(stop),
        };
        result = result.and_then(|before| Ok(worse(before, one?)));
        if !matches!(&result, Ok(reason) if reason.exit_code() == 0) {
            break;
        }
    }
    let names: Vec<&str> = rest.filter_map(|(_, migration)| migration.metadata.name.as_deref()).collect();
    if !names.is_empty() {
        anstream::eprintln!("not attempted: {}", names.join(", "));
    }
    result
}

async fn apply_one(mut resolved: Resolved, options: &ApplyOptions) -> Result<Reason, Stop> {
    if let Some(digest) = &options.approve {
        resolved.request.approved_digest = Some(digest.clone());
    }
    if options.backed_up {
        resolved.request.backup = BackupRule::Never;
    }
    anstream::eprint!("{}", resolved.warnings);
    let mut database = connect(&resolved.target, &resolved.settings).await?;
    run_plan(&mut database, &mut resolved, options).await
}

/// Shows the plan, asks where it has to, and runs it.
pub(crate) async fn run_plan(
    database: &mut Database,
    resolved: &mut Resolved,
    options: &ApplyOptions,
) -> Result<Reason, Stop> {
    let text = options.read.output == Output::Text;
    if text {
        anstream::println!("{}: {}", resolved.name, resolved.target.shown());
    }
    let seen = inspect(database, &resolved.request).await?;
    if text && let Some(plan) = &seen.plan {
        anstream::print!("{}", terminal::plan(plan));
    }
    if seen.reason == Reason::AwaitingApproval
        && resolved.request.mode == RunMode::Apply
        && let Some(digest) = approve_by_hand(&seen, options)?
    {
        resolved.request.approved_digest = Some(digest);
    }
    let reporter = if text { Reporter::visible() } else { Reporter::silent() };
    let result = if seen.is_final(&resolved.request) {
        Ok(seen)
    } else {
        migrate(database, &resolved.request, &mut |progress| reporter.take(&progress)).await
    };
    reporter.end();
    let mut outcome = result?;
    if outcome.reason == Reason::AwaitingBackup {
        outcome
            .message
            .push_str(" Nothing here can start its CronJob: make it yourself, then add --backed-up.");
    }
    finish(&resolved.name, &outcome, options.read.output)?;
    Ok(outcome.reason)
}

fn finish(name: &str, outcome: &Outcome, output: Output) -> Result<(), Stop> {
    match output {
        Output::Json => print_json(name, outcome),
        Output::Text if matches!(outcome.reason.class(), Class::Success) => {
            anstream::print!("{}", terminal::outcome(name, outcome));
            Ok(())
        }
        Output::Text => {
            anstream::eprint!("{}: {}", outcome.reason, terminal::outcome(name, outcome));
            Ok(())
        }
    }
}

/// On a terminal, a typed `yes` approves exactly the plan that was shown.
fn approve_by_hand(seen: &Outcome, options: &ApplyOptions) -> Result<Option<String>, Stop> {
    let asks = !options.yes && options.read.output == Output::Text && std::io::stdin().is_terminal();
    let Some(plan) = seen.plan.as_ref().filter(|_| asks) else { return Ok(None) };
    anstream::eprintln!("{}", seen.message);
    anstream::eprint!("Type yes to run exactly this plan: ");
    let failed =
        |error: std::io::Error| Stop::new(Reason::InternalError, format!("Cannot read the answer: {error}."));
    std::io::stderr().flush().map_err(failed)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    Ok((answer.trim() == "yes").then(|| plan.script.digest.clone()))
}

/// Shows what `apply` would do.
pub(crate) async fn plan(options: &PlanOptions) -> Result<Reason, Stop> {
    let PlanOptions { read: options, reverse } = options;
    let manifests = Manifests::given(options)?;
    let mut result = Reason::UpToDate;
    for (path, migration) in manifests.required()? {
        let resolved = resolve(path, migration, &manifests, options)?;
        anstream::eprint!("{}", resolved.warnings);
        let mut database: Database = connect(&resolved.target, &resolved.settings).await?;
        let outcome = inspect(&mut database, &resolved.request).await?;
        match (options.output, &outcome.plan) {
            (output, plan) if *reverse => {
                let back = match plan.as_ref().and_then(|plan| plan.back.clone()) {
                    Some(back) => Some(back),
                    None => last_back(&mut database).await?,
                };
                print_back(&resolved.name, back.as_ref(), output)?;
            }
            (Output::Json, _) => print_json(&resolved.name, &outcome)?,
            (Output::Text, plan) => {
                anstream::println!("{}: {}", resolved.name, resolved.target.shown());
                if let Some(plan) = plan {
                    anstream::print!("{}", terminal::plan(plan));
                }
                anstream::print!("{}", terminal::outcome(&resolved.name, &outcome));
            }
        }
        result = worse(result, outcome.reason);
    }
    Ok(result)
}

/// The way back that the history keeps of the last migration.
async fn last_back(database: &mut Database) -> Result<Option<WayBack>, Stop> {
    let history = database.history().await?;
    let script = history.as_ref().and_then(|history| history.migrations.first()?.back.clone());
    Ok(script.map(|script| WayBack { script: Some(script), remains: Vec::new(), refused: None }))
}

fn print_back(name: &str, back: Option<&WayBack>, output: Output) -> Result<(), Stop> {
    match (output, back) {
        (Output::Json, back) => print_value(&serde_json::json!({ "name": name, "back": back })),
        (Output::Text, Some(back)) => {
            anstream::print!("{}", terminal::reverse(back));
            Ok(())
        }
        (Output::Text, None) => {
            anstream::println!("-- {name} has nothing to undo.");
            Ok(())
        }
    }
}

pub(crate) fn print_value(value: &impl Serialize) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Stop::new(Reason::InternalError, format!("Cannot write JSON: {error}.")))?;
    anstream::println!("{text}");
    Ok(())
}

pub(crate) fn print_json(name: &str, outcome: &Outcome) -> Result<(), Stop> {
    let report = Report {
        name,
        reason: outcome.reason,
        message: &outcome.message,
        digest: outcome.plan.as_ref().map(|plan| plan.script.digest.as_str()),
        plan: outcome.plan.as_ref(),
        migration: outcome.migration,
        steps_done: outcome.steps_done,
        steps_total: outcome.steps_total,
        elapsed_ms: outcome.elapsed.as_millis(),
        unmanaged: outcome.unmanaged.iter().map(ToString::to_string).collect(),
        drift: &outcome.drift,
    };
    print_value(&report)
}
