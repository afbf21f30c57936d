//! Durations as people write them in Kubernetes: `3s`, `30m`, `1h30m`, `500ms`.

use std::time::Duration;

/// What the CRD accepts.
pub const PATTERN: &str = r"^([0-9]+(ms|s|m|h))+$";

/// The duration of this text; `None` when it is not one or longer than 10 000 hours.
pub fn parse(text: &str) -> Option<Duration> {
    if text.is_empty() || text.len() > 32 {
        return None;
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let (factor, tail) = if let Some(tail) = tail.strip_prefix("ms") {
            (1, tail)
        } else if let Some(tail) = tail.strip_prefix('s') {
            (1_000, tail)
        } else if let Some(tail) = tail.strip_prefix('m') {
            (60_000, tail)
        } else {
            (3_600_000, tail.strip_prefix('h')?)
        };
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = tail;
    }
    (total <= 10_000 * 3_600_000).then(|| Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write_and_nothing_else() {
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("1h30m"), Some(Duration::from_secs(5400)));
        for wrong in ["", "3", "s", "3d", "3 s", "-3s", "99999999999h", "1.5h"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
