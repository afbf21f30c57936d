//! Decisions as status. Pure; the conditions follow kstatus (decision 21).

use api::{
    Applied, Condition, ConditionStatus as Is, ConditionType as Type, LastFailure, LastRun, Mode, PlanState,
    PlanSummary, SchemaMigration, SchemaMigrationStatus, Target, result::Termination,
};
use jiff::{SignedDuration, Timestamp, Unit};
use reason::{Class, Reason};

use crate::{
    backoff,
    decide::{Decision, JobView, Observed, input_digest},
    input, result,
};

/// How long a Job may be without a pod before that is worth a word.
const PODLESS: SignedDuration = SignedDuration::from_secs(15);

/// A status in the making.
struct Draft {
    status: SchemaMigrationStatus,
    /// The conditions before this decision; one that is taken away and put back has not changed.
    before: Vec<Condition>,
    /// Digest of the present spec's input.
    input: Option<String>,
    namespace: String,
    generation: Option<i64>,
    now: Timestamp,
}

/// The status after this decision; equal to the present one when nothing changed.
pub(crate) fn after(observed: &Observed, decision: &Decision, now: Timestamp) -> SchemaMigrationStatus {
    let mut draft = Draft::new(&observed.migration, input_digest(observed), now);
    match decision {
        Decision::Leave => {}
        Decision::Record(job) => draft.record(observed, job),
        Decision::Watch(job) | Decision::GiveUp(job, _) => draft.watched(observed, job),
        Decision::Settled => draft.settled(observed.migration.spec.mode),
        Decision::Blocked(reason, message) => draft.blocked(*reason, message),
        Decision::BackUp(name) => {
            draft.blocked(Reason::AwaitingBackup, &crate::backup::at_work(name));
        }
        Decision::BackUpFailed(message, _) => draft.blocked(Reason::BackupFailed, message),
        Decision::BackOff(_) => draft.failing(),
        Decision::Queue(first) => draft.queued(first),
        Decision::Start(start) => {
            if let Some(asked) = &start.asked {
                draft.status.last_handled_reconcile_at = Some(asked.clone());
            }
            draft.running(&crate::job::name(start), &start.base, None);
        }
    }
    if observed.source.is_ok() && observed.invalid.is_none() {
        draft.set(Type::DatamodelValid, Is::True, Reason::UpToDate, "The datamodel has no errors.");
    }
    if !matches!(decision, Decision::Queue(_)) {
        draft.status.runnable_since = None;
    }
    draft.status
}

/// The status of a resource whose pass failed.
pub(crate) fn broken(
    migration: &SchemaMigration,
    reason: Reason,
    message: &str,
    now: Timestamp,
) -> SchemaMigrationStatus {
    let mut draft = Draft::new(migration, None, now);
    draft.blocked(reason, message);
    // It is not in the queue while nobody knows whether it could run.
    draft.status.runnable_since = None;
    draft.status
}

impl Draft {
    /// What the last run found out stays while its input is the present one; no digest when that is not known.
    fn new(migration: &SchemaMigration, input: Option<String>, now: Timestamp) -> Self {
        let status = migration.status.clone().unwrap_or_default();
        let last = status.last_run.as_ref().map(|run| run.input_digest.clone());
        let same = input.is_some() && input == last;
        let other = input.is_some() && input != last;
        let mut draft = Self {
            before: status.conditions.clone(),
            status,
            input,
            namespace: migration.metadata.namespace.clone().unwrap_or_default(),
            generation: migration.metadata.generation,
            // Status keeps whole seconds, as Kubernetes does.
            now: now.round(Unit::Second).unwrap_or(now),
        };
        for fact in [Type::DatamodelValid, Type::Planned, Type::Approved, Type::Applied] {
            if other || draft.status.condition(fact).is_none() {
                draft.set(fact, Is::Unknown, Reason::Running, "Not known yet for this spec.");
            }
        }
        if draft.status.condition(Type::Drifted).is_none() {
            draft.set(Type::Drifted, Is::Unknown, Reason::Running, "Not looked at yet.");
        }
        if same {
            let generation = draft.generation;
            draft.status.conditions.iter_mut().for_each(|fact| fact.observed_generation = generation);
        }
        draft.status.observed_generation = draft.generation;
        draft
    }

    fn set(&mut self, type_: Type, status: Is, reason: Reason, message: &str) {
        let message: String = message.chars().take(8_000).collect();
        let conditions = &mut self.status.conditions;
        let found = conditions.iter().position(|c| c.type_ == type_.as_str());
        let same = |condition: &&Condition| condition.type_ == type_.as_str() && condition.status == status;
        let since =
            self.before.iter().find(same).map_or(self.now, |condition| condition.last_transition_time);
        let condition = Condition {
            type_: type_.as_str().to_owned(),
            status,
            reason: reason.as_str().to_owned(),
            message,
            last_transition_time: since,
            observed_generation: self.generation,
        };
        match found.and_then(|index| conditions.get_mut(index)) {
            Some(place) => *place = condition,
            None => conditions.push(condition),
        }
    }

    fn drop(&mut self, type_: Type) {
        self.status.conditions.retain(|condition| condition.type_ != type_.as_str());
    }

    fn ready(&mut self, status: Is, reason: Reason, message: &str) {
        self.set(Type::Ready, status, reason, message);
        self.drop(Type::Reconciling);
        self.drop(Type::Stalled);
        if status == Is::False && reason.class() == Class::Terminal {
            self.set(Type::Stalled, Is::True, reason, message);
        }
    }

    fn watched(&mut self, observed: &Observed, job: &JobView) {
        if let Some((pod, node)) = &job.ending {
            self.running(&job.name, &job.input_digest, None);
            let message = format!(
                "Job {name} was told to end, and its pod {pod} on node {node} has not ended yet; no other Job starts before it \
                 has. Should the node be lost, `kubectl delete job {name}` goes on without it.",
                name = job.name
            );
            self.ready(Is::False, Reason::Running, &message);
            self.set(Type::Reconciling, Is::True, Reason::Running, &message);
            return;
        }
        let refused = job.podless_since.filter(|since| self.now.duration_since(*since) >= PODLESS);
        let refused = refused.map(|_| {
            format!(
                "it has no pod; a quota, an admission webhook or Pod Security may refuse it. `kubectl describe job {}` \
                 says which.",
                job.name
            )
        });
        let problem = job.problem.as_deref().or(refused.as_deref());
        self.running(&job.name, &job.input_digest, problem);
        if problem.is_some() {
            return;
        }
        let mut plans = observed.plans.iter().rev().filter_map(|plan| plan.status.as_ref());
        if let Some(plan) = plans.find(|status| status.state == PlanState::Running)
            && let (Some(done), Some(total)) = (plan.steps_done, plan.steps_total)
        {
            self.status.step = Some(format!("{done} of {total}"));
            let doing = plan.message.as_deref().unwrap_or_default();
            let message = format!("Job {} is at work: {doing}", job.name);
            let before = self.status.last_failure.as_ref().and_then(|failure| failure.steps_done);
            let further = before.is_none_or(|before| done > before);
            match self.failure_before(&job.input_digest).filter(|_| !further) {
                Some((reason, why)) => self.ready(Is::False, reason, &format!("{why} {message}")),
                None => self.ready(Is::False, Reason::Running, &message),
            }
            self.set(Type::Reconciling, Is::True, Reason::Running, &message);
        }
    }

    fn running(&mut self, job: &str, input: &str, problem: Option<&str>) {
        let message = match problem {
            Some(problem) => format!("Job {job} has not started: {problem}"),
            None => format!("Job {job} is at work."),
        };
        match self.failure_before(input).filter(|_| problem.is_none()) {
            Some((reason, why)) => self.ready(Is::False, reason, &format!("{why} {message}")),
            None => {
                let reason = problem.map_or(Reason::Running, |_| Reason::JobFailed);
                self.ready(Is::False, reason, &message);
            }
        }
        self.set(Type::Reconciling, Is::True, Reason::Running, &message);
        self.status.job = Some(job.to_owned());
        self.status.next_attempt_time = None;
    }

    /// What the last attempt of this input failed with, where it is tried again by itself: that is what a person has to know
    /// until an attempt gets further.
    fn failure_before(&self, input: &str) -> Option<(Reason, String)> {
        let run = self.status.last_run.as_ref().filter(|run| run.input_digest == input)?;
        let reason = Reason::parse(&run.reason).filter(|reason| reason.class() == Class::Transient)?;
        let attempts = self.status.attempts.unwrap_or_default();
        Some((
            reason,
            format!("{} Attempt {} follows {}.", run.message, attempts.saturating_add(1), failures(attempts)),
        ))
    }

    fn blocked(&mut self, reason: Reason, message: &str) {
        match reason {
            Reason::DatamodelInvalid => self.set(Type::DatamodelValid, Is::False, reason, message),
            Reason::PlanForged => self.set(Type::Approved, Is::False, reason, message),
            _ => {}
        }
        self.ready(Is::False, reason, message);
    }

    fn queued(&mut self, first: &str) {
        self.status.runnable_since.get_or_insert(self.now);
        let message = format!("{first} is first; one migration at a time runs in a namespace.");
        let before = self.input.clone().and_then(|input| self.failure_before(&input));
        match before {
            Some((reason, why)) => self.ready(Is::False, reason, &format!("{why} It waits: {message}")),
            None => self.ready(Is::False, Reason::AwaitingLock, &message),
        }
    }

    /// What the last run says, again: after an edit that changed nothing for it, or after suspension.
    fn settled(&mut self, mode: Mode) {
        let Some(run) = self.status.last_run.clone() else {
            return;
        };
        let reason = Reason::parse(&run.reason).unwrap_or(Reason::InternalError);
        self.outcome(reason, &run.message, mode);
    }

    fn failing(&mut self) {
        if let Some(run) = self.status.last_run.clone() {
            let reason = Reason::parse(&run.reason).unwrap_or(Reason::InternalError);
            self.ready(Is::False, reason, &self.told(reason, &run.message));
        }
    }

    fn record(&mut self, observed: &Observed, job: &JobView) {
        let result = result::outcome(job);
        let same = self.status.last_run.as_ref().is_some_and(|run| run.input_digest == job.input_digest);
        let failures = if same { self.status.attempts.unwrap_or_default() } else { 0 };
        self.status.job = Some(job.name.clone());
        self.status.step =
            (result.steps_total > 0).then(|| format!("{} of {}", result.steps_done, result.steps_total));
        self.status.last_run = Some(LastRun {
            job: job.name.clone(),
            input_digest: job.input_digest.clone(),
            generation: job.generation,
            approved_digest: job.approved_digest.clone(),
            reason: result.reason.as_str().to_owned(),
            message: result.message.clone(),
        });
        match result.reason.class() {
            Class::Success | Class::Waiting => {
                self.status.attempts = None;
                self.status.next_attempt_time = None;
                self.status.last_failure = None;
            }
            Class::Transient | Class::Terminal => self.failure(&result, failures.saturating_add(1)),
        }
        // The spec may have changed while the Job ran, in what decides nothing about it.
        let present = match &self.input {
            Some(input) => *input == job.input_digest,
            None => job.generation == self.generation,
        };
        let target = present.then_some(&observed.migration.spec.target);
        self.plan(&result, target);
        if let Some(drifted) = result.drifted {
            let (is, message) = if drifted {
                (Is::True, "The database changed behind the history.")
            } else {
                (Is::False, "The database is as the history left it.")
            };
            self.set(Type::Drifted, is, result.reason, message);
        }
        if present {
            self.outcome(result.reason, &result.message, observed.migration.spec.mode);
        } else {
            // The result is of an older spec: it must not read as the present one's.
            let message = format!("The spec changed while Job {} ran; another run follows.", job.name);
            self.set(Type::Applied, Is::Unknown, Reason::Running, &message);
            self.ready(Is::False, Reason::Running, &message);
            self.set(Type::Reconciling, Is::True, Reason::Running, &message);
        }
    }

    fn failure(&mut self, result: &Termination, failures: u32) {
        self.status.attempts = Some(failures);
        let due = self.now.checked_add(backoff::pause(failures)).ok();
        self.status.next_attempt_time = due.filter(|_| result.reason.class() == Class::Transient);
        self.status.last_failure = Some(LastFailure {
            reason: result.reason.as_str().to_owned(),
            message: result.message.clone(),
            at: self.now,
            attempts: failures,
            steps_done: (result.steps_total > 0).then_some(result.steps_done),
        });
    }

    /// The plan and what was applied; the target is known when the run was of the present spec.
    fn plan(&mut self, result: &Termination, target: Option<&Target>) {
        let done = matches!(result.reason, Reason::Applied | Reason::Baselined | Reason::UpToDate);
        if let Some(digest) = &result.digest {
            self.status.plan = Some(PlanSummary {
                name: result.plan_name.clone(),
                digest: digest.clone(),
                steps: result.steps_total,
                destructive: result.destructive,
                hazards: result.hazards,
            });
            self.set(Type::Planned, Is::True, result.reason, &format!("{} steps.", result.steps_total));
        } else if done {
            self.status.plan = None;
            self.set(Type::Planned, Is::True, result.reason, "Nothing is to be done.");
        }
        if result.digest.is_some() || done {
            self.status.pending_steps =
                Some(if done { 0 } else { result.steps_total.saturating_sub(result.steps_done) });
        }
        if matches!(result.reason, Reason::Applied | Reason::Baselined) {
            self.status.applied = Some(Applied {
                digest: result.digest.clone().unwrap_or_default(),
                migration: result.migration.clone(),
                target: target.map(input::target_digest),
                at: self.now,
                duration_seconds: i64::try_from(result.duration_ms / 1000).unwrap_or(i64::MAX),
            });
        }
    }

    /// The message of a result, and what comes next: by itself, or by whom and how.
    fn told(&self, reason: Reason, message: &str) -> String {
        if reason == Reason::AwaitingApproval {
            return format!("{message}{}", self.how_to_approve());
        }
        match self.status.next_attempt_time.filter(|_| reason.class() == Class::Transient) {
            Some(due) => {
                let failures = failures(self.status.attempts.unwrap_or_default());
                format!("{message} The next attempt, after {failures}, is at {due}.")
            }
            None => message.to_owned(),
        }
    }

    /// The command that approves the present plan, ready to be copied.
    fn how_to_approve(&self) -> String {
        let Some(plan) = &self.status.plan else { return String::new() };
        let digest = &plan.digest;
        let command = plan.name.as_ref().map(|name| {
            format!(
                "`kubectl -n {} patch splan {name} --type merge --patch \
                 '{{\"spec\":{{\"approval\":{{\"digest\":\"{digest}\"}}}}}}'`, or in Git: ",
                self.namespace
            )
        });
        format!(" To approve: {}`spec.approval.planDigest: {digest}`.", command.unwrap_or_default())
    }

    fn outcome(&mut self, reason: Reason, message: &str, mode: Mode) {
        match reason {
            Reason::Applied | Reason::Baselined | Reason::UpToDate => {
                self.set(Type::Approved, Is::True, reason, "No approval is missing.");
                self.set(Type::Applied, Is::True, reason, message);
            }
            Reason::PlanPublished => {
                self.set(Type::Applied, Is::False, reason, "mode: Plan never runs a plan.");
            }
            Reason::AwaitingApproval => {
                self.set(Type::Approved, Is::Unknown, reason, &self.told(reason, message));
                self.set(Type::Applied, Is::False, reason, message);
            }
            Reason::AwaitingBackup => {
                self.set(Type::Approved, Is::True, reason, "No approval is missing.");
                self.set(Type::Applied, Is::False, reason, message);
            }
            Reason::PolicyForbids => {
                self.set(Type::Approved, Is::False, reason, message);
                self.set(Type::Applied, Is::False, reason, message);
            }
            other => self.set(Type::Applied, Is::False, other, message),
        }
        let ready =
            if reason.class() == Class::Success && (reason != Reason::PlanPublished || mode == Mode::Plan) {
                Is::True
            } else {
                Is::False
            };
        self.ready(ready, reason, &self.told(reason, message));
    }
}

/// So many failed attempts, in words.
fn failures(count: u32) -> String {
    if count == 1 { "1 failure".to_owned() } else { format!("{count} failures") }
}
