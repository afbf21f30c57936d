//! Sizes of tables as people write them: `500MiB`, `10GiB`, `1000000 rows`.

use std::fmt;

/// What the CRD accepts.
pub const PATTERN: &str = r"^[0-9]{1,15}(KiB|MiB|GiB|TiB| rows)$";

/// A size of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// With its indexes.
    Bytes(u64),
    /// Its rows.
    Rows(u64),
}

const UNITS: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];

/// The size of this text; `None` when it is not one.
pub fn parse(text: &str) -> Option<Size> {
    let number = |digits: &str| -> Option<u64> {
        let fits = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| fits)
    };
    if let Some(digits) = text.strip_suffix(" rows") {
        return number(digits).map(Size::Rows);
    }
    let (digits, factor) =
        UNITS.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    number(digits)?.checked_mul(factor).map(Size::Bytes)
}

/// As people say it, one digit after the point.
impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Rows(1) => formatter.write_str("1 row"),
            Self::Rows(rows) => write!(formatter, "{rows} rows"),
            Self::Bytes(bytes) => match UNITS.into_iter().rev().find(|(_, factor)| bytes >= *factor) {
                Some((unit, factor)) => {
                    let tenths = u128::from(bytes) * 10 / u128::from(factor);
                    write!(formatter, "{}.{} {unit}", tenths / 10, tenths % 10)
                }
                None => write!(formatter, "{bytes} bytes"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write_and_nothing_else() {
        assert_eq!(parse("10KiB"), Some(Size::Bytes(10_240)));
        assert_eq!(parse("1000000 rows"), Some(Size::Rows(1_000_000)));
        for wrong in ["", "10", "10 MiB", "MiB", "-1MiB", "1.5GiB", "10GB", "rows", "999999999999999TiB"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn says_it_with_one_digit() {
        let said = [Size::Bytes(512), Size::Bytes(1_600_000), Size::Rows(1), Size::Rows(20)];
        assert_eq!(said.map(|size| size.to_string()), ["512 bytes", "1.5 MiB", "1 row", "20 rows"]);
    }
}
