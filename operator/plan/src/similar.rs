//! Which table that comes may be one that goes under another name: [`Similar`].

use std::collections::{BTreeMap, BTreeSet};

use schema::Table;

/// Tables that come, so that the similar ones of a table are found without looking at each.
///
/// Two tables are similar when at least half of all column names of both are common, two at least. Each then has at least
/// half of its names in common with the other, so two sorted lists of names share one that is not in their last halves; with
/// the rare names first there are few lists to look at.
pub(crate) struct Similar<'s> {
    /// The first table of each set of column names, in the order in which they come.
    tables: Vec<&'s Table>,
    /// How many of them have a column.
    counts: BTreeMap<&'s str, usize>,
    /// The places of those that have a column in the first half of their names.
    places: BTreeMap<&'s str, Vec<usize>>,
}

impl<'s> Similar<'s> {
    pub(crate) fn among(coming: &[&'s Table]) -> Self {
        let mut known = BTreeSet::new();
        let tables: Vec<&Table> = coming.iter().copied().filter(|table| known.insert(names(table))).collect();
        let mut similar = Self { tables, counts: BTreeMap::new(), places: BTreeMap::new() };
        for table in &similar.tables {
            for column in &table.columns {
                *similar.counts.entry(&column.name).or_default() += 1;
            }
        }
        for (place, table) in similar.tables.iter().enumerate() {
            for name in first_half(table, &similar.counts) {
                similar.places.entry(name).or_default().push(place);
            }
        }
        similar
    }

    /// The table with the most names in common, the first one of several.
    pub(crate) fn to(&self, dropped: &Table) -> Option<&'s Table> {
        let most = dropped.columns.iter().filter(|column| self.counts.contains_key(&*column.name)).count();
        let rare = first_half(dropped, &self.counts);
        let mut lists: Vec<&[usize]> =
            rare.into_iter().filter_map(|name| self.places.get(name)).map(Vec::as_slice).collect();
        let mut best: Option<(usize, &Table)> = None;
        while let Some(place) = lists.iter().filter_map(|list| list.first()).min().copied() {
            for list in &mut lists {
                *list = list.strip_prefix(&[place]).unwrap_or(list);
            }
            let Some(&table) = self.tables.get(place) else { continue };
            let common = table.columns.iter().filter(|column| dropped.column(&column.name).is_some()).count();
            let all = table.columns.len() + dropped.columns.len() - common;
            if common >= 2 && common * 2 >= all && best.is_none_or(|(most, _)| common > most) {
                best = Some((common, table));
                if common == most {
                    break;
                }
            }
        }
        best.map(|(_, table)| table)
    }
}

fn names(table: &Table) -> BTreeSet<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

/// The names of which a similar table has one, rare ones first.
fn first_half<'t>(table: &'t Table, counts: &BTreeMap<&str, usize>) -> Vec<&'t str> {
    let mut names: Vec<&str> = names(table).into_iter().collect();
    names.sort_by_key(|name| counts.get(name).copied().unwrap_or_default());
    names.truncate(names.len() / 2 + 1);
    names
}
