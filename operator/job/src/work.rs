//! From the mounts to the result.

use std::time::Duration;

use api::SchemaPlan;
use api::input::RunInput;
use api::result::Termination;
use database::{Database, connect};
use datamodel::{Source, parse};
use jiff::Timestamp;
use kube::{Api, Client};
use pipeline::{Failure, HistoryRule, Outcome, Request, convert, inspect, migrate};
use reason::Reason;
use schema::{Dialect, Scope};

use crate::report::Report;
use crate::signals::Signals;
use crate::{Options, mounts, publish};

/// Longest wait for the database when the Job is told to end; it is killed a minute after it was told.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn work(options: Options) -> Termination {
    let started = std::time::Instant::now();
    let mut termination = match prepared(&options).await {
        Ok(result) => result,
        Err(failure) => Termination::new(failure.reason, failure.message),
    };
    termination.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    termination
}

async fn prepared(options: &Options) -> Result<Termination, Failure> {
    let input = mounts::input(options)?;
    let mut request = request(&input)?;
    let fallback = schema::default_namespace(request.datamodel.language);
    let target = mounts::target(&input, &options.secrets)?.with_fallback_namespace(Some(fallback));
    request.scope.namespace = target.namespace().map(str::to_owned);
    if target.dialect() != request.scope.dialect {
        return Err(Failure::new(
            Reason::ProviderMismatch,
            format!(
                "`target.provider` is {}, but the connection{} leads to {}. Correct the connection and set the annotation \
                 {}, or make a SchemaMigration for the other provider.",
                input.provider.as_str(),
                mounts::origin(&input),
                spoken(target.dialect()),
                api::RECONCILE_AT
            ),
        ));
    }
    let mut told_to_end = Signals::heard()?;
    let settings =
        convert::settings(&input.execution, format!("schemalift/{}/{}", input.namespace, input.name));
    tracing::info!(target = target.shown(), "connecting");
    let mut database = tokio::select! {
        connected = connect(&target, &settings) => {
            connected.map_err(|error| in_the_pod(error.into(), &target.shown()))?
        }
        () = told_to_end.next() => return Err(interrupted()),
    };
    let stop = database.stop();
    tokio::select! {
        result = in_session(&mut database, &input, &request) => result,
        () = told_to_end.next() => {
            // Without this the server would go on for a client that is gone, and hold up the application meanwhile.
            match tokio::time::timeout(PATIENCE, stop.now()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the session could not be ended"),
                Err(_) => tracing::warn!("the session could not be ended in time"),
            }
            Err(interrupted())
        }
    }
}

const fn spoken(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::PostgreSql => "postgresql",
        Dialect::MySql => "mysql",
        Dialect::Sqlite => "sqlite",
    }
}

/// What a url of a laptop means here: nobody but the Job listens in its pod.
fn in_the_pod(mut failure: Failure, shown: &str) -> Failure {
    let own = ["localhost", "127.0.0.1", "[::1]"];
    let host = shown.rsplit_once('@').map_or(shown, |(_, host)| host);
    if failure.reason == Reason::DatabaseUnreachable && own.iter().any(|own| host.starts_with(own)) {
        failure
            .message
            .push_str(" In the cluster this is the Job's own pod: give the name of the database's Service.");
    }
    failure
}

/// The node is drained, or somebody deletes the Job or its pod.
fn interrupted() -> Failure {
    Failure::new(
        Reason::Interrupted,
        "The Job was told to end and stopped at once. The next run continues where it stopped.".to_owned(),
    )
}

async fn in_session(
    database: &mut Database,
    input: &RunInput,
    request: &Request,
) -> Result<Termination, Failure> {
    let client = Client::try_default().await.map_err(|error| {
        Failure::new(Reason::KubernetesApi, format!("The API server is out of reach: {error}."))
    })?;

    // The plan is published before its first statement runs, so that what ran can always be read.
    let started = Timestamp::now();
    let seen = inspect(database, request).await?;
    let mut plan_name = match &seen.plan {
        Some(plan) => Some(publish::publish(&client, input, plan).await?),
        None => None,
    };
    let plans: Api<SchemaPlan> = Api::namespaced(client.clone(), &input.namespace);
    let mut report = Report::start(plans, plan_name.clone(), started);
    let result = if seen.is_final(request) {
        Ok(seen.clone())
    } else {
        migrate(database, request, &mut |progress| report.note(&progress)).await
    };
    let steps = report.end().await;
    let done = steps.iter().filter(|step| step.state == "done").count();
    if let Ok(outcome) = &result
        && let Some(plan) = &outcome.plan
        && plan_name.as_deref() != Some(&input.plan_name(&plan.script.digest))
    {
        plan_name = Some(publish::publish(&client, input, plan).await?);
    }
    if let Some(name) = &plan_name {
        publish::record(&client, input, name, &publish::status(&result, steps, started)).await?;
    }
    Ok(termination(result, &seen, plan_name, done))
}

/// The request, still without the schema that only the target knows.
fn request(input: &RunInput) -> Result<Request, Failure> {
    let text = &input.datamodel_text;
    let parsed = parse(Source {
        text,
        language: input.language.map(Into::into),
        edition: input.edition.map(Into::into),
    });
    let lines: Vec<String> = parsed.diagnostics.iter().map(|found| found.one_line(text)).collect();
    let datamodel =
        parsed.datamodel.ok_or_else(|| Failure::new(Reason::DatamodelInvalid, lines.join("; ")))?;
    let provider = input.provider.into();
    if let Some(declared) = schema::declared_provider(&datamodel).filter(|declared| *declared != provider) {
        return Err(Failure::new(
            Reason::ProviderMismatch,
            format!(
                "`target.provider` is {}, but the datamodel's datasource says {}. Correct the datasource, or make a \
                 SchemaMigration for the other provider.",
                provider.as_str(),
                declared.as_str()
            ),
        ));
    }
    Ok(Request {
        datamodel,
        scope: Scope { dialect: Dialect::of(provider), namespace: None },
        roll_back: None,
        steps: convert::steps(Dialect::of(provider), input.steps.as_ref())?,
        policy: convert::policy(&input.policy, &input.execution),
        mode: convert::mode(input.mode),
        approved_digest: input.approved_digest.clone(),
        backup: convert::backup(input.backup),
        backed_up_digest: input.backed_up_digest.clone(),
        first_contact: convert::first_contact(input.adopt),
        history: if input.history_expected { HistoryRule::Expected } else { HistoryRule::Optional },
        owner: input.owner.clone(),
        take_over_from: input.take_over_from.clone(),
        name: input.name.clone(),
        actor: None,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn termination(
    result: Result<Outcome, Failure>,
    seen: &Outcome,
    plan_name: Option<String>,
    done: usize,
) -> Termination {
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(failure) => {
            let digest = seen.plan.as_ref().map(|plan| plan.script.digest.clone());
            let steps_total = count(seen.steps_total);
            return Termination {
                digest,
                plan_name,
                steps_done: count(done),
                steps_total,
                ..Termination::new(failure.reason, failure.message)
            };
        }
    };
    Termination {
        digest: outcome.plan.as_ref().map(|plan| plan.script.digest.clone()),
        plan_name,
        steps_done: count(outcome.steps_done),
        steps_total: count(outcome.steps_total),
        migration: outcome.migration.map(|id| id.to_string()),
        destructive: outcome.plan.as_ref().is_some_and(pipeline::JudgedPlan::loses_data),
        hazards: count(outcome.plan.as_ref().map_or(0, |plan| plan.hazards().count())),
        drifted: Some(!outcome.drift.is_empty()),
        ..Termination::new(outcome.reason, outcome.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_a_laptop_is_told_as_such() {
        let told = |shown: &str| {
            let failure = Failure::new(Reason::DatabaseUnreachable, "connection refused.");
            in_the_pod(failure, shown).message.contains("the Job's own pod")
        };
        assert!(told("postgresql://blog:***@localhost:5432/blog") && told("mysql://a:***@[::1]:3306/blog"));
        assert!(!told("postgresql://localhost:***@blog-db.shop:5432/blog"));
        assert!(!told("postgresql://blog:***@10.0.0.7:5432/localhost"));
    }
}
