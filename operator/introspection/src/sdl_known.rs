//! What a text in SDL said before: [`Known`].

use std::collections::{BTreeMap, BTreeSet};

use datamodel::{BlockKind, BlockPlace, Datamodel, Diagnostic, Language, MemberPlace, Relation, Source};
use schema::{Index, ObjectName, Schema, Scope, Table, derive};

use crate::known::IndexPlace;

/// What a field stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stands {
    /// A column without a relation.
    Column(String),
    /// The relation that this column holds.
    Forward(String),
    /// The relation to here that a column of a table holds.
    Back(ObjectName, String),
    /// The relations that a column of a link table holds; without a column, those of the table.
    Link(ObjectName, String),
    /// The list of scalars in this table.
    List(ObjectName),
}

/// A text in SDL, what it means, and where its parts stand.
pub(crate) struct Known {
    pub(crate) text: String,
    /// The schema that the text describes.
    pub(crate) schema: Schema,
    pub(crate) places: Vec<BlockPlace>,
    /// Types by their tables, each with its place.
    types: BTreeMap<ObjectName, usize>,
    /// Link tables with the places of the types that declare them, where one does.
    links: BTreeMap<ObjectName, Option<usize>>,
    /// What each field of a type stands for, by table.
    fields: BTreeMap<ObjectName, BTreeMap<Stands, usize>>,
    /// Which lines ask for the indexes of a table, in their order; what else it has follows from its keys.
    indexes: BTreeMap<ObjectName, Vec<IndexPlace>>,
    /// Names of relations that were given, by what stands for them.
    names: BTreeMap<Stands, String>,
    /// All of these names.
    given: BTreeSet<String>,
}

impl Known {
    /// Reads the text, laid out as Prisma 1's printer does where its fields do not stand on lines of their own.
    pub(crate) fn read(text: &str, scope: &Scope) -> Result<Self, Vec<Diagnostic>> {
        let source = Source { text, language: Some(Language::SdlV11), edition: None };
        let parsed = datamodel::parse(source);
        let Some(datamodel) = parsed.datamodel else { return Err(parsed.diagnostics) };
        let mut text = text.to_owned();
        let mut places = datamodel::sdl_places(&text);
        if !places.iter().all(|place| stands_on_lines(&text, place)) {
            text = datamodel::format(&text, Language::SdlV11);
            places = datamodel::sdl_places(&text);
        }
        let outline = datamodel::outline(source);
        let schema = derive(&datamodel, scope);
        let mut known = Self {
            text,
            schema,
            places,
            types: BTreeMap::new(),
            links: BTreeMap::new(),
            fields: BTreeMap::new(),
            indexes: BTreeMap::new(),
            names: BTreeMap::new(),
            given: BTreeSet::new(),
        };
        known.assign(&datamodel, &outline);
        Ok(known)
    }

    fn assign(&mut self, datamodel: &Datamodel, outline: &datamodel::Outline) {
        let by_name: BTreeMap<&str, usize> = self
            .places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.kind == BlockKind::Model)
            .map(|(at, place)| (place.name.as_str(), at))
            .collect();
        let tables: BTreeMap<&str, &Table> =
            datamodel.models.iter().map(|model| model.name.as_str()).zip(&self.schema.tables).collect();
        let relation = |model: &str, field: &str| outline.member(model, field)?.relation.as_deref();
        let mut inline = BTreeMap::new();
        let mut held = BTreeMap::new();
        let mut linked = BTreeMap::new();
        let mut derived = self.schema.tables.iter().skip(datamodel.models.len());
        for found in &datamodel.relations {
            match found {
                Relation::Inline(one) => {
                    held.insert((one.model.as_str(), one.field.as_str()), one);
                    if let Some(name) = relation(&one.model, &one.field) {
                        inline.insert(name, one);
                    }
                }
                Relation::Table(link) => {
                    let Some(table) = derived.next() else { continue };
                    self.links.insert(table.name.clone(), by_name.get(link.relation.as_str()).copied());
                    linked.insert(link.relation.as_str(), (link, table.name.clone()));
                }
            }
        }
        for model in &datamodel.models {
            let (Some(table), Some(at)) = (tables.get(model.name.as_str()), by_name.get(model.name.as_str()))
            else {
                continue;
            };
            self.types.insert(table.name.clone(), *at);
            let Some(place) = self.places.get(*at) else { continue };
            let listed = place.attributes.iter().enumerate().filter(|(_, place)| place.name == "index");
            let of_fields = model.indexes.iter().filter(|index| index.map.is_none());
            let lines = of_fields.map(|_| IndexPlace::Field);
            let lines = lines.chain(listed.map(|(at, _)| IndexPlace::Block(at))).collect();
            self.indexes.insert(table.name.clone(), lines);
            let mut fields = BTreeMap::new();
            for (at, member) in place.members.iter().enumerate() {
                let list = format!("{}_{}", model.name, member.name);
                let named = relation(&model.name, &member.name);
                let stands = if let Some(column) = model.column(&member.name) {
                    let column = column.column_name().to_owned();
                    if held.contains_key(&(model.name.as_str(), member.name.as_str())) {
                        Stands::Forward(column)
                    } else {
                        Stands::Column(column)
                    }
                } else if let Some(one) = named.and_then(|name| inline.get(name)) {
                    let (Some(owner), Some(holder)) =
                        (tables.get(one.model.as_str()), datamodel.model(&one.model))
                    else {
                        continue;
                    };
                    let column = holder
                        .column(&one.field)
                        .map_or(one.field.as_str(), datamodel::ColumnField::column_name);
                    Stands::Back(owner.name.clone(), column.to_owned())
                } else if let Some((link, table)) = named.and_then(|name| linked.get(name)) {
                    let itself = link.a.model == link.b.model;
                    let other = place.members.iter().find(|other| {
                        other.name != member.name && relation(&model.name, &other.name) == named
                    });
                    let first = match other {
                        // Of a type's relation with itself the smaller field is the first.
                        Some(other) if itself => member.name < other.name,
                        _ => itself || link.a.model == model.name,
                    };
                    let side = if first { &link.a } else { &link.b };
                    Stands::Link(table.clone(), side.column.clone())
                } else if let Some(table) = tables.get(list.as_str()) {
                    Stands::List(table.name.clone())
                } else {
                    continue;
                };
                if let Some(name) = member.relation.name.clone() {
                    // Both ends of a column's relation are known by the column.
                    let about = match &stands {
                        Stands::Forward(column) => Stands::Back(table.name.clone(), column.clone()),
                        Stands::Link(table, _) => Stands::Link(table.clone(), String::new()),
                        other => other.clone(),
                    };
                    self.given.insert(name.clone());
                    self.names.insert(about, name);
                }
                fields.insert(stands, at);
            }
            self.fields.insert(table.name.clone(), fields);
        }
    }

    /// Place of the type of this table.
    pub(crate) fn type_of(&self, table: &ObjectName) -> Option<(usize, &BlockPlace)> {
        let at = *self.types.get(table)?;
        Some((at, self.places.get(at)?))
    }

    /// Whether the text has a link table of this name.
    pub(crate) fn has_link(&self, table: &ObjectName) -> bool {
        self.links.contains_key(table)
    }

    /// Place of the type that declares the link table.
    pub(crate) fn link_type(&self, table: &ObjectName) -> Option<(usize, &BlockPlace)> {
        let at = (*self.links.get(table)?)?;
        Some((at, self.places.get(at)?))
    }

    /// The field of a table's type that stands for this.
    pub(crate) fn field(&self, table: &ObjectName, stands: &Stands) -> Option<&MemberPlace> {
        let at = self.fields.get(table)?.get(stands)?;
        self.type_of(table)?.1.members.get(*at)
    }

    /// The indexes that the text asks for, each with the line that does.
    pub(crate) fn indexes(&self, table: &ObjectName) -> Vec<(&Index, IndexPlace)> {
        let lines = self.indexes.get(table).into_iter().flatten().copied();
        let indexes = self.schema.table(table).into_iter().flat_map(|table| &table.indexes);
        indexes.zip(lines.chain(std::iter::repeat(IndexPlace::Implied))).collect()
    }

    /// Whether the column's field says that it is unique.
    pub(crate) fn is_unique(&self, table: &ObjectName, column: &str) -> bool {
        self.indexes(table).iter().any(|(index, line)| {
            matches!(line, IndexPlace::Field)
                && index.columns.iter().map(|part| part.name.as_str()).eq([column])
        })
    }

    /// The name that was given to a relation, by its column (as [`Stands::Back`]) or its link table (as
    /// [`Stands::Link`] without a column).
    pub(crate) fn relation_name(&self, of: &Stands) -> Option<&str> {
        self.names.get(of).map(String::as_str)
    }

    /// Whether a relation of this name is there.
    pub(crate) fn has_relation_name(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// The table as the text describes it.
    pub(crate) fn table(&self, name: &ObjectName) -> Option<&Table> {
        self.schema.table(name)
    }

    /// The text of a place.
    pub(crate) fn slice(&self, span: datamodel::Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

/// Whether each field of a type has a line of its own, apart from the braces.
fn stands_on_lines(text: &str, place: &BlockPlace) -> bool {
    let alone = |member: &MemberPlace| {
        let before = text.get(..member.span.start).and_then(|before| before.rsplit('\n').next());
        let itself = text.get(member.span.start..member.span.end).unwrap_or_default();
        before.is_some_and(|before| before.trim().is_empty()) && !itself.contains('\n')
    };
    let last = place.members.last().map_or(place.span.start, |member| member.span.end);
    let end = text.get(last..place.span.end).unwrap_or_default();
    place.kind != BlockKind::Model || place.members.iter().all(alone) && end.contains('\n')
}
