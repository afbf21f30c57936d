//! Foreign keys and link tables (`prisma` facts 1.7, 1.8, 6.5; decision 12).

use std::collections::BTreeMap;

use datamodel::{
    Action, Arity, ColumnField, Edition, InlineRelation, Language, LinkSide, Model, Sort, TableRelation,
};

use crate::derive::Scope;
use crate::named::Named;
use crate::prisma1::{link_id, list_on_delete};
use crate::types::column_type;
use crate::{
    Column, ColumnType, Dialect, ForeignKey, Index, IndexColumn, Nullability, ObjectName, PrimaryKey, Table,
    Uniqueness, names,
};

/// The table that holds the key, and the key.
pub(crate) fn foreign_key(
    datamodel: &Named<'_>,
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
        names::foreign_key(scope.dialect, edition_of(datamodel), &table.name, &columns)
    };
    let key = ForeignKey {
        name: relation.map.clone().or_else(|| named(datamodel, scope).then(generated)),
        referenced_table: scope.table_of(target),
        referenced_columns,
        on_delete: relation.on_delete.unwrap_or_else(|| match datamodel.language {
            Language::Psl => default_on_delete(datamodel, owner, relation),
            Language::SdlV11 | Language::SdlV1 => list_on_delete(scope.dialect),
        }),
        on_update: relation.on_update.unwrap_or(match datamodel.language {
            Language::Psl => Action::Cascade,
            Language::SdlV11 | Language::SdlV1 => Action::NoAction,
        }),
        columns,
        validated: true,
    };
    Some((table, key))
}

/// The edition whose names apply; Prisma 1 has those of the newest.
fn edition_of(datamodel: &Named<'_>) -> Edition {
    if datamodel.language == Language::Psl { datamodel.edition } else { Edition::Six }
}

/// Whether a foreign key has a name of its own. Prisma 1 and the first editions gave none: PostgreSQL then makes one, which
/// is that of the later editions, and MySQL counts (`Post_ibfk_1`).
fn named(datamodel: &Named<'_>, scope: &Scope) -> bool {
    match scope.dialect {
        Dialect::MySql | Dialect::Sqlite if datamodel.language == Language::Psl => {
            datamodel.edition >= Edition::Three
        }
        Dialect::PostgreSql | Dialect::Sqlite => true,
        Dialect::MySql => false,
    }
}

/// `SetNull` when every referencing column is optional, else `Restrict`, which was `Cascade` before the third edition.
fn default_on_delete(datamodel: &Named<'_>, owner: &Model, relation: &InlineRelation) -> Action {
    let mut fields = relation.columns.iter().filter_map(|name| owner.column(name));
    let early = datamodel.language == Language::Psl && datamodel.edition <= Edition::Two;
    if fields.all(|field| field.arity == Arity::Optional) {
        Action::SetNull
    } else if early {
        Action::Cascade
    } else {
        Action::Restrict
    }
}

/// The link table of a many-to-many relation.
pub(crate) fn link_table(datamodel: &Named<'_>, scope: &Scope, link: &TableRelation) -> Option<Table> {
    let a = side(datamodel, scope, &link.a)?;
    let b = side(datamodel, scope, &link.b)?;
    let namespace = datamodel.model(&link.a.model).and_then(|model| model.namespace.as_deref());
    let limit = scope.dialect.identifier_limit();
    let table_name = names::cut(&link.table, limit).to_owned();
    let name = ObjectName::new(scope.namespace(namespace), table_name.clone());
    let both = [a.column.name.clone(), b.column.name.clone()];
    let prisma2 = datamodel.language == Language::Psl;
    let keyed = prisma2 && scope.dialect == Dialect::PostgreSql && datamodel.edition == Edition::Six;
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
            name: named(datamodel, scope).then(|| match edition_of(datamodel) {
                Edition::Lift | Edition::Two => {
                    names::foreign_key(scope.dialect, datamodel.edition, &table_name, &[&side.column.name])
                }
                Edition::Three | Edition::Six => suffixed(&format!("_{}_fkey", side.column.name)),
            }),
            columns: vec![side.column.name.clone()],
            referenced_table: side.table.clone(),
            referenced_columns: vec![side.id_column.clone()],
            on_delete: Action::Cascade,
            on_update,
            validated: true,
        })
        .collect();
    let id = link.id.as_deref().map(|id| link_id(scope, id));
    let primary_key = match &id {
        Some(id) => Some(PrimaryKey {
            name: (scope.dialect == Dialect::PostgreSql).then(|| suffixed("_pkey")),
            columns: vec![id.name.clone()],
            prefixes: BTreeMap::new(),
        }),
        None => keyed.then(|| PrimaryKey {
            name: Some(suffixed("_AB_pkey")),
            columns: both.to_vec(),
            prefixes: BTreeMap::new(),
        }),
    };
    Some(Table {
        name,
        columns: id.into_iter().chain([a.column, b.column]).collect(),
        primary_key,
        indexes,
        foreign_keys,
        renamed_from: link.renamed_from.as_deref().map(|old| scope.cut(old).to_owned()),
        extras: Vec::new(),
        ties: Vec::new(),
    })
}

struct Side {
    column: Column,
    table: ObjectName,
    id_column: String,
}

fn side(datamodel: &Named<'_>, scope: &Scope, side: &LinkSide) -> Option<Side> {
    let model = datamodel.model(&side.model)?;
    let id: &ColumnField = model.column(&side.id_field)?;
    Some(Side {
        column: Column {
            name: scope.cut(&side.column).to_owned(),
            ty: ColumnType {
                base: column_type(datamodel, id, scope.dialect, scope.namespace(None)),
                list: false,
            },
            nullability: Nullability::Required,
            default: None,
            autoincrement: false,
            sequence: None,
            client_default: false,
            filled_with: None,
            renamed_from: side.renamed_from.as_deref().map(|old| scope.cut(old).to_owned()),
            replaces: None,
            values: None,
            attributes: None,
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
    Index { name, uniqueness, columns, method: None, predicate: None, constraint: false, valid: true }
}
