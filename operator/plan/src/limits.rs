//! What of a column's values a new type refuses or changes, as far as a query can tell: [`narrowing`].
//!
//! The rules are those of the statements that the `sql` crate writes: an assignment of text on PostgreSQL, a strict
//! session on MySQL, the copy of a rebuild on SQLite.

use schema::{ColumnType, Dialect, MySqlType, Sign, Type};

use crate::Limit;

/// The values that do not survive a cast unharmed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Narrowing {
    /// The statement fails on these.
    pub(crate) refused: Vec<Limit>,
    /// These are cut or rounded.
    pub(crate) changed: Vec<Limit>,
}

/// What to look for before a risky cast; `None` when no query can tell.
pub(crate) fn narrowing(dialect: Dialect, from: &ColumnType, to: &ColumnType) -> Option<Narrowing> {
    if from.list || to.list {
        return None;
    }
    match dialect {
        Dialect::PostgreSql => postgres(&from.base, &to.base),
        Dialect::Sqlite => sqlite(&to.base),
        Dialect::MySql => match (&from.base, &to.base) {
            (Type::MySql(from), Type::MySql(to)) => mysql(from, to),
            _ => None,
        },
    }
}

fn refused(limits: impl IntoIterator<Item = Limit>) -> Narrowing {
    Narrowing { refused: limits.into_iter().collect(), changed: Vec::new() }
}

fn changed(limit: Limit) -> Narrowing {
    Narrowing { refused: Vec::new(), changed: vec![limit] }
}

/// A text into one of at most so many characters. One of a fixed length is filled up with blanks, and those at its end are
/// gone when it is read.
fn fixed(size: u32, pads: bool) -> Narrowing {
    let changed = if pads { vec![Limit::BlankAtEnd] } else { Vec::new() };
    Narrowing { refused: vec![Limit::Characters(size)], changed }
}

/// A number into a whole number of a range: rounded, and refused outside of it.
fn rounded(range: Limit) -> Narrowing {
    Narrowing { refused: vec![range], changed: vec![Limit::Fraction(0)] }
}

/// A number into a decimal: rounded, and refused when it is too large.
fn scaled(precision: u32, scale: u32) -> Narrowing {
    let digits = Limit::Digits { whole: precision.saturating_sub(scale), fraction: scale };
    Narrowing { refused: vec![digits], changed: vec![Limit::Fraction(scale)] }
}

const fn signed(bits: u32) -> Limit {
    let largest = (1_u64 << (bits - 1)) - 1;
    Limit::Integer { min: -largest.cast_signed() - 1, max: largest }
}

const fn integer(ty: &Type) -> Option<Limit> {
    match ty {
        Type::SmallInt => Some(signed(16)),
        Type::Integer => Some(signed(32)),
        Type::BigInt => Some(signed(64)),
        Type::Oid => Some(Limit::Integer { min: 0, max: 0xffff_ffff }),
        _ => None,
    }
}

fn postgres(from: &Type, to: &Type) -> Option<Narrowing> {
    if let Type::VarChar(Some(size)) | Type::Char(size) = to {
        let pads =
            matches!(to, Type::Char(_)) && matches!(from, Type::Text | Type::Citext | Type::VarChar(_));
        return Some(fixed(*size, pads));
    }
    let exact = |ty: &Type| changed(Limit::Exact(ColumnType { base: ty.clone(), list: false }));
    Some(match (from, to) {
        (Type::SmallInt | Type::Integer | Type::BigInt, Type::Decimal(Some((precision, scale)))) => {
            refused(scaled(*precision, *scale).refused)
        }
        (Type::SmallInt | Type::Integer | Type::BigInt, to) => refused([integer(to)?]),
        (Type::Decimal(_), Type::Decimal(Some((precision, scale)))) => scaled(*precision, *scale),
        // A float goes there by way of six or fifteen digits, whatever the scale has room for.
        (Type::Real | Type::Double, Type::Decimal(Some((precision, scale)))) => {
            let mut found = scaled(*precision, *scale);
            found.changed.extend(exact(to).changed);
            found
        }
        (Type::Decimal(_) | Type::Real | Type::Double, Type::SmallInt | Type::Integer | Type::BigInt) => {
            rounded(integer(to)?)
        }
        (Type::Text | Type::Citext | Type::VarChar(_) | Type::Char(_), to) => from_text(to)?,
        (Type::Enum(_), Type::Enum(name)) => refused([Limit::ValueOf(name.clone())]),
        (Type::Decimal(_) | Type::Double, Type::Real)
        | (Type::Decimal(_), Type::Double)
        | (Type::Real | Type::Double, Type::Decimal(None))
        | (Type::Timestamp(_), Type::Timestamp(_) | Type::Date)
        | (Type::Timestamptz(_), Type::Timestamptz(_))
        | (Type::Time(_), Type::Time(_)) => exact(to),
        _ => return None,
    })
}

/// A text is read by the input function of its new type, which refuses what it cannot read.
fn from_text(to: &Type) -> Option<Narrowing> {
    Some(match to {
        Type::SmallInt | Type::Integer | Type::BigInt => refused([Limit::WholeNumber, integer(to)?]),
        Type::Real | Type::Double | Type::Decimal(None) => refused([Limit::Number]),
        Type::Decimal(Some((precision, scale))) => {
            let mut found = scaled(*precision, *scale);
            found.refused.insert(0, Limit::Number);
            found
        }
        Type::Boolean => refused([Limit::Boolean]),
        Type::Uuid => refused([Limit::Uuid]),
        Type::Enum(name) => refused([Limit::ValueOf(name.clone())]),
        _ => return None,
    })
}

/// SQLite keeps whatever it cannot convert, and then the column holds what its readers do not expect.
fn sqlite(to: &Type) -> Option<Narrowing> {
    let whole =
        |range| Narrowing { refused: Vec::new(), changed: vec![Limit::Number, Limit::Fraction(0), range] };
    Some(match to {
        Type::Boolean => whole(Limit::Integer { min: 0, max: 1 }),
        Type::SmallInt | Type::Integer => whole(signed(32)),
        Type::BigInt => whole(signed(64)),
        Type::Real | Type::Double | Type::Decimal(_) => changed(Limit::Number),
        _ => return None,
    })
}

fn mysql(from: &MySqlType, to: &MySqlType) -> Option<Narrowing> {
    use MySqlType as My;
    let is_text = matches!(from, My::Char(_) | My::VarChar(_) | My::Text(_));
    let is_bytes = matches!(from, My::Binary(_) | My::VarBinary(_) | My::Blob(_));
    let is_integer = matches!(from, My::Boolean | My::Integer(..));
    let is_number = is_integer || matches!(from, My::Decimal(..) | My::Float | My::Double);
    Some(match to {
        My::Char(size) if is_text => fixed(*size, !matches!(from, My::Char(_))),
        My::Char(size) | My::VarChar(size) if !is_bytes => refused([Limit::Characters(*size)]),
        My::Text(size) if !is_bytes => refused([Limit::Bytes(size.bytes())]),
        My::VarBinary(size) if is_text || is_bytes => refused([Limit::Bytes(u64::from(*size))]),
        My::Blob(size) if is_text || is_bytes => refused([Limit::Bytes(size.bytes())]),
        My::Boolean | My::Integer(..) if is_text => {
            let mut found = rounded(range(to)?);
            found.refused.insert(0, Limit::Number);
            found
        }
        My::Boolean | My::Integer(..) if is_integer => refused([range(to)?]),
        My::Boolean | My::Integer(..) if is_number => rounded(range(to)?),
        My::Decimal(precision, scale) if is_integer => refused(scaled(*precision, *scale).refused),
        My::Decimal(precision, scale) if is_number => scaled(*precision, *scale),
        My::Decimal(precision, scale) if is_text => {
            let mut found = scaled(*precision, *scale);
            found.refused.insert(0, Limit::Number);
            found
        }
        My::Float | My::Double if is_text => refused([Limit::Number]),
        My::Json if is_text => refused([Limit::Json]),
        My::Enum(values) if is_text => refused([Limit::OneOf(values.clone())]),
        My::DateTime(_) | My::Date if matches!(from, My::DateTime(_)) => exact(to),
        My::Timestamp(_) if matches!(from, My::Timestamp(_)) => exact(to),
        My::Time(_) if matches!(from, My::Time(_)) => exact(to),
        _ => return None,
    })
}

fn exact(to: &MySqlType) -> Narrowing {
    changed(Limit::Exact(ColumnType { base: Type::MySql(to.clone()), list: false }))
}

const fn range(ty: &MySqlType) -> Option<Limit> {
    match ty {
        MySqlType::Boolean => Some(signed(8)),
        MySqlType::Integer(width, Sign::Signed) => Some(signed(width.bits())),
        MySqlType::Integer(width, Sign::Unsigned) => {
            Some(Limit::Integer { min: 0, max: u64::MAX >> (64 - width.bits()) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use schema::IntegerWidth;

    use super::*;

    #[test]
    fn ranges_are_those_of_the_types() {
        assert_eq!(signed(16), Limit::Integer { min: -32768, max: 32767 });
        assert_eq!(signed(64), Limit::Integer { min: i64::MIN, max: u64::MAX / 2 });
        let unsigned = |width| range(&MySqlType::Integer(width, Sign::Unsigned));
        assert_eq!(unsigned(IntegerWidth::Medium), Some(Limit::Integer { min: 0, max: 0xff_ffff }));
        assert_eq!(unsigned(IntegerWidth::Big), Some(Limit::Integer { min: 0, max: u64::MAX }));
    }

    #[test]
    fn a_decimal_is_refused_for_its_size_and_rounded_for_its_fraction() {
        let found = postgres(&Type::Decimal(Some((10, 4))), &Type::Decimal(Some((6, 2)))).unwrap();
        assert_eq!(found.refused, [Limit::Digits { whole: 4, fraction: 2 }]);
        assert_eq!(found.changed, [Limit::Fraction(2)]);
    }
}
