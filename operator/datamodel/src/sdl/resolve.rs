//! The tree, checked, to the [`Datamodel`].

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Document, FieldDefinition, TypeDefinition, Value, ValueKind};
use super::codes::{self, Findings};
use super::flavour::Flavour;
use super::links::{Link, Storage};
use super::relation_tables::relation;
use super::symbols::{Meaning, Symbols};
use super::{indexes, link_tables};
use crate::{
    Action, Arity, ColumnField, ColumnHints, Datamodel, DefaultValue, Enum, EnumValue, FieldType, IndexField,
    InlineRelation, Language, Literal, Model, PrimaryKey, Relation, RelationField, Scalar, Sequence, Sort,
    Span,
};

/// Builds the datamodel of a document without errors.
pub(super) fn datamodel(
    document: &Document<'_>,
    symbols: &Symbols<'_, '_>,
    links: &[Link<'_, '_>],
    flavour: Flavour,
    findings: &mut Findings,
) -> Datamodel {
    let mut inline = BTreeSet::new();
    for link in links {
        if let Storage::Inline(holder) = &link.storage {
            inline.insert(holder.field.name.span);
        }
    }
    let mut built = Datamodel {
        edition: crate::Edition::default(),
        language: flavour.layout(),
        datasource: None,
        models: Vec::new(),
        enums: enums(document),
        relations: Vec::new(),
        partial_indexes: crate::PartialIndexes::LeftAlone,
    };
    let mut list_relations = Vec::new();
    for definition in document.types.iter().filter(|definition| !definition.is_link_table()) {
        let model = model(definition, symbols, &inline, findings);
        let mut lists = Vec::new();
        for field in definition.fields.iter().filter(|field| field.ty.list) {
            if let Some(ty) = stored_type(field, symbols) {
                let (list, relation) = scalar_list(definition, field, ty);
                lists.push(list);
                list_relations.push(relation);
            }
        }
        built.models.push(model);
        built.models.extend(lists);
    }
    for link in links {
        built.relations.push(relation(link, symbols, flavour, findings));
    }
    built.relations.extend(list_relations);
    clashes(&built, links, findings);
    built
}

fn enums(document: &Document<'_>) -> Vec<Enum> {
    let value = |text: &str| EnumValue { name: text.to_owned(), database_name: None, renamed_from: None };
    let text = |definition: &super::ast::EnumDefinition<'_>, argument| {
        definition.directives.iter().find_map(|directive| directive.text(argument)).map(str::to_owned)
    };
    let build = |definition: &super::ast::EnumDefinition<'_>| Enum {
        name: definition.name.text.to_owned(),
        database_name: text(definition, "name"),
        namespace: None,
        renamed_from: text(definition, "oldName"),
        values: definition.values.iter().map(|name| value(name.text)).collect(),
        span: definition.name.span,
    };
    document.enums.iter().map(build).collect()
}

/// The type of a field that holds values.
fn stored_type(field: &FieldDefinition<'_>, symbols: &Symbols<'_, '_>) -> Option<FieldType> {
    match symbols.meaning(field) {
        Meaning::Scalar(scalar) => Some(FieldType::Scalar(scalar)),
        Meaning::Enum(definition) => Some(FieldType::Enum(definition.name.text.to_owned())),
        Meaning::Model(..) | Meaning::LinkTable | Meaning::Refused | Meaning::Unknown => None,
    }
}

/// The id field of a model and its type.
fn id_of<'d, 'a>(definition: &'d TypeDefinition<'a>) -> Option<(&'d FieldDefinition<'a>, FieldType)> {
    let field = link_tables::id(definition)?;
    let scalar = match field.ty.name.text {
        "Int" => Scalar::Int,
        "UUID" => Scalar::Uuid,
        _ => Scalar::Id,
    };
    Some((field, FieldType::Scalar(scalar)))
}

/// Name of the id field.
pub(super) fn id_name(definition: &TypeDefinition<'_>) -> String {
    id_of(definition).map_or_else(String::new, |(field, _)| field.name.text.to_owned())
}

fn plain_column(name: &str, ty: FieldType, arity: Arity, span: Span) -> ColumnField {
    ColumnField {
        name: name.to_owned(),
        database_name: None,
        hints: None,
        ty,
        native: None,
        arity,
        default: None,
        sequence: None,
        updated_at: false,
        span,
    }
}

fn field_column(field: &FieldDefinition<'_>, ty: FieldType, arity: Arity) -> ColumnField {
    ColumnField {
        database_name: field.database_name().map(str::to_owned),
        hints: ColumnHints::of(field.old_name().map(str::to_owned), None),
        ..plain_column(field.name.text, ty, arity, field.name.span)
    }
}

fn arity(field: &FieldDefinition<'_>) -> Arity {
    match (field.ty.list, field.ty.required) {
        (true, _) => Arity::List,
        (false, true) => Arity::Required,
        (false, false) => Arity::Optional,
    }
}

/// What gives a column its value. Nothing of it stands in the database but the counting of integer ids.
fn default(field: &FieldDefinition<'_>, ty: &FieldType) -> Option<DefaultValue> {
    if let Some(id) = field.directive("id") {
        return match (id.text("strategy").unwrap_or("AUTO"), ty) {
            ("NONE", _) => None,
            (_, FieldType::Scalar(Scalar::Int)) => Some(DefaultValue::Autoincrement),
            _ => Some(DefaultValue::Client),
        };
    }
    if let Some(directive) = field.directive("default") {
        return Some(
            directive
                .argument("value")
                .and_then(|argument| literal(&argument.value))
                .map_or(DefaultValue::Client, DefaultValue::Filled),
        );
    }
    field.directive("createdAt").map(|_| DefaultValue::Client)
}

/// A default that was checked against its field.
fn literal(value: &Value<'_>) -> Option<Literal> {
    match &value.kind {
        ValueKind::String(text) => Some(Literal::String(text.clone())),
        ValueKind::Int(digits) | ValueKind::Float(digits) => Some(Literal::Number((*digits).to_owned())),
        ValueKind::Boolean(truth) => Some(Literal::Boolean(*truth)),
        ValueKind::Enum(name) => Some(Literal::EnumValue((*name).to_owned())),
        ValueKind::Null | ValueKind::List(_) | ValueKind::Object(_) => None,
    }
}

/// `@sequence(name:, initialValue:)`.
fn sequence(field: &FieldDefinition<'_>) -> Option<Sequence> {
    let directive = field.directive("sequence")?;
    let start = match directive.argument("initialValue").map(|argument| &argument.value.kind) {
        Some(ValueKind::Int(digits)) => digits.parse().unwrap_or(1),
        _ => 1,
    };
    Some(Sequence { name: directive.text("name")?.to_owned(), start })
}

fn key(names: &[&str]) -> PrimaryKey {
    PrimaryKey { fields: names.iter().map(|name| index_field(name)).collect(), map: None }
}

fn index_field(name: &str) -> IndexField {
    IndexField { name: name.to_owned(), sort: Sort::Asc, length: None, operator_class: None }
}

fn model(
    definition: &TypeDefinition<'_>,
    symbols: &Symbols<'_, '_>,
    inline: &BTreeSet<Span>,
    findings: &mut Findings,
) -> Model {
    let mut columns = Vec::new();
    let mut relations = Vec::new();
    for field in &definition.fields {
        if let Some(ty) = stored_type(field, symbols) {
            if !field.ty.list {
                let default = default(field, &ty);
                let updated_at = field.directive("updatedAt").is_some();
                let sequence = sequence(field).map(Box::new);
                let column = field_column(field, ty, arity(field));
                columns.push(ColumnField { default, sequence, updated_at, ..column });
            }
        } else if let Meaning::Model(_, target) = symbols.meaning(field) {
            let target_name = target.name.text.to_owned();
            relations.push(RelationField {
                name: field.name.text.to_owned(),
                target: target_name,
                arity: arity(field),
                span: field.name.span,
            });
            if let Some((_, ty)) = id_of(target).filter(|_| inline.contains(&field.name.span)) {
                columns.push(field_column(field, ty, Arity::Optional));
            }
        }
    }
    let indexes = indexes::of(definition, symbols);
    let names: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    for field in
        indexes.iter().flat_map(|index| &index.fields).filter(|field| !names.contains(field.name.as_str()))
    {
        let message = format!(
            "An index of `{}` names the field `{}`, which has no column here.",
            definition.name.text, field.name
        );
        findings.error(
            codes::INDEX,
            definition.name.span,
            message,
            "Remove it from the index, or store the relation with `link: INLINE` on this field.",
        );
    }
    Model {
        name: definition.name.text.to_owned(),
        database_name: definition.database_name().map(str::to_owned),
        namespace: None,
        renamed_from: definition.old_name().map(str::to_owned),
        columns,
        relations,
        primary_key: id_of(definition).map(|(field, _)| key(&[field.name.text])),
        indexes,
        span: definition.name.span,
    }
}

/// The table of a list of scalars, and its relation to the model.
fn scalar_list(
    definition: &TypeDefinition<'_>,
    field: &FieldDefinition<'_>,
    ty: FieldType,
) -> (Model, Relation) {
    let name = format!("{}_{}", definition.name.text, field.name.text);
    let table =
        format!("{}_{}", definition.database_name().unwrap_or(definition.name.text), field.column_name());
    let before = format!(
        "{}_{}",
        definition.old_name().unwrap_or(definition.database_name().unwrap_or(definition.name.text)),
        field.old_name().unwrap_or(field.column_name())
    );
    let renamed = definition.old_name().is_some() || field.old_name().is_some();
    let span = field.name.span;
    let id_type = id_of(definition).map_or(FieldType::Scalar(Scalar::Id), |(_, ty)| ty);
    let relation = inline(None, (&name, "nodeId"), definition, None);
    let model = Model {
        database_name: (table != name).then_some(table),
        renamed_from: renamed.then_some(before),
        namespace: None,
        columns: vec![
            plain_column("nodeId", id_type, Arity::Required, span),
            plain_column("position", FieldType::Scalar(Scalar::Int), Arity::Required, span),
            plain_column("value", ty, Arity::Required, span),
        ],
        relations: Vec::new(),
        primary_key: Some(key(&["nodeId", "position"])),
        indexes: Vec::new(),
        span,
        name,
    };
    (model, relation)
}

/// A foreign key from a column to the id of `target`. `None`: the list tables' action, which depends on the database.
pub(super) fn inline(
    given: Option<&str>,
    from: (&str, &str),
    target: &TypeDefinition<'_>,
    on_delete: Option<Action>,
) -> Relation {
    Relation::Inline(InlineRelation {
        name: given.map(str::to_owned),
        model: from.0.to_owned(),
        field: from.1.to_owned(),
        columns: vec![from.1.to_owned()],
        target: target.name.text.to_owned(),
        references: vec![id_name(target)],
        on_delete,
        on_update: None,
        map: None,
    })
}

/// Reports two tables, or two columns of a table, of one name.
fn clashes(built: &Datamodel, links: &[Link<'_, '_>], findings: &mut Findings) {
    let mut tables: BTreeMap<&str, Span> = BTreeMap::new();
    let help = if built.language == Language::SdlV1 {
        "Rename one of them: in datamodel v1 tables are called as the text calls them."
    } else {
        "Give one of them another name with `@db(name: …)`."
    };
    if built.language == Language::SdlV1 {
        // The legacy server's own table.
        tables.insert("_RelayId", Span::default());
    }
    for model in &built.models {
        if tables.insert(model.table_name(), model.span).is_some() {
            let message = format!("The table `{}` is used twice.", model.table_name());
            findings.error(codes::DATABASE_NAME_CLASH, model.span, message, help);
        }
        let mut columns = BTreeSet::new();
        for column in &model.columns {
            if !columns.insert(column.column_name()) {
                let message =
                    format!("The column `{}` of `{}` is used twice.", column.column_name(), model.name);
                findings.error(codes::DATABASE_NAME_CLASH, column.span, message, help);
            }
        }
    }
    let places: BTreeMap<&str, Span> =
        links.iter().map(|link| (link.name.as_str(), link.first.field.name.span)).collect();
    for relation in &built.relations {
        let Relation::Table(table) = relation else { continue };
        let span = places.get(table.relation.as_str()).copied().unwrap_or_default();
        if tables.insert(&table.table, span).is_some() {
            let message = format!("The table `{}` is used twice.", table.table);
            findings.error(codes::DATABASE_NAME_CLASH, span, message, help);
        }
        let columns = [Some(&table.a.column), Some(&table.b.column), table.id.as_ref()];
        let mut seen = BTreeSet::new();
        for column in columns.into_iter().flatten().filter(|column| !seen.insert(*column)) {
            let message = format!("Two columns of the link table `{}` are called `{column}`.", table.table);
            findings.error(codes::DATABASE_NAME_CLASH, span, message, help);
        }
    }
}
