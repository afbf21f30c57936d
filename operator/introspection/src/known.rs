//! What the text said before: [`Known`].

use std::collections::BTreeMap;

use datamodel::{
    BlockKind, BlockPlace, ColumnField, Datamodel, Diagnostic, Edition, Enum, ForeignKeyMode, InlineRelation,
    Language, MemberPlace, Model, Relation, Source, Span, TableRelation,
};
use schema::{ForeignKey, Index, ObjectName, Schema, Scope, Table, derive};

/// A text, what it means, and where its parts stand.
pub(crate) struct Known<'t> {
    pub(crate) text: &'t str,
    pub(crate) datamodel: Datamodel,
    /// The schema that the text describes; its first tables are those of the models, one by one.
    pub(crate) schema: Schema,
    pub(crate) places: Vec<BlockPlace>,
    models: BTreeMap<ObjectName, usize>,
    enums: BTreeMap<ObjectName, usize>,
    blocks: BTreeMap<String, usize>,
}

/// A model of the text with its table and its place.
#[derive(Clone, Copy)]
pub(crate) struct KnownModel<'k> {
    pub(crate) model: &'k Model,
    pub(crate) table: &'k Table,
    pub(crate) at: usize,
    pub(crate) place: &'k BlockPlace,
}

impl<'t> Known<'t> {
    /// Reads the text. Without a result it has the errors that are answered.
    pub(crate) fn read(text: &'t str, edition: Edition, scope: &Scope) -> Result<Self, Vec<Diagnostic>> {
        let parsed = datamodel::parse(Source { text, language: Some(Language::Psl), edition: Some(edition) });
        let Some(datamodel) = parsed.datamodel else { return Err(parsed.diagnostics) };
        let schema = derive(&datamodel, scope);
        let places = datamodel::places(text);
        let models = schema.tables.iter().take(datamodel.models.len()).enumerate();
        let enums = schema.enums.iter().enumerate();
        let declares = |kind| matches!(kind, BlockKind::Model | BlockKind::Enum);
        let blocks = places.iter().enumerate().filter(|(_, place)| declares(place.kind));
        Ok(Self {
            text,
            models: models.map(|(at, table)| (table.name.clone(), at)).collect(),
            enums: enums.map(|(at, found)| (found.name.clone(), at)).collect(),
            blocks: blocks.map(|(at, place)| (place.name.clone(), at)).collect(),
            datamodel,
            schema,
            places,
        })
    }

    /// The model that stands for this table.
    pub(crate) fn model(&self, table: &ObjectName) -> Option<KnownModel<'_>> {
        let at = *self.models.get(table)?;
        let model = self.datamodel.models.get(at)?;
        let (at_block, place) = self.block(&model.name)?;
        Some(KnownModel { model, table: self.schema.tables.get(at)?, at: at_block, place })
    }

    /// The table of the model of this name.
    pub(crate) fn table_of(&self, model: &str) -> Option<&ObjectName> {
        let at = self.datamodel.models.iter().position(|candidate| candidate.name == model)?;
        self.schema.tables.get(at).map(|table| &table.name)
    }

    /// The enum that stands for this type.
    pub(crate) fn find_enum(&self, name: &ObjectName) -> Option<&Enum> {
        self.datamodel.enums.get(*self.enums.get(name)?)
    }

    /// Place of the model or enum of this name.
    pub(crate) fn block(&self, name: &str) -> Option<(usize, &BlockPlace)> {
        let at = *self.blocks.get(name)?;
        Some((at, self.places.get(at)?))
    }

    /// The many-to-many relation whose link table this is.
    pub(crate) fn link(&self, table: &ObjectName) -> Option<&TableRelation> {
        let links = self.datamodel.relations.iter().filter_map(|relation| match relation {
            Relation::Table(link) => Some(link),
            Relation::Inline(_) => None,
        });
        let derived = self.schema.tables.iter().skip(self.datamodel.models.len());
        links.zip(derived).find(|(_, derived)| derived.name == *table).map(|(link, _)| link)
    }

    /// The relations that these columns hold, each with its foreign key where the text has one.
    pub(crate) fn inline(
        &self,
        table: &ObjectName,
        columns: &[String],
        target: &ObjectName,
    ) -> Vec<(&InlineRelation, Option<&ForeignKey>)> {
        let (Some(known), Some(target)) = (self.model(table), self.model(target)) else { return Vec::new() };
        let relations = self.datamodel.relations.iter().filter_map(|relation| match relation {
            Relation::Inline(inline) if inline.model == known.model.name => Some(inline),
            _ => None,
        });
        let keys = known.table.foreign_keys.iter().map(Some).chain(std::iter::repeat(None));
        let all = relations.zip(keys).filter(|(inline, _)| {
            let fields = inline.columns.iter().filter_map(|name| known.model.column(name));
            inline.target == target.model.name && fields.map(ColumnField::column_name).eq(columns)
        });
        all.collect()
    }

    /// Whether the text wants foreign keys in the database.
    pub(crate) fn has_foreign_keys(&self) -> bool {
        let source = self.datamodel.datasource.as_ref();
        source.is_none_or(|source| source.foreign_keys == ForeignKeyMode::Database)
    }

    /// Prefix of native types.
    pub(crate) fn prefix(&self) -> &str {
        self.datamodel.datasource.as_ref().map_or("db", |source| &source.name)
    }

    /// The text of a place.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

impl<'k> KnownModel<'k> {
    /// The field of this column.
    pub(crate) fn field(&self, column: &str) -> Option<(&'k ColumnField, &'k MemberPlace)> {
        let columns = self.model.columns.iter().zip(&self.table.columns);
        let (field, _) = columns.into_iter().find(|(_, found)| found.name == column)?;
        Some((field, self.member(&field.name)?))
    }

    /// Place of the member of this name.
    pub(crate) fn member(&self, name: &str) -> Option<&'k MemberPlace> {
        self.place.members.iter().find(|member| member.name == name)
    }

    /// The fields that lead to views, which no database knows to be related.
    pub(crate) fn view_fields(&self, known: &'k Known<'_>) -> impl Iterator<Item = &'k MemberPlace> {
        let is_view =
            |name: &str| known.places.iter().any(|place| place.kind == BlockKind::View && place.name == name);
        self.place.members.iter().filter(move |member| {
            let ty = member.ty.map(|span| known.slice(span)).unwrap_or_default();
            is_view(ty.trim_end_matches(['?', '[', ']', ' ']))
        })
    }

    /// Whether client code is to know nothing of it.
    pub(crate) fn is_ignored(&self) -> bool {
        self.place.attributes.iter().any(|attribute| attribute.name == "ignore")
    }

    /// The indexes that the text asks for, each with the line that does.
    pub(crate) fn indexes(&self) -> Vec<(&'k Index, IndexPlace)> {
        let of_fields = self.model.columns.iter().filter_map(|field| {
            let member = self.member(&field.name)?;
            let has_unique = member.attributes.iter().any(|attribute| attribute.name == "unique");
            has_unique.then_some(IndexPlace::Field)
        });
        let attributes = self.place.attributes.iter().enumerate();
        let of_block = attributes
            .filter(|(_, attribute)| matches!(attribute.name.as_str(), "unique" | "index" | "fulltext"))
            .map(|(at, _)| IndexPlace::Block(at));
        let places = of_fields.chain(of_block).chain(std::iter::repeat(IndexPlace::Implied));
        self.table.indexes.iter().zip(places).collect()
    }
}

/// Which line asks for an index.
#[derive(Clone, Copy)]
pub(crate) enum IndexPlace {
    /// `@unique` of a field.
    Field,
    /// The `@@` attribute at this place.
    Block(usize),
    /// None: it follows from a relation.
    Implied,
}
