//! What a run says while it works: steps in the SchemaPlan's status, at most once a second, and lines in the log.

use std::sync::Arc;
use std::time::Duration;

use api::{PlanState, SchemaPlan, SchemaPlanStatus, StepResult};
use database::Progress;
use jiff::Timestamp;
use kube::api::{Api, Patch, PatchParams};
use reason::Reason;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

const PAUSE: Duration = Duration::from_secs(1);
/// Longest wait for the last word.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far the run is.
#[derive(Debug, Clone, Default)]
struct State {
    done: usize,
    total: usize,
    doing: String,
}

/// Takes the progress of a run. Telling the cluster is never waited for: a slow API server slows no migration down.
pub(crate) struct Report {
    state: watch::Sender<State>,
    results: Vec<StepResult>,
    ended: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Report {
    /// Starts to tell how far the run of this plan is.
    pub(crate) fn start(plans: Api<SchemaPlan>, plan: Option<String>, started: Timestamp) -> Self {
        let (state, seen) = watch::channel(State::default());
        let ended = Arc::new(Notify::new());
        let end = Arc::clone(&ended);
        let task = tokio::spawn(async move {
            if let Some(plan) = plan {
                tell(&plans, &plan, seen, started, &end).await;
            }
        });
        Self { state, results: Vec::new(), ended, task }
    }

    /// Notes one event.
    pub(crate) fn note(&mut self, progress: &Progress) {
        match progress {
            Progress::Started { ord, total, summary } => {
                tracing::info!(step = ord + 1, total, summary, "started");
                self.result(*ord, "running", None, None);
                self.at(*ord, *total, format!("step {} of {total}: {summary}", ord + 1));
            }
            Progress::Finished { ord, total, summary, elapsed } => {
                tracing::info!(step = ord + 1, total, summary, elapsed_ms = elapsed.as_millis(), "done");
                self.result(*ord, "done", Some(*elapsed), None);
                self.at(ord + 1, *total, format!("step {} of {total} is done: {summary}", ord + 1));
            }
            Progress::Advancing { ord, total, summary, phase, percent, .. } => {
                tracing::info!(step = ord + 1, total, summary, phase, percent, "at work");
                let advance = progress.advance().unwrap_or_default();
                self.at(*ord, *total, format!("step {} of {total}: {summary}: {advance}", ord + 1));
            }
            Progress::Rows { ord, total, summary, rows } => {
                tracing::debug!(step = ord + 1, total, summary, rows, "a batch is done");
                self.at(*ord, *total, format!("step {} of {total}: {summary}, {rows} rows", ord + 1));
            }
            Progress::Skipped { ord, total, summary } => {
                tracing::info!(step = ord + 1, total, summary, "was done before");
                self.result(*ord, "done", None, None);
                self.at(ord + 1, *total, format!("step {} of {total} was done before: {summary}", ord + 1));
            }
            Progress::Retrying { ord, total, attempt, reason } => {
                tracing::warn!(step = ord + 1, total, attempt, reason, "again");
                self.result(*ord, "running", None, Some(reason));
                self.at(*ord, *total, format!("step {} of {total}, try {}: {reason}", ord + 1, attempt + 1));
            }
            Progress::Waiting { message } => {
                tracing::info!(message, "waiting");
                self.state.send_modify(|state| state.doing.clone_from(message));
            }
        }
    }

    fn at(&self, done: usize, total: usize, doing: String) {
        self.state.send_replace(State { done, total, doing });
    }

    fn result(&mut self, ord: usize, state: &str, elapsed: Option<Duration>, message: Option<&str>) {
        let Ok(index) = u32::try_from(ord) else { return };
        let result = StepResult {
            index,
            state: state.to_owned(),
            duration_ms: elapsed.and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok()),
            message: message.map(|text| text.chars().take(4000).collect()),
        };
        match self.results.iter_mut().find(|known| known.index == index) {
            Some(known) => *known = result,
            None => self.results.push(result),
        }
    }

    /// Ends the telling, and answers what became of each step. A step that was at work when the run failed has failed.
    pub(crate) async fn end(self) -> Vec<StepResult> {
        self.ended.notify_one();
        drop(self.state);
        // A word that is on its way arrives before the result does: the server might still take it after it was cut off.
        let mut task = self.task;
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            task.abort();
        }
        let mut results = self.results;
        for result in results.iter_mut().filter(|result| result.state == "running") {
            "failed".clone_into(&mut result.state);
        }
        results.truncate(2000);
        results
    }
}

async fn tell(
    plans: &Api<SchemaPlan>,
    plan: &str,
    mut seen: watch::Receiver<State>,
    started: Timestamp,
    ended: &Notify,
) {
    while seen.changed().await.is_ok() {
        let state = seen.borrow_and_update().clone();
        let status = SchemaPlanStatus {
            state: PlanState::Running,
            reason: Some(Reason::Running.as_str().to_owned()),
            message: Some(state.doing),
            steps_done: u32::try_from(state.done).ok(),
            steps_total: u32::try_from(state.total).ok(),
            started_at: Some(started),
            ..SchemaPlanStatus::default()
        };
        let patch = Patch::Merge(serde_json::json!({ "status": status }));
        if let Err(error) = plans.patch_status(plan, &PatchParams::default(), &patch).await {
            tracing::debug!(%error, "the progress could not be told");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = ended.notified() => break,
        }
    }
}
