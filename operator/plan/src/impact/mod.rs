//! What a step does to whoever uses the tables meanwhile: [`Impact`]. Found from the change itself, by the facts that
//! were measured on the servers; row counts and sizes are no part of it.

mod mysql;
mod postgres;

pub use postgres::{retype, work};

use std::fmt;

use schema::{Dialect, ObjectName};
use serde::{Deserialize, Serialize};

use crate::{Alteration, Change};

/// The locks that a step takes on tables that may exist before it, and the work done under them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Impact {
    /// Each table once, with its strongest lock, sorted by name.
    pub locks: Vec<TableLock>,
    /// The largest work of the step.
    pub work: Work,
}

/// A lock on a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLock {
    /// The table, by its name when the step starts.
    pub table: ObjectName,
    /// How strong the lock is.
    pub mode: LockMode,
}

/// How strong a lock is, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LockMode {
    /// PostgreSQL `ROW SHARE`.
    RowShare,
    /// PostgreSQL `SHARE UPDATE EXCLUSIVE`.
    ShareUpdateExclusive,
    /// MySQL: the metadata lock, exclusive for a moment at the start and the end; reads and writes go on between.
    Metadata,
    /// PostgreSQL `SHARE`.
    Share,
    /// PostgreSQL `SHARE ROW EXCLUSIVE`.
    ShareRowExclusive,
    /// MySQL `LOCK=SHARED`: the table can be read and not written.
    NoWrite,
    /// PostgreSQL `ACCESS EXCLUSIVE`.
    AccessExclusive,
}

/// What other sessions cannot do while a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocks {
    /// Reads and writes go on.
    Nothing,
    /// Writes wait.
    Writes,
    /// Reads and writes wait.
    ReadsAndWrites,
}

impl Blocks {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "reads and writes go on",
            Self::Writes => "writes wait",
            Self::ReadsAndWrites => "reads and writes wait",
        }
    }
}

impl LockMode {
    /// As the product writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RowShare => "ROW SHARE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Metadata => "METADATA",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::NoWrite => "SHARED",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// What it keeps other sessions from.
    pub const fn blocks(self) -> Blocks {
        match self {
            Self::RowShare | Self::ShareUpdateExclusive | Self::Metadata => Blocks::Nothing,
            Self::Share | Self::ShareRowExclusive | Self::NoWrite => Blocks::Writes,
            Self::AccessExclusive => Blocks::ReadsAndWrites,
        }
    }
}

/// Work that grows with the table, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Work {
    /// The catalog alone changes.
    #[default]
    Metadata,
    /// Every row is read.
    Scan,
    /// An index is built.
    Build,
    /// Every row is written anew, with its indexes.
    Rewrite,
}

impl Work {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "for a moment",
            Self::Scan => "scans",
            Self::Build => "builds an index",
            Self::Rewrite => "rewrites",
        }
    }
}

impl Impact {
    /// One table, one lock.
    pub fn on(table: &ObjectName, mode: LockMode, work: Work) -> Self {
        Self::default().and(table, mode).doing(work)
    }

    /// With a further lock; of two on one table the stronger counts.
    #[must_use]
    pub fn and(mut self, table: &ObjectName, mode: LockMode) -> Self {
        match self.locks.binary_search_by(|lock| lock.table.cmp(table)) {
            Ok(at) => {
                if let Some(lock) = self.locks.get_mut(at) {
                    lock.mode = lock.mode.max(mode);
                }
            }
            Err(at) => self.locks.insert(at, TableLock { table: table.clone(), mode }),
        }
        self
    }

    /// With this work, or more.
    #[must_use]
    pub fn doing(mut self, work: Work) -> Self {
        self.work = self.work.max(work);
        self
    }

    /// What other sessions cannot do meanwhile, on the table where they can do least.
    pub fn blocks(&self) -> Blocks {
        self.locks.iter().map(|lock| lock.mode.blocks()).max().unwrap_or(Blocks::Nothing)
    }
}

/// `ACCESS EXCLUSIVE on User (reads and writes wait), rewrites`; empty when nobody can notice.
impl fmt::Display for Impact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut modes: Vec<LockMode> = self.locks.iter().map(|lock| lock.mode).collect();
        modes.sort_unstable_by(|one, other| other.cmp(one));
        modes.dedup();
        for (at, mode) in modes.iter().enumerate() {
            let tables: Vec<String> = self
                .locks
                .iter()
                .filter(|lock| lock.mode == *mode)
                .map(|lock| lock.table.to_string())
                .collect();
            let separator = if at == 0 { "" } else { ", " };
            write!(
                formatter,
                "{separator}{} on {} ({})",
                mode.as_str(),
                tables.join(", "),
                mode.blocks().as_str()
            )?;
        }
        match (modes.is_empty(), self.work) {
            (true, Work::Metadata) => Ok(()),
            (true, work) => formatter.write_str(work.as_str()),
            (false, work) => write!(formatter, ", {}", work.as_str()),
        }
    }
}

/// The impact of a change that is run as one step.
pub fn impact(dialect: Dialect, change: &Change) -> Impact {
    match dialect {
        Dialect::PostgreSql => postgres::impact(change),
        Dialect::MySql => mysql::impact(change),
        Dialect::Sqlite => sqlite(change),
    }
}

/// The one writer of the file locks it whole, whatever it does.
fn sqlite(change: &Change) -> Impact {
    let work = match change {
        Change::RedefineTable { .. } => Work::Rewrite,
        Change::RenameValues { .. } => Work::Scan,
        Change::CreateIndex { on: crate::TableAge::Existing, .. } => Work::Build,
        Change::AlterTable { alterations, .. }
            if alterations.iter().any(|alteration| matches!(alteration, Alteration::DropColumn(_))) =>
        {
            Work::Rewrite
        }
        _ => Work::Metadata,
    };
    Impact::default().doing(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_once_with_its_strongest_lock() {
        let (a, b) = (ObjectName::new(None, "a"), ObjectName::new(None, "b"));
        let impact = Impact::on(&b, LockMode::ShareRowExclusive, Work::Metadata)
            .and(&a, LockMode::ShareRowExclusive)
            .and(&b, LockMode::RowShare)
            .doing(Work::Scan);
        let locks: Vec<(&str, LockMode)> =
            impact.locks.iter().map(|lock| (lock.table.name.as_str(), lock.mode)).collect();
        assert_eq!(locks, [("a", LockMode::ShareRowExclusive), ("b", LockMode::ShareRowExclusive)]);
        assert_eq!((impact.work, impact.blocks()), (Work::Scan, Blocks::Writes));
        assert_eq!(impact.to_string(), "SHARE ROW EXCLUSIVE on a, b (writes wait), scans");
        assert_eq!(Impact::default().to_string(), "");
    }
}
