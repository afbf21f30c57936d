//! Keys and indexes: which line says each of them, and how.

use std::collections::BTreeMap;

use datamodel::{Edition, IndexKind, Sort, quoted};
use plan::same_index;
use schema::{Dialect, Index, IndexColumn, PrimaryKey, Table, Uniqueness, index_name, primary_key_name};

use crate::block::{BlockAttribute, State};
use crate::context::Context;
use crate::known::{IndexPlace, KnownModel};

/// An attribute of a field, and whether the text has it as it is.
pub(crate) struct FieldKey {
    pub(crate) text: String,
    pub(crate) kept: bool,
}

/// The lines for a table's keys and indexes.
#[derive(Default)]
pub(crate) struct Keys {
    /// `@id` of a column.
    pub(crate) ids: BTreeMap<String, FieldKey>,
    /// `@unique` of a column.
    pub(crate) uniques: BTreeMap<String, FieldKey>,
    /// `@@id`, `@@unique`, `@@index`, `@@fulltext`.
    pub(crate) block: Vec<BlockAttribute>,
}

pub(crate) fn keys(context: &Context<'_>, table: &Table, known: Option<&KnownModel<'_>>) -> Keys {
    let mut keys = Keys::default();
    primary_key(context, table, known, &mut keys);
    let wanted = known.map_or_else(Vec::new, KnownModel::indexes);
    let paired = paired(&table.indexes, &wanted);
    for (found, place, state) in paired {
        index(context, table, known, found, place, state, &mut keys);
    }
    keys
}

/// Which line of a text asks for each index that was found, and whether it may stay as it is: by name first, then by what
/// the index is.
pub(crate) fn paired<'f>(
    found: &'f [Index],
    wanted: &[(&Index, IndexPlace)],
) -> Vec<(&'f Index, Option<IndexPlace>, State)> {
    let mut wanted: Vec<Option<&(&Index, IndexPlace)>> = wanted.iter().map(Some).collect();
    let mut pair = |fits: &dyn Fn(&Index) -> bool| {
        let at = wanted.iter().position(|entry| entry.is_some_and(|(index, _)| fits(index)))?;
        wanted.get_mut(at)?.take()
    };
    let mut paired: Vec<(&Index, Option<IndexPlace>, State)> = Vec::new();
    for found in found {
        let same = pair(&|index| index.name == found.name && same_index(found, index));
        let state = if same.is_some() { State::Kept } else { State::New };
        paired.push((found, same.map(|(_, place)| *place), state));
    }
    for (found, place, state) in paired.iter_mut().filter(|(_, _, state)| *state == State::New) {
        if let Some((_, renamed)) = pair(&|index| same_index(found, index)) {
            *place = Some(*renamed);
            *state = State::Changed;
        }
    }
    paired
}

fn primary_key(context: &Context<'_>, table: &Table, known: Option<&KnownModel<'_>>, keys: &mut Keys) {
    let Some(found) = &table.primary_key else { return };
    let wanted = known.and_then(|known| known.table.primary_key.as_ref());
    let named = |key: &PrimaryKey| key.name.clone().filter(|_| context.found.dialect == Dialect::PostgreSql);
    let same = wanted.is_some_and(|wanted| {
        wanted.columns == found.columns && wanted.prefixes == found.prefixes && named(wanted) == named(found)
    });
    let line = known.and_then(|known| {
        let at = known.place.attributes.iter().position(|attribute| attribute.name == "id")?;
        Some((at, known.place.attributes.get(at)?))
    });
    let usual = primary_key_name(context.found.dialect, &table.name.name);
    let map = named(found).filter(|name| *name != usual && context.edition >= Edition::Three);
    let length = |column: &str| found.prefixes.get(column).copied();
    if let ([only], None) = (found.columns.as_slice(), line.filter(|_| same)) {
        let mut arguments: Vec<String> = map.iter().map(|name| format!("map: {}", quoted(name))).collect();
        arguments.extend(length(only).map(|length| format!("length: {length}")));
        keys.ids.insert(only.clone(), FieldKey { text: with("@id", &arguments), kept: same });
        return;
    }
    let fields: Vec<String> = found
        .columns
        .iter()
        .map(|column| field(context.names.field(&table.name, column), length(column), Sort::Asc, None))
        .collect();
    let mut arguments = vec![format!("[{}]", fields.join(", "))];
    arguments.extend(
        line.and_then(|(_, line)| line.client_name.as_deref()).map(|name| format!("name: {}", quoted(name))),
    );
    arguments.extend(map.iter().map(|name| format!("map: {}", quoted(name))));
    let state = match (line, same) {
        (Some(_), true) => State::Kept,
        (Some(_), false) => State::Changed,
        (None, _) => State::New,
    };
    let text = with("@@id", &arguments);
    keys.block.push(BlockAttribute { text, place: line.map(|(at, _)| at), state });
}

fn index(
    context: &Context<'_>,
    table: &Table,
    known: Option<&KnownModel<'_>>,
    found: &Index,
    place: Option<IndexPlace>,
    state: State,
    keys: &mut Keys,
) {
    let kind = kind(found);
    let columns: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
    let usual = index_name(context.found.dialect, context.edition, &table.name.name, &columns, kind);
    let map = (found.name != usual).then(|| quoted(&found.name));
    let early = context.edition <= Edition::Two;
    let sole = match found.columns.as_slice() {
        [only] if kind == IndexKind::Unique && !(early && map.is_some()) => Some(only),
        _ => None,
    };
    match (place, sole) {
        // It follows from the relation that it serves.
        (Some(IndexPlace::Implied), _) if state == State::Kept => return,
        (None | Some(IndexPlace::Field | IndexPlace::Implied), Some(only))
            if !keys.uniques.contains_key(&only.name) =>
        {
            let mut arguments: Vec<String> = map.iter().map(|name| format!("map: {name}")).collect();
            arguments.extend((only.sort == Sort::Desc).then(|| "sort: Desc".to_owned()));
            arguments.extend(only.length.map(|length| format!("length: {length}")));
            arguments.extend(partial(found));
            let kept = matches!(place, Some(IndexPlace::Field)) && state == State::Kept;
            keys.uniques.insert(only.name.clone(), FieldKey { text: with("@unique", &arguments), kept });
            return;
        }
        _ => {}
    }
    let fields: Vec<String> =
        found.columns.iter().map(|column| index_field(context, table, column)).collect();
    let at = match place {
        Some(IndexPlace::Block(at)) => Some(at),
        _ => None,
    };
    let line = at.and_then(|at| known?.place.attributes.get(at));
    let mut arguments = vec![format!("[{}]", fields.join(", "))];
    if !early {
        let client = line.filter(|line| line.name == "unique").and_then(|line| line.client_name.as_deref());
        arguments.extend(client.map(|name| format!("name: {}", quoted(name))));
    }
    arguments.extend(map.map(|name| format!("{}: {name}", if early { "name" } else { "map" })));
    if let (Some(method), true) = (&found.method, kind == IndexKind::Normal) {
        arguments.push(format!("type: {}", algorithm(method)));
    }
    arguments.extend(partial(found));
    let name = match kind {
        IndexKind::Normal => "@@index",
        IndexKind::Unique => "@@unique",
        IndexKind::Fulltext => "@@fulltext",
    };
    let state = if at.is_none() { State::New } else { state };
    keys.block.push(BlockAttribute { text: with(name, &arguments), place: at, state });
}

fn partial(found: &Index) -> Option<String> {
    found.predicate.as_ref().map(|found| format!("where: raw({})", quoted(&sql::predicate(found))))
}

fn kind(found: &Index) -> IndexKind {
    match (found.uniqueness, found.method.as_deref()) {
        (Uniqueness::Unique, _) => IndexKind::Unique,
        (Uniqueness::Plain, Some("fulltext")) => IndexKind::Fulltext,
        (Uniqueness::Plain, _) => IndexKind::Normal,
    }
}

fn algorithm(method: &str) -> &str {
    match method {
        "hash" => "Hash",
        "gist" => "Gist",
        "gin" => "Gin",
        "spgist" => "SpGist",
        "brin" => "Brin",
        other => other,
    }
}

fn index_field(context: &Context<'_>, table: &Table, column: &IndexColumn) -> String {
    let name = context.names.field(&table.name, &column.name);
    field(name, column.length, column.sort, column.operator_class.as_deref())
}

fn field(name: &str, length: Option<u32>, sort: Sort, class: Option<&str>) -> String {
    let mut options: Vec<String> = length.map(|length| format!("length: {length}")).into_iter().collect();
    options.extend((sort == Sort::Desc).then(|| "sort: Desc".to_owned()));
    options.extend(class.map(|class| match datamodel::operator_class_name(class) {
        Some(name) => format!("ops: {name}"),
        None => format!("ops: raw({})", quoted(class)),
    }));
    with(name, &options)
}

/// `name(arguments)`, or the name alone.
pub(crate) fn with(name: &str, arguments: &[String]) -> String {
    if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(", ")) }
}
