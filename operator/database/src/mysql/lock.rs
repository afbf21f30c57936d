//! The migration lock: a session lock on the executing connection, so that it lives exactly as long as the session.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use reason::Reason;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use super::steps::holder as holder_of_fence;
use super::{MySql, get};
use crate::pause::jitter;
use crate::progress::Sink;
use crate::{Error, Progress};

/// Longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(800);

/// A lock's name on the server, with the database it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    database: String,
    name: String,
}

impl Key {
    /// Names of locks are the whole server's and have at most 64 characters.
    fn of(database: &str) -> Self {
        let digest = hex::encode(Sha256::digest(database.as_bytes()));
        let digest = digest.get(..48).unwrap_or(&digest);
        Self { database: database.to_owned(), name: format!("schemalift:{digest}") }
    }
}

/// The connection that holds a lock. What the server hides from our user is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    connection: u64,
    /// `user@host`.
    who: Option<String>,
    /// `Sleep`, `Query` …
    command: Option<String>,
    /// Seconds in it.
    seconds: Option<i64>,
    /// True when the history says that it raised the fence last, for a run of our name.
    ours: bool,
}

impl Holder {
    fn is_asleep(&self) -> bool {
        self.command.as_deref() == Some("Sleep")
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "connection {}", self.connection)?;
        if let Some(who) = &self.who {
            write!(formatter, ", {who}")?;
        }
        if let Some(seconds) = self.seconds {
            let doing = if self.is_asleep() { "idle" } else { "at work" };
            write!(formatter, ", {doing} for {seconds} s")?;
        }
        if self.ours && !self.is_asleep() {
            formatter.write_str(
                ", an earlier run of this migration whose statement is still at work; no second one is started",
            )?;
        }
        Ok(())
    }
}

impl MySql {
    /// Asks, never waits inside the server, so that a run that was told to stop can stop.
    ///
    /// The connection of an earlier run of ours may still work on a statement although its client is gone; it is waited
    /// for. One that has been idle for longer than a living run ever is belongs to a run that is stopped or lost: it is
    /// ended, which makes whatever that run sends later fail.
    pub(crate) async fn lock(&mut self, progress: Sink<'_>) -> Result<(), Error> {
        if !self.locked.is_empty() {
            return Ok(());
        }
        // Sorted, so that two runs with a database in common cannot hold one each and wait for the other.
        let names = BTreeSet::from([self.database.as_str(), self.history_database.as_str()]);
        let keys: Vec<Key> = names.into_iter().map(Key::of).collect();
        let deadline = Instant::now() + self.settings.lock_wait;
        let mut told = None;
        loop {
            let Some(taken) = self.try_all(&keys).await? else {
                return Ok(());
            };
            let holder = self.holder(&taken).await.unwrap_or_default();
            let connection = holder.as_ref().map(|holder| holder.connection);
            let who = holder.as_ref().map_or_else(|| "another session".to_owned(), Holder::to_string);
            let message = format!("the migration lock of database {:?} is held by {who}", taken.database);
            if told != Some(connection) {
                progress(Progress::Waiting { message: message.clone() });
                told = Some(connection);
            }
            if let Some(lost) = holder.filter(|holder| self.is_lost(holder)) {
                let message =
                    format!("an earlier run ({lost}) has been silent for too long; its session is ended");
                progress(Progress::Waiting { message });
                self.send(&format!("KILL {}", lost.connection), "ending the session of a lost run").await?;
            }
            if Instant::now() >= deadline {
                let waited = self.settings.lock_wait.as_secs();
                return Err(Error::new(Reason::DatabaseBusy, format!("{message}; waited {waited} s")));
            }
            sleep(PAUSE / 8 + jitter(PAUSE)).await;
        }
    }

    fn is_lost(&self, holder: &Holder) -> bool {
        let quiet = holder.seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
        holder.ours && holder.is_asleep() && quiet.is_some_and(|quiet| quiet >= self.settings.takeover_after)
    }

    /// All keys or none; the key that somebody else holds.
    async fn try_all(&mut self, keys: &[Key]) -> Result<Option<Key>, Error> {
        for key in keys {
            let rows = self.rows("SELECT GET_LOCK(?, 0)", (&key.name,), "taking the migration lock").await?;
            let taken: Option<i64> = rows.first().map(|row| get(row, 0)).transpose()?.flatten();
            if taken == Some(1) {
                self.locked.push(key.clone());
            } else {
                self.unlock().await?;
                return Ok(Some(key.clone()));
            }
        }
        Ok(None)
    }

    async fn holder(&mut self, key: &Key) -> Result<Option<Holder>, Error> {
        let what = "looking for the lock's holder";
        let rows = self.rows("SELECT IS_USED_LOCK(?)", (&key.name,), what).await?;
        let Some(connection) = rows.first().map(|row| get::<Option<u64>>(row, 0)).transpose()?.flatten()
        else {
            return Ok(None);
        };
        let mut holder = Holder { connection, who: None, command: None, seconds: None, ours: false };
        // Another user's session is listed only for who has the PROCESS privilege.
        let query = "SELECT USER, HOST, COMMAND, CAST(TIME AS SIGNED) FROM information_schema.PROCESSLIST WHERE ID = ?";
        let rows = self.rows(query, (connection,), what).await?;
        if let Some(row) = rows.first() {
            holder.who = Some(format!("{}@{}", get::<String>(row, 0)?, get::<String>(row, 1)?));
            holder.command = get(row, 2)?;
            holder.seconds = get(row, 3)?;
        }
        let query = format!("SELECT count(*) FROM {} WHERE holder = ?", self.table("_schemalift_fence"));
        let name = holder_of_fence(&self.settings.application_name, connection);
        // Before the first migration there is no such table.
        if let Ok(rows) = self.rows(&query, (name,), what).await {
            holder.ours =
                rows.first().map(|row| get::<i64>(row, 0)).transpose()?.is_some_and(|found| found > 0);
        }
        Ok(Some(holder))
    }

    pub(crate) async fn unlock(&mut self) -> Result<(), Error> {
        self.fence = None;
        while let Some(key) = self.locked.pop() {
            self.rows("SELECT RELEASE_LOCK(?)", (&key.name,), "giving the migration lock back").await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_a_name_that_the_server_takes() {
        let key = Key::of(&"d".repeat(64));
        assert!(key.name.len() <= 64, "{}", key.name);
        assert_ne!(key, Key::of("d"));
    }
}
