//! Which of Prisma 1's layouts a text describes.

use super::ast::Document;
use crate::Language;

/// A layout and its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Datamodel v1.1.
    Modern,
    /// Datamodel v1, deployed by Prisma: hidden timestamps, link tables with ids.
    Legacy,
    /// Datamodel v1, written by introspection of a database that Prisma did not make.
    Introspected,
}

/// Directives that only introspection wrote.
pub(super) const INTROSPECTED: [&str; 5] =
    ["pgTable", "pgColumn", "pgRelation", "pgRelationTable", "pgDefault"];

impl Flavour {
    /// The flavour of a text in this language.
    pub(super) fn of(language: Language, document: &Document<'_>) -> Self {
        if language != Language::SdlV1 {
            return Self::Modern;
        }
        let on_types = document.types.iter().flat_map(|definition| &definition.directives);
        let fields = document.types.iter().flat_map(|definition| &definition.fields);
        let mut all = on_types.chain(fields.flat_map(|field| &field.directives));
        if all.any(|directive| INTROSPECTED.contains(&directive.name.text)) {
            Self::Introspected
        } else {
            Self::Legacy
        }
    }

    /// The language whose layout rules hold for the result: what introspection wrote has nothing hidden.
    pub(super) const fn layout(self) -> Language {
        match self {
            Self::Modern | Self::Introspected => Language::SdlV11,
            Self::Legacy => Language::SdlV1,
        }
    }
}
