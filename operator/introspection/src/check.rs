//! The text held against the schema that it was written from.

use datamodel::{Edition, Language, Severity, Source};
use plan::{Ownership, diff};
use schema::{Schema, Scope, derive, recognise_prisma1};

use crate::remark::Remark;

/// What keeps the text from describing exactly this schema.
pub(crate) fn check(
    text: &str,
    language: Language,
    edition: Edition,
    scope: &Scope,
    found: &Schema,
) -> Vec<Remark> {
    let parsed = datamodel::parse(Source { text, language: Some(language), edition: Some(edition) });
    let errors = parsed.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
    let mut remarks: Vec<Remark> = errors
        .map(|finding| Remark::new("", format!("The text needs a hand: {}", finding.one_line(text))))
        .collect();
    if let Some(datamodel) = parsed.datamodel {
        let wanted = derive(&datamodel, scope);
        let found = recognise_prisma1(found.clone(), &wanted, language);
        match diff(&found, &wanted, &Ownership::default()) {
            Ok(plan) => remarks.extend(sql::render(&plan).steps.iter().map(|step| {
                Remark::new("", format!("A plan from the database to this text would: {}.", step.summary))
            })),
            Err(refusal) => remarks.push(Remark::new("", refusal.to_string())),
        }
    }
    remarks
}
