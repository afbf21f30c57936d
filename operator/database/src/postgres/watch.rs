//! Who else is at work in the database: never what they say, only who they are.

use std::fmt;

use plan::LockMode;
use sql::ScriptStep;
use tokio_postgres::Row;

use super::Postgres;
use super::steps::number;
use crate::{Error, MigrationId};

/// Another session. What the server hides from our role is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Other {
    pub(super) pid: i32,
    pub(super) application: Option<String>,
    role: Option<String>,
    pub(super) state: Option<String>,
    /// RFC 3339.
    since: Option<String>,
    /// Seconds since its transaction began.
    transaction: Option<i64>,
    /// Seconds since its state changed.
    pub(super) quiet: Option<i64>,
}

/// The columns of [`Other`], in its order, of `a`, a row of `pg_stat_activity`.
pub(super) const OTHER: &str = "a.pid, a.application_name, a.usename::text, a.state, \
     pg_catalog.to_char(a.backend_start, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \
     (extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start))::int8, \
     (extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change))::int8";

impl fmt::Display for Other {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "pid {}", self.pid)?;
        let parts = [
            ("application ", &self.application),
            ("role ", &self.role),
            ("connected since ", &self.since),
            ("", &self.state),
        ];
        for (label, value) in parts {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                write!(formatter, ", {label}{value}")?;
            }
        }
        match self.transaction {
            Some(age) => write!(formatter, ", in a transaction for {age} s"),
            None => Ok(()),
        }
    }
}

impl Postgres {
    pub(super) fn other(&self, row: &Row) -> Result<Other, Error> {
        Ok(Other {
            pid: self.get(row, 0)?,
            application: self.get(row, 1)?,
            role: self.get(row, 2)?,
            state: self.get(row, 3)?,
            since: self.get(row, 4)?,
            transaction: self.get(row, 5)?,
            quiet: self.get(row, 6)?,
        })
    }

    /// The recorded session of a step, while it lives and is not this one.
    pub(super) async fn predecessor(&self, id: MigrationId, ord: usize) -> Result<Option<Other>, Error> {
        let row = self
            .client
            .query_opt(
                &format!(
                    // Another role's start is hidden from us: then the number alone counts as alive.
                    "SELECT {OTHER} FROM {} s JOIN pg_catalog.pg_stat_activity a ON a.pid = s.backend_pid \
                     AND COALESCE(a.backend_start = s.backend_start, true) \
                     WHERE s.migration_id = $1 AND s.ord = $2 AND a.pid <> pg_catalog.pg_backend_pid()",
                    self.table("_schemalift_step")
                ),
                &[&id.0, &number(ord)],
            )
            .await
            .map_err(|error| self.error(&error, "looking for an earlier run's session"))?;
        row.map(|row| self.other(&row)).transpose()
    }

    /// Whom the session of this process waits for at this moment.
    pub(super) async fn waited_for(&self, pid: i32) -> Result<Vec<Other>, Error> {
        let query = format!(
            "SELECT {OTHER} FROM pg_catalog.pg_stat_activity a WHERE a.pid = ANY(pg_catalog.pg_blocking_pids($1)) \
             ORDER BY a.xact_start NULLS LAST, a.pid LIMIT 5"
        );
        let rows = self.client.query(&query, &[&pid]).await;
        let rows = rows.map_err(|error| self.error(&error, "looking whom a statement waits for"))?;
        rows.iter().map(|row| self.other(row)).collect()
    }

    /// `; held by …`: sessions with locks that stand in the way of the step's. Empty when nobody is found.
    pub(super) async fn blockers(&self, step: &ScriptStep) -> String {
        let text = step.statements.join("\n");
        let rows = self
            .client
            .query(
                &format!(
                    "SELECT {OTHER}, n.nspname::text, c.relname::text, l.mode \
                     FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation \
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                     JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
                     WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid() \
                     AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
                     AND c.relkind IN ('r', 'p') AND pg_catalog.strpos($1, '\"' || c.relname || '\"') > 0 \
                     ORDER BY a.xact_start NULLS LAST, a.pid"
                ),
                &[&text],
            )
            .await
            .unwrap_or_default();
        let mut holders: Vec<Other> = Vec::new();
        for row in &rows {
            let (Ok(other), Ok(namespace), Ok(table), Ok(mode)) = (
                self.other(row),
                self.get::<Option<String>>(row, 7),
                self.get::<String>(row, 8),
                self.get::<String>(row, 9),
            ) else {
                continue;
            };
            let ours = step.impact.locks.iter().find(|lock| {
                lock.table.name == table
                    && (lock.table.namespace.is_none() || lock.table.namespace == namespace)
            });
            if ours.is_none_or(|lock| conflict(lock.mode, &mode)) && !holders.contains(&other) {
                holders.push(other);
            }
        }
        holders.truncate(5);
        let holders: Vec<String> = holders.iter().map(ToString::to_string).collect();
        if holders.is_empty() { String::new() } else { format!("; held by {}", holders.join("; ")) }
    }
}

/// PostgreSQL's table of conflicts, for the locks that a step takes against one as `pg_locks` names it.
fn conflict(ours: LockMode, theirs: &str) -> bool {
    let from = match ours {
        LockMode::RowShare => 7,
        LockMode::ShareUpdateExclusive => 4,
        LockMode::Share | LockMode::ShareRowExclusive | LockMode::NoWrite => 3,
        LockMode::Metadata | LockMode::AccessExclusive => 1,
    };
    let strength = match theirs {
        "AccessShareLock" => 1,
        "RowShareLock" => 2,
        "RowExclusiveLock" => 3,
        "ShareUpdateExclusiveLock" => 4,
        // Two of these do not conflict with each other.
        "ShareLock" if ours == LockMode::Share => 0,
        "ShareLock" => 5,
        "ShareRowExclusiveLock" => 6,
        "ExclusiveLock" => 7,
        _ => 8,
    };
    strength >= from
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_conflict_as_the_manual_says() {
        assert!(conflict(LockMode::AccessExclusive, "AccessShareLock"));
        assert!(!conflict(LockMode::ShareRowExclusive, "AccessShareLock"));
        assert!(!conflict(LockMode::ShareRowExclusive, "RowShareLock"));
        assert!(conflict(LockMode::ShareRowExclusive, "RowExclusiveLock"));
        assert!(!conflict(LockMode::ShareUpdateExclusive, "RowExclusiveLock"));
        assert!(conflict(LockMode::ShareUpdateExclusive, "ShareUpdateExclusiveLock"));
        assert!(!conflict(LockMode::Share, "ShareLock"));
        assert!(conflict(LockMode::RowShare, "ExclusiveLock"));
        assert!(!conflict(LockMode::RowShare, "ShareRowExclusiveLock"));
    }
}
