//! Changes on SQLite: whatever ALTER TABLE cannot do is a table redefinition (SQLite: "ALTER TABLE", 7).

use std::collections::BTreeMap;

use schema::{Column, Default, Dialect, Nullability, Schema, Table, Type, Uniqueness};

use crate::arrivals::Pair;
use crate::columns::{NullHandling, added_hazards, changed_hazards, compare};
use crate::diff::Refusal;
use crate::similar::Similar;
use crate::tables::Tables;
use crate::{Alteration, Change, Hazard, RenamedValues, Step, TableAge, hazards, keys, renames, values};

pub(crate) fn changes(current: &Schema, desired: &Schema, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    let tables = Tables::of(current, desired);
    rename_values(&tables, desired, steps)?;
    let similar = Similar::among(if tables.going.is_empty() { &[] } else { &tables.coming });
    for table in &tables.going {
        let hazards = renames::drop_hazards(table, &similar);
        steps.push(Step { change: Change::DropTable(table.name.clone()), hazards });
    }
    // A name may move from one table's index to another's, so every index goes before any comes.
    let mut gone = Vec::new();
    let mut index_steps = Vec::new();
    let start = steps.len();
    for wanted in &desired.tables {
        match tables.pair(&wanted.name) {
            Some((found, _)) => {
                gone.append(&mut table_changes((found, wanted), &tables, steps, &mut index_steps)?);
            }
            None => {
                steps.push(Step { change: Change::CreateTable(wanted.clone()), hazards: vec![] });
                for index in &wanted.indexes {
                    let (table, index) = (wanted.name.clone(), index.clone());
                    let change = Change::CreateIndex { table, index, on: TableAge::New };
                    index_steps.push(Step { change, hazards: vec![] });
                }
            }
        }
    }
    steps.splice(start..start, gone);
    steps.append(&mut index_steps);
    Ok(())
}

/// The rows get the new names first. No type tells which values were there before, so that of a value that stays nobody can
/// tell whether its rows are the old ones or new ones.
fn rename_values(tables: &Tables<'_>, desired: &Schema, steps: &mut Vec<Step>) -> Result<(), Refusal> {
    for wanted in &desired.tables {
        for to in &wanted.columns {
            let owner = |value: &str| format!("{}.{}: {value}", wanted.name, to.name);
            let Some(values) = to.values.as_deref() else { continue };
            let hints = || values::hints(Some(values)).filter(|(new, old)| new != old);
            if let Some((new, old)) = hints().find(|(_, old)| values.values.contains(old)) {
                return Err(Refusal::Hint { new: owner(new), old: owner(old) });
            }
            let found = tables.pair(&wanted.name).and_then(|(found, _)| found.column(&to.name));
            let there = found.and_then(|found| found.values.as_deref());
            let (Some(found), Some(there)) = (found, there) else { continue };
            let renamed = values::pending(&there.values, &values.values, &hints(), &owner)?;
            if renamed.is_empty() {
                continue;
            }
            let taken: Vec<_> = renamed.iter().filter(|one| one.onto == values::Onto::Taken).collect();
            let hazards = values::merge(&wanted.name, found, &taken).into_iter().collect();
            let renamed = RenamedValues {
                column: to.name.clone(),
                values: renamed.into_iter().map(|one| (one.from, one.to)).collect(),
                clocks: Vec::new(),
                key: None,
            };
            steps
                .push(Step { change: Change::RenameValues { table: wanted.name.clone(), renamed }, hazards });
        }
    }
    Ok(())
}

/// Answers the indexes that go.
fn table_changes(
    (found, wanted): (&Table, &Table),
    tables: &Tables<'_>,
    steps: &mut Vec<Step>,
    index_steps: &mut Vec<Step>,
) -> Result<Vec<Step>, Refusal> {
    let pair = Pair { dialect: Dialect::Sqlite, found, wanted };
    let mut hazards: Vec<Hazard> = Vec::new();
    let keys = keys::foreign_keys(found, wanted);
    let same_keys = keys.dropped.is_empty() && keys.created.is_empty();
    let mut redefine = !same_primary_key(found, wanted) || !same_keys;
    for key in keys.created {
        hazards.extend(hazards::foreign_key(pair, key, tables.pair(&key.referenced_table)));
    }
    if !same_primary_key(found, wanted) {
        hazards.push(hazards::primary_key(pair));
    }
    for column in found.columns.iter().filter(|column| wanted.column(&column.name).is_none()) {
        redefine = true;
        hazards.push(hazards::drop_or_rename_column(found, wanted, column));
    }
    let mut added = Vec::new();
    for column in &wanted.columns {
        let Some(before) = found.column(&column.name) else {
            redefine |= !can_be_added(column);
            hazards.extend(added_hazards(wanted, column));
            added.push(Alteration::AddColumn(column.clone()));
            continue;
        };
        let difference = compare(Dialect::Sqlite, before, column);
        if !difference.none() {
            redefine = true;
            hazards.extend(changed_hazards(
                Dialect::Sqlite,
                wanted,
                (before, column),
                difference,
                NullHandling::FilledByDefault,
            ));
        }
    }
    let difference = keys::indexes(found, wanted);
    // An index that a UNIQUE constraint made cannot be dropped by itself.
    let leaving =
        difference.dropped.iter().copied().chain(difference.renamed.iter().map(|(index, _)| *index));
    redefine |= leaving.into_iter().any(|index| index.constraint);
    let created_again = difference.created.iter().copied().chain(
        difference
            .renamed
            .iter()
            .filter_map(|(_, name)| wanted.indexes.iter().find(|index| index.name == **name)),
    );
    let unique_hazards: BTreeMap<&str, Hazard> = difference
        .created
        .iter()
        .filter(|index| index.uniqueness == Uniqueness::Unique)
        .filter_map(|index| Some((index.name.as_str(), hazards::unique_index(pair, index)?)))
        .collect();
    if redefine {
        let lost = lost_by_a_rebuild(found, wanted);
        if !lost.is_empty() {
            return Err(Refusal::Extras { table: found.name.clone(), extras: lost });
        }
        hazards.extend(unique_hazards.into_values());
        let change = Change::RedefineTable { from: found.clone(), to: wanted.clone() };
        steps.push(Step { change, hazards });
        return Ok(Vec::new());
    }
    if !added.is_empty() {
        let change = Change::AlterTable { table: wanted.name.clone(), alterations: added };
        steps.push(Step { change, hazards });
    }
    let leaving =
        difference.dropped.iter().copied().chain(difference.renamed.iter().map(|(index, _)| *index));
    let gone = leaving
        .map(|index| Change::DropIndex { table: wanted.name.clone(), index: index.clone() })
        .map(|change| Step { change, hazards: vec![] })
        .collect();
    for index in created_again {
        let hazards = unique_hazards.get(index.name.as_str()).cloned().into_iter().collect();
        let change =
            Change::CreateIndex { table: wanted.name.clone(), index: index.clone(), on: TableAge::Existing };
        index_steps.push(Step { change, hazards });
    }
    Ok(gone)
}

/// What a rebuild does not carry over. `STRICT` and `WITHOUT ROWID` are written again, where the table as it shall be may
/// have them: a strict one knows five types, and one without rowid does not count.
fn lost_by_a_rebuild(found: &Table, wanted: &Table) -> Vec<String> {
    let strict = |column: &Column| {
        matches!(column.ty.base, Type::Integer | Type::SmallInt | Type::Real | Type::Text | Type::Bytes)
    };
    let carried = |extra: &str| match extra {
        "strict" => wanted.columns.iter().all(strict),
        "without rowid" => !wanted.columns.iter().any(|column| column.autoincrement),
        // The run makes them again, and takes everything back when one no longer fits.
        trigger if trigger.starts_with("trigger ") => true,
        _ => false,
    };
    found.extras.iter().filter(|extra| !carried(extra)).cloned().collect()
}

/// `ADD COLUMN` takes constants only, and no NOT NULL without one.
fn can_be_added(column: &Column) -> bool {
    if column.autoincrement {
        return false;
    }
    match &column.default {
        None => column.nullability == Nullability::Nullable,
        Some(Default::Value(_)) => true,
        Some(_) => false,
    }
}

fn same_primary_key(found: &Table, wanted: &Table) -> bool {
    let columns = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
    columns(found) == columns(wanted)
}

#[cfg(test)]
mod tests {
    use schema::{Column, ColumnType, Index, IndexColumn, ObjectName};

    use super::*;

    fn table(indexes: Vec<Index>, extras: Vec<String>) -> Table {
        let column = Column {
            name: "id".to_owned(),
            ty: ColumnType { base: Type::Integer, list: false },
            nullability: Nullability::Required,
            default: None,
            autoincrement: false,
            sequence: None,
            client_default: false,
            filled_with: None,
            renamed_from: None,
            replaces: None,
            values: None,
            attributes: None,
        };
        Table {
            name: ObjectName::new(None, "T"),
            columns: vec![column],
            primary_key: None,
            indexes,
            foreign_keys: Vec::new(),
            renamed_from: None,
            extras,
            ties: Vec::new(),
        }
    }

    #[test]
    fn a_rebuild_for_a_unique_constraint_never_drops_a_check() {
        let constraint = Index {
            name: "sqlite_autoindex_T_1".to_owned(),
            uniqueness: Uniqueness::Unique,
            columns: vec![IndexColumn {
                name: "id".to_owned(),
                sort: datamodel::Sort::Asc,
                operator_class: None,
                length: None,
            }],
            method: None,
            predicate: None,
            constraint: true,
            valid: true,
        };
        let mut named = constraint.clone();
        named.name = "T_id_key".to_owned();
        let nothing = Schema::empty(Dialect::Sqlite);
        let none = Tables::of(&nothing, &nothing);
        for wanted in [table(vec![], vec![]), table(vec![named], vec![])] {
            let refused = table(vec![constraint.clone()], vec!["check".to_owned()]);
            assert!(table_changes((&refused, &wanted), &none, &mut vec![], &mut vec![]).is_err());
            let (mut steps, plain) =
                (vec![], table(vec![constraint.clone()], vec!["trigger audit".to_owned()]));
            table_changes((&plain, &wanted), &none, &mut steps, &mut vec![]).unwrap();
            assert!(matches!(steps.as_slice(), [Step { change: Change::RedefineTable { .. }, .. }]));
        }
    }
}
