//! A short name for a whole [`Schema`].

use std::io::{self, BufWriter, Write as _};

use datamodel::Action;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    Column, ColumnType, Default, Dialect, Enum, ForeignKey, Index, IndexColumn, Nullability, ObjectName,
    Predicate, PrimaryKey, Schema, Table, Uniqueness,
};

/// SHA-256 over the schema's canonical JSON, as `sha256:<hex>`.
///
/// Objects are sorted by name first, so that a desired schema (in the order of the text) and an introspected one (by
/// name) with equal content have equal fingerprints. Rename hints and validity marks are not part of it.
pub fn fingerprint(schema: &Schema) -> String {
    let mut out = BufWriter::with_capacity(1 << 14, Hashing(Sha256::new()));
    // Writing a value of this type into a hash cannot fail: it has no maps and no custom serialisers.
    let written = serde_json::to_writer(&mut out, &Canonical::of(schema)).is_ok() && out.flush().is_ok();
    let (Hashing(hash), _) = out.into_parts();
    debug_assert!(written, "a schema has a form in JSON");
    format!("sha256:{}", hex::encode(hash.finalize()))
}

/// Takes what is written and keeps its hash.
struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What of a schema counts, in the form that the schema itself has in JSON. A field that is added to the model must be
/// taken or left here.
#[derive(Serialize)]
struct Canonical<'s> {
    dialect: Dialect,
    namespaces: [&'s str; 0],
    enums: Vec<CanonicalEnum<'s>>,
    tables: Vec<CanonicalTable<'s>>,
}

#[derive(Serialize)]
struct CanonicalEnum<'s> {
    name: &'s ObjectName,
    values: &'s [String],
}

#[derive(Serialize)]
struct CanonicalTable<'s> {
    name: &'s ObjectName,
    columns: Vec<CanonicalColumn<'s>>,
    primary_key: Option<&'s PrimaryKey>,
    indexes: Vec<CanonicalIndex<'s>>,
    foreign_keys: Vec<CanonicalKey<'s>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    extras: &'s [String],
}

#[derive(Serialize)]
struct CanonicalColumn<'s> {
    name: &'s str,
    ty: &'s ColumnType,
    nullability: Nullability,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'s Default>,
    autoincrement: bool,
}

#[derive(Serialize)]
struct CanonicalIndex<'s> {
    name: &'s str,
    uniqueness: Uniqueness,
    columns: &'s [IndexColumn],
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate: Option<&'s Predicate>,
}

#[derive(Serialize)]
struct CanonicalKey<'s> {
    name: Option<&'s str>,
    columns: &'s [String],
    referenced_table: &'s ObjectName,
    referenced_columns: &'s [String],
    on_delete: Action,
    on_update: Action,
}

impl<'s> Canonical<'s> {
    fn of(schema: &'s Schema) -> Self {
        let Schema {
            dialect,
            enums,
            tables,
            namespaces: _,
            extensions: _,
            views: _,
            homes: _,
            partial_indexes: _,
            names: _,
        } = schema;
        let mut enums: Vec<_> = enums.iter().map(canonical_enum).collect();
        enums.sort_by(|a, b| a.name.cmp(b.name));
        let mut tables: Vec<_> = tables.iter().map(canonical_table).collect();
        tables.sort_by(|a, b| a.name.cmp(b.name));
        Self { dialect: *dialect, namespaces: [], enums, tables }
    }
}

fn canonical_enum(found: &Enum) -> CanonicalEnum<'_> {
    let Enum { name, values, renamed_from: _, renamed_values: _ } = found;
    CanonicalEnum { name, values }
}

fn canonical_table(table: &Table) -> CanonicalTable<'_> {
    let Table { name, columns, primary_key, indexes, foreign_keys, extras, renamed_from: _, ties: _ } = table;
    let mut columns: Vec<_> = columns.iter().map(canonical_column).collect();
    columns.sort_by(|a, b| a.name.cmp(b.name));
    let mut indexes: Vec<_> = indexes.iter().map(canonical_index).collect();
    indexes.sort_by(|a, b| a.name.cmp(b.name));
    let mut foreign_keys: Vec<_> = foreign_keys.iter().map(canonical_key).collect();
    foreign_keys.sort_by(|a, b| (a.name, a.columns).cmp(&(b.name, b.columns)));
    CanonicalTable { name, columns, primary_key: primary_key.as_ref(), indexes, foreign_keys, extras }
}

fn canonical_column(column: &Column) -> CanonicalColumn<'_> {
    let Column {
        name,
        ty,
        nullability,
        default,
        autoincrement,
        sequence: _,
        client_default: _,
        filled_with: _,
        renamed_from: _,
        replaces: _,
        values: _,
        // The table's extras say them.
        attributes: _,
    } = column;
    CanonicalColumn {
        name,
        ty,
        nullability: *nullability,
        default: default.as_ref(),
        autoincrement: *autoincrement,
    }
}

fn canonical_index(index: &Index) -> CanonicalIndex<'_> {
    let Index { name, uniqueness, columns, method, predicate, constraint: _, valid: _ } = index;
    CanonicalIndex {
        name,
        uniqueness: *uniqueness,
        columns,
        method: method.as_deref(),
        predicate: predicate.as_ref(),
    }
}

fn canonical_key(key: &ForeignKey) -> CanonicalKey<'_> {
    let ForeignKey {
        name,
        columns,
        referenced_table,
        referenced_columns,
        on_delete,
        on_update,
        validated: _,
    } = key;
    CanonicalKey {
        name: name.as_deref(),
        columns,
        referenced_table,
        referenced_columns,
        on_delete: *on_delete,
        on_update: *on_update,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by way of a copy without what does not count.
    fn by_a_copy(schema: &Schema) -> String {
        let mut canonical = schema.clone();
        canonical.namespaces.clear();
        canonical.extensions.clear();
        canonical.views.clear();
        canonical.names = None;
        canonical.partial_indexes = datamodel::PartialIndexes::LeftAlone;
        canonical.enums.sort_by(|a, b| a.name.cmp(&b.name));
        canonical.tables.sort_by(|a, b| a.name.cmp(&b.name));
        for found in &mut canonical.enums {
            found.renamed_from = None;
            found.renamed_values.clear();
        }
        for table in &mut canonical.tables {
            table.renamed_from = None;
            table.ties.clear();
            table.columns.sort_by(|a, b| a.name.cmp(&b.name));
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            table.foreign_keys.sort_by(|a, b| (&a.name, &a.columns).cmp(&(&b.name, &b.columns)));
            for column in &mut table.columns {
                column.renamed_from = None;
                column.replaces = None;
                column.values = None;
                column.client_default = false;
                column.filled_with = None;
                column.sequence = None;
                column.attributes = None;
            }
            for index in &mut table.indexes {
                index.constraint = false;
                index.valid = true;
            }
            for key in &mut table.foreign_keys {
                key.validated = true;
            }
        }
        let bytes = serde_json::to_vec(&canonical).unwrap();
        format!("sha256:{}", hex::encode(Sha256::digest(&bytes)))
    }

    const TEXT: &str = r#"{"dialect":"postgresql","namespaces":["b","a"],"extensions":[{"name":"citext","schema":null,"version":null}],
        "enums":[{"name":{"namespace":"z","name":"B"},"values":["x","a"],"renamed_from":"C","renamed_values":{"x":"y"}},
        {"name":{"namespace":"a","name":"A"},"values":[]}],
        "tables":[{"name":{"namespace":"a","name":"T"},"columns":[
        {"name":"b","ty":{"base":"Integer","list":false},"nullability":"Required","default":{"Value":{"Number":"1"}},
        "autoincrement":false,"sequence":{"name":"s"},"client_default":true,"filled_with":"Now","renamed_from":"o",
        "values":{"values":["x"],"renamed":{"x":"y"}}},
        {"name":"a","ty":{"base":{"Enum":{"namespace":"z","name":"B"}},"list":true},"nullability":"Nullable","autoincrement":true}],
        "primary_key":{"name":"T_pkey","columns":["b"],"prefixes":{"b":3}},"indexes":[
        {"name":"i2","uniqueness":"Plain","columns":[{"name":"a","sort":"Desc","operator_class":"x","length":2}],"method":"gin",
        "constraint":true,"valid":false},
        {"name":"i1","uniqueness":"Unique","columns":[{"name":"b","sort":"Asc"}]}],
        "foreign_keys":[{"name":"f","columns":["b"],"referenced_table":{"name":"S"},"referenced_columns":["id"],
        "on_delete":"Cascade","on_update":"NoAction","validated":false},
        {"name":null,"columns":["a"],"referenced_table":{"namespace":"a","name":"T"},"referenced_columns":["b"],
        "on_delete":"SetNull","on_update":"Restrict"}],
        "renamed_from":"U","extras":["trigger t"],"ties":[{"what":"view v","columns":["b"],"hold":"InTheWay"}]},
        {"name":{"name":"S"},"columns":[],"primary_key":null,"indexes":[],"foreign_keys":[]}],
        "views":[{"name":"v"}],"names":{"tables":[{"table":{"name":"S"},"model":"M","fields":{"id":"key"}}]}}"#;

    #[test]
    fn is_that_of_a_copy_without_what_does_not_count() {
        let schema: Schema = serde_json::from_str(TEXT).unwrap();
        assert_eq!(fingerprint(&schema), by_a_copy(&schema));
        let empty = Schema::empty(Dialect::Sqlite);
        assert_eq!(fingerprint(&empty), by_a_copy(&empty));
    }
}
