//! What becomes of values when a column's type changes (`prisma` facts 2.4).

use schema::{ColumnType, Dialect, Type, sqlite_scalar};

use crate::mysql;
use crate::spelling::{self, spelled};

/// The verdict on a change of type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cast {
    /// No change at all.
    Same,
    /// Every value survives.
    Safe,
    /// A cast exists; it may lose precision, or fail.
    Risky,
    /// No cast: the column has to be made anew.
    Impossible,
}

/// The verdict for one dialect.
pub(crate) fn cast(dialect: Dialect, from: &ColumnType, to: &ColumnType) -> Cast {
    let same = match dialect {
        Dialect::PostgreSql => same_in_postgres(from, to),
        Dialect::Sqlite | Dialect::MySql => equal(&from.base, &to.base) && from.list == to.list,
    };
    if same {
        return Cast::Same;
    }
    if dialect == Dialect::Sqlite && means_the_same(&from.base, &to.base) {
        return Cast::Same;
    }
    match dialect {
        // SQLite stores any value in any column; only a cast to text never changes what it means.
        Dialect::Sqlite if to.base == Type::Text => Cast::Safe,
        Dialect::Sqlite => Cast::Risky,
        Dialect::MySql => match (&from.base, &to.base) {
            (Type::MySql(from), Type::MySql(to)) => mysql::cast(from, to),
            _ => Cast::Risky,
        },
        Dialect::PostgreSql => postgres_values(from.values(), to.values()),
    }
}

fn postgres_values(from: &ColumnType, to: &ColumnType) -> Cast {
    match (from.list, to.list) {
        (true, true) | (false, false) => postgres(&from.base, &to.base),
        (false, true) => Cast::Impossible,
        (true, false) => match &to.base {
            Type::Text | Type::VarChar(None) => Cast::Safe,
            Type::VarChar(Some(_)) | Type::Char(_) => Cast::Risky,
            // The datamodel's own words for an array.
            Type::Other(text) => match spelled(text) {
                Some(wanted) if wanted.list => postgres(&from.base, &wanted.base),
                _ => Cast::Impossible,
            },
            _ => Cast::Impossible,
        },
    }
}

/// Equal types, however the datamodel spells them. A domain is what a datamodel calls by its name, or by the type that it
/// stands on, as Prisma does: then the domain stays.
fn same_in_postgres(from: &ColumnType, to: &ColumnType) -> bool {
    if from.list == to.list && equal(&from.base, &to.base) {
        return true;
    }
    if let Type::Other(text) = &to.base {
        let wanted =
            if to.list { Some(ColumnType { base: spelling::base(text), list: true }) } else { spelled(text) };
        if let Some(wanted) = wanted.filter(|wanted| wanted != to) {
            return same_in_postgres(from, &wanted);
        }
    }
    match (&from.base, &to.base) {
        (Type::Domain(domain), _) if !from.list => same_in_postgres(&domain.of, to),
        (Type::Domain(domain), _) if to.list => {
            same_in_postgres(&domain.of, &ColumnType { list: false, ..to.clone() })
        }
        // The way back to what was found.
        (_, Type::Domain(domain)) if !to.list => same_in_postgres(from, &domain.of),
        (_, Type::Domain(domain)) if from.list => {
            same_in_postgres(&ColumnType { list: false, ..from.clone() }, &domain.of)
        }
        _ => false,
    }
}

/// Equal types; a time without precision equals any precision, as in Prisma.
fn equal(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Timestamp(a), Type::Timestamp(b))
        | (Type::Timestamptz(a), Type::Timestamptz(b))
        | (Type::Time(a), Type::Time(b))
        | (Type::Timetz(a), Type::Timetz(b)) => a == b || a.is_none() || b.is_none(),
        (Type::MySql(a), Type::MySql(b)) => mysql::equal(a, b),
        (Type::Other(found), Type::Other(wanted)) => spelling::same_name(found, wanted),
        (Type::Domain(found), Type::Other(wanted)) => spelling::same_name(&found.name, wanted),
        (Type::Other(found), Type::Domain(wanted)) => spelling::same_name(found, &wanted.name),
        (Type::Domain(found), Type::Domain(wanted)) => found.name == wanted.name,
        // An enum of a schema that the datamodel does not look at; `citext`, wherever it is.
        (Type::Enum(found), Type::Other(wanted)) => spelling::names(wanted, found),
        (Type::Other(found), Type::Enum(wanted)) => spelling::names(found, wanted),
        (Type::Citext, Type::Other(other)) | (Type::Other(other), Type::Citext) => {
            spelling::same_name(other, "citext")
        }
        _ => from == to,
    }
}

/// On SQLite a column of another declaration serves as well where PSL, which has no native types there, says the scalar.
fn means_the_same(from: &Type, to: &Type) -> bool {
    !matches!(to, Type::Other(_)) && sqlite_scalar(from).is_some() && sqlite_scalar(from) == sqlite_scalar(to)
}

fn postgres(from: &Type, to: &Type) -> Cast {
    if let Some(width) = integer_digits(from) {
        return from_integer(width, to);
    }
    match from {
        Type::Decimal(shape) => from_decimal(*shape, to),
        Type::Real => match to {
            Type::Double => Cast::Safe,
            Type::SmallInt | Type::Integer | Type::BigInt | Type::Decimal(_) => Cast::Risky,
            _ => to_text(to, 47),
        },
        Type::Double => match to {
            Type::Real | Type::SmallInt | Type::Integer | Type::BigInt | Type::Decimal(_) => Cast::Risky,
            _ => to_text(to, 317),
        },
        Type::Text | Type::Citext | Type::VarChar(_) | Type::Char(_) => from_text(from, to),
        Type::Boolean => to_text(to, 5),
        Type::Timestamp(_) | Type::Timestamptz(_) | Type::Date | Type::Time(_) | Type::Timetz(_) => {
            from_time(from, to)
        }
        Type::Uuid => to_text(to, 36),
        Type::Json => {
            if *to == Type::JsonB {
                Cast::Safe
            } else {
                to_text(to, u32::MAX)
            }
        }
        Type::JsonB => {
            if *to == Type::Json {
                Cast::Safe
            } else {
                to_text(to, u32::MAX)
            }
        }
        Type::Bit(length) => match to {
            Type::VarBit(None) => Cast::Safe,
            Type::VarBit(Some(limit)) if limit >= length => Cast::Safe,
            Type::VarBit(_) | Type::Bit(_) => Cast::Risky,
            _ => to_text(to, *length),
        },
        Type::VarBit(_) => match to {
            Type::VarBit(None) => Cast::Safe,
            Type::VarBit(_) | Type::Bit(_) => Cast::Risky,
            _ => to_text(to, u32::MAX),
        },
        Type::Enum(_) => match to {
            Type::Text => Cast::Safe,
            Type::VarChar(_) | Type::Char(_) | Type::Enum(_) => Cast::Risky,
            _ => Cast::Impossible,
        },
        Type::Oid => match to {
            Type::Text | Type::VarChar(None) | Type::Integer | Type::BigInt => Cast::Safe,
            _ => to_text(to, 11),
        },
        Type::Other(_) | Type::Domain(_) => Cast::Risky,
        _ => to_text(to, u32::MAX),
    }
}

/// Decimal digits of the widest value of an integer type.
const fn integer_digits(ty: &Type) -> Option<u32> {
    match ty {
        Type::SmallInt => Some(5),
        Type::Integer => Some(10),
        Type::BigInt => Some(19),
        _ => None,
    }
}

fn from_integer(digits: u32, to: &Type) -> Cast {
    if let Some(target) = integer_digits(to) {
        return if target >= digits { Cast::Safe } else { Cast::Risky };
    }
    match to {
        Type::Real | Type::Double | Type::Decimal(None) => Cast::Safe,
        Type::Decimal(Some((precision, scale))) if precision.saturating_sub(*scale) >= digits => Cast::Safe,
        Type::Decimal(_) | Type::Oid | Type::Money => Cast::Risky,
        _ => to_text(to, digits + 1),
    }
}

fn from_decimal(shape: Option<(u32, u32)>, to: &Type) -> Cast {
    if let Some(digits) = integer_digits(to) {
        return match shape {
            Some((precision, 0)) if precision < digits => Cast::Safe,
            _ => Cast::Risky,
        };
    }
    match (shape, to) {
        (_, Type::Decimal(None)) => Cast::Safe,
        (Some((p1, s1)), Type::Decimal(Some((p2, s2))))
            if s2 >= &s1 && p2 - s2.min(p2) >= p1.saturating_sub(s1) =>
        {
            Cast::Safe
        }
        (_, Type::Decimal(_) | Type::Real | Type::Double | Type::Money) => Cast::Risky,
        (Some((precision, _)), _) => to_text(to, precision + 2),
        (None, _) => to_text(to, u32::MAX),
    }
}

/// A text of at most `longest` characters into a text type, or nothing else.
fn to_text(to: &Type, longest: u32) -> Cast {
    match to {
        Type::Text | Type::Citext | Type::VarChar(None) => Cast::Safe,
        Type::VarChar(Some(limit)) | Type::Char(limit) if *limit >= longest => Cast::Safe,
        Type::VarChar(Some(_)) | Type::Char(_) => Cast::Risky,
        _ => Cast::Impossible,
    }
}

/// Text goes anywhere by way of the target's input function, which refuses what it cannot read: nothing is lost.
fn from_text(from: &Type, to: &Type) -> Cast {
    let longest = match from {
        Type::VarChar(Some(limit)) | Type::Char(limit) => *limit,
        _ => u32::MAX,
    };
    match to_text(to, longest) {
        Cast::Impossible => Cast::Risky,
        // A fixed length is filled up with blanks, and those at its end are gone when it is read.
        Cast::Safe if matches!(to, Type::Char(_)) && !matches!(from, Type::Char(_)) => Cast::Risky,
        verdict => verdict,
    }
}

fn from_time(from: &Type, to: &Type) -> Cast {
    let is_clock = |ty: &Type| matches!(ty, Type::Time(_) | Type::Timetz(_));
    let is_instant = |ty: &Type| matches!(ty, Type::Timestamp(_) | Type::Timestamptz(_));
    match (from, to) {
        (Type::Timestamp(a), Type::Timestamp(b)) | (Type::Timestamptz(a), Type::Timestamptz(b)) => {
            if b.unwrap_or(6) >= a.unwrap_or(6) { Cast::Safe } else { Cast::Risky }
        }
        (a, b) if is_instant(a) && is_instant(b) => Cast::Risky,
        (Type::Date, b) if is_instant(b) => Cast::Safe,
        (a, Type::Date) if is_instant(a) => Cast::Risky,
        (a, b) if (is_instant(a) || is_clock(a)) && is_clock(b) => Cast::Risky,
        _ => to_text(to, 32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(from: Type, to: Type) -> Cast {
        let column = |base| ColumnType { base, list: false };
        cast(Dialect::PostgreSql, &column(from), &column(to))
    }

    #[test]
    fn widening_is_safe_and_narrowing_is_not() {
        assert_eq!(verdict(Type::Integer, Type::BigInt), Cast::Safe);
        assert_eq!(verdict(Type::BigInt, Type::Integer), Cast::Risky);
        assert_eq!(verdict(Type::VarChar(Some(10)), Type::VarChar(Some(20))), Cast::Safe);
        assert_eq!(verdict(Type::Text, Type::VarChar(Some(20))), Cast::Risky);
        assert_eq!(verdict(Type::Decimal(Some((5, 2))), Type::Decimal(Some((4, 2)))), Cast::Risky);
        assert_eq!(verdict(Type::Boolean, Type::Integer), Cast::Impossible);
        assert_eq!(verdict(Type::Timestamp(None), Type::Timestamp(Some(3))), Cast::Same);
        assert_eq!(verdict(Type::Decimal(None), Type::Integer), Cast::Risky);
    }
}
