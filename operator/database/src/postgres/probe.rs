//! Whether a step outside a transaction that was begun was done: its probe against the catalog.

use reason::Reason;
use schema::{Schema, Uniqueness};
use sql::{Probe, ScriptStep};

use super::Postgres;
use crate::Error;

/// An index as it is found.
struct Found {
    valid: bool,
    namespace: String,
    table: String,
    unique: bool,
    columns: Vec<String>,
}

impl Postgres {
    /// Whether a step that was begun is done. What a cancelled build left behind is removed; what somebody else made meanwhile
    /// under the same name is left to a person.
    pub(super) async fn settle(
        &self,
        ord: usize,
        step: &ScriptStep,
        desired: &Schema,
    ) -> Result<bool, Error> {
        match &step.probe {
            // Facts are for MySQL; a script for PostgreSQL never holds them.
            None | Some(Probe::Facts(_)) => {
                let what = "nothing tells whether it was done. `schemalift history repair --abandon` closes it, to plan from what is there";
                Err(ambiguous(ord, step, what))
            }
            Some(Probe::IndexAbsent { namespace, index }) => {
                Ok(self.index(namespace, index).await?.is_none())
            }
            Some(Probe::IndexPresent { namespace, index, cleanup }) => {
                let Some(found) = self.index(namespace, index).await? else { return Ok(false) };
                if !found.is_of(step, namespace, index, desired) {
                    let what = format!(
                        "index {index:?} is not the one it makes: it is on {}.{} ({}). Drop it or give it another name and run again, or \
                         let `schemalift history repair --abandon` close the migration and plan from what is there",
                        found.namespace,
                        found.table,
                        found.columns.join(", ")
                    );
                    return Err(ambiguous(ord, step, &what));
                }
                if !found.valid {
                    self.client.batch_execute(cleanup).await.map_err(|error| {
                        self.error(&error, &format!("removing the unusable index {index}")).at_step(ord)
                    })?;
                }
                Ok(found.valid)
            }
        }
    }

    async fn index(&self, namespace: &str, index: &str) -> Result<Option<Found>, Error> {
        let row = self
            .client
            .query_opt(
                "SELECT i.indisvalid, tn.nspname::text, t.relname::text, i.indisunique, \
                 ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indexrelid \
                 AND a.attnum <= i.indnkeyatts ORDER BY a.attnum) \
                 FROM pg_catalog.pg_index i \
                 JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
                 JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace \
                 WHERE n.nspname::text = $1 AND c.relname::text = $2",
                &[&namespace, &index],
            )
            .await
            .map_err(|error| self.error(&error, "looking for an index"))?;
        row.map(|row| {
            Ok(Found {
                valid: self.get(&row, 0)?,
                namespace: self.get(&row, 1)?,
                table: self.get(&row, 2)?,
                unique: self.get(&row, 3)?,
                columns: self.get(&row, 4)?,
            })
        })
        .transpose()
    }
}

impl Found {
    /// True unless it is on another table than the step locks, or has other columns than the index of that name shall have.
    fn is_of(&self, step: &ScriptStep, namespace: &str, index: &str, desired: &Schema) -> bool {
        let mut locks = step.impact.locks.iter();
        let on_its_table = locks.len() == 0
            || locks.any(|lock| {
                lock.table.name == self.table
                    && lock.table.namespace.as_deref().unwrap_or("public") == self.namespace
            });
        let mut tables = desired.tables.iter();
        let wanted = tables
            .find(|table| {
                table.name.name == self.table
                    && table.name.namespace.as_deref().unwrap_or("public") == namespace
            })
            .and_then(|table| table.indexes.iter().find(|wanted| wanted.name == index));
        on_its_table
            && wanted.is_none_or(|wanted| {
                (wanted.uniqueness == Uniqueness::Unique) == self.unique
                    && wanted.columns.iter().map(|column| &column.name).eq(&self.columns)
            })
    }
}

fn ambiguous(ord: usize, step: &ScriptStep, what: &str) -> Error {
    let text = format!("step {} ({}) was begun by an earlier run and {what}", ord + 1, step.summary);
    Error::new(Reason::AmbiguousStep, text).at_step(ord)
}
