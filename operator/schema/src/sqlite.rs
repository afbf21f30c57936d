//! SQLite keeps any value in any column; what a declared type means is a matter of convention.

use datamodel::Scalar;

use crate::Type;

/// The scalar that Prisma reads a column of this type as; `None` where it knows none.
///
/// A declaration of other words for the same scalar (`VARCHAR(20)` for `TEXT`) is no difference between schemas.
pub fn scalar(ty: &Type) -> Option<Scalar> {
    Some(match ty {
        Type::Integer => Scalar::Int,
        Type::BigInt => Scalar::BigInt,
        Type::Text => Scalar::String,
        Type::Real => Scalar::Float,
        Type::Decimal(_) => Scalar::Decimal,
        Type::Boolean => Scalar::Boolean,
        Type::DateTime => Scalar::DateTime,
        Type::Bytes => Scalar::Bytes,
        Type::JsonB => Scalar::Json,
        Type::Other(declared) => return declared_scalar(&declared.to_lowercase()),
        _ => return None,
    })
}

fn declared_scalar(declared: &str) -> Option<Scalar> {
    Some(match declared {
        "int" | "serial" => Scalar::Int,
        "float" | "double" => Scalar::Float,
        "date" | "timestamp" => Scalar::DateTime,
        "binary" => Scalar::Bytes,
        text if text.contains("char") => Scalar::String,
        text if text.contains("numeric") || text.contains("decimal") => Scalar::Decimal,
        _ => return None,
    })
}
