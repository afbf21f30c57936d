//! Which values of an enum rows still hold: SQLite has no type that would tell whether a rename was made.

use schema::{Column, EnumValues, ObjectName, Schema, Table};

use super::{Sqlite, of_driver};
use crate::Error;

impl Sqlite {
    /// Of the values that hints of `desired` name, those that are there. A hint whose old value is in no row is done.
    pub(crate) async fn recognise(&self, mut found: Schema, desired: &Schema) -> Result<Schema, Error> {
        for wanted in &desired.tables {
            let old = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old));
            let hinted = || wanted.columns.iter().filter_map(|column| Some((column, hints(column)?)));
            if hinted().next().is_none() {
                continue;
            }
            let is_it = |table: &Table| table.name == wanted.name || Some(&table.name) == old.as_ref();
            for table in found.tables.iter_mut().filter(|table| is_it(table)) {
                for (wanted, hints) in hinted() {
                    let old = wanted.renamed_from.as_ref();
                    let is_it = |column: &Column| column.name == wanted.name || Some(&column.name) == old;
                    for column in table.columns.iter_mut().filter(|column| is_it(column)) {
                        self.look_for(&table.name, column, hints).await?;
                    }
                }
            }
        }
        Ok(found)
    }

    /// Where no row has an old value, nobody asks for the new ones.
    async fn look_for(
        &self,
        table: &ObjectName,
        column: &mut Column,
        hints: &EnumValues,
    ) -> Result<(), Error> {
        let mut there = Vec::new();
        for old in hints.renamed.values() {
            if self.holds(table, &column.name, old).await? {
                there.push(old.clone());
            }
        }
        if there.is_empty() {
            return Ok(());
        }
        for new in hints.renamed.keys() {
            if !there.contains(new) && self.holds(table, &column.name, new).await? {
                there.push(new.clone());
            }
        }
        let values = &mut column.values.get_or_insert_default().values;
        values.extend(there);
        values.sort();
        values.dedup();
        Ok(())
    }

    async fn holds(&self, table: &ObjectName, column: &str, value: &str) -> Result<bool, Error> {
        let query = sql::holds(table, column, value);
        self.with(move |connection| {
            connection
                .query_row(&query, [], |row| row.get(0))
                .map_err(|error| of_driver(&error, "looking for old names of values"))
        })
        .await
    }
}

fn hints(column: &Column) -> Option<&EnumValues> {
    column.values.as_deref().filter(|values| !values.renamed.is_empty())
}
