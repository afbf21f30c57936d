//! How a dialect writes names, texts, casts and defaults in a question.

use schema::{Column, ColumnType, Dialect, MySqlType, ObjectName, Sign, Type};

use crate::{mysql, postgres, quote, sqlite};

pub(super) struct Words {
    pub(super) dialect: Dialect,
    pub(super) ident: fn(&str) -> String,
    pub(super) object: fn(&ObjectName) -> String,
    pub(super) string: fn(&str) -> String,
}

impl Words {
    pub(super) const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::PostgreSql | Dialect::Sqlite => {
                Self { dialect, ident: quote::ident, object: quote::object, string: quote::string }
            }
            Dialect::MySql => Self {
                dialect,
                ident: mysql::quote::ident,
                object: mysql::quote::object,
                string: mysql::quote::string,
            },
        }
    }

    /// The value as it will be. Only PostgreSQL keeps unlike types apart.
    pub(super) fn cast(&self, value: String, ty: Option<&ColumnType>) -> String {
        match (self.dialect, ty) {
            (Dialect::PostgreSql, Some(ty)) => {
                format!("CAST({value} AS {})", postgres::columns::column_type(ty))
            }
            _ => value,
        }
    }

    /// The value as a key will hold it, where a query can say so.
    pub(super) fn as_key(&self, value: String, ty: Option<&ColumnType>) -> String {
        match ty.map(|ty| &ty.base) {
            Some(Type::MySql(ty)) => match castable(ty) {
                Some(name) => format!("CAST({value} AS {name})"),
                None => value,
            },
            _ => self.cast(value, ty),
        }
    }

    /// The value as a comparison sees it. The operators of `citext` are out of reach of the pinned search path.
    pub(super) fn compared(&self, value: String, ty: Option<&ColumnType>) -> String {
        match (self.dialect, ty.map(|ty| &ty.base)) {
            (Dialect::PostgreSql, Some(base)) if base.is_citext() => {
                format!("pg_catalog.lower({value}::pg_catalog.text)")
            }
            _ => self.cast(value, ty),
        }
    }

    /// What a column that comes with the plan will hold.
    pub(super) fn default(&self, column: &Column) -> String {
        let value = match self.dialect {
            Dialect::PostgreSql => postgres::columns::default_of(column),
            Dialect::Sqlite => sqlite::default_of(column),
            Dialect::MySql => mysql::columns::default_of(column),
        };
        self.cast(value.unwrap_or_else(|| "NULL".to_owned()), Some(&column.ty))
    }
}

/// What MySQL's and MariaDB's `CAST` take for a type.
fn castable(ty: &MySqlType) -> Option<String> {
    Some(match ty {
        MySqlType::Boolean | MySqlType::Integer(_, Sign::Signed) => "SIGNED".to_owned(),
        MySqlType::Integer(_, Sign::Unsigned) => "UNSIGNED".to_owned(),
        MySqlType::Decimal(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        MySqlType::Float => "FLOAT".to_owned(),
        MySqlType::Double => "DOUBLE".to_owned(),
        MySqlType::Date => "DATE".to_owned(),
        MySqlType::Time(digits) => format!("TIME({digits})"),
        MySqlType::DateTime(digits) | MySqlType::Timestamp(digits) => format!("DATETIME({digits})"),
        MySqlType::Bit(_)
        | MySqlType::Char(_)
        | MySqlType::VarChar(_)
        | MySqlType::Text(_)
        | MySqlType::Binary(_)
        | MySqlType::VarBinary(_)
        | MySqlType::Blob(_)
        | MySqlType::Year
        | MySqlType::Json
        | MySqlType::Enum(_) => return None,
    })
}
