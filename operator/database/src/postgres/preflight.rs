//! What our role may not do, all of it at once and with the statement that would let it, before anything is written.

use std::collections::BTreeSet;

use reason::Reason;
use sql::Script;

use super::{Postgres, quoted};
use crate::Error;

impl Postgres {
    /// Refuses a script that would stop half-way for a missing right: to make objects in a schema, to make the schema,
    /// or to change a table that belongs to a role that ours is no member of.
    pub(super) async fn preflight(&self, script: &Script) -> Result<(), Error> {
        let what = "looking what our role may do";
        let namespaces = self.filled(script).await?;
        let namespaces: Vec<&str> = namespaces.iter().map(String::as_str).collect();
        let rows = self
            .client
            .query(
                "SELECT u.name, n.oid IS NULL, CASE WHEN n.oid IS NULL \
                 THEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') \
                 ELSE pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
                 AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') END, \
                 current_user::text, pg_catalog.current_database()::text \
                 FROM unnest($1::text[]) WITH ORDINALITY u(name, ord) \
                 LEFT JOIN pg_catalog.pg_namespace n ON n.nspname::text = u.name ORDER BY u.ord",
                &[&namespaces],
            )
            .await
            .map_err(|error| self.error(&error, what))?;
        let mut faults = Vec::new();
        for row in &rows {
            let (name, absent, may): (String, bool, bool) =
                (self.get(row, 0)?, self.get(row, 1)?, self.get(row, 2)?);
            let (role, database): (String, String) = (self.get(row, 3)?, self.get(row, 4)?);
            if may {
                continue;
            }
            faults.push(if absent {
                format!(
                    "schema {name:?} does not exist and may not be created: GRANT CREATE ON DATABASE {} TO {};",
                    quoted(&database),
                    quoted(&role)
                )
            } else {
                format!(
                    "nothing may be created in schema {name:?}: GRANT USAGE, CREATE ON SCHEMA {} TO {};",
                    quoted(&name),
                    quoted(&role)
                )
            });
        }
        faults.extend(self.strangers(script, what).await?);
        if faults.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            Reason::InsufficientPrivilege,
            format!("our role lacks rights, and nothing was changed. {}", faults.join(" ")),
        ))
    }

    /// The schemas in which something is made: tables, types and indexes of the steps, and the history where it is new.
    async fn filled(&self, script: &Script) -> Result<BTreeSet<String>, Error> {
        const MAKES: [&str; 6] =
            ["CreateTable", "CreateEnum", "CreateIndex", "RenameTable", "RenameEnum", "RebuildEnum"];
        let makers = || script.steps.iter().filter(|step| MAKES.contains(&step.kind.as_str()));
        let mentions = |name: &str| {
            let start = format!("{}.", quoted(name));
            makers().any(|step| step.statements.iter().any(|statement| statement.contains(&start)))
        };
        let own = script.desired.namespaces.iter().chain([&self.namespace]);
        let mut filled: BTreeSet<String> = own.filter(|name| mentions(name)).cloned().collect();
        if !self.tables_exist().await? {
            filled.insert(self.history_namespace.clone());
        }
        Ok(filled)
    }

    /// Tables that the steps alter or drop, and whose owner's rights we do not have.
    async fn strangers(&self, script: &Script, what: &str) -> Result<Vec<String>, Error> {
        let locks = script.steps.iter().flat_map(|step| &step.impact.locks);
        // To refer to a table takes less; whatever lacks there is said by the statement itself.
        let altered =
            locks.filter(|lock| lock.mode == plan::LockMode::AccessExclusive).map(|lock| &lock.table);
        let altered: BTreeSet<_> = altered.collect();
        let namespaces: Vec<&str> =
            altered.iter().map(|table| table.namespace.as_deref().unwrap_or("public")).collect();
        let names: Vec<&str> = altered.iter().map(|table| table.name.as_str()).collect();
        let rows = self
            .client
            .query(
                "SELECT n.nspname::text, c.relname::text, o.rolname::text, current_user::text \
                 FROM ROWS FROM (unnest($1::text[]), unnest($2::text[])) WITH ORDINALITY u(namespace, name, ord) \
                 JOIN pg_catalog.pg_namespace n ON n.nspname::text = u.namespace \
                 JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname::text = u.name \
                 JOIN pg_catalog.pg_roles o ON o.oid = c.relowner \
                 WHERE NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') ORDER BY u.ord",
                &[&namespaces, &names],
            )
            .await
            .map_err(|error| self.error(&error, what))?;
        rows.iter()
            .map(|row| {
                let (namespace, name): (String, String) = (self.get(row, 0)?, self.get(row, 1)?);
                let (owner, role): (String, String) = (self.get(row, 2)?, self.get(row, 3)?);
                let (table, theirs) = (format!("{}.{}", quoted(&namespace), quoted(&name)), quoted(&owner));
                Ok(format!(
                    "table {name:?} belongs to role {owner:?}: GRANT {theirs} TO {role}; or ALTER TABLE {table} OWNER TO \
                     {role};",
                    role = quoted(&role)
                ))
            })
            .collect()
    }
}
