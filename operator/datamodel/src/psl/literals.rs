//! Whether the text of a string is JSON, base64, or a date and time.

/// Deepest nesting of JSON that is read.
const MAX_DEPTH: usize = 64;

/// Whether the text is one JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    let mut rest = text.trim_start();
    json_value(&mut rest, 0).is_some() && rest.trim_start().is_empty()
}

fn json_value(rest: &mut &str, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    *rest = rest.trim_start();
    match rest.chars().next()? {
        '{' => json_list(rest, '}', depth, true),
        '[' => json_list(rest, ']', depth, false),
        '"' => json_string(rest),
        't' => json_word(rest, "true"),
        'f' => json_word(rest, "false"),
        'n' => json_word(rest, "null"),
        _ => {
            let end =
                rest.find(|character: char| !matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
            let number = rest.get(..end.unwrap_or(rest.len()))?;
            let digit =
                |character: Option<char>| character.is_some_and(|character| character.is_ascii_digit());
            let unsigned = number.strip_prefix('-').unwrap_or(number);
            let fine = digit(unsigned.chars().next())
                && digit(number.chars().last())
                && !number.contains(".e")
                && !number.contains(".E")
                && (!unsigned.starts_with('0') || !digit(unsigned.chars().nth(1)))
                && number.parse::<f64>().is_ok();
            *rest = rest.get(number.len()..)?;
            fine.then_some(())
        }
    }
}

fn json_word(rest: &mut &str, word: &str) -> Option<()> {
    *rest = rest.strip_prefix(word)?;
    Some(())
}

fn json_string(rest: &mut &str) -> Option<()> {
    let mut escaped = false;
    for (offset, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => {
                if !matches!(character, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                    return None;
                }
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => {
                *rest = rest.get(offset + 1..)?;
                return Some(());
            }
            '\0'..='\u{1f}' => return None,
            _ => {}
        }
    }
    None
}

fn json_list(rest: &mut &str, close: char, depth: usize, keys: bool) -> Option<()> {
    *rest = rest.get(1..)?.trim_start();
    if let Some(after) = rest.strip_prefix(close) {
        *rest = after;
        return Some(());
    }
    loop {
        if keys {
            *rest = rest.trim_start();
            rest.starts_with('"').then_some(())?;
            json_string(rest)?;
            *rest = rest.trim_start().strip_prefix(':')?;
        }
        json_value(rest, depth + 1)?;
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(close) {
            *rest = after;
            return Some(());
        }
        *rest = rest.strip_prefix(',')?;
    }
}

/// Whether the text is base64 with its padding.
pub(crate) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// Whether the text is a date and time with its offset, as RFC 3339 has it.
pub(crate) fn is_date_time(text: &str) -> bool {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?
    };
    let marks =
        |place: usize, allowed: &str| text.get(place..=place).is_some_and(|mark| allowed.contains(mark));
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second)) = (number(11, 13), number(14, 16), number(17, 19)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let date = (1..=12).contains(&month) && (1..=days).contains(&day);
    let time = hour < 24 && minute < 60 && second <= 60;
    let signs = marks(4, "-") && marks(7, "-") && marks(10, "Tt ") && marks(13, ":") && marks(16, ":");
    let mut zone = text.get(19..).unwrap_or_default();
    if let Some(fraction) = zone.strip_prefix('.') {
        let rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
        if rest.len() == fraction.len() {
            return false;
        }
        zone = rest;
    }
    let offset = match zone.split_at_checked(1) {
        Some(("Z" | "z", "")) => true,
        Some(("+" | "-", clock)) => match clock.split_once(':') {
            Some((hours, minutes)) => {
                let within =
                    |text: &str, most: u32| text.len() == 2 && text.parse::<u32>().is_ok_and(|n| n <= most);
                within(hours, 23) && within(minutes, 59)
            }
            None => false,
        },
        _ => false,
    };
    date && time && signs && offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_other_text() {
        for good in ["{}", "[]", " [1, -2.5e3, true, null, \"a\\n\"] ", "{\"a\": {\"b\": []}}", "0", "\"x\""]
        {
            assert!(is_json(good), "{good}");
        }
        for bad in ["", "{", "{a: 1}", "[1,]", "01", "1.", "nul", "\"\\x\"", "{} {}", &"[".repeat(1000)] {
            assert!(!is_json(bad), "{bad}");
        }
    }

    #[test]
    fn dates_and_base64_are_checked() {
        for good in ["2020-02-29T12:30:00Z", "2020-01-01T00:00:00.123+02:00"] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in ["2021-02-29T12:30:00Z", "2020-01-01", "2020-01-01T00:00:00", "2020-13-01T00:00:00Z", ""] {
            assert!(!is_date_time(bad), "{bad}");
        }
        assert!(is_base64("SGVsbG8=") && is_base64("") && !is_base64("SGVsbG8") && !is_base64("a b="));
    }
}
