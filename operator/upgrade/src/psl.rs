//! The new text: a datasource, a model for each table, enums as comments.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use datamodel::{
    ColumnField, Datamodel, DefaultValue, FieldType, Index, IndexKind, Model, Outline, PrimaryKey, Relation,
    Said, Scalar, quoted,
};
use schema::{Column, Dialect, Schema, Table, Uniqueness};

use crate::block::{Block, Row, comment_lines};
use crate::names::Names;
use crate::{links, relations, types};

/// All that the models are written from.
pub(crate) struct Old<'a> {
    pub(crate) datamodel: &'a Datamodel,
    pub(crate) schema: &'a Schema,
    pub(crate) outline: &'a Outline,
    pub(crate) names: Names,
    /// Where each model stands: in the datamodel, in the schema's tables and among the blocks.
    pub(crate) places: BTreeMap<&'a str, usize>,
    /// Relation fields of the old text by name of their relation.
    pub(crate) ends: BTreeMap<&'a str, Vec<End<'a>>>,
    /// How many relations with a column there are between two models.
    pub(crate) between: BTreeMap<(&'a str, &'a str), usize>,
}

/// A relation field: its model, its name, what is said of it.
pub(crate) type End<'a> = (&'a str, &'a str, &'a Said);

const HEAD: &str = "\
// Written by `schemalift datamodel upgrade` from a datamodel of Prisma 1, over the same tables.
// \"Prisma 1:\" marks what its server did and the database does not.

";

/// The whole text.
pub(crate) fn write(datamodel: &Datamodel, schema: &Schema, outline: &Outline) -> String {
    let mut ends: BTreeMap<&str, Vec<End<'_>>> = BTreeMap::new();
    for ((model, field), said) in &outline.members {
        if let Some(relation) = &said.relation {
            ends.entry(relation).or_default().push((model, field, said));
        }
    }
    let mut between: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for relation in &datamodel.relations {
        if let Relation::Inline(inline) = relation {
            *between.entry(pair(&inline.model, &inline.target)).or_default() += 1;
        }
    }
    let places =
        datamodel.models.iter().enumerate().map(|(place, model)| (model.name.as_str(), place)).collect();
    let names = Names::of(datamodel, outline);
    let old = Old { datamodel, schema, outline, names, places, ends, between };
    // `derive` makes a table for each model, in order, then those of links.
    let mut blocks: Vec<Block> = datamodel
        .models
        .iter()
        .zip(&schema.tables)
        .map(|(model, table)| model_block(&old, model, table))
        .collect();
    for relation in &datamodel.relations {
        if let Relation::Inline(inline) = relation {
            relations::add(&old, inline, &mut blocks);
        }
    }
    let links = datamodel.relations.iter().filter_map(|relation| match relation {
        Relation::Table(link) => Some(link),
        Relation::Inline(_) => None,
    });
    let mut rest = schema.tables.iter().skip(datamodel.models.len());
    for (link, table) in links.zip(rest.by_ref()) {
        let block = links::block(&old, link, table, &mut blocks);
        blocks.push(block);
    }
    blocks.extend(rest.map(|table| links::relay_block(old.schema.dialect, table)));
    let mut out = HEAD.to_owned();
    let provider = match schema.dialect {
        Dialect::PostgreSql => "postgresql",
        Dialect::MySql => "mysql",
        Dialect::Sqlite => "sqlite",
    };
    let _ = write!(
        out,
        "datasource db {{\n  provider = \"{provider}\"\n  url      = env(\"DATABASE_URL\")\n}}\n"
    );
    for block in &blocks {
        out.push('\n');
        block.print(&mut out);
    }
    enums(&old, &mut out);
    let end = comment_lines(&outline.end);
    if !end.is_empty() {
        let _ = writeln!(out, "\n{}", end.join("\n"));
    }
    out
}

impl<'a> Old<'a> {
    /// The model of this name, and its table.
    pub(crate) fn model(&self, name: &str) -> Option<(&'a Model, &'a Table)> {
        let place = *self.places.get(name)?;
        Some((self.datamodel.models.get(place)?, self.schema.tables.get(place)?))
    }

    /// The block of the model of this name.
    pub(crate) fn block<'b>(&self, name: &str, blocks: &'b mut [Block]) -> Option<&'b mut Block> {
        blocks.get_mut(*self.places.get(name)?)
    }
}

/// Two models, whichever comes first.
pub(crate) fn pair<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    if one < other { (one, other) } else { (other, one) }
}

/// The model of a type, without its relations.
fn model_block(old: &Old<'_>, model: &Model, table: &Table) -> Block {
    let mut block = Block { name: old.names.model(&model.name).to_owned(), ..Block::default() };
    if let Some(said) = old.outline.definitions.get(&model.name) {
        block.before = comment_lines(&said.before);
        block.end = comment_lines(&said.inside);
    }
    for (field, column) in model.columns.iter().zip(&table.columns) {
        block.rows.push(row(old, model, field, column));
    }
    for row in &mut block.rows {
        unique(model, table, row);
    }
    block.attributes = block_attributes(model, table);
    if table.name.name != block.name {
        block.attributes.push(format!("@@map({})", quoted(&table.name.name)));
    }
    block
}

/// The name of the scalar field of a column: of an inline relation, the relation's with `Id`.
pub(crate) fn field_name(model: &Model, field: &str) -> String {
    let is_relation = model.relations.iter().any(|relation| relation.name == field);
    if !is_relation {
        return field.to_owned();
    }
    let mut name = format!("{field}Id");
    while model.column(&name).is_some() || model.relations.iter().any(|relation| relation.name == name) {
        name.push('_');
    }
    name
}

fn row(old: &Old<'_>, model: &Model, field: &ColumnField, column: &Column) -> Row {
    let (scalar, native) = types::scalar(old.schema.dialect, &column.ty.base);
    let name = field_name(model, &field.name);
    let mut attributes = Vec::new();
    let is_id = is_sole_id(model.primary_key.as_ref(), &field.name);
    if is_id {
        attributes.push("@id".to_owned());
    }
    attributes.extend(default(field, is_id));
    if field.updated_at {
        attributes.push("@updatedAt".to_owned());
    }
    if column.name != name {
        attributes.push(format!("@map({})", quoted(&column.name)));
    }
    attributes.extend(native);
    let said = old.outline.member(&model.name, &field.name);
    let hidden = said.is_none_or(|said| said.hidden);
    let place = match (hidden, is_id) {
        (true, true) => 0,
        (true, false) => usize::MAX,
        (false, _) => field.span.start,
    };
    // The columns of a list's table all stand where the list does.
    let place = if said.is_none() { field.span.start } else { place };
    Row {
        place,
        before: said.map(|said| comment_lines(&said.before)).unwrap_or_default(),
        name,
        ty: format!("{scalar}{}", types::mark(column)),
        attributes,
        behind: said.map(|said| behind(field, said)).unwrap_or_default(),
    }
}

fn is_sole_id(key: Option<&PrimaryKey>, field: &str) -> bool {
    key.is_some_and(|key| matches!(key.fields.as_slice(), [only] if only.name == field))
}

/// What PSL's client or the database itself fills in, as before.
fn default(field: &ColumnField, is_id: bool) -> Option<String> {
    let made = match (&field.default, &field.ty) {
        (Some(DefaultValue::Autoincrement), _) => "autoincrement()",
        (Some(DefaultValue::Client), FieldType::Scalar(Scalar::Uuid)) if is_id => "uuid()",
        (Some(DefaultValue::Client), _) if is_id => "cuid()",
        _ => return None,
    };
    Some(format!("@default({made})"))
}

/// The comment of the old text, and what only its server knew.
fn behind(field: &ColumnField, said: &datamodel::Said) -> Vec<String> {
    let mut notes: Vec<String> = said.behind.iter().cloned().collect();
    let ty = match &field.ty {
        FieldType::Enum(name) => Some(name.clone()),
        FieldType::Scalar(Scalar::Json) => Some("Json".to_owned()),
        FieldType::Scalar(_) | FieldType::Unsupported(_) => None,
    };
    let default = said.default.as_ref().map(|default| format!("@default({default})"));
    let words: Vec<String> = ty.into_iter().chain(default).collect();
    if !words.is_empty() {
        notes.push(format!("Prisma 1: {}", words.join(" ")));
    }
    notes
}

/// `@unique` of one column.
fn unique(model: &Model, table: &Table, row: &mut Row) {
    for (index, made) in model.indexes.iter().zip(&table.indexes) {
        if let (IndexKind::Unique, [only]) = (index.kind, index.fields.as_slice())
            && field_name(model, &only.name) == row.name
        {
            let at = usize::from(row.attributes.first().is_some_and(|first| first == "@id"));
            let length = made.columns.first().and_then(|column| column.length);
            let length = length.map(|length| format!(", length: {length}")).unwrap_or_default();
            row.attributes.insert(at, format!("@unique(map: {}{length})", quoted(&made.name)));
        }
    }
}

/// Keys and indexes of several columns, and plain indexes.
fn block_attributes(model: &Model, table: &Table) -> Vec<String> {
    let mut attributes = Vec::new();
    let list = |fields: &[datamodel::IndexField]| {
        fields.iter().map(|field| field_name(model, &field.name)).collect::<Vec<_>>().join(", ")
    };
    if let Some(key) = model.primary_key.as_ref().filter(|key| key.fields.len() > 1) {
        attributes.push(format!("@@id([{}])", list(&key.fields)));
    }
    let is_sole_unique = |index: &Index| index.kind == IndexKind::Unique && index.fields.len() == 1;
    for (index, made) in model.indexes.iter().zip(&table.indexes) {
        if !is_sole_unique(index) {
            let fields = index.fields.iter().map(|field| field_name(model, &field.name)).collect();
            attributes.push(index_attribute(made, fields));
        }
    }
    // On MySQL the values of a list have an index, too; that of a foreign key comes with the key.
    let more = table.indexes.iter().skip(model.indexes.len());
    let is_of_key = |made: &schema::Index| {
        let columns: Vec<&String> = made.columns.iter().map(|column| &column.name).collect();
        table.foreign_keys.iter().any(|key| columns.iter().copied().eq(&key.columns))
    };
    for made in more.filter(|made| !is_of_key(made)) {
        let field = |name: &str| model.columns.iter().find(|field| field.column_name() == name);
        let fields = made.columns.iter().filter_map(|column| field(&column.name));
        attributes.push(index_attribute(made, fields.map(|field| field_name(model, &field.name)).collect()));
    }
    attributes
}

/// `@@unique([…], map: …)` or `@@index`, over these fields.
pub(crate) fn index_attribute(made: &schema::Index, fields: Vec<String>) -> String {
    let kind = if made.uniqueness == Uniqueness::Unique { "unique" } else { "index" };
    let lengths = made.columns.iter().map(|column| column.length);
    let fields: Vec<String> = fields
        .into_iter()
        .zip(lengths)
        .map(|(field, length)| match length {
            Some(length) => format!("{field}(length: {length})"),
            None => field,
        })
        .collect();
    format!("@@{kind}([{}], map: {})", fields.join(", "), quoted(&made.name))
}

/// Enums stay texts in the database, so they are comments here.
fn enums(old: &Old<'_>, out: &mut String) {
    if old.datamodel.enums.is_empty() {
        return;
    }
    out.push_str("\n// Prisma 1 stored enums as text. To have them as types, take out the slashes, use them as types of the\n// fields above, and look at the plan.\n");
    for declared in &old.datamodel.enums {
        out.push_str("//\n");
        let said = old.outline.definitions.get(&declared.name);
        for line in said.map(|said| comment_lines(&said.before)).unwrap_or_default() {
            let _ = writeln!(out, "{line}");
        }
        let _ = writeln!(out, "// enum {} {{", declared.name);
        for value in &declared.values {
            let said = old.outline.member(&declared.name, &value.name);
            for line in said.map(|said| comment_lines(&said.before)).unwrap_or_default() {
                let _ = writeln!(out, "//   {line}");
            }
            let behind = said.and_then(|said| said.behind.as_ref());
            let behind = behind.map(|text| format!(" // {text}")).unwrap_or_default();
            let _ = writeln!(out, "//   {}{behind}", value.name);
        }
        out.push_str("// }\n");
    }
}
