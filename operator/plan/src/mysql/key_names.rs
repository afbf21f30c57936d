//! Names of foreign keys that a datamodel leaves to the server, as Prisma 1 and its first successors did.

use std::collections::BTreeMap;

use schema::{ForeignKey, ObjectName, Schema, Table, Uniqueness, own_key_name};

use crate::keys::same_index;

/// The schema with a name for each foreign key: the one that it has already, or one of ours. The index that such a key
/// needs keeps its name likewise.
pub(crate) fn named(mut desired: Schema, current: &Schema) -> Schema {
    let there = by_name(current);
    for table in desired.tables.iter_mut().filter(|table| is_open(table)) {
        let before = table.renamed_from.as_ref().map(|old| table.name.sibling(old));
        let found = there.get(&table.name).or_else(|| there.get(&before?)).copied();
        let same = |there: &ForeignKey, key: &ForeignKey, table: &Table| {
            there.columns == key.columns || there.columns == before_renames(&key.columns, table)
        };
        name(table, found, same);
    }
    desired
}

/// The same of a datamodel as what is there: a database that comes next has names for its keys.
pub(crate) fn named_as(mut current: Schema, desired: &Schema) -> Schema {
    if !current.tables.iter().any(is_open) {
        return current;
    }
    let mut next = by_name(desired);
    for table in &desired.tables {
        next.extend(table.renamed_from.as_ref().map(|old| (table.name.sibling(old), table)));
    }
    for table in current.tables.iter_mut().filter(|table| is_open(table)) {
        let wanted = next.get(&table.name).copied();
        name(table, wanted, |next, key, _| {
            let before = wanted.map(|wanted| before_renames(&next.columns, wanted));
            next.columns == key.columns || before.as_ref() == Some(&key.columns)
        });
    }
    current
}

fn by_name(schema: &Schema) -> BTreeMap<ObjectName, &Table> {
    schema.tables.iter().map(|table| (table.name.clone(), table)).collect()
}

/// True when a key of the table has no name.
fn is_open(table: &Table) -> bool {
    table.foreign_keys.iter().any(|key| key.name.is_none())
}

fn name(table: &mut Table, other: Option<&Table>, same: impl Fn(&ForeignKey, &ForeignKey, &Table) -> bool) {
    let mut keys = std::mem::take(&mut table.foreign_keys);
    for key in keys.iter_mut().filter(|key| key.name.is_none()) {
        let ours = own_key_name(&table.name, &key.columns);
        let there = other.and_then(|other| other.foreign_keys.iter().find(|there| same(there, key, table)));
        key.name = there.and_then(|there| there.name.clone()).or(Some(ours.clone()));
        if let Some(other) = other {
            keep_index(table, other, &key.columns, &ours);
        }
    }
    table.foreign_keys = keys;
}

/// Columns by the names that they had before the table's hints.
fn before_renames(columns: &[String], table: &Table) -> Vec<String> {
    let before = |name: &String| {
        table.column(name).and_then(|column| column.renamed_from.clone()).unwrap_or_else(|| name.clone())
    };
    columns.iter().map(before).collect()
}

/// The index of our name that only the key asks for is the one that is there, if no other is to have that name.
fn keep_index(table: &mut Table, found: &Table, columns: &[String], ours: &str) {
    let has = |table: &Table, name: &str| table.indexes.iter().any(|index| index.name == name);
    let Some(at) = table.indexes.iter().position(|index| {
        index.name == ours
            && index.uniqueness == Uniqueness::Plain
            && index.columns.iter().map(|column| &column.name).eq(columns)
    }) else {
        return;
    };
    let there = table.indexes.get(at).and_then(|index| {
        found.indexes.iter().find(|there| same_index(there, index) && !has(table, &there.name))
    });
    if let (Some(there), false) = (there, has(found, ours))
        && let Some(index) = table.indexes.get_mut(at)
    {
        index.name.clone_from(&there.name);
    }
}
