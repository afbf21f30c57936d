//! Types with `@relationTable`: their shape and what they refer to.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Document, FieldDefinition, TypeDefinition};
use super::codes::{self, Findings};
use super::relations::Ends;
use super::symbols::{Meaning, Symbols};
use crate::Scalar;

/// The two fields of a link table that hold ids, each with the model it refers to.
pub(super) type Sides<'d, 'a> = Vec<(&'d FieldDefinition<'a>, &'d TypeDefinition<'a>)>;

/// The relation fields of a link table.
pub(super) fn sides<'d, 'a>(table: &'d TypeDefinition<'a>, symbols: &Symbols<'d, 'a>) -> Sides<'d, 'a> {
    let side = |field| match symbols.meaning(field) {
        Meaning::Model(_, target) => Some((field, target)),
        Meaning::Scalar(_) | Meaning::Enum(_) | Meaning::LinkTable | Meaning::Refused | Meaning::Unknown => {
            None
        }
    };
    table.fields.iter().filter_map(side).collect()
}

/// The id field of a link table, which is deprecated.
pub(super) fn id<'d, 'a>(table: &'d TypeDefinition<'a>) -> Option<&'d FieldDefinition<'a>> {
    table.fields.iter().find(|field| field.directive("id").is_some())
}

/// Checks all link tables.
pub(super) fn check<'d, 'a>(
    document: &'d Document<'a>,
    symbols: &Symbols<'d, 'a>,
    ends: &Ends<'d, 'a>,
    findings: &mut Findings,
) {
    let mut linked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for end in &ends.list {
        if let Some(name) = end.name {
            linked.entry(name).or_default().extend([end.model.name.text, end.target.name.text]);
        }
    }
    for table in document.types.iter().filter(|definition| definition.is_link_table() && !definition.broken) {
        let name = table.name;
        let sides = sides(table, symbols);
        shape(table, &sides, symbols, findings);
        let targets: BTreeSet<&str> = sides.iter().map(|(_, target)| target.name.text).collect();
        match linked.get(name.text) {
            None => {
                let message =
                    format!("The link table `{}` is not referenced in any relation field.", name.text);
                let help =
                    format!("Write `@relation(name: \"{}\")` on the fields of the relation.", name.text);
                findings.error(codes::LINK_TABLE, name.span, message, help);
            }
            Some(types) if *types != targets => {
                let message = format!("The link table `{}` is not referencing the right types.", name.text);
                let types: Vec<&str> = types.iter().copied().collect();
                let help =
                    format!("Its relation is between {}; give its fields these types.", types.join(" and "));
                findings.error(codes::LINK_TABLE, name.span, message, help);
            }
            Some(_) => {}
        }
    }
}

fn shape(
    table: &TypeDefinition<'_>,
    sides: &Sides<'_, '_>,
    symbols: &Symbols<'_, '_>,
    findings: &mut Findings,
) {
    if sides.len() != 2 {
        let message = "A link table must specify exactly two relation fields.";
        let help = format!("It has {}; keep one field for each side.", sides.len());
        findings.error(codes::LINK_TABLE, table.name.span, message, help);
    }
    for (field, _) in sides.iter().filter(|(field, _)| field.ty.list) {
        let message = format!("The field `{}` of a link table must not be a list.", field.name.text);
        findings.error(
            codes::LINK_TABLE,
            field.name.span,
            message,
            format!("Write `{}: {}`.", field.name.text, field.ty.name.text),
        );
    }
    for field in &table.fields {
        let meaning = symbols.meaning(field);
        if field.directive("id").is_some() {
            if !matches!(meaning, Meaning::Scalar(Scalar::Id)) {
                let message = "The id field of a link table must be of type `ID!`.";
                findings.error(
                    codes::LINK_TABLE_ID,
                    field.name.span,
                    message,
                    "Remove the field, or change its type.",
                );
            }
            let message = "Id fields on link tables are deprecated and will soon loose support. Please remove it from your datamodel to remove the underlying column.";
            findings.warning(
                codes::LINK_TABLE_ID,
                field.name.span,
                message,
                "Nothing changes as long as the field stays.",
            );
        } else if matches!(meaning, Meaning::Scalar(_) | Meaning::Enum(_)) {
            let message = "A link table must not specify any additional scalar fields.";
            let help = "Remove the field, or turn the link table into a type with an id and two relations.";
            findings.error(codes::LINK_TABLE, field.name.span, message, help);
        }
    }
}
