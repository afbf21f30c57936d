//! Prisma 1's SDL: GraphQL type definitions with directives, datamodel v1.1.
//!
//! Prisma 1 keeps much out of the database: defaults, timestamps and ids of texts are made by its server, and enums
//! are stored as text. The rules and their texts are those of its deployment.

mod ast;
mod codes;
mod defaults;
mod directives;
mod indexes;
mod lexer;
mod link_tables;
mod links;
mod parser;
mod relations;
mod resolve;
mod symbols;
mod validate;

use crate::{Datamodel, Diagnostic, Language, Span};
use codes::Findings;

/// Parses and validates.
pub(crate) fn parse(text: &str, language: Language) -> (Option<Datamodel>, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    if language == Language::SdlV1 {
        let end = text.lines().next().map_or(0, str::len);
        let message = "The legacy datamodel v1 of Prisma 1 is not supported yet.";
        let help = "Bring it to v1.1: write `id: ID! @id`, `@createdAt` and `@updatedAt` on the fields, and `@relation(link: TABLE)` for existing link tables.";
        findings.error(codes::UNSUPPORTED_LANGUAGE, Span::new(0, end), message, help);
        return (None, findings.into_list());
    }
    let datamodel = resolved(text, &mut findings);
    (datamodel, findings.into_list())
}

/// The stages in order. Each later one runs only where what it needs is sound, so that no finding is only the shadow of another.
fn resolved(text: &str, findings: &mut Findings) -> Option<Datamodel> {
    let document = parser::document(text, findings);
    let readable = findings.errors() == 0;
    let symbols = symbols::Symbols::of(&document);
    validate::check(&document, &symbols, findings);
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
    let links = links::links(&ends, &symbols, findings);
    (findings.errors() == 0).then(|| resolve::datamodel(&document, &symbols, &links, findings))
}
