//! What the rows of a table will hold in a column: [`Arrival`].

use schema::{Column, Default, Dialect, ForeignKey, Table};

use crate::casts::{Cast, cast};
use crate::checks::compared_as;
use crate::{Concerned, Operand, Referenced};

/// A table as it is and as it shall be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) found: &'a Table,
    pub(crate) wanted: &'a Table,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival<'a> {
    /// They are there.
    Stays {
        /// The column as it is.
        from: &'a Column,
        /// As it shall be.
        to: &'a Column,
    },
    /// The column comes, or comes anew, with one value in every row.
    Constant(&'a Column),
    /// It comes with nulls, or on an empty table only.
    Nulls,
    /// It comes with another value in each row.
    Distinct,
}

impl<'a> Arrival<'a> {
    /// What becomes of the column; a name that is not wanted holds nothing.
    pub(crate) fn of(pair: Pair<'a>, name: &str) -> Self {
        let Some(to) = pair.wanted.column(name) else { return Self::Nulls };
        if let Some(from) = pair.found.column(name)
            && cast(pair.dialect, &from.ty, &to.ty) != Cast::Impossible
        {
            return Self::Stays { from, to };
        }
        match &to.default {
            _ if to.autoincrement => Self::Distinct,
            // All rows of a statement see the same clock.
            Some(Default::Value(_) | Default::List(_) | Default::Now) => Self::Constant(to),
            Some(Default::Expression(_) | Default::Any) => Self::Distinct,
            None => Self::Nulls,
        }
    }
}

/// The rows that a foreign key would leave without their row on the far side.
#[derive(Debug)]
pub(crate) enum Orphans {
    /// There can be none.
    Never,
    /// No question can tell.
    Unknown,
    /// These.
    These(Concerned),
}

/// Looks for the rows that a new foreign key would leave without their row on the far side.
pub(crate) fn orphans(pair: Pair<'_>, key: &ForeignKey, far: Option<(&Table, &Table)>) -> Orphans {
    if proved(pair, key, far) {
        return Orphans::Never;
    }
    let mut from = Vec::new();
    let mut to = Vec::new();
    for (name, referenced) in key.columns.iter().zip(&key.referenced_columns) {
        let there = match far.map(|(found, wanted)| Arrival::of(Pair { found, wanted, ..pair }, referenced)) {
            Some(Arrival::Stays { from, to }) => Some((from, to)),
            // Nobody knows yet what will stand there.
            Some(_) => return Orphans::Unknown,
            None => None,
        };
        let here = pair.wanted.column(name).map(|column| &column.ty);
        let compared = |own: Option<&Column>| match (here, there, own) {
            (Some(here), Some((_, there)), Some(own)) => compared_as(here, &there.ty, &own.ty),
            _ => None,
        };
        from.push(match Arrival::of(pair, name) {
            Arrival::Stays { from, .. } => Operand::Column { name: name.clone(), cast: compared(Some(from)) },
            Arrival::Constant(column) => Operand::Default(column.clone()),
            // A required column without a value cannot come to a table with rows at all.
            Arrival::Nulls => return Orphans::Never,
            Arrival::Distinct => return Orphans::These(Concerned::All),
        });
        let cast = match (here, there) {
            (Some(here), Some((found, wanted))) => compared_as(&wanted.ty, here, &found.ty),
            _ => None,
        };
        to.push((referenced.clone(), cast));
    }
    let to = far.map(|(found, _)| Referenced { table: found.name.clone(), columns: to });
    Orphans::These(Concerned::Orphan { from, to })
}

/// True when a key that is there already holds the rows to the same (PostgreSQL: the others may have been told not to look).
fn proved(pair: Pair<'_>, key: &ForeignKey, far: Option<(&Table, &Table)>) -> bool {
    let same = |pair: Pair<'_>, columns: &[String]| {
        columns
            .iter()
            .all(|name| matches!(Arrival::of(pair, name), Arrival::Stays { from, to } if from.ty == to.ty))
    };
    let holds = |found: &ForeignKey| {
        found.validated
            && found.columns == key.columns
            && found.referenced_table == key.referenced_table
            && found.referenced_columns == key.referenced_columns
    };
    pair.dialect == Dialect::PostgreSql
        && pair.found.foreign_keys.iter().any(holds)
        && same(pair, &key.columns)
        && far.is_some_and(|(found, wanted)| same(Pair { found, wanted, ..pair }, &key.referenced_columns))
}
