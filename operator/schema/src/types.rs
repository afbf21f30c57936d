//! Column types: which type of the database a field gets (`prisma` facts 1.3, 1.4, 6.5).

use datamodel::{ColumnField, Edition, FieldType, Language, NativeType, Scalar};

use crate::named::Named;
use crate::{Dialect, ObjectName, Type, mysql, names};

/// The type of one element of the field's column.
pub(crate) fn column_type(
    datamodel: &Named<'_>,
    field: &ColumnField,
    dialect: Dialect,
    namespace: Option<&str>,
) -> Type {
    if dialect == Dialect::MySql {
        return mysql::column_type(datamodel, field);
    }
    match (&field.ty, &field.native) {
        (FieldType::Unsupported(text), _) => Type::Other(text.clone()),
        (FieldType::Enum(name), _) => enum_type(datamodel, name, dialect, namespace),
        (FieldType::Scalar(_), Some(native)) if dialect == Dialect::PostgreSql => postgres_native(native),
        (FieldType::Scalar(Scalar::Float), None) if is_lift(datamodel) && dialect == Dialect::PostgreSql => {
            Type::Decimal(Some((65, 30)))
        }
        (FieldType::Scalar(Scalar::DateTime), None) if is_lift(datamodel) && dialect == Dialect::Sqlite => {
            Type::Other("DATE".to_owned())
        }
        (FieldType::Scalar(scalar), _) => match (datamodel.language, dialect) {
            (Language::Psl, Dialect::PostgreSql) => postgres(*scalar),
            (Language::Psl, Dialect::Sqlite) => sqlite(*scalar),
            (Language::SdlV11 | Language::SdlV1, Dialect::PostgreSql) => prisma1_postgres(*scalar),
            (Language::SdlV11 | Language::SdlV1, Dialect::Sqlite) => prisma1_sqlite(*scalar),
            // Answered above.
            (_, Dialect::MySql) => Type::Text,
        },
    }
}

fn is_lift(datamodel: &Named<'_>) -> bool {
    datamodel.language == Language::Psl && datamodel.edition == Edition::Lift
}

fn enum_type(datamodel: &Named<'_>, name: &str, dialect: Dialect, namespace: Option<&str>) -> Type {
    match (datamodel.language, dialect) {
        (Language::Psl, Dialect::PostgreSql) => {
            let declared = datamodel.find_enum(name);
            let namespace = declared.and_then(|found| found.namespace.as_deref()).or(namespace);
            let name = declared.map_or(name, |found| found.type_name());
            Type::Enum(ObjectName::new(namespace, names::cut(name, dialect.identifier_limit())))
        }
        (Language::SdlV11 | Language::SdlV1, Dialect::Sqlite) => Type::Other("VARCHAR(191)".to_owned()),
        (_, _) => Type::Text,
    }
}

const fn postgres(scalar: Scalar) -> Type {
    match scalar {
        Scalar::String | Scalar::Id => Type::Text,
        Scalar::Boolean => Type::Boolean,
        Scalar::Int => Type::Integer,
        Scalar::BigInt => Type::BigInt,
        Scalar::Float => Type::Double,
        Scalar::Decimal => Type::Decimal(Some((65, 30))),
        Scalar::DateTime => Type::Timestamp(Some(3)),
        Scalar::Bytes => Type::Bytes,
        Scalar::Json => Type::JsonB,
        Scalar::Uuid => Type::Uuid,
    }
}

const fn sqlite(scalar: Scalar) -> Type {
    match scalar {
        Scalar::String | Scalar::Id | Scalar::Uuid => Type::Text,
        Scalar::Boolean => Type::Boolean,
        Scalar::Int => Type::Integer,
        Scalar::BigInt => Type::BigInt,
        Scalar::Float => Type::Real,
        Scalar::Decimal => Type::Decimal(None),
        Scalar::DateTime => Type::DateTime,
        Scalar::Bytes => Type::Bytes,
        Scalar::Json => Type::JsonB,
    }
}

fn postgres_native(native: &NativeType) -> Type {
    let first = native.arguments.first().copied();
    let second = native.arguments.get(1).copied();
    match native.name.as_str() {
        "SmallInt" => Type::SmallInt,
        "Integer" => Type::Integer,
        "BigInt" => Type::BigInt,
        "Oid" => Type::Oid,
        "Real" => Type::Real,
        "DoublePrecision" => Type::Double,
        "Decimal" => Type::Decimal(first.map(|precision| (precision, second.unwrap_or(0)))),
        "Money" => Type::Money,
        "Text" => Type::Text,
        "Citext" => Type::Citext,
        "VarChar" => Type::VarChar(first),
        "Char" => Type::Char(first.unwrap_or(1)),
        "Bit" => Type::Bit(first.unwrap_or(1)),
        "VarBit" => Type::VarBit(first),
        "Uuid" => Type::Uuid,
        "Xml" => Type::Xml,
        "Inet" => Type::Inet,
        "ByteA" => Type::Bytes,
        "Timestamp" => Type::Timestamp(first),
        "Timestamptz" => Type::Timestamptz(first),
        "Date" => Type::Date,
        "Time" => Type::Time(first),
        "Timetz" => Type::Timetz(first),
        "Boolean" => Type::Boolean,
        "Json" => Type::Json,
        "JsonB" => Type::JsonB,
        other => Type::Other(other.to_owned()),
    }
}

const fn prisma1_postgres(scalar: Scalar) -> Type {
    match scalar {
        Scalar::Id => Type::VarChar(Some(25)),
        Scalar::Uuid => Type::Uuid,
        Scalar::String | Scalar::Json | Scalar::Bytes => Type::Text,
        Scalar::Int => Type::Integer,
        Scalar::BigInt => Type::BigInt,
        Scalar::Float | Scalar::Decimal => Type::Decimal(Some((65, 30))),
        Scalar::Boolean => Type::Boolean,
        Scalar::DateTime => Type::Timestamp(Some(3)),
    }
}

fn prisma1_sqlite(scalar: Scalar) -> Type {
    let text = match scalar {
        Scalar::Id => "CHAR(25)",
        Scalar::Uuid => "CHAR(36)",
        Scalar::String | Scalar::Json | Scalar::Bytes => "MEDIUMTEXT",
        Scalar::Int => return Type::Integer,
        Scalar::BigInt => return Type::BigInt,
        Scalar::Float | Scalar::Decimal => "DECIMAL(65,30)",
        Scalar::Boolean => return Type::Boolean,
        Scalar::DateTime => "DATETIME(3)",
    };
    Type::Other(text.to_owned())
}
