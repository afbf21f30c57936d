//! What only Prisma 1 lays out (`prisma` facts 6.5).

use std::collections::BTreeMap;

use datamodel::{Action, Language};

use crate::derive::Scope;
use crate::{
    Column, ColumnType, Dialect, MySqlType, Nullability, ObjectName, PrimaryKey, Table, Type, names,
};

/// The PostgreSQL schema where nobody names one: Prisma 1 has a schema for each service and stage.
pub const fn default_namespace(language: Language) -> &'static str {
    match language {
        Language::Psl => "public",
        Language::SdlV11 | Language::SdlV1 => "default$default",
    }
}

/// `{schema}.{table}.{column}._UNIQUE`, cut as PostgreSQL cuts it in silence.
pub(crate) fn unique_name(scope: &Scope, table: &ObjectName, columns: &[&str]) -> String {
    let columns = columns.join(".");
    let name = match &table.namespace {
        Some(namespace) => format!("{namespace}.{}.{columns}._UNIQUE", table.name),
        None => format!("{}.{columns}._UNIQUE", table.name),
    };
    names::cut(&name, scope.dialect.identifier_limit()).to_owned()
}

/// The table in which the legacy server noted which model an id belongs to.
pub(crate) fn relay_table(scope: &Scope) -> Table {
    let column = |name: &str, length| match scope.dialect {
        Dialect::PostgreSql => required(name, Type::VarChar(Some(length))),
        Dialect::MySql => required(name, Type::MySql(MySqlType::VarChar(length))),
        Dialect::Sqlite => required(name, Type::Other(format!("VARCHAR({length})"))),
    };
    Table {
        name: ObjectName::new(scope.namespace(None), "_RelayId"),
        columns: vec![column("id", 36), column("stableModelIdentifier", 25)],
        primary_key: Some(PrimaryKey {
            name: (scope.dialect == Dialect::PostgreSql).then(|| "pk_RelayId".to_owned()),
            columns: vec!["id".to_owned()],
            prefixes: BTreeMap::new(),
        }),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        renamed_from: None,
        extras: Vec::new(),
        ties: Vec::new(),
    }
}

/// The id that link tables of the legacy layout have; `char`, although ids of models are `varchar`.
pub(crate) fn link_id(scope: &Scope, name: &str) -> Column {
    let ty = match scope.dialect {
        Dialect::PostgreSql => Type::Char(25),
        Dialect::MySql => Type::MySql(MySqlType::Char(25)),
        Dialect::Sqlite => Type::Other("CHAR(25)".to_owned()),
    };
    required(scope.cut(name), ty)
}

/// What the key of a list of scalars does when its row goes: Prisma 1 wrote no action on PostgreSQL, and deleted by itself.
pub(crate) const fn list_on_delete(dialect: Dialect) -> Action {
    match dialect {
        Dialect::PostgreSql => Action::NoAction,
        Dialect::MySql | Dialect::Sqlite => Action::Cascade,
    }
}

fn required(name: &str, base: Type) -> Column {
    Column {
        name: name.to_owned(),
        ty: ColumnType { base, list: false },
        nullability: Nullability::Required,
        default: None,
        autoincrement: false,
        sequence: None,
        client_default: true,
        filled_with: None,
        renamed_from: None,
        replaces: None,
        attributes: None,
    }
}
