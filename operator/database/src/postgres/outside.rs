//! A statement outside of any transaction: probed first, then without a lock timeout, and watched from a second session.

use sql::ScriptStep;
use tokio::time::{Instant, sleep};

use super::Postgres;
use super::run::Run;
use crate::progress::LOOK;
use crate::{Error, Progress, pause};

impl Run<'_> {
    /// Runs the step, and tells whom it waits for while it does.
    pub(super) async fn watched(&mut self, ord: usize, step: &ScriptStep, attempt: u32) -> Result<(), Error> {
        let session = self.session;
        let budget = pause::lock_budget(attempt, session.settings.lock_timeout);
        if let Err(error) = session.probe(ord, step, budget).await {
            return Err(error.followed_by(&session.blockers(step).await));
        }
        let (start, total) = (Instant::now(), self.steps());
        let mut work = std::pin::pin!(session.unbounded(ord, step));
        let mut watcher: Option<Postgres> = None;
        let mut told = Vec::new();
        loop {
            tokio::select! {
                outcome = &mut work => return outcome,
                () = sleep(LOOK) => {}
            }
            // A watcher that cannot be had, or is lost, costs the news and nothing else.
            let looked = async {
                if watcher.is_none() {
                    watcher = Some(session.another().await?);
                }
                match &watcher {
                    Some(watcher) => {
                        let found = watcher.waited_for(session.pid).await?;
                        Ok((found, watcher.building(session.pid).await?))
                    }
                    None => Ok((Vec::new(), None)),
                }
            };
            let found: Result<_, Error> = tokio::select! {
                outcome = &mut work => return outcome,
                found = looked => found,
            };
            match found {
                Ok((found, advance)) => {
                    if let Some(advance) = advance {
                        (self.progress)(Progress::Advancing {
                            ord,
                            total,
                            summary: step.summary.clone(),
                            remaining: advance.remaining(start.elapsed()),
                            percent: advance.percent,
                            phase: advance.phase,
                        });
                    }
                    let pids: Vec<i32> = found.iter().map(|other| other.pid).collect();
                    if !found.is_empty() && pids != told {
                        let others: Vec<String> = found.iter().map(ToString::to_string).collect();
                        let message =
                            format!("step {} ({}) waits for {}", ord + 1, step.summary, others.join("; "));
                        (self.progress)(Progress::Waiting { message });
                    }
                    told = pids;
                }
                Err(error) => {
                    tracing::debug!(%error, "nobody could look whom the statement waits for");
                    watcher = None;
                }
            }
        }
    }
}

impl Postgres {
    /// Without lock timeout: it would cancel a concurrent build for any old snapshot, and leave it invalid
    /// (PostgreSQL: "CREATE INDEX", Building Indexes Concurrently). Waiting, such a statement
    /// holds up neither readers nor writers.
    async fn unbounded(&self, ord: usize, step: &ScriptStep) -> Result<(), Error> {
        let limits = |lock: u128| format!("SET lock_timeout = {lock}");
        let failed =
            |error: tokio_postgres::Error| self.error(&error, "setting the limits of a step").at_step(ord);
        self.client.batch_execute(&limits(0)).await.map_err(failed)?;
        let outcome = self.execute(ord, step).await;
        let restored =
            self.client.batch_execute(&limits(self.settings.lock_timeout.as_millis())).await.map_err(failed);
        outcome.and(restored)
    }
}
