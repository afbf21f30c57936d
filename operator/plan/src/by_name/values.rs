//! Values of enums that the datamodel calls as before: those of a type, and those that stand in a column alone.

use std::collections::BTreeMap;

use schema::{Dialect, Enum, MySqlType, NamedValues, ObjectName, Schema, Table, Type};

use super::moves::{Moves, once};
use super::{ByName, Names};
use crate::Refusal;

/// What is certain: new values with their former ones.
type Certain = Vec<(String, String)>;

impl Names<'_> {
    /// Of a type that stays, under whatever name.
    pub(super) fn values_of_type(
        &self,
        wanted: &mut Enum,
        before: &Enum,
        found: &mut ByName,
    ) -> Result<(), Refusal> {
        let there = before.values.iter().map(|value| (&**value, self.before.value(&before.name, value)));
        let next = wanted.values.iter().map(|value| (&**value, self.now.value(&wanted.name, value)));
        let certain = certain(&there.collect(), &next.collect(), &wanted.renamed_values);
        let certain = certain.map_err(|(new, old)| Refusal::Names {
            called: format!("value {}", self.now.value(&wanted.name, &new).unwrap_or(&new)),
            new: format!("{}.{new}", wanted.name),
            old: format!("{}.{old}", before.name),
        })?;
        for (new, old) in certain {
            let name = self.now.value(&wanted.name, &new).unwrap_or_default().to_owned();
            found.values.insert((wanted.name.clone(), new.clone()), name);
            wanted.renamed_values.insert(new, old);
        }
        Ok(())
    }

    /// Of columns that stay, under whatever name, where the datamodel calls their enum as before. SQLite's columns do not say
    /// which values there were: `current` gets the former ones.
    pub(super) fn values(&self, desired: &mut Schema, current: &mut Schema) -> Result<(), Refusal> {
        if desired.dialect == Dialect::PostgreSql {
            return Ok(());
        }
        let places: BTreeMap<ObjectName, usize> =
            current.tables.iter().enumerate().map(|(place, table)| (table.name.clone(), place)).collect();
        for table in &mut desired.tables {
            let old = table.renamed_from.as_ref().map(|old| table.name.sibling(old));
            let place = places.get(&table.name).or_else(|| places.get(&old?)).copied();
            if let Some(before) = place.and_then(|place| current.tables.get_mut(place)) {
                self.values_of_columns(table, before)?;
            }
        }
        Ok(())
    }

    fn values_of_columns(&self, table: &mut Table, before: &mut Table) -> Result<(), Refusal> {
        for column in &mut table.columns {
            let Some(next) = self.now.values_of_column(&table.name, &column.name) else { continue };
            let is_there = before.columns.iter().any(|found| found.name == column.name);
            let old = column.renamed_from.as_ref().filter(|_| !is_there).unwrap_or(&column.name);
            let known = self.before.values_of_column(&before.name, old);
            let Some(known) = known.filter(|known| known.declared == next.declared) else { continue };
            let Some(found) = before.columns.iter_mut().find(|found| found.name == *old) else { continue };
            // Values that came by hand have no name; those that went by hand are not there.
            let listed = match &found.ty.base {
                Type::MySql(MySqlType::Enum(values)) => Some(values),
                _ => None,
            };
            let there = match listed {
                Some(values) => values.iter().map(|value| (&**value, name_of(known, value))).collect(),
                None => known.values.keys().map(|value| (&**value, name_of(known, value))).collect(),
            };
            let wanted = next.values.keys().map(|value| (&**value, name_of(next, value))).collect();
            let hints = column.values.as_ref().map(|values| values.renamed.clone()).unwrap_or_default();
            let certain = certain(&there, &wanted, &hints).map_err(|(new, old)| Refusal::Names {
                called: format!("value {}", name_of(next, &new).unwrap_or(&new)),
                new: format!("{}.{}: {new}", table.name, column.name),
                old: format!("{}.{}: {old}", before.name, found.name),
            })?;
            for (new, old) in certain {
                if listed.is_none() {
                    let there = &mut found.values.get_or_insert_default().values;
                    if !there.contains(&old) {
                        there.push(old.clone());
                    }
                }
                column.values.get_or_insert_default().renamed.insert(new, old);
            }
        }
        Ok(())
    }
}

fn name_of<'n>(values: &'n NamedValues, stored: &str) -> Option<&'n str> {
    values.values.get(stored).map(String::as_str)
}

/// New values of which the former one is there under the same name and free from now on. A chain of them is refused, as its
/// first link: rows of one value could end up under another one's.
fn certain(
    there: &BTreeMap<&str, Option<&str>>,
    wanted: &BTreeMap<&str, Option<&str>>,
    hints: &BTreeMap<String, String>,
) -> Result<Certain, (String, String)> {
    let before = once(there.iter().filter_map(|(stored, name)| Some(((*name)?, *stored))));
    let is_there = |value: &str| there.contains_key(value);
    let mut moves = Moves::default();
    for (new, old) in hints.iter().filter(|(new, old)| is_there(old) && !is_there(new)) {
        moves.hint(new.as_str(), old.as_str());
    }
    for (new, name) in wanted {
        if let Some(old) = name.and_then(|name| before.get(name).copied()) {
            moves.suggest(new, old);
        }
    }
    let mut certain = Certain::new();
    for chain in moves.chains(is_there, |value| wanted.contains_key(value)) {
        match chain.as_slice() {
            [(new, old)] => certain.push(((*new).to_owned(), (*old).to_owned())),
            [(new, old), ..] => return Err(((*new).to_owned(), (*old).to_owned())),
            [] => {}
        }
    }
    Ok(certain)
}
