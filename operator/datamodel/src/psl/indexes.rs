//! Keys and indexes: `@id`, `@unique` on fields; `@@id`, `@@unique`, `@@index`, `@@fulltext` on models.

use super::arguments::{Arguments, wrong};
use super::ast::{Attribute, Call, Expression, Field, Value, push_to_short};
use super::codes;
use super::declared::Member;
use super::models::Draft;
use super::native_types::needs_length;
use super::operators;
use super::predicates;
use super::scope::Scope;
use super::seen::Seen;
use crate::findings::Findings;
use crate::{
    Arity, ColumnField, Diagnostic, Edition, FieldType, Index, IndexField, IndexKind, PrimaryKey, Provider,
    Scalar, Sort, Span,
};

/// Reads `@id` and `@unique` of a column field.
pub(crate) fn of_field(
    field: &Field<'_>,
    draft: &mut Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let of = |name: &str| field.attributes.iter().find(|attribute| attribute.name.text == name);
    if let Some(attribute) = of("id") {
        let arguments = Arguments::read(attribute, &["", "map", "length", "sort", "clustered"], diagnostics);
        if let Some(column) =
            index_field(field.name.text, &arguments, field.name.span(), draft, scope, diagnostics)
        {
            primary_key(vec![column], &arguments, draft, scope, diagnostics);
        }
    }
    if let Some(attribute) = of("unique") {
        let arguments =
            Arguments::read(attribute, &["", "map", "length", "sort", "clustered", "where"], diagnostics);
        if let Some(column) =
            index_field(field.name.text, &arguments, field.name.span(), draft, scope, diagnostics)
        {
            clustered(&arguments, scope, diagnostics);
            let map = map(&arguments, scope, diagnostics);
            push(IndexKind::Unique, vec![column], map, None, &arguments, draft, scope, diagnostics);
        }
    }
}

/// Reads `@@id`, `@@unique`, `@@index` or `@@fulltext`.
pub(crate) fn of_model(
    attribute: &Attribute<'_>,
    draft: &mut Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let known: &'static [&'static str] = match attribute.name.text {
        "id" => &["fields", "name", "map", "clustered"],
        "unique" => &["fields", "name", "map", "clustered", "where"],
        "fulltext" => &["fields", "map"],
        _ => &["fields", "name", "map", "type", "clustered", "where"],
    };
    let arguments = Arguments::read(attribute, known, diagnostics);
    let broken = arguments.attribute.name.text != "index";
    let Some(fields) = arguments.require("fields", diagnostics) else {
        draft.key_broken |= broken;
        return;
    };
    let Some(columns) = columns(fields, &arguments, draft, scope, diagnostics) else {
        draft.key_broken |= broken;
        return;
    };
    let mut map = map(&arguments, scope, diagnostics);
    let name = arguments.text("name", diagnostics);
    // Before `map` there was one name for the constraint and for client code.
    if attribute.name.text == "unique" && scope.target.edition <= Edition::Two {
        map = name.map(|(text, _)| text.to_owned()).or(map);
    } else if let Some((text, span)) = name.filter(|_| attribute.name.text != "index")
        && !text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    {
        let message = format!("`{}` is no name for client code.", text.escape_debug());
        let help = "Use letters, digits and `_`; the constraint's own name goes into `map`.";
        let help = match attribute.name.text {
            "unique" => scope.target.until(Edition::Two, help),
            _ => help.to_owned(),
        };
        diagnostics.error(codes::BAD_NAME, span, message, help);
    }
    if let Some(given) = arguments.get("type") {
        scope.target.since(Edition::Three, "types of indexes", given.span(), diagnostics);
    }
    let algorithm = algorithm(&arguments, scope, diagnostics);
    match attribute.name.text {
        "id" => primary_key(columns, &arguments, draft, scope, diagnostics),
        "unique" => {
            clustered(&arguments, scope, diagnostics);
            push(IndexKind::Unique, columns, map, None, &arguments, draft, scope, diagnostics);
        }
        "fulltext" => {
            scope.target.since(Edition::Three, "`@@fulltext`", attribute.span(), diagnostics);
            if !matches!(scope.provider(), None | Some(Provider::MySql)) {
                let message = format!("{} has no `@@fulltext` indexes.", scope.target.name());
                let found = Diagnostic::error(codes::INDEX_KIND, attribute.span(), message);
                diagnostics.push(found.help("Remove it; on PostgreSQL use `@@index` with `type: Gin`."));
            }
            if columns.iter().any(|column| column.length.is_some() || column.sort == Sort::Desc) {
                let message = "A full text index has neither lengths nor an order.";
                let found = Diagnostic::error(codes::UNSUPPORTED_ARGUMENT, attribute.span(), message);
                diagnostics.push(found.help("Remove `length` and `sort`."));
            }
            let text = |name: &str| {
                draft.column(name).is_none_or(|column| column.ty == FieldType::Scalar(Scalar::String))
            };
            if let Some(other) = columns.iter().find(|column| !text(&column.name))
                && scope.provider() == Some(Provider::MySql)
            {
                let message = format!("`{}` is no text, so no full text index can hold it.", other.name);
                let found = Diagnostic::error(codes::INDEX_KIND, attribute.span(), message);
                diagnostics.push(found.help("Name fields of type `String` only."));
            }
            push(IndexKind::Fulltext, columns, map, None, &arguments, draft, scope, diagnostics);
        }
        _ => {
            clustered(&arguments, scope, diagnostics);
            if let (Some(_), Some((_, span))) = (&map, name) {
                let message = "`name` is the old word for `map`; here are both.";
                let found = Diagnostic::error(codes::DUPLICATE_ARGUMENT, span, message);
                diagnostics.push(found.help("Keep `map`."));
            }
            let map = map.or(name.map(|(text, _)| text.to_owned()));
            operators::check(algorithm.as_deref(), &arguments, draft, scope, diagnostics);
            let algorithm = algorithm.filter(|algorithm| algorithm != "BTree");
            push(IndexKind::Normal, columns, map, algorithm, &arguments, draft, scope, diagnostics);
        }
    }
}

fn columns(
    fields: &Expression<'_>,
    arguments: &Arguments<'_, '_>,
    draft: &Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<Vec<IndexField>> {
    let items = fields.items();
    if items.is_empty() {
        let message = format!("`@@{}` names no field.", arguments.attribute.name.text);
        let found = Diagnostic::error(codes::INDEX_FIELDS, fields.span(), message);
        diagnostics.push(found.help("Name at least one field: `[a]`."));
        return None;
    }
    let (mut seen, mut columns, mut broken) = (Seen::default(), Vec::with_capacity(items.len()), false);
    for item in items {
        let (name, options) = match &item.value {
            Value::Constant(name) => (*name, &[][..]),
            Value::Function(Call { name, arguments: options }) => (*name, *options),
            _ => {
                wrong(item, "A field of an index", "the name of a field", diagnostics);
                broken = true;
                continue;
            }
        };
        if !seen.insert(name) {
            let message = format!("The field `{name}` stands here twice.");
            diagnostics
                .push(Diagnostic::error(codes::INDEX_FIELDS, item.span(), message).help("Keep one of them."));
            broken = true;
            continue;
        }
        let attribute = Attribute::new(super::ast::Name::new(name, item.span()), options, item.span());
        let options = Arguments::read(&attribute, &["", "sort", "length", "ops"], diagnostics);
        if let Some(ops) = options.get("ops").filter(|_| arguments.attribute.name.text != "index") {
            let message = "An operator class is for `@@index` only.";
            let found = Diagnostic::error(codes::INDEX_OPERATORS, ops.span(), message);
            diagnostics.push(found.help("Remove `ops`."));
        }
        match index_field(name, &options, item.span(), draft, scope, diagnostics) {
            Some(column) => columns.push(column),
            None => broken = true,
        }
    }
    (!broken).then_some(columns)
}

/// A column of a key or index with its options. `None` after a report.
fn index_field(
    name: &str,
    options: &Arguments<'_, '_>,
    span: Span,
    draft: &Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<IndexField> {
    let index = match draft.members.get(name) {
        Some(Member::Column(index)) => index,
        Some(Member::Broken) => return None,
        Some(Member::Relation) => {
            let message = format!("`{name}` is a relation, which has no column.");
            let found = Diagnostic::error(codes::INDEX_RELATION_FIELD, span, message);
            diagnostics.push(found.help("Name the fields in the relation's `fields` instead."));
            return None;
        }
        None => {
            let message = format!("The model `{}` has no field `{name}`.", draft.model.name);
            let names = draft.members.names(diagnostics.candidates());
            let help = super::suggest::did_you_mean(name, names, "Name a field of this model.");
            diagnostics.push(Diagnostic::error(codes::INDEX_UNKNOWN_FIELD, span, message).help(help));
            return None;
        }
    };
    for key in ["sort", "length", "ops"] {
        if let Some(given) = options.get(key) {
            scope.target.since(Edition::Three, &format!("`{key}` in indexes"), given.span(), diagnostics);
        }
    }
    let sort = match options.get("sort").map(|sort| (&sort.value, sort)) {
        None | Some((Value::Constant("Asc"), _)) => Sort::Asc,
        Some((Value::Constant("Desc"), _)) => Sort::Desc,
        Some((_, sort)) => {
            wrong(sort, "`sort`", "`Asc` or `Desc`", diagnostics);
            Sort::Asc
        }
    };
    let mut length = None;
    if let Some(given) = options.get("length") {
        let column = draft.model.columns.get(index);
        let fits = column
            .is_some_and(|column| matches!(column.ty, FieldType::Scalar(Scalar::String | Scalar::Bytes)));
        match given.value {
            _ if !matches!(scope.provider(), None | Some(Provider::MySql)) => {
                let message = format!("{} has no `length` in indexes.", scope.target.name());
                diagnostics.push(
                    Diagnostic::error(codes::UNSUPPORTED_ARGUMENT, given.span(), message).help("Remove it."),
                );
            }
            Value::Number(digits) if fits && digits.parse::<u32>().is_ok_and(|length| length > 0) => {
                length = digits.parse().ok();
            }
            Value::Number(_) if !fits => {
                let message = "`length` is for `String` and `Bytes` fields.";
                diagnostics
                    .push(Diagnostic::error(codes::BAD_ARGUMENT, given.span(), message).help("Remove it."));
            }
            _ => wrong(given, "`length`", "a whole number above 0", diagnostics),
        }
    }
    let operator_class = options.get("ops").and_then(|ops| operators::class(ops, diagnostics));
    Some(IndexField { name: name.to_owned(), sort, length, operator_class })
}

fn primary_key(
    fields: Vec<IndexField>,
    arguments: &Arguments<'_, '_>,
    draft: &mut Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    let attribute = arguments.attribute;
    if draft.model.primary_key.is_some() {
        let message = format!("The model `{}` has a second id.", draft.model.name);
        let found = Diagnostic::error(codes::TWO_KEYS, attribute.span(), message);
        diagnostics
            .push(found.help("Keep one; for a key over several fields write `@@id([a, b])` and no `@id`."));
        return;
    }
    for name in fields.iter().map(|field| &field.name) {
        let Some(Member::Column(index)) = draft.members.get(name.as_str()) else { continue };
        let Some(field) = draft.columns.get(index) else { continue };
        if field.arity != Arity::Required {
            let message = format!("`{name}` is part of the id, so it must be required.");
            let found = Diagnostic::error(codes::KEY_FIELD, attribute.span(), message);
            diagnostics.push(found.help("Remove the `?` or `[]` from its type."));
        }
    }
    if let Some(provider) = scope.provider() {
        let map = arguments.get("map").filter(|_| provider != Provider::PostgreSql);
        let sorted = fields.iter().any(|field| field.sort == Sort::Desc);
        let sort = arguments.get("sort").map(Expression::span).or(sorted.then_some(attribute.span()));
        for (name, given) in [("map", map.map(Expression::span)), ("sort", sort)] {
            if let Some(given) = given {
                let message = format!("{} has no `{name}` for primary keys.", scope.target.name());
                diagnostics
                    .push(Diagnostic::error(codes::UNSUPPORTED_ARGUMENT, given, message).help("Remove it."));
            }
        }
    }
    clustered(arguments, scope, diagnostics);
    lengths(&fields, attribute.span(), draft, scope, diagnostics);
    let map = map(arguments, scope, diagnostics);
    draft.key_span = attribute.span();
    draft.model.primary_key = Some(PrimaryKey { fields, map });
}

#[expect(clippy::too_many_arguments, reason = "the parts of an index and where they come from")]
fn push(
    kind: IndexKind,
    fields: Vec<IndexField>,
    map: Option<String>,
    algorithm: Option<String>,
    arguments: &Arguments<'_, '_>,
    draft: &mut Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    if kind != IndexKind::Fulltext {
        lengths(&fields, arguments.attribute.span(), draft, scope, diagnostics);
    }
    let predicate = predicates::read(arguments, draft, scope, diagnostics);
    push_to_short(&mut draft.model.indexes, Index { kind, fields, map, algorithm, predicate });
    draft.index_spans.push(arguments.attribute.span());
}

/// Reports texts and blobs of MySQL in a key without a length, and what a database has no order for: XML of PostgreSQL,
/// JSON of MySQL.
fn lengths(
    fields: &[IndexField],
    span: Span,
    draft: &Draft<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) {
    for field in fields.iter().filter(|field| field.length.is_none()) {
        let Some(Member::Column(index)) = draft.members.get(field.name.as_str()) else { continue };
        let Some(column) = draft.model.columns.get(index) else { continue };
        let native = column.native.as_ref();
        if native.is_some_and(|native| native.name == "Xml") && scope.provider() == Some(Provider::PostgreSql)
        {
            let message = format!("PostgreSQL cannot index `{}`, which is XML.", field.name);
            let found = Diagnostic::error(codes::INDEX_OPERATORS, span, message);
            diagnostics.push(found.help("Remove it from the key or index, or make it `@db.Text`."));
        }
        if scope.provider() == Some(Provider::MySql) && column.ty == FieldType::Scalar(Scalar::Json) {
            let message = format!("MySQL cannot index `{}`, which is JSON.", field.name);
            let found = Diagnostic::error(codes::INDEX_LENGTH, span, message);
            diagnostics.push(
                found.help(
                    "Remove it from the key or index, and index a column with the part that is searched.",
                ),
            );
        } else if let Some(native) = unbounded(column, scope.provider()) {
            let message = format!("MySQL cannot index `{}` of type `{native}` as a whole.", field.name);
            let found = Diagnostic::error(codes::INDEX_LENGTH, span, message);
            diagnostics.push(found.help(format!("Index its beginning: `{}(length: 191)`.", field.name)));
        }
    }
}

/// The type of a column that MySQL indexes only up to a length.
fn unbounded(column: &ColumnField, provider: Option<Provider>) -> Option<&str> {
    match &column.native {
        Some(native) => needs_length(native, provider).then_some(native.name.as_str()),
        None if provider == Some(Provider::MySql) && column.ty == FieldType::Scalar(Scalar::Bytes) => {
            Some("LongBlob")
        }
        None => None,
    }
}

/// `map:`, which came with the third edition. Where it is too early the name is still taken, so that no other finding
/// follows from its lack.
fn map(arguments: &Arguments<'_, '_>, scope: &Scope<'_, '_>, diagnostics: &mut Findings) -> Option<String> {
    let (text, span) = arguments.text("map", diagnostics)?;
    scope.target.since(Edition::Three, "`map` on keys and indexes", span, diagnostics);
    Some(text.to_owned())
}

/// Reports `clustered`, which is SQL Server's.
fn clustered(arguments: &Arguments<'_, '_>, scope: &Scope<'_, '_>, diagnostics: &mut Findings) {
    if let Some(given) = arguments.get("clustered")
        && scope.target.datasource.is_some()
    {
        let message = format!("{} has no `clustered` indexes to declare.", scope.target.name());
        diagnostics
            .push(Diagnostic::error(codes::UNSUPPORTED_ARGUMENT, given.span(), message).help("Remove it."));
    }
}

/// `type:` of an index, checked against the database.
fn algorithm(
    arguments: &Arguments<'_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<String> {
    let given = arguments.get("type")?;
    let known = ["BTree", "Hash", "Gist", "Gin", "SpGist", "Brin"];
    let Value::Constant(name) = given.value else {
        wrong(given, "`type`", "the name of an index type, such as `Hash`", diagnostics);
        return None;
    };
    let found = if !known.contains(&name) {
        let help = super::suggest::did_you_mean(
            name,
            known,
            "Known are `BTree`, `Hash`, `Gist`, `Gin`, `SpGist` and `Brin`.",
        );
        Diagnostic::error(codes::INDEX_KIND, given.span(), format!("There is no index type `{name}`."))
            .help(help)
    } else if name != "BTree" && !matches!(scope.provider(), None | Some(Provider::PostgreSql)) {
        let message = format!("{} has no `{name}` indexes.", scope.target.name());
        Diagnostic::error(codes::INDEX_KIND, given.span(), message).help("Remove `type`.")
    } else {
        return Some(name.to_owned());
    };
    diagnostics.push(found);
    None
}
