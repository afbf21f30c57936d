//! `where` of partial indexes: `raw("…")`, or `{ field: value, field: { not: value } }` (Prisma 7.10).

use super::arguments::{Arguments, wrong};
use super::ast::{Call, Expression, Name, Value};
use super::codes;
use super::declared::Member;
use super::models::Draft;
use super::scope::Scope;
use super::suggest::did_you_mean;
use crate::findings::Findings;
use crate::{
    Arity, ColumnField, Comparison, Condition, Diagnostic, Edition, FieldType, Literal, Predicate, Provider,
    Scalar, Span,
};

const FORMS: &str = "`raw(\"status = 'active'\")` or `{ active: true }`";
const VALUES: &str = "`true`, `false`, `null`, a string, a number, or `{ not: … }` with one of them";

/// The `where` of an index. `None` where there is none, or after a report.
pub(crate) fn read(
    arguments: &Arguments<'_, '_>,
    draft: &Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<Predicate> {
    let given = arguments.get("where")?;
    if !scope.target.since(Edition::Six, "partial indexes", given.span(), diagnostics) {
        return None;
    }
    if scope.provider() == Some(Provider::MySql) {
        let message = "MySQL has no partial indexes.";
        let found = Diagnostic::error(codes::INDEX_KIND, given.span(), message);
        diagnostics.push(found.help("Remove `where`."));
        return None;
    }
    if !scope.target.previews.contains("partialIndexes") {
        let message = "Partial indexes are a preview feature.";
        let help = "Add `previewFeatures = [\"partialIndexes\"]` to a generator, or remove `where`.";
        diagnostics.push(Diagnostic::error(codes::INDEX_KIND, given.span(), message).help(help));
        return None;
    }
    match &given.value {
        Value::Function(Call { name: "raw", arguments: values }) => {
            match values.first().map(|value| &value.value.value) {
                Some(Value::Text(text)) if !text.trim().is_empty() => Some(Predicate::Raw(text.to_string())),
                _ => {
                    wrong(given, "`where`", "`raw(\"…\")` with the condition in SQL", diagnostics);
                    None
                }
            }
        }
        Value::Object([]) => {
            let message = "This `where` says nothing.";
            let found = Diagnostic::error(codes::BAD_ARGUMENT, given.span(), message);
            diagnostics.push(found.help("Write a condition, or remove `where`."));
            None
        }
        Value::Object(entries) => {
            let conditions: Vec<Option<Condition>> = entries
                .iter()
                .map(|(field, value)| condition(*field, value, draft, scope, diagnostics))
                .collect();
            conditions.into_iter().collect::<Option<_>>().map(Predicate::All)
        }
        _ => {
            wrong(given, "`where`", FORMS, diagnostics);
            None
        }
    }
}

fn condition(
    field: Name<'_>,
    value: &Expression<'_>,
    draft: &Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<Condition> {
    let column = column(field, draft, diagnostics)?;
    let (comparison, operand) = operand(value, diagnostics)?;
    let literal = match &operand.value {
        Value::Constant("null") => None,
        Value::Constant("true") => Some(Literal::Boolean(true)),
        Value::Constant("false") => Some(Literal::Boolean(false)),
        Value::Number(digits) => Some(Literal::Number((*digits).to_owned())),
        Value::Text(text) => Some(Literal::String(text.to_string())),
        _ => {
            wrong(operand, "The value of a condition", VALUES, diagnostics);
            return None;
        }
    };
    if let Some(literal) = &literal
        && !fits(column, literal, operand.span(), scope, diagnostics)
    {
        return None;
    }
    Some(Condition { field: field.text.to_owned(), comparison, value: literal })
}

fn column<'d>(
    field: Name<'_>,
    draft: &'d Draft<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<&'d ColumnField> {
    match draft.members.get(field.text) {
        Some(Member::Column(index)) => return draft.model.columns.get(index),
        Some(Member::Broken) => {}
        Some(Member::Relation) => {
            let message = format!("`{}` is a relation, which has no column.", field.text);
            let found = Diagnostic::error(codes::INDEX_RELATION_FIELD, field.span(), message);
            diagnostics.push(found.help("Name the fields in the relation's `fields` instead."));
        }
        None => {
            let message = format!("The model `{}` has no field `{}`.", draft.model.name, field.text);
            let names = draft.members.names(500);
            let help = did_you_mean(field.text, names, "Name a field of this model.");
            diagnostics.push(Diagnostic::error(codes::INDEX_UNKNOWN_FIELD, field.span(), message).help(help));
        }
    }
    None
}

/// The value, out of `{ not: … }` where it stands in one.
fn operand<'v, 'a>(
    value: &'v Expression<'a>,
    diagnostics: &mut Findings,
) -> Option<(Comparison, &'v Expression<'a>)> {
    let Value::Object(entries) = &value.value else {
        return Some((Comparison::Equal, value));
    };
    match entries {
        [(Name { text: "not", .. }, inner)] => return Some((Comparison::NotEqual, inner)),
        [(other, _)] => {
            let message = format!("A condition has no `{}`; only `not` is known.", other.text);
            let found = Diagnostic::error(codes::BAD_ARGUMENT, other.span(), message);
            diagnostics.push(found.help("Write `{ not: … }`, or the whole condition as `raw(\"…\")`."));
        }
        _ => {
            let message = "Exactly one `not` stands in such a condition.";
            let found = Diagnostic::error(codes::BAD_ARGUMENT, value.span(), message);
            diagnostics.push(found.help("Write `{ not: null }` or `{ not: \"value\" }`."));
        }
    }
    None
}

/// Whether the database could compare the column with the value; if not, it is reported.
fn fits(
    column: &ColumnField,
    literal: &Literal,
    span: Span,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> bool {
    let mut report = |message: String, help: String| {
        diagnostics.push(Diagnostic::error(codes::INDEX_PREDICATE, span, message).help(help));
        false
    };
    if column.arity == Arity::List {
        let message = format!("`{}` is a list, which is never equal to one value.", column.name);
        return report(message, "Compare it with `null`, or write the condition as `raw(\"…\")`.".to_owned());
    }
    let (wanted, right) = match &column.ty {
        FieldType::Unsupported(_) => {
            let message = format!("`{}` is of an unsupported type; only `null` is known of it.", column.name);
            return report(message, "Write the condition as `raw(\"…\")`.".to_owned());
        }
        FieldType::Enum(name) => {
            let Literal::String(text) = literal else {
                let message = format!("`{}` is an enum, which is compared with a string.", column.name);
                return report(message, "Write the value as the database stores it, in quotes.".to_owned());
            };
            let stored = scope.stored.get(name.as_str());
            return stored.is_none_or(|stored| stored.contains(text.as_str()))
                || report(
                    format!("No value of `{name}` is stored as \"{}\".", text.escape_debug()),
                    did_you_mean(
                        text,
                        stored.into_iter().flatten().copied().take(500),
                        "Write the value as the database stores it: its `@map`, or its name.",
                    ),
                );
        }
        FieldType::Scalar(Scalar::String | Scalar::DateTime | Scalar::Id | Scalar::Uuid) => {
            ("a string", matches!(literal, Literal::String(_)))
        }
        FieldType::Scalar(Scalar::Int | Scalar::BigInt | Scalar::Float | Scalar::Decimal) => {
            ("a number", matches!(literal, Literal::Number(_)))
        }
        FieldType::Scalar(Scalar::Boolean) => ("`true` or `false`", matches!(literal, Literal::Boolean(_))),
        FieldType::Scalar(Scalar::Json | Scalar::Bytes) => ("`null`", false),
    };
    right
        || report(
            format!("`{}` can be compared with {wanted}, not with this.", column.name),
            format!("Write {wanted}, or the whole condition as `raw(\"…\")`."),
        )
}
