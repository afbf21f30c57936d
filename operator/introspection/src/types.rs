//! Column types in the words of PSL (`prisma` facts 1.3, 1.4).

use datamodel::{Scalar, quoted};
use schema::{Dialect, IntegerWidth, LobSize, MySqlType, Sign, Type, sqlite_scalar};

/// A type as PSL says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// Scalar, or `Unsupported("…")`; the name of an enum is not known here.
    pub(crate) ty: String,
    /// What it is to the client; `None` for what it does not support.
    pub(crate) scalar: Option<Scalar>,
    /// Native type without its prefix, where it is not the scalar's own.
    pub(crate) native: Option<String>,
}

fn of(scalar: Scalar, native: impl Into<Option<String>>) -> Words {
    Words { ty: format!("{scalar:?}"), scalar: Some(scalar), native: native.into() }
}

fn sized(name: &str, sizes: &[u32]) -> String {
    if sizes.is_empty() {
        return name.to_owned();
    }
    let sizes: Vec<String> = sizes.iter().map(u32::to_string).collect();
    format!("{name}({})", sizes.join(", "))
}

fn unsupported(text: &str) -> Words {
    Words { ty: format!("Unsupported({})", quoted(text)), scalar: None, native: None }
}

/// The words for a type that is no enum.
pub(crate) fn words(dialect: Dialect, ty: &Type) -> Words {
    match (dialect, ty) {
        (_, Type::MySql(ty)) => mysql(ty),
        (Dialect::Sqlite, ty) => match (sqlite_scalar(ty), ty) {
            (Some(scalar), _) => of(scalar, None),
            (None, Type::Other(declared)) => unsupported(&declared.to_lowercase()),
            (None, _) => of(Scalar::String, None),
        },
        (_, ty) => postgres(ty),
    }
}

fn postgres(ty: &Type) -> Words {
    let size = |size: &Option<u32>| size.map_or_else(Vec::new, |size| vec![size]);
    // Without a precision the server keeps six digits.
    let digits = |digits: &Option<u32>| [digits.unwrap_or(6)];
    match ty {
        Type::Boolean => of(Scalar::Boolean, None),
        Type::SmallInt => of(Scalar::Int, sized("SmallInt", &[])),
        Type::Integer => of(Scalar::Int, None),
        Type::BigInt => of(Scalar::BigInt, None),
        Type::Oid => of(Scalar::Int, sized("Oid", &[])),
        Type::Real => of(Scalar::Float, sized("Real", &[])),
        Type::Double => of(Scalar::Float, None),
        Type::Decimal(Some((65, 30))) => of(Scalar::Decimal, None),
        Type::Decimal(Some((precision, scale))) => {
            of(Scalar::Decimal, sized("Decimal", &[*precision, *scale]))
        }
        Type::Decimal(None) => of(Scalar::Decimal, sized("Decimal", &[])),
        Type::Money => of(Scalar::Decimal, sized("Money", &[])),
        Type::Citext => of(Scalar::String, sized("Citext", &[])),
        Type::VarChar(length) => of(Scalar::String, sized("VarChar", &size(length))),
        Type::Char(length) => of(Scalar::String, sized("Char", &[*length])),
        Type::Bit(length) => of(Scalar::String, sized("Bit", &[*length])),
        Type::VarBit(length) => of(Scalar::String, sized("VarBit", &size(length))),
        Type::Uuid => of(Scalar::String, sized("Uuid", &[])),
        Type::Xml => of(Scalar::String, sized("Xml", &[])),
        Type::Inet => of(Scalar::String, sized("Inet", &[])),
        Type::Bytes => of(Scalar::Bytes, None),
        Type::Timestamp(Some(3)) | Type::DateTime => of(Scalar::DateTime, None),
        Type::Timestamp(precision) => of(Scalar::DateTime, sized("Timestamp", &digits(precision))),
        Type::Timestamptz(precision) => of(Scalar::DateTime, sized("Timestamptz", &digits(precision))),
        Type::Date => of(Scalar::DateTime, sized("Date", &[])),
        Type::Time(precision) => of(Scalar::DateTime, sized("Time", &digits(precision))),
        Type::Timetz(precision) => of(Scalar::DateTime, sized("Timetz", &digits(precision))),
        Type::Json => of(Scalar::Json, sized("Json", &[])),
        Type::JsonB => of(Scalar::Json, None),
        Type::Text | Type::Enum(_) | Type::MySql(_) => of(Scalar::String, None),
        Type::Other(text) => unsupported(text),
        // Of a list: one value of it is what the domain stands on.
        Type::Domain(domain) => unsupported(&domain.name),
    }
}

fn mysql(ty: &MySqlType) -> Words {
    let lob = |size: LobSize, name: &str| {
        let prefix = match size {
            LobSize::Tiny => "Tiny",
            LobSize::Normal => "",
            LobSize::Medium => "Medium",
            LobSize::Long => "Long",
        };
        format!("{prefix}{name}")
    };
    match ty {
        MySqlType::Boolean => of(Scalar::Boolean, None),
        MySqlType::Integer(IntegerWidth::Normal, Sign::Signed) => of(Scalar::Int, None),
        MySqlType::Integer(IntegerWidth::Big, Sign::Signed) => of(Scalar::BigInt, None),
        MySqlType::Integer(width, sign) => {
            let (scalar, name) = match width {
                IntegerWidth::Tiny => (Scalar::Int, "TinyInt"),
                IntegerWidth::Small => (Scalar::Int, "SmallInt"),
                IntegerWidth::Medium => (Scalar::Int, "MediumInt"),
                IntegerWidth::Normal => (Scalar::Int, "Int"),
                IntegerWidth::Big => (Scalar::BigInt, "BigInt"),
            };
            let sign = if *sign == Sign::Unsigned { "Unsigned" } else { "" };
            of(scalar, format!("{sign}{name}"))
        }
        MySqlType::Decimal(65, 30) => of(Scalar::Decimal, None),
        MySqlType::Decimal(precision, scale) => of(Scalar::Decimal, sized("Decimal", &[*precision, *scale])),
        MySqlType::Float => of(Scalar::Float, sized("Float", &[])),
        MySqlType::Double => of(Scalar::Float, None),
        MySqlType::Bit(1) => of(Scalar::Boolean, sized("Bit", &[1])),
        MySqlType::Bit(size) => of(Scalar::Bytes, sized("Bit", &[*size])),
        MySqlType::Char(size) => of(Scalar::String, sized("Char", &[*size])),
        MySqlType::VarChar(191) | MySqlType::Enum(_) => of(Scalar::String, None),
        MySqlType::VarChar(size) => of(Scalar::String, sized("VarChar", &[*size])),
        MySqlType::Text(size) => of(Scalar::String, lob(*size, "Text")),
        MySqlType::Binary(size) => of(Scalar::Bytes, sized("Binary", &[*size])),
        MySqlType::VarBinary(size) => of(Scalar::Bytes, sized("VarBinary", &[*size])),
        MySqlType::Blob(LobSize::Long) => of(Scalar::Bytes, None),
        MySqlType::Blob(size) => of(Scalar::Bytes, lob(*size, "Blob")),
        MySqlType::Date => of(Scalar::DateTime, sized("Date", &[])),
        MySqlType::Time(digits) => of(Scalar::DateTime, sized("Time", &[*digits])),
        MySqlType::DateTime(3) => of(Scalar::DateTime, None),
        MySqlType::DateTime(digits) => of(Scalar::DateTime, sized("DateTime", &[*digits])),
        MySqlType::Timestamp(digits) => of(Scalar::DateTime, sized("Timestamp", &[*digits])),
        MySqlType::Year => of(Scalar::Int, sized("Year", &[])),
        MySqlType::Json => of(Scalar::Json, None),
    }
}
