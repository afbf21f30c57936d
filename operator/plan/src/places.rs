//! Where things of a schema are while their names change: [`Places`]. Found in trees, so that the time of a plan grows with
//! its renames and not with their square.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Column, ObjectName, Schema, Table, Type};

/// The places of one schema, whose lists keep their order meanwhile.
pub(crate) struct Places {
    tables: BTreeMap<ObjectName, usize>,
    /// The tables that refer to a table.
    referrers: BTreeMap<ObjectName, BTreeSet<usize>>,
    users: Users,
}

impl Places {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut places =
            Self { tables: BTreeMap::new(), referrers: BTreeMap::new(), users: Users::of(schema) };
        for (place, table) in schema.tables.iter().enumerate() {
            places.tables.insert(table.name.clone(), place);
            for key in &table.foreign_keys {
                places.referrers.entry(key.referenced_table.clone()).or_default().insert(place);
            }
        }
        places
    }

    /// The table of this name.
    pub(crate) fn table<'s>(&self, schema: &'s Schema, name: &ObjectName) -> Option<&'s Table> {
        schema.tables.get(*self.tables.get(name)?)
    }

    /// Gives a table another name, also where others refer to it.
    pub(crate) fn rename_table(&mut self, schema: &mut Schema, old: &ObjectName, new: &ObjectName) {
        let Some(place) = self.tables.remove(old) else { return };
        self.tables.insert(new.clone(), place);
        if let Some(table) = schema.tables.get_mut(place) {
            table.name = new.clone();
        }
        self.each_referrer(schema, old, |table| {
            for key in table.foreign_keys.iter_mut().filter(|key| key.referenced_table == *old) {
                key.referenced_table = new.clone();
            }
        });
        if let Some(referrers) = self.referrers.remove(old) {
            self.referrers.entry(new.clone()).or_default().extend(referrers);
        }
    }

    /// Changes the table of this name.
    pub(crate) fn in_table(&self, schema: &mut Schema, name: &ObjectName, change: impl FnOnce(&mut Table)) {
        if let Some(table) = self.tables.get(name).and_then(|place| schema.tables.get_mut(*place)) {
            change(table);
        }
    }

    /// Changes the tables that refer to the one of this name.
    pub(crate) fn each_referrer(
        &self,
        schema: &mut Schema,
        name: &ObjectName,
        mut change: impl FnMut(&mut Table),
    ) {
        for place in self.referrers.get(name).into_iter().flatten() {
            if let Some(table) = schema.tables.get_mut(*place) {
                change(table);
            }
        }
    }

    /// Gives an enum another name in its columns.
    pub(crate) fn rename_enum(&mut self, schema: &mut Schema, old: &ObjectName, new: &ObjectName) {
        self.users.each(schema, old, |_, column| column.ty.base = Type::Enum(new.clone()));
        self.users.rename(old, new);
    }

    /// Changes the columns of an enum.
    pub(crate) fn each_user(
        &self,
        schema: &mut Schema,
        name: &ObjectName,
        mut change: impl FnMut(&mut Column),
    ) {
        self.users.each(schema, name, |_, column| change(column));
    }
}

/// The columns of each enum, by the places of their tables and of themselves.
pub(crate) struct Users(BTreeMap<ObjectName, Vec<(usize, usize)>>);

impl Users {
    pub(crate) fn of(schema: &Schema) -> Self {
        let mut users: BTreeMap<ObjectName, Vec<(usize, usize)>> = BTreeMap::new();
        for (at, table) in schema.tables.iter().enumerate() {
            for (column, found) in table.columns.iter().enumerate() {
                if let Type::Enum(name) = &found.ty.base {
                    users.entry(name.clone()).or_default().push((at, column));
                }
            }
        }
        Self(users)
    }

    /// Changes the columns of an enum, each with the name of its table.
    pub(crate) fn each(
        &self,
        schema: &mut Schema,
        name: &ObjectName,
        mut change: impl FnMut(&ObjectName, &mut Column),
    ) {
        for (table, column) in self.0.get(name).into_iter().flatten() {
            let Some(table) = schema.tables.get_mut(*table) else { continue };
            let Table { name, columns, .. } = table;
            if let Some(column) = columns.get_mut(*column) {
                change(name, column);
            }
        }
    }

    fn rename(&mut self, old: &ObjectName, new: &ObjectName) {
        if let Some(columns) = self.0.remove(old) {
            self.0.entry(new.clone()).or_default().extend(columns);
        }
    }
}
