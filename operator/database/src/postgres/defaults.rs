//! A column's default from `pg_get_expr`.

use schema::{Default, Type, Value};

/// `None` when the column has, in effect, no default.
pub(super) fn read(text: &str, ty: &Type, list: bool) -> Option<Default> {
    let expression = || Some(Default::Expression(text.to_owned()));
    let Some(atom) = uncast(text) else {
        return expression();
    };
    if atom.eq_ignore_ascii_case("null") {
        return None;
    }
    if atom.eq_ignore_ascii_case("current_timestamp") || atom.eq_ignore_ascii_case("now()") {
        return Some(Default::Now);
    }
    if list {
        return elements(atom, ty).map_or_else(expression, |values| Some(Default::List(values)));
    }
    value(atom, ty).map_or_else(expression, |value| Some(Default::Value(value)))
}

/// The innermost operand of nothing but parentheses and casts: `('x'::text)::varchar` is `'x'`.
fn uncast(text: &str) -> Option<&str> {
    let text = text.trim();
    if let Some(inside) = text.strip_prefix('(') {
        let end = closing(inside, ')')?;
        casts(inside.get(end + 1..)?)?;
        return uncast(inside.get(..end)?);
    }
    let end = if let Some(inside) = text.strip_prefix('\'') {
        quote_end(inside)? + 2
    } else if let Some(inside) = text.strip_prefix("ARRAY[") {
        "ARRAY[".len() + closing(inside, ']')? + 1
    } else {
        text.find("::").unwrap_or(text.len())
    };
    casts(text.get(end..)?)?;
    text.get(..end)
}

/// Accepts `::text[]`, `::public."Role"`, `::character varying(3)` and chains of them, nothing else.
fn casts(text: &str) -> Option<()> {
    let text = text.trim();
    if text.is_empty() {
        return Some(());
    }
    let name = text.strip_prefix("::")?;
    let mut quoted = false;
    for character in name.chars() {
        let part_of_name = quoted
            || character.is_alphanumeric()
            || matches!(character, '_' | '.' | ' ' | '[' | ']' | '(' | ')' | ',' | ':' | '"' | '$');
        if !part_of_name {
            return None;
        }
        if character == '"' {
            quoted = !quoted;
        }
    }
    Some(())
}

/// Where the quote that opened before `inside` ends.
fn quote_end(inside: &str) -> Option<usize> {
    let mut characters = inside.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\'' && characters.next_if(|(_, next)| *next == '\'').is_none() {
            return Some(at);
        }
    }
    None
}

/// Where the bracket that opened before `inside` closes.
fn closing(inside: &str, bracket: char) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote = None;
    for (at, character) in inside.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, _) if depth == 0 && character == bracket => return Some(at),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.checked_sub(1)?,
            (Some(_) | None, _) => {}
        }
    }
    None
}

fn value(atom: &str, ty: &Type) -> Option<Value> {
    if let Some(inside) = atom.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(literal(inside.replace("''", "'"), ty));
    }
    match atom {
        "true" => Some(Value::Boolean(true)),
        "false" => Some(Value::Boolean(false)),
        _ => {
            let compact: String = atom.chars().filter(|c| !c.is_whitespace()).collect();
            let sign = if compact.starts_with('-') { "-" } else { "" };
            let rest = compact.strip_prefix('-').unwrap_or(&compact);
            // `(- (1))` and `(-1)` are both in use.
            let digits = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
            is_number(digits).then(|| Value::Number(format!("{sign}{digits}")))
        }
    }
}

fn literal(text: String, ty: &Type) -> Value {
    match ty {
        Type::SmallInt
        | Type::Integer
        | Type::BigInt
        | Type::Oid
        | Type::Real
        | Type::Double
        | Type::Decimal(_)
            if is_number(text.strip_prefix('-').unwrap_or(&text)) =>
        {
            Value::Number(text)
        }
        Type::Boolean if matches!(text.as_str(), "t" | "true" | "f" | "false") => {
            Value::Boolean(text.starts_with('t'))
        }
        Type::Bytes => text
            .strip_prefix("\\x")
            .and_then(|digits| hex::decode(digits).ok())
            .map_or(Value::String(text), Value::Bytes),
        _ => Value::String(text),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn elements(atom: &str, ty: &Type) -> Option<Vec<Value>> {
    if let Some(inside) = atom.strip_prefix("ARRAY[").and_then(|rest| rest.strip_suffix(']')) {
        return split(inside)?.into_iter().map(|element| value(uncast(element)?, ty)).collect();
    }
    let inside = atom.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    let inside = inside.strip_prefix('{')?.strip_suffix('}')?;
    array_literal(inside, ty)
}

/// Splits at the commas outside of quotes and brackets.
fn split(inside: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = inside;
    if rest.trim().is_empty() {
        return Some(parts);
    }
    loop {
        let Some(end) = closing(rest, ',') else {
            parts.push(rest);
            return Some(parts);
        };
        parts.push(rest.get(..end)?);
        rest = rest.get(end + 1..)?;
    }
}

/// The inside of `{a,"b \" c"}`; `None` for nested arrays and nulls.
fn array_literal(inside: &str, ty: &Type) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    let mut characters = inside.chars().peekable();
    while characters.peek().is_some() {
        let mut text = String::new();
        if characters.next_if_eq(&'"').is_some() {
            loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => text.push(characters.next()?),
                    other => text.push(other),
                }
            }
        } else {
            while let Some(character) = characters.next_if(|c| *c != ',') {
                match character {
                    '{' | '}' | '"' => return None,
                    '\\' => text.push(characters.next()?),
                    other => text.push(other),
                }
            }
            if text.eq_ignore_ascii_case("null") {
                return None;
            }
        }
        values.push(literal(text, ty));
        match characters.next() {
            None => break,
            Some(',') => {}
            Some(_) => return None,
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn number(text: &str) -> Value {
        Value::Number(text.to_owned())
    }

    #[test]
    fn literals_lose_their_casts() {
        assert_eq!(read("'it''s'::text", &Type::Text, false), Some(Default::Value(string("it's"))));
        assert_eq!(read("'{}'::jsonb", &Type::JsonB, false), Some(Default::Value(string("{}"))));
        let role = Type::Enum(schema::ObjectName::new(Some("public"), "Role"));
        assert_eq!(read("'A'::public.\"Role\"", &role, false), Some(Default::Value(string("A"))));
        assert_eq!(
            read("('x'::character varying)::text", &Type::Text, false),
            Some(Default::Value(string("x")))
        );
        assert_eq!(read("'1'::bigint", &Type::BigInt, false), Some(Default::Value(number("1"))));
        assert_eq!(read("'-1'::integer", &Type::Integer, false), Some(Default::Value(number("-1"))));
        assert_eq!(read("(-1)", &Type::Integer, false), Some(Default::Value(number("-1"))));
        assert_eq!(read("(- (1))", &Type::Integer, false), Some(Default::Value(number("-1"))));
        assert_eq!(read("(- 1.5)", &Type::Decimal(None), false), Some(Default::Value(number("-1.5"))));
        assert_eq!(read("(0)::numeric", &Type::Decimal(None), false), Some(Default::Value(number("0"))));
        assert_eq!(read("NULL::text", &Type::Text, false), None);
        assert_eq!(
            read("'\\x00ff'::bytea", &Type::Bytes, false),
            Some(Default::Value(Value::Bytes(vec![0, 255])))
        );
        assert_eq!(read("CURRENT_TIMESTAMP", &Type::Timestamp(Some(3)), false), Some(Default::Now));
    }

    #[test]
    fn what_computes_stays_an_expression() {
        for text in [
            "('a'::text || 'b'::text)",
            "gen_random_uuid()",
            "nextval('public.s'::regclass)",
            "(1 + 2)",
            "'a'::text || 'b'::text",
            "lower('A'::text)",
        ] {
            assert_eq!(read(text, &Type::Text, false), Some(Default::Expression(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn lists_are_read_in_both_spellings() {
        let both = Some(Default::List(vec![Value::String("a,b".to_owned()), Value::String("c]".to_owned())]));
        assert_eq!(read("ARRAY['a,b'::text, 'c]'::text]", &Type::Text, true), both);
        assert_eq!(read("'{\"a,b\",c]}'::text[]", &Type::Text, true), both);
        assert_eq!(read("'{}'::text[]", &Type::Text, true), Some(Default::List(Vec::new())));
        assert_eq!(read("ARRAY[]::integer[]", &Type::Integer, true), Some(Default::List(Vec::new())));
        assert_eq!(
            read("ARRAY[1, '-2'::integer]", &Type::Integer, true),
            Some(Default::List(vec![Value::Number("1".to_owned()), Value::Number("-2".to_owned())]))
        );
        assert_eq!(
            read("'{NULL}'::text[]", &Type::Text, true),
            Some(Default::Expression("'{NULL}'::text[]".to_owned()))
        );
    }
}
