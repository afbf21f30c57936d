//! A column's default from the text of its declaration.

use schema::{Default, Value};

pub(super) fn read(text: &str) -> Option<Default> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("null") {
        return None;
    }
    if text.eq_ignore_ascii_case("current_timestamp") {
        return Some(Default::Now);
    }
    Some(value(text).map_or_else(|| Default::Expression(text.to_owned()), Default::Value))
}

fn value(text: &str) -> Option<Value> {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return Some(Value::Boolean(text.eq_ignore_ascii_case("true")));
    }
    if let Some(inside) = between(text, '\'') {
        return Some(Value::String(inside));
    }
    if let Some(inside) = between(text, '"') {
        return Some(Value::String(inside));
    }
    if let Some(digits) = text.strip_prefix(['x', 'X']).and_then(|rest| between(rest, '\'')) {
        return hex::decode(digits).ok().map(Value::Bytes);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start();
    let number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.parse::<f64>().is_ok_and(f64::is_finite);
    number.then(|| {
        let sign = if text.starts_with('-') { "-" } else { "" };
        Value::Number(format!("{sign}{digits}"))
    })
}

/// The text of a quoted literal that fills all of `text`.
fn between(text: &str, quote: char) -> Option<String> {
    let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let doubled = format!("{quote}{quote}");
    let plain = inside.replace(&doubled, "");
    (!plain.contains(quote)).then(|| inside.replace(&doubled, &quote.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_keep_their_kind() {
        let value = |value| Some(Default::Value(value));
        assert_eq!(read("'it''s'"), value(Value::String("it's".to_owned())));
        assert_eq!(read("-1.50"), value(Value::Number("-1.50".to_owned())));
        assert_eq!(read("1"), value(Value::Number("1".to_owned())));
        assert_eq!(read("TRUE"), value(Value::Boolean(true)));
        assert_eq!(read("X'00ff'"), value(Value::Bytes(vec![0, 255])));
        assert_eq!(read("current_timestamp"), Some(Default::Now));
        assert_eq!(read("NULL"), None);
        assert_eq!(read("'a' || 'b'"), Some(Default::Expression("'a' || 'b'".to_owned())));
        assert_eq!(read("random()"), Some(Default::Expression("random()".to_owned())));
    }
}
