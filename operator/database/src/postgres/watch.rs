//! Who else is at work in the database.

use sql::ScriptStep;

use super::Postgres;
use super::steps::number;
use crate::{Error, MigrationId};

impl Postgres {
    /// The recorded session of a step, while it lives and is not this one.
    pub(super) async fn predecessor(&self, id: MigrationId, ord: usize) -> Result<Option<i32>, Error> {
        let row = self
            .client
            .query_opt(
                &format!(
                    // Another role's start is hidden from us: then the number alone counts as alive.
                    "SELECT a.pid FROM {} s JOIN pg_catalog.pg_stat_activity a ON a.pid = s.backend_pid \
                     AND COALESCE(a.backend_start = s.backend_start, true) \
                     WHERE s.migration_id = $1 AND s.ord = $2 AND a.pid <> pg_catalog.pg_backend_pid()",
                    self.table("_schemalift_step")
                ),
                &[&id.0, &number(ord)],
            )
            .await
            .map_err(|error| self.error(&error, "looking for an earlier run's session"))?;
        row.map(|row| self.get(&row, 0)).transpose()
    }

    /// `; held by …`: sessions with locks on tables that the statements name. Empty when nobody is found.
    pub(super) async fn blockers(&self, step: &ScriptStep) -> String {
        let text = step.statements.join("\n");
        let rows = self
            .client
            .query(
                "SELECT DISTINCT l.pid, a.application_name, a.usename::text, a.state, \
                 (extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start))::int8 \
                 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation \
                 JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
                 WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid() \
                 AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
                 AND c.relkind IN ('r', 'p') AND pg_catalog.strpos($1, '\"' || c.relname || '\"') > 0 \
                 ORDER BY 5 DESC NULLS LAST LIMIT 5",
                &[&text],
            )
            .await
            .unwrap_or_default();
        let holders: Vec<String> = rows
            .iter()
            .filter_map(|row| {
                let pid: i32 = self.get(row, 0).ok()?;
                let part = |at| self.get::<Option<String>>(row, at).ok().flatten();
                let mut shown = format!("pid {pid}");
                for (label, value) in [("application", part(1)), ("role", part(2)), ("state", part(3))] {
                    if let Some(value) = value.filter(|value| !value.is_empty()) {
                        shown = format!("{shown}, {label} {value}");
                    }
                }
                if let Some(age) = self.get::<Option<i64>>(row, 4).ok().flatten() {
                    shown = format!("{shown}, in a transaction for {age} s");
                }
                Some(shown)
            })
            .collect();
        if holders.is_empty() { String::new() } else { format!("; held by {}", holders.join("; ")) }
    }
}
