//! The migration lock: a session lock on the executing connection, so that it lives exactly as long as the session.

use std::collections::BTreeSet;
use std::time::Duration;

use reason::Reason;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use super::Postgres;
use crate::Error;
use crate::pause::jitter;

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
    pub(crate) async fn lock(&mut self, namespaces: &[String]) -> Result<(), Error> {
        if !self.locked.is_empty() {
            return Ok(());
        }
        let own = [self.namespace.as_str(), self.history_namespace.as_str()];
        // Sorted, so that two runs with overlapping schemas cannot hold one each and wait for the other.
        let names: BTreeSet<&str> = own.into_iter().chain(namespaces.iter().map(String::as_str)).collect();
        let keys: Vec<Key> = names.into_iter().map(Key::of).collect();
        let deadline = Instant::now() + self.settings.lock_wait;
        loop {
            let Some(taken) = self.try_all(&keys).await? else {
                return Ok(());
            };
            if Instant::now() >= deadline {
                return Err(self.busy(&taken).await);
            }
            sleep(PAUSE / 8 + jitter(PAUSE)).await;
        }
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

    async fn busy(&self, key: &Key) -> Error {
        let holders = self.holders(key).await.unwrap_or_default();
        let who = if holders.is_empty() { "another session".to_owned() } else { holders.join(", ") };
        Error::new(
            Reason::DatabaseBusy,
            format!(
                "the migration lock of schema {:?} is held by {who}; waited {} s",
                key.namespace,
                self.settings.lock_wait.as_secs()
            ),
        )
    }

    async fn holders(&self, key: &Key) -> Result<Vec<String>, Error> {
        let rows = self
            .client
            .query(
                "SELECT a.application_name, l.pid FROM pg_catalog.pg_locks l \
                 LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
                 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = $1 AND l.objid = $2 \
                 AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
                &[&key.class.cast_unsigned(), &key.object.cast_unsigned()],
            )
            .await
            .map_err(|error| self.error(&error, "looking for the lock's holder"))?;
        rows.iter()
            .map(|row| {
                let name: Option<String> = self.get(row, 0)?;
                let pid: i32 = self.get(row, 1)?;
                Ok(format!(
                    "{} (pid {pid})",
                    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "an unnamed session".to_owned())
                ))
            })
            .collect()
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
