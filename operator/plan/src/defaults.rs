//! Whether two defaults mean the same.

use schema::{Default, MySqlType, Type, Value};

/// True when the database's default is what the datamodel asks for.
pub(crate) fn equal(ty: &Type, current: Option<&Default>, desired: Option<&Default>) -> bool {
    match (current, desired) {
        // `ON UPDATE` is beyond the datamodel: it stays, and is listed among what the table has besides.
        (Some(Default::Expression(found)), Some(Default::Now)) if is_mysql(ty) => {
            let found = found.to_lowercase();
            found.starts_with("current_timestamp") && found.contains("on update")
        }
        (_, Some(Default::Any)) | (None, None) | (Some(Default::Now), Some(Default::Now)) => true,
        (Some(Default::Now), Some(expression @ Default::Expression(_)))
        | (Some(expression @ Default::Expression(_)), Some(Default::Now)) => {
            matches!(expression_text(expression).as_deref(), Some("now()" | "current_timestamp"))
        }
        // Introspection finds the value; Prisma's writes such a default as an expression.
        (Some(Default::Value(found)), Some(Default::Expression(text))) => {
            literal(text).is_some_and(|text| values_equal(ty, found, &Value::String(text)))
        }
        (Some(Default::Value(a)), Some(Default::Value(b))) => values_equal(ty, a, b),
        (Some(Default::List(a)), Some(Default::List(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| values_equal(ty, a, b))
        }
        (Some(a), Some(b)) => match (expression_text(a), expression_text(b)) {
            // A datamodel usually leaves out where a function lives.
            (Some(a), Some(b)) => {
                a == b || in_public(&a) == in_public(&b) || shorter(&a, &b) || shorter(&b, &a)
            }
            _ => false,
        },
        _ => false,
    }
}

fn values_equal(ty: &Type, a: &Value, b: &Value) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        (Value::String(a), Value::String(b)) if is_json(ty) => json_equal(a, b),
        (Value::String(a), Value::String(b)) if is_time(ty) => instant_text(ty, a) == instant_text(ty, b),
        // A truth value is a small number on MySQL and SQLite, and either may be found.
        (Value::Boolean(truth), Value::Number(digits)) | (Value::Number(digits), Value::Boolean(truth))
            if is_mysql(ty) || *ty == Type::Boolean =>
        {
            digits == if *truth { "1" } else { "0" }
        }
        (Value::String(a) | Value::Number(a), Value::String(b) | Value::Number(b)) => {
            matches!((number(a), number(b)), (Some(a), Some(b)) if a == b)
        }
        _ => false,
    }
}

const fn is_mysql(ty: &Type) -> bool {
    matches!(ty, Type::MySql(_))
}

const fn is_json(ty: &Type) -> bool {
    matches!(ty, Type::Json | Type::JsonB | Type::MySql(MySqlType::Json))
}

const fn is_time(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Timestamp(_)
            | Type::Timestamptz(_)
            | Type::Date
            | Type::Time(_)
            | Type::Timetz(_)
            | Type::DateTime
            | Type::MySql(
                MySqlType::Date | MySqlType::Time(_) | MySqlType::DateTime(_) | MySqlType::Timestamp(_)
            )
    )
}

/// JSON texts are compared by value, since `jsonb` writes its own spacing.
fn json_equal(a: &str, b: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    matches!((parse(a), parse(b)), (Some(a), Some(b)) if a == b)
}

/// The part of an instant that the type keeps, without zone mark and without trailing zeros: PostgreSQL writes `+00` on a `timestamptz` only.
fn instant_text(ty: &Type, text: &str) -> String {
    let text = text.trim_end_matches("+00:00").trim_end_matches("+00").trim_end_matches('Z').trim();
    let text = text.replace('T', " ");
    let text = match (ty, text.split_once(' ')) {
        (Type::Date, Some((date, _))) => date.to_owned(),
        (Type::Time(_) | Type::Timetz(_), Some((_, clock))) => clock.to_owned(),
        _ => text,
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Sign, digits before and after the point, without what does not change the value.
fn number(text: &str) -> Option<(bool, String, String)> {
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || !numeric(whole) || !numeric(fraction) {
        return None;
    }
    Some((negative, whole.trim_start_matches('0').to_owned(), fraction.trim_end_matches('0').to_owned()))
}

/// An expression without case, spaces and outer parentheses; literals and `now()` have none.
fn expression_text(default: &Default) -> Option<String> {
    let Default::Expression(text) = default else { return None };
    let mut text: String = text.to_lowercase().split_whitespace().collect();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        text = inner.to_owned();
    }
    Some(text)
}

fn in_public(expression: &str) -> String {
    expression.replace("\"public\".", "").replace("public.", "")
}

/// Whether a short spelling is the long one without what the server adds to it: schemas, the types of literals, and quotes
/// around names that need none.
fn shorter(long: &str, short: &str) -> bool {
    let (long, short) = (Words::of(long), Words::of(short));
    let schemas = if short.has_schemas() { Keep::Kept } else { Keep::LeftOut };
    let casts = if short.has_casts() { Keep::Kept } else { Keep::LeftOut };
    long.text(schemas, casts) == short.text(Keep::Kept, Keep::Kept)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Kept,
    LeftOut,
}

/// An expression without spaces in its parts: literals, names, and each other letter.
struct Words<'t>(Vec<&'t str>);

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Self {
        let mut words = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let named = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
            let end = match first {
                '\'' | '"' => {
                    let closing = rest.get(1..).and_then(|inside| inside.find(first));
                    closing.map_or(rest.len(), |at| at + 2)
                }
                first if named(first) => rest.find(|letter| !named(letter)).unwrap_or(rest.len()),
                first => first.len_utf8(),
            };
            let (word, after) = rest.split_at(end);
            let inside = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
            let needless = inside.filter(|inside| !inside.is_empty() && inside.chars().all(named));
            words.push(needless.unwrap_or(word));
            rest = after;
        }
        Self(words)
    }

    fn is_name(word: &str) -> bool {
        word.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '"'))
    }

    fn has_schemas(&self) -> bool {
        self.0.windows(2).any(|pair| matches!(pair, [name, "."] if Self::is_name(name)))
    }

    fn has_casts(&self) -> bool {
        self.0.windows(2).any(|pair| pair == [":", ":"])
    }

    fn text(&self, schemas: Keep, casts: Keep) -> String {
        let mut out = String::new();
        let mut words = self.0.iter().copied().peekable();
        while let Some(word) = words.next() {
            if schemas == Keep::LeftOut && Self::is_name(word) && words.next_if_eq(&".").is_some() {
                continue;
            }
            out.push_str(word);
            if casts == Keep::LeftOut && word.starts_with('\'') && words.next_if_eq(&":").is_some() {
                while words
                    .next_if(|next| Self::is_name(next) || matches!(*next, ":" | "." | "[" | "]"))
                    .is_some()
                {}
            }
        }
        out
    }
}

/// The text of an expression that is one literal, with or without a cast: `'1 day'::interval`.
fn literal(expression: &str) -> Option<String> {
    let inside = expression.trim().strip_prefix('\'')?;
    let mut end = None;
    let mut rest = inside.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        if character == '\'' && rest.next_if(|(_, next)| *next == '\'').is_none() {
            end = Some(at);
            break;
        }
    }
    let (text, cast) = inside.split_at_checked(end?)?;
    let cast = cast.strip_prefix('\'')?.trim();
    let name = cast.strip_prefix("::");
    let named = |name: &str| {
        name.chars()
            .all(|part| part.is_alphanumeric() || matches!(part, ' ' | '_' | '.' | '"' | '(' | ')' | ','))
    };
    (cast.is_empty() || name.is_some_and(named)).then(|| text.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number_default(digits: &str) -> Default {
        Default::Value(Value::Number(digits.to_owned()))
    }

    fn text_default(text: &str) -> Default {
        Default::Value(Value::String(text.to_owned()))
    }

    #[test]
    fn values_are_compared_by_meaning() {
        let same = |ty: &Type, a: &Default, b: &Default| equal(ty, Some(a), Some(b));
        assert!(same(&Type::Double, &number_default("1.50"), &number_default("1.5")));
        assert!(same(&Type::JsonB, &text_default("{\"a\": 1}"), &text_default("{\"a\":1}")));
        assert!(same(
            &Type::Timestamptz(None),
            &text_default("2020-01-01 00:00:00+00"),
            &text_default("2020-01-01 00:00:00")
        ));
        assert!(!same(&Type::Text, &text_default("a"), &text_default("A")));
        assert!(!equal(&Type::Text, None, Some(&text_default("a"))));
        assert!(equal(&Type::Text, None, Some(&Default::Any)));
        let expression = |text: &str| Default::Expression(text.to_owned());
        let midnight = text_default("2020-01-01 00:00:00");
        let written = expression("'2020-01-01 00:00:00'::timestamp without time zone");
        assert!(same(&Type::Timestamp(Some(3)), &midnight, &written));
        assert!(same(&Type::Text, &text_default("it's"), &expression("'it''s'")));
        assert!(!same(&Type::Text, &text_default("a"), &expression("'a' || 'b'")));
        for (found, written, alike) in [
            ("encode(public.gen_random_bytes(8), 'hex'::text)", "encode(gen_random_bytes(8), 'hex')", true),
            ("ext.uuid_nil()", "\"ext\".uuid_nil()", true),
            ("ext.uuid_nil()", "UUID_nil()", true),
            ("ext.uuid_nil()", "other.uuid_nil()", false),
            ("now() + '1 day'::interval", "now() + '2 days'", false),
            ("'a.b'::text || 'c'::text", "'b' || 'c'", false),
            ("(1.5 * 2)", "(2.5 * 2)", false),
        ] {
            assert_eq!(
                same(&Type::Text, &expression(found), &expression(written)),
                alike,
                "{found} {written}"
            );
            assert_eq!(
                same(&Type::Text, &expression(written), &expression(found)),
                alike,
                "{written} {found}"
            );
        }
        assert!(same(&Type::DateTime, &Default::Now, &expression("CURRENT_TIMESTAMP")));
    }
}
