//! Foreign keys that go, and those that stand in the way of a change and come again.

use schema::{Dialect, ObjectName, Table};

use crate::arrivals::Pair;
use crate::casts::Cast;
use crate::columns::compare;
use crate::postgres::{add_key, drop_key};
use crate::tables::Tables;
use crate::{Step, keys};

pub(crate) fn steps(tables: &Tables<'_>, now: &mut Vec<Step>, later: &mut Vec<Step>) {
    for table in &tables.going {
        now.extend(table.foreign_keys.iter().filter_map(|key| drop_key(&table.name, key)));
    }
    for (found, wanted) in &tables.staying {
        let difference = keys::foreign_keys(found, wanted);
        // MySQL cannot rename a foreign key.
        let again = |key: &schema::ForeignKey, next: &schema::ForeignKey| {
            key.name != next.name || disturbed(key, found, tables)
        };
        let again: Vec<_> = difference.kept.iter().filter(|(key, next)| again(key, next)).collect();
        let dropped = difference.dropped.iter().copied().chain(again.iter().map(|(key, _)| *key));
        now.extend(dropped.filter_map(|key| drop_key(&wanted.name, key)));
        let created = difference.created.iter().copied().chain(again.iter().map(|(_, key)| *key));
        later
            .extend(created.map(|key| add_key(Pair { dialect: Dialect::MySql, found, wanted }, key, tables)));
    }
}

/// True when a column of the key is defined anew on either side, or the key that it refers to is made anew.
fn disturbed(key: &schema::ForeignKey, owner: &Table, tables: &Tables<'_>) -> bool {
    redefined(tables, &owner.name, &key.columns)
        || redefined(tables, &key.referenced_table, &key.referenced_columns)
        || tables.pair(&key.referenced_table).is_some_and(|(found, wanted)| {
            let columns = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
            let dropped = keys::indexes(found, wanted).dropped;
            columns(found) != columns(wanted)
                || dropped.iter().any(|index| {
                    let columns = index.columns.iter().map(|column| &column.name);
                    key.referenced_columns.iter().eq(columns.take(key.referenced_columns.len()))
                })
        })
}

fn redefined(tables: &Tables<'_>, table: &ObjectName, columns: &[String]) -> bool {
    tables.pair(table).is_some_and(|(found, wanted)| {
        columns.iter().any(|name| match (found.column(name), wanted.column(name)) {
            (Some(from), Some(to)) => {
                let difference = compare(Dialect::MySql, from, to);
                difference.cast != Cast::Same || difference.nullability || difference.autoincrement
            }
            _ => false,
        })
    })
}
