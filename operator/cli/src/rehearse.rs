//! `rehearse`: a plan tried on a temporary copy of the structure.

use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;
use database::{Rehearsal, connect};
use pipeline::{Failure, JudgedPlan, OwnSql, Rehearsed, Trial, inspect};
use reason::Reason;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::apply::print_value;
use crate::input::Manifests;
use crate::resolve::{Resolved, resolve};
use crate::terminal::{Reporter, seconds};
use crate::{Output, ReadOptions, Stop};

/// Options of `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseOptions {
    #[command(flatten)]
    pub(crate) read: ReadOptions,
    /// Copy so many rows of each table, too; without it the tables of the copy are empty
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    rows: Option<u64>,
    /// Run the data steps of `spec.steps` in the copy, too, as they stand: one that names another database or a role changes it
    #[arg(long)]
    data_steps: bool,
}

/// The outcome for machines.
#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    reason: Reason,
    message: &'a str,
    digest: Option<&'a str>,
    elapsed_ms: u128,
    steps: Vec<StepReport<'a>>,
    rows: Vec<RowsReport>,
    lacks: &'a [String],
    removed: &'a [String],
}

#[derive(Serialize)]
struct StepReport<'a> {
    summary: &'a str,
    /// Null where the step was left out.
    elapsed_ms: Option<u128>,
}

#[derive(Serialize)]
struct RowsReport {
    table: String,
    copied: u64,
    estimated: Option<u64>,
}

/// Rehearses the plan of every SchemaMigration of the files, in order; the first failure ends it.
pub(crate) async fn rehearse(options: &RehearseOptions) -> Result<Reason, Stop> {
    let manifests = Manifests::given(&options.read)?;
    let mut signals = Signals::heard()?;
    for (path, migration) in manifests.required()? {
        let resolved = resolve(path, migration, &manifests, &options.read)?;
        anstream::eprint!("{}", resolved.warnings);
        rehearse_one(&resolved, options, &mut signals).await?;
    }
    Ok(Reason::UpToDate)
}

async fn rehearse_one(
    resolved: &Resolved,
    options: &RehearseOptions,
    signals: &mut Signals,
) -> Result<(), Stop> {
    let name = resolved.name.as_str();
    let mut database = connect(&resolved.target, &resolved.settings).await?;
    let seen = tokio::select! {
        seen = inspect(&mut database, &resolved.request) => seen?,
        () = signals.next() => {
            return Err(Stop::new(Reason::Interrupted, "The rehearsal was stopped before it began.".to_owned()));
        }
    };
    let Some(plan) = seen.plan.as_ref().filter(|_| seen.reason != Reason::Interrupted) else {
        if seen.reason == Reason::Interrupted {
            return Err(Stop::new(seen.reason, seen.message));
        }
        return nothing(name, &seen.message, options.read.output);
    };
    let mut place = Rehearsal::beside(&resolved.target, &resolved.settings).await?;
    let removed = place.removed().to_vec();
    let reporter = match options.read.output {
        Output::Text => Reporter::bar(),
        Output::Json => Reporter::silent(),
    };
    let mut take = |progress| reporter.take(&progress);
    let data_steps = if options.data_steps { OwnSql::Run } else { OwnSql::LeftOut };
    let trial = Trial { rows: options.rows, data_steps };
    let work = pipeline::rehearse(&mut database, &mut place, &resolved.request, plan, trial, &mut take);
    let rehearsed = tokio::select! {
        rehearsed = work => rehearsed,
        () = signals.next() => Err(Failure::new(
            Reason::Interrupted,
            "The rehearsal was stopped, and its copy was removed; the database was only read.",
        )),
    };
    reporter.end();
    let ended = place.end().await;
    // What stopped the rehearsal is the better thing to say than a copy that cannot be removed.
    let rehearsed = rehearsed?;
    ended?;
    let total: Duration = rehearsed.steps.iter().flatten().sum();
    let run = rehearsed.steps.iter().flatten().count();
    let message = match rehearsed.steps.len() - run {
        0 => format!("{} in {}, on a copy.", steps(run), seconds(total)),
        left_out => format!("{} in {}, on a copy; {left_out} left out.", steps(run), seconds(total)),
    };
    match options.read.output {
        Output::Text => {
            anstream::print!("{}", text(name, &message, plan, &rehearsed, &removed));
            Ok(())
        }
        Output::Json => {
            let times = plan.script.steps.iter().zip(&rehearsed.steps);
            print_value(&Report {
                name,
                reason: Reason::PlanPublished,
                message: &message,
                digest: Some(&plan.script.digest),
                elapsed_ms: total.as_millis(),
                steps: times
                    .map(|(step, elapsed)| StepReport {
                        summary: &step.summary,
                        elapsed_ms: elapsed.map(|elapsed| elapsed.as_millis()),
                    })
                    .collect(),
                rows: rows(plan, &rehearsed),
                lacks: &rehearsed.lacks,
                removed: &removed,
            })
        }
    }
}

fn nothing(name: &str, message: &str, output: Output) -> Result<(), Stop> {
    match output {
        Output::Text => {
            anstream::println!("{name}: {message}");
            Ok(())
        }
        Output::Json => print_value(&Report {
            name,
            reason: Reason::UpToDate,
            message,
            digest: None,
            elapsed_ms: 0,
            steps: Vec::new(),
            rows: Vec::new(),
            lacks: &[],
            removed: &[],
        }),
    }
}

fn steps(count: usize) -> String {
    if count == 1 { "1 step".to_owned() } else { format!("{count} steps") }
}

fn rows(plan: &JudgedPlan, rehearsed: &Rehearsed) -> Vec<RowsReport> {
    let estimated = |table: &schema::ObjectName| {
        plan.sizes.iter().find(|size| size.table == *table).and_then(|size| size.rows)
    };
    let report = |(table, copied): &(schema::ObjectName, u64)| RowsReport {
        table: table.to_string(),
        copied: *copied,
        estimated: estimated(table),
    };
    rehearsed.rows.iter().map(report).collect()
}

fn text(name: &str, message: &str, plan: &JudgedPlan, rehearsed: &Rehearsed, removed: &[String]) -> String {
    let mut out = format!("{name}: {message}\n");
    for (step, elapsed) in plan.script.steps.iter().zip(&rehearsed.steps) {
        let took = elapsed.map_or_else(|| "not run".to_owned(), seconds);
        let _ = writeln!(out, "{took:>10}  {}", step.summary);
    }
    for report in rows(plan, rehearsed) {
        let of = report.estimated.map(|rows| format!(" of about {rows}")).unwrap_or_default();
        let _ = writeln!(out, "  with {}{of} rows in {}", report.copied, report.table);
    }
    for lacks in &rehearsed.lacks {
        let _ = writeln!(out, "  the copy had no {lacks}");
    }
    for orphan in removed {
        let _ = writeln!(out, "  removed {orphan}, which a rehearsal had left behind");
    }
    out
}

/// Ctrl-C and what a supervisor sends. Heard from the start on, so that neither ends the process before the copy is gone.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn heard() -> Result<Self, Stop> {
        let heard = |kind| {
            signal(kind).map_err(|error| {
                Stop::new(Reason::InternalError, format!("Signals cannot be heard: {error}."))
            })
        };
        Ok(Self { interrupt: heard(SignalKind::interrupt())?, terminate: heard(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
