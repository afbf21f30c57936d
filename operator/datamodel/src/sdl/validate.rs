//! The rules for types, enums and fields that need no knowledge of relations.

use std::collections::BTreeMap;

use super::ast::{Document, EnumDefinition, FieldDefinition, Name, TypeDefinition, ValueKind};
use super::codes::{self, Findings, did_you_mean};
use super::directives::{self, Place};
use super::flavour::Flavour;
use super::symbols::{Meaning, Symbols, scalar_by_another_name};
use super::{defaults, indexes};
use crate::Scalar;

/// Type names that Prisma's API uses itself.
const RESERVED: [&str; 6] = ["Mutation", "Query", "Subscription", "Node", "PageInfo", "BatchPayload"];

/// Longest name of a type or field.
const MAX_NAME: usize = 64;

/// Checks the whole document.
pub(super) fn check(
    document: &Document<'_>,
    symbols: &Symbols<'_, '_>,
    flavour: Flavour,
    findings: &mut Findings,
) {
    duplicate_types(document, findings);
    cross_renames(document, findings);
    enums(document, symbols, flavour, findings);
    for definition in &document.types {
        let owner = (definition.name.text, definition.name.span);
        if flavour == Flavour::Modern {
            directives::check(&definition.directives, Place::Type, flavour, owner, findings);
        }
        length(definition.name, "type", findings);
        if definition.is_embedded() {
            let name = definition.name;
            let message = format!(
                "The type `{}` is marked as embedded but this connector does not support embedded types.",
                name.text
            );
            let help =
                "Remove `@embedded` and give the type an id, or move its fields into the type that uses it.";
            findings.error(codes::EMBEDDED_TYPE, name.span, message, help);
            continue;
        }
        duplicate_fields(definition, findings);
        for field in &definition.fields {
            let owner = (field.name.text, field.name.span);
            if flavour == Flavour::Modern {
                directives::check(&field.directives, Place::Field, flavour, owner, findings);
            }
            length(field.name, "field", findings);
            stored_field(field, symbols.meaning(field), symbols, flavour, findings);
        }
        if !definition.is_link_table() {
            reserved_name(definition, findings);
            if flavour == Flavour::Modern {
                id_count(definition, findings);
            }
            indexes::check(definition, symbols, findings);
        }
    }
}

fn length(name: Name<'_>, what: &str, findings: &mut Findings) {
    if name.text.len() > MAX_NAME {
        let message = format!("The name of this {what} has more than {MAX_NAME} characters.");
        findings.error(codes::NAME_TOO_LONG, name.span, message, "Choose a shorter name.");
    }
}

fn duplicate_types(document: &Document<'_>, findings: &mut Findings) {
    let mut seen: BTreeMap<String, Name<'_>> = BTreeMap::new();
    for definition in &document.types {
        let name = definition.name;
        if let Some(first) = seen.get(&name.text.to_lowercase()) {
            let message = format!(
                "The name of the type `{}` occurs more than once. The detection of duplicates is performed case insensitive.",
                first.text
            );
            findings.error(
                codes::DUPLICATE_TYPE,
                name.span,
                message,
                "Rename or remove one of the two types.",
            );
        } else {
            seen.insert(name.text.to_lowercase(), name);
        }
    }
}

fn duplicate_fields(definition: &TypeDefinition<'_>, findings: &mut Findings) {
    let mut seen = std::collections::BTreeSet::new();
    for field in &definition.fields {
        if !seen.insert(field.name.text.to_lowercase()) {
            let message = format!(
                "The type `{}` has a duplicate fieldName. The detection of duplicates is performed case insensitive. ",
                definition.name.text
            );
            let help = format!("Rename or remove one of the fields `{}`.", field.name.text);
            findings.error(codes::DUPLICATE_FIELD, field.name.span, message, help);
        }
    }
}

fn cross_renames(document: &Document<'_>, findings: &mut Findings) {
    let mut by_old_name: BTreeMap<&str, &TypeDefinition<'_>> = BTreeMap::new();
    for definition in &document.types {
        if let Some(old) = definition.old_name() {
            by_old_name.entry(old).or_insert(definition);
        }
    }
    for definition in &document.types {
        let name = definition.name;
        let (Some(old), Some(other)) = (definition.old_name(), by_old_name.get(name.text)) else { continue };
        if other.name.text != name.text {
            let message = format!(
                "You renamed type `{old}` to `{}`. But that is the old name of type `{}`. Please do this in two steps.",
                name.text, other.name.text
            );
            let help = format!(
                "First rename `{}` to `{}` and migrate, then do the other rename.",
                name.text, other.name.text
            );
            findings.error(codes::CROSS_RENAME, name.span, message, help);
        }
    }
}

fn enums(document: &Document<'_>, symbols: &Symbols<'_, '_>, flavour: Flavour, findings: &mut Findings) {
    let mut seen = std::collections::BTreeSet::new();
    for definition in &document.enums {
        let name = definition.name;
        if flavour == Flavour::Modern {
            let owner = (name.text, name.span);
            directives::check(&definition.directives, Place::Enum, flavour, owner, findings);
        }
        length(name, "enum", findings);
        if let Some(directive) = definition.directives.iter().find(|directive| directive.name.text == "db") {
            let message = format!("`@db` on the enum `{}` has no effect.", name.text);
            let help = "Prisma 1 stores enums as text, so the enum has no name in the database.";
            findings.warning(codes::NO_EFFECT, directive.span, message, help);
        }
        if !seen.insert(name.text) {
            let message = format!(
                "The enum type `{}` is defined twice in the schema. Enum names must be unique.",
                name.text
            );
            findings.error(
                codes::DUPLICATE_ENUM,
                name.span,
                message,
                "Rename one of them, or put all values into one enum.",
            );
        }
        if symbols.is_type(name.text) {
            let message = format!("There is a type and an enum named `{}`.", name.text);
            findings.error(codes::DUPLICATE_ENUM, name.span, message, "Rename one of the two.");
        }
        enum_values(definition, findings);
    }
}

fn enum_values(definition: &EnumDefinition<'_>, findings: &mut Findings) {
    let name = definition.name.text;
    let help = "Begin it with a capital letter; letters, digits and `_` may follow, 191 characters at most.";
    let starts_lower = |value: &&Name<'_>| value.text.starts_with(|first: char| first.is_ascii_lowercase());
    if let Some(value) = definition.values.iter().find(starts_lower) {
        let message = format!(
            "The enum type `{name}` contains invalid enum values. The first character of each value must be an uppercase letter."
        );
        findings.error(codes::ENUM_VALUE, value.span, message, help);
    } else {
        let invalid = |value: &&Name<'_>| {
            value.text.len() > 191 || !value.text.starts_with(|first: char| first.is_ascii_uppercase())
        };
        let wrong: Vec<&Name<'_>> = definition.values.iter().filter(invalid).collect();
        if let Some(first) = wrong.first() {
            let list: Vec<String> = wrong.iter().map(|value| format!("`{}`", value.text)).collect();
            let message = format!(
                "The enum type `{name}` contains invalid enum values. Those are invalid: {}.",
                list.join(", ")
            );
            findings.error(codes::ENUM_VALUE, first.span, message, help);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for value in &definition.values {
        if !seen.insert(value.text) {
            let message = format!("The enum type `{name}` has the value `{}` more than once.", value.text);
            findings.error(codes::ENUM_VALUE, value.span, message, "Remove the repetition.");
        }
    }
}

fn reserved_name(definition: &TypeDefinition<'_>, findings: &mut Findings) {
    let name = definition.name;
    if RESERVED.contains(&name.text) {
        let message =
            format!("The type `{}` has is using a reserved type name. Please rename it.", name.text);
        let help = format!("Choose another name and keep the table with `@db(name: \"{}\")`.", name.text);
        findings.error(codes::RESERVED_TYPE, name.span, message, help);
    }
}

/// A type that becomes a table has one id.
fn id_count(definition: &TypeDefinition<'_>, findings: &mut Findings) {
    let name = definition.name;
    let mut ids = definition.fields.iter().filter(|field| field.directive("id").is_some());
    let nearly = definition.fields.iter().any(|field| field.nearly_has("id"));
    if ids.next().is_none() && !definition.broken && !nearly {
        let message = format!(
            "One field of the type `{}` must be marked as the id field with the `@id` directive.",
            name.text
        );
        let legacy = definition.fields.iter().any(|field| field.name.text == "id" && field.is_unique());
        let help = if legacy {
            "This looks like datamodel v1: write `id: ID! @id` instead of `id: ID! @unique`, or set `datamodel.language: sdl-v1` for the whole text."
        } else {
            "Add `id: ID! @id`."
        };
        findings.error(codes::ID_COUNT, name.span, message, help);
    }
    for field in ids {
        let message = format!("The type `{}` has more than one id field.", name.text);
        findings.error(
            codes::ID_COUNT,
            field.name.span,
            message,
            "Keep `@id` on one field; mark the others `@unique`.",
        );
    }
}

/// The rules of one field, whatever type it is in.
fn stored_field(
    field: &FieldDefinition<'_>,
    meaning: Meaning<'_, '_>,
    symbols: &Symbols<'_, '_>,
    flavour: Flavour,
    findings: &mut Findings,
) {
    match meaning {
        Meaning::Unknown if findings.is_full() => return,
        Meaning::Unknown => {
            let message = format!(
                "The field `{}` has the type `{}` but there's no type or enum declaration with that name.",
                field.name.text, field.ty.written
            );
            let name = field.ty.name.text;
            let meant = did_you_mean(name, symbols.type_names()).or_else(|| scalar_by_another_name(name));
            let help = meant.map_or_else(
                || "Declare it, or use another type.".to_owned(),
                |meant| format!("Did you mean `{meant}`?"),
            );
            findings.error(codes::UNKNOWN_TYPE, field.ty.name.span, message, help);
            return;
        }
        Meaning::LinkTable => {
            let message = format!(
                "The field `{}` has the type `{}`, which is a link table.",
                field.name.text, field.ty.written
            );
            let help = format!(
                "Give it the type on the other side of the relation, with `@relation(name: \"{}\")`.",
                field.ty.name.text
            );
            findings.error(codes::LINK_TABLE, field.ty.name.span, message, help);
            return;
        }
        Meaning::Refused => return,
        Meaning::Scalar(_) | Meaning::Enum(_) | Meaning::Model(..) => {}
    }
    if flavour == Flavour::Modern {
        defaults::check(field, meaning, symbols, findings);
        id(field, meaning, findings);
        sequence(field, meaning, findings);
        timestamps(field, meaning, findings);
    }
    lists(field, meaning, findings);
}

fn id(field: &FieldDefinition<'_>, meaning: Meaning<'_, '_>, findings: &mut Findings) {
    let Some(directive) = field.directive("id") else { return };
    if !field.ty.required {
        let message = "Fields that are marked as id must be required.";
        let help = format!("Write `{}: {}!`.", field.name.text, field.ty.name.text);
        findings.error(codes::ID_TYPE, field.name.span, message, help);
    }
    let Meaning::Scalar(scalar @ (Scalar::Id | Scalar::Uuid | Scalar::Int)) = meaning else {
        let message = format!(
            "The field `{}` is marked as id must have one of the following types: `ID!`,`UUID!`,`Int!`.",
            field.name.text
        );
        findings.error(
            codes::ID_TYPE,
            field.ty.name.span,
            message,
            "Change the type, or move `@id` to another field.",
        );
        return;
    };
    if directive.text("strategy") == Some("SEQUENCE") && scalar != Scalar::Int {
        let message =
            format!("The field `{}` uses the sequence strategy but is not of type `Int!`.", field.name.text);
        findings.error(codes::SEQUENCE, directive.span, message, "Write `Int!`, or remove the strategy.");
    }
}

fn sequence(field: &FieldDefinition<'_>, meaning: Meaning<'_, '_>, findings: &mut Findings) {
    let Some(directive) = field.directive("sequence") else { return };
    let strategy = field.directive("id").and_then(|id| id.text("strategy"));
    if strategy != Some("SEQUENCE") || !matches!(meaning, Meaning::Scalar(Scalar::Int)) {
        let message = "The directive `@sequence` must only be specified for fields that are marked as id, are of type `Int` and use the sequence strategy. E.g. `id: Int! @id(strategy: SEQUENCE)`.";
        findings.error(
            codes::SEQUENCE,
            directive.span,
            message,
            "Remove the directive, or make the field such an id.",
        );
        return;
    }
    let step = directive.argument("allocationSize");
    if step.is_some_and(|argument| !matches!(argument.value.kind, ValueKind::Int("1"))) {
        let message = "The allocation size of a sequence is not carried out, neither was it by Prisma 1; it counts by 1.";
        let help = "Set it in the database if it matters.";
        findings.warning(codes::NO_EFFECT, directive.span, message, help);
    }
}

fn timestamps(field: &FieldDefinition<'_>, meaning: Meaning<'_, '_>, findings: &mut Findings) {
    let fits = matches!(meaning, Meaning::Scalar(Scalar::DateTime)) && !field.ty.list;
    let created = field.directive("createdAt");
    let updated = field.directive("updatedAt");
    let help = format!("Write `{}: DateTime!`, or remove the directive.", field.name.text);
    if let Some(directive) = created.filter(|_| !fits) {
        let message = "Fields that are marked as `@createdAt` must be of type `DateTime!` or `DateTime`.";
        findings.error(codes::TIMESTAMP, directive.span, message, help.as_str());
    }
    if let Some(directive) = updated.filter(|_| !fits) {
        let message = "Fields that are marked as @updatedAt must be of type `DateTime!` or `DateTime`.";
        findings.error(codes::TIMESTAMP, directive.span, message, help);
    }
    if let (Some(_), Some(directive)) = (created, updated) {
        let message = "Fields cannot be marked simultaneously with `@createdAt` and `@updatedAt`.";
        findings.error(codes::TIMESTAMP, directive.span, message, "Use one field for each.");
    }
}

fn lists(field: &FieldDefinition<'_>, meaning: Meaning<'_, '_>, findings: &mut Findings) {
    let stored = matches!(meaning, Meaning::Scalar(_) | Meaning::Enum(_));
    match field.directive("scalarList") {
        Some(directive) if !field.ty.list || !stored => {
            let message = format!(
                "Fields that are marked as `@scalarList` must be lists, e.g. `[{}]`.",
                field.ty.name.text
            );
            let help = if stored {
                "Make it a list, or remove the directive."
            } else {
                "Remove the directive; this is a relation."
            };
            findings.error(codes::SCALAR_LIST, directive.span, message, help);
        }
        None if field.ty.list && stored && !field.nearly_has("scalarList") && !field.nearly_has("id") => {
            let message = "Valid values for the strategy argument of `@scalarList` are: RELATION.";
            findings.error(
                codes::SCALAR_LIST,
                field.name.span,
                message,
                "Add `@scalarList(strategy: RELATION)` to this list.",
            );
        }
        _ => {}
    }
    let Some(unique) = field.directive("unique") else { return };
    if stored && field.ty.list {
        let message = format!("The field `{}` is a list and cannot be `@unique`.", field.name.text);
        findings.error(codes::UNIQUE, unique.span, message, "Remove `@unique`.");
    } else if !stored {
        let message = format!("`@unique` on the relation field `{}` has no effect.", field.name.text);
        findings.warning(codes::NO_EFFECT, unique.span, message, "Remove it.");
    }
}
