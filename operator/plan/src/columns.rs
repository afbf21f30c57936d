//! What differs between two columns of the same name.

use schema::{Column, Default, Dialect, Nullability, Table, Type};

use crate::casts::{Cast, cast};
use crate::{Hazard, defaults, hazards};

/// The differences of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnDifference {
    pub(crate) cast: Cast,
    pub(crate) default: bool,
    pub(crate) nullability: bool,
    pub(crate) autoincrement: bool,
}

impl ColumnDifference {
    pub(crate) fn none(self) -> bool {
        self.cast == Cast::Same && !self.default && !self.nullability && !self.autoincrement
    }
}

/// Compares a column with what it shall be.
pub(crate) fn compare(dialect: Dialect, from: &Column, to: &Column) -> ColumnDifference {
    let counted = counts_alike(from, to);
    // What the values are, where the datamodel has no word for them or the database has a domain.
    let values = match &to.ty.base {
        Type::Other(_) | Type::Domain(_) => &from.ty.values().base,
        base => base,
    };
    ColumnDifference {
        cast: cast(dialect, &from.ty, &to.ty),
        default: !counted
            && !generated_alike(from, to)
            && !defaults::equal(values, from.default.as_ref(), to.default.as_ref()),
        // A list of PSL is never null, whatever its column takes. What a domain refuses no column takes.
        nullability: from.nullability != to.nullability
            && !(from.ty.values().list && to.ty.list)
            && from.ty.domain().is_none_or(|domain| domain.nullability == Nullability::Nullable),
        autoincrement: !counted && (from.autoincrement != to.autoincrement || other_sequence(from, to)),
    }
}

/// Whether a column is already what it shall be: a plan leaves it as it is. Both have the same name.
pub fn same_column(dialect: schema::Dialect, found: &Column, wanted: &Column) -> bool {
    compare(dialect, found, wanted).none()
}

/// A generated column has no default to compare, and a datamodel usually gives it none.
fn generated_alike(from: &Column, to: &Column) -> bool {
    (from.is_generated() && to.default.is_none()) || (to.is_generated() && from.default.is_none())
}

/// Whether both columns take their numbers from a sequence, and from the same one where that is said. A sequence that
/// the column does not own serves as well, although it is found as a default.
fn counts_alike(from: &Column, to: &Column) -> bool {
    let counts = |column: &Column| column.autoincrement || column.sequence.is_some();
    counts(from) && counts(to) && !other_sequence(from, to)
}

pub(crate) fn other_sequence(from: &Column, to: &Column) -> bool {
    matches!((&from.sequence, &to.sequence), (Some(from), Some(to)) if from.name != to.name)
}

/// A column that comes to a table that may have rows.
pub(crate) fn added_hazards(table: &Table, column: &Column) -> Vec<Hazard> {
    let filled = column.default.is_some() || column.autoincrement;
    if column.nullability == Nullability::Required && !filled {
        vec![match filling(column) {
            Some(value) => hazards::filled_column(&table.name, column, value),
            None => hazards::required_column(&table.name, column),
        }]
    } else {
        Vec::new()
    }
}

/// The column as it comes, with a default for the rows that exist; and the same without it, when it has to go again.
pub(crate) fn coming(column: &Column) -> (Column, Option<Column>) {
    match filling(column) {
        Some(value) => (Column { default: Some(value.clone()), ..column.clone() }, Some(column.clone())),
        None => (column.clone(), None),
    }
}

/// What the rows get that exist when the column comes.
pub(crate) fn filling(column: &Column) -> Option<&Default> {
    let required = column.nullability == Nullability::Required && column.default.is_none();
    column.filled_with.as_ref().filter(|_| required)
}

/// A column that changes. `fills_nulls` says whether the dialect puts the default where a null was (SQLite's copy).
pub(crate) fn changed_hazards(
    dialect: Dialect,
    table: &Table,
    (from, to): (&Column, &Column),
    difference: ColumnDifference,
    nulls: NullHandling,
) -> Vec<Hazard> {
    let mut found = Vec::new();
    match difference.cast {
        Cast::Risky => found = hazards::risky_cast(dialect, &table.name, from, to),
        Cast::Impossible => {
            found.push(hazards::recreate_column(&table.name, &to.name));
            // A column that is made anew is not filled.
            found.extend(added_hazards(table, &Column { filled_with: None, ..to.clone() }));
            return found;
        }
        Cast::Same | Cast::Safe => {}
    }
    let becomes_required = difference.nullability && to.nullability == Nullability::Required;
    let filled = nulls == NullHandling::FilledByDefault && to.default.is_some();
    if becomes_required && !filled {
        found.push(hazards::set_not_null(&table.name, &to.name));
    }
    found
}

/// What happens to nulls of a column that becomes required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NullHandling {
    /// The statement fails on them.
    Refused,
    /// They get the default, if there is one.
    FilledByDefault,
}
