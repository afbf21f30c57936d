//! Link tables as models of their own, since PSL's implicit ones are laid out otherwise.

use datamodel::{Action, LinkSide, TableRelation, quoted};
use schema::{Dialect, Table};

use crate::block::{Block, Row, comment_lines};
use crate::names::{decapitalised, plural};
use crate::psl::{Old, index_attribute};
use crate::relations::{attribute, back_row};
use crate::types;

/// The model of a link table; its lists are added to the models of both sides.
pub(crate) fn block(old: &Old<'_>, link: &TableRelation, table: &Table, blocks: &mut [Block]) -> Block {
    let mut block = Block { name: old.names.link(&link.relation).to_owned(), ..Block::default() };
    // A relation may be called like a model; only a type that declares this table speaks of it.
    if old.model(&link.relation).is_none() {
        block.before = declared_remarks(old, &link.relation);
    }
    if let Some(id) = &link.id {
        block.rows.extend(column_row(old.schema.dialect, table, id, id, &["@id", "@default(cuid())"]));
    }
    let is_self = link.a.model == link.b.model;
    let mut fields = Vec::new();
    for (side, short) in [(&link.a, "a"), (&link.b, "b")] {
        let name = if is_self { short.to_owned() } else { block.free(&decapitalised(&side.model)) };
        let field = block.free(&format!("{name}Id"));
        block.rows.extend(column_row(old.schema.dialect, table, &field, &side.column, &[]));
        let relation = is_self.then(|| format!("{}_{}", link.relation, short.to_uppercase()));
        let key = table.foreign_keys.iter().find(|key| key.columns.iter().eq([&side.column]));
        block.rows.push(Row {
            name,
            ty: old.names.model(&side.model).to_owned(),
            attributes: key
                .map(|key| attribute(relation.as_deref(), &field, &side.id_field, key, Action::Restrict))
                .into_iter()
                .collect(),
            ..Row::default()
        });
        list(old, link, side, relation.as_deref(), blocks);
        fields.push((side.column.clone(), field));
    }
    block.attributes = indexes(table, &fields);
    if table.name.name != block.name {
        block.attributes.push(format!("@@map({})", quoted(&table.name.name)));
    }
    block
}

/// Remarks on a type that declares a link table, and on its fields.
fn declared_remarks(old: &Old<'_>, name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let definition = old.outline.definitions.get(name);
    lines.extend(definition.map(|said| comment_lines(&said.before)).unwrap_or_default());
    let members = old.outline.members.range((name.to_owned(), String::new())..);
    for (_, said) in members.take_while(|((definition, _), _)| definition == name) {
        lines.extend(comment_lines(&said.before));
        lines.extend(said.behind.iter().map(|text| format!("// {text}")));
    }
    lines.extend(definition.map(|said| comment_lines(&said.inside)).unwrap_or_default());
    lines
}

fn column_row(dialect: Dialect, table: &Table, name: &str, column: &str, attributes: &[&str]) -> Option<Row> {
    let found = table.column(column)?;
    let (scalar, native) = types::scalar(dialect, &found.ty.base);
    let mut attributes: Vec<String> = attributes.iter().map(|text| (*text).to_owned()).collect();
    if name != column {
        attributes.push(format!("@map({})", quoted(column)));
    }
    attributes.extend(native);
    let ty = format!("{scalar}{}", types::mark(found));
    Some(Row { name: name.to_owned(), ty, attributes, ..Row::default() })
}

/// The list on a side's model, in place of the relation field of the old text.
fn list(old: &Old<'_>, link: &TableRelation, side: &LinkSide, relation: Option<&str>, blocks: &mut [Block]) {
    let ends = old.ends.get(link.relation.as_str()).map_or(&[][..], Vec::as_slice);
    let mut members = ends.iter().filter(|(model, ..)| *model == side.model);
    // Of a self relation the smaller field name is side A; members are in order.
    let second = link.a.model == link.b.model && relation.is_some_and(|name| name.ends_with("_B"));
    let other = if second { members.next() } else { None };
    let member = members.next();
    let Some(block) = old.block(&side.model, blocks) else { return };
    let link_name = old.names.link(&link.relation);
    let mut row = match member {
        Some((model, field, said)) => back_row(old, model, field, said),
        None => {
            // `friends` are those whom somebody has; on the other side are those who have them.
            let name = match other {
                Some((_, field, _)) => format!("{field}Of"),
                None if link_name.ends_with('s') => decapitalised(link_name),
                None => plural(link_name),
            };
            let name = block.free(&name);
            Row { place: usize::MAX, name, ..Row::default() }
        }
    };
    row.ty = format!("{link_name}[]");
    row.attributes.extend(relation.map(|name| format!("@relation({})", quoted(name))));
    block.rows.push(row);
}

fn indexes(table: &Table, fields: &[(String, String)]) -> Vec<String> {
    let field = |column: &str| {
        fields.iter().find(|(name, _)| name == column).map_or_else(String::new, |(_, field)| field.clone())
    };
    let attribute = |index: &schema::Index| {
        index_attribute(index, index.columns.iter().map(|column| field(&column.name)).collect())
    };
    table.indexes.iter().map(attribute).collect()
}

/// The table of Prisma 1's server.
pub(crate) fn relay_block(dialect: Dialect, table: &Table) -> Block {
    let map = table.primary_key.as_ref().and_then(|key| key.name.as_ref());
    let id = map.map_or_else(|| "@id".to_owned(), |name| format!("@id(map: {})", quoted(name)));
    let rows = table.columns.iter().filter_map(|column| {
        let attributes: &[&str] = if column.name == "id" { &[&id] } else { &[] };
        column_row(dialect, table, &column.name, &column.name, attributes)
    });
    Block {
        before: vec!["// Only Prisma 1's server used this table; it may go when that is gone.".to_owned()],
        name: "RelayId".to_owned(),
        rows: rows.collect(),
        end: Vec::new(),
        attributes: vec![format!("@@map({})", quoted(&table.name.name))],
    }
}
