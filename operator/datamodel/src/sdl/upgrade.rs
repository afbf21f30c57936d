//! Datamodel v1 to v1.1: the tables that v1 takes for granted are named, so that they stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::ast::{Argument, Directive, Document, FieldDefinition, Name, Value, ValueKind};
use super::codes::{self, Findings};
use super::flavour::Flavour;
use super::links::{Link, Storage, links};
use super::names::decapitalised;
use super::print::{Defaults, print, quoted};
use super::relation_tables::relation;
use super::relations::{End, Ends};
use super::symbols::Symbols;
use super::{legacy, modernise, parser};
use crate::{Language, Relation, Span, TableRelation, Upgraded};

/// The text in v1.1. The text must be valid v1.
pub(super) fn upgrade(text: &str) -> Upgraded {
    let mut findings = codes::no_findings();
    let mut document = parser::document(text, &mut findings);
    let flavour = Flavour::of(Language::SdlV1, &document);
    legacy::check(&document, &Symbols::of(&document), flavour, &mut findings);
    modernise::modernise(&mut document, flavour);
    let (edits, tables) = changes(&document, flavour, &mut findings);
    let hidden = document.types.iter().flat_map(|definition| &definition.fields);
    let hidden = hidden.filter(|field| field.span.start == field.span.end).count();
    for definition in &mut document.types {
        for field in &mut definition.fields {
            drop_null_default(field);
            field.directives.retain(|directive| !directive.name.text.starts_with("pgRelation"));
            if let Some(edit) = edits.get(&field.name.span) {
                edit.apply(field);
            }
        }
    }
    let mut out = print(&document, text, Defaults::ByType);
    for table in &tables {
        let _ = write!(out, "\n{table}");
    }
    Upgraded { text: out, notes: notes(flavour, tables.len(), hidden) }
}

fn notes(flavour: Flavour, tables: usize, hidden: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if flavour == Flavour::Legacy {
        if hidden > 0 {
            notes.push(format!(
                "{hidden} columns that v1 hides are fields now: `id`, `createdAt`, `updatedAt`."
            ));
        }
        if tables > 0 {
            notes.push(
                "Link tables are types now and keep their `id` column. To drop it, remove the field `id` from the type."
                    .to_owned(),
            );
        }
        notes.push("v1.1 has no table `_RelayId`. Only Prisma 1's server read it: a plan proposes to drop it, or leaves it alone where it is nobody's.".to_owned());
    }
    notes
}

/// Relation fields that say more, by the place of their name.
type Edits = BTreeMap<Span, Edit>;

/// A relation field that says more from now on.
struct Edit {
    name: Option<String>,
    link: Option<&'static str>,
}

impl Edit {
    fn apply(&self, field: &mut FieldDefinition<'_>) {
        let span = field.name.span;
        let at = field.directives.iter().position(|directive| directive.name.text == "relation");
        let at = at.unwrap_or_else(|| {
            let name = Name { text: "relation", span };
            field.directives.push(Directive { name, span, arguments: Vec::new() });
            field.directives.len() - 1
        });
        let Some(directive) = field.directives.get_mut(at) else { return };
        // A table that a type declares is renamed by that type.
        directive.arguments.retain(|argument| !matches!(argument.name.text, "oldName"));
        let mut set = |name: &'static str, kind| {
            let value = Value { kind, span };
            match directive.arguments.iter_mut().find(|argument| argument.name.text == name) {
                Some(argument) => argument.value = value,
                None => directive.arguments.push(Argument { name: Name { text: name, span }, value }),
            }
        };
        if let Some(name) = &self.name {
            set("name", ValueKind::String(name.clone()));
        }
        if let Some(link) = self.link {
            set("link", ValueKind::Enum(link));
        }
        if directive.arguments.is_empty() {
            field.directives.remove(at);
        }
    }
}

/// What relation fields have to say, and the types of their tables.
fn changes(document: &Document<'_>, flavour: Flavour, findings: &mut Findings) -> (Edits, Vec<String>) {
    let symbols = Symbols::of(document);
    let ends = Ends::of(document, &symbols);
    let types = document.types.iter().map(|definition| definition.name.text.to_lowercase());
    let enums = document.enums.iter().map(|definition| definition.name.text.to_lowercase());
    let mut taken: BTreeSet<String> = types.chain(enums).collect();
    let mut edits = Edits::new();
    let mut tables = Vec::new();
    for link in links(&ends, &symbols, flavour, findings) {
        let both_to_one =
            [Some(&link.first), link.second.as_ref()].into_iter().flatten().all(|end| !end.field.ty.list);
        let one_to_one = both_to_one && link.second.is_some();
        match (&link.storage, relation(&link, &symbols, flavour, findings)) {
            (Storage::Inline(holder), _) => {
                let link = (one_to_one || holder.field.ty.list).then_some("INLINE");
                edits.insert(holder.field.name.span, Edit { name: None, link });
            }
            (Storage::Table(_), Relation::Table(table)) => {
                let name = free_name(&link.name, &mut taken);
                edits.extend(table_edits(&link, &name, one_to_one));
                tables.push(link_type(&name, &table));
            }
            (Storage::Table(_), Relation::Inline(_)) => {}
        }
    }
    (edits, tables)
}

/// The relation's name, or one like it where a type is called so.
fn free_name(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = wanted.to_owned();
    while !taken.insert(name.to_lowercase()) {
        name.push_str("Link");
    }
    name
}

fn table_edits(link: &Link<'_, '_>, name: &str, one_to_one: bool) -> Vec<(Span, Edit)> {
    let edit = |end: &End<'_, '_>, link| (end.field.name.span, Edit { name: Some(name.to_owned()), link });
    let first = edit(&link.first, one_to_one.then_some("TABLE"));
    let second = link.second.as_ref().map(|end| edit(end, None));
    [Some(first), second].into_iter().flatten().collect()
}

/// The type that declares a link table.
fn link_type(name: &str, table: &TableRelation) -> String {
    let (mut a, mut b) = (decapitalised(&table.a.model), decapitalised(&table.b.model));
    if a == b || a == "id" || b == "id" {
        (a, b) = ("a".to_owned(), "b".to_owned());
    }
    let rename = table
        .renamed_from
        .as_ref()
        .map(|old| format!(" @rename(oldName: {})", quoted(old)))
        .unwrap_or_default();
    let id = match table.id.as_deref() {
        None => String::new(),
        Some("id") => "  id: ID! @id\n".to_owned(),
        Some(column) => format!("  id: ID! @id @db(name: {})\n", quoted(column)),
    };
    let side = |field: &str, model: &str, column: &str| {
        let mapped = if field == column { String::new() } else { format!(" @db(name: {})", quoted(column)) };
        format!("  {field}: {model}!{mapped}\n")
    };
    let mapped =
        if table.table == name { String::new() } else { format!(" @db(name: {})", quoted(&table.table)) };
    format!(
        "type {name} @relationTable{mapped}{rename} {{\n{id}{}{}}}\n",
        side(&a, &table.a.model, &table.a.column),
        side(&b, &table.b.model, &table.b.column)
    )
}

/// `@default(value: "null")` meant none.
fn drop_null_default(field: &mut FieldDefinition<'_>) {
    let is_text = field.ty.name.text == "String";
    field.directives.retain(|directive| {
        let value = directive.argument("value").map(|argument| &argument.value.kind);
        let null = match value {
            Some(ValueKind::Null) => true,
            Some(ValueKind::String(text)) => text == "null" && !is_text,
            _ => false,
        };
        directive.name.text != "default" || !null
    });
}
