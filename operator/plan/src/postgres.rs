//! Changes on PostgreSQL, in the order of Prisma's step kinds (`prisma` facts 2.2).

use std::collections::{BTreeMap, BTreeSet};

use schema::{Dialect, Enum, ForeignKey, Nullability, ObjectName, Schema, Table, Type, Uniqueness};

use crate::arrivals::Pair;
use crate::casts::Cast;
use crate::columns::{
    ColumnDifference, NullHandling, added_hazards, changed_hazards, coming, compare, other_sequence,
};
use crate::similar::Similar;
use crate::tables::Tables;
use crate::{Alteration, Change, Hazard, Refusal, Step, TableAge, enums, hazards, keys, renames, ties};

pub(crate) fn changes(mut current: Schema, desired: &Schema, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    for namespace in desired.namespaces.iter().filter(|name| !current.namespaces.contains(name)) {
        steps.push(plain(Change::CreateNamespace(namespace.clone())));
    }
    // Every database is born with `plpgsql`, whatever a schema without a database says.
    let exists = |name: &str| name == "plpgsql" || current.extensions.iter().any(|found| found.name == name);
    for extension in desired.extensions.iter().filter(|wanted| !exists(&wanted.name)) {
        steps.push(plain(Change::CreateExtension(extension.clone())));
    }
    release(&mut current, desired, steps);
    enums::changes(&mut current, desired, steps);
    let tables = Tables::of(&current, desired);
    let mut keys_to_add = Vec::new();
    foreign_key_drops(&tables, steps, &mut keys_to_add);
    let mut index_steps = Vec::new();
    for (found, wanted) in &tables.staying {
        index_changes(found, wanted, steps, &mut index_steps);
    }
    for (found, wanted) in &tables.staying {
        alter_table(found, wanted, steps);
    }
    let similar = Similar::among(if tables.going.is_empty() { &[] } else { &tables.coming });
    for table in &tables.going {
        let hazards = renames::drop_hazards(table, &similar);
        steps.push(Step { change: Change::DropTable(table.name.clone()), hazards });
    }
    enums::drops(&current, desired, steps);
    for &wanted in &tables.coming {
        steps.push(plain(Change::CreateTable(wanted.clone())));
        for index in &wanted.indexes {
            let change =
                Change::CreateIndex { table: wanted.name.clone(), index: index.clone(), on: TableAge::New };
            index_steps.push(plain(change));
        }
        for key in &wanted.foreign_keys {
            keys_to_add.push(new_key(&wanted.name, key));
        }
    }
    steps.append(&mut index_steps);
    steps.append(&mut keys_to_add);
    ties::refuse(&current, steps)
}

/// Partial indexes whose condition stands in the way of a new type go first and come again: PostgreSQL would read the
/// old condition with the new type, and find no operator for it.
fn release(current: &mut Schema, desired: &Schema, steps: &mut Vec<Step>) {
    let wanted: BTreeMap<&ObjectName, &Enum> =
        desired.enums.iter().map(|wanted| (&wanted.name, wanted)).collect();
    let rebuilt: BTreeSet<&ObjectName> = current
        .enums
        .iter()
        .filter(|found| {
            let wanted = wanted.get(&found.name);
            wanted.is_some_and(|wanted| found.values.iter().any(|value| !wanted.values.contains(value)))
        })
        .map(|found| &found.name)
        .collect();
    let tables = Tables::of(current, desired);
    let mut released: BTreeSet<(ObjectName, String)> = BTreeSet::new();
    for (found, wanted) in &tables.staying {
        let partial = found.indexes.iter().filter_map(|index| Some((index, index.predicate.as_ref()?)));
        for (index, predicate) in partial {
            let disturbed = found.columns.iter().any(|column| {
                let rebuilt = matches!(&column.ty.base, Type::Enum(name) if rebuilt.contains(name));
                let retyped = || match wanted.column(&column.name) {
                    Some(to) => compare(Dialect::PostgreSql, column, to).cast != Cast::Same,
                    None => false,
                };
                (rebuilt || retyped()) && predicate.mentions(&column.name)
            });
            if disturbed {
                steps.push(plain(Change::DropIndex { table: wanted.name.clone(), index: index.clone() }));
                released.insert((wanted.name.clone(), index.name.clone()));
            }
        }
    }
    for table in &mut current.tables {
        let name = table.name.clone();
        table.indexes.retain(|index| {
            index.predicate.is_none() || !released.contains(&(name.clone(), index.name.clone()))
        });
    }
}

pub(crate) fn plain(change: Change) -> Step {
    Step { change, hazards: Vec::new() }
}

/// A foreign key of a table that comes with the plan.
pub(crate) fn new_key(table: &ObjectName, key: &ForeignKey) -> Step {
    plain(Change::AddForeignKey { table: table.clone(), key: key.clone(), on: TableAge::New })
}

/// A foreign key of a table that may have rows.
pub(crate) fn add_key(pair: Pair<'_>, key: &ForeignKey, tables: &Tables<'_>) -> Step {
    let hazards = hazards::foreign_key(pair, key, tables.pair(&key.referenced_table)).into_iter().collect();
    let (table, key) = (pair.wanted.name.clone(), key.clone());
    Step { change: Change::AddForeignKey { table, key, on: TableAge::Existing }, hazards }
}

/// A foreign key that is there, and at whose rows nobody has looked yet: making it anew would hold locks for nothing.
fn validate(pair: Pair<'_>, key: &ForeignKey, tables: &Tables<'_>) -> Step {
    let hazards = hazards::foreign_key(pair, key, tables.pair(&key.referenced_table)).into_iter().collect();
    Step { change: Change::ValidateForeignKey { table: pair.wanted.name.clone(), key: key.clone() }, hazards }
}

/// A foreign key can be dropped by its name only.
pub(crate) fn drop_key(table: &ObjectName, key: &ForeignKey) -> Option<Step> {
    let (table, references) = (table.clone(), key.referenced_table.clone());
    key.name.clone().map(|name| plain(Change::DropForeignKey { table, name, references }))
}

/// Foreign keys that go, those of tables that go, and those that stand in the way of a change and come again.
fn foreign_key_drops(tables: &Tables<'_>, steps: &mut Vec<Step>, add: &mut Vec<Step>) {
    let mut renames = Vec::new();
    for table in &tables.going {
        steps.extend(table.foreign_keys.iter().filter_map(|key| drop_key(&table.name, key)));
    }
    for (found, wanted) in &tables.staying {
        let difference = keys::foreign_keys(found, wanted);
        let in_the_way: Vec<_> =
            difference.kept.iter().filter(|(key, _)| disturbed(key, found, tables)).copied().collect();
        let dropped = difference.dropped.iter().copied().chain(in_the_way.iter().map(|(key, _)| *key));
        steps.extend(dropped.filter_map(|key| drop_key(&wanted.name, key)));
        let again = difference.created.iter().copied().chain(in_the_way.iter().map(|(_, key)| *key));
        add.extend(
            again.map(|key| add_key(Pair { dialect: Dialect::PostgreSql, found, wanted }, key, tables)),
        );
        for (key, next) in difference.kept.iter().filter(|(key, _)| !key.validated) {
            if !in_the_way.iter().any(|(other, _)| other == key) {
                add.push(validate(Pair { dialect: Dialect::PostgreSql, found, wanted }, next, tables));
            }
        }
        for (old, new) in &difference.renamed {
            if in_the_way.iter().any(|(key, _)| key.name.as_deref() == Some(*old)) {
                continue;
            }
            let (from, to) = ((*old).to_owned(), (*new).to_owned());
            renames.push(plain(Change::RenameConstraint { table: wanted.name.clone(), from, to }));
        }
    }
    steps.append(&mut renames);
}

/// True when a column of the key changes its type on either side, or the key that it refers to is made anew.
fn disturbed(key: &ForeignKey, owner: &Table, tables: &Tables<'_>) -> bool {
    let changes = |table: &ObjectName, columns: &[String]| {
        tables.pair(table).is_some_and(|(found, wanted)| {
            columns.iter().any(|name| match (found.column(name), wanted.column(name)) {
                (Some(from), Some(to)) => compare(Dialect::PostgreSql, from, to).cast != Cast::Same,
                _ => false,
            })
        })
    };
    let key_made_anew = tables.pair(&key.referenced_table).is_some_and(|(found, wanted)| {
        primary_columns(found) != primary_columns(wanted)
            || keys::indexes(found, wanted).dropped.iter().any(|index| {
                let columns: Vec<&String> = index.columns.iter().map(|column| &column.name).collect();
                index.uniqueness == Uniqueness::Unique
                    && columns.iter().copied().eq(key.referenced_columns.iter())
            })
    });
    key_made_anew
        || changes(&owner.name, &key.columns)
        || changes(&key.referenced_table, &key.referenced_columns)
}

fn primary_columns(table: &Table) -> Option<&[String]> {
    table.primary_key.as_ref().map(|key| key.columns.as_slice())
}

fn index_changes(found: &Table, wanted: &Table, now: &mut Vec<Step>, later: &mut Vec<Step>) {
    let difference = keys::indexes(found, wanted);
    for index in &difference.dropped {
        now.push(plain(Change::DropIndex { table: wanted.name.clone(), index: (*index).clone() }));
    }
    for (index, to) in &difference.renamed {
        let (index, to) = ((*index).clone(), (*to).to_owned());
        now.push(plain(Change::RenameIndex { table: wanted.name.clone(), index, to }));
    }
    // A column that is dropped and made again takes its indexes along.
    let lost = wanted.indexes.iter().filter(|index| {
        let kept = !difference.created.iter().any(|created| created.name == index.name);
        kept && index.columns.iter().any(|column| recreated(found, wanted, &column.name))
    });
    for index in difference.created.iter().copied().chain(lost) {
        let unique = index.uniqueness == Uniqueness::Unique;
        let hazard = if unique {
            hazards::unique_index(Pair { dialect: Dialect::PostgreSql, found, wanted }, index)
        } else {
            None
        };
        let hazards = hazard.into_iter().collect();
        let change =
            Change::CreateIndex { table: wanted.name.clone(), index: index.clone(), on: TableAge::Existing };
        later.push(Step { change, hazards });
    }
}

fn recreated(found: &Table, wanted: &Table, column: &str) -> bool {
    match (found.column(column), wanted.column(column)) {
        (Some(from), Some(to)) => compare(Dialect::PostgreSql, from, to).cast == Cast::Impossible,
        _ => false,
    }
}

fn alter_table(found: &Table, wanted: &Table, steps: &mut Vec<Step>) {
    let mut alterations = Vec::new();
    let mut settled = Vec::new();
    let mut hazards: Vec<Hazard> = Vec::new();
    let key_recreated =
        primary_columns(wanted).unwrap_or_default().iter().any(|name| recreated(found, wanted, name));
    let new_key = primary_columns(found) != primary_columns(wanted) || key_recreated;
    if new_key {
        if let Some(name) = found.primary_key.as_ref().and_then(|key| key.name.clone()) {
            alterations.push(Alteration::DropPrimaryKey(name));
        }
        hazards.push(hazards::primary_key(Pair { dialect: Dialect::PostgreSql, found, wanted }));
    }
    for column in found.columns.iter().filter(|column| wanted.column(&column.name).is_none()) {
        alterations.push(Alteration::DropColumn(column.name.clone()));
        hazards.push(hazards::drop_or_rename_column(found, wanted, column));
    }
    for column in wanted.columns.iter().filter(|column| found.column(&column.name).is_none()) {
        let (with, without) = coming(column);
        alterations.push(Alteration::AddColumn(with));
        settled.extend(without.map(|column| Alteration::DropDefault(column.name)));
        hazards.extend(added_hazards(wanted, column));
    }
    for to in &wanted.columns {
        let Some(from) = found.column(&to.name) else { continue };
        let difference = compare(Dialect::PostgreSql, from, to);
        if !difference.none() {
            alter_column(from, to, difference, &mut alterations);
            hazards.extend(changed_hazards(
                Dialect::PostgreSql,
                wanted,
                (from, to),
                difference,
                NullHandling::Refused,
            ));
        }
    }
    hazards.extend(hazards::merged_values(Pair { dialect: Dialect::PostgreSql, found, wanted }));
    if new_key && let Some(key) = &wanted.primary_key {
        alterations.push(Alteration::AddPrimaryKey(key.clone()));
    }
    if !alterations.is_empty() {
        steps.push(Step { change: Change::AlterTable { table: wanted.name.clone(), alterations }, hazards });
    }
    if !settled.is_empty() {
        let change = Change::AlterTable { table: wanted.name.clone(), alterations: settled };
        steps.push(plain(change));
    }
    let names = |table: &Table| table.primary_key.as_ref().and_then(|key| key.name.clone());
    if let (false, Some(from), Some(to)) = (new_key, names(found), names(wanted))
        && from != to
    {
        steps.push(plain(Change::RenameConstraint { table: wanted.name.clone(), from, to }));
    }
}

fn alter_column(
    from: &schema::Column,
    to: &schema::Column,
    difference: ColumnDifference,
    out: &mut Vec<Alteration>,
) {
    // Neither a column that is made anew nor a new type knows the settings of before; a way back has them on its side.
    let mut attributes = from.attributes.clone().or_else(|| to.attributes.clone());
    if let Some(attributes) = &mut attributes {
        attributes.generated = to.attributes.as_ref().and_then(|attributes| attributes.generated.clone());
    }
    let attributes = attributes.filter(|attributes| **attributes != schema::Attributes::default());
    let carried = || schema::Column { attributes: attributes.clone(), ..to.clone() };
    if difference.cast == Cast::Impossible {
        out.push(Alteration::RecreateColumn(carried()));
        return;
    }
    let retyped = difference.cast != Cast::Same;
    let anew = difference.autoincrement && other_sequence(from, to);
    if from.autoincrement && (!to.autoincrement || anew) {
        out.push(Alteration::DropAutoincrement(to.name.clone()));
    }
    // A default of the old type may have no cast of its own, so it goes first and comes again.
    if from.default.is_some() && (retyped || (difference.default && to.default.is_none())) {
        out.push(Alteration::DropDefault(to.name.clone()));
    }
    if retyped {
        out.push(Alteration::SetType { from: from.clone(), to: carried() });
    }
    if to.default.is_some() && (difference.default || (retyped && from.default.is_some())) {
        out.push(Alteration::SetDefault(to.clone()));
    }
    if difference.nullability {
        out.push(match to.nullability {
            Nullability::Required => Alteration::SetNotNull(to.name.clone()),
            Nullability::Nullable => Alteration::DropNotNull(to.name.clone()),
        });
    }
    if to.autoincrement && difference.autoincrement {
        out.push(Alteration::AddAutoincrement(to.clone()));
    }
}
