//! What our user may not do, all of it at once and with the statements that would let it, before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use reason::Reason;
use sql::{Script, ScriptStep};

use super::rights::{Rights, escaped};
use super::{Flavour, MySql, get, quoted};
use crate::Error;

const WHAT: &str = "looking what our user may do";

/// Rights by database.
type ByDatabase = BTreeMap<String, BTreeSet<&'static str>>;

impl MySql {
    /// Refuses a script that would stop half-way for a missing right (MySQL: "Privileges Provided by MySQL"; each
    /// statement's page says what it needs). Where the server does not tell what our user may do, nothing is refused.
    pub(super) async fn preflight(&mut self, script: &Script) -> Result<(), Error> {
        let Some(rights_of) = self.rights().await? else { return Ok(()) };
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
            return Ok(());
        }
        let user = self.rows("SELECT CURRENT_USER()", (), WHAT).await?;
        let user: String = user.first().map(|row| get(row, 0)).transpose()?.unwrap_or_default();
        let (name, host) = user.rsplit_once('@').unwrap_or((user.as_str(), "%"));
        let remedies: Vec<String> = missing
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
            .collect();
        Err(Error::new(
            Reason::InsufficientPrivilege,
            format!("our user lacks rights, and nothing was changed. {}", remedies.join(" ")),
        ))
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
