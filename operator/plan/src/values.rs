//! Values of an enum that get other names, as hints say.

use schema::{Default, EnumValues, ObjectName, Value};

use crate::{Check, Concerned, Hazard, HazardCode, Refusal};

/// A value that gets another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renamed {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) onto: Onto,
}

/// Whether the new name stands for something already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Onto {
    Free,
    /// Rows of both will be alike.
    Taken,
}

/// What the hints ask of these values. A value that stays, or two that swap, are refused: which rows are meant nobody could
/// tell afterwards. A hint whose old value is not there is done.
pub(crate) fn pending<'h>(
    found: &[String],
    wanted: &[String],
    hints: &(impl Iterator<Item = (&'h String, &'h String)> + Clone),
    owner: &dyn Fn(&str) -> String,
) -> Result<Vec<Renamed>, Refusal> {
    let mut there = found.to_vec();
    let mut renamed = Vec::new();
    for (new, old) in hints.clone().filter(|(new, old)| new != old) {
        let onto = if there.contains(new) { Onto::Taken } else { Onto::Free };
        if wanted.contains(old) && there.contains(old) {
            let swapped = hints.clone().any(|(other, before)| other == old && before == new);
            if onto == Onto::Free || swapped {
                return Err(Refusal::Hint { new: owner(new), old: owner(old) });
            }
        }
        if wanted.contains(old) {
            continue;
        }
        let Some(value) = there.iter_mut().find(|value| *value == old) else { continue };
        value.clone_from(new);
        renamed.push(Renamed { from: old.clone(), to: new.clone(), onto });
    }
    Ok(renamed)
}

/// The default with the new name of its value.
pub(crate) fn renamed_default(default: Option<&Default>, renamed: &[Renamed]) -> Option<Default> {
    let new = |text: &String| renamed.iter().find(|one| one.from == *text).map(|one| one.to.clone());
    match default {
        Some(Default::Value(Value::String(text))) => {
            Some(Default::Value(Value::String(new(text).unwrap_or_else(|| text.clone()))))
        }
        other => other.cloned(),
    }
}

/// Rows that have the new name already will not be told from those that get it.
pub(crate) fn merge(table: &ObjectName, column: &schema::Column, renamed: &[&Renamed]) -> Option<Hazard> {
    let (first, rest) = renamed.split_first()?;
    let pairs = rest.iter().fold(format!("`{}` becomes `{}`", first.from, first.to), |text, one| {
        format!("{text}, `{}` becomes `{}`", one.from, one.to)
    });
    let values = renamed.iter().map(|one| one.to.clone()).collect();
    let concerned = Concerned::OneOf { column: column.name.clone(), ty: column.ty.clone(), values };
    Some(Hazard {
        code: HazardCode::NarrowingCast,
        table: table.clone(),
        column: Some(column.name.clone()),
        message: format!(
            "In `{}` of `{table}` {pairs}. Rows that hold the new value already cannot be told from these afterwards.",
            column.name
        ),
        checks: Some(vec![Check::new(table, concerned)]),
    })
}

/// The hints of a column.
pub(crate) fn hints(values: Option<&EnumValues>) -> impl Iterator<Item = (&String, &String)> + Clone {
    values.into_iter().flat_map(|values| &values.renamed)
}
