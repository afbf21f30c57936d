//! Relations that a column holds.

use datamodel::{Action, InlineRelation, Model, Said, quoted};
use schema::{ForeignKey, Nullability, Table};

use crate::block::{Block, Row, comment_lines};
use crate::names::plural;
use crate::psl::{Old, field_name, pair};
use crate::types;

/// Adds the field of the side that holds the column, and the list on the other side.
pub(crate) fn add(old: &Old<'_>, relation: &InlineRelation, blocks: &mut [Block]) {
    let Some((holder, table)) = old.model(&relation.model) else { return };
    let Some(column) = relation.columns.first() else { return };
    let Some(place) = holder.column(column).map(|column| column.span.start) else { return };
    let said = old.outline.member(&relation.model, &relation.field);
    let is_list_table = !old.outline.definitions.contains_key(&relation.model);
    let name = relation_name(old, relation, said);
    let back = if is_list_table { list_back(old, holder, relation) } else { back(old, relation, said) };
    let forward = Row {
        place,
        name: if is_list_table { "node".to_owned() } else { relation.field.clone() },
        ty: format!("{}{}", old.names.model(&relation.target), mark(table, column, holder)),
        attributes: key(table, column, holder)
            .map(|key| reference(key, name.as_deref(), old, relation))
            .into_iter()
            .collect(),
        behind: match said {
            Some(said) if said.required => vec!["Prisma 1: required".to_owned()],
            _ => Vec::new(),
        },
        ..Row::default()
    };
    if let Some(block) = old.block(&relation.model, blocks) {
        block.rows.push(forward);
    }
    let Some(block) = old.block(&relation.target, blocks) else { return };
    let mut row = back.unwrap_or_else(|| made_back(block, relation));
    row.ty = format!("{}[]", old.names.model(&relation.model));
    row.attributes.extend(name.map(|name| format!("@relation({})", quoted(&name))));
    block.rows.push(row);
}

/// The column's own foreign key.
fn key<'t>(table: &'t Table, column: &str, holder: &Model) -> Option<&'t ForeignKey> {
    let name = holder.column(column)?.column_name();
    table.foreign_keys.iter().find(|key| key.columns.iter().eq([name]))
}

fn mark(table: &Table, column: &str, holder: &Model) -> &'static str {
    let name = holder.column(column).map_or(column, |column| column.column_name());
    table.column(name).map_or("?", types::mark)
}

/// The name a relation needs: the given one, or one that tells it apart.
fn relation_name(old: &Old<'_>, relation: &InlineRelation, said: Option<&Said>) -> Option<String> {
    let between = old.between.get(&pair(&relation.model, &relation.target)).copied().unwrap_or_default();
    let needed = relation.name.is_some() || relation.model == relation.target || between > 1;
    needed.then(|| said.and_then(|said| said.relation.clone())).flatten()
}

/// `@relation("Name", fields: […], references: […], onDelete: …, onUpdate: …)`.
fn reference(key: &ForeignKey, name: Option<&str>, old: &Old<'_>, relation: &InlineRelation) -> String {
    let field = old.model(&relation.model).map(|(model, _)| {
        relation.columns.iter().map(|column| field_name(model, column)).collect::<Vec<_>>().join(", ")
    });
    let optional = old.model(&relation.model).is_some_and(|(_, table)| {
        key.columns.iter().all(|column| {
            table.column(column).is_some_and(|column| column.nullability == Nullability::Nullable)
        })
    });
    let default = if optional { Action::SetNull } else { Action::Restrict };
    attribute(name, &field.unwrap_or_default(), &relation.references.join(", "), key, default)
}

/// The attribute of the field that refers; `default` is what PSL would do on deletion.
pub(crate) fn attribute(
    name: Option<&str>,
    fields: &str,
    references: &str,
    key: &ForeignKey,
    default: Action,
) -> String {
    let mut arguments: Vec<String> = name.map(quoted).into_iter().collect();
    arguments.push(format!("fields: [{fields}]"));
    arguments.push(format!("references: [{references}]"));
    if key.on_delete != default {
        arguments.push(format!("onDelete: {}", action(key.on_delete)));
    }
    if key.on_update != Action::Cascade {
        arguments.push(format!("onUpdate: {}", action(key.on_update)));
    }
    format!("@relation({})", arguments.join(", "))
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::NoAction => "NoAction",
        Action::Restrict => "Restrict",
        Action::Cascade => "Cascade",
        Action::SetNull => "SetNull",
        Action::SetDefault => "SetDefault",
    }
}

/// The field on the other side, where the old text has one.
fn back(old: &Old<'_>, relation: &InlineRelation, said: Option<&Said>) -> Option<Row> {
    let ends = old.ends.get(said?.relation.as_deref()?)?;
    let (model, field, found) = ends.iter().find(|(model, field, _)| {
        *model == relation.target && (*model != relation.model || *field != relation.field)
    })?;
    Some(back_row(old, model, field, found))
}

/// A list field in place of a relation field of the old text.
pub(crate) fn back_row(old: &Old<'_>, model: &str, field: &str, said: &Said) -> Row {
    let written = old.model(model).and_then(|(model, _)| {
        model.relations.iter().find(|relation| relation.name == field).map(|relation| relation.span.start)
    });
    let mut behind: Vec<String> = said.behind.iter().cloned().collect();
    if !said.list {
        behind.push("Prisma 1: at most one".to_owned());
    }
    Row {
        place: written.unwrap_or(usize::MAX),
        before: comment_lines(&said.before),
        name: field.to_owned(),
        behind,
        ..Row::default()
    }
}

/// PSL wants a field on both sides.
fn made_back(block: &Block, relation: &InlineRelation) -> Row {
    Row { place: usize::MAX, name: block.free(&plural(&relation.model)), ..Row::default() }
}

/// The list field of the old text that its table stands for.
fn list_back(old: &Old<'_>, table: &Model, relation: &InlineRelation) -> Option<Row> {
    let field = table.name.strip_prefix(&relation.target)?.strip_prefix('_')?;
    let said = old.outline.member(&relation.target, field)?;
    Some(Row { place: table.span.start, ..back_row(old, &relation.target, field, said) })
}
