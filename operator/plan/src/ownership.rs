//! Whose objects are whose (design must 9, decision 13).

use std::collections::BTreeSet;

use schema::{ObjectName, Schema};

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
    Schema {
        dialect: current.dialect,
        namespaces: current.namespaces.clone(),
        extensions: current.extensions.clone(),
        enums: current.enums.iter().filter(|found| enums.contains(&found.name)).cloned().collect(),
        tables: current.tables.iter().filter(|table| tables.contains(&table.name)).cloned().collect(),
        views: Vec::new(),
    }
}

/// Views, and tables that neither the datamodel names nor the history owns: never touched, only listed.
pub fn unmanaged(current: &Schema, desired: &Schema, owned: &Ownership) -> Vec<ObjectName> {
    let ours = managed(current, desired, owned);
    current
        .tables
        .iter()
        .map(|table| &table.name)
        .filter(|name| ours.table(name).is_none())
        .chain(&current.views)
        .cloned()
        .collect()
}
