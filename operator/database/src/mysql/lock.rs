//! The migration lock: a session lock on the executing connection, so that it lives exactly as long as the session.

use std::collections::BTreeSet;
use std::time::Duration;

use reason::Reason;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use super::{MySql, get};
use crate::Error;
use crate::pause::jitter;

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

impl MySql {
    /// Asks, never waits inside the server, so that a run that was told to stop can stop.
    pub(crate) async fn lock(&mut self) -> Result<(), Error> {
        if !self.locked.is_empty() {
            return Ok(());
        }
        // Sorted, so that two runs with a database in common cannot hold one each and wait for the other.
        let names = BTreeSet::from([self.database.as_str(), self.history_database.as_str()]);
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

    async fn busy(&mut self, key: &Key) -> Error {
        let who = match self.holder(key).await {
            Ok(Some(holder)) => holder,
            _ => "another session".to_owned(),
        };
        Error::new(
            Reason::DatabaseBusy,
            format!(
                "the migration lock of database {:?} is held by {who}; waited {} s",
                key.database,
                self.settings.lock_wait.as_secs()
            ),
        )
    }

    async fn holder(&mut self, key: &Key) -> Result<Option<String>, Error> {
        let what = "looking for the lock's holder";
        let rows = self.rows("SELECT IS_USED_LOCK(?)", (&key.name,), what).await?;
        let Some(id) = rows.first().map(|row| get::<Option<u64>>(row, 0)).transpose()?.flatten() else {
            return Ok(None);
        };
        // Another user's session is listed only for who has the PROCESS privilege.
        let query = "SELECT USER, HOST FROM information_schema.PROCESSLIST WHERE ID = ?";
        let rows = self.rows(query, (id,), what).await?;
        let session = format!("connection {id}");
        Ok(Some(match rows.first() {
            Some(row) => format!("{session} ({}@{})", get::<String>(row, 0)?, get::<String>(row, 1)?),
            None => session,
        }))
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
