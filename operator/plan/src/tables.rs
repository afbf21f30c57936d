//! Which tables stay, go and come: [`Tables`]. Found by name in a tree, so that the time of a plan grows with its tables
//! and not with their square.

use std::collections::BTreeMap;

use schema::{ObjectName, Schema, Table};

/// The tables of a schema.
pub(crate) fn by_name(schema: &Schema) -> BTreeMap<&ObjectName, &Table> {
    schema.tables.iter().map(|table| (&table.name, table)).collect()
}

/// The tables of two schemas after renames.
pub(crate) struct Tables<'s> {
    /// In both, in the order of the desired schema: as found, and as wanted.
    pub(crate) staying: Vec<(&'s Table, &'s Table)>,
    /// Only in the current schema.
    pub(crate) going: Vec<&'s Table>,
    /// Only in the desired schema.
    pub(crate) coming: Vec<&'s Table>,
    places: BTreeMap<&'s ObjectName, usize>,
}

impl<'s> Tables<'s> {
    pub(crate) fn of(current: &'s Schema, desired: &'s Schema) -> Self {
        let (found, wanted) = (by_name(current), by_name(desired));
        let staying: Vec<_> =
            desired.tables.iter().filter_map(|table| Some((*found.get(&table.name)?, table))).collect();
        Self {
            places: staying.iter().enumerate().map(|(place, (table, _))| (&table.name, place)).collect(),
            staying,
            going: current.tables.iter().filter(|table| !wanted.contains_key(&table.name)).collect(),
            coming: desired.tables.iter().filter(|table| !found.contains_key(&table.name)).collect(),
        }
    }

    /// A table that stays, as found and as wanted.
    pub(crate) fn pair(&self, name: &ObjectName) -> Option<(&'s Table, &'s Table)> {
        self.places.get(name).and_then(|place| self.staying.get(*place)).copied()
    }
}
