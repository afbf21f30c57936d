//! Columns as fields.

use datamodel::{FieldType, MemberPlace, Scalar, quoted};
use plan::same_column;
use schema::{Column, Default, MySqlType, Nullability, ObjectName, Table, Type, Value};

use crate::block::{Member, MemberKind, State};
use crate::context::{Context, texts, type_text};
use crate::defaults;
use crate::keys::Keys;
use crate::known::KnownModel;
use crate::names::EnumKey;
use crate::types::{self, Words};

/// The fields of a table's columns, in the table's order.
pub(crate) fn columns(
    context: &Context<'_>,
    table: &Table,
    known: Option<&KnownModel<'_>>,
    keys: &Keys,
) -> Vec<Member> {
    table.columns.iter().map(|column| member(context, table, column, known, keys)).collect()
}

/// The enum that a column's type is.
pub(crate) fn enum_key(table: &ObjectName, column: &Column) -> Option<EnumKey> {
    match &column.ty.values().base {
        Type::Enum(name) => Some(EnumKey::Type(name.clone())),
        Type::MySql(MySqlType::Enum(_)) => Some(EnumKey::Column(table.clone(), column.name.clone())),
        _ => None,
    }
}

/// How the client sees a column.
pub(crate) fn column_words(context: &Context<'_>, table: &ObjectName, column: &Column) -> Words {
    let mut words = types::words(context.found.dialect, &column.ty.values().base);
    if let Some(key) = enum_key(table, column) {
        match (context.names.enum_name(&key), &column.ty.values().base) {
            (Some(name), _) => name.clone_into(&mut words.ty),
            // A type of a namespace that nobody looked at.
            (None, Type::Enum(name)) => {
                words = types::words(context.found.dialect, &Type::Other(shown(name)));
            }
            (None, _) => {}
        }
    }
    words
}

fn shown(name: &ObjectName) -> String {
    let quote = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    match &name.namespace {
        Some(namespace) => format!("{}.{}", quote(namespace), quote(&name.name)),
        None => quote(&name.name),
    }
}

fn member(
    context: &Context<'_>,
    table: &Table,
    column: &Column,
    known: Option<&KnownModel<'_>>,
    keys: &Keys,
) -> Member {
    let name = context.names.field(&table.name, &column.name).to_owned();
    let words = column_words(context, &table.name, column);
    let of_key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
    let suffix = match (column.ty.values().list, column.nullability) {
        (true, _) => "[]",
        (false, Nullability::Nullable) if !of_key => "?",
        (false, _) => "",
    };
    let of_enum = enum_key(&table.name, column).filter(|key| context.names.enum_name(key).is_some());
    let default = defaults::words(context.found.dialect, column, &words, of_enum.as_ref(), context.names);
    let native = words.native.as_ref().map(|native| format!("@{}.{native}", context.known.prefix()));
    let mut fresh = Fresh {
        ty: words.ty,
        suffix,
        scalar: words.scalar,
        id: keys.ids.get(&column.name).map(|key| (key.text.clone(), key.kept)),
        unique: keys.uniques.get(&column.name).map(|key| (key.text.clone(), key.kept)),
        default: default.map(|default| format!("@default({default})")),
        native,
    };
    match known.and_then(|known| known.field(&column.name)) {
        Some((field, place)) => {
            if let (FieldType::Enum(name), None) = (&field.ty, &of_enum) {
                fresh.default = enum_default(context, column, name).or(fresh.default);
            }
            again(context, column, known, place, fresh)
        }
        None => {
            let map = (name != column.name).then(|| format!("@map({})", quoted(&column.name)));
            let attributes =
                [fresh.id.map(|(text, _)| text), fresh.unique.map(|(text, _)| text), fresh.default, map]
                    .into_iter()
                    .chain([fresh.native])
                    .flatten();
            Member {
                kind: MemberKind::Column,
                ty: format!("{}{suffix}", fresh.ty),
                attributes: attributes.collect(),
                state: State::New,
                name,
            }
        }
    }
}

/// The default of a field whose enum is the text's alone, as on SQLite.
fn enum_default(context: &Context<'_>, column: &Column, name: &str) -> Option<String> {
    let Some(Default::Value(Value::String(stored))) = &column.default else { return None };
    let declared = context.known.datamodel.find_enum(name)?;
    let value = declared.values.iter().find(|value| value.stored() == stored);
    Some(match value {
        Some(value) => format!("@default({})", value.name),
        None => format!("@default(dbgenerated({}))", quoted(&format!("'{}'", stored.replace('\'', "''")))),
    })
}

/// A field as the database alone would have it; keys with whether the text has them as they are.
struct Fresh {
    ty: String,
    suffix: &'static str,
    scalar: Option<Scalar>,
    id: Option<(String, bool)>,
    unique: Option<(String, bool)>,
    default: Option<String>,
    native: Option<String>,
}

/// A field that the text has: what is still true of it stays, and so does what no database says.
fn again(
    context: &Context<'_>,
    column: &Column,
    known: Option<&KnownModel<'_>>,
    place: &MemberPlace,
    fresh: Fresh,
) -> Member {
    let dialect = context.found.dialect;
    let wanted = known.and_then(|known| known.table.column(&column.name));
    let same = wanted.is_some_and(|wanted| same_column(dialect, column, wanted));
    let same_default = wanted.is_some_and(|wanted| {
        let mut found = wanted.clone();
        found.default.clone_from(&column.default);
        found.autoincrement = column.autoincrement;
        found.sequence.clone_from(&column.sequence);
        same_column(dialect, &found, wanted)
    });
    let same_type = wanted.is_some_and(|wanted| {
        let found = Column { ty: column.ty.clone(), ..wanted.clone() };
        same_column(dialect, &found, wanted)
    });
    let had = |name: &str| texts(context.known, place).any(|(had, _)| had == name);
    let same_id = fresh.id.as_ref().map_or(!had("id"), |(_, kept)| *kept && had("id"));
    let same_unique = fresh.unique.as_ref().map_or(!had("unique"), |(_, kept)| *kept && had("unique"));
    let text = |name: &str| {
        texts(context.known, place).find(|(had, _)| *had == name).map(|(_, text)| text.to_owned())
    };
    if same && same_id && same_unique {
        return Member {
            kind: MemberKind::Column,
            name: place.name.clone(),
            ty: type_text(context.known, place),
            attributes: texts(context.known, place).map(|(_, text)| text.to_owned()).collect(),
            state: State::Kept,
        };
    }
    // What only the client fills in fits only where the type still is what it was.
    let client = wanted.is_some_and(|wanted| wanted.client_default);
    let default = match (fresh.default, same_default) {
        (_, true) if same_type || !client => text("default"),
        (found, _) => found,
    };
    let pick = |same: bool, name: &str, fresh: Option<String>| if same { text(name) } else { fresh };
    let is_time = fresh.scalar == Some(Scalar::DateTime);
    let others = texts(context.known, place)
        .filter(|(name, _)| !matches!(*name, "id" | "unique" | "default" | "db" | "map" | "updatedAt"));
    let attributes = [
        pick(same_id, "id", fresh.id.map(|(text, _)| text)),
        pick(same_unique, "unique", fresh.unique.map(|(text, _)| text)),
        default,
        text("updatedAt").filter(|_| is_time),
        text("map"),
    ]
    .into_iter()
    .flatten()
    .chain(others.map(|(_, text)| text.to_owned()))
    .chain(pick(same_type, "db", fresh.native));
    let before = type_text(context.known, place);
    let bare = if same_type { before.trim_end_matches(['?', ']', '[']) } else { &fresh.ty };
    Member {
        kind: MemberKind::Column,
        name: place.name.clone(),
        ty: format!("{bare}{}", fresh.suffix),
        attributes: attributes.collect(),
        state: State::Changed,
    }
}
