//! The names that keys, indexes and foreign keys have in the database.

use super::models::Draft;
use crate::{ColumnField, Edition, Index, IndexKind, InlineRelation, PrimaryKey, Provider, Relation};

/// How a database and an edition name what is given no name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming {
    /// The database.
    pub(crate) provider: Provider,
    /// The edition.
    pub(crate) edition: Edition,
}

impl Naming {
    /// Longest name in bytes.
    pub(crate) const fn limit(self) -> usize {
        match self.provider {
            Provider::PostgreSql => 63,
            Provider::MySql => 64,
            Provider::Sqlite => 10_000,
        }
    }

    /// The primary key of the model, where it has a name.
    pub(crate) fn key<'x>(self, draft: &'x Draft<'_, '_>) -> Option<&'x PrimaryKey> {
        let key = draft.model.primary_key.as_ref();
        key.filter(|_| self.provider == Provider::PostgreSql && !draft.is_view())
    }

    /// The indexes of the model, which all have names; those of a view are none.
    pub(crate) fn indexes<'x>(draft: &'x Draft<'_, '_>) -> &'x [Index] {
        if draft.is_view() { &[] } else { &draft.model.indexes }
    }

    /// The foreign key that holds the relation, where it has a name: early editions let the database choose one that is
    /// free, and SQLite has none.
    pub(crate) fn foreign_key<'x>(
        self,
        relation: &'x Relation,
        holder: &Draft<'_, '_>,
    ) -> Option<&'x InlineRelation> {
        let named = self.provider != Provider::Sqlite && self.edition >= Edition::Three;
        match relation {
            Relation::Inline(relation) if named && !holder.is_view() => Some(relation),
            _ => None,
        }
    }

    /// Adds the name of the primary key to the text.
    pub(crate) fn of_key(self, key: &PrimaryKey, draft: &Draft<'_, '_>, text: &mut String) {
        self.write(key.map.as_deref(), draft, std::iter::empty(), "_pkey", text);
    }

    /// Adds the name of an index to the text.
    pub(crate) fn of_index(self, index: &Index, draft: &Draft<'_, '_>, text: &mut String) {
        let fields = index.fields.iter().map(|field| field.name.as_str());
        let suffix = if index.kind == IndexKind::Unique { "_key" } else { "_idx" };
        self.write(index.map.as_deref(), draft, fields, suffix, text);
    }

    /// Adds the name of a foreign key to the text.
    pub(crate) fn of_foreign_key(self, relation: &InlineRelation, holder: &Draft<'_, '_>, text: &mut String) {
        let fields = relation.columns.iter().map(String::as_str);
        self.write(relation.map.as_deref(), holder, fields, "_fkey", text);
    }

    /// Adds a name: the given one, or that which is made from table and columns and cut to the limit.
    fn write<'f>(
        self,
        given: Option<&str>,
        draft: &Draft<'_, '_>,
        fields: impl Iterator<Item = &'f str>,
        suffix: &str,
        text: &mut String,
    ) {
        if let Some(given) = given {
            text.push_str(given);
            return;
        }
        let start = text.len();
        let early = self.edition <= Edition::Two && matches!(suffix, "_key" | "_idx");
        let suffix = match (self.edition, suffix) {
            (Edition::Lift, _) if early => "",
            (_, "_key") if early => "_unique",
            _ if early => "_index",
            _ => suffix,
        };
        text.push_str(draft.model.table_name());
        let columns = fields.filter_map(|name| draft.column(name)).map(ColumnField::column_name);
        for (place, column) in columns.enumerate() {
            text.push(if early && place == 0 { '.' } else { '_' });
            text.push_str(column);
        }
        // Early editions cut the suffix, too.
        let room = if early { self.limit() } else { self.limit().saturating_sub(suffix.len()) };
        if early {
            text.push_str(suffix);
        }
        let length = cut(text.get(start..).unwrap_or_default(), room).len();
        text.truncate(start + length);
        if !early {
            text.push_str(suffix);
        }
    }
}

/// The longest prefix of at most `limit` bytes that ends at a character boundary.
pub(crate) fn cut(name: &str, limit: usize) -> &str {
    let mut end = limit.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}
