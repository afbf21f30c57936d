//! The migration lock: a session lock on the executing connection, so that it lives exactly as long as the session.

use std::collections::BTreeSet;
use std::time::Duration;

use reason::Reason;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use super::Postgres;
use super::watch::{OTHER, Other};
use crate::pause::jitter;
use crate::progress::Sink;
use crate::{Error, Progress};

/// Longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(800);

/// An advisory lock's two numbers, with the namespace they stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    namespace: String,
    class: i32,
    object: i32,
}

impl Key {
    fn of(namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), class: hash("schemalift"), object: hash(namespace) }
    }
}

fn hash(text: &str) -> i32 {
    let digest = Sha256::digest(text.as_bytes());
    digest.first_chunk::<4>().map_or(0, |bytes| i32::from_be_bytes(*bytes))
}

impl Postgres {
    /// Asks, never waits inside the server: a session that waits there deadlocks with a concurrent index build.
    ///
    /// The session of an earlier run of ours may still work on a statement although its client is gone; it is waited for.
    /// One that has been idle for longer than a living run ever is belongs to a run that is stopped or lost: it is
    /// ended, which makes whatever that run sends later fail.
    pub(crate) async fn lock(&mut self, namespaces: &[String], progress: Sink<'_>) -> Result<(), Error> {
        if !self.locked.is_empty() {
            return Ok(());
        }
        let own = [self.namespace.as_str(), self.history_namespace.as_str()];
        // Sorted, so that two runs with overlapping schemas cannot hold one each and wait for the other.
        let names: BTreeSet<&str> = own.into_iter().chain(namespaces.iter().map(String::as_str)).collect();
        let keys: Vec<Key> = names.into_iter().map(Key::of).collect();
        let deadline = Instant::now() + self.settings.lock_wait;
        let mut told = Vec::new();
        loop {
            let Some(taken) = self.try_all(&keys).await? else {
                return Ok(());
            };
            let holders = self.holders(&taken).await.unwrap_or_default();
            let pids: Vec<i32> = holders.iter().map(|holder| holder.pid).collect();
            if pids != told {
                progress(Progress::Waiting { message: self.held(&taken, &holders) });
                told = pids;
            }
            for holder in holders.iter().filter(|holder| self.is_lost(holder)) {
                let message =
                    format!("an earlier run ({holder}) has been silent for too long; its session is ended");
                progress(Progress::Waiting { message });
                self.terminate(holder.pid).await?;
            }
            if Instant::now() >= deadline {
                let text = self.held(&taken, &holders);
                let waited = self.settings.lock_wait.as_secs();
                return Err(Error::new(Reason::DatabaseBusy, format!("{text}; waited {waited} s")));
            }
            sleep(PAUSE / 8 + jitter(PAUSE)).await;
        }
    }

    /// True for a session of a run with our name.
    fn is_ours(&self, holder: &Other) -> bool {
        holder.application.as_ref() == Some(&self.settings.application_name)
    }

    fn is_lost(&self, holder: &Other) -> bool {
        let idle = holder.state.as_deref().is_some_and(|state| state.starts_with("idle"));
        let quiet = holder.quiet.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
        self.is_ours(holder) && idle && quiet.is_some_and(|quiet| quiet >= self.settings.takeover_after)
    }

    async fn terminate(&self, pid: i32) -> Result<(), Error> {
        let outcome = self.client.execute("SELECT pg_catalog.pg_terminate_backend($1)", &[&pid]).await;
        outcome.map_err(|error| self.error(&error, "ending the session of a lost run")).map(|_| ())
    }

    /// All keys or none; the key that somebody else holds.
    async fn try_all(&mut self, keys: &[Key]) -> Result<Option<Key>, Error> {
        for key in keys {
            let row = self
                .client
                .query_one("SELECT pg_catalog.pg_try_advisory_lock($1, $2)", &[&key.class, &key.object])
                .await
                .map_err(|error| self.error(&error, "taking the migration lock"))?;
            if self.get(&row, 0)? {
                self.locked.push(key.clone());
            } else {
                self.unlock().await?;
                return Ok(Some(key.clone()));
            }
        }
        Ok(None)
    }

    fn held(&self, key: &Key, holders: &[Other]) -> String {
        let shown = |holder: &Other| {
            let name = holder.application.as_deref().filter(|name| !name.is_empty());
            let orphan = self.is_ours(holder) && holder.state.as_deref() == Some("active");
            let story = if orphan {
                ", an earlier run of this migration whose statement is still at work; no second one is started"
            } else {
                ""
            };
            format!("{} ({holder}{story})", name.unwrap_or("an unnamed session"))
        };
        let who: Vec<String> = holders.iter().map(shown).collect();
        let who = if who.is_empty() { "another session".to_owned() } else { who.join(", ") };
        format!("the migration lock of schema {:?} is held by {who}", key.namespace)
    }

    async fn holders(&self, key: &Key) -> Result<Vec<Other>, Error> {
        let rows = self
            .client
            .query(
                &format!(
                    "SELECT {OTHER} FROM pg_catalog.pg_locks l \
                     JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
                     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = $1 AND l.objid = $2 \
                     AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
                ),
                &[&key.class.cast_unsigned(), &key.object.cast_unsigned()],
            )
            .await
            .map_err(|error| self.error(&error, "looking for the lock's holder"))?;
        rows.iter().map(|row| self.other(row)).collect()
    }

    pub(crate) async fn unlock(&mut self) -> Result<(), Error> {
        self.fence = None;
        while let Some(key) = self.locked.pop() {
            self.client
                .execute("SELECT pg_catalog.pg_advisory_unlock($1, $2)", &[&key.class, &key.object])
                .await
                .map_err(|error| self.error(&error, "giving the migration lock back"))?;
        }
        Ok(())
    }

    /// Refuses to write without the lock.
    pub(super) fn want_lock(&self) -> Result<(), Error> {
        if self.locked.is_empty() {
            Err(Error::new(Reason::InternalError, "the history is written only under the migration lock"))
        } else {
            Ok(())
        }
    }
}
