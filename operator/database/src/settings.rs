//! How patiently a run behaves.

use std::time::Duration;

/// Limits of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Shown in `pg_stat_activity`, and to whoever finds the lock held.
    pub application_name: String,
    /// Longest wait for table locks in one try: the longest that other sessions can be held up behind us. The first
    /// tries wait for less, and none for more than two seconds.
    pub lock_timeout: Duration,
    /// How often a group of steps is tried again after a lock timeout or a deadlock.
    pub lock_retries: u32,
    /// Longest run of one statement that goes through rows, or does what a person wrote. On PostgreSQL one that only changes
    /// the catalog, and keeps others from a table all the while, may run for a thirtieth of it.
    pub statement_timeout: Duration,
    /// Longest time for all questions about the rows together, see [`Database::ask`](crate::Database::ask).
    pub question_timeout: Duration,
    /// How long [`Database::lock`](crate::Database::lock) asks for the migration lock.
    pub lock_wait: Duration,
    /// How far standbys may be behind when a step that writes much begins, or a batch that says nothing of it; `None` is as
    /// far as they like. PostgreSQL alone.
    pub max_replica_lag: Option<Duration>,
    /// How long a step waits at a time for standbys that are further behind than that.
    pub replica_wait: Duration,
    /// How long the session of an earlier run of the same name may do nothing before it is ended: longer than any pause
    /// of a run that lives.
    pub takeover_after: Duration,
}

impl Settings {
    /// No question may take longer than a statement.
    pub(crate) fn time_for_questions(&self) -> Duration {
        self.question_timeout.min(self.statement_timeout)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            application_name: "schemalift".to_owned(),
            lock_timeout: Duration::from_secs(3),
            lock_retries: 10,
            statement_timeout: Duration::from_secs(30 * 60),
            question_timeout: Duration::from_secs(60),
            lock_wait: Duration::from_secs(60),
            max_replica_lag: None,
            replica_wait: Duration::from_secs(10 * 60),
            takeover_after: Duration::from_secs(90),
        }
    }
}
