//! Values of an enum that get other names: the column takes the new ones beside the old, its rows change, and what is then a
//! change of type like any other leaves the old ones out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schema::{Column, MySqlType, ObjectName, Schema, Table, Type};

use super::attributes::{How, carried};
use crate::diff::Refusal;
use crate::postgres::plain;
use crate::tables::Tables;
use crate::values::{Onto, Renamed, hints, merge, pending, renamed_default};
use crate::{Alteration, Change, Hazard, RenamedValues, Step};

/// A column whose values get other names.
pub(super) struct Renaming {
    /// As it is found.
    from: Column,
    /// With both names of each value.
    widened: Column,
    renamed: Vec<Renamed>,
    /// What the rows need.
    pub(super) rows: RenamedValues,
}

/// The columns of each table.
pub(super) type Renamings = BTreeMap<ObjectName, Vec<Renaming>>;

pub(super) fn renamings(current: &Schema, desired: &Schema) -> Result<Renamings, Refusal> {
    let mut all = Renamings::new();
    for (found, wanted) in Tables::of(current, desired).staying {
        for to in &wanted.columns {
            let Some(from) = found.column(&to.name) else { continue };
            if let Some(renaming) = renaming((found, wanted), from, to)? {
                all.entry(wanted.name.clone()).or_default().push(renaming);
            }
        }
    }
    Ok(all)
}

fn renaming(
    (found, wanted): (&Table, &Table),
    from: &Column,
    to: &Column,
) -> Result<Option<Renaming>, Refusal> {
    let (Type::MySql(MySqlType::Enum(before)), Type::MySql(MySqlType::Enum(after))) =
        (&from.ty.base, &to.ty.base)
    else {
        return Ok(None);
    };
    let owner = |value: &str| format!("{}.{}: {value}", wanted.name, to.name);
    let renamed = pending(before, after, &hints(to.values.as_deref()), &owner)?;
    if renamed.is_empty() {
        return Ok(None);
    }
    let new = renamed.iter().filter(|one| one.onto == Onto::Free).map(|one| &one.to);
    let mut widened = from.clone();
    widened.ty.base = Type::MySql(MySqlType::Enum(before.iter().chain(new).cloned().collect()));
    widened.default = renamed_default(from.default.as_ref(), &renamed);
    let rows = RenamedValues {
        column: to.name.clone(),
        values: renamed.iter().map(|one| (one.from.clone(), one.to.clone())).collect(),
        clocks: clocks(found, wanted),
        key: key(found, &to.name),
    };
    Ok(Some(Renaming { from: from.clone(), widened, renamed, rows }))
}

/// A row does not become newer by another name of what it holds (MySQL: `ON UPDATE CURRENT_TIMESTAMP`).
fn clocks(found: &Table, wanted: &Table) -> Vec<String> {
    let updates = |column: &&Column| {
        let wanted = wanted.column(&column.name);
        [Some(*column), wanted]
            .into_iter()
            .flatten()
            .any(|column| column.attributes.as_ref().is_some_and(|attributes| attributes.updates_clock))
    };
    found.columns.iter().filter(updates).map(|column| column.name.clone()).collect()
}

/// The key by which a large table is walked: one column that stays as it is, with a name that a comment can say.
fn key(found: &Table, renamed: &str) -> Option<String> {
    let key = found.primary_key.as_ref().filter(|key| key.prefixes.is_empty())?;
    let [only] = key.columns.as_slice() else { return None };
    let column = found.column(only).filter(|column| column.name != renamed)?;
    let ordered = matches!(
        column.ty.base,
        Type::MySql(MySqlType::Integer(..) | MySqlType::VarChar(_) | MySqlType::Char(_))
    );
    let plain = only.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    (ordered && plain).then(|| only.clone())
}

/// The schema with both names in each column, as it is before the old ones go.
pub(super) fn widened<'s>(current: &'s Schema, renamings: &Renamings) -> Cow<'s, Schema> {
    if renamings.is_empty() {
        return Cow::Borrowed(current);
    }
    let mut schema = current.clone();
    for table in &mut schema.tables {
        let of_table = renamings.get(&table.name).map_or(&[][..], Vec::as_slice);
        for renaming in of_table {
            for column in table.columns.iter_mut().filter(|column| column.name == renaming.from.name) {
                *column = renaming.widened.clone();
            }
        }
    }
    Cow::Owned(schema)
}

/// What comes before the change of type: both names, then the rows.
pub(super) fn steps(found: &Table, wanted: &Table, renamings: &[Renaming]) -> Result<Vec<Step>, Refusal> {
    let table = &wanted.name;
    let mut wider = Vec::new();
    for renaming in renamings {
        let mut to = renaming.widened.clone();
        to.attributes = wanted.column(&to.name).and_then(|column| column.attributes.clone());
        let mut to = carried(found, &renaming.from, &to, How::Modified)?;
        if renaming.looks_alike() {
            let mut attributes = to.attributes.unwrap_or_default();
            attributes.collation = Some(EXACT.to_owned());
            to.attributes = Some(attributes);
        }
        if to != renaming.from {
            wider.push(Alteration::ModifyColumn { from: renaming.from.clone(), to });
        }
    }
    let hazards = renamings.iter().filter_map(|renaming| renaming.merge(table)).collect();
    let mut steps = Vec::new();
    if !wider.is_empty() {
        let change = Change::AlterTable { table: table.clone(), alterations: wider };
        steps.push(plain(change));
    }
    let rows = renamings.iter().map(|renaming| renaming.rows.clone());
    steps.extend(rows.map(|renamed| plain(Change::RenameValues { table: table.clone(), renamed })));
    if let Some(first) = steps.first_mut() {
        first.hazards = hazards;
    }
    Ok(steps)
}

/// Tells every two letters apart.
const EXACT: &str = "utf8mb4_bin";

impl Renaming {
    /// Values that leave and do not live on under another name.
    pub(super) fn lives_on(&self, value: &str) -> bool {
        self.renamed.iter().any(|one| one.from == value)
    }

    /// True when a collation may take a new value for one that is there, so that the server would refuse both in one list.
    /// Which collation a column has that is the table's own nobody knows here.
    fn looks_alike(&self) -> bool {
        let Type::MySql(MySqlType::Enum(values)) = &self.from.ty.base else { return false };
        let new = || self.renamed.iter().filter(|one| one.onto == Onto::Free).map(|one| &one.to);
        new().any(|new| values.iter().any(|value| may_be_equal(new, value)))
    }

    fn merge(&self, table: &ObjectName) -> Option<Hazard> {
        let taken: Vec<&Renamed> = self.renamed.iter().filter(|one| one.onto == Onto::Taken).collect();
        merge(table, &self.from, &taken)
    }
}

/// Beyond ASCII any two letters may count as one, and so do a letter's cases; blanks at the end count nowhere.
fn may_be_equal(one: &str, other: &str) -> bool {
    let folded = |text: &str| text.trim_end().to_ascii_lowercase();
    !one.is_ascii() || !other.is_ascii() || folded(one) == folded(other)
}

#[cfg(test)]
mod tests {
    use super::may_be_equal;

    #[test]
    fn what_a_collation_may_take_for_equal() {
        assert!(may_be_equal("admin", "Admin") && may_be_equal("a ", "a") && may_be_equal("é", "e"));
        assert!(!may_be_equal("NEW", "OPEN"));
    }
}
