//! Names of foreign keys that a datamodel leaves to the server, as Prisma 1 and its first successors did.

use schema::{ForeignKey, Schema, Table, Uniqueness, own_key_name};

use crate::keys::same_index;

/// The schema with a name for each foreign key: the one that it has already, or one of ours. The index that such a key
/// needs keeps its name likewise.
pub(crate) fn named(mut desired: Schema, current: &Schema) -> Schema {
    for table in &mut desired.tables {
        if table.foreign_keys.iter().all(|key| key.name.is_some()) {
            continue;
        }
        let before = table.renamed_from.as_ref().map(|old| table.name.sibling(old));
        let found = current.table(&table.name).or_else(|| current.table(&before?));
        let mut keys = std::mem::take(&mut table.foreign_keys);
        for key in keys.iter_mut().filter(|key| key.name.is_none()) {
            let ours = own_key_name(&table.name, &key.columns);
            let there =
                found.and_then(|found| found.foreign_keys.iter().find(|there| same(there, key, table)));
            key.name = there.and_then(|there| there.name.clone()).or(Some(ours.clone()));
            if let Some(found) = found {
                keep_index(table, found, &key.columns, &ours);
            }
        }
        table.foreign_keys = keys;
    }
    desired
}

/// Whether it is the same key, before its columns got their new names.
fn same(there: &ForeignKey, key: &ForeignKey, table: &Table) -> bool {
    let before = |name: &String| {
        table.column(name).and_then(|column| column.renamed_from.clone()).unwrap_or_else(|| name.clone())
    };
    there.columns == key.columns
        || there.columns.iter().eq(key.columns.iter().map(before).collect::<Vec<_>>().iter())
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
