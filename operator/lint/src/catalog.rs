//! What the files made so far: enough of a database to know whom a statement hurts.

use std::collections::{BTreeMap, BTreeSet};

use datamodel::Span;

use crate::tree::{Name, TypeRef};

/// A column, as far as the files tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    pub(crate) ty: Option<TypeRef>,
    pub(crate) not_null: bool,
}

/// A constraint that was added to a table by a statement of its own.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    /// The transaction that added it.
    pub(crate) transaction: usize,
    pub(crate) validity: Validity,
    /// The column that the check says never to be null.
    pub(crate) proves: Option<String>,
    /// The table that a foreign key points to.
    pub(crate) parent: Option<Name>,
}

/// Whether the rows that exist were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    Valid,
    NotValid,
}

/// A table. One that no file creates exists already, and nothing is known about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// The source that creates it.
    pub(crate) born: Option<usize>,
    pub(crate) temporary: bool,
    pub(crate) partitioned: bool,
    pub(crate) columns: BTreeMap<String, Column>,
    pub(crate) constraints: BTreeMap<String, Constraint>,
    /// Leading columns of indexes and keys.
    pub(crate) indexes: Vec<Vec<String>>,
    /// A constraint that no file added was validated: it may prove anything.
    pub(crate) unknown_validated: bool,
}

/// A foreign key, and where it was written.
#[derive(Debug)]
pub(crate) struct ForeignKey {
    pub(crate) table: Name,
    pub(crate) columns: Vec<String>,
    pub(crate) parent: Name,
    pub(crate) source: usize,
    pub(crate) span: Span,
}

/// What the files made.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) tables: BTreeMap<Name, Table>,
    /// The table of each index.
    pub(crate) indexes: BTreeMap<Name, Name>,
    /// Enums, with the transaction that created them.
    pub(crate) enums: BTreeMap<Name, usize>,
    /// Domains that have a constraint.
    pub(crate) constrained_domains: BTreeSet<Name>,
    /// Domains without one.
    pub(crate) plain_domains: BTreeSet<Name>,
    /// Functions that were declared to give one value for all rows of a statement.
    pub(crate) steady_functions: BTreeSet<Name>,
    /// Types, views, functions and sequences whose name no program knows yet: the present file gave it.
    pub(crate) young: BTreeSet<Name>,
    /// In the order of the files.
    pub(crate) foreign_keys: Vec<ForeignKey>,
    /// Transactions so far.
    pub(crate) transaction: usize,
}

impl Catalog {
    /// The table, known or not.
    pub(crate) fn table(&mut self, name: &Name) -> &mut Table {
        self.tables.entry(name.clone()).or_default()
    }

    /// Whether nobody can be using the table while `source` runs: that file made it, or it is temporary.
    pub(crate) fn is_new(&self, name: &Name, source: usize) -> bool {
        self.tables.get(name).is_some_and(|table| table.temporary || table.born == Some(source))
    }

    pub(crate) fn is_partitioned(&self, name: &Name) -> bool {
        self.tables.get(name).is_some_and(|table| table.partitioned)
    }

    pub(crate) fn column(&self, table: &Name, column: &str) -> Option<&Column> {
        self.tables.get(table)?.columns.get(column)
    }

    pub(crate) fn drop_table(&mut self, name: &Name) {
        self.tables.remove(name);
        self.indexes.retain(|_, table| table != name);
        self.foreign_keys.retain(|key| key.table != *name);
    }

    /// What named the column goes with it.
    pub(crate) fn forget_column(&mut self, table: &Name, column: &str) {
        self.foreign_keys.retain(|key| key.table != *table || !key.columns.iter().any(|name| name == column));
    }

    pub(crate) fn rename_column(&mut self, table: &Name, old: &str, new: &str) {
        let rename = |names: &mut Vec<String>| {
            names.iter_mut().filter(|name| *name == old).for_each(|name| new.clone_into(name));
        };
        self.foreign_keys
            .iter_mut()
            .filter(|key| key.table == *table)
            .for_each(|key| rename(&mut key.columns));
        let table = self.table(table);
        if let Some(column) = table.columns.remove(old) {
            table.columns.insert(new.to_owned(), column);
        }
        table.indexes.iter_mut().for_each(rename);
    }

    pub(crate) fn rename_table(&mut self, old: &Name, new: &Name) {
        if let Some(table) = self.tables.remove(old) {
            self.tables.insert(new.clone(), table);
        }
        for table in self.indexes.values_mut().filter(|table| *table == old) {
            table.clone_from(new);
        }
        for key in self.foreign_keys.iter_mut().filter(|key| key.table == *old) {
            key.table.clone_from(new);
        }
    }
}
