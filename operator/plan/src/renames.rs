//! Renames by hint come first, so that everything after them compares like with like.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Column, Default, Dialect, Enum, ObjectName, Schema, Table, Value};

use crate::places::Places;
use crate::postgres::plain;
use crate::similar::Similar;
use crate::values::{Onto, Renamed, pending};
use crate::{Change, Hazard, Refusal, Step, hazards};

/// Renames what a hint of `desired` names, records the steps, and answers the schema as it is after them.
pub(crate) fn apply(mut current: Schema, desired: &Schema, steps: &mut Vec<Step>) -> Result<Schema, Refusal> {
    let mut places = None;
    if desired.dialect == Dialect::PostgreSql {
        moves(&mut current, &mut places, desired, steps);
    }
    let stays: BTreeSet<&ObjectName> = desired.enums.iter().map(|wanted| &wanted.name).collect();
    let mut there: BTreeMap<ObjectName, usize> = BTreeMap::new();
    there.extend(current.enums.iter().enumerate().map(|(place, found)| (found.name.clone(), place)));
    for wanted in &desired.enums {
        let Some(old) = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old)) else { continue };
        if there.contains_key(&wanted.name) || stays.contains(&old) {
            continue;
        }
        let Some(place) = there.remove(&old) else { continue };
        let Some(found) = current.enums.get_mut(place) else { continue };
        found.name = wanted.name.clone();
        there.insert(wanted.name.clone(), place);
        of(&mut places, &current).rename_enum(&mut current, &old, &wanted.name);
        steps.push(Step {
            change: Change::RenameEnum { from: old, to: wanted.name.clone() },
            hazards: vec![],
        });
    }
    for wanted in &desired.enums {
        if let Some(place) = there.get(&wanted.name).filter(|_| !wanted.renamed_values.is_empty()) {
            rename_values((&mut current, *place), &mut places, wanted, steps)?;
        }
    }
    let staying: BTreeMap<&ObjectName, &Table> =
        desired.tables.iter().map(|table| (&table.name, table)).collect();
    for wanted in &desired.tables {
        // A server that folds names makes one of two.
        let old = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old));
        if let Some(old) = old.filter(|old| *old != wanted.name) {
            let places = of(&mut places, &current);
            let stays = staying.get(&old);
            let swapped = stays.and_then(|table| table.renamed_from.as_ref()) == Some(&wanted.name.name);
            let pending = places.table(&current, &wanted.name).is_none();
            let is_there = places.table(&current, &old).is_some();
            if stays.is_some() && (pending || swapped) && is_there {
                return Err(Refusal::Hint { new: wanted.name.to_string(), old: old.to_string() });
            }
            if pending && is_there {
                places.rename_table(&mut current, &old, &wanted.name);
                steps.push(Step {
                    change: Change::RenameTable { from: old, to: wanted.name.clone() },
                    hazards: vec![],
                });
            }
        }
        rename_columns(&mut current, &mut places, wanted, steps)?;
    }
    Ok(current)
}

/// The places of a schema, looked for when the first name changes.
fn of<'p>(places: &'p mut Option<Places>, schema: &Schema) -> &'p mut Places {
    places.get_or_insert_with(|| Places::of(schema))
}

fn rename_values(
    (current, place): (&mut Schema, usize),
    places: &mut Option<Places>,
    wanted: &Enum,
    steps: &mut Vec<Step>,
) -> Result<(), Refusal> {
    let Some(found) = current.enums.get(place) else { return Ok(()) };
    let owner = |value: &str| format!("{}.{value}", wanted.name);
    let renamed = pending(&found.values, &wanted.values, &wanted.renamed_values.iter(), &owner)?;
    for Renamed { from: old, to: new, .. } in renamed.into_iter().filter(|one| one.onto == Onto::Free) {
        let Some(found) = current.enums.get_mut(place) else { return Ok(()) };
        for value in found.values.iter_mut().filter(|value| **value == old) {
            value.clone_from(&new);
        }
        of(places, current).each_user(current, &wanted.name, |column| {
            let values = match &mut column.default {
                Some(Default::Value(value)) => std::slice::from_mut(value),
                Some(Default::List(values)) => values.as_mut_slice(),
                _ => return,
            };
            for value in
                values.iter_mut().filter(|value| matches!(value, Value::String(text) if *text == old))
            {
                *value = Value::String(new.clone());
            }
        });
        let name = wanted.name.clone();
        steps.push(plain(Change::RenameEnumValue { name, from: old, to: new }));
    }
    Ok(())
}

/// Tables and enums that go from one PostgreSQL schema and come in another under the same name are moved, with their rows.
/// Where several could be meant, none is.
fn moves(current: &mut Schema, places: &mut Option<Places>, desired: &Schema, steps: &mut Vec<Step>) {
    let found: Vec<&ObjectName> = current.enums.iter().map(|found| &found.name).collect();
    let unhinted = desired.enums.iter().filter(|wanted| wanted.renamed_from.is_none());
    let wanted: Vec<&ObjectName> = unhinted.map(|wanted| &wanted.name).collect();
    let stays: BTreeSet<&ObjectName> = desired.enums.iter().map(|wanted| &wanted.name).collect();
    for (from, to) in moved(&found, &wanted, |name| stays.contains(name)) {
        make_room(current, &to, steps);
        for found in current.enums.iter_mut().filter(|found| found.name == from) {
            found.name = to.clone();
        }
        of(places, current).rename_enum(current, &from, &to);
        steps.push(plain(Change::RenameEnum { from, to }));
    }
    let found: Vec<&ObjectName> = current.tables.iter().map(|found| &found.name).collect();
    let unhinted = desired.tables.iter().filter(|wanted| wanted.renamed_from.is_none());
    let wanted: Vec<&ObjectName> = unhinted.map(|wanted| &wanted.name).collect();
    let stays: BTreeSet<&ObjectName> = desired.tables.iter().map(|table| &table.name).collect();
    for (from, to) in moved(&found, &wanted, |name| stays.contains(name)) {
        make_room(current, &to, steps);
        of(places, current).rename_table(current, &from, &to);
        steps.push(plain(Change::RenameTable { from, to }));
    }
}

fn moved(
    found: &[&ObjectName],
    wanted: &[&ObjectName],
    stays: impl Fn(&ObjectName) -> bool,
) -> Vec<(ObjectName, ObjectName)> {
    let here: BTreeSet<_> = found.iter().collect();
    let mut going: BTreeMap<&str, Vec<&ObjectName>> = BTreeMap::new();
    for name in found.iter().filter(|name| !stays(name)) {
        going.entry(&name.name).or_default().push(name);
    }
    let mut coming: BTreeMap<&str, Vec<&ObjectName>> = BTreeMap::new();
    for name in wanted.iter().filter(|name| !here.contains(name)) {
        coming.entry(&name.name).or_default().push(name);
    }
    let pair =
        |(name, from): (&&str, &Vec<&ObjectName>)| match (from.as_slice(), coming.get(name)?.as_slice()) {
            ([from], [to]) => Some(((*from).clone(), (*to).clone())),
            _ => None,
        };
    going.iter().filter_map(pair).collect()
}

/// The schema that something moves to, if it is not there.
fn make_room(current: &mut Schema, to: &ObjectName, steps: &mut Vec<Step>) {
    if let Some(namespace) = to.namespace.as_ref().filter(|name| !current.namespaces.contains(name)) {
        current.namespaces.push(namespace.clone());
        steps.push(plain(Change::CreateNamespace(namespace.clone())));
    }
}

/// Columns may take over each other's names in a chain: the end of it makes room first.
fn rename_columns(
    current: &mut Schema,
    places: &mut Option<Places>,
    wanted: &Table,
    steps: &mut Vec<Step>,
) -> Result<(), Refusal> {
    if hints(wanted).next().is_none() {
        return Ok(());
    }
    let places = of(places, current);
    loop {
        let Some(found) = places.table(current, &wanted.name) else { return Ok(()) };
        let mut pending = hints(wanted).filter(|(new, old)| {
            found.column(old).is_some() && (found.column(new).is_none() || takes_turns(wanted, new))
        });
        let Some((new, old)) =
            pending.clone().find(|(_, old)| makes_room(wanted, found, old)).or_else(|| pending.next())
        else {
            return Ok(());
        };
        if !makes_room(wanted, found, old) {
            let name = |column: &str| format!("{}.{column}", wanted.name);
            return Err(Refusal::Hint { new: name(new), old: name(old) });
        }
        let (table, from, to) = (wanted.name.clone(), old.to_owned(), new.to_owned());
        rename_column((current, places), &wanted.name, old, new);
        steps.push(plain(Change::RenameColumn { table, from, to }));
    }
}

/// Columns with a hint, and what it names.
fn hints(wanted: &Table) -> impl Iterator<Item = (&str, &str)> + Clone {
    let hints = wanted
        .columns
        .iter()
        .filter_map(|column| Some((column.name.as_str(), column.renamed_from.as_deref()?)));
    hints.filter(|(new, old)| new != old)
}

/// True when the name is free once every rename was made that is still to come.
fn makes_room(wanted: &Table, found: &Table, name: &str) -> bool {
    let mut name = name;
    for _ in &wanted.columns {
        let Some(column) = wanted.column(name) else { return true };
        match column.renamed_from.as_deref().filter(|old| found.column(old).is_some()) {
            Some(old) => name = old,
            None => return false,
        }
    }
    false
}

/// True when the hints lead from the column back to it.
fn takes_turns(wanted: &Table, name: &str) -> bool {
    let before = |name: &str| wanted.column(name).and_then(|column| column.renamed_from.as_deref());
    let mut at = before(name);
    for _ in &wanted.columns {
        match at {
            Some(old) if old == name => return true,
            Some(old) => at = before(old),
            None => return false,
        }
    }
    false
}

fn rename_column((schema, places): (&mut Schema, &Places), table_name: &ObjectName, old: &str, new: &str) {
    let rename = |name: &mut String| {
        if name == old {
            new.clone_into(name);
        }
    };
    places.each_referrer(schema, table_name, |table| {
        for key in table.foreign_keys.iter_mut().filter(|key| key.referenced_table == *table_name) {
            key.referenced_columns.iter_mut().for_each(rename);
        }
    });
    places.in_table(schema, table_name, |table| {
        table.columns.iter_mut().for_each(|column| rename(&mut column.name));
        table.columns.iter_mut().for_each(|column| rename_in_words(column, old, new));
        table.ties.iter_mut().flat_map(|tie| &mut tie.columns).for_each(rename);
        if let Some(key) = &mut table.primary_key {
            key.columns.iter_mut().for_each(rename);
            if let Some(length) = key.prefixes.remove(old) {
                key.prefixes.insert(new.to_owned(), length);
            }
        }
        for index in &mut table.indexes {
            index.columns.iter_mut().for_each(|column| rename(&mut column.name));
            index.predicate = index.predicate.take().map(|predicate| predicate.renamed(old, new));
        }
        table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns).for_each(rename);
    });
}

/// What MySQL or MariaDB says of a column names others, and a new definition of it says it again.
fn rename_in_words(column: &mut Column, old: &str, new: &str) {
    let Some(attributes) = &mut column.attributes else { return };
    let generated = attributes.generated.as_mut().map(|generated| &mut generated.expression);
    for text in generated.into_iter().chain(&mut attributes.check) {
        *text = renamed(text, old, new);
    }
    if let (Some(Default::Expression(default)), Some(generated)) =
        (&mut column.default, &attributes.generated)
    {
        default.clone_from(&generated.expression);
    }
}

/// An expression with another name of a column, in backticks as the server writes it; what stands in quotes stays.
fn renamed(text: &str, old: &str, new: &str) -> String {
    let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
    let (old, new) = (quoted(old), quoted(new));
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '`' => named_end(rest),
            '\'' => text_end(rest),
            other => other.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        out.push_str(if word == old { &new } else { word });
        rest = after;
    }
    out
}

fn named_end(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '`' && letters.next_if(|(_, next)| *next == '`').is_none() {
            return at + 1;
        }
    }
    text.len()
}

fn text_end(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '\'' if letters.next_if(|(_, next)| *next == '\'').is_none() => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The hazards of dropping a table: its rows, and the suspicion that it was only renamed.
pub(crate) fn drop_hazards(dropped: &Table, coming: &Similar<'_>) -> Vec<Hazard> {
    let mut found = vec![hazards::drop_table(&dropped.name)];
    found.extend(coming.to(dropped).map(|table| hazards::possible_rename(&dropped.name, table)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_where_it_is_one() {
        for (text, wanted) in [
            ("`a` + `b`", "`n` + `b`"),
            ("concat('`a` it''s \\' `a`',`a`)", "concat('`a` it''s \\' `a`',`n`)"),
            ("`x``a` > `a`", "`x``a` > `n`"),
            ("a(`A`)", "a(`A`)"),
        ] {
            assert_eq!(renamed(text, "a", "n"), wanted);
        }
    }
}
