//! A column that goes once another one has its values, as the datamodel says with a hint: [`guard`].

use schema::{ColumnType, Dialect, MySqlType, ObjectName, Schema, Type};

use crate::tables::by_name;
use crate::{Alteration, Change, Comparison, Concerned, HazardCode, Step, hazards};

/// A column that another one replaces.
pub(crate) struct Replaced {
    table: ObjectName,
    column: String,
    by: String,
    how: How,
}

/// How to find out whether the values are there.
enum How {
    /// By comparing them.
    Compare(Comparison),
    /// The types have no comparison that sees every difference.
    Incomparable,
    /// The other column comes with the plan, so it has none of them.
    Comes,
}

/// What the datamodel says of columns that are there and not wanted. Names are those from before the plan; a table that is
/// renamed by the plan has to wait for the next one.
pub(crate) fn found(current: &Schema, desired: &Schema) -> Vec<Replaced> {
    let (mut all, tables) = (Vec::new(), by_name(current));
    for wanted in &desired.tables {
        for column in &wanted.columns {
            let Some(old) = &column.replaces else { continue };
            let Some(table) = tables.get(&wanted.name) else { continue };
            let Some(from) = table.column(old).filter(|_| wanted.column(old).is_none()) else { continue };
            let how = match table.column(&column.name) {
                None => How::Comes,
                Some(to) => {
                    comparison(desired.dialect, &from.ty, &to.ty).map_or(How::Incomparable, How::Compare)
                }
            };
            all.push(Replaced {
                table: wanted.name.clone(),
                column: old.clone(),
                by: column.name.clone(),
                how,
            });
        }
    }
    all
}

/// The drop of such a column is no loss: it cannot succeed while a row differs. It becomes a step of its own, so that the
/// lock under which the rows are compared is held for nothing else.
pub(crate) fn guard(replaced: &[Replaced], steps: &mut Vec<Step>) {
    for one in replaced {
        let drops = |step: &Step| {
            step.hazards.iter().position(|hazard| {
                hazard.code == HazardCode::DropColumn
                    && hazard.table == one.table
                    && hazard.column.as_ref() == Some(&one.column)
            })
        };
        let Some((at, place)) = steps.iter().enumerate().find_map(|(at, step)| Some((at, drops(step)?)))
        else {
            continue;
        };
        let Some(step) = steps.get_mut(at) else { continue };
        step.hazards.remove(place);
        let hazard = one.hazard();
        let gone = Alteration::DropColumn(one.column.clone());
        match &mut step.change {
            Change::AlterTable { table, alterations } if alterations.len() > 1 => {
                alterations.retain(|alteration| *alteration != gone);
                let change = Change::AlterTable { table: table.clone(), alterations: vec![gone] };
                steps.insert(at + 1, Step { change, hazards: vec![hazard] });
            }
            _ => step.hazards.push(hazard),
        }
    }
}

impl Replaced {
    fn hazard(&self) -> crate::Hazard {
        let (why, concerned) = match self.how {
            How::Compare(by) => (
                "both must hold the same in every row. Fill the rows where they differ first.",
                Concerned::Differs { column: self.column.clone(), other: self.by.clone(), by },
            ),
            How::Incomparable => (
                "no comparison of their types sees every difference, so no row may have a value in it. Compare them \
                 yourself, and remove the hint to approve the loss.",
                Concerned::NotNull(self.column.clone()),
            ),
            How::Comes => (
                "the new column comes with this plan and has none of its values. Keep both, fill the new one, and remove \
                 the old one in a later edit.",
                Concerned::NotNull(self.column.clone()),
            ),
        };
        hazards::replaced_column(&self.table, (&self.column, &self.by), why, concerned)
    }
}

/// A comparison in which equal values tell the same to a reader; `None` when there is none.
fn comparison(dialect: Dialect, from: &ColumnType, to: &ColumnType) -> Option<Comparison> {
    if from.list != to.list {
        return None;
    }
    let exact = |ty: &ColumnType| !ty.list && whole(&ty.base);
    if exact(from) && exact(to) {
        return Some(Comparison::Values);
    }
    let same = from == to;
    match dialect {
        // What a text of PostgreSQL says of a value, it says exactly.
        Dialect::PostgreSql => Some(Comparison::Texts),
        Dialect::Sqlite if same => Some(Comparison::Values),
        Dialect::Sqlite => (written(&from.base) && written(&to.base)).then_some(Comparison::Texts),
        Dialect::MySql => match (&from.base, &to.base) {
            (Type::MySql(from), Type::MySql(to)) => mysql(from, to),
            _ => None,
        },
    }
}

/// Numbers without a binary fraction.
const fn whole(ty: &Type) -> bool {
    matches!(
        ty,
        Type::SmallInt
            | Type::Integer
            | Type::BigInt
            | Type::Decimal(_)
            | Type::MySql(MySqlType::Integer(..) | MySqlType::Decimal(..))
    )
}

/// What SQLite's text of a value says in full: numbers with a fraction are cut to fifteen digits.
const fn written(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Boolean
            | Type::SmallInt
            | Type::Integer
            | Type::BigInt
            | Type::Text
            | Type::VarChar(_)
            | Type::Char(_)
    )
}

/// Texts are compared by their letters, since most collations find unlike ones equal.
fn mysql(from: &MySqlType, to: &MySqlType) -> Option<Comparison> {
    let bytes =
        |ty: &MySqlType| matches!(ty, MySqlType::Binary(_) | MySqlType::VarBinary(_) | MySqlType::Blob(_));
    let inexact =
        |ty: &MySqlType| bytes(ty) || matches!(ty, MySqlType::Float | MySqlType::Double | MySqlType::Bit(_));
    match (inexact(from), inexact(to)) {
        (false, false) => Some(Comparison::Texts),
        _ => (from == to || (bytes(from) && bytes(to))).then_some(Comparison::Values),
    }
}
