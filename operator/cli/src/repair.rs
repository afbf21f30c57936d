//! `history repair`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use database::connect;
use pipeline::repair::{Interrupted, Repair, needed, repair as carry_out};
use reason::Reason;
use serde::Serialize;

use crate::input::Manifests;
use crate::resolve::resolve;
use crate::{Output, RepairOptions, Stop, worse};

/// A repair for machines.
#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    problem: Option<&'a str>,
    effects: &'a [String],
    digest: Option<&'a str>,
    migration: Option<i64>,
}

/// Shows what is wrong with each history, and repairs it once exactly that is approved.
pub(crate) async fn repair(options: &RepairOptions) -> Result<Reason, Stop> {
    let manifests = Manifests::given(&options.read)?;
    let interrupted = if options.abandon { Interrupted::Abandon } else { Interrupted::Keep };
    let text = options.read.output == Output::Text;
    let mut result = Reason::UpToDate;
    for (path, migration) in manifests.required()? {
        let resolved = resolve(path, migration, &manifests, &options.read)?;
        let mut database = connect(&resolved.target, &resolved.settings).await?;
        let found = needed(&mut database, &resolved.request, interrupted).await?;
        if text {
            anstream::println!("{}: {}", resolved.name, resolved.target.shown());
        }
        let Some(found) = found else {
            if text {
                anstream::println!("  nothing is wrong with the history");
            } else {
                let none = Report {
                    name: &resolved.name,
                    problem: None,
                    effects: &[],
                    digest: None,
                    migration: None,
                };
                print(&none)?;
            }
            continue;
        };
        if text {
            show(&found);
        }
        let approved = match &options.approve {
            Some(digest) => Some(digest.clone()),
            None => by_hand(&found, text)?,
        };
        let approved = approved.filter(|digest| *digest == found.digest);
        let migration = match &approved {
            Some(digest) => Some(carry_out(&mut database, &resolved.request, interrupted, digest).await?),
            None => None,
        };
        match (text, migration) {
            (true, Some(id)) => {
                anstream::println!("  repaired: migration {id} is the new starting point");
            }
            (true, None) => {
                anstream::eprintln!("  nothing was done; approve with --approve {}", found.digest);
            }
            (false, migration) => print(&Report {
                name: &resolved.name,
                problem: Some(&found.problem),
                effects: &found.effects,
                digest: Some(&found.digest),
                migration,
            })?,
        }
        let reason = if migration.is_some() { Reason::Baselined } else { Reason::AwaitingApproval };
        result = worse(result, reason);
    }
    Ok(result)
}

fn show(found: &Repair) {
    anstream::println!("  {}", found.problem);
    anstream::println!("  a repair would");
    for line in &found.effects {
        anstream::println!("    {line}");
    }
    anstream::println!("  repair digest {}", found.digest);
}

/// On a terminal, a typed `yes` approves exactly what was shown.
fn by_hand(found: &Repair, text: bool) -> Result<Option<String>, Stop> {
    if !text || !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let failed =
        |error: std::io::Error| Stop::new(Reason::InternalError, format!("Cannot read the answer: {error}."));
    anstream::eprint!("Type yes to do exactly this: ");
    std::io::stderr().flush().map_err(failed)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    Ok((answer.trim() == "yes").then(|| found.digest.clone()))
}

fn print(report: &Report<'_>) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(report)
        .map_err(|error| Stop::new(Reason::InternalError, format!("Cannot write JSON: {error}.")))?;
    anstream::println!("{text}");
    Ok(())
}
