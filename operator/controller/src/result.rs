//! What a Job and its pod say: [`view`].

use api::result::Termination;
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::ResourceExt;
use reason::Reason;

use crate::{
    decide::JobView,
    job::{APPROVED_DIGEST, GENERATION, GIVEN_UP, INPUT_DIGEST},
};

fn condition(job: &Job, type_: &str) -> Option<String> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    let found = conditions.iter().find(|condition| condition.type_ == type_ && condition.status == "True")?;
    let reason = found.reason.clone().unwrap_or_default();
    let message = found.message.clone().unwrap_or_default();
    Some(format!("{reason}: {message}"))
}

/// Whether the Job has ended and all its pods are gone or finished.
pub(crate) fn finished(job: &Job) -> bool {
    condition(job, "Complete").is_some() || condition(job, "Failed").is_some()
}

/// What matters of this Job and its pods.
pub(crate) fn view(job: &Job, pods: &[Pod]) -> JobView {
    let finished = finished(job);
    let termination = pods.iter().find_map(termination);
    let waits = pods.iter().find_map(problem);
    let created = job.metadata.creation_timestamp.as_ref().map(|time| time.0).filter(|_| !finished);
    let stuck_since = created.filter(|_| waits.is_some() || pods.is_empty() && had_no_pod(job));
    let problem = condition(job, "Failed").or(waits);
    JobView {
        name: job.name_any(),
        input_digest: job.annotations().get(INPUT_DIGEST).cloned().unwrap_or_default(),
        approved_digest: job.annotations().get(APPROVED_DIGEST).cloned(),
        generation: job.annotations().get(GENERATION).and_then(|text| text.parse().ok()),
        finished,
        closed: job.spec.as_ref().is_some_and(|spec| spec.ttl_seconds_after_finished.is_some()),
        termination,
        problem,
        ending: pods.iter().find(|pod| pod.metadata.deletion_timestamp.is_some()).map(pod_on_node),
        podless_since: created.filter(|_| pods.is_empty()),
        stuck_since,
        given_up: job.annotations().get(GIVEN_UP).cloned(),
    }
}

/// A pod that is gone was counted as at work, and is until the Job itself is told to have failed.
fn had_no_pod(job: &Job) -> bool {
    let Some(status) = &job.status else { return true };
    let counted = [status.active, status.failed, status.succeeded, status.terminating];
    let uncounted = status.uncounted_terminated_pods.as_ref();
    let has_some = |names: &Option<Vec<String>>| names.as_ref().is_some_and(|names| !names.is_empty());
    counted.iter().all(|count| count.unwrap_or(0) == 0)
        && uncounted.is_none_or(|pods| !has_some(&pods.failed) && !has_some(&pods.succeeded))
}

/// The pod, and the node that it is on.
fn pod_on_node(pod: &Pod) -> (String, String) {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
    (pod.name_any(), node.unwrap_or_default())
}

/// The result of a finished Job; a pod that left none was killed or never ran.
pub(crate) fn outcome(job: &JobView) -> Termination {
    job.termination.clone().unwrap_or_else(|| {
        if let Some(why) = &job.given_up {
            return Termination::new(Reason::JobFailed, why.clone());
        }
        let why = job.problem.as_deref().unwrap_or("its pod left no result");
        Termination::new(
            Reason::JobFailed,
            format!("Job {} ended without a result ({why}). It is tried again.", job.name),
        )
    })
}

fn termination(pod: &Pod) -> Option<Termination> {
    let containers = pod.status.as_ref()?.container_statuses.as_ref()?;
    let ended = containers.first()?.state.as_ref()?.terminated.as_ref()?;
    if let Some(result) = ended.message.as_deref().and_then(Termination::decode) {
        return Some(result);
    }
    let why = ended.reason.as_deref().unwrap_or("Error");
    let message = format!(
        "The Job's container ended with {why}, exit code {}. The next run continues where it stopped.",
        ended.exit_code
    );
    Some(Termination::new(Reason::Interrupted, message))
}

/// Why a pod does not start, in Kubernetes' own words.
fn problem(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let unscheduled = status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    if let Some(condition) = unscheduled {
        return Some(format!(
            "{}: {}",
            condition.reason.as_deref().unwrap_or("Unschedulable"),
            condition.message.as_deref().unwrap_or_default()
        ));
    }
    let waiting = status
        .container_statuses
        .iter()
        .flatten()
        .find_map(|container| container.state.as_ref()?.waiting.as_ref())?;
    let reason = waiting.reason.as_deref()?;
    (reason != "ContainerCreating" && reason != "PodInitializing")
        .then(|| format!("{reason}: {}", waiting.message.as_deref().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_whose_pod_is_gone_is_not_one_that_got_none() {
        let stuck = |status: serde_json::Value| {
            let metadata = json!({"name": "blog-1", "creationTimestamp": "2026-01-01T00:00:00Z"});
            let job = serde_json::from_value(json!({"metadata": metadata, "status": status})).unwrap();
            view(&job, &[]).stuck_since.is_some()
        };
        assert!(stuck(json!({})));
        assert!(stuck(json!({"startTime": "2026-01-01T00:00:00Z", "active": 0, "terminating": 0})));
        assert!(!stuck(json!({"active": 1})));
        assert!(!stuck(json!({"failed": 1})));
        assert!(!stuck(json!({"uncountedTerminatedPods": {"failed": ["an-uid"]}})));
    }
}
