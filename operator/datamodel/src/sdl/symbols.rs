//! What the names of a text stand for.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Document, EnumDefinition, FieldDefinition, TypeDefinition};
use crate::Scalar;

/// The built-in scalars.
const SCALARS: [(&str, Scalar); 8] = [
    ("ID", Scalar::Id),
    ("UUID", Scalar::Uuid),
    ("String", Scalar::String),
    ("Int", Scalar::Int),
    ("Float", Scalar::Float),
    ("Boolean", Scalar::Boolean),
    ("DateTime", Scalar::DateTime),
    ("Json", Scalar::Json),
];

/// What the type of a field is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning<'d, 'a> {
    /// A scalar.
    Scalar(Scalar),
    /// An enum.
    Enum(&'d EnumDefinition<'a>),
    /// A type that is stored: its place in [`Document::types`] and itself.
    Model(usize, &'d TypeDefinition<'a>),
    /// A declared link table.
    LinkTable,
    /// Something that was refused elsewhere.
    Refused,
    /// Nothing.
    Unknown,
}

/// What a type is, by its directives: asked once, since many fields may be of a type with many directives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Stored,
    LinkTable,
    Embedded,
}

/// The names of a document.
#[derive(Debug)]
pub(super) struct Symbols<'d, 'a> {
    types: BTreeMap<&'a str, (usize, &'d TypeDefinition<'a>, Form)>,
    enums: BTreeMap<&'a str, &'d EnumDefinition<'a>>,
    values: BTreeSet<(&'a str, &'a str)>,
    refused: BTreeSet<&'a str>,
}

impl<'d, 'a> Symbols<'d, 'a> {
    /// Collects the names; of two definitions of one name the first counts.
    pub(super) fn of(document: &'d Document<'a>) -> Self {
        let mut types = BTreeMap::new();
        for (place, definition) in document.types.iter().enumerate() {
            types.entry(definition.name.text).or_insert_with(|| {
                let form = if definition.is_link_table() {
                    Form::LinkTable
                } else if definition.is_embedded() {
                    Form::Embedded
                } else {
                    Form::Stored
                };
                (place, definition, form)
            });
        }
        let mut enums = BTreeMap::new();
        let mut values = BTreeSet::new();
        for definition in &document.enums {
            enums.entry(definition.name.text).or_insert(definition);
            values.extend(definition.values.iter().map(|value| (definition.name.text, value.text)));
        }
        Self { types, enums, values, refused: document.refused.iter().copied().collect() }
    }

    /// What the type of this field is.
    pub(super) fn meaning(&self, field: &FieldDefinition<'_>) -> Meaning<'d, 'a> {
        let name = field.ty.name.text;
        if let Some((_, scalar)) = SCALARS.iter().find(|(candidate, _)| *candidate == name) {
            return Meaning::Scalar(*scalar);
        }
        if let Some(definition) = self.enums.get(name) {
            return Meaning::Enum(definition);
        }
        match self.types.get(name) {
            Some((_, _, Form::LinkTable)) => Meaning::LinkTable,
            Some((_, _, Form::Embedded)) => Meaning::Refused,
            Some((place, definition, Form::Stored)) => Meaning::Model(*place, definition),
            None if self.refused.contains(name) => Meaning::Refused,
            None => Meaning::Unknown,
        }
    }

    /// Every name that a field's type can be, for suggestions.
    pub(super) fn type_names(&self) -> impl Iterator<Item = &'a str> + '_ {
        let scalars = SCALARS.iter().map(|(name, _)| *name);
        scalars.chain(self.types.keys().copied()).chain(self.enums.keys().copied())
    }

    /// Whether a type and an enum share this name.
    pub(super) fn is_type(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }

    /// Whether the enum has the value.
    pub(super) fn has_value(&self, name: &str, value: &str) -> bool {
        self.values.contains(&(name, value))
    }

    /// The declared link table of this name.
    pub(super) fn link_table(&self, name: &str) -> Option<&'d TypeDefinition<'a>> {
        let (_, definition, form) = self.types.get(name)?;
        (*form == Form::LinkTable).then_some(*definition)
    }
}

/// Whether this is a built-in scalar.
pub(super) fn is_scalar(name: &str) -> bool {
    SCALARS.iter().any(|(candidate, _)| *candidate == name)
}

/// The scalar that other languages call so.
pub(super) fn scalar_by_another_name(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "integer" | "number" | "long" | "bigint" | "short" => "Int",
        "text" | "varchar" | "char" | "url" | "email" => "String",
        "bool" => "Boolean",
        "date" | "time" | "timestamp" | "datetimeoffset" => "DateTime",
        "double" | "decimal" | "real" | "money" => "Float",
        "jsonb" | "object" | "map" => "Json",
        "guid" => "UUID",
        "cuid" => "ID",
        _ => return None,
    })
}

/// The name of a scalar as the text has it.
pub(super) fn scalar_name(scalar: Scalar) -> &'static str {
    SCALARS.iter().find(|(_, candidate)| *candidate == scalar).map_or("Scalar", |(name, _)| name)
}
