//! Prisma 1's SDL: GraphQL type definitions with directives, datamodel v1.1 and the legacy v1.
//!
//! Prisma 1 keeps much out of the database: defaults, timestamps and ids of texts are made by its server, and enums
//! are stored as text. The rules and their texts are those of its deployment. The legacy language is checked by its
//! own rules and then written anew in terms of v1.1, so that everything after that is shared.

mod ast;
mod codes;
mod defaults;
mod directive_tables;
mod directives;
mod flavour;
mod indexes;
mod legacy;
mod lexer;
mod link_tables;
mod links;
mod modernise;
mod names;
mod outline;
mod parser;
mod places;
mod print;
mod relation_tables;
mod relations;
mod replacements;
mod resolve;
mod symbols;
mod upgrade;
mod validate;

pub(crate) use print::quoted;

use crate::{BlockPlace, Datamodel, Diagnostic, Language, Outline, Upgraded};
use codes::Findings;
use flavour::Flavour;

/// Parses and validates.
pub(crate) fn parse(text: &str, language: Language) -> (Option<Datamodel>, Vec<Diagnostic>) {
    let mut findings = codes::no_findings();
    let datamodel = resolved(text, language, &mut findings);
    let mut list = findings.into_list();
    if language == Language::SdlV1 {
        // The legacy server said it in other words, and people search for them.
        for finding in &mut list {
            finding.message =
                finding.message.replace("error in the data model.", "error in the Schema Definition.");
        }
    }
    (datamodel, list)
}

/// What the text says beside its tables.
pub(crate) fn outline(text: &str, language: Language) -> Outline {
    outline::outline(text, language)
}

/// Where the types and enums of the text stand.
pub(crate) fn places(text: &str) -> Vec<BlockPlace> {
    places::places(text)
}

/// The text as Prisma 1's printer lays it out, when it can be read.
pub(crate) fn format(text: &str) -> String {
    let mut findings = codes::no_findings();
    let document =
        if text.len() > crate::MAX_BYTES { None } else { Some(parser::document(text, &mut findings)) };
    match document.filter(|_| findings.errors() == 0) {
        Some(document) => print::print(&document, text, print::Defaults::AsWritten),
        None => text.to_owned(),
    }
}

/// Datamodel v1 as v1.1, when it is valid.
pub(crate) fn upgrade(text: &str) -> (Option<Upgraded>, Vec<Diagnostic>) {
    let (datamodel, diagnostics) = parse(text, Language::SdlV1);
    (datamodel.map(|_| upgrade::upgrade(text)), diagnostics)
}

/// The stages in order. Each later one runs only where what it needs is sound, so that no finding is only the shadow of another.
fn resolved(text: &str, language: Language, findings: &mut Findings) -> Option<Datamodel> {
    let mut document = parser::document(text, findings);
    let readable = findings.errors() == 0;
    let flavour = Flavour::of(language, &document);
    if flavour != Flavour::Modern {
        legacy::check(&document, &symbols::Symbols::of(&document), flavour, findings);
        modernise::modernise(&mut document, flavour);
    }
    let symbols = symbols::Symbols::of(&document);
    validate::check(&document, &symbols, flavour, findings);
    if !readable {
        return None;
    }
    let ends = relations::Ends::of(&document, &symbols);
    let before = findings.errors();
    relations::check(&document, &symbols, &ends, findings);
    if findings.errors() != before {
        return None;
    }
    link_tables::check(&document, &symbols, &ends, findings);
    let links = links::links(&ends, &symbols, flavour, findings);
    if findings.errors() > 0 {
        return None;
    }
    let mut datamodel = resolve::datamodel(&document, &symbols, &links, flavour, findings);
    replacements::take(&document, text, &mut datamodel);
    Some(datamodel)
}
