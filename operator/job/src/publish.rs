//! The SchemaPlan: what a person reviews, and the durable result.

use std::time::Duration;

use api::{
    Counted, PlanContent, PlanState, SchemaPlan, SchemaPlanSpec, SchemaPlanStatus, StepResult,
    input::RunInput,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt as _};
use pipeline::{Failure, JudgedPlan, Outcome};
use reason::{Class, Reason};

/// Most bytes of a way back that a SchemaPlan shows.
const SHOWN_BACK: usize = 32 * 1024;

/// Creates the SchemaPlan of a plan; one of the same name already there is the same plan. Answers its name.
pub(crate) async fn publish(client: &Client, input: &RunInput, plan: &JudgedPlan) -> Result<String, Failure> {
    let name = input.plan_name(&plan.script.digest);
    let content = content(input, plan)?;
    let mut object = SchemaPlan::new(&name, SchemaPlanSpec { plan: content, approval: None });
    object.metadata.owner_references = Some(vec![OwnerReference {
        api_version: format!("{}/{}", api::GROUP, api::VERSION),
        kind: "SchemaMigration".to_owned(),
        name: input.name.clone(),
        uid: input.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(false),
    }]);
    object.labels_mut().insert(api::MIGRATION_LABEL.to_owned(), api::migration_label(&input.name));
    let plans: Api<SchemaPlan> = Api::namespaced(client.clone(), &input.namespace);
    match plans.create(&PostParams::default(), &object).await {
        Ok(_) => Ok(name),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(name),
        Err(error) => Err(Failure::new(
            Reason::KubernetesApi,
            format!("SchemaPlan `{name}` cannot be created: {error}."),
        )),
    }
}

fn content(input: &RunInput, plan: &JudgedPlan) -> Result<PlanContent, Failure> {
    let text = serde_json::to_string(&plan.script).map_err(|error| {
        Failure::new(Reason::InternalError, format!("The plan cannot be written: {error}."))
    })?;
    let script = api::pack(&text).map_err(|error| Failure::new(Reason::PlanTooLarge, error.to_string()))?;
    let findings: Vec<Vec<Counted>> = plan
        .findings
        .iter()
        .map(|step| {
            step.iter().map(|found| Counted { rows: found.rows, example: found.example.clone() }).collect()
        })
        .collect();
    let back = plan.back.as_ref();
    let refused = back.and_then(|back| back.refused.clone());
    let remains = back.into_iter().flat_map(|back| &back.remains).map(ToString::to_string).chain(refused);
    Ok(PlanContent {
        digest: plan.script.digest.clone(),
        from: plan.script.from.clone(),
        to: plan.script.to.clone(),
        provider: input.provider,
        destructive: plan.loses_data(),
        steps_total: u32::try_from(plan.script.steps.len()).unwrap_or(u32::MAX),
        steps: api::shown(&plan.script, &findings),
        reverse: back
            .and_then(|back| back.script.as_ref())
            .map(sql::text)
            .filter(|text| text.len() <= SHOWN_BACK),
        remains: remains.map(|line| cut(&line, 1000)).take(100).collect(),
        script,
    })
}

/// Writes the result into the SchemaPlan's status, which is where it lasts; an API server that does not answer is asked
/// again for some seconds.
pub(crate) async fn record(
    client: &Client,
    input: &RunInput,
    name: &str,
    status: &SchemaPlanStatus,
) -> Result<(), Failure> {
    let patch = Patch::Merge(serde_json::json!({ "status": status }));
    let plans: Api<SchemaPlan> = Api::namespaced(client.clone(), &input.namespace);
    let mut pauses = [1, 2, 4, 8].into_iter();
    loop {
        let Err(error) = plans.patch_status(name, &PatchParams::default(), &patch).await else {
            return Ok(());
        };
        let refused = matches!(&error, kube::Error::Api(status) if (400..500).contains(&status.code));
        match pauses.next().filter(|_| !refused) {
            Some(pause) => tokio::time::sleep(Duration::from_secs(pause)).await,
            None => {
                return Err(Failure::new(
                    Reason::KubernetesApi,
                    format!("SchemaPlan `{name}` cannot be updated: {error}."),
                ));
            }
        }
    }
}

/// The result as the SchemaPlan's status.
pub(crate) fn status(
    result: &Result<Outcome, Failure>,
    step_results: Vec<StepResult>,
    started: Timestamp,
) -> SchemaPlanStatus {
    let (reason, message) = match result {
        Ok(outcome) => (outcome.reason, outcome.message.as_str()),
        Err(failure) => (failure.reason, failure.message.as_str()),
    };
    let state = match (reason, reason.class()) {
        (Reason::Applied | Reason::Baselined | Reason::UpToDate, _) => PlanState::Applied,
        (Reason::PlanPublished, _) | (_, Class::Waiting) => PlanState::Proposed,
        _ => PlanState::Failed,
    };
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let outcome = result.as_ref().ok();
    SchemaPlanStatus {
        state,
        reason: Some(reason.as_str().to_owned()),
        message: Some(cut(message, 30_000)),
        steps_done: outcome.map(|outcome| count(outcome.steps_done)),
        steps_total: outcome.map(|outcome| count(outcome.steps_total)),
        migration: outcome.and_then(|outcome| outcome.migration).map(|id| id.to_string()),
        started_at: Some(started),
        finished_at: Some(Timestamp::now()),
        step_results,
    }
}

/// The first `limit` characters.
fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
