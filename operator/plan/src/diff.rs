//! The one entry: [`diff`].

use std::fmt;

use schema::{Dialect, ObjectName, Schema, fingerprint};

use crate::ownership::{Ownership, managed, spoken_of};
use crate::{Plan, Step, checks, mysql, postgres, renames, replaced, sqlite};

/// Why there is no plan although both schemas are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The table that would have to change, as a whole or in part.
    pub table: ObjectName,
    /// What it has that a datamodel cannot say and that would be lost with it, or stop the change.
    pub extras: Vec<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Table `{}`, or a column of it, would have to go, be made anew or change its type. That would take along, or be \
             stopped by: {}. Drop them first and create them again after the migration.",
            self.table,
            self.extras.join(", ")
        )
    }
}

impl std::error::Error for Refusal {}

/// The plan that turns `current` into `desired`, touching only what is named or owned.
///
/// `current` may hold anything that was found; tables that are neither named by `desired` nor `owned` are left out.
/// Order: renames, enums, what goes, what changes, what comes, keys and indexes by name, foreign keys last.
/// Within a kind the order is that of the datamodel for what comes and by name for what goes.
pub fn diff(current: &Schema, desired: &Schema, owned: &Ownership) -> Result<Plan, Refusal> {
    let desired = spoken_of(desired.clone());
    let current = managed(current, &desired, owned);
    let (from, to) = (fingerprint(&current), fingerprint(&desired));
    let desired = if desired.dialect == Dialect::MySql { mysql::named(desired, &current) } else { desired };
    let mut steps: Vec<Step> = Vec::new();
    let keys = checks::keys(&current);
    let replaced = replaced::found(&current, &desired);
    let renamed = renames::apply(current, &desired, &mut steps);
    match desired.dialect {
        Dialect::PostgreSql => postgres::changes(renamed, &desired, &mut steps)?,
        Dialect::Sqlite => sqlite::changes(&renamed, &desired, &mut steps)?,
        Dialect::MySql => mysql::changes(&renamed, &desired, &mut steps)?,
    }
    replaced::guard(&replaced, &mut steps);
    checks::address(&mut steps, &keys, &desired);
    Ok(Plan { dialect: desired.dialect, steps, from, to, desired })
}
