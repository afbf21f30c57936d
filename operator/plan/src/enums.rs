//! Enum types of PostgreSQL (`prisma` facts 2.6). The order of values is not a difference.

use std::collections::{BTreeMap, BTreeSet};

use schema::{ColumnType, Default, Enum, ObjectName, Schema, Table, Type};

use crate::places::Users;
use crate::postgres::plain;
use crate::tables::by_name;
use crate::{Change, EnumColumn, Step, hazards};

/// Creates and changes; `current` is brought to where it is after them.
pub(crate) fn changes(current: &mut Schema, desired: &Schema, steps: &mut Vec<Step>) {
    let there: BTreeMap<ObjectName, Enum> =
        current.enums.iter().map(|found| (found.name.clone(), found.clone())).collect();
    let (next, mut users) = (by_name(desired), None);
    for wanted in &desired.enums {
        let Some(found) = there.get(&wanted.name) else {
            steps.push(plain(Change::CreateEnum(wanted.clone())));
            continue;
        };
        let removed: Vec<String> =
            found.values.iter().filter(|value| !wanted.values.contains(value)).cloned().collect();
        if removed.is_empty() {
            add_values(found, wanted, steps);
        } else {
            let users = users.get_or_insert_with(|| Users::of(current));
            rebuild((current, users), &next, found, wanted, &removed, steps);
        }
    }
}

/// Drops types that are owned and no longer wanted.
pub(crate) fn drops(current: &Schema, desired: &Schema, steps: &mut Vec<Step>) {
    let wanted: BTreeSet<&ObjectName> = desired.enums.iter().map(|wanted| &wanted.name).collect();
    for found in current.enums.iter().filter(|found| !wanted.contains(&found.name)) {
        steps.push(plain(Change::DropEnum(found.name.clone())));
    }
}

/// One step a value, each placed before the next value that exists already.
fn add_values(found: &Enum, wanted: &Enum, steps: &mut Vec<Step>) {
    for (position, value) in wanted.values.iter().enumerate() {
        if found.values.contains(value) {
            continue;
        }
        let before =
            wanted.values.iter().skip(position + 1).find(|next| found.values.contains(next)).cloned();
        let change = Change::AddEnumValue { name: wanted.name.clone(), value: value.clone(), before };
        steps.push(plain(change));
    }
}

fn rebuild(
    (current, users): (&mut Schema, &Users),
    desired: &BTreeMap<&ObjectName, &Table>,
    found: &Enum,
    wanted: &Enum,
    removed: &[String],
    steps: &mut Vec<Step>,
) {
    let ty = Type::Enum(wanted.name.clone());
    let mut columns: Vec<EnumColumn> = Vec::new();
    let mut used: Vec<(ObjectName, String, ColumnType)> = Vec::new();
    users.each(current, &wanted.name, |table, column| {
        let had_default = column.default.is_some();
        let stays = desired.get(table).and_then(|next| next.column(&column.name));
        let next_default = stays.filter(|next| next.ty.base == ty).and_then(|next| next.default.clone());
        if next_default != Some(Default::Any) {
            column.default = next_default;
        }
        used.push((table.clone(), column.name.clone(), column.ty.clone()));
        columns.push(EnumColumn { table: table.clone(), column: column.clone(), had_default });
    });
    let new: Vec<String> =
        wanted.values.iter().filter(|value| !found.values.contains(value)).cloned().collect();
    let hazard = hazards::remove_enum_values(&wanted.name, removed, &new, &used);
    let change = Change::RebuildEnum { from: found.clone(), to: wanted.clone(), columns };
    steps.push(Step { change, hazards: vec![hazard] });
}
