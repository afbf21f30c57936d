//! What `MODIFY` does to values. Sessions are strict: what does not fit makes the statement fail,
//! except that fractions are rounded and the clock of an instant is cut off.

use schema::{IntegerWidth, LobSize, MySqlType, Sign};

use crate::casts::Cast;

/// Equal types: `BOOLEAN` is a `TINYINT` by another name.
pub(crate) fn equal(from: &MySqlType, to: &MySqlType) -> bool {
    let tiny = MySqlType::Integer(IntegerWidth::Tiny, Sign::Signed);
    from == to || (integer(from) == integer(&tiny) && integer(to) == integer(&tiny))
}

pub(crate) fn cast(from: &MySqlType, to: &MySqlType) -> Cast {
    let fits = |fits: bool| if fits { Cast::Safe } else { Cast::Risky };
    // A text or a set of bytes is read as the new type, which refuses what it cannot read.
    if let Some(longest) = text_capacity(from) {
        return match capacity(to) {
            Some(room) => fits(room >= longest && !pads(from, to)),
            None => Cast::Risky,
        };
    }
    if let Some(longest) = byte_capacity(from) {
        return match (byte_capacity(to), text_capacity(to)) {
            (Some(room), _) => fits(room >= longest && !matches!(to, MySqlType::Binary(_))),
            (None, Some(_)) => Cast::Risky,
            (None, None) => Cast::Impossible,
        };
    }
    // Everything else has a text of its own, which is ASCII.
    if let (Some(shown), Some(room)) = (shown_length(from), text_capacity(to).or_else(|| byte_capacity(to))) {
        let room = match to {
            MySqlType::Char(size) | MySqlType::VarChar(size) => u64::from(*size),
            _ => room,
        };
        return fits(room >= shown && !matches!(to, MySqlType::Binary(_)));
    }
    match (from, to) {
        (MySqlType::Enum(before), MySqlType::Enum(after)) => fits(leaving(before, after).is_empty()),
        (MySqlType::Enum(_), _) => Cast::Impossible,
        (MySqlType::Json, _) if is_time(to) => Cast::Impossible,
        (from, to) if is_time(from) => time(from, to),
        (_, to) if is_time(to) => Cast::Impossible,
        (from, to) => number(from, to),
    }
}

/// A fixed length is filled up, and what filled it is gone when it is read: a text loses the blanks at its end.
const fn pads(from: &MySqlType, to: &MySqlType) -> bool {
    match to {
        MySqlType::Binary(_) => true,
        MySqlType::Char(_) => !matches!(from, MySqlType::Char(_)),
        _ => false,
    }
}

/// Values of an enum that leave; none when only the order changes or values come.
pub(crate) fn leaving<'a>(from: &'a [String], to: &[String]) -> Vec<&'a String> {
    from.iter().filter(|value| !to.contains(value)).collect()
}

/// Bits and sign of an integer type.
const fn integer(ty: &MySqlType) -> Option<(u32, Sign)> {
    match ty {
        MySqlType::Boolean => Some((8, Sign::Signed)),
        MySqlType::Integer(width, sign) => Some((width.bits(), *sign)),
        _ => None,
    }
}

/// Decimal digits of the widest value.
fn digits(bits: u32, sign: Sign) -> u32 {
    let largest = match sign {
        Sign::Signed => (1_u128 << (bits - 1)) - 1,
        Sign::Unsigned => (1_u128 << bits) - 1,
    };
    largest.checked_ilog10().unwrap_or(0) + 1
}

fn number(from: &MySqlType, to: &MySqlType) -> Cast {
    let fits = |fits: bool| if fits { Cast::Safe } else { Cast::Risky };
    if let MySqlType::Year = from {
        return fits(integer(to).is_some_and(|(bits, _)| bits >= 16));
    }
    if let MySqlType::Bit(size) = from {
        return match (to, integer(to)) {
            (MySqlType::Bit(room), _) => fits(room >= size),
            (_, Some((bits, sign))) => fits(bits > *size || (sign == Sign::Unsigned && bits == *size)),
            _ => Cast::Risky,
        };
    }
    if let Some((bits, sign)) = integer(from) {
        return match to {
            MySqlType::Decimal(precision, scale) => {
                fits(precision.saturating_sub(*scale) >= digits(bits, sign))
            }
            // What a mantissa holds exactly.
            MySqlType::Float => fits(bits <= 24),
            MySqlType::Double => fits(bits <= 32),
            _ => match integer(to) {
                Some((room, same)) if same == sign => fits(room >= bits),
                Some((room, Sign::Signed)) => fits(room > bits),
                _ => Cast::Risky,
            },
        };
    }
    match (from, to) {
        (MySqlType::Decimal(p1, s1), MySqlType::Decimal(p2, s2)) => {
            fits(s2 >= s1 && p2.saturating_sub(*s2) >= p1.saturating_sub(*s1))
        }
        (MySqlType::Decimal(precision, 0), to) => {
            let room = integer(to).filter(|(_, sign)| *sign == Sign::Signed);
            fits(room.is_some_and(|(bits, sign)| digits(bits, sign) > *precision))
        }
        (MySqlType::Float, MySqlType::Double) => Cast::Safe,
        _ => Cast::Risky,
    }
}

const fn is_time(ty: &MySqlType) -> bool {
    matches!(ty, MySqlType::Date | MySqlType::Time(_) | MySqlType::DateTime(_) | MySqlType::Timestamp(_))
}

fn time(from: &MySqlType, to: &MySqlType) -> Cast {
    let fits = |fits: bool| if fits { Cast::Safe } else { Cast::Risky };
    match (from, to) {
        (MySqlType::Date, MySqlType::DateTime(_)) => Cast::Safe,
        (MySqlType::Date, MySqlType::Time(_)) => Cast::Impossible,
        (MySqlType::DateTime(a) | MySqlType::Timestamp(a), MySqlType::DateTime(b))
        | (MySqlType::Timestamp(a), MySqlType::Timestamp(b))
        | (MySqlType::Time(a), MySqlType::Time(b)) => fits(b >= a),
        (_, to) if is_time(to) => Cast::Risky,
        // It becomes its digits, such as 20240229.
        (MySqlType::Date, to) => counted(8, to),
        (MySqlType::Time(_), to) => counted(7, to),
        (_, to) => counted(14, to),
    }
}

/// Whether a number of so many digits goes into the type.
fn counted(needed: u32, to: &MySqlType) -> Cast {
    let fits = match (to, integer(to)) {
        (_, Some((bits, sign))) => digits(bits, sign) > needed,
        (MySqlType::Decimal(precision, scale), _) => precision.saturating_sub(*scale) >= needed,
        (MySqlType::Double, _) => true,
        _ => false,
    };
    if fits { Cast::Risky } else { Cast::Impossible }
}

/// Most bytes of a value of a text type; a character has up to four.
fn text_capacity(ty: &MySqlType) -> Option<u64> {
    match ty {
        MySqlType::Char(size) | MySqlType::VarChar(size) => Some(u64::from(*size) * 4),
        MySqlType::Text(size) => Some(size.bytes()),
        _ => None,
    }
}

fn byte_capacity(ty: &MySqlType) -> Option<u64> {
    match ty {
        MySqlType::Binary(size) | MySqlType::VarBinary(size) => Some(u64::from(*size)),
        MySqlType::Blob(size) => Some(size.bytes()),
        _ => None,
    }
}

/// Room for a text: as many characters as a text of so many bytes can have at least.
fn capacity(ty: &MySqlType) -> Option<u64> {
    text_capacity(ty).or_else(|| byte_capacity(ty))
}

/// Characters of the longest value as text; `None` for what has no text of a known form.
fn shown_length(ty: &MySqlType) -> Option<u64> {
    let fraction = |digits: u32| if digits == 0 { 0 } else { u64::from(digits) + 1 };
    match ty {
        MySqlType::Boolean | MySqlType::Integer(..) => {
            let (bits, sign) = integer(ty)?;
            Some(u64::from(digits(bits, sign) + u32::from(sign == Sign::Signed)))
        }
        // A sign, a point, and a zero before the point.
        MySqlType::Decimal(precision, _) => Some(u64::from(*precision) + 3),
        // A float is shown with six digits, which is not all of it.
        MySqlType::Double => Some(32),
        MySqlType::Date => Some(10),
        MySqlType::Time(digits) => Some(10 + fraction(*digits)),
        MySqlType::DateTime(digits) | MySqlType::Timestamp(digits) => Some(19 + fraction(*digits)),
        MySqlType::Year => Some(4),
        MySqlType::Json => Some(LobSize::Long.bytes()),
        MySqlType::Enum(values) => {
            values.iter().map(|value| value.chars().count()).max().and_then(|longest| longest.try_into().ok())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INT: MySqlType = MySqlType::Integer(IntegerWidth::Normal, Sign::Signed);
    const BIGINT: MySqlType = MySqlType::Integer(IntegerWidth::Big, Sign::Signed);
    const UNSIGNED: MySqlType = MySqlType::Integer(IntegerWidth::Normal, Sign::Unsigned);

    #[test]
    fn a_cast_is_safe_when_every_value_survives() {
        for (from, to) in [
            (INT, BIGINT),
            (UNSIGNED, BIGINT),
            (INT, MySqlType::VarChar(11)),
            (INT, MySqlType::Decimal(10, 0)),
            (MySqlType::VarChar(10), MySqlType::VarChar(11)),
            (MySqlType::VarChar(63), MySqlType::Text(LobSize::Tiny)),
            (MySqlType::Blob(LobSize::Tiny), MySqlType::Blob(LobSize::Long)),
            (MySqlType::DateTime(0), MySqlType::DateTime(3)),
            (MySqlType::Date, MySqlType::DateTime(3)),
            (MySqlType::Decimal(5, 2), MySqlType::Decimal(7, 3)),
            (MySqlType::Json, MySqlType::Text(LobSize::Long)),
            (MySqlType::Enum(vec!["a".to_owned()]), MySqlType::VarChar(1)),
            (MySqlType::Enum(vec!["a".to_owned()]), MySqlType::Enum(vec!["b".to_owned(), "a".to_owned()])),
        ] {
            assert_eq!(cast(&from, &to), Cast::Safe, "{from} to {to}");
        }
    }

    #[test]
    fn narrowing_is_risky() {
        for (from, to) in [
            (BIGINT, INT),
            (INT, UNSIGNED),
            (UNSIGNED, INT),
            (INT, MySqlType::VarChar(10)),
            (MySqlType::VarChar(64), MySqlType::Text(LobSize::Tiny)),
            (MySqlType::Text(LobSize::Normal), MySqlType::VarChar(191)),
            (MySqlType::Double, MySqlType::Float),
            (MySqlType::Double, INT),
            (MySqlType::Float, MySqlType::VarChar(191)),
            (MySqlType::DateTime(3), MySqlType::DateTime(0)),
            (MySqlType::DateTime(3), MySqlType::Timestamp(3)),
            (MySqlType::DateTime(3), MySqlType::Date),
            (MySqlType::Decimal(7, 3), MySqlType::Decimal(7, 2)),
            (MySqlType::VarBinary(10), MySqlType::Binary(10)),
            (MySqlType::VarChar(10), MySqlType::Char(10)),
            (MySqlType::Date, INT),
            (MySqlType::DateTime(3), BIGINT),
            (MySqlType::VarChar(10), MySqlType::Json),
        ] {
            assert_eq!(cast(&from, &to), Cast::Risky, "{from} to {to}");
        }
    }

    #[test]
    fn what_has_no_meaning_is_made_anew() {
        for (from, to) in [
            (INT, MySqlType::DateTime(3)),
            (MySqlType::DateTime(3), INT),
            (MySqlType::Date, MySqlType::Float),
            (MySqlType::Date, MySqlType::Time(0)),
            (MySqlType::Blob(LobSize::Long), INT),
            (MySqlType::Enum(vec!["a".to_owned()]), INT),
        ] {
            assert_eq!(cast(&from, &to), Cast::Impossible, "{from} to {to}");
        }
    }

    #[test]
    fn a_boolean_is_a_tinyint() {
        let tiny = MySqlType::Integer(IntegerWidth::Tiny, Sign::Signed);
        assert!(equal(&MySqlType::Boolean, &tiny) && equal(&tiny, &MySqlType::Boolean));
        assert!(!equal(&tiny, &MySqlType::Integer(IntegerWidth::Tiny, Sign::Unsigned)));
    }
}
