//! The one entry: [`diff`].

use std::fmt;

use std::borrow::Cow;

use schema::{Dialect, Extension, Homes, ObjectName, Schema, fingerprint};

use crate::ownership::{Ownership, managed, spoken_of};
use crate::{Plan, Step, by_name, checks, mysql, postgres, renames, replaced, sqlite};

/// Why there is no plan although both schemas are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A table would have to change, as a whole or in part.
    Extras {
        /// The table.
        table: ObjectName,
        /// What it has that a datamodel cannot say and that would be lost with it, or stop the change.
        extras: Vec<String>,
    },
    /// A hint names what stays: which rows or values are meant nobody can tell afterwards.
    Hint {
        /// What has the hint.
        new: String,
        /// What the hint names.
        old: String,
    },
    /// Something has another name in the database, and its former one passes on to something else.
    Names {
        /// What the datamodel calls as before: `model User`, `field User.email`.
        called: String,
        /// Its name in the database from now on.
        new: String,
        /// Its name until now.
        old: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extras { table, extras } => write!(
                formatter,
                "Table `{table}`, or a column of it, would have to go, be made anew or change its type. That would take along, or be \
                 stopped by: {}. Drop them first and create them again after the migration.",
                extras.join(", ")
            ),
            Self::Hint { new, old } => write!(
                formatter,
                "`@schemalift.renamedFrom` says that `{new}` was called `{old}`, and the datamodel has `{old}`, too. Make it two \
                 migrations: rename in the first, where `{old}` is not in the datamodel, and add `{old}` in the second. Two that \
                 swap their names need a third name in between. Remove the hint if the rename was made long ago."
            ),
            Self::Names { called, new, old } => write!(
                formatter,
                "The {called} of the datamodel is `{old}` in the database and shall be `{new}`, and `{old}` passes on to something \
                 else in the same migration. Rows or values could end up under a name that is not theirs. Make it two \
                 migrations: give up `{old}` in the first, and use it for something else in the second. Two that exchange their \
                 names need a third name in between."
            ),
        }
    }
}

impl std::error::Error for Refusal {}

/// The plan that turns `current` into `desired`, touching only what is named or owned.
///
/// `current` may hold anything that was found; tables that are neither named by `desired` nor `owned` are left out.
/// What the datamodel calls as before is renamed without a hint, where `current` knows the names of the datamodel before.
/// Order: renames, enums, what goes, what changes, what comes, keys and indexes by name, foreign keys last.
/// Within a kind the order is that of the datamodel for what comes and by name for what goes.
pub fn diff(current: &Schema, desired: &Schema, owned: &Ownership) -> Result<Plan, Refusal> {
    let mut desired = spoken_of(desired.clone());
    let known = current.names.as_ref();
    let mut current = managed(current, &desired, owned);
    let by_name = by_name::hinted(&mut desired, &mut current, known)?;
    let current =
        if desired.dialect == Dialect::MySql { mysql::named_as(current, &desired) } else { current };
    let (from, to) = (fingerprint(&current), fingerprint(&desired));
    let desired = if desired.dialect == Dialect::MySql { mysql::named(desired, &current) } else { desired };
    let mut steps: Vec<Step> = Vec::new();
    let keys = checks::keys(&current);
    let homes = homes(&current, &desired);
    // The plan keeps the datamodel's own words; its steps say where things are.
    let (current, placed) = if homes.is_empty() {
        (current, Cow::Borrowed(&desired))
    } else {
        (homes.place(current), Cow::Owned(homes.place(desired.clone())))
    };
    let replaced = replaced::found(&current, &placed);
    let renamed = renames::apply(current, &placed, &mut steps)?;
    match desired.dialect {
        Dialect::PostgreSql => postgres::changes(renamed, &placed, &mut steps)?,
        Dialect::Sqlite => sqlite::changes(&renamed, &placed, &mut steps)?,
        Dialect::MySql => mysql::changes(&renamed, &placed, &mut steps)?,
    }
    replaced::guard(&replaced, &mut steps);
    checks::address(&mut steps, &keys, &placed);
    drop(placed);
    Ok(Plan { dialect: desired.dialect, steps, from, to, desired, by_name })
}

/// Where extensions are, those that come with the plan included.
fn homes(current: &Schema, desired: &Schema) -> Homes {
    let mut homes = current.homes.clone();
    let elsewhere = |extension: &&Extension| extension.schema.as_deref().is_some_and(|name| name != "public");
    let comes = |extension: &&Extension| current.extensions.iter().all(|found| found.name != extension.name);
    for extension in desired.extensions.iter().filter(elsewhere).filter(comes) {
        homes.expect(&extension.name, extension.schema.as_deref().unwrap_or_default());
    }
    homes
}
