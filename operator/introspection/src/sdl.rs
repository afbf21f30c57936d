//! Prisma 1's datamodel v1.1 (`prisma` facts 6.1, 6.5, 6.6).

use std::collections::{BTreeMap, BTreeSet};

use datamodel::{Action, BlockKind, BlockPlace, Diagnostic, Edition, Language, MemberPlace};
use plan::{same_column, spoken_of};
use schema::{ForeignKey, ObjectName, Schema, Scope, Table, Uniqueness, recognise_prisma1};

use crate::block::{Block, BlockAttribute, Member, MemberKind, State};
use crate::names::free;
use crate::sdl_head;
use crate::sdl_indexes::{Indexes, is_prisma1};
use crate::sdl_known::{Known, Stands};
use crate::sdl_lines::{Line, LinkType, Writer, database_name, is_id};
use crate::sdl_words::singular;
use crate::{Written, check, merge, psl};

const LANGUAGE: Language = Language::SdlV11;

/// Writes the tables of Prisma 1's server as types; `_RelayId` goes without saying. Of a text before, every line stays
/// that describes what is there.
pub(crate) fn write(found: &Schema, scope: &Scope, before: Option<&str>) -> Result<Written, Vec<Diagnostic>> {
    let known = before.map(|text| Known::read(text, scope)).transpose()?;
    let known = known.as_ref();
    // What no datamodel of Prisma 1 speaks of is left alone, and not written.
    let found = spoken_of(psl::without_tools(found));
    let found = &match known {
        Some(known) => recognise_prisma1(found, &known.schema, LANGUAGE),
        None => found,
    };
    let mut remarks = Vec::new();
    let lists = lists(found);
    let links = links(found, &lists, known);
    let is_type = |table: &&Table| {
        table.name.name != "_RelayId" && !lists.contains_key(&table.name) && !links.contains_key(&table.name)
    };
    let tables: Vec<&Table> = found.tables.iter().filter(is_type).collect();
    let mut taken: BTreeSet<String> =
        known.iter().flat_map(|known| &known.places).map(|place| place.name.clone()).collect();
    let mut name = |table: &ObjectName| match known.and_then(|known| known.type_of(table)) {
        Some((_, place)) => place.name.clone(),
        None => free(singular(&table.name), &mut taken),
    };
    let names = tables.iter().map(|table| (&table.name, name(&table.name))).collect();
    let mut writer = Writer {
        found,
        known,
        names,
        fields: BTreeMap::new(),
        several: BTreeMap::new(),
        link_types: Vec::new(),
        taken,
        enums: Vec::new(),
        indexes: tables.iter().map(|table| (&table.name, Indexes::of(found, table, known))).collect(),
    };
    for table in &tables {
        for key in &table.foreign_keys {
            writer.count(&table.name, &key.referenced_table);
        }
    }
    for (a, b) in links.values() {
        writer.count(&a.referenced_table, &b.referenced_table);
    }
    for table in &tables {
        writer.columns(table, &mut remarks);
    }
    for table in found.tables.iter().filter(|table| lists.contains_key(&table.name)) {
        writer.list(table, &lists, &mut remarks);
    }
    for table in &tables {
        writer.relations(table, &mut remarks);
    }
    for (table, (a, b)) in &links {
        writer.link(table, a, b);
    }
    writer.give_names();
    let mut blocks: Vec<Block> = tables.iter().map(|table| block(&writer, table)).collect();
    blocks.extend(writer.link_types.iter().map(link_block));
    blocks.extend(writer.enums.iter().map(|name| unknown_enum(name)));
    let text = match known {
        Some(known) => {
            let types = |table: &Table| [known.type_of(&table.name), known.link_type(&table.name)];
            let stay: BTreeSet<usize> =
                found.tables.iter().flat_map(types).flatten().map(|(_, place)| place.span.start).collect();
            let gone =
                |place: &BlockPlace| place.kind == BlockKind::Model && !stay.contains(&place.span.start);
            merge::merge(&known.text, &known.places, &blocks, gone, LANGUAGE)
        }
        None => {
            let text: Vec<String> = blocks.iter().map(|block| merge::fresh(block, LANGUAGE)).collect();
            datamodel::format(&text.join("\n"), LANGUAGE)
        }
    };
    for table in &tables {
        remarks.extend(psl::beyond(table, |extra| !is_prisma1(extra)));
        remarks
            .extend(writer.indexes.get(&table.name).map_or_else(Vec::new, |indexes| indexes.remarks(table)));
    }
    remarks.extend(check::check(&text, LANGUAGE, Edition::default(), scope, found));
    Ok(Written { text, remarks })
}

/// A table's type: what is kept, what is written anew, and what comes.
fn block(writer: &Writer<'_>, table: &Table) -> Block {
    let name = writer.name(&table.name).to_owned();
    let place = writer.known.and_then(|known| known.type_of(&table.name)).map(|(at, _)| at);
    let lines = writer.fields.get(&table.name).into_iter().flatten();
    let indexes = writer.indexes.get(&table.name);
    let mut attributes =
        indexes.map_or_else(Vec::new, |indexes| indexes.listed(|column| writer.field(&table.name, column)));
    let mut before = Vec::new();
    if place.is_none() {
        let objects: Vec<&str> = attributes.iter().map(|attribute| attribute.text.as_str()).collect();
        let listed = (!objects.is_empty()).then(|| sdl_head::directive(&objects));
        attributes = database_name(&name, &table.name.name)
            .into_iter()
            .chain(listed)
            .map(BlockAttribute::new)
            .collect();
        before = indexes.map_or_else(Vec::new, |indexes| indexes.documentation(table));
    }
    Block {
        kind: BlockKind::Model,
        place,
        before,
        members: lines.map(|line| member(writer, table, line)).collect(),
        attributes,
        name,
    }
}

fn link_block(link: &LinkType) -> Block {
    let member = |(name, ty): &(String, String)| Member {
        kind: MemberKind::Column,
        name: name.clone(),
        ty: ty.clone(),
        attributes: Vec::new(),
        state: State::New,
    };
    Block {
        kind: BlockKind::Model,
        name: link.name.clone(),
        place: None,
        before: Vec::new(),
        members: link.fields.iter().map(member).collect(),
        attributes: link.directives.iter().cloned().map(BlockAttribute::new).collect(),
    }
}

/// An enum that a person has to complete: it has to have a value.
fn unknown_enum(name: &str) -> Block {
    let unknown = Member {
        kind: MemberKind::Column,
        name: "UNKNOWN".to_owned(),
        ty: String::new(),
        attributes: Vec::new(),
        state: State::New,
    };
    Block {
        kind: BlockKind::Enum,
        name: name.to_owned(),
        place: None,
        before: vec!["Its values are not in the database: write them here.".to_owned()],
        members: vec![unknown],
        attributes: Vec::new(),
    }
}

fn member(writer: &Writer<'_>, table: &Table, line: &Line) -> Member {
    let kind = match line.stands {
        Stands::Column(_) | Stands::List(_) => MemberKind::Column,
        Stands::Forward(_) | Stands::Back(..) | Stands::Link(..) => MemberKind::Relation,
    };
    let mut member = Member {
        kind,
        name: line.name.clone(),
        ty: line.ty.clone(),
        attributes: line.directives.clone(),
        state: State::New,
    };
    let known = writer.known.and_then(|known| Some((known, known.field(&table.name, &line.stands)?)));
    if let Some((known, old)) = known {
        let nameless = kind == MemberKind::Relation
            && old.relation.name.is_none()
            && line.directives.iter().any(|directive| directive.starts_with("@relation(name:"));
        if !nameless && is_as_before(writer, known, table, &line.stands) {
            member.state = State::Kept;
        } else {
            member.state = State::Changed;
            anew(known, table, line, old, &mut member);
        }
    }
    member
}

/// Whether the database has exactly what the text says of a field.
pub(crate) fn is_as_before(writer: &Writer<'_>, known: &Known, table: &Table, stands: &Stands) -> bool {
    let found = writer.found;
    let same_key = |name: &ObjectName, column: &str| {
        let key = |schema: Option<&Table>| {
            let table = schema?;
            let key = table.foreign_keys.iter().find(|key| key.columns == [column])?;
            Some((key.referenced_table.clone(), key.on_delete, table.column(column)?.ty.clone()))
        };
        key(known.table(name)) == key(found.table(name))
    };
    match stands {
        Stands::Column(name) => {
            let facts = |table: &Table| {
                let column = table.column(name)?;
                Some((column.ty.clone(), column.nullability, column.autoincrement, is_id(table, name)))
            };
            // A sequence of whichever owner numbers an id.
            let stays = |before: &Table| match (before.column(name), table.column(name)) {
                (Some(told), Some(now)) => {
                    is_id(before, name) == is_id(table, name) && same_column(found.dialect, now, told)
                }
                _ => false,
            };
            known.table(&table.name).is_some_and(|before| facts(before) == facts(table) || stays(before))
                && known.is_unique(&table.name, name) == writer.is_unique(table, name)
        }
        Stands::Forward(column) => same_key(&table.name, column),
        Stands::Back(owner, column) => same_key(owner, column),
        Stands::Link(..) => true,
        Stands::List(list) => {
            let value = |table: Option<&Table>| Some(table?.column("value")?.ty.clone());
            value(known.table(list)) == value(found.table(list))
        }
    }
}

/// The line anew, with what the database does not say as it was.
fn anew(known: &Known, table: &Table, line: &Line, old: &MemberPlace, member: &mut Member) {
    let text = old.ty.map(|span| known.slice(span)).unwrap_or_default();
    let same_type = match &line.stands {
        Stands::Column(name) => {
            let ty = |table: &Table| Some(table.column(name)?.ty.clone());
            known.table(&table.name).and_then(ty) == ty(table)
        }
        Stands::Forward(_) => text.trim_end_matches('!') == line.ty,
        // The list of a person may be no list, or required.
        Stands::Back(..) | Stands::Link(..) => true,
        Stands::List(_) => false,
    };
    if same_type {
        let mark = if line.ty.ends_with('!') { "!" } else { "" };
        member.ty = match line.stands {
            Stands::Column(_) => format!("{}{mark}", text.trim_end_matches('!').trim_end()),
            _ => text.to_owned(),
        };
    }
    let ours = |name: &str| matches!(name, "id" | "unique" | "sequence" | "scalarList" | "db" | "relation");
    let stamps = |name: &str| matches!(name, "createdAt" | "updatedAt");
    member.attributes.retain(|directive| !stamps(directive.trim_start_matches('@')));
    for attribute in &old.attributes {
        let said = known.slice(attribute.span);
        let name = attribute.name.as_str();
        let at = member
            .attributes
            .iter()
            .position(|directive| directive.trim_start_matches('@').split('(').next() == Some(name));
        match at.and_then(|at| member.attributes.get_mut(at)) {
            // What else a person said of it stays: the strategy of an id, `onDelete` of a relation.
            Some(directive) if name == "relation" && said.contains("name:") => said.clone_into(directive),
            Some(directive) if name == "relation" && said.contains('(') => {
                let named = directive.trim_start_matches("@relation(").trim_end_matches(')');
                let named = named.split(", ").next().unwrap_or_default();
                *directive = said.replacen("@relation(", &format!("@relation({named}, "), 1);
            }
            Some(directive) => said.clone_into(directive),
            None if !ours(name) && (same_type || !stamps(name) && name != "default") => {
                member.attributes.push(said.to_owned());
            }
            None => {}
        }
    }
}

/// Tables of lists of scalars, each with the key to the table of its owner.
fn lists(found: &Schema) -> BTreeMap<ObjectName, ForeignKey> {
    let list = |table: &Table| {
        let named: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let ([key], ["nodeId", "position", "value"]) = (table.foreign_keys.as_slice(), named.as_slice())
        else {
            return None;
        };
        let owned = table.name.name.strip_prefix(&key.referenced_table.name)?.strip_prefix('_')?;
        (!owned.is_empty() && key.columns == ["nodeId"]).then(|| key.clone())
    };
    found.tables.iter().filter_map(|table| Some((table.name.clone(), list(table)?))).collect()
}

/// Link tables, each with the keys of its two columns in order.
///
/// What a text has as a type stays one, and what it has as a link table, too.
fn links(
    found: &Schema,
    lists: &BTreeMap<ObjectName, ForeignKey>,
    known: Option<&Known>,
) -> BTreeMap<ObjectName, (ForeignKey, ForeignKey)> {
    let link = |table: &Table| {
        let [one, other] = table.foreign_keys.as_slice() else { return None };
        let place =
            |key: &ForeignKey| table.columns.iter().position(|column| key.columns == [column.name.as_str()]);
        let (a, b) = if place(one)? < place(other)? { (one, other) } else { (other, one) };
        let key = table.primary_key.iter().flat_map(|key| &key.columns);
        let own = table
            .columns
            .iter()
            .filter(|column| !a.columns.contains(&column.name) && !b.columns.contains(&column.name));
        let bare = own.map(|column| &column.name).eq(key) && table.columns.len() <= 3;
        let cascades = [a, b].iter().all(|key| key.on_delete == Action::Cascade);
        let unique = table
            .indexes
            .iter()
            .any(|index| index.uniqueness == Uniqueness::Unique && index.columns.len() == 2);
        let is_type = known.is_some_and(|known| known.type_of(&table.name).is_some());
        let is_link = known.is_some_and(|known| known.has_link(&table.name));
        let looks_so = bare && cascades && unique && !lists.contains_key(&table.name);
        (is_link || looks_so && !is_type).then(|| (a.clone(), b.clone()))
    };
    found.tables.iter().filter_map(|table| Some((table.name.clone(), link(table)?))).collect()
}
