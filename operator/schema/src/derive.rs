//! From datamodel to schema.

use std::collections::BTreeMap;

use datamodel::{Datamodel, FieldType, ForeignKeyMode, Language, Model, Provider, Relation};

use crate::datamodel_names::NamedValues;
use crate::defaults::{client_fills, column_default, filling, plain_value};
use crate::named::Named;
use crate::prisma1::{list_index, relay_table, unique_name};
use crate::relations::{foreign_key, link_table};
use crate::types::column_type;
use crate::{
    Column, ColumnType, Condition, DatamodelNames, Dialect, Enum, EnumValues, Index, IndexColumn,
    Nullability, ObjectName, Predicate, PrimaryKey, Schema, Sequence, Table, Uniqueness, mysql, names,
};

/// Where the schema is going to live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whose rules apply.
    pub dialect: Dialect,
    /// PostgreSQL schema of everything without `@@schema`; ignored elsewhere.
    pub namespace: Option<String>,
}

impl Scope {
    /// The namespace of an object that may name its own.
    pub(crate) fn namespace<'a>(&'a self, own: Option<&'a str>) -> Option<&'a str> {
        match self.dialect {
            Dialect::Sqlite | Dialect::MySql => None,
            Dialect::PostgreSql => own.or(self.namespace.as_deref()).or(Some("public")),
        }
    }

    pub(crate) fn table_of(&self, model: &Model) -> ObjectName {
        ObjectName::new(self.namespace(model.namespace.as_deref()), self.cut(model.table_name()))
    }

    /// PostgreSQL cuts a name that is too long in silence; what is desired must be what will be found. MySQL refuses it.
    pub(crate) fn cut<'a>(&self, name: &'a str) -> &'a str {
        match self.dialect {
            Dialect::PostgreSql | Dialect::Sqlite => names::cut(name, self.dialect.identifier_limit()),
            Dialect::MySql => name,
        }
    }

    /// Name of the column of a field, which is named as in the datamodel.
    pub(crate) fn column_of(&self, model: &Model, field: &str) -> String {
        self.cut(model.column(field).map_or(field, datamodel::ColumnField::column_name)).to_owned()
    }
}

/// The schema that the datamodel describes. Total on every datamodel that `datamodel::parse` accepted.
pub fn derive(datamodel: &Datamodel, scope: &Scope) -> Schema {
    let datamodel = &Named::of(datamodel);
    let mut names = DatamodelNames::default();
    let mut tables: Vec<Table> =
        datamodel.models.iter().map(|model| table(datamodel, scope, model)).collect();
    for (model, table) in datamodel.models.iter().zip(&tables) {
        let columns = table.columns.iter().map(|column| column.name.as_str());
        let fields = model.columns.iter().map(|field| field.name.as_str());
        let values = named_values(datamodel, scope, model, table);
        names.add_model(&table.name, &model.name, columns.zip(fields), values);
    }
    let places: BTreeMap<ObjectName, usize> =
        tables.iter().enumerate().map(|(place, table)| (table.name.clone(), place)).collect();
    for relation in &datamodel.relations {
        match relation {
            Relation::Inline(inline) if has_foreign_keys(datamodel) => {
                if let Some((owner, key)) = foreign_key(datamodel, scope, inline)
                    && let Some(table) = places.get(&owner).and_then(|place| tables.get_mut(*place))
                {
                    table.foreign_keys.push(key);
                }
            }
            Relation::Inline(_) => {}
            Relation::Table(link) => {
                if let Some(mut table) = link_table(datamodel, scope, link) {
                    if !has_foreign_keys(datamodel) {
                        table.foreign_keys.clear();
                    }
                    tables.push(table);
                }
            }
        }
    }
    if datamodel.language == Language::SdlV1 {
        tables.push(relay_table(scope));
    }
    for table in tables.iter().skip(datamodel.models.len()) {
        names.add_table_without_model(&table.name);
    }
    for table in &mut tables {
        list_index(scope, datamodel.language, table);
    }
    if scope.dialect == Dialect::MySql {
        tables.iter_mut().for_each(mysql::add_key_indexes);
    }
    let enums = enums(datamodel, scope);
    for (declared, found) in datamodel.enums.iter().zip(&enums) {
        let values = declared.values.iter().map(|value| (value.stored(), value.name.as_str()));
        names.add_enum(&found.name, &declared.name, values);
    }
    let mut namespaces: Vec<String> = tables
        .iter()
        .filter_map(|table| table.name.namespace.clone())
        .chain(enums.iter().filter_map(|found| found.name.namespace.clone()))
        .collect();
    namespaces.sort();
    namespaces.dedup();
    let source = datamodel.datasource.as_ref().filter(|_| scope.dialect == Dialect::PostgreSql);
    let mut extensions = source.map_or_else(Vec::new, |source| source.extensions.clone());
    for extension in &mut extensions {
        // Statements run with an empty search path, and name `citext` in this schema.
        extension.schema.get_or_insert_with(|| "public".to_owned());
    }
    Schema {
        namespaces,
        extensions,
        enums,
        tables,
        partial_indexes: datamodel.partial_indexes,
        names: Some(names.sorted()),
        ..Schema::empty(scope.dialect)
    }
}

/// The provider that the text itself names, when it does.
pub fn declared_provider(datamodel: &Datamodel) -> Option<Provider> {
    datamodel.datasource.as_ref().map(|source| source.provider)
}

fn has_foreign_keys(datamodel: &Named<'_>) -> bool {
    datamodel.datasource.as_ref().is_none_or(|source| source.foreign_keys == ForeignKeyMode::Database)
}

/// Enum types. SQLite has none, on MySQL they belong to the column, and Prisma 1 stores enums as text.
fn enums(datamodel: &Named<'_>, scope: &Scope) -> Vec<Enum> {
    if scope.dialect != Dialect::PostgreSql || datamodel.language != Language::Psl {
        return Vec::new();
    }
    let derived = datamodel.enums.iter().map(|declared| Enum {
        name: ObjectName::new(
            scope.namespace(declared.namespace.as_deref()),
            scope.cut(declared.type_name()),
        ),
        values: declared.values.iter().map(|value| value.stored().to_owned()).collect(),
        renamed_from: declared.renamed_from.as_deref().map(|old| scope.cut(old).to_owned()),
        renamed_values: renamed_values(declared),
    });
    derived.collect()
}

fn table(datamodel: &Named<'_>, scope: &Scope, model: &Model) -> Table {
    let name = scope.table_of(model);
    let columns = model.columns.iter().map(|field| column(datamodel, scope, model, field)).collect();
    let primary_key = model.primary_key.as_ref().map(|key| PrimaryKey {
        prefixes: key
            .fields
            .iter()
            .filter_map(|field| Some((scope.column_of(model, &field.name), field.length?)))
            .collect(),
        name: (scope.dialect == Dialect::PostgreSql)
            .then(|| key.map.clone().unwrap_or_else(|| names::primary_key(scope.dialect, &name.name))),
        columns: key.fields.iter().map(|field| scope.column_of(model, &field.name)).collect(),
    });
    let indexes = model.indexes.iter().map(|found| index(datamodel, scope, model, &name, found)).collect();
    Table {
        name,
        columns,
        primary_key,
        indexes,
        foreign_keys: Vec::new(),
        renamed_from: model.renamed_from.as_deref().map(|old| scope.cut(old).to_owned()),
        extras: Vec::new(),
        ties: Vec::new(),
    }
}

fn column(datamodel: &Named<'_>, scope: &Scope, model: &Model, field: &datamodel::ColumnField) -> Column {
    let base = column_type(datamodel, field, scope.dialect, scope.namespace(None));
    let default = column_default(datamodel, field).map(|default| mysql::fitting(&base, default));
    let is_sole_id = model.primary_key.as_ref().is_some_and(|key| {
        key.fields.len() == 1 && key.fields.first().is_some_and(|first| first.name == field.name)
    });
    // SQLite: an INTEGER key is the rowid, which counts by itself whatever the datamodel says (facts 1.3).
    let rowid = scope.dialect == Dialect::Sqlite && is_sole_id && base == crate::Type::Integer;
    let filled_with = filling(datamodel, field).map(|filling| mysql::fitting(&base, filling));
    Column {
        name: scope.cut(field.column_name()).to_owned(),
        ty: ColumnType { base, list: field.arity == datamodel::Arity::List },
        nullability: match field.arity {
            datamodel::Arity::Required => Nullability::Required,
            // A Prisma list is a nullable column of an array type (facts 1.3).
            datamodel::Arity::Optional | datamodel::Arity::List => Nullability::Nullable,
        },
        default,
        sequence: field.sequence.as_ref().filter(|_| scope.dialect == Dialect::PostgreSql).map(|sequence| {
            Sequence { name: scope.cut(&sequence.name).to_owned(), start: Some(sequence.start) }
        }),
        autoincrement: rowid
            || (scope.dialect != Dialect::Sqlite
                && field.default == Some(datamodel::DefaultValue::Autoincrement)),
        client_default: client_fills(field),
        filled_with,
        renamed_from: field.renamed_from().map(|old| scope.cut(old).to_owned()),
        replaces: field.replaces().map(|old| scope.cut(old).to_owned()),
        values: values(datamodel, scope, field).map(Box::new),
        attributes: None,
    }
}

/// The values of an enum where its column is all that knows them. MySQL's says them itself, so that they are needed beside
/// hints alone.
fn values(datamodel: &Named<'_>, scope: &Scope, field: &datamodel::ColumnField) -> Option<EnumValues> {
    let FieldType::Enum(name) = &field.ty else { return None };
    let declared = datamodel.find_enum(name).filter(|_| datamodel.language == Language::Psl)?;
    let found = EnumValues {
        values: declared.values.iter().map(|value| value.stored().to_owned()).collect(),
        renamed: renamed_values(declared),
    };
    match scope.dialect {
        Dialect::PostgreSql => None,
        Dialect::MySql => Some(found).filter(|found| !found.renamed.is_empty()),
        Dialect::Sqlite => Some(found),
    }
}

/// What the datamodel calls the values of each column whose enum has no type of its own.
fn named_values(
    datamodel: &Named<'_>,
    scope: &Scope,
    model: &Model,
    table: &Table,
) -> BTreeMap<String, NamedValues> {
    if scope.dialect == Dialect::PostgreSql || datamodel.language != Language::Psl {
        return BTreeMap::new();
    }
    let columns = model.columns.iter().zip(&table.columns).filter_map(|(field, column)| {
        let FieldType::Enum(name) = &field.ty else { return None };
        let values = &datamodel.find_enum(name)?.values;
        let values = values.iter().map(|value| (value.stored().to_owned(), value.name.clone())).collect();
        Some((column.name.clone(), NamedValues { declared: name.clone(), values }))
    });
    columns.collect()
}

/// The former value of each that has a hint.
fn renamed_values(declared: &datamodel::Enum) -> BTreeMap<String, String> {
    let hints = declared
        .values
        .iter()
        .filter_map(|value| Some((value.stored().to_owned(), value.renamed_from.clone()?)));
    hints.collect()
}

fn index(
    datamodel: &Named<'_>,
    scope: &Scope,
    model: &Model,
    table: &ObjectName,
    found: &datamodel::Index,
) -> Index {
    let columns: Vec<IndexColumn> = found
        .fields
        .iter()
        .map(|field| IndexColumn {
            name: scope.column_of(model, &field.name),
            sort: field.sort,
            operator_class: field.operator_class.clone(),
            length: field.length.or_else(|| usual_prefix(datamodel, scope, model, &field.name)),
        })
        .collect();
    let unique = found.kind == datamodel::IndexKind::Unique;
    let generated = || {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        match datamodel.language {
            Language::Psl => {
                let kind = found.kind;
                names::index(scope.dialect, datamodel.edition, &table.name, &names, kind)
            }
            Language::SdlV11 | Language::SdlV1 if scope.dialect == Dialect::MySql => {
                names::generated(scope.dialect, &names.join("_"), &[], "_UNIQUE")
            }
            Language::SdlV11 | Language::SdlV1 => unique_name(scope, table, &names),
        }
    };
    Index {
        name: found.map.clone().unwrap_or_else(generated),
        uniqueness: if unique { Uniqueness::Unique } else { Uniqueness::Plain },
        method: method(scope, found),
        predicate: found.predicate.as_ref().map(|predicate| partial(scope, model, predicate)),
        columns,
        constraint: false,
        valid: true,
    }
}

fn partial(scope: &Scope, model: &Model, predicate: &datamodel::Predicate) -> Predicate {
    match predicate {
        datamodel::Predicate::Raw(text) => Predicate::Text(text.clone()),
        datamodel::Predicate::All(conditions) => Predicate::All(
            conditions
                .iter()
                .map(|condition| Condition {
                    column: scope.column_of(model, &condition.field),
                    comparison: condition.comparison,
                    value: condition.value.as_ref().map(plain_value),
                })
                .collect(),
        ),
    }
}

fn method(scope: &Scope, found: &datamodel::Index) -> Option<String> {
    match (scope.dialect, found.kind) {
        (Dialect::MySql, datamodel::IndexKind::Fulltext) => Some("fulltext".to_owned()),
        (Dialect::PostgreSql, _) => {
            found.algorithm.as_ref().map(|method| method.to_lowercase()).filter(|method| method != "btree")
        }
        (Dialect::MySql | Dialect::Sqlite, _) => None,
    }
}

fn usual_prefix(datamodel: &Named<'_>, scope: &Scope, model: &Model, field: &str) -> Option<u32> {
    let field = model.column(field)?;
    mysql::usual_prefix(datamodel.language, &column_type(datamodel, field, scope.dialect, None))
}
