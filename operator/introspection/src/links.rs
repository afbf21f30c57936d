//! Link tables of many-to-many relations (`prisma` facts 1.8).

use std::collections::BTreeMap;

use datamodel::{Action, Sort};
use plan::same_column;
use schema::{Column, Dialect, ForeignKey, Nullability, ObjectName, Schema, Table, Uniqueness};

/// The two tables that a link table joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// That of column `A`.
    pub(crate) a: ObjectName,
    /// That of column `B`.
    pub(crate) b: ObjectName,
}

/// The tables that are exactly what PSL lays out for two lists; others are models of their own.
pub(crate) fn links(found: &Schema) -> BTreeMap<ObjectName, Link> {
    let links = found.tables.iter().filter_map(|table| Some((table.name.clone(), link(found, table)?)));
    links.collect()
}

fn link(found: &Schema, table: &Table) -> Option<Link> {
    let named = table.name.name.strip_prefix('_').is_some_and(|rest| !rest.is_empty());
    let [first, second] = table.columns.as_slice() else { return None };
    let [_, _] = table.foreign_keys.as_slice() else { return None };
    if !named || !has_keys(table) {
        return None;
    }
    let side = |column: &str| {
        let held = [first, second].into_iter().find(|held| held.name == column)?;
        let key = table.foreign_keys.iter().find(|key| key.columns.iter().eq([column]))?;
        joined(found, held, key)
    };
    Some(Link { a: side("A")?, b: side("B")? })
}

/// A key or unique index over both columns, and an index on the second.
fn has_keys(table: &Table) -> bool {
    let plain = |index: &&schema::Index| {
        index.method.is_none()
            && index.valid
            && index.columns.iter().all(|column| {
                column.sort == Sort::Asc && column.operator_class.is_none() && column.length.is_none()
            })
    };
    let on = |index: &schema::Index, wanted: &[&str]| {
        index.columns.iter().map(|column| column.name.as_str()).eq(wanted.iter().copied())
    };
    let unique = table
        .indexes
        .iter()
        .filter(plain)
        .filter(|index| index.uniqueness == Uniqueness::Unique && on(index, &["A", "B"]))
        .count();
    let second = table
        .indexes
        .iter()
        .filter(plain)
        .filter(|index| index.uniqueness == Uniqueness::Plain && on(index, &["B"]))
        .count();
    let keys = match &table.primary_key {
        Some(key) => key.columns == ["A", "B"] && unique == 0,
        None => unique == 1,
    };
    keys && second == 1 && table.indexes.len() == unique + second
}

/// The table that the column leads to, if it is a column of a link table.
fn joined(found: &Schema, held: &Column, key: &ForeignKey) -> Option<ObjectName> {
    let cascades = key.on_delete == Action::Cascade && key.on_update == Action::Cascade && key.validated;
    let target = found.table(&key.referenced_table)?;
    let id = target.primary_key.as_ref().filter(|id| id.columns == key.referenced_columns)?;
    let [id] = id.columns.as_slice() else { return None };
    let id = target.column(id)?;
    let plain = Column { default: None, autoincrement: false, sequence: None, ..id.clone() };
    let alike = held.nullability == Nullability::Required
        && held.default.is_none()
        && same_column(found.dialect, held, &Column { nullability: Nullability::Required, ..plain });
    (cascades && alike).then(|| target.name.clone())
}

/// Whether an edition would lay the table out with a primary key where this one has a unique index, or the other way round.
pub(crate) fn is_of_other_edition(table: &Table, dialect: Dialect, edition: datamodel::Edition) -> bool {
    let keyed = dialect == Dialect::PostgreSql && edition == datamodel::Edition::Six;
    keyed != table.primary_key.is_some()
}
