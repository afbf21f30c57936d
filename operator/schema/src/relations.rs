//! Foreign keys and link tables (`prisma` facts 1.7, 1.8, 6.5; decision 12).

use std::collections::BTreeMap;

use datamodel::{
    Action, Arity, ColumnField, Datamodel, InlineRelation, Language, LinkSide, Model, Sort, TableRelation,
};

use crate::derive::Scope;
use crate::types::column_type;
use crate::{
    Column, ColumnType, Dialect, ForeignKey, Index, IndexColumn, Nullability, ObjectName, PrimaryKey, Table,
    Uniqueness, names,
};

/// The table that holds the key, and the key.
pub(crate) fn foreign_key(
    datamodel: &Datamodel,
    scope: &Scope,
    relation: &InlineRelation,
) -> Option<(ObjectName, ForeignKey)> {
    let owner = datamodel.model(&relation.model)?;
    let target = datamodel.model(&relation.target)?;
    let table = scope.table_of(owner);
    let columns: Vec<String> = relation.columns.iter().map(|field| scope.column_of(owner, field)).collect();
    let referenced_columns = relation.references.iter().map(|field| scope.column_of(target, field)).collect();
    let generated = || {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        names::generated(scope.dialect, &table.name, &columns, "_fkey")
    };
    let key = ForeignKey {
        name: Some(relation.map.clone().unwrap_or_else(generated)),
        referenced_table: scope.table_of(target),
        referenced_columns,
        on_delete: relation.on_delete.unwrap_or_else(|| default_on_delete(owner, relation)),
        on_update: relation.on_update.unwrap_or(match datamodel.language {
            Language::Psl => Action::Cascade,
            Language::SdlV11 | Language::SdlV1 => Action::NoAction,
        }),
        columns,
        validated: true,
    };
    Some((table, key))
}

/// `SetNull` when every referencing column is optional, else `Restrict`.
fn default_on_delete(owner: &Model, relation: &InlineRelation) -> Action {
    let mut fields = relation.columns.iter().filter_map(|name| owner.column(name));
    if fields.all(|field| field.arity == Arity::Optional) { Action::SetNull } else { Action::Restrict }
}

/// The link table of a many-to-many relation.
pub(crate) fn link_table(datamodel: &Datamodel, scope: &Scope, link: &TableRelation) -> Option<Table> {
    let a = side(datamodel, scope, &link.a)?;
    let b = side(datamodel, scope, &link.b)?;
    let namespace = datamodel.model(&link.a.model).and_then(|model| model.namespace.as_deref());
    let limit = scope.dialect.identifier_limit();
    let table_name = names::cut(&link.table, limit).to_owned();
    let name = ObjectName::new(scope.namespace(namespace), table_name.clone());
    let both = [a.column.name.clone(), b.column.name.clone()];
    let prisma2 = datamodel.language == Language::Psl;
    let keyed = prisma2 && scope.dialect == Dialect::PostgreSql;
    let on_update = if prisma2 { Action::Cascade } else { Action::NoAction };
    let suffixed = |suffix: &str| names::generated(scope.dialect, &table_name, &[], suffix);
    // Prisma 1 on MySQL named them after the relation, without the table's underscore.
    let (unique, b_index) = match (prisma2, scope.dialect) {
        (true, _) => (suffixed("_AB_unique"), suffixed("_B_index")),
        (false, Dialect::MySql) => {
            let relation = table_name.strip_prefix('_').unwrap_or(&table_name);
            (names::generated(scope.dialect, relation, &[], "_AB_unique"), "B".to_owned())
        }
        (false, Dialect::PostgreSql | Dialect::Sqlite) => (suffixed("_AB_unique"), suffixed("_B")),
    };
    let mut indexes = Vec::new();
    if !keyed {
        indexes.push(plain_index(unique, &both, Uniqueness::Unique));
    }
    indexes.push(plain_index(b_index, std::slice::from_ref(&b.column.name), Uniqueness::Plain));
    let foreign_keys = [&a, &b]
        .into_iter()
        .map(|side| ForeignKey {
            name: Some(names::generated(scope.dialect, &table_name, &[&side.column.name], "_fkey")),
            columns: vec![side.column.name.clone()],
            referenced_table: side.table.clone(),
            referenced_columns: vec![side.id_column.clone()],
            on_delete: Action::Cascade,
            on_update,
            validated: true,
        })
        .collect();
    Some(Table {
        name,
        columns: vec![a.column, b.column],
        primary_key: keyed.then(|| PrimaryKey {
            name: Some(suffixed("_AB_pkey")),
            columns: both.to_vec(),
            prefixes: BTreeMap::new(),
        }),
        indexes,
        foreign_keys,
        renamed_from: None,
        extras: Vec::new(),
    })
}

struct Side {
    column: Column,
    table: ObjectName,
    id_column: String,
}

fn side(datamodel: &Datamodel, scope: &Scope, side: &LinkSide) -> Option<Side> {
    let model = datamodel.model(&side.model)?;
    let id: &ColumnField = model.column(&side.id_field)?;
    Some(Side {
        column: Column {
            name: side.column.clone(),
            ty: ColumnType {
                base: column_type(datamodel, id, scope.dialect, scope.namespace(None)),
                list: false,
            },
            nullability: Nullability::Required,
            default: None,
            autoincrement: false,
            client_default: false,
            renamed_from: None,
        },
        table: scope.table_of(model),
        id_column: scope.cut(id.column_name()).to_owned(),
    })
}

fn plain_index(name: String, columns: &[String], uniqueness: Uniqueness) -> Index {
    let columns = columns
        .iter()
        .map(|name| IndexColumn { name: name.clone(), sort: Sort::Asc, operator_class: None, length: None })
        .collect();
    Index { name, uniqueness, columns, method: None, constraint: false, valid: true }
}
