//! Enum types, and on MySQL enum columns, as enums.

use std::collections::BTreeSet;

use datamodel::{BlockKind, quoted};
use schema::{MySqlType, Type};

use crate::block::{Block, BlockAttribute, Member, MemberKind, State};
use crate::context::{Context, texts};
use crate::models::namespace;
use crate::names::EnumKey;

/// All enums, in the order of the database. Those of the text that no type backs stay where the database has no types.
pub(crate) fn enums(context: &Context<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for found in &context.found.enums {
        let mapped = &found.name;
        let key = EnumKey::Type(mapped.clone());
        blocks.extend(block(context, &key, &found.values, Some(mapped)));
    }
    let mut written = BTreeSet::new();
    for key in context.names.column_enums() {
        let EnumKey::Column(table, column) = key else { continue };
        let column = context.found.table(table).and_then(|table| table.column(column));
        if let Some(Type::MySql(MySqlType::Enum(values))) = column.map(|column| &column.ty.base)
            && let Some(block) = block(context, key, values, None)
            && written.insert(block.name.clone())
        {
            blocks.push(block);
        }
    }
    blocks
}

fn block(
    context: &Context<'_>,
    key: &EnumKey,
    values: &[String],
    mapped: Option<&schema::ObjectName>,
) -> Option<Block> {
    let name = context.names.enum_name(key)?;
    let known = context.known.block(name).filter(|_| context.known.datamodel.find_enum(name).is_some());
    let members = values.iter().filter_map(|stored| {
        let name = context.names.value(key, stored)?;
        let place = known.and_then(|(_, place)| place.members.iter().find(|member| member.name == name));
        Some(match place {
            Some(place) => Member {
                kind: MemberKind::Column,
                name: name.to_owned(),
                ty: String::new(),
                attributes: texts(context.known, place).map(|(_, text)| text.to_owned()).collect(),
                state: State::Kept,
            },
            None => Member {
                kind: MemberKind::Column,
                name: name.to_owned(),
                ty: String::new(),
                attributes: (name != stored)
                    .then(|| format!("@map({})", quoted(stored)))
                    .into_iter()
                    .collect(),
                state: State::New,
            },
        })
    });
    let members = members.collect();
    let attributes = match (known, mapped) {
        (Some((_, place)), _) => place
            .attributes
            .iter()
            .enumerate()
            .map(|(at, attribute)| BlockAttribute {
                text: context.known.slice(attribute.span).to_owned(),
                place: Some(at),
                state: State::Kept,
            })
            .collect(),
        (None, Some(mapped)) => {
            let map = (mapped.name != name)
                .then(|| BlockAttribute::new(format!("@@map({})", quoted(&mapped.name))));
            map.into_iter().chain(namespace(context, mapped.namespace.as_deref())).collect()
        }
        (None, None) => Vec::new(),
    };
    Some(Block {
        kind: BlockKind::Enum,
        name: name.to_owned(),
        place: known.map(|(at, _)| at),
        before: Vec::new(),
        members,
        attributes,
    })
}
