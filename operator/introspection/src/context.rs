//! What every part of the writing looks at.

use std::collections::BTreeMap;

use datamodel::{Edition, MemberPlace};
use schema::{Nullability, ObjectName, Schema, Table, Uniqueness};

use crate::known::{Known, KnownModel};
use crate::links::Link;
use crate::names::Names;
use crate::types;

/// The schema, what the text said before, and the names.
pub(crate) struct Context<'c> {
    pub(crate) found: &'c Schema,
    pub(crate) known: &'c Known<'c>,
    pub(crate) names: &'c Names,
    pub(crate) links: &'c BTreeMap<ObjectName, Link>,
    pub(crate) edition: Edition,
}

impl<'c> Context<'c> {
    /// The tables that become models.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &'c Table> {
        let links = self.links;
        self.found.tables.iter().filter(move |table| !links.contains_key(&table.name))
    }

    /// Whether client code can know nothing of the table's model: the text says so, or nothing tells its rows apart.
    pub(crate) fn is_ignored(&self, table: &Table) -> bool {
        self.known.model(&table.name).is_some_and(|known| known.is_ignored()) || !self.is_usable(table)
    }

    /// Whether a key, or a unique index that is never null, has only columns that the client supports.
    pub(crate) fn is_usable(&self, table: &Table) -> bool {
        let supported = |name: &str| {
            table.column(name).is_some_and(|column| {
                matches!(column.ty.values().base, schema::Type::Enum(_))
                    || types::words(self.found.dialect, &column.ty.values().base).scalar.is_some()
            })
        };
        let required =
            |name: &str| table.column(name).is_some_and(|column| column.nullability == Nullability::Required);
        let key = table.primary_key.iter().any(|key| key.columns.iter().all(|name| supported(name)));
        let mut uniques = table.indexes.iter().filter(|index| index.uniqueness == Uniqueness::Unique);
        key || uniques
            .any(|index| index.columns.iter().all(|column| supported(&column.name) && required(&column.name)))
    }
}

/// The texts of a member's attributes by name; those of native types are under `db`.
pub(crate) fn texts<'k>(
    known: &'k Known<'_>,
    member: &'k MemberPlace,
) -> impl Iterator<Item = (&'k str, &'k str)> {
    member.attributes.iter().map(|attribute| {
        let name = if attribute.name.contains('.') { "db" } else { attribute.name.as_str() };
        (name, known.slice(attribute.span))
    })
}

/// The type of a member as it stands in the text, without blanks.
pub(crate) fn type_text(known: &Known<'_>, member: &MemberPlace) -> String {
    let text = member.ty.map(|span| known.slice(span)).unwrap_or_default();
    match text.find('(') {
        Some(_) => text.to_owned(),
        None => text.chars().filter(|letter| !letter.is_whitespace()).collect(),
    }
}

/// A table's model in the text, if it is there.
pub(crate) fn known_model<'c>(context: &Context<'c>, table: &ObjectName) -> Option<KnownModel<'c>> {
    context.known.model(table)
}
