//! Changes on MySQL and MariaDB. Every statement commits by itself, so a table's changes that need
//! each other are one statement; what stands alone is a step of its own, so that the server can do it online.

mod attributes;
mod casts;
mod key_names;
mod keys_in_the_way;
mod ties;
mod values;

use attributes::How;
pub(crate) use casts::{cast, equal};
pub(crate) use key_names::{named, named_as};
use values::Renaming;

use schema::{
    Column, Default, Dialect, Index, MySqlType, Nullability, ObjectName, Schema, Table, Type, Uniqueness,
};

use crate::arrivals::Pair;
use crate::casts::Cast;
use crate::columns::{ColumnDifference, NullHandling, added_hazards, changed_hazards, coming, compare};
use crate::diff::Refusal;
use crate::postgres::{new_key, plain};
use crate::similar::Similar;
use crate::tables::Tables;
use crate::{Alteration, Change, Hazard, Step, TableAge, hazards, keys, renames};

pub(crate) fn changes(current: &Schema, desired: &Schema, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    let renamings = values::renamings(current, desired)?;
    let widened = values::widened(current, &renamings);
    let tables = Tables::of(&widened, desired);
    let mut keys_to_add = Vec::new();
    keys_in_the_way::steps(&tables, steps, &mut keys_to_add);
    for (found, wanted) in &tables.staying {
        let renamings = renamings.get(&wanted.name).map_or(&[][..], Vec::as_slice);
        steps.append(&mut values::steps(found, wanted, renamings)?);
        table_changes(found, wanted, renamings, steps)?;
    }
    let similar = Similar::among(if tables.going.is_empty() { &[] } else { &tables.coming });
    for table in &tables.going {
        let hazards = renames::drop_hazards(table, &similar);
        steps.push(Step { change: Change::DropTable(table.name.clone()), hazards });
    }
    for &wanted in &tables.coming {
        steps.push(plain(Change::CreateTable(wanted.clone())));
        for key in &wanted.foreign_keys {
            keys_to_add.push(new_key(&wanted.name, key));
        }
    }
    steps.append(&mut keys_to_add);
    ties::refuse(current, steps)
}

/// What is to be done to one table, before it is cut into steps.
#[derive(std::default::Default)]
struct Work {
    alterations: Vec<Alteration>,
    hazards: Vec<Hazard>,
    dropped: Vec<Index>,
    renamed: Vec<(Index, String)>,
    created: Vec<(Index, Vec<Hazard>)>,
    /// Defaults that only filled the rows that exist.
    settled: Vec<Alteration>,
    /// True when indexes must change in the same statement as columns or keys.
    entangled: bool,
}

fn table_changes(
    found: &Table,
    wanted: &Table,
    renamings: &[Renaming],
    steps: &mut Vec<Step>,
) -> Result<(), Refusal> {
    let mut work = <Work as std::default::Default>::default();
    columns(found, wanted, renamings, &mut work)?;
    indexes(found, wanted, &mut work);
    let table = &wanted.name;
    if work.entangled {
        let mut alterations: Vec<Alteration> = work.dropped.into_iter().map(Alteration::DropIndex).collect();
        alterations.append(&mut work.alterations);
        alterations.extend(work.renamed.into_iter().map(|(index, to)| Alteration::RenameIndex { index, to }));
        for (index, mut found) in work.created {
            alterations.push(Alteration::AddIndex(index));
            work.hazards.append(&mut found);
        }
        let change = Change::AlterTable { table: table.clone(), alterations };
        steps.push(Step { change, hazards: work.hazards });
        steps.extend(settle(table, work.settled));
        return Ok(());
    }
    for index in work.dropped {
        steps.push(plain(Change::DropIndex { table: table.clone(), index }));
    }
    for (index, to) in work.renamed {
        steps.push(plain(Change::RenameIndex { table: table.clone(), index, to }));
    }
    if !work.alterations.is_empty() {
        let change = Change::AlterTable { table: table.clone(), alterations: work.alterations };
        steps.push(Step { change, hazards: work.hazards });
    }
    steps.extend(settle(table, work.settled));
    for (index, hazards) in work.created {
        let change = Change::CreateIndex { table: table.clone(), index, on: TableAge::Existing };
        steps.push(Step { change, hazards });
    }
    Ok(())
}

fn settle(table: &ObjectName, alterations: Vec<Alteration>) -> Option<Step> {
    (!alterations.is_empty()).then(|| plain(Change::AlterTable { table: table.clone(), alterations }))
}

fn columns(found: &Table, wanted: &Table, renamings: &[Renaming], work: &mut Work) -> Result<(), Refusal> {
    let recreates = |name: &String| recreated(found, wanted, name);
    let key =
        |table: &Table| table.primary_key.as_ref().map(|key| (key.columns.clone(), key.prefixes.clone()));
    let key_columns = wanted.primary_key.iter().flat_map(|key| &key.columns);
    let new_key = key(found) != key(wanted) || key_columns.into_iter().any(recreates);
    if new_key {
        work.entangled = true;
        work.hazards.push(hazards::primary_key(Pair { dialect: Dialect::MySql, found, wanted }));
        if found.primary_key.is_some() {
            work.alterations.push(Alteration::DropPrimaryKey("PRIMARY".to_owned()));
        }
    }
    for column in found.columns.iter().filter(|column| wanted.column(&column.name).is_none()) {
        work.alterations.push(Alteration::DropColumn(column.name.clone()));
        work.hazards.push(hazards::drop_or_rename_column(found, wanted, column));
    }
    for column in &wanted.columns {
        let Some(from) = found.column(&column.name) else {
            work.entangled |= column.autoincrement;
            let (with, without) = coming(column);
            work.alterations.push(Alteration::AddColumn(with));
            work.settled.extend(without.map(|column| Alteration::DropDefault(column.name)));
            work.hazards.extend(added_hazards(wanted, column));
            continue;
        };
        let renaming = renamings.iter().find(|renaming| renaming.rows.column == column.name);
        let leaving = leaving_values(from, column, renaming);
        let mut difference = compare(Dialect::MySql, from, column);
        if renaming.is_some() && leaving.is_none() {
            difference.cast = Cast::Safe;
        }
        if difference.none() {
            continue;
        }
        work.entangled |= difference.autoincrement;
        if difference.cast == Cast::Impossible {
            let column = attributes::carried(found, from, column, How::MadeAnew)?;
            work.alterations.push(Alteration::RecreateColumn(column));
        // A generated column takes no default.
        } else if only_default(difference, column) && !from.is_generated() {
            work.alterations.push(match column.default {
                Some(_) => Alteration::SetDefault(column.clone()),
                None => Alteration::DropDefault(column.name.clone()),
            });
        } else {
            let to = attributes::carried(found, from, column, How::Modified)?;
            work.alterations.extend(renaming.map(|renaming| Alteration::RenameValues(renaming.rows.clone())));
            work.alterations.push(Alteration::ModifyColumn { from: from.clone(), to });
        }
        match leaving {
            Some(hazard) => {
                work.hazards.push(hazard(found));
                let becomes_required = difference.nullability && column.nullability == Nullability::Required;
                work.hazards
                    .extend(becomes_required.then(|| hazards::set_not_null(&wanted.name, &column.name)));
            }
            None => {
                let nulls = NullHandling::Refused;
                let columns = (from, column);
                work.hazards.extend(changed_hazards(Dialect::MySql, wanted, columns, difference, nulls));
            }
        }
    }
    work.hazards.extend(hazards::merged_values(Pair { dialect: Dialect::MySql, found, wanted }));
    if new_key && let Some(key) = &wanted.primary_key {
        work.alterations.push(Alteration::AddPrimaryKey(key.clone()));
    }
    Ok(())
}

/// True when the default alone changes, and to a value: an expression may only be part of a definition, and any default
/// of a text, blob or JSON is one.
fn only_default(difference: ColumnDifference, to: &Column) -> bool {
    let value = match to.default {
        None => true,
        Some(Default::Value(_)) => {
            !matches!(to.ty.base, Type::MySql(MySqlType::Text(_) | MySqlType::Blob(_) | MySqlType::Json))
        }
        Some(_) => false,
    };
    value && difference.cast == Cast::Same && !difference.nullability && !difference.autoincrement
}

/// The hazard of an enum that loses values.
fn leaving_values<'c>(
    from: &'c Column,
    to: &'c Column,
    renaming: Option<&Renaming>,
) -> Option<impl FnOnce(&Table) -> Hazard + use<'c>> {
    let (Type::MySql(MySqlType::Enum(before)), Type::MySql(MySqlType::Enum(after))) =
        (&from.ty.base, &to.ty.base)
    else {
        return None;
    };
    let lost = |value: &&String| renaming.is_none_or(|renaming| !renaming.lives_on(value));
    let removed: Vec<String> = casts::leaving(before, after).into_iter().filter(lost).cloned().collect();
    let new: Vec<String> = after.iter().filter(|value| !before.contains(value)).cloned().collect();
    (!removed.is_empty()).then_some(move |table: &Table| {
        let name = table.name.sibling(format!("{}.{}", table.name.name, to.name));
        let used = [(table.name.clone(), from.name.clone(), from.ty.clone())];
        let hazard = hazards::remove_enum_values(&name, &removed, &new, &used);
        Hazard { table: table.name.clone(), column: Some(to.name.clone()), ..hazard }
    })
}

fn indexes(found: &Table, wanted: &Table, work: &mut Work) {
    let difference = keys::indexes(found, wanted);
    let touched = |index: &Index| {
        index.columns.iter().any(|column| {
            recreated(found, wanted, &column.name)
                || (found.column(&column.name).is_some() && wanted.column(&column.name).is_none())
        })
    };
    work.dropped.extend(difference.dropped.iter().map(|index| (*index).clone()));
    let new = |index: &Index| {
        let unique = index.uniqueness == Uniqueness::Unique;
        let hazard = if unique {
            hazards::unique_index(Pair { dialect: Dialect::MySql, found, wanted }, index)
        } else {
            None
        };
        (index.clone(), hazard.into_iter().collect())
    };
    work.created.extend(difference.created.iter().map(|index| new(index)));
    // A column that is made anew takes its indexes along, so they are made anew with it.
    for index in wanted.indexes.iter().filter(|index| touched(index)) {
        if difference.created.iter().any(|created| created.name == index.name) {
            continue;
        }
        let before = difference.renamed.iter().find(|(_, to)| *to == index.name).map(|(before, _)| *before);
        let before = before.or_else(|| found.indexes.iter().find(|before| before.name == index.name));
        work.dropped.extend(before.cloned());
        work.created.push(new(index));
    }
    let made_anew = |name: &str| work.created.iter().any(|(index, _)| index.name == name);
    let renamed = difference.renamed.iter().filter(|(_, to)| !made_anew(to));
    work.renamed = renamed.map(|(index, to)| ((*index).clone(), (*to).to_owned())).collect();
    // An index that a foreign key needs goes only together with the one that takes its place, and one that loses a
    // column goes before the server cuts it short.
    let changes_form = !work.created.is_empty() || !work.renamed.is_empty();
    work.entangled |= !work.dropped.is_empty() && (changes_form || work.dropped.iter().any(touched));
    // A renamed index may take the name of another.
    work.entangled |= work.renamed.len() > 1;
}

fn recreated(found: &Table, wanted: &Table, column: &str) -> bool {
    match (found.column(column), wanted.column(column)) {
        (Some(from), Some(to)) => compare(Dialect::MySql, from, to).cast == Cast::Impossible,
        _ => false,
    }
}
