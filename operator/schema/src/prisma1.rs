//! What only Prisma 1 lays out (`prisma` facts 6.5).

use std::collections::BTreeMap;

use datamodel::{Action, Language, Sort};

use crate::derive::Scope;
use crate::mysql::usual_prefix;
use crate::{
    Column, ColumnType, Dialect, Index, IndexColumn, MySqlType, Nullability, ObjectName, PrimaryKey, Schema,
    Table, Type, Uniqueness, names,
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

/// The index on the values of a list of scalars, which Prisma 1 made on MySQL alone. Such a table is told by its key: that
/// of a type has one column.
pub(crate) fn list_index(scope: &Scope, language: Language, table: &mut Table) {
    let is_list = table.primary_key.as_ref().is_some_and(|key| key.columns == ["nodeId", "position"]);
    let Some(value) = table.column("value").filter(|_| is_list) else { return };
    if scope.dialect != Dialect::MySql || language == Language::Psl {
        return;
    }
    let column = IndexColumn {
        name: value.name.clone(),
        sort: Sort::Asc,
        operator_class: None,
        length: usual_prefix(language, &value.ty.base),
    };
    table.indexes.push(Index {
        name: "value".to_owned(),
        uniqueness: Uniqueness::Plain,
        columns: vec![column],
        method: None,
        predicate: None,
        constraint: false,
        valid: true,
    });
}

/// What was found, with what Prisma 1's servers on MySQL did one way or another as the datamodel has it: the last releases
/// made ids five characters longer, and a key that says nothing of updates is `RESTRICT` for one server and `NO ACTION` for
/// another, which mean the same to InnoDB.
pub fn recognise_prisma1(mut found: Schema, desired: &Schema, language: Language) -> Schema {
    if found.dialect != Dialect::MySql || language == Language::Psl {
        return found;
    }
    let wanted: BTreeMap<&ObjectName, &Table> =
        desired.tables.iter().map(|table| (&table.name, table)).collect();
    for table in &mut found.tables {
        let Some(wanted) = wanted.get(&table.name) else { continue };
        for column in &mut table.columns {
            let ty = wanted.column(&column.name).map(|wanted| &wanted.ty.base);
            if let (Type::MySql(found), Some(Type::MySql(wanted))) = (&mut column.ty.base, ty)
                && matches!(
                    (&*found, wanted),
                    (MySqlType::Char(30), MySqlType::Char(25))
                        | (MySqlType::VarChar(30), MySqlType::VarChar(25))
                )
            {
                *found = wanted.clone();
            }
        }
        for key in &mut table.foreign_keys {
            let same = wanted.foreign_keys.iter().find(|wanted| wanted.columns == key.columns);
            let Some(wanted) = same else { continue };
            for (found, wanted) in
                [(&mut key.on_update, wanted.on_update), (&mut key.on_delete, wanted.on_delete)]
            {
                if *found == Action::Restrict && wanted == Action::NoAction {
                    *found = wanted;
                }
            }
        }
    }
    found
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
        values: None,
        attributes: None,
    }
}
