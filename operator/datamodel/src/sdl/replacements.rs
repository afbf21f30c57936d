//! `@schemalift.replaces(column)` in the comment or description of a field: Prisma 1 has no directive for it.

use super::ast::{Document, FieldDefinition};
use crate::{ColumnHints, Datamodel, Span, hint};

/// Gives each field the hint that stands before it, or behind it on its line.
pub(super) fn take(document: &Document<'_>, text: &str, datamodel: &mut Datamodel) {
    for remark in &document.remarks {
        let written = text.get(remark.start..remark.end).unwrap_or_default();
        let found = written.split_once(hint::KEY).and_then(|(_, rest)| hint::argument(rest, "replaces"));
        let (Some(old), Some(field)) = (found, owner(document, text, *remark)) else { continue };
        let columns = datamodel.models.iter_mut().flat_map(|model| &mut model.columns);
        for column in columns {
            if column.span == field.name.span && column.name == field.name.text {
                let renamed_from = column.renamed_from().map(str::to_owned);
                column.hints = ColumnHints::of(renamed_from, Some(old.clone()));
            }
        }
    }
}

/// The field that a remark is about.
fn owner<'d, 't>(document: &'d Document<'t>, text: &str, remark: Span) -> Option<&'d FieldDefinition<'t>> {
    let definition = document
        .types
        .iter()
        .find(|found| found.span.start <= remark.start && remark.end <= found.span.end)?;
    let before = definition.fields.iter().rev().find(|field| field.name.span.start < remark.start);
    let same_line = before.filter(|field| {
        text.get(field.name.span.start..remark.start).is_some_and(|between| !between.contains('\n'))
    });
    same_line.or_else(|| definition.fields.iter().find(|field| field.name.span.start >= remark.end))
}

#[cfg(test)]
mod tests {
    use crate::{Source, parse};

    #[test]
    fn a_hint_belongs_to_the_field_that_it_stands_at() {
        let text = "# @schemalift.replaces(no)\ntype User {\n  id: ID! @id\n  # @schemalift.replaces(a)\n  b: String\n  \
                    c: String # @schemalift.replaces(d)\n  e: String\n  \"\"\"\n  @schemalift.replaces(f)\n  \"\"\"\n  g: Int\n}\n";
        let parsed = parse(Source { text, language: None, edition: None });
        let model = parsed.datamodel.unwrap().models.remove(0);
        let hints: Vec<(&str, Option<&str>)> =
            model.columns.iter().map(|column| (column.name.as_str(), column.replaces())).collect();
        assert_eq!(hints, [("id", None), ("b", Some("a")), ("c", Some("d")), ("e", None), ("g", Some("f"))]);
    }
}
