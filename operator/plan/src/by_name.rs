//! What the datamodel calls as before and the database shall call otherwise (`@map`, `@@map`) is renamed as if a hint said
//! so, where that is certain.
//!
//! It is certain when the former name in the database is there and free from now on, and the new one is not there. Names may
//! pass on in a chain whose end is new. Where both names are there, before and after, the datamodel is taken at its word:
//! it says which column is read.

mod moves;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use schema::{Column, DatamodelNames, Enum, ObjectName, Schema, Table};

use self::moves::{Moves, once};
use crate::casts::Cast;
use crate::columns::compare;
use crate::{Change, Refusal};

/// What is renamed since the datamodel calls it as before, by its new name: the datamodel's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByName {
    tables: BTreeMap<ObjectName, String>,
    columns: BTreeMap<(ObjectName, String), String>,
    enums: BTreeMap<ObjectName, String>,
    values: BTreeMap<(ObjectName, String), String>,
}

impl ByName {
    /// What the datamodel calls as before, when the change is such a rename: `field email`.
    pub fn called(&self, change: &Change) -> Option<String> {
        match change {
            Change::RenameTable { to, .. } => self.tables.get(to).map(|name| format!("model {name}")),
            Change::RenameEnum { to, .. } => self.enums.get(to).map(|name| format!("enum {name}")),
            Change::RenameColumn { table, to, .. } => {
                self.columns.get(&(table.clone(), to.clone())).map(|name| format!("field {name}"))
            }
            Change::RenameEnumValue { name, to, .. } => {
                self.values.get(&(name.clone(), to.clone())).map(|name| format!("value {name}"))
            }
            _ => None,
        }
    }
}

/// Gives the desired schema the hints that follow from the names; `known` are those of the datamodel before.
pub(crate) fn hinted(
    desired: &mut Schema,
    current: &mut Schema,
    known: Option<&DatamodelNames>,
) -> Result<ByName, Refusal> {
    let mut found = ByName::default();
    let Some((known, names)) = known.zip(desired.names.take()) else { return Ok(found) };
    // Equal names are equal `@map`s.
    if *known != names {
        let names = Names { before: known, now: &names };
        names.enums(desired, current, &mut found)?;
        names.tables(desired, current, &mut found)?;
        names.columns(desired, current, &mut found)?;
        names.values(desired, current)?;
    }
    Ok(found)
}

/// The names of the datamodel before and now.
struct Names<'n> {
    before: &'n DatamodelNames,
    now: &'n DatamodelNames,
}

impl Names<'_> {
    fn tables(&self, desired: &mut Schema, current: &Schema, found: &mut ByName) -> Result<(), Refusal> {
        let there: BTreeMap<&ObjectName, &Table> =
            current.tables.iter().map(|table| (&table.name, table)).collect();
        let before = once(
            current.tables.iter().filter_map(|table| Some((self.before.model(&table.name)?, &table.name))),
        );
        let wanted: BTreeMap<&ObjectName, &Table> =
            desired.tables.iter().map(|table| (&table.name, table)).collect();
        let mut moves = Moves::default();
        for table in &desired.tables {
            let old = table.renamed_from.as_ref().map(|old| table.name.sibling(old));
            let old = old.and_then(|old| there.get_key_value(&old)).map(|(name, _)| *name);
            if let Some(old) = old.filter(|_| !there.contains_key(&table.name)) {
                moves.hint(&table.name, old);
            }
        }
        for table in &desired.tables {
            let old = self.now.model(&table.name).and_then(|model| before.get(model));
            if let Some(old) = old.filter(|old| old.namespace == table.name.namespace) {
                moves.suggest(&table.name, old);
            }
        }
        let refused = |new: &ObjectName, old: &ObjectName| Refusal::Names {
            called: format!("model {}", self.now.model(new).unwrap_or(&new.name)),
            new: new.to_string(),
            old: old.to_string(),
        };
        for new in moves.exchanged(|name| there.contains_key(name)) {
            let alike = wanted.get(new).zip(there.get(new)).is_some_and(|(wanted, found)| {
                wanted.columns.len() == found.columns.len()
                    && wanted.columns.iter().all(|column| {
                        found.column(&column.name).is_some_and(|found| same_type(current, found, column))
                    })
            });
            if let Some(old) = moves.all.get(new).filter(|_| !alike) {
                return Err(refused(new, old));
            }
        }
        let mut certain: BTreeMap<ObjectName, String> = BTreeMap::new();
        for chain in moves.chains(|name| there.contains_key(name), |name| wanted.contains_key(name)) {
            match chain.as_slice() {
                [(new, old)] => {
                    certain.insert((*new).clone(), old.name.clone());
                }
                [(new, old), ..] => return Err(refused(new, old)),
                [] => {}
            }
        }
        for table in &mut desired.tables {
            if let Some(old) = certain.remove(&table.name) {
                let model = self.now.model(&table.name).unwrap_or_default().to_owned();
                found.tables.insert(table.name.clone(), model);
                table.renamed_from = Some(old);
            }
        }
        Ok(())
    }

    /// The fields of each table that stays, under whatever name.
    fn columns(&self, desired: &mut Schema, current: &Schema, found: &mut ByName) -> Result<(), Refusal> {
        let there: BTreeMap<&ObjectName, &Table> =
            current.tables.iter().map(|table| (&table.name, table)).collect();
        let models: BTreeSet<String> = desired
            .tables
            .iter()
            .filter_map(|table| self.now.model(&table.name))
            .map(str::to_owned)
            .collect();
        for table in &mut desired.tables {
            let old = table.renamed_from.as_ref().map(|old| table.name.sibling(old));
            let Some(before) = there.get(&table.name).or_else(|| there.get(&old?)) else { continue };
            let Some((was, is)) = self.before.model(&before.name).zip(self.now.model(&table.name)) else {
                continue;
            };
            // A table that another model has now is not the same one.
            if was == is || !models.contains(was) {
                self.columns_of(table, before, current, found)?;
            }
        }
        Ok(())
    }

    fn columns_of(
        &self,
        table: &mut Table,
        before: &Table,
        current: &Schema,
        found: &mut ByName,
    ) -> Result<(), Refusal> {
        let field = |column: &Column| self.now.field(&table.name, &column.name).map(str::to_owned);
        let stays = |column: &Column| {
            before.column(&column.name).is_some()
                && self.before.field(&before.name, &column.name) == self.now.field(&table.name, &column.name)
        };
        if table.columns.iter().all(stays) {
            return Ok(());
        }
        let fields = once(
            before
                .columns
                .iter()
                .filter_map(|column| Some((self.before.field(&before.name, &column.name)?, &*column.name))),
        );
        let mut moves = Moves::default();
        for column in &table.columns {
            let hint = column.renamed_from.as_deref().filter(|_| before.column(&column.name).is_none());
            if let Some(old) = hint.filter(|old| before.column(old).is_some()) {
                moves.hint(column.name.as_str(), old);
            }
            // Its values are taken over as they are.
            moves.claimed.extend(column.replaces.as_deref());
        }
        for column in table.columns.iter().filter(|column| column.replaces.is_none()) {
            if let Some(old) = field(column).and_then(|field| fields.get(&*field).copied()) {
                moves.suggest(column.name.as_str(), old);
            }
        }
        for new in moves.exchanged(|name| before.column(name).is_some()) {
            let alike = table.column(new).zip(before.column(new));
            let alike = alike.is_some_and(|(wanted, found)| same_type(current, found, wanted));
            if let Some(old) = moves.all.get(new).filter(|_| !alike) {
                return Err(Refusal::Names {
                    called: format!("field {}", table.column(new).and_then(field).unwrap_or_default()),
                    new: format!("{}.{new}", table.name),
                    old: format!("{}.{old}", before.name),
                });
            }
        }
        let chains = moves.chains(|name| before.column(name).is_some(), |name| table.column(name).is_some());
        let certain: BTreeMap<String, String> = chains
            .into_iter()
            .flatten()
            .filter(|(new, _)| !moves.hinted.contains(new))
            .map(|(new, old)| (new.to_owned(), old.to_owned()))
            .collect();
        for column in &mut table.columns {
            if let Some(old) = certain.get(&column.name) {
                let field = self.now.field(&table.name, &column.name).unwrap_or_default().to_owned();
                found.columns.insert((table.name.clone(), column.name.clone()), field);
                column.renamed_from = Some(old.clone());
            }
        }
        Ok(())
    }

    /// Types hold no rows: only one that is free and one that is new make a rename.
    fn enums(&self, desired: &mut Schema, current: &Schema, found: &mut ByName) -> Result<(), Refusal> {
        let there: BTreeMap<&ObjectName, &Enum> =
            current.enums.iter().map(|found| (&found.name, found)).collect();
        let before = once(there.keys().map(|name| (self.before.declared(name), *name)));
        let wanted: BTreeSet<ObjectName> = desired.enums.iter().map(|wanted| wanted.name.clone()).collect();
        let declared: BTreeSet<String> =
            wanted.iter().map(|name| self.now.declared(name).to_owned()).collect();
        let hinted = |wanted: &Enum| {
            let old = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old));
            old.filter(|old| there.contains_key(old))
        };
        let claimed: BTreeSet<ObjectName> = desired.enums.iter().filter_map(hinted).collect();
        for wanted_enum in &mut desired.enums {
            let name = &wanted_enum.name;
            let is = self.now.declared(name);
            let old = before.get(is).filter(|old| {
                old.namespace == name.namespace
                    && !there.contains_key(name)
                    && !wanted.contains(**old)
                    && !claimed.contains(**old)
            });
            if let Some(old) = old.filter(|_| hinted(wanted_enum).is_none()) {
                found.enums.insert(name.clone(), is.to_owned());
                wanted_enum.renamed_from = Some(old.name.clone());
            }
            let old = wanted_enum.renamed_from.as_ref().map(|old| wanted_enum.name.sibling(old));
            let Some(before) = there.get(&wanted_enum.name).or_else(|| there.get(&old?)) else { continue };
            let was = self.before.declared(&before.name);
            if was == self.now.declared(&wanted_enum.name) || !declared.contains(was) {
                self.values_of_type(wanted_enum, before, found)?;
            }
        }
        Ok(())
    }
}

fn same_type(current: &Schema, found: &Column, wanted: &Column) -> bool {
    compare(current.dialect, found, wanted).cast == Cast::Same
}
