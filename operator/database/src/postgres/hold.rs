//! Table locks of a transaction, taken before its first statement: in one order, and all of them within one budget.
//!
//! Two runs that need the same tables cannot hold one each and wait for the other, and nobody queues behind a lock that
//! we hold while we wait for the next one for longer than the budget.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use plan::LockMode;
use schema::ObjectName;
use sql::ScriptStep;
use tokio::time::Instant;

use super::{Postgres, quoted};
use crate::{Error, TableSize};

/// A table that exists, and the lock that is needed on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    table: ObjectName,
    mode: LockMode,
}

impl Held {
    fn name(&self) -> String {
        let namespace = self.table.namespace.as_deref().unwrap_or("public");
        format!("{}.{}", quoted(namespace), quoted(&self.table.name))
    }
}

impl Postgres {
    /// The tables of our role that the steps lock and that exist already, each once, sorted by name. A stranger's table
    /// may be referred to by whoever may not lock it.
    pub(super) async fn existing(
        &self,
        steps: impl Iterator<Item = &ScriptStep>,
    ) -> Result<Vec<Held>, Error> {
        let mut wanted: BTreeMap<ObjectName, LockMode> = BTreeMap::new();
        for lock in steps.flat_map(|step| &step.impact.locks) {
            let mode = wanted.entry(lock.table.clone()).or_insert(lock.mode);
            *mode = lock.mode.max(*mode);
        }
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let namespaces: Vec<&str> =
            wanted.keys().map(|table| table.namespace.as_deref().unwrap_or("public")).collect();
        let names: Vec<&str> = wanted.keys().map(|table| table.name.as_str()).collect();
        let rows = self
            .client
            .query(
                "SELECT u.ord FROM ROWS FROM (unnest($1::text[]), unnest($2::text[])) WITH ORDINALITY u(namespace, name, ord) \
                 JOIN pg_catalog.pg_namespace n ON n.nspname::text = u.namespace \
                 JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname::text = u.name \
                 WHERE c.relkind IN ('r', 'p') AND pg_catalog.pg_has_role(c.relowner, 'USAGE')",
                &[&namespaces, &names],
            )
            .await
            .map_err(|error| self.error(&error, "looking for the tables to lock"))?;
        let found: BTreeSet<i64> = rows.iter().map(|row| self.get(row, 0)).collect::<Result<_, Error>>()?;
        let existing = wanted.into_iter().zip(1..).filter(|(_, ord)| found.contains(ord));
        Ok(existing.map(|((table, mode), _)| Held { table, mode }).collect())
    }

    /// Estimates of the planner and the sizes of the files.
    pub(crate) async fn sizes(&self, tables: &[ObjectName]) -> Result<Vec<TableSize>, Error> {
        let namespaces: Vec<&str> =
            tables.iter().map(|table| table.namespace.as_deref().unwrap_or("public")).collect();
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        let rows = self
            .client
            .query(
                "SELECT u.ord, CASE WHEN c.reltuples = 0 AND c.relpages = 0 AND pg_catalog.pg_relation_size(c.oid) > 0 \
                 THEN -1 ELSE c.reltuples::float8 END, pg_catalog.pg_total_relation_size(c.oid) \
                 FROM ROWS FROM (unnest($1::text[]), unnest($2::text[])) WITH ORDINALITY u(namespace, name, ord) \
                 JOIN pg_catalog.pg_namespace n ON n.nspname::text = u.namespace \
                 JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname::text = u.name \
                 WHERE c.relkind IN ('r', 'p') ORDER BY u.ord",
                &[&namespaces, &names],
            )
            .await
            .map_err(|error| self.error(&error, "looking how large the tables are"))?;
        let mut sizes = Vec::new();
        for row in &rows {
            let ord = usize::try_from(self.get::<i64>(row, 0)?).unwrap_or(0);
            let Some(table) = ord.checked_sub(1).and_then(|at| tables.get(at)) else { continue };
            let rows: f64 = self.get(row, 1)?;
            sizes.push(TableSize {
                table: table.clone(),
                // Before the first ANALYZE it is negative, and zero before PostgreSQL 14. A float of the catalog has no more digits than this.
                rows: (rows >= 0.0).then(|| format!("{rows:.0}").parse().ok()).flatten(),
                bytes: u64::try_from(self.get::<i64>(row, 2)?).unwrap_or(0),
            });
        }
        Ok(sizes)
    }

    /// Takes the locks of a transaction that needs more than one; a single one its statement takes by itself.
    pub(super) async fn hold(&self, ord: usize, tables: &[Held], budget: Duration) -> Result<(), Error> {
        if tables.len() < 2 || self.hold_at_once(tables).await? {
            return Ok(());
        }
        let deadline = Instant::now() + budget;
        for held in tables {
            let left = deadline.saturating_duration_since(Instant::now()).as_millis().max(1);
            self.client
                .batch_execute(&format!(
                    "SET LOCAL lock_timeout = {left}; LOCK TABLE ONLY {} IN {} MODE",
                    held.name(),
                    held.mode.as_str()
                ))
                .await
                .map_err(|error| self.error(&error, &format!("locking {}", held.table)).at_step(ord))?;
        }
        self.client
            .batch_execute(&format!("SET LOCAL lock_timeout = {}", budget.as_millis().max(1)))
            .await
            .map_err(|error| self.error(&error, "setting the limits of a step").at_step(ord))
    }

    /// Takes them in one round trip if all of them are free; if not, none of them.
    async fn hold_at_once(&self, tables: &[Held]) -> Result<bool, Error> {
        let locks: Vec<String> = tables
            .iter()
            .map(|held| format!("LOCK TABLE ONLY {} IN {} MODE NOWAIT", held.name(), held.mode.as_str()))
            .collect();
        let taken = self
            .client
            .batch_execute(&format!("SAVEPOINT locks; {}; RELEASE SAVEPOINT locks", locks.join("; ")))
            .await
            .is_ok();
        if !taken {
            // What stands in the way is told by whoever waits for it.
            self.client
                .batch_execute("ROLLBACK TO SAVEPOINT locks; RELEASE SAVEPOINT locks")
                .await
                .map_err(|error| self.error(&error, "giving the locks back"))?;
        }
        Ok(taken)
    }

    /// Asks for the lock of a statement that must not be bounded itself, so that a long wait is seen before it begins.
    pub(super) async fn probe(&self, ord: usize, step: &ScriptStep, budget: Duration) -> Result<(), Error> {
        for held in self.existing(std::iter::once(step)).await? {
            self.begin_within(budget, self.settings.statement_timeout).await?;
            let statement = format!("LOCK TABLE ONLY {} IN {} MODE", held.name(), held.mode.as_str());
            let outcome = self.client.batch_execute(&statement).await;
            let outcome =
                outcome.map_err(|error| self.error(&error, &format!("locking {}", held.table)).at_step(ord));
            self.end(outcome).await?;
        }
        Ok(())
    }
}
