//! How large the tables are that a plan locks: [`sizes`].

use std::collections::BTreeMap;

use database::{Database, TableSize};
use schema::ObjectName;
use sql::{Script, ScriptStep};

use crate::Failure;

/// How large the tables are that the steps lock, by the name that a step locks them with: a table that the plan renames is
/// as large as it is now.
pub(crate) async fn sizes(database: &mut Database, script: &Script) -> Result<Vec<TableSize>, Failure> {
    let mut present: BTreeMap<&ObjectName, &ObjectName> = BTreeMap::new();
    for (at, step) in script.steps.iter().enumerate() {
        let earlier = script.steps.get(..at).unwrap_or_default();
        for lock in &step.impact.locks {
            present.entry(&lock.table).or_insert_with(|| before(earlier, &lock.table));
        }
    }
    if present.is_empty() {
        return Ok(Vec::new());
    }
    let tables: Vec<ObjectName> = present.values().copied().cloned().collect();
    let found = database.sizes(&tables).await?;
    let size = |(named, present): (&ObjectName, &ObjectName)| {
        let size = found.iter().find(|size| size.table == *present)?;
        Some(TableSize { table: named.clone(), ..size.clone() })
    };
    Ok(present.into_iter().filter_map(size).collect())
}

/// The table's name before these steps. A step that renames a table locks it by its old name and is named by the new one.
fn before<'a>(steps: &'a [ScriptStep], table: &'a ObjectName) -> &'a ObjectName {
    steps.iter().rev().fold(table, |name, step| match step.impact.locks.as_slice() {
        [old] if step.kind == "RenameTable" && step.object == name.to_string() => &old.table,
        _ => name,
    })
}
