//! What would stop a script half-way, all of it at once and with what mends it, before anything is written: rights that our user
//! lacks, and tables without a key on a server that wants one.

use std::collections::{BTreeMap, BTreeSet};

use reason::Reason;
use schema::{Nullability, Table, Uniqueness};
use sql::{KEEP, Script, ScriptStep};

use super::rights::{Rights, escaped};
use super::{Flavour, MySql, get, quoted};
use crate::Error;

const WHAT: &str = "looking what our user may do";

/// Rights by database.
type ByDatabase = BTreeMap<String, BTreeSet<&'static str>>;

impl MySql {
    /// Refuses a script that would stop half-way.
    pub(super) async fn preflight(&mut self, script: &Script) -> Result<(), Error> {
        let lacks = self.lacking(script).await?;
        let keyless = self.keyless(script).await?;
        let (reason, heading) = match (lacks.is_empty(), keyless.is_empty()) {
            (true, true) => return Ok(()),
            (true, false) => (Reason::DatabaseUnavailable, "the server cannot do what the plan needs"),
            (false, _) => (Reason::InsufficientPrivilege, "our user lacks rights"),
        };
        let faults: Vec<String> = lacks.into_iter().chain(keyless).collect();
        Err(Error::new(reason, format!("{heading}, and nothing was changed. {}", faults.join(" "))))
    }

    /// What our user may not do (MySQL: "Privileges Provided by MySQL"; each statement's page says what it needs). Where the server
    /// does not tell, there is nothing.
    async fn lacking(&mut self, script: &Script) -> Result<Vec<String>, Error> {
        let Some(rights_of) = self.rights().await? else { return Ok(Vec::new()) };
        let (mut all, mut missing) = (ByDatabase::new(), ByDatabase::new());
        let mut want = |database: &str, table: Option<&str>, wanted: &[&'static str]| {
            all.entry(database.to_owned()).or_default().extend(wanted);
            let lacks = wanted.iter().filter(|right| !rights_of.has(right, database, table));
            let lacks: Vec<&'static str> = lacks.copied().collect();
            if !lacks.is_empty() {
                missing.entry(database.to_owned()).or_default().extend(lacks);
            }
        };
        let history = self.history_database.clone();
        if self.history_version().await?.is_none() {
            want(&history, None, &["CREATE", "REFERENCES"]);
        }
        want(&history, None, &["SELECT", "INSERT", "UPDATE"]);
        for step in &script.steps {
            if step.kind == "CreateTable" || step.kind == "RenameTable" {
                want(&self.database, None, needed(step));
                continue;
            }
            if step.kind == KEEP {
                want(&history, None, &["CREATE", "DROP", "INSERT"]);
                continue;
            }
            // What the script makes itself has the rights of its database.
            let tables = step.impact.locks.iter().map(|lock| lock.table.name.as_str());
            let mut tables: Vec<Option<&str>> = tables.map(Some).collect();
            if tables.is_empty() {
                tables.push(None);
            }
            for table in tables {
                want(&self.database, table, needed(step));
            }
        }
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let user = self.rows("SELECT CURRENT_USER()", (), WHAT).await?;
        let user: String = user.first().map(|row| get(row, 0)).transpose()?.unwrap_or_default();
        let (name, host) = user.rsplit_once('@').unwrap_or((user.as_str(), "%"));
        Ok(missing
            .iter()
            .map(|(database, lacks)| {
                // All that is needed: a new row of rights on this database would hide those of a wider one.
                let rights = all.get(database).unwrap_or(lacks);
                let pattern = rights_of.spelling(database).map_or_else(|| escaped(database), str::to_owned);
                format!(
                    "database {database:?} lacks {}: GRANT {} ON {}.* TO {}@{};",
                    listed(lacks),
                    listed(rights),
                    quoted(&pattern),
                    quoted(name),
                    quoted(host)
                )
            })
            .collect())
    }

    /// Tables that would have no key, where the server wants one of every table (MySQL: `sql_require_primary_key`; MariaDB:
    /// `innodb_force_primary_key`). A unique index over columns that are never null does for either.
    async fn keyless(&mut self, script: &Script) -> Result<Vec<String>, Error> {
        let without = without_key(script);
        if without.is_empty() {
            return Ok(Vec::new());
        }
        let query = "SHOW VARIABLES WHERE Variable_name IN ('sql_require_primary_key', 'innodb_force_primary_key', \
                     'sql_generate_invisible_primary_key') AND Value = 'ON'";
        let rows = self.rows(query, (), "looking whether tables need a primary key").await?;
        let settings: Vec<String> = rows.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
        // One that the server makes up is a key to it.
        let made_up = settings.iter().any(|setting| setting.starts_with("sql_generate"));
        let Some(setting) = settings.first().filter(|_| !made_up) else { return Ok(Vec::new()) };
        Ok(vec![format!(
            "{setting} is on, and no table without a primary key is made or altered: {} would have none. Give it an `@id`, or switch \
             the setting off while the plan runs.",
            without.join(", ")
        )])
    }

    async fn rights(&mut self) -> Result<Option<Rights>, Error> {
        let mut lines: Vec<String> = Vec::new();
        let mut questions = vec!["SHOW GRANTS"];
        if self.flavour == Flavour::MariaDb {
            // What everybody may do, since 10.11.
            questions.push("SHOW GRANTS FOR PUBLIC");
        }
        for (at, question) in questions.into_iter().enumerate() {
            match self.rows(question, (), WHAT).await {
                Ok(rows) => {
                    for row in &rows {
                        lines.push(get(row, 0)?);
                    }
                }
                Err(error) if error.reason() == Reason::DatabaseUnreachable => return Err(error),
                Err(_) if at > 0 => {}
                Err(_) => return Ok(None),
            }
        }
        Ok(Rights::read(lines.iter().map(String::as_str)))
    }
}

/// Of what the script makes or alters. A step that makes something alone locks nothing.
fn without_key(script: &Script) -> Vec<String> {
    let table = |name: &str| script.desired.tables.iter().find(|table| table.name.name == name);
    let mut found = BTreeSet::new();
    for step in &script.steps {
        let made = (step.kind == "CreateTable").then_some(step.object.as_str());
        let altered = step.impact.locks.iter().map(|lock| lock.table.name.as_str());
        let altered = altered.filter(|_| !matches!(step.kind.as_str(), "DropTable" | "RenameTable"));
        let keyless =
            made.into_iter().chain(altered).filter(|name| table(name).is_some_and(|table| !has_key(table)));
        found.extend(keyless.map(|name| format!("`{name}`")));
        if step.kind == KEEP && !step.statements.iter().any(|statement| statement.contains(" (PRIMARY KEY ("))
        {
            found.insert(format!("the copy that {:?} makes", step.summary));
        }
    }
    found.into_iter().collect()
}

fn has_key(table: &Table) -> bool {
    let whole = |column: &schema::IndexColumn| {
        let known = table.column(&column.name);
        column.length.is_none() && known.is_some_and(|known| known.nullability == Nullability::Required)
    };
    let mut unique = table.indexes.iter().filter(|index| index.uniqueness == Uniqueness::Unique);
    table.primary_key.is_some() || unique.any(|index| index.columns.iter().all(whole))
}

fn listed(rights: &BTreeSet<&'static str>) -> String {
    rights.iter().copied().collect::<Vec<_>>().join(", ")
}

/// What the statements of a step need on their table, or on the database where they make one.
fn needed(step: &ScriptStep) -> &'static [&'static str] {
    match step.kind.as_str() {
        "CreateTable" => &["CREATE"],
        "RenameTable" => &["ALTER", "CREATE", "DROP", "INSERT"],
        "DropTable" => &["DROP"],
        "CreateIndex" | "DropIndex" if starts_with(step, "ALTER") => &["ALTER"],
        "CreateIndex" | "DropIndex" => &["INDEX"],
        sql::RENAME_VALUES => &["SELECT", "UPDATE"],
        "AlterTable" if starts_with(step, "UPDATE") => &["ALTER", "SELECT", "UPDATE"],
        "AddForeignKey" => &["ALTER", "REFERENCES"],
        "AlterTable" | "RenameColumn" | "RenameIndex" | "DropForeignKey" => &["ALTER"],
        _ => &[],
    }
}

fn starts_with(step: &ScriptStep, word: &str) -> bool {
    step.statements.iter().any(|statement| statement.starts_with(word))
}
