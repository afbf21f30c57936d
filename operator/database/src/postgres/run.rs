//! The run protocol: done steps are skipped, groups are atomic, and what stands outside a transaction is probed.

use std::collections::{BTreeSet, VecDeque};
use std::future::poll_fn;
use std::ops::Range;
use std::task::Poll;
use std::time::Duration;

use reason::Reason;
use sql::{Mode, Script, ScriptStep};
use tokio::time::{Instant, sleep};

use super::Postgres;
use super::hold::Held;
use super::steps::Done;
use crate::guard::{guards, refused};
use crate::history::check_steps;
use crate::progress::Sink;
use crate::{Error, MigrationId, Progress, StepState, pause};

/// More steps in one transaction would fill the server's lock table.
const GROUP: usize = 500;
/// Statements that the server has and has not answered yet.
const AHEAD: usize = 64;
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl Postgres {
    pub(crate) async fn run(
        &mut self,
        id: MigrationId,
        script: &Script,
        progress: Sink<'_>,
    ) -> Result<(), Error> {
        self.want_lock()?;
        let rows = self.step_rows(id.0).await?;
        check_steps(id.0, script, &rows)?;
        self.own_fence().await?;
        let states: Vec<StepState> = rows.iter().map(|row| row.state).collect();
        let mut run = Run { session: self, id, script, progress, known: BTreeSet::new() };
        run.all(&states).await.map_err(|error| {
            if error.reason() == Reason::DatabaseUnreachable {
                // The server's part is in the history; nothing is lost.
                error.because(Reason::Interrupted)
            } else {
                error
            }
        })
    }
}

pub(super) struct Run<'a> {
    pub(super) session: &'a Postgres,
    pub(super) id: MigrationId,
    pub(super) script: &'a Script,
    pub(super) progress: Sink<'a>,
    /// Standbys that were seen.
    pub(super) known: BTreeSet<String>,
}

impl Run<'_> {
    pub(super) fn steps(&self) -> usize {
        self.script.steps.len()
    }

    async fn all(&mut self, states: &[StepState]) -> Result<(), Error> {
        let mut ord = 0;
        while let (Some(step), Some(state)) = (self.script.steps.get(ord), states.get(ord)) {
            if *state == StepState::Done {
                (self.progress)(Progress::Skipped {
                    ord,
                    total: self.script.steps.len(),
                    summary: step.summary.clone(),
                });
                ord += 1;
                continue;
            }
            let end = match step.mode {
                Mode::NoTransaction => {
                    self.let_standbys_catch_up(ord..ord + 1).await?;
                    self.outside(ord, step, *state).await?;
                    ord + 1
                }
                Mode::Alone => {
                    if !self.in_batches(ord, step).await? {
                        self.let_standbys_catch_up(ord..ord + 1).await?;
                        self.group(ord..ord + 1).await?;
                    }
                    ord + 1
                }
                Mode::Grouped => {
                    let length = together(
                        self.script.steps.get(ord..).unwrap_or_default(),
                        states.get(ord..).unwrap_or_default(),
                    );
                    self.let_standbys_catch_up(ord..ord + length).await?;
                    self.group(ord..ord + length).await?;
                    ord + length
                }
            };
            ord = end;
        }
        Ok(())
    }

    /// Steps that succeed or fail together, with their rows.
    async fn group(&mut self, range: Range<usize>) -> Result<(), Error> {
        let mut attempt = 0;
        let tables =
            self.session.existing(self.script.steps.iter().skip(range.start).take(range.len())).await?;
        loop {
            let error = match self.attempt(range.clone(), &tables, attempt).await {
                Ok(done) => {
                    for step in done {
                        self.finished(&step);
                    }
                    return Ok(());
                }
                Err(error) => error,
            };
            let ord = error.step().unwrap_or(range.start);
            if passing(&error) && attempt < self.session.settings.lock_retries {
                attempt += 1;
                self.pause(ord, attempt, &error).await;
            } else {
                return Err(self.failed(ord, error, attempt, attempt + 1).await);
            }
        }
    }

    async fn attempt(
        &mut self,
        range: Range<usize>,
        tables: &[Held],
        attempt: u32,
    ) -> Result<Vec<Done>, Error> {
        let session = self.session;
        let budget = pause::lock_budget(attempt, session.settings.lock_timeout);
        let steps = self.script.steps.iter().skip(range.start).take(range.len());
        session.begin_within(budget, session.longest(steps, budget)).await?;
        let outcome = async {
            session.check_fence().await?;
            session.hold(range.start, tables, budget).await?;
            let done = self.in_order(range.clone()).await?;
            session.mark_done(self.id, &done, attempt + 1).await?;
            Ok(done)
        }
        .await;
        let failing = outcome
            .as_ref()
            .err()
            .filter(|error| passing(error))
            .and_then(Error::step)
            .and_then(|ord| self.script.steps.get(ord));
        // Who stood in the way is asked after the rollback; whoever it is mostly still stands there.
        match session.end(outcome).await {
            Err(error) => match failing {
                Some(step) => Err(error.followed_by(&session.blockers(step).await)),
                None => Err(error),
            },
            done => done,
        }
    }

    /// The statements of steps that share a transaction, sent ahead of their answers: the server need not wait for us after each of
    /// them. It refuses whatever follows one that failed, until the transaction is rolled back (PostgreSQL: "Message Flow",
    /// Pipelining), so that the first failure is the only one.
    async fn in_order(&mut self, range: Range<usize>) -> Result<Vec<Done>, Error> {
        let (session, script) = (self.session, self.script);
        let steps = || script.steps.iter().enumerate().skip(range.start).take(range.len());
        // What a person's own SQL leaves behind is looked at before anything follows it, and rows before they go.
        let looks = |step: &ScriptStep| step.kind == sql::DATA_STEP || guards(step).next().is_some();
        let ahead = if steps().any(|(_, step)| looks(step)) { 0 } else { AHEAD };
        let mut to_send = steps().flat_map(|(_, step)| &step.statements);
        let mut sent = VecDeque::new();
        let mut done = Vec::with_capacity(range.len());
        let mut start = Instant::now();
        for (ord, step) in steps() {
            (self.progress)(Progress::Started {
                ord,
                total: script.steps.len(),
                summary: step.summary.clone(),
            });
            if ahead == 0 {
                start = Instant::now();
                session.execute(ord, step).await?;
            } else {
                for _ in &step.statements {
                    while sent.len() < ahead
                        && let Some(statement) = to_send.next()
                    {
                        sent.push_back(begun(session.client.batch_execute(statement)).await);
                    }
                    if let Some(answer) = sent.pop_front() {
                        answer.await.map_err(|error| session.step_error(&error, ord, step))?;
                    }
                }
            }
            done.push(Done { ord, elapsed: start.elapsed() });
            start = Instant::now();
        }
        Ok(done)
    }

    /// A step that cannot be inside a transaction.
    async fn outside(&mut self, ord: usize, step: &ScriptStep, state: StepState) -> Result<(), Error> {
        let mut begun = matches!(state, StepState::Running | StepState::Failed);
        let mut attempt = 0;
        if state == StepState::Running {
            self.await_predecessor(ord).await?;
        }
        loop {
            if begun && self.session.settle(ord, step, &self.script.desired).await? {
                let done = Done { ord, elapsed: Duration::ZERO };
                self.record_done(done).await?;
                return Ok(());
            }
            self.session.mark_running(self.id, ord).await?;
            begun = true;
            (self.progress)(Progress::Started {
                ord,
                total: self.script.steps.len(),
                summary: step.summary.clone(),
            });
            let start = Instant::now();
            let outcome = self.watched(ord, step, attempt).await;
            let error = match outcome {
                Ok(()) => {
                    let done = Done { ord, elapsed: start.elapsed() };
                    return self.record_done(done).await;
                }
                Err(error) => error,
            };
            if passing(&error) && attempt < self.session.settings.lock_retries {
                attempt += 1;
                self.pause(ord, attempt, &error).await;
            } else {
                return Err(self.failed(ord, error, attempt, 0).await);
            }
        }
    }

    pub(super) async fn record_done(&mut self, done: Done) -> Result<(), Error> {
        self.session.begin().await?;
        let outcome = async {
            self.session.check_fence().await?;
            self.session.mark_done(self.id, std::slice::from_ref(&done), 0).await
        }
        .await;
        self.session.end(outcome).await?;
        self.finished(&done);
        Ok(())
    }

    fn finished(&mut self, done: &Done) {
        if let Some(step) = self.script.steps.get(done.ord) {
            (self.progress)(Progress::Finished {
                ord: done.ord,
                total: self.script.steps.len(),
                summary: step.summary.clone(),
                elapsed: done.elapsed,
            });
        }
    }

    async fn pause(&mut self, ord: usize, attempt: u32, error: &Error) {
        (self.progress)(Progress::Retrying {
            ord,
            total: self.script.steps.len(),
            attempt,
            reason: error.to_string(),
        });
        sleep(pause::before(attempt)).await;
    }

    /// Records the failure, unless the connection or the fence is what failed.
    pub(super) async fn failed(&mut self, ord: usize, error: Error, retries: u32, uncounted: u32) -> Error {
        let error = if error.reason() == Reason::LockTimeout && retries > 0 {
            error.followed_by(&format!("; tried {} times", retries + 1))
        } else {
            error
        };
        let lost = matches!(error.reason(), Reason::DatabaseUnreachable | Reason::Interrupted);
        if !lost && let Err(second) = self.session.mark_failed(self.id, ord, &error, uncounted).await {
            tracing::warn!(error = %second, "the failure could not be recorded");
        }
        error
    }

    /// Waits until the session that began this step is gone.
    async fn await_predecessor(&mut self, ord: usize) -> Result<(), Error> {
        let deadline = Instant::now() + self.session.settings.statement_timeout;
        let mut told = false;
        while let Some(other) = self.session.predecessor(self.id, ord).await? {
            let message = format!("an earlier run's session ({other}) is still working on step {}", ord + 1);
            if Instant::now() >= deadline {
                return Err(Error::new(Reason::DatabaseBusy, message).at_step(ord));
            }
            if !told {
                (self.progress)(Progress::Waiting { message });
                told = true;
            }
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }
}

/// How many of these steps share a transaction, the first of which is grouped and not done. A copy shares it with the step
/// that drops what it holds, also where that one stands alone otherwise: nobody writes between the two, and one is never
/// without the other.
fn together(steps: &[ScriptStep], states: &[StepState]) -> usize {
    let open =
        || steps.iter().zip(states).take_while(|(_, state)| **state != StepState::Done).map(|(step, _)| step);
    let count = open().take(GROUP).take_while(|step| step.mode == Mode::Grouped).count();
    let is_copy = |step: &&ScriptStep| step.kind == sql::KEEP;
    let copies = steps.get(..count).unwrap_or_default().iter().rev().take_while(is_copy).count();
    let shares = |step: &ScriptStep| step.mode != Mode::NoTransaction && step.kind != sql::DATA_STEP;
    match open().nth(count) {
        Some(next) if copies > 0 && shares(next) => {
            if copies == count {
                count + 1
            } else {
                count - copies
            }
        }
        _ => count,
    }
}

/// The request is sent now, in the order of the calls: a client's requests go out when they are first polled.
async fn begun<T>(request: impl Future<Output = T> + Send) -> impl Future<Output = T> {
    let mut request = Box::pin(request);
    let early = poll_fn(|context| Poll::Ready(request.as_mut().poll(context))).await;
    async move {
        match early {
            Poll::Ready(answer) => answer,
            Poll::Pending => request.await,
        }
    }
}

/// True when the same statement may succeed a moment later.
pub(super) fn passing(error: &Error) -> bool {
    matches!(error.sqlstate(), Some("55P03" | "40P01" | "40001"))
}

impl Postgres {
    /// A step's statements, one by one.
    pub(super) async fn execute(&self, ord: usize, step: &ScriptStep) -> Result<(), Error> {
        if step.kind == sql::DATA_STEP {
            return self.execute_data(ord, step).await;
        }
        self.guard(ord, step).await?;
        for statement in &step.statements {
            let outcome = self.client.batch_execute(statement).await;
            outcome.map_err(|error| self.step_error(&error, ord, step))?;
        }
        Ok(())
    }

    fn step_error(&self, error: &tokio_postgres::Error, ord: usize, step: &ScriptStep) -> Error {
        self.error(error, &format!("step {} ({})", ord + 1, step.summary)).at_step(ord)
    }

    /// Within the step's transaction, whose locks keep everybody from the rows.
    async fn guard(&self, ord: usize, step: &ScriptStep) -> Result<(), Error> {
        let what = format!("step {} ({})", ord + 1, step.summary);
        let failed = |error: tokio_postgres::Error| self.error(&error, &what).at_step(ord);
        for (hazard, count) in guards(step) {
            let row = self.client.query_one(count, &[]).await.map_err(failed)?;
            let rows = u64::try_from(self.get::<i64>(&row, 0)?).unwrap_or(0);
            if rows == 0 {
                continue;
            }
            let mut example = None;
            if let Some(query) = hazard.examples.first() {
                let row = self.client.query_opt(query, &[]).await.map_err(failed)?;
                example = row.map(|row| self.get(&row, 0)).transpose()?;
            }
            return Err(refused(ord, step, hazard, rows, example));
        }
        Ok(())
    }
}
