//! What a change of a column's type costs, and which expressions give one value for all rows.

use pg_query::NodeEnum;
use pg_query::protobuf::Node;

use crate::catalog::Catalog;
use crate::tree::{TypeRef, dotted};

/// What PostgreSQL does to the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing.
    Nothing,
    /// Writes them anew.
    Rewrite,
    /// Nothing when the column has one of these types now, which the files do not say.
    Unless(&'static str),
}

/// A column of type `old`, if it is known, becomes one of type `new`.
pub(crate) fn change(old: Option<&TypeRef>, new: &TypeRef, catalog: &Catalog) -> Work {
    let Some(old) = old else { return unknown(new) };
    if old == new {
        return Work::Nothing;
    }
    let (from, to) = (old.plain(), new.plain());
    let free = match (from, to) {
        ("varchar", "text") | ("cidr", "inet") => true,
        ("text", "varchar") => new.modifiers.is_empty(),
        ("varchar", "varchar")
        | ("varbit", "varbit")
        | ("timestamp", "timestamp")
        | ("timestamptz", "timestamptz")
        | ("time", "time")
        | ("timetz", "timetz") => grows(old, new),
        ("numeric", "numeric") => match (old.modifiers.as_slice(), new.modifiers.as_slice()) {
            (_, []) => true,
            ([was, old_scale @ ..], [is, new_scale @ ..]) => {
                let scale = |rest: &[i32]| rest.first().copied().unwrap_or_default();
                is >= was && scale(old_scale) == scale(new_scale)
            }
            ([], _) => false,
        },
        ("text", _) => catalog.plain_domains.contains(&new.name) && !new.array,
        _ => false,
    };
    if free { Work::Nothing } else { Work::Rewrite }
}

/// The modifier gets larger, or goes.
fn grows(old: &TypeRef, new: &TypeRef) -> bool {
    match (old.modifiers.first(), new.modifiers.first()) {
        (_, None) => true,
        (Some(old), Some(new)) => new >= old,
        (None, Some(_)) => false,
    }
}

fn unknown(new: &TypeRef) -> Work {
    match (new.plain(), new.modifiers.is_empty()) {
        ("text", _) | ("varchar", true) => Work::Unless("`varchar` or `text`"),
        ("varchar", false) => Work::Unless("a `varchar` that is not longer"),
        ("numeric", _) => Work::Unless("a `numeric` of the same scale that is not wider"),
        ("varbit", _) => Work::Unless("a `varbit` that is not longer"),
        ("inet", _) => Work::Unless("`cidr`"),
        ("timestamp", _) => Work::Unless("a `timestamp` of no higher precision"),
        ("timestamptz", _) => Work::Unless("a `timestamptz` of no higher precision"),
        _ => Work::Rewrite,
    }
}

/// Functions of PostgreSQL that defaults use and that give one value for all rows of a statement.
const STEADY: &[&str] = &[
    "abs",
    "age",
    "array_append",
    "array_cat",
    "array_fill",
    "array_to_json",
    "btrim",
    "ceil",
    "ceiling",
    "char_length",
    "concat",
    "concat_ws",
    "current_database",
    "current_schema",
    "current_setting",
    "date",
    "date_bin",
    "date_part",
    "date_trunc",
    "daterange",
    "decode",
    "encode",
    "extract",
    "floor",
    "format",
    "int4range",
    "int8range",
    "json_build_array",
    "json_build_object",
    "json_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_object",
    "jsonb_set",
    "left",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "make_time",
    "make_timestamp",
    "make_timestamptz",
    "md5",
    "mod",
    "now",
    "numrange",
    "power",
    "repeat",
    "replace",
    "right",
    "round",
    "rpad",
    "rtrim",
    "session_user",
    "sha256",
    "split_part",
    "statement_timestamp",
    "string_to_array",
    "substr",
    "substring",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_timestamp",
    "transaction_timestamp",
    "translate",
    "trunc",
    "tsrange",
    "tstzrange",
    "upper",
    "version",
];

/// The first function in a default that may give each row a value of its own.
pub(crate) fn volatile(expression: &Node, catalog: &Catalog) -> Option<String> {
    let all = |nodes: &[Node]| nodes.iter().find_map(|node| volatile(node, catalog));
    let one = |node: &Option<Box<Node>>| node.as_ref().and_then(|node| volatile(node, catalog));
    match expression.node.as_ref()? {
        NodeEnum::FuncCall(call) => {
            let name = dotted(&call.funcname);
            let own = name.0.is_empty() || name.0 == "pg_catalog";
            let steady =
                (own && STEADY.contains(&name.1.as_str())) || catalog.steady_functions.contains(&name);
            if steady { all(&call.args) } else { Some(name.1) }
        }
        NodeEnum::TypeCast(cast) => one(&cast.arg),
        NodeEnum::CollateClause(clause) => one(&clause.arg),
        NodeEnum::AExpr(expression) => one(&expression.lexpr).or_else(|| one(&expression.rexpr)),
        NodeEnum::BoolExpr(expression) => all(&expression.args),
        NodeEnum::AArrayExpr(array) => all(&array.elements),
        NodeEnum::List(list) => all(&list.items),
        NodeEnum::RowExpr(row) => all(&row.args),
        NodeEnum::CoalesceExpr(expression) => all(&expression.args),
        NodeEnum::MinMaxExpr(expression) => all(&expression.args),
        NodeEnum::NamedArgExpr(argument) => one(&argument.arg),
        NodeEnum::NullTest(test) => one(&test.arg),
        NodeEnum::BooleanTest(test) => one(&test.arg),
        NodeEnum::AIndirection(access) => one(&access.arg),
        NodeEnum::CaseExpr(case) => {
            one(&case.arg).or_else(|| all(&case.args)).or_else(|| one(&case.defresult))
        }
        NodeEnum::CaseWhen(when) => one(&when.expr).or_else(|| one(&when.result)),
        // Constants, and CURRENT_TIMESTAMP and its like, which are fixed for a statement.
        _ => None,
    }
}
