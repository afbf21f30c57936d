//! Whether two conditions of partial indexes are one: the server itself is asked.
//!
//! `pg_get_expr` gives a condition in the server's own words (`status = 'x'` comes back as `(status = 'x'::text)`), so text
//! cannot tell. Both are therefore given to the planner over the row type of the table, and what it makes of them is
//! compared. Nothing is read from the table and nothing is written.

use std::collections::BTreeMap;

use schema::{Predicate, Schema, Table};

use super::{Postgres, quoted};
use crate::Error;

impl Postgres {
    /// The found schema with its conditions in the words of `desired` where both mean the same to the server.
    pub(crate) async fn recognise(&self, mut found: Schema, desired: &Schema) -> Result<Schema, Error> {
        let places: BTreeMap<_, usize> =
            found.tables.iter().enumerate().map(|(place, table)| (table.name.clone(), place)).collect();
        for wanted in &desired.tables {
            let old = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old));
            let place = places.get(&wanted.name).or_else(|| places.get(old.as_ref()?));
            if let Some(table) = place.and_then(|place| found.tables.get_mut(*place)) {
                self.recognise_in(table, wanted).await?;
            }
        }
        Ok(found)
    }

    async fn recognise_in(&self, found: &mut Table, wanted: &Table) -> Result<(), Error> {
        let mut said: Vec<&Predicate> =
            wanted.indexes.iter().filter_map(|index| index.predicate.as_ref()).collect();
        // What reads the same already needs no question.
        let open = |predicate: &Predicate| !said.iter().any(|wanted| wanted.says_the_same(predicate));
        let theirs: Vec<usize> = found
            .indexes
            .iter()
            .enumerate()
            .filter(|(_, index)| index.predicate.as_ref().is_some_and(open))
            .map(|(place, _)| place)
            .collect();
        said.retain(|wanted| {
            let known = |predicate: &Predicate| predicate.says_the_same(wanted);
            !found.indexes.iter().filter_map(|index| index.predicate.as_ref()).any(known)
        });
        if theirs.is_empty() || said.is_empty() {
            return Ok(());
        }
        let names = renamed_columns(found, wanted);
        let mut meanings = Vec::new();
        for predicate in said {
            if let Some(meaning) = self.meaning(found, &names, predicate).await? {
                meanings.push((meaning, predicate));
            }
        }
        let names: Vec<(&str, &str)> =
            found.columns.iter().map(|column| (column.name.as_str(), column.name.as_str())).collect();
        let mut words = Vec::new();
        for place in theirs {
            let Some(predicate) = found.indexes.get(place).and_then(|index| index.predicate.as_ref()) else {
                continue;
            };
            let Some(meaning) = self.meaning(found, &names, predicate).await? else { continue };
            if let Some((_, same)) = meanings.iter().find(|(wanted, _)| *wanted == meaning) {
                words.push((place, (*same).clone()));
            }
        }
        for (place, predicate) in words {
            if let Some(index) = found.indexes.get_mut(place) {
                index.predicate = Some(predicate);
            }
        }
        Ok(())
    }

    /// What the planner makes of a condition on the table; `names` are the columns as they are called there and in the
    /// condition. `None` when the server cannot read it.
    async fn meaning(
        &self,
        table: &Table,
        names: &[(&str, &str)],
        predicate: &Predicate,
    ) -> Result<Option<Vec<String>>, Error> {
        let columns: Vec<String> =
            names.iter().map(|(here, there)| format!("r.{} AS {}", quoted(here), quoted(there))).collect();
        let namespace = table.name.namespace.as_deref().unwrap_or_default();
        let row = format!("{}.{}", quoted(namespace), quoted(&table.name.name));
        let query = format!(
            "EXPLAIN (COSTS OFF) SELECT FROM (SELECT {} FROM pg_catalog.json_populate_record(NULL::{row}, '{{}}') AS r) \
             AS {} WHERE ({})",
            columns.join(", "),
            quoted(&table.name.name),
            sql::predicate(predicate)
        );
        match self.client.query(&query, &[]).await {
            Ok(rows) => rows.iter().map(|row| self.get(row, 0)).collect::<Result<_, _>>().map(Some),
            Err(error) if error.as_db_error().is_some() => Ok(None),
            Err(error) => Err(self.error(&error, "comparing the conditions of partial indexes")),
        }
    }
}

/// The columns as they are found, with the names that they are going to have.
fn renamed_columns<'a>(found: &'a Table, wanted: &'a Table) -> Vec<(&'a str, &'a str)> {
    let mut new: BTreeMap<&str, &str> = BTreeMap::new();
    for column in &wanted.columns {
        let Some(old) = &column.renamed_from else { continue };
        if found.column(&column.name).is_none() && wanted.column(old).is_none() {
            new.insert(old, &column.name);
        }
    }
    let name = |column: &'a schema::Column| column.name.as_str();
    found
        .columns
        .iter()
        .map(|column| (name(column), new.get(name(column)).copied().unwrap_or(name(column))))
        .collect()
}
