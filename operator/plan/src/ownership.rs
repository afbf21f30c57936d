//! Whose objects are whose (design must 9, decision 13).

use std::collections::BTreeSet;

use schema::{Index, ObjectName, PartialIndexes, Schema};

/// Objects that the history says are ours: created by a recorded plan, or adopted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ownership {
    /// Tables.
    pub tables: BTreeSet<ObjectName>,
    /// Enum types.
    pub enums: BTreeSet<ObjectName>,
}

impl Ownership {
    /// Everything in a schema, such as the one that the last migration recorded.
    pub fn of(schema: &Schema) -> Self {
        Self {
            tables: schema.tables.iter().map(|table| table.name.clone()).collect(),
            enums: schema.enums.iter().map(|found| found.name.clone()).collect(),
        }
    }
}

/// The part of `current` that a plan may touch: what the datamodel names (also by a rename hint) and what is owned.
/// Partial indexes are part of it when the datamodel declares such.
pub fn managed(current: &Schema, desired: &Schema, owned: &Ownership) -> Schema {
    let mut tables = owned.tables.clone();
    for table in &desired.tables {
        tables.insert(table.name.clone());
        tables.extend(table.renamed_from.iter().map(|old| table.name.sibling(old)));
    }
    let mut enums = owned.enums.clone();
    for wanted in &desired.enums {
        enums.insert(wanted.name.clone());
        enums.extend(wanted.renamed_from.iter().map(|old| wanted.name.sibling(old)));
    }
    let mut managed = Schema {
        dialect: current.dialect,
        namespaces: current.namespaces.clone(),
        extensions: current.extensions.clone(),
        enums: current.enums.iter().filter(|found| enums.contains(&found.name)).cloned().collect(),
        tables: current.tables.iter().filter(|table| tables.contains(&table.name)).cloned().collect(),
        views: Vec::new(),
        homes: current.homes.clone(),
        partial_indexes: desired.partial_indexes,
        names: None,
    };
    leave_partial_indexes(&mut managed, desired);
    managed
}

/// Where the desired schema does not speak of partial indexes, they are one more thing that it cannot say; unless it
/// wants the name of one for another index.
fn leave_partial_indexes(schema: &mut Schema, desired: &Schema) {
    if desired.partial_indexes == PartialIndexes::Declared {
        return;
    }
    let wanted: BTreeSet<(Option<&str>, &str)> = desired
        .tables
        .iter()
        .flat_map(|table| table.indexes.iter().map(|index| (table.name.namespace.as_deref(), index)))
        .filter(|(_, index)| index.predicate.is_none())
        .map(|(namespace, index)| (namespace, index.name.as_str()))
        .collect();
    for table in &mut schema.tables {
        let namespace = table.name.namespace.as_deref();
        let left =
            |index: &Index| index.predicate.is_some() && !wanted.contains(&(namespace, index.name.as_str()));
        let said = table.indexes.iter().filter(|index| left(index));
        table.extras.extend(said.map(|index| format!("index {} (partial)", index.name)));
        table.indexes.retain(|index| !left(index));
        table.extras.sort();
    }
}

/// A database as the desired side: what it has beyond what is spoken of is not wanted anew.
pub fn spoken_of(mut desired: Schema) -> Schema {
    let rule = Schema { partial_indexes: desired.partial_indexes, ..Schema::empty(desired.dialect) };
    leave_partial_indexes(&mut desired, &rule);
    desired
}

/// Views, and tables that neither the datamodel names nor the history owns: never touched, only listed.
pub fn unmanaged(current: &Schema, desired: &Schema, owned: &Ownership) -> Vec<ObjectName> {
    let ours = managed(current, desired, owned);
    let ours: BTreeSet<&ObjectName> = ours.tables.iter().map(|table| &table.name).collect();
    current
        .tables
        .iter()
        .map(|table| &table.name)
        .filter(|name| !ours.contains(name))
        .chain(&current.views)
        .cloned()
        .collect()
}
