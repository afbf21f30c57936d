//! Operator classes and what the index types of PostgreSQL allow.

use super::arguments::{Arguments, wrong};
use super::ast::{Expression, Value};
use super::codes;
use super::models::Draft;
use super::scope::Scope;
use crate::{Arity, ColumnField, Diagnostic, FieldType, IndexField, Provider, Scalar};

/// The class as SQL calls it: `JsonbPathOps` is `jsonb_path_ops`, `raw("any_ops")` is `any_ops`.
pub(crate) fn class(ops: &Expression<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    match &ops.value {
        Value::Constant(name) => {
            let class = sql_name(name);
            if class.is_none() {
                let message = format!("There is no operator class `{name}`.");
                let found = Diagnostic::error(codes::INDEX_OPERATORS, ops.span, message);
                diagnostics.push(found.help("Give it as the database calls it: `ops: raw(\"…\")`."));
            }
            class
        }
        Value::Function("raw", arguments) => {
            if let [only] = arguments.as_slice()
                && let Value::Text(text) = &only.value.value
                && !text.is_empty()
            {
                return Some(text.clone());
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

/// The SQL name of a class that PSL has a name for.
fn sql_name(name: &str) -> Option<String> {
    let simple = match name {
        "InetOps" => "inet_ops",
        "JsonbOps" => "jsonb_ops",
        "JsonbPathOps" => "jsonb_path_ops",
        "ArrayOps" => "array_ops",
        "TextOps" => "text_ops",
        "InetInclusionOps" => "inet_inclusion_ops",
        _ => "",
    };
    if !simple.is_empty() {
        return Some(simple.to_owned());
    }
    let families =
        [("MinMaxMultiOps", "minmax_multi_ops"), ("MinMaxOps", "minmax_ops"), ("BloomOps", "bloom_ops")];
    let (ty, family) =
        families.iter().find_map(|(suffix, family)| Some((name.strip_suffix(suffix)?, family)))?;
    let types = [
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
        "Timestamptz",
        "TimestampTz",
        "Time",
        "Timetz",
        "TimeTz",
        "Uuid",
    ];
    types.contains(&ty).then(|| format!("{}_{family}", ty.to_lowercase()))
}

/// Reports what the index type does not allow.
pub(crate) fn check(
    columns: &[IndexField],
    algorithm: Option<&str>,
    arguments: &Arguments<'_, '_>,
    draft: &Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let span = arguments.attribute.span;
    for index_field in columns.iter().filter(|_| scope.provider() == Some(Provider::PostgreSql)) {
        let Some(column) = draft.model.column(&index_field.name) else { continue };
        if let Some(help) = unfit(column, index_field.operator_class.as_deref(), algorithm) {
            let message = format!("`{}` cannot be indexed like this.", column.name);
            diagnostics.push(Diagnostic::error(codes::INDEX_OPERATORS, span, message).help(help));
        }
    }
    if let Some(name @ ("Hash" | "SpGist")) = algorithm
        && columns.len() > 1
    {
        let message = format!("A `{name}` index has one field.");
        let found = Diagnostic::error(codes::INDEX_KIND, span, message);
        diagnostics.push(found.help("Write one index for each field, or use a B-tree."));
    }
    let sorted = columns.iter().any(|column| column.sort == crate::Sort::Desc);
    if let Some(name @ ("Hash" | "Gist" | "Gin" | "SpGist" | "Brin")) = algorithm
        && sorted
    {
        let message = format!("A `{name}` index has no order.");
        let found = Diagnostic::error(codes::UNSUPPORTED_ARGUMENT, span, message);
        diagnostics.push(found.help("Remove `sort`."));
    }
}

/// Why the index type or the class does not fit the column, as the advice that cures it.
fn unfit(column: &ColumnField, class: Option<&str>, algorithm: Option<&str>) -> Option<String> {
    let json = column.ty == FieldType::Scalar(Scalar::Json);
    let list = column.arity == Arity::List;
    let inet = column.native.as_ref().is_some_and(|native| native.name == "Inet");
    let unsupported = matches!(column.ty, FieldType::Unsupported(_));
    if unsupported {
        return None;
    }
    match (algorithm, class) {
        (Some("Gin"), None) if !json && !list => {
            Some("Give a class with `ops: raw(\"…\")`, or use a `Json` or list field.".to_owned())
        }
        (Some("Gist"), None) if inet => Some("Add `ops: InetOps`.".to_owned()),
        (Some("Gist"), None) => Some("Give a class with `ops: raw(\"…\")`.".to_owned()),
        (_, Some("jsonb_ops" | "jsonb_path_ops")) if !json => {
            Some("These classes are for `Json` fields.".to_owned())
        }
        (_, Some("array_ops")) if !list => Some("This class is for lists.".to_owned()),
        (_, Some(class)) if class.starts_with("inet_") && !inet => {
            Some("This class is for `@db.Inet` fields.".to_owned())
        }
        (_, Some(class)) if class.starts_with("int8_") && column.ty != FieldType::Scalar(Scalar::BigInt) => {
            Some("This class is for `BigInt` fields.".to_owned())
        }
        (_, Some(class)) if class.starts_with("int4_") && column.ty != FieldType::Scalar(Scalar::Int) => {
            Some("This class is for `Int` fields.".to_owned())
        }
        (_, Some(class))
            if class.starts_with("timestamptz_")
                && column.native.as_ref().is_none_or(|native| native.name != "Timestamptz") =>
        {
            Some("This class is for `@db.Timestamptz` fields.".to_owned())
        }
        _ => None,
    }
}
