//! What would stop a script half-way, all of it at once and with what mends it, before anything is written: rights that our
//! role lacks, extensions that cannot be created, a server that only reads.

use std::collections::{BTreeMap, BTreeSet};

use plan::LockMode;
use reason::Reason;
use schema::ObjectName;
use sql::Script;

use super::{Postgres, quoted};
use crate::Error;

/// Of extensions that are not there yet: name and wanted version; whether the server has it; the versions that it offers
/// where the wanted one is none of them; whether our role may create it and whether a right on the database is enough; the
/// provider's list that it is not in; those that have to be there before; database and role. `trusted` came with
/// PostgreSQL 13.
const EXTENSIONS: &str = "SELECT u.name, u.version, a.name IS NOT NULL, \
     CASE WHEN u.version IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_available_extension_versions v \
       WHERE v.name = u.name AND v.version = u.version) THEN (SELECT pg_catalog.string_agg(v.version, ', ' ORDER BY v.version) \
       FROM pg_catalog.pg_available_extension_versions v WHERE v.name::text = u.name) END, \
     me.rolsuper OR provider.found OR NOT COALESCE(chosen.superuser, false) \
       AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') \
       OR COALESCE(chosen.trusted, false) \
       AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), \
     COALESCE(chosen.trusted, false) OR NOT COALESCE(chosen.superuser, true), \
     (SELECT s.name FROM pg_catalog.unnest(ARRAY['azure.extensions', 'rds.allowed_extensions']) s(name) \
       WHERE pg_catalog.current_setting(s.name, true) NOT IN ('', '*') AND NOT pg_catalog.lower(u.name) = ANY \
       (pg_catalog.regexp_split_to_array(pg_catalog.lower(pg_catalog.current_setting(s.name, true)), '\\s*,\\s*')) LIMIT 1), \
     ARRAY(SELECT r::text FROM pg_catalog.unnest(chosen.requires) r \
       WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_extension i WHERE i.extname = r)), \
     pg_catalog.current_database()::text, current_user::text \
     FROM ROWS FROM (unnest($1::text[]), unnest($2::text[])) WITH ORDINALITY u(name, version, ord) \
     LEFT JOIN pg_catalog.pg_available_extensions a ON a.name::text = u.name \
     LEFT JOIN LATERAL (SELECT v.superuser, (pg_catalog.to_jsonb(v) ->> 'trusted')::boolean AS trusted, v.requires \
       FROM pg_catalog.pg_available_extension_versions v WHERE v.name::text = u.name \
       AND v.version = COALESCE(u.version, a.default_version)) chosen ON true \
     JOIN pg_catalog.pg_roles me ON me.rolname = current_user \
     CROSS JOIN (SELECT EXISTS (SELECT FROM pg_catalog.pg_roles p WHERE p.rolname IN ('rds_superuser', \
       'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin', 'neon_superuser', 'supabase_admin')) AS found) provider \
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_extension i WHERE i.extname::text = u.name) ORDER BY u.ord";

impl Postgres {
    /// Refuses a script that would stop half-way: for a missing right to make objects in a schema, to make the schema, or to
    /// change a table that belongs to a role that ours is no member of; for an extension; on a server that only reads.
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
        let lacks_rights = !faults.is_empty();
        let (refused, absent) = self.extensions(script, what).await?;
        faults.extend(refused.iter().cloned());
        faults.extend(absent.iter().cloned());
        faults.extend(self.read_only(what).await?);
        if faults.is_empty() {
            return Ok(());
        }
        let (reason, heading) = if lacks_rights || !refused.is_empty() {
            (Reason::InsufficientPrivilege, "our role lacks rights")
        } else {
            (Reason::DatabaseUnavailable, "the server cannot do what the plan needs")
        };
        Err(Error::new(reason, format!("{heading}, and nothing was changed. {}", faults.join(" "))))
    }

    /// A server or a role can make every transaction one that only reads; some providers do when the disk is full.
    async fn read_only(&self, what: &str) -> Result<Option<String>, Error> {
        let query = "SELECT pg_catalog.current_setting('transaction_read_only') = 'on', \
                     pg_catalog.current_database()::text, current_user::text";
        let row = self.client.query_one(query, &[]).await.map_err(|error| self.error(&error, what))?;
        let (on, database, role): (bool, String, String) =
            (self.get(&row, 0)?, self.get(&row, 1)?, self.get(&row, 2)?);
        Ok(on.then(|| {
            format!(
                "default_transaction_read_only is on, as it is where a disk is full: make room, then ALTER DATABASE {} RESET \
                 default_transaction_read_only; or ALTER ROLE {} RESET default_transaction_read_only;",
                quoted(&database),
                quoted(&role)
            )
        }))
    }

    /// Extensions that the script creates and that our role may not create, and those that the server does not have
    /// (PostgreSQL: "CREATE EXTENSION", `pg_available_extension_versions`). Where a provider lets a role of its own create
    /// them, as only it knows, nothing is said about rights.
    async fn extensions(&self, script: &Script, what: &str) -> Result<(Vec<String>, Vec<String>), Error> {
        let steps = script.steps.iter().filter(|step| step.kind == "CreateExtension");
        let names: Vec<&str> = steps.map(|step| step.object.as_str()).collect();
        if names.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let declared = |name: &str| script.desired.extensions.iter().find(|extension| extension.name == name);
        let versions: Vec<Option<&str>> = names
            .iter()
            .map(|name| declared(name).and_then(|extension| extension.version.as_deref()))
            .collect();
        let rows = self
            .client
            .query(EXTENSIONS, &[&names, &versions])
            .await
            .map_err(|error| self.error(&error, what))?;
        let (mut refused, mut absent) = (Vec::new(), Vec::new());
        for row in &rows {
            let (name, version): (String, Option<String>) = (self.get(row, 0)?, self.get(row, 1)?);
            let (known, offered): (bool, Option<String>) = (self.get(row, 2)?, self.get(row, 3)?);
            let (may, trusted): (bool, bool) = (self.get(row, 4)?, self.get(row, 5)?);
            let (listed, needs): (Option<String>, Vec<String>) = (self.get(row, 6)?, self.get(row, 7)?);
            let (database, role): (String, String) = (self.get(row, 8)?, self.get(row, 9)?);
            let create = format!("CREATE EXTENSION {}", quoted(&name));
            if let Some(setting) = listed {
                refused.push(format!(
                    "extension {name:?} is not in the server's setting {setting}: add it there."
                ));
            } else if !known {
                absent.push(format!(
                    "extension {name:?} is not installed on the server: install its package there, or use an image that has it."
                ));
            } else if let (Some(version), Some(offered)) = (&version, &offered) {
                absent.push(format!(
                    "extension {name:?} has no version {version} on the server: it offers {offered}."
                ));
            } else if !may && trusted {
                refused.push(format!(
                    "extension {name:?} may not be created: GRANT CREATE ON DATABASE {} TO {};",
                    quoted(&database),
                    quoted(&role)
                ));
            } else if !may {
                refused.push(format!(
                    "extension {name:?} may only be created by a superuser: as one, {create};"
                ));
            }
            for needed in needs.iter().filter(|needed| !names.contains(&needed.as_str())) {
                absent.push(format!(
                    "extension {name:?} needs {needed:?}: add it to the datasource's extensions, too."
                ));
            }
        }
        Ok((refused, absent))
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
        // A copy of what goes is made beside the history.
        let keeps = script.steps.iter().any(|step| step.kind == sql::KEEP);
        if keeps || !self.tables_exist().await? {
            filled.insert(self.history_namespace.clone());
        }
        Ok(filled)
    }

    /// Tables and enums that the steps alter or drop, and whose owner's rights we do not have; and tables that a foreign key
    /// shall point to and may not (PostgreSQL: "GRANT", `REFERENCES`).
    async fn strangers(&self, script: &Script, what: &str) -> Result<Vec<String>, Error> {
        let mut touched: BTreeMap<&ObjectName, Need> = BTreeMap::new();
        for (step, lock) in
            script.steps.iter().flat_map(|step| step.impact.locks.iter().map(move |lock| (step, lock)))
        {
            let changed = lock.table.to_string() == step.object;
            let need = match step.kind.as_str() {
                "AddForeignKey" if !changed => Need::Reference,
                // The other table is locked, and that is all.
                "DropForeignKey" if !changed => continue,
                _ if changed || lock.mode == LockMode::AccessExclusive => Need::Own,
                _ => continue,
            };
            let known = touched.entry(&lock.table).or_insert(need);
            *known = (*known).max(need);
        }
        let namespaces: Vec<&str> =
            touched.keys().map(|table| table.namespace.as_deref().unwrap_or("public")).collect();
        let names: Vec<&str> = touched.keys().map(|table| table.name.as_str()).collect();
        let changed: Vec<bool> = touched.values().map(|need| *need == Need::Own).collect();
        let kinds = ["AddEnumValue", "RenameEnumValue", "RebuildEnum", "DropEnum"];
        let enums = script.steps.iter().filter(|step| kinds.contains(&step.kind.as_str()));
        let enums: Vec<&str> = enums.map(|step| step.object.as_str()).collect();
        let rows = self
            .client
            .query(
                "SELECT 'table', n.nspname::text, c.relname::text, o.rolname::text, current_user::text, u.owned, u.ord \
                 FROM ROWS FROM (unnest($1::text[]), unnest($2::text[]), unnest($3::bool[])) \
                 WITH ORDINALITY u(namespace, name, owned, ord) \
                 JOIN pg_catalog.pg_namespace n ON n.nspname::text = u.namespace \
                 JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname::text = u.name \
                 JOIN pg_catalog.pg_roles o ON o.oid = c.relowner \
                 WHERE NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') \
                 AND (u.owned OR NOT pg_catalog.has_table_privilege(c.oid, 'REFERENCES')) \
                 UNION ALL \
                 SELECT 'type', n.nspname::text, t.typname::text, o.rolname::text, current_user::text, true, 1000000 \
                 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
                 JOIN pg_catalog.pg_roles o ON o.oid = t.typowner \
                 WHERE t.typtype = 'e' AND NOT pg_catalog.pg_has_role(t.typowner, 'USAGE') \
                 AND CASE n.nspname WHEN 'public' THEN t.typname::text ELSE n.nspname || '.' || t.typname END = ANY ($4) \
                 ORDER BY 7, 2, 3",
                &[&namespaces, &names, &changed, &enums],
            )
            .await
            .map_err(|error| self.error(&error, what))?;
        rows.iter()
            .map(|row| {
                let (kind, namespace, name): (String, String, String) =
                    (self.get(row, 0)?, self.get(row, 1)?, self.get(row, 2)?);
                let (owner, role, own): (String, String, bool) =
                    (self.get(row, 3)?, self.get(row, 4)?, self.get(row, 5)?);
                let (object, theirs) = (format!("{}.{}", quoted(&namespace), quoted(&name)), quoted(&owner));
                let role = quoted(&role);
                if !own {
                    return Ok(format!(
                        "no foreign key may point to table {name:?}: GRANT REFERENCES ON TABLE {object} TO {role};"
                    ));
                }
                Ok(format!(
                    "{kind} {name:?} belongs to role {owner:?}: GRANT {theirs} TO {role}; or ALTER {} {object} OWNER TO {role};",
                    kind.to_uppercase()
                ))
            })
            .collect()
    }
}

/// What is needed of somebody else's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// To point a foreign key to it.
    Reference,
    /// To change it.
    Own,
}
