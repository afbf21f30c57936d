//! A value against a structural schema, with unknown fields refused.

use serde_json::Value;

use crate::rules::Problem;

/// Checks a whole object; `metadata` is the API server's business.
pub(super) fn object(schema: &Value, value: &Value, problems: &mut Vec<Problem>) {
    let Some(fields) = value.as_object() else {
        problems.push(Problem::new("", "must be an object"));
        return;
    };
    for (name, value) in fields {
        match name.as_str() {
            "apiVersion" | "kind" | "metadata" | "status" => {}
            "spec" => {
                if let Some(schema) = schema.pointer("/properties/spec") {
                    field(schema, value, "spec", problems);
                }
            }
            _ => problems.push(Problem::new(name.clone(), "unknown field; remove it")),
        }
    }
    if !fields.contains_key("spec") {
        problems.push(Problem::new("spec", "is missing"));
    }
}

fn field(schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let expected = schema.get("type").and_then(Value::as_str).unwrap_or("");
    let fits = match expected {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    if !fits {
        let article = if expected.starts_with(['o', 'a', 'i']) { "an" } else { "a" };
        let message = format!("must be {article} {expected}, not {}", kind(value));
        problems.push(Problem::new(path, message));
        return;
    }
    match value {
        Value::Object(_) => properties(schema, value, path, problems),
        Value::Array(items) => {
            let count = items.len() as u64;
            limit(schema, "maxItems", count, path, "items", problems);
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    field(schema, item, &format!("{path}[{index}]"), problems);
                }
            }
        }
        Value::String(text) => string(schema, text, path, problems),
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(0.0);
            for (bound, low) in [("minimum", true), ("maximum", false)] {
                if let Some(bound) = schema.get(bound).and_then(Value::as_f64)
                    && (if low { number < bound } else { number > bound })
                {
                    let word = if low { "least" } else { "most" };
                    problems.push(Problem::new(path, format!("must be at {word} {bound}")));
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn properties(schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let Some(fields) = value.as_object() else {
        return;
    };
    if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true)) {
        return;
    }
    let known = schema.get("properties").and_then(Value::as_object);
    for (name, value) in fields {
        let at = format!("{path}.{name}");
        let declared = known.and_then(|known| known.get(name));
        match declared.or_else(|| schema.get("additionalProperties")) {
            // The API server drops a null before it looks at the type.
            Some(_) if value.is_null() => {}
            Some(schema) => field(schema, value, &at, problems),
            None => problems.push(Problem::new(at, unknown(name, known))),
        }
    }
    limit(schema, "maxProperties", fields.len() as u64, path, "entries", problems);
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if fields.get(name).is_none_or(Value::is_null) {
            problems.push(Problem::new(format!("{path}.{name}"), "is missing"));
        }
    }
}

fn unknown(name: &str, known: Option<&serde_json::Map<String, Value>>) -> String {
    let names: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    match names.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(close) => format!("unknown field; did you mean {close}?"),
        None => format!("unknown field; known are {}", names.join(", ")),
    }
}

fn string(schema: &Value, text: &str, path: &str, problems: &mut Vec<Problem>) {
    let count = text.chars().count() as u64;
    limit(schema, "maxLength", count, path, "characters", problems);
    if schema.get("minLength").and_then(Value::as_u64).is_some_and(|least| count < least) {
        let message = match schema.get("pattern").and_then(Value::as_str) {
            Some(pattern) if pattern.contains("MiB") => "write a size such as 500MiB or 10GiB",
            Some(crate::duration::PATTERN) => "write a duration such as 3s, 30m or 1h30m",
            _ if count == 0 => "must not be empty",
            _ => "is too short",
        };
        problems.push(Problem::new(path, message));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && !values.iter().any(|value| value.as_str() == Some(text))
    {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let message = format!("must be one of {}", values.join(", "));
        problems.push(Problem::new(path, message));
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && pattern.ends_with("[0-9a-f]{64}$")
    {
        let prefix = if pattern.starts_with("^sha256:") { "sha256:" } else { "" };
        let hex = text.strip_prefix(prefix).unwrap_or("");
        if hex.len() != 64 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            let message = format!("must be {prefix} and 64 digits of hex, in small letters");
            problems.push(Problem::new(path, message.replace("must be  and", "must be")));
        }
    }
}

fn limit(schema: &Value, word: &str, count: u64, path: &str, unit: &str, problems: &mut Vec<Problem>) {
    if let Some(most) = schema.get(word).and_then(Value::as_u64)
        && count > most
    {
        let message = format!("has {count} {unit}; at most {most} are allowed");
        problems.push(Problem::new(path, message));
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number; quote it",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
