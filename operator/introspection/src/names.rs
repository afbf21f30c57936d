//! Names of models, fields, enums and values: those of the text, or made of the database's (`prisma` facts 4.5).

use std::collections::{BTreeMap, BTreeSet};

use schema::{MySqlType, ObjectName, Schema, Table, Type};

use crate::known::Known;
use crate::remark::Remark;

/// Where an enum comes from: a type of its own, or on MySQL a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EnumKey {
    /// A type of the schema.
    Type(ObjectName),
    /// A column of a table.
    Column(ObjectName, String),
}

/// All names.
#[derive(Debug, Default)]
pub(crate) struct Names {
    models: BTreeMap<ObjectName, String>,
    enums: BTreeMap<EnumKey, String>,
    fields: BTreeMap<ObjectName, BTreeMap<String, String>>,
    values: BTreeMap<EnumKey, BTreeMap<String, String>>,
    /// Tables whose own name is a reserved word.
    reserved: BTreeSet<ObjectName>,
}

impl Names {
    /// Names everything but what holds links.
    pub(crate) fn of(
        found: &Schema,
        known: &Known<'_>,
        is_link: impl Fn(&ObjectName) -> bool,
        remarks: &mut Vec<Remark>,
    ) -> Self {
        let mut names = Self::default();
        let tables = || found.tables.iter().filter(|table| !is_link(&table.name));
        let mut enums: Vec<(EnumKey, ObjectName, &[String])> = found
            .enums
            .iter()
            .map(|found| (EnumKey::Type(found.name.clone()), found.name.clone(), found.values.as_slice()))
            .collect();
        for table in tables() {
            for column in &table.columns {
                if let Type::MySql(MySqlType::Enum(values)) = &column.ty.base {
                    let name = table.name.sibling(format!("{}_{}", table.name.name, column.name));
                    enums.push((EnumKey::Column(table.name.clone(), column.name.clone()), name, values));
                }
            }
        }
        let mut taken = BTreeSet::new();
        for table in tables() {
            if let Some(known) = known.model(&table.name) {
                taken.insert(known.model.name.clone());
                names.models.insert(table.name.clone(), known.model.name.clone());
            }
        }
        for (key, _, values) in &enums {
            if let Some(name) = known_enum(key, values, known) {
                taken.insert(name.clone());
                names.enums.insert(key.clone(), name);
            }
        }
        taken.extend(known.places.iter().filter(|place| is_view(place)).map(|place| place.name.clone()));
        let mut spread: BTreeMap<String, usize> = BTreeMap::new();
        for name in tables().map(|table| &table.name).chain(enums.iter().map(|(_, name, _)| name)) {
            *spread.entry(sanitised(&name.name)).or_default() += 1;
        }
        let mut make = |name: &ObjectName, kind: &str| -> (String, bool) {
            let plain = sanitised(&name.name);
            let several = spread.get(&plain).is_some_and(|count| *count > 1) || taken.contains(&plain);
            let reserved = datamodel::is_reserved(&name.name);
            let plain = if plain.is_empty() { numbered(kind, &name.name) } else { plain };
            let wanted = match &name.namespace {
                Some(namespace) if several => sanitised(&format!("{namespace}_{}", name.name)),
                _ if reserved => format!("Renamed{}", name.name),
                // A word of Prisma's may come out of the sanitising as well.
                _ if datamodel::is_reserved(&plain) => format!("Renamed{plain}"),
                _ => plain,
            };
            (free(wanted, &mut taken), reserved)
        };
        for table in tables() {
            if !names.models.contains_key(&table.name) {
                let (name, reserved) = make(&table.name, "model");
                names.reserved.extend(reserved.then(|| table.name.clone()));
                names.models.insert(table.name.clone(), name);
            }
            names.fields.insert(table.name.clone(), fields(table, known));
        }
        for (key, name, values) in &enums {
            if !names.enums.contains_key(key) {
                names.enums.insert(key.clone(), make(name, "enum").0);
            }
            let kept = enum_name(&names, key).and_then(|name| known.datamodel.find_enum(name));
            names.values.insert(key.clone(), value_names(values, kept));
            if values.iter().any(String::is_empty) {
                remarks.push(Remark::new(
                    name.to_string(),
                    "One of its values is the empty text, which a datamodel cannot say.",
                ));
            }
        }
        names
    }

    /// The model of a table; empty for a table that has none.
    pub(crate) fn model(&self, table: &ObjectName) -> &str {
        self.models.get(table).map_or("", String::as_str)
    }

    /// Whether the table was renamed because its own name is reserved.
    pub(crate) fn is_reserved(&self, table: &ObjectName) -> bool {
        self.reserved.contains(table)
    }

    /// The field of a column.
    pub(crate) fn field<'n>(&'n self, table: &ObjectName, column: &'n str) -> &'n str {
        self.fields.get(table).and_then(|fields| fields.get(column)).map_or(column, String::as_str)
    }

    /// Names of all fields of a table's columns.
    pub(crate) fn fields_of(&self, table: &ObjectName) -> BTreeSet<String> {
        self.fields.get(table).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// The enum of a type or column.
    pub(crate) fn enum_name(&self, key: &EnumKey) -> Option<&str> {
        enum_name(self, key)
    }

    /// The name of a stored value.
    pub(crate) fn value(&self, key: &EnumKey, stored: &str) -> Option<&str> {
        self.values.get(key)?.get(stored).map(String::as_str)
    }

    /// Every enum of a column, by column.
    pub(crate) fn column_enums(&self) -> impl Iterator<Item = &EnumKey> {
        self.enums.keys().filter(|key| matches!(key, EnumKey::Column(..)))
    }
}

fn enum_name<'n>(names: &'n Names, key: &EnumKey) -> Option<&'n str> {
    names.enums.get(key).map(String::as_str)
}

fn is_view(place: &datamodel::BlockPlace) -> bool {
    place.kind == datamodel::BlockKind::View
}

/// The enum that the text has for it. On MySQL it is the one that the column's field has, if the values are the same.
fn known_enum(key: &EnumKey, values: &[String], known: &Known<'_>) -> Option<String> {
    match key {
        EnumKey::Type(name) => known.find_enum(name).map(|found| found.name.clone()),
        EnumKey::Column(table, column) => {
            let model = known.model(table)?;
            let (field, _) = model.field(column)?;
            let datamodel::FieldType::Enum(name) = &field.ty else { return None };
            let declared = known.datamodel.find_enum(name)?;
            let stored = declared.values.iter().map(datamodel::EnumValue::stored);
            stored.eq(values.iter().map(String::as_str)).then(|| name.clone())
        }
    }
}

fn fields(table: &Table, known: &Known<'_>) -> BTreeMap<String, String> {
    let model = known.model(&table.name);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut fields = BTreeMap::new();
    let kept = |column: &str| model.as_ref().and_then(|model| model.field(column));
    for column in &table.columns {
        if let Some((field, _)) = kept(&column.name) {
            taken.insert(field.name.clone());
            fields.insert(column.name.clone(), field.name.clone());
        }
    }
    if let Some(model) = &model {
        taken.extend(model.model.relations.iter().map(|relation| relation.name.clone()));
    }
    // What needs no other name gets its own before what does.
    let (plain, other): (Vec<_>, Vec<_>) = table
        .columns
        .iter()
        .filter(|column| kept(&column.name).is_none())
        .partition(|column| sanitised(&column.name) == column.name);
    for column in plain.into_iter().chain(other) {
        let name = sanitised(&column.name);
        let name = if name.is_empty() { numbered("field", &column.name) } else { name };
        fields.insert(column.name.clone(), free(name, &mut taken));
    }
    fields
}

fn value_names(values: &[String], kept: Option<&datamodel::Enum>) -> BTreeMap<String, String> {
    let mut taken = BTreeSet::new();
    let mut names = BTreeMap::new();
    let kept = |stored: &String| kept?.values.iter().find(|value| value.stored() == stored);
    for stored in values {
        if let Some(value) = kept(stored) {
            taken.insert(value.name.clone());
            names.insert(stored.clone(), value.name.clone());
        }
    }
    let (plain, other): (Vec<&String>, Vec<&String>) = values
        .iter()
        .filter(|stored| kept(stored).is_none())
        .partition(|stored| sanitised(stored) == **stored);
    for stored in plain.into_iter().chain(other) {
        let name = match sanitised(stored) {
            _ if stored.is_empty() => "EMPTY_ENUM_VALUE".to_owned(),
            name if name.is_empty() => numbered("value", stored),
            name => name,
        };
        names.insert(stored.clone(), free(name, &mut taken));
    }
    names
}

/// The name, or one like it that is free; from now on it is taken.
pub(crate) fn free(wanted: String, taken: &mut BTreeSet<String>) -> String {
    let mut name = wanted;
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}

/// The name as Prisma writes it: what leads it and is no letter goes, what else is no letter, digit or `_` becomes `_`.
pub(crate) fn sanitised(name: &str) -> String {
    words(name.trim_start_matches(|first: char| !first.is_ascii_alphabetic()))
}

/// A name for what has no letter in its own: `field_42`.
fn numbered(kind: &str, name: &str) -> String {
    let rest = words(name);
    let rest = rest.trim_matches('_');
    if rest.is_empty() { kind.to_owned() } else { format!("{kind}_{rest}") }
}

fn words(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_letters() {
        assert_eq!(
            ["_User", "1a", "a b-c", "Straße", "42"].map(sanitised),
            ["User", "a", "a_b_c", "Stra_e", ""]
        );
        let mut taken = BTreeSet::from(["a".to_owned(), "a_".to_owned()]);
        assert_eq!(free("a".to_owned(), &mut taken), "a__");
    }
}
