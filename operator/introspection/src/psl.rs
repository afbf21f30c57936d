//! The Prisma schema language.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use datamodel::{BlockKind, BlockPlace, Diagnostic, Edition, Language, quoted};
use plan::spoken_of;
use schema::{Dialect, ObjectName, Schema, Scope, Table};

use crate::block::Block;
use crate::context::Context;
use crate::known::Known;
use crate::links::Link;
use crate::names::Names;
use crate::remark::Remark;
use crate::{Written, check, enums, links, merge, models, relations};

pub(crate) fn write(
    found: &Schema,
    edition: Edition,
    scope: &Scope,
    before: Option<&str>,
) -> Result<Written, Vec<Diagnostic>> {
    let found = without_tools(found);
    let text = before.map_or_else(|| datasource(&found), str::to_owned);
    let known = Known::read(&text, edition, scope)?;
    // A text that does not speak of partial indexes could not hold them.
    let found = &spoken_of(Schema { partial_indexes: known.datamodel.partial_indexes, ..found });
    let mut remarks = Vec::new();
    let mut links = links::links(found);
    links.extend(emulated_links(found, &known));
    // What the text has as a model stays one.
    links.retain(|table, _| known.model(table).is_none());
    let names = Names::of(found, &known, |table| links.contains_key(table), &mut Vec::new());
    // Of two lists the smaller model name is side A; where the tables say otherwise the table needs a model.
    links.retain(|_, link| names.model(&link.a) <= names.model(&link.b));
    let names = Names::of(found, &known, |table| links.contains_key(table), &mut remarks);
    for table in found.tables.iter().filter(|table| links.contains_key(&table.name)) {
        if links::is_of_other_edition(table, found.dialect, edition) {
            remarks.push(Remark::new(
                table.name.to_string(),
                "Another edition laid out this link table: its key is a unique index in the editions before 6, and a \
                 primary key since. Choose the edition, or let a plan change it.",
            ));
        }
    }
    let context = Context { found, known: &known, names: &names, links: &links, edition };
    let mut fields = relations::fields(&context, &mut remarks);
    let mut blocks: Vec<Block> = context
        .tables()
        .map(|table| models::model(&context, table, fields.remove(&table.name).unwrap_or_default()))
        .collect();
    blocks.extend(enums::enums(&context));
    let stays: BTreeSet<usize> = blocks.iter().filter_map(|block| block.place).collect();
    // Where the database has no types, an enum is the text's alone.
    let gone = |place: &BlockPlace| {
        let declares = match place.kind {
            BlockKind::Model => true,
            BlockKind::Enum => found.dialect == Dialect::PostgreSql,
            _ => false,
        };
        let at = known.places.iter().position(|other| other.span == place.span);
        declares && at.is_none_or(|at| !stays.contains(&at))
    };
    let text = merge::merge(&text, &known.places, &blocks, gone, Language::Psl);
    for table in context.tables() {
        remarks.extend(beyond(table, |_| true));
    }
    remarks.extend(check::check(&text, Language::Psl, edition, scope, found));
    Ok(Written { text, remarks })
}

/// The schema without what tools keep in it: the histories of Prisma's first migrations and of its server. Partitions are
/// part of their table.
pub(crate) fn without_tools(found: &Schema) -> Schema {
    let mut found = found.clone();
    found.tables.retain(|table| {
        let has = |names: &[&str]| {
            names.iter().all(|name| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)))
        };
        let tool = match table.name.name.as_str() {
            "_Migration" => has(&["revision", "datamodel", "datamodel_steps", "database_migration"]),
            "_RelayId" => has(&["id", "stableModelIdentifier"]),
            _ => false,
        };
        !tool && !table.extras.iter().any(|extra| extra == "partition")
    });
    found
}

/// Link tables of a text that wants no foreign keys, by which the others are known.
fn emulated_links(found: &Schema, known: &Known<'_>) -> Vec<(ObjectName, Link)> {
    if known.has_foreign_keys() {
        return Vec::new();
    }
    let bare = found.tables.iter().filter(|table| table.foreign_keys.is_empty());
    let links = bare.filter_map(|table| {
        let relation = known.link(&table.name)?;
        let (a, b) = (known.table_of(&relation.a.model)?, known.table_of(&relation.b.model)?);
        Some((table.name.clone(), Link { a: a.clone(), b: b.clone() }))
    });
    links.collect()
}

/// The text where there is none yet.
fn datasource(found: &Schema) -> String {
    let provider = match found.dialect {
        Dialect::PostgreSql => "postgresql",
        Dialect::Sqlite => "sqlite",
        Dialect::MySql => "mysql",
    };
    let mut text = format!("datasource db {{\n  provider = \"{provider}\"\n");
    if found.namespaces.len() > 1 {
        let names: Vec<String> = found.namespaces.iter().map(|name| quoted(name)).collect();
        let _ = writeln!(text, "  schemas  = [{}]", names.join(", "));
    }
    text.push_str("}\n");
    text
}

/// What a table has that no datamodel says.
pub(crate) fn beyond(table: &Table, is_meant: impl Fn(&str) -> bool) -> Option<Remark> {
    let extras: Vec<&str> = table.extras.iter().map(String::as_str).filter(|extra| is_meant(extra)).collect();
    (!extras.is_empty()).then(|| {
        Remark::new(
            table.name.to_string(),
            format!("It has what no datamodel says, and what a plan leaves alone: {}.", extras.join(", ")),
        )
    })
}
