//! A column's type from the catalog.

use std::collections::BTreeMap;

use schema::{Domain, ObjectName, Type};

/// The domains of the database by their number.
pub(super) type Domains = BTreeMap<u32, Domain>;

/// What the catalog says about a type; of the element where the column is an array.
pub(super) struct TypeRow {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) oid: u32,
    /// `e` for an enum, `d` for a domain, `b` for a base type …
    pub(super) class: String,
    /// `atttypmod`.
    pub(super) modifier: i32,
    /// `format_type` of the element.
    pub(super) shown: String,
}

pub(super) fn read(row: &TypeRow, domains: &Domains) -> Type {
    if let Some(domain) = domains.get(&row.oid) {
        return Type::Domain(domain.clone());
    }
    if row.class == "e" {
        return Type::Enum(ObjectName::new(Some(&row.namespace), row.name.clone()));
    }
    // `citext` lives wherever its extension was installed.
    if row.name == "citext" && row.class == "b" {
        return Type::Citext;
    }
    let other = || Type::Other(row.shown.clone());
    if row.namespace != "pg_catalog" {
        return other();
    }
    let precision = u32::try_from(row.modifier).ok();
    // Lengths are stored with four bytes of header.
    let length = u32::try_from(row.modifier.saturating_sub(4)).ok();
    match row.name.as_str() {
        "bool" => Type::Boolean,
        "int2" => Type::SmallInt,
        "int4" => Type::Integer,
        "int8" => Type::BigInt,
        "oid" => Type::Oid,
        "float4" => Type::Real,
        "float8" => Type::Double,
        "numeric" => decimal(row.modifier).unwrap_or_else(other),
        "money" => Type::Money,
        "text" => Type::Text,
        "varchar" => Type::VarChar(length),
        "bpchar" => length.map_or_else(other, Type::Char),
        "bit" => precision.map_or_else(other, Type::Bit),
        "varbit" => Type::VarBit(precision),
        "uuid" => Type::Uuid,
        "xml" => Type::Xml,
        "inet" => Type::Inet,
        "bytea" => Type::Bytes,
        "timestamp" => Type::Timestamp(precision),
        "timestamptz" => Type::Timestamptz(precision),
        "date" => Type::Date,
        "time" => Type::Time(precision),
        "timetz" => Type::Timetz(precision),
        "json" => Type::Json,
        "jsonb" => Type::JsonB,
        _ => other(),
    }
}

/// `None` for a negative scale, which our type cannot say.
fn decimal(modifier: i32) -> Option<Type> {
    let Ok(packed) = u32::try_from(modifier.saturating_sub(4)) else {
        return Some(Type::Decimal(None));
    };
    let scale = packed & 0x7ff;
    (scale < 1024).then_some(Type::Decimal(Some((packed >> 16 & 0xffff, scale))))
}
