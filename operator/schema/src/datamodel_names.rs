//! What the datamodel calls the parts of a schema: [`DatamodelNames`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ObjectName, Schema, Table};

/// The names that the datamodel has for what a schema holds, beside those of the database.
///
/// Only what differs is listed, sorted by the names of the database: whatever is not listed is called in the datamodel as
/// it is in the database. So two datamodels of equal names and equal `@map`s have equal values, in whichever order their
/// models stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatamodelNames {
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    tables: Vec<TableNames>,
    /// Tables that no model has: those of relations, those that a language's server keeps for itself, and others'.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    without_model: Vec<ObjectName>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    enums: Vec<EnumNames>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TableNames {
    table: ObjectName,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    model: Option<String>,
    /// Column to field; to nothing where no field is known to be behind it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    fields: BTreeMap<String, Option<String>>,
    /// By column, the enum that stands there alone (MySQL, SQLite).
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    values: BTreeMap<String, NamedValues>,
}

impl TableNames {
    fn of(table: &ObjectName) -> Self {
        Self { table: table.clone(), model: None, fields: BTreeMap::new(), values: BTreeMap::new() }
    }

    fn says_something(&self) -> bool {
        self.model.is_some() || !self.fields.is_empty() || !self.values.is_empty()
    }
}

/// An enum of the datamodel that no type of the database has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedValues {
    /// Its name.
    pub declared: String,
    /// All of its stored values, with their names.
    pub values: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct EnumNames {
    name: ObjectName,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    declared: Option<String>,
    /// Stored value to its name; to nothing where none is known to be behind it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    values: BTreeMap<String, Option<String>>,
}

/// A name of the database and the one that the datamodel has for the same.
pub(crate) type Pair<'n> = (&'n str, &'n str);

impl DatamodelNames {
    pub(crate) fn add_model<'n>(
        &mut self,
        table: &ObjectName,
        model: &str,
        columns: impl Iterator<Item = Pair<'n>>,
        values: BTreeMap<String, NamedValues>,
    ) {
        let (model, fields) = (differing(&table.name, model), listed(columns));
        let names = TableNames { model, fields, values, ..TableNames::of(table) };
        if names.says_something() {
            self.tables.push(names);
        }
    }

    pub(crate) fn add_table_without_model(&mut self, table: &ObjectName) {
        self.without_model.push(table.clone());
    }

    pub(crate) fn add_enum<'n>(
        &mut self,
        name: &ObjectName,
        declared: &str,
        values: impl Iterator<Item = Pair<'n>>,
    ) {
        let (declared, values) = (differing(&name.name, declared), listed(values));
        if declared.is_some() || !values.is_empty() {
            self.enums.push(EnumNames { name: name.clone(), declared, values });
        }
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.tables.sort_by(|a, b| a.table.cmp(&b.table));
        self.without_model.sort();
        self.enums.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }

    /// The same for a server that has other names for the tables: what was called as it is in the database is listed now.
    #[must_use]
    pub fn with_tables_called<'n>(
        mut self,
        tables: impl Iterator<Item = &'n ObjectName>,
        other: impl Fn(&str) -> String,
    ) -> Self {
        let before = std::mem::take(&mut self.tables);
        let mut before: BTreeMap<ObjectName, TableNames> =
            before.into_iter().map(|names| (names.table.clone(), names)).collect();
        for table in tables {
            let found = before.remove(table);
            let mut names = found.unwrap_or_else(|| TableNames::of(table));
            let model = names.model.take().unwrap_or_else(|| table.name.clone());
            names.table = table.sibling(other(&table.name));
            names.model = differing(&names.table.name, &model);
            if names.says_something() {
                self.tables.push(names);
            }
        }
        for table in &mut self.without_model {
            table.name = other(&table.name);
        }
        let without = std::mem::take(&mut self.without_model);
        self.tables.retain(|names| !without.contains(&names.table));
        self.without_model = without;
        self.sorted()
    }

    /// The same for what is found now, when these were recorded with `recorded`: what came since has no name.
    #[must_use]
    pub fn for_what_is_found(mut self, recorded: &Schema, found: &Schema) -> Self {
        let before: BTreeMap<&ObjectName, &Table> =
            recorded.tables.iter().map(|table| (&table.name, table)).collect();
        let mut names: BTreeMap<ObjectName, TableNames> =
            self.tables.into_iter().map(|names| (names.table.clone(), names)).collect();
        for table in &found.tables {
            let Some(before) = before.get(&table.name) else {
                self.without_model.push(table.name.clone());
                continue;
            };
            for column in table.columns.iter().filter(|column| before.column(&column.name).is_none()) {
                let listed = names.entry(table.name.clone()).or_insert_with(|| TableNames::of(&table.name));
                listed.fields.insert(column.name.clone(), None);
            }
        }
        self.tables = names.into_values().collect();
        for now in &found.enums {
            let before = recorded.find_enum(&now.name);
            let came =
                now.values.iter().filter(|value| before.is_none_or(|before| !before.values.contains(value)));
            let came: Vec<(String, Option<String>)> = came.map(|value| (value.clone(), None)).collect();
            if came.is_empty() {
                continue;
            }
            match self.enums.iter_mut().find(|names| names.name == now.name) {
                Some(names) => names.values.extend(came),
                None => self.enums.push(EnumNames {
                    name: now.name.clone(),
                    declared: None,
                    values: came.into_iter().collect(),
                }),
            }
        }
        self.sorted()
    }

    /// The name of the model that a table has, if it has one.
    pub fn model<'n>(&'n self, table: &'n ObjectName) -> Option<&'n str> {
        if self.without_model.binary_search(table).is_ok() {
            return None;
        }
        Some(self.of_table(table).and_then(|names| names.model.as_deref()).unwrap_or(&table.name))
    }

    /// The name of the field that a column of a model's table has, if it has one.
    pub fn field<'n>(&'n self, table: &ObjectName, column: &'n str) -> Option<&'n str> {
        self.of_table(table).and_then(|names| names.fields.get(column)).map_or(Some(column), Option::as_deref)
    }

    /// The values of a column's enum, where it has no type of its own.
    pub fn values_of_column(&self, table: &ObjectName, column: &str) -> Option<&NamedValues> {
        self.of_table(table)?.values.get(column)
    }

    /// The name of an enum.
    pub fn declared<'n>(&'n self, name: &'n ObjectName) -> &'n str {
        self.of_enum(name).and_then(|names| names.declared.as_deref()).unwrap_or(&name.name)
    }

    /// The name of a value of an enum, if it has one.
    pub fn value<'n>(&'n self, name: &ObjectName, stored: &'n str) -> Option<&'n str> {
        self.of_enum(name).and_then(|names| names.values.get(stored)).map_or(Some(stored), Option::as_deref)
    }

    fn of_table(&self, table: &ObjectName) -> Option<&TableNames> {
        let place = self.tables.binary_search_by(|names| names.table.cmp(table)).ok()?;
        self.tables.get(place)
    }

    fn of_enum(&self, name: &ObjectName) -> Option<&EnumNames> {
        let place = self.enums.binary_search_by(|names| names.name.cmp(name)).ok()?;
        self.enums.get(place)
    }
}

fn differing(in_database: &str, in_datamodel: &str) -> Option<String> {
    (in_database != in_datamodel).then(|| in_datamodel.to_owned())
}

fn listed<'n>(pairs: impl Iterator<Item = Pair<'n>>) -> BTreeMap<String, Option<String>> {
    let differing = pairs.filter(|(in_database, in_datamodel)| in_database != in_datamodel);
    differing
        .map(|(in_database, in_datamodel)| (in_database.to_owned(), Some(in_datamodel.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Scope, derive};

    fn schema(models: &str) -> Schema {
        let text = format!("datasource db {{\n  provider = \"mysql\"\n}}\n{models}");
        let parsed = datamodel::parse(datamodel::Source { text: &text, language: None, edition: None });
        derive(&parsed.datamodel.unwrap(), &Scope { dialect: Dialect::MySql, namespace: None })
    }

    fn table(name: &str) -> ObjectName {
        ObjectName::new(None, name)
    }

    const MODELS: &str = "model Post {\n  id Int @id\n  tags Tag[]\n}\nmodel Tag {\n  id Int @id
  posts Post[]\n  text String @map(\"t\")\n  @@map(\"tags\")\n}";

    #[test]
    fn only_what_differs_is_kept_and_takes_no_part_in_comparison() {
        let found = schema(MODELS);
        let names = found.names.clone().unwrap();
        assert_eq!(
            serde_json::to_string(&names).unwrap(),
            r#"{"tables":[{"table":{"name":"tags"},"model":"Tag","fields":{"t":"text"}}],"without_model":[{"name":"_PostToTag"}]}"#
        );
        assert_eq!(names.model(&table("Post")), Some("Post"));
        assert_eq!(names.model(&table("_PostToTag")), None);
        let unknown = Schema { names: None, ..found.clone() };
        assert_eq!(unknown, found);
        assert_eq!(crate::fingerprint(&unknown), crate::fingerprint(&found));
        assert!(!serde_json::to_string(&unknown).unwrap().contains("\"names\""));
    }

    #[test]
    fn a_server_that_folds_names_has_the_same_models() {
        let found = schema(MODELS);
        let tables: Vec<ObjectName> = found.tables.iter().map(|table| table.name.clone()).collect();
        let names = found.names.unwrap().with_tables_called(tables.iter(), str::to_lowercase);
        assert_eq!(names.model(&table("post")), Some("Post"));
        assert_eq!(names.model(&table("tags")), Some("Tag"));
        assert_eq!(names.model(&table("_posttotag")), None);
        assert_eq!(names.field(&table("tags"), "t"), Some("text"));
    }

    #[test]
    fn what_came_since_has_no_name() {
        let recorded = schema("model Tag {\n  id Int @id\n  @@map(\"tags\")\n}");
        let found = schema(MODELS);
        let names = recorded.names.clone().unwrap().for_what_is_found(&recorded, &found);
        assert_eq!(names.model(&table("Post")), None);
        assert_eq!(names.model(&table("tags")), Some("Tag"));
        assert_eq!(names.field(&table("tags"), "t"), None);
        assert_eq!(names.field(&table("tags"), "id"), Some("id"));
    }
}
