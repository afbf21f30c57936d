//! Fields of models: columns and relation fields.

use super::arguments::{Arguments, mapped, once, unknown};
use super::ast::{Attribute, Field, TypeName, push_to_short};
use super::codes;
use super::declared::Member;
use super::models::Draft;
use super::relation_fields;
use super::scope::{Meaning, SCALARS, Scope, scalar};
use super::suggest::did_you_mean;
use super::{defaults, native_types, shard_keys};
use crate::findings::Findings;
use crate::{
    Arity, ColumnField, ColumnHints, Diagnostic, Edition, FieldType, Provider, RelationField, Scalar, Span,
};

/// Attributes of a field.
const ATTRIBUTES: [&str; 9] =
    ["id", "unique", "default", "updatedAt", "map", "ignore", "relation", "shardKey", "db."];

/// Reads one field into the draft and says what it is.
pub(crate) fn read<'b, 'a>(
    field: &'b Field<'a>,
    draft: &mut Draft<'b, 'a>,
    scope: &Scope<'b, 'a>,
    diagnostics: &mut Findings,
) -> Member {
    let ty = match &field.ty {
        TypeName::Unsupported(text) => {
            scope.target.since(Edition::Two, "`Unsupported(…)`", field.type_span(), diagnostics);
            FieldType::Unsupported(text.to_string())
        }
        TypeName::Named(name) => match scalar(name).ok_or_else(|| scope.names.get(name)) {
            Ok(scalar) => {
                later_scalar(scalar, field.type_span(), scope, diagnostics);
                FieldType::Scalar(scalar)
            }
            Err(Some(Meaning::Enum)) => {
                if scope.provider() == Some(Provider::Sqlite) {
                    scope.target.since(Edition::Six, "enums on SQLite", field.type_span(), diagnostics);
                }
                FieldType::Enum((*name).to_owned())
            }
            Err(Some(Meaning::Model(target) | Meaning::View(target))) => {
                let attributes = once(field.attributes, &[], diagnostics);
                let link = relation_fields::read(field, attributes, (name, *target), diagnostics);
                draft.links.push(link);
                let relation = RelationField {
                    name: field.name.text.to_owned(),
                    target: (*name).to_owned(),
                    arity: field.arity,
                    span: field.name.span(),
                };
                push_to_short(&mut draft.model.relations, relation);
                return Member::Relation;
            }
            Err(Some(Meaning::Composite)) => return Member::Broken,
            Err(None) => {
                let message = format!("There is no type, model or enum `{name}`.");
                let declared = scope.in_order().take(diagnostics.candidates());
                let help = did_you_mean(
                    name,
                    SCALARS.into_iter().chain(declared),
                    "Declare it as a model or an enum, or correct the name.",
                );
                diagnostics
                    .push(Diagnostic::error(codes::UNKNOWN_TYPE, field.type_span(), message).help(help));
                draft.key_broken |=
                    field.attributes.iter().any(|attribute| matches!(attribute.name.text, "id" | "unique"));
                return Member::Broken;
            }
        },
    };
    let column = column(field, ty, scope, diagnostics);
    draft.model.columns.push(column);
    draft.columns.push(field);
    Member::Column(draft.columns.len() - 1)
}

/// Reports scalars that came with a later edition.
fn later_scalar(scalar: Scalar, span: Span, scope: &Scope<'_, '_>, diagnostics: &mut Findings) {
    match scalar {
        Scalar::BigInt | Scalar::Decimal | Scalar::Bytes if scope.target.edition < Edition::Two => {
            scope.target.since(Edition::Two, &format!("scalar `{scalar:?}`"), span, diagnostics);
        }
        Scalar::Json if scope.provider() == Some(Provider::Sqlite) => {
            scope.target.since(Edition::Six, "`Json` on SQLite", span, diagnostics);
        }
        _ => {}
    }
}

fn column(
    field: &Field<'_>,
    ty: FieldType,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> ColumnField {
    if field.arity == Arity::List && matches!(scope.provider(), Some(Provider::MySql | Provider::Sqlite)) {
        let message =
            format!("{} has no lists, so `{}` cannot be one.", scope.target.name(), field.name.text);
        let found = Diagnostic::error(codes::LIST_UNSUPPORTED, field.type_span(), message);
        diagnostics.push(found.help("Use a model of its own with a relation, or a `Json` field."));
    }
    let mut column = ColumnField {
        name: field.name.text.to_owned(),
        database_name: None,
        hints: field.hints.and_then(|hints| {
            let owned = |hint: Option<&str>| hint.map(str::to_owned);
            ColumnHints::of(owned(hints.renamed_from), owned(hints.replaces))
        }),
        ty,
        native: None,
        arity: field.arity,
        default: None,
        sequence: None,
        updated_at: false,
        span: field.name.span(),
    };
    let mut native = None;
    for attribute in once(field.attributes, &[], diagnostics) {
        match attribute.name.text {
            "map" => column.database_name = mapped(attribute, diagnostics),
            "default" => column.default = default(attribute, &column, scope, diagnostics),
            "updatedAt" => {
                Arguments::read(attribute, &[], diagnostics);
                updated_at(field, attribute, &column, diagnostics);
                column.updated_at = true;
            }
            "ignore" => {
                scope.target.since(Edition::Two, "`@ignore`", attribute.span(), diagnostics);
                Arguments::read(attribute, &[], diagnostics);
            }
            "id" | "unique" => {}
            "shardKey" => shard_keys::of_field(attribute, scope, diagnostics),
            "relation" => {
                let message = format!("`{}` is no relation, its type is no model.", field.name.text);
                let found = Diagnostic::error(codes::MISPLACED_ATTRIBUTE, attribute.span(), message);
                diagnostics.push(found.help("Move `@relation` to the field whose type is the other model."));
            }
            name if name.contains('.') => {
                if native.replace(attribute.span()).is_some() {
                    let message = format!("The field `{}` has two native types.", field.name.text);
                    let found = Diagnostic::error(codes::DUPLICATE_ATTRIBUTE, attribute.span(), message);
                    diagnostics.push(found.help("Keep one of them."));
                    continue;
                }
                scope.target.since(Edition::Two, "native types", attribute.span(), diagnostics);
                column.native =
                    native_types::read(attribute, &column.ty, &scope.target, diagnostics).map(Box::new);
            }
            _ => unknown(attribute, "@", &ATTRIBUTES, "a field", diagnostics),
        }
    }
    column
}

fn default(
    attribute: &Attribute<'_>,
    column: &ColumnField,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<crate::DefaultValue> {
    let values = match &column.ty {
        FieldType::Enum(name) => scope.values.get(name.as_str()),
        _ => None,
    };
    let column = defaults::Column { ty: &column.ty, arity: column.arity, values };
    defaults::read(attribute, &column, &scope.target, diagnostics)
}

fn updated_at(
    field: &Field<'_>,
    attribute: &Attribute<'_>,
    column: &ColumnField,
    diagnostics: &mut Findings,
) {
    let help = if column.ty != FieldType::Scalar(Scalar::DateTime) {
        "Make the field a `DateTime`, or remove the attribute."
    } else if field.arity == Arity::List {
        "Make the field a single value, or remove the attribute."
    } else {
        return;
    };
    let message = format!("`{}` cannot be `@updatedAt`.", field.name.text);
    diagnostics.push(Diagnostic::error(codes::UPDATED_AT, attribute.span(), message).help(help));
}
