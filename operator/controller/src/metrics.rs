//! What Prometheus sees. Labels come from closed lists only.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use api::StepResult;
use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

/// A label set of one label.
type Label = Vec<(String, String)>;

/// All metrics of the operator, and what its probes answer from.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) reconciles: Family<Label, Counter>,
    requests: Family<Label, Counter>,
    pub(crate) panics: Counter,
    pub(crate) duration: Histogram,
    pub(crate) runs: Family<Label, Counter>,
    pub(crate) run_duration: Histogram,
    pub(crate) step_duration: Histogram,
    pub(crate) leader: Gauge<i64, AtomicI64>,
    /// Whether the watches run.
    pub(crate) ready: AtomicBool,
}

impl Metrics {
    /// Metrics at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("schemalift");
        let metrics = Self {
            registry: Registry::default(),
            reconciles: Family::default(),
            requests: Family::default(),
            panics: Counter::default(),
            duration: Histogram::new(exponential_buckets(0.005, 2.0, 12)),
            runs: Family::default(),
            run_duration: Histogram::new(exponential_buckets(0.1, 3.0, 11)),
            step_duration: Histogram::new(exponential_buckets(0.005, 4.0, 11)),
            leader: Gauge::default(),
            ready: AtomicBool::new(false),
        };
        registry.register("reconcile", "Passes by outcome", metrics.reconciles.clone());
        registry.register(
            "api_requests",
            "Requests to the Kubernetes API by verb (watch, read, write) and resource",
            metrics.requests.clone(),
        );
        registry.register("reconcile_panics", "Passes that panicked", metrics.panics.clone());
        registry.register_with_unit(
            "reconcile_duration",
            "Duration of a pass",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        registry.register("migrations", "Finished runs by reason", metrics.runs.clone());
        registry.register_with_unit(
            "migration_duration",
            "Duration of a run",
            Unit::Seconds,
            metrics.run_duration.clone(),
        );
        registry.register_with_unit(
            "step_duration",
            "Duration of a step that was done",
            Unit::Seconds,
            metrics.step_duration.clone(),
        );
        registry.register("leader", "1 on the replica that leads", metrics.leader.clone());
        Self { registry, ..metrics }
    }

    /// Counts a pass.
    pub(crate) fn reconciled(&self, result: &str) {
        let label = vec![("result".to_owned(), result.to_owned())];
        self.reconciles.get_or_create(&label).inc();
    }

    /// Counts a request to the Kubernetes API.
    pub(crate) fn asked(&self, verb: &str, resource: &str) {
        let label = vec![("verb".to_owned(), verb.to_owned()), ("resource".to_owned(), resource.to_owned())];
        self.requests.get_or_create(&label).inc();
    }

    /// Counts a finished run.
    pub(crate) fn ran(&self, reason: &str, milliseconds: u64) {
        let label = vec![("reason".to_owned(), reason.to_owned())];
        self.runs.get_or_create(&label).inc();
        self.run_duration.observe(std::time::Duration::from_millis(milliseconds).as_secs_f64());
    }

    /// Counts the steps that a run did itself; what an earlier run did has no duration.
    pub(crate) fn stepped(&self, steps: &[StepResult]) {
        let done = steps.iter().filter(|step| step.state == "done");
        for milliseconds in done.filter_map(|step| u64::try_from(step.duration_ms?).ok()) {
            self.step_duration.observe(std::time::Duration::from_millis(milliseconds).as_secs_f64());
        }
    }

    /// Whether this replica leads and watches, or waits to.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_were_done_now_are_counted_with_their_time() {
        let metrics = Metrics::new();
        let step = |state: &str, duration_ms| StepResult {
            index: 0,
            state: state.to_owned(),
            duration_ms,
            message: None,
        };
        metrics.stepped(&[step("done", Some(1500)), step("done", None), step("failed", Some(9))]);
        let text = metrics.text();
        assert!(text.contains("schemalift_step_duration_seconds_count 1\n"), "{text}");
        assert!(text.contains("schemalift_step_duration_seconds_sum 1.5\n"), "{text}");
    }
}
