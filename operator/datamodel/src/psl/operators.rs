//! Operator classes and what the index types of PostgreSQL allow.

use super::arguments::{Arguments, wrong};
use super::ast::{Call, Expression, Value};
use super::codes;
use super::models::Draft;
use super::scope::Scope;
use crate::findings::Findings;
use crate::{Arity, ColumnField, Diagnostic, FieldType, Provider, Scalar};

/// The class as SQL calls it: `JsonbPathOps` is `jsonb_path_ops`, `raw("any_ops")` is `any_ops`.
pub(crate) fn class(ops: &Expression<'_>, diagnostics: &mut Findings) -> Option<String> {
    match &ops.value {
        Value::Constant(name) => {
            let class = sql_name(name);
            if class.is_none() {
                let message = format!("There is no operator class `{name}`.");
                let found = Diagnostic::error(codes::INDEX_OPERATORS, ops.span(), message);
                diagnostics.push(found.help("Give it as the database calls it: `ops: raw(\"…\")`."));
            }
            class
        }
        Value::Function(Call { name: "raw", arguments }) => {
            if let [only] = arguments
                && let Value::Text(text) = &only.value.value
                && !text.is_empty()
            {
                return Some(text.to_string());
            }
            wrong(ops, "The operator class", "`raw(\"…\")` with one string", diagnostics);
            None
        }
        _ => {
            wrong(ops, "The operator class", "a name or `raw(\"…\")`", diagnostics);
            None
        }
    }
}

/// Classes that have a name of their own.
const SINGLE: [(&str, &str); 6] = [
    ("InetOps", "inet_ops"),
    ("JsonbOps", "jsonb_ops"),
    ("JsonbPathOps", "jsonb_path_ops"),
    ("ArrayOps", "array_ops"),
    ("TextOps", "text_ops"),
    ("InetInclusionOps", "inet_inclusion_ops"),
];

/// Families of classes, each for several types.
const FAMILIES: [(&str, &str); 3] =
    [("MinMaxMultiOps", "minmax_multi_ops"), ("MinMaxOps", "minmax_ops"), ("BloomOps", "bloom_ops")];

/// Types that families have classes for.
const TYPES: [&str; 19] = [
    "Bit",
    "VarBit",
    "Bpchar",
    "Bytea",
    "Date",
    "Inet",
    "Int2",
    "Int4",
    "Int8",
    "Float4",
    "Float8",
    "Numeric",
    "Oid",
    "Text",
    "Timestamp",
    "TimestampTz",
    "Time",
    "TimeTz",
    "Uuid",
];

/// The SQL name of a class that PSL has a name for.
fn sql_name(name: &str) -> Option<String> {
    if let Some((_, class)) = SINGLE.iter().find(|(known, _)| *known == name) {
        return Some((*class).to_owned());
    }
    let (ty, family) =
        FAMILIES.iter().find_map(|(suffix, family)| Some((name.strip_suffix(suffix)?, family)))?;
    TYPES.contains(&ty).then(|| format!("{}_{family}", ty.to_lowercase()))
}

/// The name that PSL has for a class of the database, if it has one.
pub(crate) fn psl_name(class: &str) -> Option<String> {
    if let Some((name, _)) = SINGLE.iter().find(|(_, known)| *known == class) {
        return Some((*name).to_owned());
    }
    let (ty, suffix) = FAMILIES
        .iter()
        .find_map(|(suffix, family)| Some((class.strip_suffix(family)?.strip_suffix('_')?, suffix)))?;
    let ty = TYPES.iter().find(|known| known.to_lowercase() == ty)?;
    Some(format!("{ty}{suffix}"))
}

/// What a field of an index says of its operator class.
enum Class<'a> {
    /// Nothing: the type's default one.
    Default,
    /// A name of PSL's.
    Named(&'a str),
    /// The database's own name, or one that was reported.
    Other,
}

/// Reports what the index type does not allow.
pub(crate) fn check(
    algorithm: Option<&str>,
    arguments: &Arguments<'_, '_>,
    draft: &Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let span = arguments.attribute.span();
    let Some(fields) = arguments.get("fields") else { return };
    let items = fields.items();
    let algorithm = algorithm.unwrap_or("BTree");
    let mut sorted = false;
    for item in items.iter().filter(|_| scope.provider() == Some(Provider::PostgreSql)) {
        let (name, class) = match &item.value {
            Value::Constant(name) => (*name, Class::Default),
            Value::Function(Call { name, arguments: options }) => {
                let option = |key: &str| {
                    options.iter().find(|option| option.name.is_some_and(|name| name.text == key))
                };
                sorted |=
                    option("sort").is_some_and(|sort| matches!(sort.value.value, Value::Constant("Desc")));
                let class = match option("ops").map(|ops| &ops.value.value) {
                    None => Class::Default,
                    Some(Value::Constant(name)) if sql_name(name).is_some() => Class::Named(name),
                    Some(_) => Class::Other,
                };
                (*name, class)
            }
            _ => continue,
        };
        let Some(column) = draft.column(name) else { continue };
        let help = match class {
            Class::Default => without_class(column, algorithm),
            Class::Named(class) => unfit(column, class, algorithm),
            Class::Other => None,
        };
        if let Some(help) = help {
            let message = format!("`{name}` cannot be indexed like this.");
            diagnostics.push(Diagnostic::error(codes::INDEX_OPERATORS, span, message).help(help));
        }
    }
    if matches!(algorithm, "Hash" | "SpGist") && items.len() > 1 {
        let message = format!("A `{algorithm}` index has one field.");
        let found = Diagnostic::error(codes::INDEX_KIND, span, message);
        diagnostics.push(found.help("Write one index for each field, or use a B-tree."));
    }
    if algorithm != "BTree" && sorted {
        let message = format!("A `{algorithm}` index has no order.");
        let found = Diagnostic::error(codes::UNSUPPORTED_ARGUMENT, span, message);
        diagnostics.push(found.help("Remove `sort`."));
    }
}

/// Why the index type has no default class for the column, as the advice that cures it.
fn without_class(column: &ColumnField, algorithm: &str) -> Option<String> {
    let scalar = match &column.ty {
        FieldType::Unsupported(_) => return None,
        FieldType::Scalar(scalar) => Some(*scalar),
        FieldType::Enum(_) => None,
    };
    let native = column.native.as_ref().map(|native| native.name.as_str());
    let list = column.arity == Arity::List;
    let fits = match algorithm {
        "Gin" => list || (scalar == Some(Scalar::Json) && native != Some("Json")),
        "Gist" => false,
        "SpGist" => {
            scalar == Some(Scalar::String)
                && matches!(native, None | Some("Text" | "VarChar" | "Char" | "Inet"))
        }
        "Brin" => {
            let kind = !matches!(scalar, None | Some(Scalar::Json | Scalar::Boolean));
            list || (kind && !matches!(native, Some("Xml" | "Money" | "Citext")))
        }
        _ => true,
    };
    let inet = algorithm == "Gist" && native == Some("Inet");
    let help = if inet {
        "Add `ops: InetOps`."
    } else {
        "Give a class with `ops: raw(\"…\")`, or use another index type."
    };
    (!fits).then(|| help.to_owned())
}

/// Why the class does not fit the index type or the column, as the advice that cures it.
fn unfit(column: &ColumnField, class: &str, algorithm: &str) -> Option<String> {
    let (types, family): (&[&str], &str) = match class {
        "InetOps" => (&["Gist", "SpGist"], "Inet"),
        "JsonbOps" | "JsonbPathOps" => (&["Gin"], "Jsonb"),
        "ArrayOps" => (&["Gin"], "Array"),
        "TextOps" => (&["SpGist"], "Text"),
        _ => {
            let end = ["MinMax", "Bloom", "Inclusion"].iter().find_map(|part| class.find(part));
            (&["Brin"], class.get(..end.unwrap_or_default()).unwrap_or_default())
        }
    };
    if !types.contains(&algorithm) {
        return Some(format!("This class is for indexes of `type: {}`.", types.join("` or `")));
    }
    if family == "Array" {
        return (column.arity != Arity::List).then(|| "This class is for lists.".to_owned());
    }
    // The scalar, the native types, and whether the scalar alone will do.
    let (scalar, natives, alone): (Scalar, &[&str], bool) = match family {
        "Inet" => (Scalar::String, &["Inet"], false),
        "Jsonb" => (Scalar::Json, &["JsonB"], true),
        "Text" => (Scalar::String, &["Text", "VarChar"], true),
        "Bit" => (Scalar::String, &["Bit"], false),
        "VarBit" => (Scalar::String, &["VarBit"], false),
        "Bpchar" => (Scalar::String, &["Char"], false),
        "Uuid" => (Scalar::String, &["Uuid"], false),
        "Bytea" => (Scalar::Bytes, &["ByteA"], true),
        "Float4" => (Scalar::Float, &["Real"], false),
        "Float8" => (Scalar::Float, &["DoublePrecision"], true),
        "Int2" => (Scalar::Int, &["SmallInt"], false),
        "Int4" => (Scalar::Int, &["Integer"], true),
        "Int8" => (Scalar::BigInt, &["BigInt"], true),
        "Oid" => (Scalar::Int, &["Oid"], false),
        "Numeric" => (Scalar::Decimal, &["Decimal"], true),
        "Date" => (Scalar::DateTime, &["Date"], false),
        "Time" => (Scalar::DateTime, &["Time"], false),
        "TimeTz" => (Scalar::DateTime, &["Timetz"], false),
        "Timestamp" => (Scalar::DateTime, &["Timestamp"], true),
        "TimestampTz" => (Scalar::DateTime, &["Timestamptz"], false),
        _ => return None,
    };
    let native = column.native.as_ref().map_or(alone, |native| natives.contains(&native.name.as_str()));
    if column.ty == FieldType::Scalar(scalar) && native && column.arity != Arity::List {
        return None;
    }
    let plain = if alone { format!("`{scalar:?}` and ") } else { String::new() };
    Some(format!("This class is for fields of {plain}`@db.{}`.", natives.join("`, `@db.")))
}
