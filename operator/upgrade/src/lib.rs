//! A datamodel of Prisma 1 to a newer language.
//!
//! The one entry is [`upgrade`]. The new text describes the same tables: types, names of keys and link tables are
//! taken from the schema that the old text derives to, so a plan against its database is empty. What Prisma 1's
//! server did and no table shows is kept as comments. Pure and total on valid texts.

mod block;
mod links;
mod names;
mod psl;
mod relations;
mod types;

use datamodel::{Diagnostic, Language, Severity, Source, Upgraded};
use schema::{Dialect, Scope};

/// The language to arrive at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Prisma 1's datamodel v1.1.
    SdlV11,
    /// Prisma schema language.
    Psl,
}

/// Writes the text anew. Without a result the findings say what is wrong with the old one.
///
/// The scope says which database holds the tables, since names and types depend on it.
pub fn upgrade(source: Source<'_>, target: Target, scope: &Scope) -> (Option<Upgraded>, Vec<Diagnostic>) {
    let language = source.language.unwrap_or_else(|| datamodel::recognise(source.text));
    let source = Source { language: Some(language), ..source };
    let parsed = datamodel::parse(source);
    let Some(old) = parsed.datamodel else { return (None, parsed.diagnostics) };
    match (language, target) {
        (Language::Psl, _) | (Language::SdlV11, Target::SdlV11) => {
            let notes = vec!["The text is written in this language already.".to_owned()];
            (Some(Upgraded { text: source.text.to_owned(), notes }), parsed.diagnostics)
        }
        (Language::SdlV1, Target::SdlV11) => datamodel::upgrade_v1(source.text),
        (Language::SdlV11 | Language::SdlV1, Target::Psl) => {
            let outline = datamodel::outline(source);
            let errors = |finding: &Diagnostic| finding.severity == Severity::Error;
            let text = psl::write(&old, &schema::derive(&old, scope), &outline);
            let written =
                datamodel::parse(Source { text: &text, language: Some(Language::Psl), edition: None });
            let found = written.diagnostics.iter().filter(|finding| errors(finding));
            let mut notes: Vec<String> = found
                .map(|finding| format!("The result needs a hand: {}", finding.one_line(&text)))
                .collect();
            notes.push("Defaults, enums and required relations of Prisma 1 are not in the database; lines marked `Prisma 1:` say where.".to_owned());
            if scope.dialect == Dialect::MySql && !old.relations.is_empty() {
                notes.push("MySQL's server named the foreign keys itself (`Post_ibfk_1`): `schemalift introspect -d FILE` over the database writes those names into the result.".to_owned());
            }
            (Some(Upgraded { text, notes }), parsed.diagnostics)
        }
    }
}
