//! What hangs on a table or on single columns of it, and is never dropped by accident (PostgreSQL).

use std::collections::{BTreeMap, BTreeSet};

use schema::{Column, Hold, ObjectName, Schema, Table, Tie, Type};

use crate::tables::by_name;
use crate::{Alteration, Change, Refusal, Step, TableAge};

/// Refuses steps that would take along, or be stopped by, what a datamodel cannot say. `current` has the names from after
/// the plan's renames.
pub(crate) fn refuse(current: &Schema, steps: &[Step]) -> Result<(), Refusal> {
    let tables = by_name(current);
    let (mut domains, anew) = (None, Anew::of(steps));
    for step in steps {
        match &step.change {
            Change::DropTable(name) => {
                if let Some(table) = tables.get(name) {
                    refusal(table, extras(table, &["view ", "materialized view "]))?;
                }
            }
            Change::AlterTable { table, alterations } => {
                if let Some(table) = tables.get(table) {
                    let found = alterations.iter().flat_map(|alteration| altered(table, alteration));
                    refusal(table, found.chain(primary_key(table, alterations)).collect())?;
                }
            }
            Change::RebuildEnum { from, columns, .. } => {
                let domains = domains.get_or_insert_with(|| self::domains(current));
                for (table, found) in domains.get(&from.name).into_iter().flatten() {
                    refusal(table, found.clone())?;
                }
                for column in columns {
                    if let Some(table) = tables.get(&column.table) {
                        refusal(table, tied(table, &column.column.name, &[Hold::InTheWay]))?;
                    }
                }
            }
            Change::DropForeignKey { table, name, .. } => {
                if let Some(table) = tables.get(table) {
                    refusal(table, anew.key(table, name))?;
                }
            }
            Change::DropIndex { table, index } => {
                if let Some(table) = tables.get(table) {
                    // Without it the server refuses every update and delete of a table that is published.
                    let identity = format!("index {}: replica identity", index.name);
                    let found = extras(table, &[&identity]).into_iter();
                    refusal(table, found.chain(anew.index(table, &index.name)).collect())?;
                }
            }
            Change::CreateIndex { table, index, on: TableAge::Existing } => {
                if let Some(table) = tables.get(table) {
                    refusal(table, anew.index(table, &index.name))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn altered(table: &Table, alteration: &Alteration) -> Vec<String> {
    match alteration {
        Alteration::DropColumn(name) => tied(table, name, &[Hold::GoesAlong, Hold::InTheWay]),
        Alteration::RecreateColumn(column) => {
            let all = [Hold::GoesAlong, Hold::InTheWay, Hold::OfColumn, Hold::OfType];
            let mut found = tied(table, &column.name, &all);
            found.extend(lost_domain(table, column));
            found.extend(generated(table, &column.name));
            found
        }
        Alteration::DropDefault(name) => generated(table, name).into_iter().collect(),
        Alteration::SetDefault(column) => generated(table, &column.name).into_iter().collect(),
        Alteration::SetType { to, .. } => {
            let holds: &[Hold] =
                if has_collation(&to.ty.base) { &[Hold::InTheWay, Hold::OfType] } else { &[Hold::InTheWay] };
            let mut found = tied(table, &to.name, holds);
            found.extend(lost_domain(table, to));
            found.extend(lost_storage(table, to));
            found.extend(generated(table, &to.name));
            found
        }
        _ => Vec::new(),
    }
}

/// The column, where its values follow from others by an expression that is no default.
fn generated(table: &Table, column: &str) -> Option<String> {
    table.column(column)?.is_generated().then(|| format!("generated column {column}"))
}

/// What a primary key has beyond its columns, where it goes or another one takes its place.
fn primary_key(table: &Table, alterations: &[Alteration]) -> Vec<String> {
    let gone = alterations.iter().find_map(|alteration| match alteration {
        Alteration::DropPrimaryKey(name) => Some(name),
        _ => None,
    });
    let comes = alterations.iter().any(|alteration| matches!(alteration, Alteration::AddPrimaryKey(_)));
    match gone {
        Some(name) if comes => of_index(table, name),
        Some(name) => extras(table, &[&format!("index {name}: replica identity")]),
        None => Vec::new(),
    }
}

/// What an index has that its new definition does not say.
fn of_index(table: &Table, name: &str) -> Vec<String> {
    let mut found = extras(table, &[&format!("index {name}: ")]);
    found.extend(of_constraint(table, name));
    found
}

/// What a constraint has that its new definition does not say.
fn of_constraint(table: &Table, name: &str) -> Vec<String> {
    let end = format!(" constraint {name}");
    let said = |extra: &&String| extra.ends_with(&end) && !extra.starts_with("not enforced");
    table.extras.iter().filter(said).cloned().collect()
}

/// What the plan makes anew.
struct Anew<'s> {
    /// Indexes that are created, by table and name.
    indexes: BTreeSet<(&'s ObjectName, &'s str)>,
    /// Foreign keys that are added, by table and columns.
    keys: BTreeSet<(&'s ObjectName, &'s [String])>,
    /// Former names of indexes, by table and new name.
    former: BTreeMap<(&'s ObjectName, &'s str), &'s str>,
}

impl<'s> Anew<'s> {
    fn of(steps: &'s [Step]) -> Self {
        let mut anew = Self { indexes: BTreeSet::new(), keys: BTreeSet::new(), former: BTreeMap::new() };
        for step in steps {
            match &step.change {
                Change::CreateIndex { table, index, on: TableAge::Existing } => {
                    anew.indexes.insert((table, &index.name));
                }
                Change::AddForeignKey { table, key, on: TableAge::Existing } => {
                    anew.keys.insert((table, &key.columns));
                }
                Change::RenameIndex { table, index, to } => {
                    anew.former.insert((table, to), &index.name);
                }
                _ => {}
            }
        }
        anew
    }

    /// What an index of this new name loses, if it is made anew.
    fn index(&self, table: &Table, name: &str) -> Vec<String> {
        if !self.indexes.contains(&(&table.name, name)) {
            return Vec::new();
        }
        of_index(table, self.former.get(&(&table.name, name)).copied().unwrap_or(name))
    }

    /// What a foreign key of this old name loses, if it is made anew.
    fn key(&self, table: &Table, name: &str) -> Vec<String> {
        let key = table.foreign_keys.iter().find(|key| key.name.as_deref() == Some(name));
        let again = key.is_some_and(|key| self.keys.contains(&(&table.name, key.columns.as_slice())));
        if again { of_constraint(table, name) } else { Vec::new() }
    }
}

/// Said without one, a new type comes with the database's collation (PostgreSQL: "ALTER TABLE", `SET DATA TYPE`).
const fn has_collation(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Citext | Type::VarChar(_) | Type::Char(_) | Type::Other(_))
}

/// The domain that a column has, where the datamodel does not say by which type of its own to replace it.
fn lost_domain(table: &Table, to: &Column) -> Option<String> {
    let Type::Domain(domain) = &table.column(&to.name)?.ty.base else { return None };
    let said = matches!(to.ty.base, Type::Other(_) | Type::Domain(_));
    (!said).then(|| format!("column {}: domain {}", to.name, domain.name))
}

/// How long values are kept, which no statement can say again of a type that may have none.
fn lost_storage(table: &Table, to: &Column) -> Vec<String> {
    let unknown = !to.ty.list && matches!(to.ty.base, Type::Other(_) | Type::Domain(_));
    let of = |what: &str| extras(table, &[&format!("column {}: {what} ", to.name)]);
    if unknown { [of("storage"), of("compression")].concat() } else { Vec::new() }
}

/// Columns of domains by the enum that these stand on: they would keep the old type.
fn domains(schema: &Schema) -> BTreeMap<&ObjectName, Vec<(&Table, Vec<String>)>> {
    let mut found: BTreeMap<&ObjectName, Vec<(&Table, Vec<String>)>> = BTreeMap::new();
    for table in by_name(schema).into_values() {
        for column in &table.columns {
            if let Type::Domain(domain) = &column.ty.base
                && let Type::Enum(name) = &domain.of.base
            {
                let what = format!("column {}: domain {}", column.name, domain.name);
                let tables = found.entry(name).or_default();
                match tables.last_mut().filter(|(last, _)| last.name == table.name) {
                    Some((_, all)) => all.push(what),
                    None => tables.push((table, vec![what])),
                }
            }
        }
    }
    found
}

pub(crate) fn tied(table: &Table, column: &str, holds: &[Hold]) -> Vec<String> {
    // A partial index of a datamodel that speaks of them is looked after by the plan.
    let managed = |tie: &Tie| {
        let name = tie.what.strip_prefix("index ");
        name.is_some_and(|name| table.indexes.iter().any(|index| index.name == name))
    };
    let ties = table.ties.iter().filter(|tie| holds.contains(&tie.hold) && !managed(tie));
    let on_it = ties.filter(|tie| tie.columns.iter().any(|name| name == column));
    on_it.map(|tie| tie.what.clone()).collect()
}

/// The extras of these kinds; without kinds all of them.
fn extras(table: &Table, kinds: &[&str]) -> Vec<String> {
    let of_kind = |extra: &&String| kinds.is_empty() || kinds.iter().any(|kind| extra.starts_with(kind));
    table.extras.iter().filter(of_kind).cloned().collect()
}

pub(crate) fn refusal(table: &Table, mut extras: Vec<String>) -> Result<(), Refusal> {
    extras.sort();
    extras.dedup();
    if extras.is_empty() { Ok(()) } else { Err(Refusal::Extras { table: table.name.clone(), extras }) }
}
