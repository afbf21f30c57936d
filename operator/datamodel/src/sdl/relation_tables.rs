//! A relation, with its storage decided, to what the datamodel says of it.

use super::ast::{FieldDefinition, TypeDefinition};
use super::codes::{self, Findings};
use super::flavour::Flavour;
use super::link_tables;
use super::links::{Link, Storage, generated_name};
use super::names::decapitalised;
use super::relations::End;
use super::resolve::{id_name, inline};
use super::symbols::Symbols;
use crate::{Action, LinkSide, Relation, TableRelation};

/// The relation as the database holds it.
pub(super) fn relation(
    link: &Link<'_, '_>,
    symbols: &Symbols<'_, '_>,
    flavour: Flavour,
    findings: &mut Findings,
) -> Relation {
    match &link.storage {
        Storage::Inline(holder) => {
            let from = (holder.model.name.text, holder.field.name.text);
            inline(link.given, from, holder.target, Some(Action::SetNull))
        }
        Storage::Table(Some(declared)) => Relation::Table(declared_table(link, declared, symbols)),
        Storage::Table(None) => Relation::Table(made_table(link, flavour, findings)),
    }
}

/// Both models, that with the smaller name first.
fn models<'d, 'a>(link: &Link<'d, 'a>) -> (&'d TypeDefinition<'a>, &'d TypeDefinition<'a>) {
    let (one, other) = (link.first.model, link.first.target);
    if one.name.text > other.name.text { (other, one) } else { (one, other) }
}

fn side(model: &TypeDefinition<'_>, column: &str, renamed_from: Option<&str>) -> LinkSide {
    LinkSide {
        model: model.name.text.to_owned(),
        id_field: id_name(model),
        column: column.to_owned(),
        renamed_from: renamed_from.map(str::to_owned),
    }
}

/// The table of a type with `@relationTable`: its fields name the columns.
fn declared_table(
    link: &Link<'_, '_>,
    declared: &TypeDefinition<'_>,
    symbols: &Symbols<'_, '_>,
) -> TableRelation {
    let (a, b) = models(link);
    let mut sides = link_tables::sides(declared, symbols);
    if sides.first().is_some_and(|(_, target)| target.name.text != a.name.text) {
        sides.reverse();
    }
    let side = |index: usize, model, plain| match sides.get(index) {
        Some((field, _)) => side(model, field.column_name(), field.old_name()),
        None => side(model, plain, None),
    };
    TableRelation {
        table: declared.database_name().unwrap_or(declared.name.text).to_owned(),
        renamed_from: declared.old_name().map(str::to_owned),
        relation: link.name.clone(),
        id: link_tables::id(declared).map(|id| id.column_name().to_owned()),
        a: side(0, a, "A"),
        b: side(1, b, "B"),
    }
}

/// A table that nothing declares: `_Name` with the columns `A` and `B`.
fn made_table(link: &Link<'_, '_>, flavour: Flavour, findings: &mut Findings) -> TableRelation {
    let (a, b) = models(link);
    let table = format!("_{}", link.name);
    let ends = [Some(&link.first), link.second.as_ref()];
    if let Some(written) = ends.into_iter().flatten().find_map(|end| written_table(end, a, b)) {
        return TableRelation { relation: link.name.clone(), ..written };
    }
    let given = ends.into_iter().flatten().find_map(old_name);
    let before = |model: &TypeDefinition<'_>| model.old_name().unwrap_or(model.name.text).to_owned();
    let (old_a, old_b) = (before(a), before(b));
    let made = || link.given.is_none().then(|| generated_name(&old_a, &old_b));
    let renamed_from = given.map(str::to_owned).or_else(made).map(|old| format!("_{old}"));
    if a.name.text != b.name.text && old_a > old_b {
        turned(&table, (a, &old_a), (b, &old_b), flavour, findings);
    }
    TableRelation {
        renamed_from: renamed_from.filter(|old| *old != table),
        table,
        relation: link.name.clone(),
        id: (flavour == Flavour::Legacy).then(|| "id".to_owned()),
        a: side(a, "A", None),
        b: side(b, "B", None),
    }
}

/// `@relation(oldName:)`.
fn old_name<'d>(end: &End<'d, '_>) -> Option<&'d str> {
    end.field.directive("relation")?.text("oldName")
}

/// `@pgRelationTable(table:, relationColumn:, targetColumn:)`.
fn written_table(end: &End<'_, '_>, a: &TypeDefinition<'_>, b: &TypeDefinition<'_>) -> Option<TableRelation> {
    let directive = end.field.directive("pgRelationTable")?;
    let own = directive.text("relationColumn").unwrap_or("A");
    let other = directive.text("targetColumn").unwrap_or("B");
    let (first, second) = if end.model.name.text == a.name.text { (own, other) } else { (other, own) };
    Some(TableRelation {
        table: directive.text("table")?.to_owned(),
        renamed_from: None,
        relation: String::new(),
        id: None,
        a: side(a, first, None),
        b: side(b, second, None),
    })
}

/// `A` belongs to the smaller name. When a rename turns the order around, the ids would have to change places.
fn turned(
    table: &str,
    a: (&TypeDefinition<'_>, &str),
    b: (&TypeDefinition<'_>, &str),
    flavour: Flavour,
    findings: &mut Findings,
) {
    let renamed = if a.0.old_name().is_some() { a } else { b };
    let span = renamed.0.directive("rename").map_or(renamed.0.name.span, |directive| directive.span);
    let message = format!(
        "The rename of `{}` to `{}` turns the link table `{table}` around: its column `A` holds ids of `{}` and would have to hold those of `{}`.",
        renamed.1, renamed.0.name.text, b.0.name.text, a.0.name.text
    );
    let help = if flavour == Flavour::Modern {
        format!(
            "Declare the table with its columns as they are, under the relation's name: `type {} @relationTable @rename(oldName: …) {{ {} {} }}`.",
            table.trim_start_matches('_'),
            held(a.0, "B"),
            held(b.0, "A")
        )
    } else {
        "Take the rename out, bring the text to v1.1 with `schemalift datamodel upgrade`, and rename there: its link tables are types whose columns have names.".to_owned()
    };
    findings.error(codes::RENAME_NOT_CARRIED, span, message, help);
}

/// A field of a link table, named after its model.
fn held(model: &TypeDefinition<'_>, column: &str) -> String {
    let name = model.name.text;
    format!("{}: {name}! @db(name: \"{column}\")", decapitalised(name))
}

/// Whether the legacy text says by itself where this relation is.
pub(super) fn is_written(field: &FieldDefinition<'_>) -> bool {
    field.directive("pgRelationTable").is_some()
}
