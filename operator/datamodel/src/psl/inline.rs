//! Relations that columns of one model hold: their columns, what they refer to, their actions.

use super::ast::{Expression, Value};
use super::codes;
use super::declared::Member;
use super::relations::{Found, Side};
use super::scope::Scope;
use super::seen::Seen;
use crate::findings::Findings;
use crate::{
    Action, Arity, ColumnField, Diagnostic, Edition, ForeignKeyMode, IndexField, InlineRelation, Provider,
    Relation, Span,
};

/// The relation that `holder` describes. `None` after a report.
pub(crate) fn relation<'x>(
    holder: Side<'_, '_, '_>,
    opposite: Side<'x, '_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<Found> {
    bare(holder, opposite, diagnostics);
    let early = scope.target.edition <= Edition::Two;
    let key = opposite.draft.model.primary_key.as_ref().filter(|_| early);
    let id: Option<Vec<Expression<'_>>> = key.map(|key| {
        let name = |field: &'x IndexField| Value::Constant(field.name.as_str());
        let fields = key.fields.iter();
        fields.map(|field| Expression::new(name(field), holder.link.span)).collect()
    });
    let references = holder.link.references.or(id.as_deref());
    let (Some(fields), Some(references)) = (holder.link.fields, references) else {
        if !holder.link.broken {
            let message = format!("`{}` does not say which columns hold the relation.", holder.label());
            let help = "Write `@relation(fields: […], references: […])` with the columns of this model and those they refer to.";
            let help = match holder.link.fields {
                Some(_) => scope.target.until(Edition::Two, help),
                None => help.to_owned(),
            };
            diagnostics.push(Diagnostic::error(codes::RELATION_SIDES, holder.link.span, message).help(help));
        }
        return None;
    };
    let columns = columns(holder, holder, fields, "fields", diagnostics);
    let targets = columns_of_target(holder, opposite, references, diagnostics);
    let (columns, targets) = (columns?, targets?);
    if columns.len() != targets.len() {
        let message = format!("`fields` has {} and `references` {} fields.", columns.len(), targets.len());
        let found = Diagnostic::error(codes::RELATION_MISMATCH, holder.link.span, message);
        diagnostics.push(found.help("Name for each field of this model the one that it refers to."));
        return None;
    }
    for ((column, target), named) in columns.iter().zip(&targets).zip(fields) {
        if column.ty != target.ty {
            let message = format!("`{}` refers to `{}` but has another type.", column.name, target.name);
            let found = Diagnostic::error(codes::RELATION_MISMATCH, named.span(), message);
            diagnostics.push(found.help(format!("Give both fields of `{}` the same type.", holder.label())));
        }
    }
    let names =
        |columns: &[&ColumnField]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let relation = InlineRelation {
        name: holder.link.name.map(str::to_owned),
        model: holder.draft.model.name.clone(),
        field: holder.link.field.name.text.to_owned(),
        columns: names(&columns),
        target: opposite.draft.model.name.clone(),
        references: names(&targets),
        on_delete: holder.link.on_delete.map(|(action, _)| action).or_else(|| previewed(&columns, scope)),
        on_update: holder.link.on_update.map(|(action, _)| action),
        map: holder.link.map.map(|(map, _)| map.to_owned()),
    };
    unique(&relation, holder, opposite, scope, diagnostics);
    arity(&columns, holder, opposite, scope, diagnostics);
    actions(&columns, holder, scope, diagnostics);
    if scope.target.foreign_keys() == ForeignKeyMode::Client {
        indexed(&relation, holder, diagnostics);
    }
    Some(Found { relation: Relation::Inline(relation), span: holder.link.span, holder: holder.place })
}

/// The default action that the second edition's preview of the third one's has.
fn previewed(columns: &[&ColumnField], scope: &Scope<'_, '_>) -> Option<Action> {
    let previewed =
        scope.target.edition == Edition::Two && scope.target.previews.contains("referentialActions");
    let optional = columns.iter().all(|column| column.arity == Arity::Optional);
    previewed.then_some(if optional { Action::SetNull } else { Action::Restrict })
}

/// Reports what only the other side may say.
fn bare(holder: Side<'_, '_, '_>, opposite: Side<'_, '_, '_>, diagnostics: &mut Findings) {
    let actions =
        [opposite.link.on_delete, opposite.link.on_update].into_iter().flatten().map(|(_, span)| span).next();
    let span = actions.or(opposite.has_fields().then_some(opposite.link.span));
    if let Some((_, span)) = opposite.link.map {
        idle_map(&opposite, span, diagnostics);
    }
    if let Some(span) = span {
        let message = format!("`{}` says what only `{}` may say.", opposite.label(), holder.label());
        let help = "Keep `fields`, `references`, `onDelete`, `onUpdate` and `map` on the side that holds the columns.";
        diagnostics.push(Diagnostic::error(codes::RELATION_SIDES, span, message).help(help));
    }
}

/// Warns of a `map` where there is no foreign key that it could name.
pub(crate) fn idle_map(side: &Side<'_, '_, '_>, span: Span, diagnostics: &mut Findings) {
    let message = format!("`map` on `{}` names nothing: it holds no foreign key.", side.label());
    let found = Diagnostic::warning(codes::RELATION_SIDES, span, message);
    diagnostics.push(found.help("Remove it, or put it on the field that has `fields`."));
}

/// The columns of the target; reported at the holder's attribute.
fn columns_of_target<'x>(
    holder: Side<'_, '_, '_>,
    opposite: Side<'x, '_, '_>,
    references: &[Expression<'_>],
    diagnostics: &mut Findings,
) -> Option<Vec<&'x ColumnField>> {
    columns(holder, opposite, references, "references", diagnostics)
}

/// The columns of these names in the model of `side`. `None` after a report.
fn columns<'x>(
    holder: Side<'_, '_, '_>,
    side: Side<'x, '_, '_>,
    names: &[Expression<'_>],
    what: &str,
    diagnostics: &mut Findings,
) -> Option<Vec<&'x ColumnField>> {
    let model = &side.draft.model;
    let (mut columns, mut seen, mut broken) = (Vec::with_capacity(names.len()), Seen::default(), false);
    for named in names {
        let Value::Constant(name) = named.value else { continue };
        let (message, help) = match side.draft.members.get(name) {
            _ if !seen.insert(name) => {
                (format!("`{what}` names `{name}` twice."), "Keep one of them.".to_owned())
            }
            Some(Member::Column(index)) => {
                columns.extend(model.columns.get(index));
                continue;
            }
            Some(Member::Broken) => {
                broken = true;
                continue;
            }
            Some(Member::Relation) => (
                format!("`{name}` is a relation, which has no column."),
                format!("Name column fields of `{}` in `{what}`.", model.name),
            ),
            None => {
                let known = side.draft.members.names(diagnostics.candidates());
                let fallback =
                    format!("Name column fields of `{}` in `{what}` of `{}`.", model.name, holder.label());
                let help = super::suggest::did_you_mean(name, known, &fallback);
                (format!("The model `{}` has no field `{name}`.", model.name), help)
            }
        };
        broken = true;
        diagnostics.push(Diagnostic::error(codes::RELATION_FIELDS, named.span(), message).help(help));
    }
    (!broken).then_some(columns)
}

/// The target must be unique; in a one-to-one relation the columns too.
fn unique(
    relation: &InlineRelation,
    holder: Side<'_, '_, '_>,
    opposite: Side<'_, '_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let listed =
        |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if !opposite.draft.key_broken && !opposite.draft.is_unique(&relation.references) {
        let message = format!(
            "{} of `{}` is not unique, so it cannot be referred to.",
            listed(&relation.references),
            relation.target
        );
        let help = match relation.references.as_slice() {
            [only] => format!("Add `@unique` to `{only}`, or refer to the id."),
            several => format!(
                "Add `@@unique([{}])` to `{}`, or refer to the id.",
                several.join(", "),
                relation.target
            ),
        };
        diagnostics.push(Diagnostic::error(codes::RELATION_NOT_UNIQUE, holder.link.span, message).help(help));
    }
    let one_to_one = opposite.arity() != Arity::List && scope.target.edition > Edition::Three;
    if one_to_one && !holder.draft.key_broken && !holder.draft.is_unique_in_order(&relation.columns) {
        let message =
            format!("`{}` is one-to-one, so {} must be unique.", holder.label(), listed(&relation.columns));
        let help = match relation.columns.as_slice() {
            [only] => format!("Add `@unique` to `{only}`, or make `{}` a list.", opposite.label()),
            several => {
                format!("Add `@@unique([{}])`, or make `{}` a list.", several.join(", "), opposite.label())
            }
        };
        let help = scope.target.until(Edition::Three, help);
        diagnostics.push(Diagnostic::error(codes::RELATION_ONE_TO_ONE, holder.link.span, message).help(help));
    }
}

/// Required and optional must agree with what the columns can hold.
fn arity(
    columns: &[&ColumnField],
    holder: Side<'_, '_, '_>,
    opposite: Side<'_, '_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let optional = columns.iter().find(|column| column.arity == Arity::Optional);
    if let Some(list) = columns.iter().find(|column| column.arity == Arity::List) {
        let message = format!("`{}` is a list, so it cannot hold a relation.", list.name);
        let found = Diagnostic::error(codes::RELATION_ARITY, holder.link.span, message);
        diagnostics.push(found.help("Make it a single value."));
    }
    if let Some(column) = optional.filter(|_| holder.arity() == Arity::Required) {
        let message =
            format!("`{}` is required but its column `{}` is optional.", holder.label(), column.name);
        let found = Diagnostic::error(codes::RELATION_ARITY, holder.link.field.type_span(), message);
        diagnostics.push(found.help("Make both required or both optional."));
    }
    if opposite.arity() == Arity::Required && scope.target.edition > Edition::Two {
        let message =
            format!("`{}` is required, which no database can ensure from this side.", opposite.label());
        let found = Diagnostic::error(codes::RELATION_ARITY, opposite.link.field.type_span(), message);
        let help = format!("Make it optional: `{}?`.", holder.draft.model.name);
        diagnostics.push(found.help(scope.target.until(Edition::Two, help)));
    }
}

/// Actions that the columns or the database do not allow.
fn actions(
    columns: &[&ColumnField],
    holder: Side<'_, '_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let required = columns.iter().find(|column| column.arity == Arity::Required);
    for (what, given) in [("onDelete", holder.link.on_delete), ("onUpdate", holder.link.on_update)] {
        let Some((action, span)) = given else { continue };
        let client = scope.target.foreign_keys() == ForeignKeyMode::Client;
        let refused = client
            && match action {
                Action::Cascade | Action::Restrict | Action::SetNull => false,
                Action::NoAction => scope.provider() != Some(Provider::MySql),
                Action::SetDefault => true,
            };
        if refused {
            let message = format!("`{action:?}` does not exist with `relationMode = \"prisma\"`.");
            let found = Diagnostic::error(codes::RELATION_ACTION, span, message);
            diagnostics.push(found.help("Use `Cascade`, `Restrict` or `SetNull`."));
        } else if action == Action::SetDefault && scope.provider() == Some(Provider::MySql) {
            let message = "MySQL accepts `SetDefault` and does not do it.";
            let found = Diagnostic::warning(codes::RELATION_ACTION, span, message);
            diagnostics.push(found.help("Use another action."));
        }
        if let Some(column) = required.filter(|_| action == Action::SetNull) {
            let message = format!("`{what}: SetNull` cannot work: `{}` is required.", column.name);
            let lenient = scope.provider() == Some(Provider::PostgreSql) && !client;
            let found = if lenient {
                Diagnostic::warning(codes::RELATION_SET_NULL, span, message)
            } else {
                Diagnostic::error(codes::RELATION_SET_NULL, span, message)
            };
            diagnostics.push(found.help("Make the field optional, or use another action."));
        }
    }
}

/// Without foreign keys nothing indexes the columns by itself.
fn indexed(relation: &InlineRelation, holder: Side<'_, '_, '_>, diagnostics: &mut Findings) {
    if !holder.draft.is_led_by(&relation.columns) {
        let message = format!("Without foreign keys `{}` has no index by itself.", holder.label());
        let found = Diagnostic::warning(codes::RELATION_NO_INDEX, holder.link.span, message);
        diagnostics.push(found.help(format!("Add `@@index([{}])`.", relation.columns.join(", "))));
    }
}
