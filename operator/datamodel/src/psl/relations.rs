//! Relation fields to relations: which fields belong together, and what kind of relation they are.

use foldhash::{HashMap, HashMapExt as _};

use super::ast::TypeName;
use super::codes;
use super::distinct::Distinct;
use super::inline;
use super::models::Draft;
use super::relation_fields::Link;
use super::scope::Scope;
use crate::findings::Findings;
use crate::{
    Arity, Diagnostic, Edition, FieldType, Index, IndexField, IndexKind, LinkSide, Provider, Relation, Sort,
    Span, TableRelation,
};

/// One side of a relation.
#[derive(Clone, Copy)]
pub(crate) struct Side<'x, 'b, 'a> {
    /// The place of the model among all of them.
    pub(crate) place: usize,
    /// The model that has the field.
    pub(crate) draft: &'x Draft<'b, 'a>,
    /// The field.
    pub(crate) link: &'x Link<'b, 'a>,
}

impl Side<'_, '_, '_> {
    /// Required, optional, list.
    pub(crate) fn arity(&self) -> Arity {
        self.link.field.arity
    }

    /// `Model.field` for a message.
    pub(crate) fn label(&self) -> String {
        format!("{}.{}", self.draft.model.name, self.link.field.name.text)
    }

    /// Whether it says which columns hold the relation.
    pub(crate) fn has_fields(&self) -> bool {
        self.link.fields.is_some() || self.link.references.is_some()
    }
}

/// A relation of the text.
pub(crate) struct Found {
    /// The relation.
    pub(crate) relation: Relation,
    /// Where its attribute stands.
    pub(crate) span: Span,
    /// The place of the model that holds its columns; of a link table, that of its first side.
    pub(crate) holder: usize,
}

/// The relations of a text, in the order of their first fields.
pub(crate) struct Resolved {
    /// The relations.
    pub(crate) list: Vec<Relation>,
    /// [`Found::span`] and [`Found::holder`] of each.
    places: Vec<(Span, usize)>,
}

impl Resolved {
    /// Each relation with its span and its holder.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Relation, Span, usize)> {
        self.list.iter().zip(&self.places).map(|(relation, (span, holder))| (relation, *span, *holder))
    }
}

/// All relations.
pub(crate) fn resolve(
    all: &mut [Draft<'_, '_>],
    scope: &Scope<'_, '_>,
    names: &mut Distinct,
    diagnostics: &mut Findings,
) -> Resolved {
    let drafts = &*all;
    let mut implicit = Vec::new();
    let mut groups: HashMap<(usize, usize, Option<&str>), usize> = HashMap::with_capacity(drafts.len());
    let mut sides: Vec<(usize, Side<'_, '_, '_>)> = Vec::with_capacity(drafts.len() * 2);
    let mut any_ignored = false;
    for (place, draft) in drafts.iter().enumerate() {
        any_ignored |= draft.is_ignored();
        for link in &draft.links {
            let next = groups.len();
            let pair = (place.min(link.target), place.max(link.target));
            let group = *groups.entry((pair.0, pair.1, link.name)).or_insert(next);
            sides.push((group, Side { place, draft, link }));
        }
    }
    sides.sort_by_key(|(group, _)| *group);
    if any_ignored {
        ignored(drafts, diagnostics);
    }
    later_arguments(drafts, scope, diagnostics);
    if scope.provider() == Some(Provider::Sqlite) {
        for (_, span) in drafts.iter().flat_map(|draft| &draft.links).filter_map(|link| link.map) {
            let message = "SQLite has no names for foreign keys.";
            let found = Diagnostic::error(codes::UNSUPPORTED_ARGUMENT, span, message);
            diagnostics.push(found.help("Remove `map`."));
        }
    }
    let mut list = Vec::with_capacity(groups.len());
    let mut places = Vec::with_capacity(groups.len());
    for group in sides.chunk_by(|(one, _), (other, _)| one == other) {
        if let Some((one, other)) = pair(group, drafts, diagnostics)
            && let Some(found) = of_pair(one, other, scope, diagnostics)
        {
            if let Some(holder) = drafts.get(found.holder) {
                names.add_relation(&found.relation, holder);
            }
            implicit.extend(implicit_unique(&found.relation, one, other, scope));
            list.push(found.relation);
            places.push((found.span, found.holder));
        }
    }
    for (place, unique, span) in implicit {
        if let Some(draft) = all.get_mut(place) {
            names.add_index(&unique, draft);
            draft.model.indexes.push(unique);
            draft.index_spans.push(span);
        }
    }
    Resolved { list, places }
}

/// The unique index that the editions before the sixth make for a one-to-one relation by themselves.
fn implicit_unique(
    relation: &Relation,
    one: Side<'_, '_, '_>,
    other: Side<'_, '_, '_>,
    scope: &Scope<'_, '_>,
) -> Option<(usize, Index, Span)> {
    let Relation::Inline(relation) = relation else { return None };
    if scope.target.edition == Edition::Six {
        return None;
    }
    let holder = [one, other].into_iter().find(|side| {
        side.draft.model.name == relation.model && side.link.field.name.text == relation.field
    })?;
    let single = one.arity() != Arity::List && other.arity() != Arity::List;
    if !single || holder.draft.is_unique_in_order(&relation.columns) {
        return None;
    }
    let fields = relation.columns.iter().map(|name| IndexField {
        name: name.clone(),
        sort: Sort::Asc,
        length: None,
        operator_class: None,
    });
    let index = Index {
        kind: IndexKind::Unique,
        fields: fields.collect(),
        map: super::names::of_implicit_unique(holder.draft, &relation.columns, scope),
        algorithm: None,
        predicate: None,
    };
    Some((holder.place, index, holder.link.span))
}

/// Reports arguments of `@relation` that came with the third edition.
fn later_arguments(drafts: &[Draft<'_, '_>], scope: &Scope<'_, '_>, diagnostics: &mut Findings) {
    if scope.target.edition >= Edition::Three {
        return;
    }
    let previewed = scope.target.previews.contains("referentialActions");
    for link in drafts.iter().flat_map(|draft| &draft.links) {
        let actions = [link.on_delete, link.on_update].into_iter().flatten().filter(|_| !previewed);
        for (_, span) in actions {
            scope.target.since(Edition::Three, "referential actions", span, diagnostics);
        }
        if let Some((_, span)) = link.map {
            scope.target.since(Edition::Three, "`map` on relations", span, diagnostics);
        }
    }
}

/// Reports fields that lead to an ignored model and are not ignored themselves.
fn ignored(drafts: &[Draft<'_, '_>], diagnostics: &mut Findings) {
    for draft in drafts.iter().filter(|draft| !draft.is_ignored()) {
        for (relation, link) in draft.model.relations.iter().zip(&draft.links) {
            let target = drafts.get(link.target);
            let marked = link.field.attributes.iter().any(|attribute| attribute.name.text == "ignore");
            if target.is_some_and(Draft::is_ignored) && !marked {
                let message = format!(
                    "`{}.{}` leads to the model `{}`, which is ignored.",
                    draft.model.name, relation.name, relation.target
                );
                let found = Diagnostic::error(codes::IGNORED, relation.span, message);
                diagnostics.push(found.help("Add `@ignore` to the field."));
            }
        }
    }
}

/// The two sides of a group; anything else is reported.
fn pair<'x, 'b, 'a>(
    sides: &[(usize, Side<'x, 'b, 'a>)],
    drafts: &[Draft<'_, '_>],
    diagnostics: &mut Findings,
) -> Option<(Side<'x, 'b, 'a>, Side<'x, 'b, 'a>)> {
    let (_, first) = sides.first()?;
    let itself = first.link.target == first.place;
    match sides {
        [(_, one), (_, other)] if !itself && other.place != one.place => return Some((*one, *other)),
        [(_, one), (_, other)] if itself && first.link.name.is_some() => return Some((*one, *other)),
        [(_, only)] => {
            missing_opposite(only, drafts, diagnostics);
            return None;
        }
        _ => {}
    }
    for (_, side) in sides {
        let message = if first.link.name.is_some() {
            format!("More fields than two share the relation name of `{}`.", side.label())
        } else if itself {
            format!(
                "It is not clear which field belongs to `{}`: a model that refers to itself needs a name for each relation.",
                side.label()
            )
        } else {
            format!(
                "It is not clear which field belongs to `{}`: there is more than one relation between the two models.",
                side.label()
            )
        };
        let help =
            "Give each relation a name of its own, the same on both of its fields: `@relation(\"Name\")`.";
        diagnostics.push(
            Diagnostic::error(codes::RELATION_AMBIGUOUS, side.link.field.name.span(), message).help(help),
        );
    }
    None
}

fn missing_opposite(side: &Side<'_, '_, '_>, drafts: &[Draft<'_, '_>], diagnostics: &mut Findings) {
    // Looking for its like among all fields of the other model is for a message that somebody will read.
    if diagnostics.is_full() || side.link.broken && side.link.name.is_none() {
        return;
    }
    let TypeName::Named(target) = side.link.field.ty else { return };
    let other = drafts.get(side.link.target);
    if other.is_some_and(|other| other.block.damaged) {
        return;
    }
    let model = &side.draft.model.name;
    let back = other.is_some_and(|other| {
        other
            .model
            .relations
            .iter()
            .any(|field| field.target == *model && field.name != side.link.field.name.text)
    });
    let name = side.link.name.map_or_else(String::new, |name| format!(" @relation(\"{name}\")"));
    let help = match side.arity() {
        _ if back => "Give both fields of the relation the same name in `@relation(\"Name\")`, or add the missing field.".to_owned(),
        Arity::List if !side.has_fields() => format!(
            "Add a field of type `{model}` to `{target}`, with `@relation(fields: […], references: […])` for one-to-many, or `{model}[]{name}` for many-to-many."
        ),
        _ => format!("Add a field `{}s {model}[]{name}` to `{target}`.", lower(model)),
    };
    let message =
        format!("The relation field `{}` has no opposite field in the model `{target}`.", side.label());
    diagnostics.push(
        Diagnostic::error(codes::RELATION_NO_OPPOSITE, side.link.field.name.span(), message).help(help),
    );
}

fn lower(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn of_pair(
    one: Side<'_, '_, '_>,
    other: Side<'_, '_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<Found> {
    if one.arity() == Arity::List && other.arity() == Arity::List {
        return many_to_many(one, other, scope, diagnostics);
    }
    let (holder, opposite) = match (one.has_fields(), other.has_fields()) {
        _ if one.arity() == Arity::List => (other, one),
        _ if other.arity() == Arity::List => (one, other),
        (true, _) => (one, other),
        (false, true) => (other, one),
        (false, false) => {
            if !one.link.broken && !other.link.broken {
                let message = format!(
                    "Neither `{}` nor `{}` says which columns hold the relation.",
                    one.label(),
                    other.label()
                );
                let help =
                    "Add `@relation(fields: […], references: […])` to the one whose table has the columns.";
                diagnostics.push(Diagnostic::error(codes::RELATION_SIDES, one.link.span, message).help(help));
            }
            return None;
        }
    };
    inline::relation(holder, opposite, scope, diagnostics)
}

fn many_to_many(
    one: Side<'_, '_, '_>,
    other: Side<'_, '_, '_>,
    scope: &Scope<'_, '_>,
    diagnostics: &mut Findings,
) -> Option<Found> {
    let mut sides = [one, other];
    let itself = one.draft.model.name == other.draft.model.name;
    sides.sort_by(|a, b| {
        let key = |side: &Side<'_, '_, '_>| {
            if itself { side.link.field.name.text.to_owned() } else { side.draft.model.name.clone() }
        };
        key(a).cmp(&key(b))
    });
    if one.draft.is_view() || other.draft.is_view() {
        let message = format!("`{}` is many-to-many with a view, which has no link table.", one.label());
        let found = Diagnostic::error(codes::VIEW, one.link.field.name.span(), message);
        diagnostics.push(
            found.help("Say with `fields` and `references` which columns of the view hold the relation."),
        );
        return None;
    }
    let mut broken = false;
    for side in sides {
        let given =
            [side.link.on_delete, side.link.on_update].into_iter().flatten().map(|(_, span)| span).next();
        // Early editions wrote the id that the link table refers to anyway.
        let idle = side.link.fields.is_none() && scope.target.edition <= Edition::Two;
        let given = given.or((side.has_fields() && !idle).then_some(side.link.span));
        if let Some((_, span)) = side.link.map {
            inline::idle_map(&side, span, diagnostics);
        }
        if let Some(span) = given {
            broken = true;
            let message =
                format!("`{}` is many-to-many: its link table has fixed columns and actions.", side.label());
            let help = "Keep only the name in `@relation`, or write a model of your own for the link.";
            let help = match side.link.references {
                Some(_) if side.link.fields.is_none() => scope.target.until(Edition::Two, help),
                _ => help.to_owned(),
            };
            diagnostics.push(Diagnostic::error(codes::RELATION_MANY, span, message).help(help));
        }
    }
    let ids: Vec<Option<LinkSide>> = sides
        .iter()
        .zip(["A", "B"])
        .zip(sides.iter().rev())
        .map(|((side, column), other)| link_side(*side, *other, column, diagnostics))
        .collect();
    let [a, b] = <[Option<LinkSide>; 2]>::try_from(ids).ok()?;
    let (a, b) = (a?, b?);
    if broken {
        return None;
    }
    let relation = match one.link.name {
        Some(name) => name.to_owned(),
        None => format!("{}To{}", a.model, b.model),
    };
    let table = format!("_{relation}");
    let link = TableRelation { table, renamed_from: None, relation, id: None, a, b };
    let [first, _] = sides;
    Some(Found { relation: Relation::Table(link), span: one.link.span, holder: first.place })
}

/// A side of a link table; its model must have an id of one field.
fn link_side(
    side: Side<'_, '_, '_>,
    other: Side<'_, '_, '_>,
    column: &str,
    diagnostics: &mut Findings,
) -> Option<LinkSide> {
    let model = &side.draft.model;
    let id = match model.primary_key.as_ref().map(|key| key.fields.as_slice()) {
        Some([id]) => Some(id),
        _ => None,
    };
    let unsupported =
        id.and_then(|id| model.column(&id.name)).is_some_and(|id| matches!(id.ty, FieldType::Unsupported(_)));
    if let Some(id) = id.filter(|_| !unsupported) {
        return Some(LinkSide {
            model: model.name.clone(),
            id_field: id.name.clone(),
            column: column.to_owned(),
            renamed_from: None,
        });
    }
    if !side.draft.key_broken {
        let message = format!(
            "The model `{}` has no id of one field, so `{}` cannot be many-to-many.",
            model.name,
            other.label()
        );
        let help = "Add a field with `@id`, or write a model of your own for the link.";
        diagnostics.push(Diagnostic::error(codes::RELATION_MANY, other.link.span, message).help(help));
    }
    None
}
