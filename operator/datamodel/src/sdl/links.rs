//! Where each relation is stored: a column of one side, or a link table.

use std::collections::BTreeMap;

use super::ast::{FieldDefinition, TypeDefinition};
use super::codes::{self, Findings};
use super::flavour::Flavour;
use super::relation_tables::is_written;
use super::relations::{End, Ends, MAX_NAME};
use super::symbols::Symbols;

/// A relation with both its sides and its storage.
#[derive(Debug)]
pub(super) struct Link<'d, 'a> {
    /// The name that was given.
    pub(super) given: Option<&'d str>,
    /// The name that was given or made.
    pub(super) name: String,
    /// The field that comes first in the text.
    pub(super) first: End<'d, 'a>,
    /// The field on the other side, if there is one.
    pub(super) second: Option<End<'d, 'a>>,
    /// Where it is stored.
    pub(super) storage: Storage<'d, 'a>,
}

/// Where a relation is stored.
#[derive(Debug)]
pub(super) enum Storage<'d, 'a> {
    /// In a column of this side.
    Inline(End<'d, 'a>),
    /// In a link table; the type that declares it, if one does.
    Table(Option<&'d TypeDefinition<'a>>),
}

/// `link:` as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// A column.
    Inline,
    /// A table.
    Table,
}

fn mode(field: &FieldDefinition<'_>) -> Option<Mode> {
    match field.directive("relation")?.text("link")? {
        "INLINE" => Some(Mode::Inline),
        "TABLE" => Some(Mode::Table),
        _ => None,
    }
}

/// Decides for every relation where it is stored; the naming rules must hold already.
pub(super) fn links<'d, 'a>(
    ends: &Ends<'d, 'a>,
    symbols: &Symbols<'d, 'a>,
    flavour: Flavour,
    findings: &mut Findings,
) -> Vec<Link<'d, 'a>> {
    let mut links = Vec::new();
    let mut names: BTreeMap<String, End<'d, 'a>> = BTreeMap::new();
    for (index, first) in ends.list.iter().enumerate() {
        let partner = ends.counterpart(index);
        let other = partner.and_then(|partner| ends.list.get(partner));
        if flavour == Flavour::Modern {
            misplaced_name(first, findings);
            modes(first, other, findings);
        }
        if partner.is_some_and(|partner| partner < index) {
            continue;
        }
        let given = first.name.or_else(|| other.and_then(|other| other.name));
        let name = given
            .map_or_else(|| generated_name(first.model.name.text, first.target.name.text), str::to_owned);
        if let Some(before) = names.insert(name.clone(), *first) {
            clash(&name, &before, first, findings);
        }
        let storage = match flavour {
            Flavour::Modern => storage(first, other, symbols.link_table(&name), findings),
            Flavour::Legacy => Storage::Table(None),
            Flavour::Introspected => written(first, other, findings),
        };
        links.push(Link { given, name, first: *first, second: other.copied(), storage });
    }
    links
}

/// The field's own link mode and that of its counterpart must go together.
fn modes(end: &End<'_, '_>, other: Option<&End<'_, '_>>, findings: &mut Findings) {
    let field = end.field;
    let span = field.directive("relation").map_or(field.name.span, |directive| {
        directive.argument("link").map_or(directive.span, |argument| argument.value.span)
    });
    let own = mode(field);
    if let Some(other) = other {
        let theirs = mode(other.field);
        if own.is_some() && theirs.is_some() {
            let message = format!(
                "The `link` argument must be specified only on one side of a relation. The field `{}` provides a link mode and the opposite field `{}` as well.}}",
                field.name.text, other.field.name.text
            );
            findings.error(codes::LINK_MODE, span, message, "Remove `link` from one of the two fields.");
        }
        if own.is_none() && theirs.is_none() && !field.ty.list && !other.field.ty.list {
            let message = format!(
                "The field `{}` must provide a relation link mode. Either specify it on this field or the opposite field. Valid values are: `@relation(link: TABLE)`,`@relation(link: INLINE)`",
                field.name.text
            );
            let help = "Write `link: INLINE` on the side whose table shall hold the column.";
            findings.error(codes::LINK_MISSING, field.name.span, message, help);
        }
    }
    if own == Some(Mode::Inline) && field.ty.list {
        let hint = match other.filter(|other| !other.field.ty.list) {
            Some(other) => format!(
                "You could fix this by putting `link: INLINE` on the opposite field `{}` in the model `{}`.",
                other.field.name.text, other.model.name.text
            ),
            None => "You could fix this by using the strategy `TABLE` instead.".to_owned(),
        };
        let message =
            format!("This connector does not support the `INLINE` strategy for list relation fields. {hint}");
        findings.push(crate::Diagnostic::error(codes::LINK_MODE, span, message));
    }
}

/// `@db` names a column, which a list has not.
fn misplaced_name(end: &End<'_, '_>, findings: &mut Findings) {
    if let Some(directive) =
        end.field.directive("db").filter(|_| end.field.ty.list && mode(end.field) != Some(Mode::Inline))
    {
        let message = format!(
            "The field `{}` specifies the `@db` directive. Relation fields must not specify this directive.",
            end.field.name.text
        );
        findings.error(
            codes::DB_ON_RELATION,
            directive.span,
            message,
            "Remove it; put it on the field whose column holds the relation.",
        );
    }
}

/// What introspection wrote says for each relation where it is.
fn written<'d, 'a>(
    first: &End<'d, 'a>,
    other: Option<&End<'d, 'a>>,
    findings: &mut Findings,
) -> Storage<'d, 'a> {
    let ends = || [Some(first), other].into_iter().flatten();
    let mut holder = None;
    for end in ends() {
        let Some(directive) = end.field.directive("pgRelation") else { continue };
        if end.field.ty.list {
            let message =
                format!("The list `{}` cannot hold the column of its relation.", end.field.name.text);
            let help = "Write `@pgRelation(column: …)` on the other side, or `@pgRelationTable(table: …)` where the relation is a table.";
            findings.error(codes::LINK_MODE, directive.span, message, help);
        } else if holder.is_some() {
            let message = "The other side of this relation holds its column already.";
            findings.error(codes::LINK_MODE, directive.span, message, "Remove one of the two `@pgRelation`.");
        } else {
            holder = Some(*end);
        }
    }
    if let Some(holder) = holder {
        return Storage::Inline(holder);
    }
    if !ends().any(|end| is_written(end.field)) {
        let message = format!(
            "The relation field `{}` does not say where the relation is stored.",
            first.field.name.text
        );
        let help = "Write `@pgRelation(column: …)` on the side that holds the column, or `@pgRelationTable(table: …)` where it is a table.";
        findings.error(codes::LINK_MISSING, first.field.name.span, message, help);
    }
    Storage::Table(None)
}

fn storage<'d, 'a>(
    first: &End<'d, 'a>,
    other: Option<&End<'d, 'a>>,
    declared: Option<&'d TypeDefinition<'a>>,
    findings: &mut Findings,
) -> Storage<'d, 'a> {
    let explicit = mode(first.field)
        .map(|mode| (mode, first))
        .or_else(|| other.and_then(|other| mode(other.field).map(|mode| (mode, other))));
    let to_one = |end: &&End<'d, 'a>| !end.field.ty.list;
    let one = [Some(first), other].into_iter().flatten().find(to_one);
    let storage = match explicit {
        Some((Mode::Table, _)) => Storage::Table(declared),
        Some((Mode::Inline, end)) => Storage::Inline(*Some(end).filter(to_one).or(one).unwrap_or(end)),
        None if declared.is_some() => Storage::Table(declared),
        None => one.map_or(Storage::Table(None), |one| Storage::Inline(*one)),
    };
    let holder = match &storage {
        Storage::Inline(holder) => Some(holder.field.name.span),
        Storage::Table(_) => None,
    };
    if let (Some(span), Some(table)) = (holder, declared) {
        let message = format!(
            "The link table `{}` is declared, but its relation is stored in a column.",
            table.name.text
        );
        findings.error(
            codes::LINK_MODE,
            span,
            message,
            "Write `link: TABLE`, or remove the type of the link table.",
        );
    }
    for end in [Some(first), other].into_iter().flatten() {
        let stored = holder == Some(end.field.name.span);
        for name in ["db", "rename"] {
            if let Some(directive) = end.field.directive(name).filter(|_| !stored && !end.field.ty.list) {
                let message = format!(
                    "`@{name}` on `{}` has no effect: the relation has no column here.",
                    end.field.name.text
                );
                findings.warning(
                    codes::NO_EFFECT,
                    directive.span,
                    message,
                    "Remove it, or put it on the side that holds the column.",
                );
            }
        }
    }
    storage
}

/// `AToB`, the smaller model name first; the longer name is shortened until the whole is short enough.
pub(super) fn generated_name(one: &str, other: &str) -> String {
    let (mut a, mut b) = (one, other);
    if a > b {
        (a, b) = (b, a);
    }
    while a.len() + b.len() + 2 > MAX_NAME {
        let longer = if b.len() > a.len() { &mut b } else { &mut a };
        *longer = longer.get(..longer.len() - 1).unwrap_or_default();
    }
    format!("{a}To{b}")
}

fn clash(name: &str, before: &End<'_, '_>, end: &End<'_, '_>, findings: &mut Findings) {
    let message = format!(
        "There was an error during the autogeneration of relation names.\nPrisma generated the name {name} twice, once for:\nA relation between {} and {}\nA relation between {} and {}\nPlease name at least one of the relations.",
        before.model.name.text, before.target.name.text, end.model.name.text, end.target.name.text
    );
    let help = "Write `@relation(name: \"OtherName\")` on both sides of one of them.";
    findings.error(codes::RELATION_NAME_CLASH, end.field.name.span, message, help);
}
