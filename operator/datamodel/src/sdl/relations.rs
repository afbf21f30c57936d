//! Relation fields, their counterparts, and the rules for their names.

use std::collections::BTreeMap;

use super::ast::{Document, FieldDefinition, TypeDefinition};
use super::codes::{self, Findings};
use super::symbols::{Meaning, Symbols};

/// Longest name of a relation.
pub(super) const MAX_NAME: usize = 54;

/// A relation field of a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'d, 'a> {
    /// The model that has the field.
    pub(super) model: &'d TypeDefinition<'a>,
    /// The field.
    pub(super) field: &'d FieldDefinition<'a>,
    /// The model it refers to.
    pub(super) target: &'d TypeDefinition<'a>,
    /// Places of both models in the document.
    places: (usize, usize),
    /// `@relation(name:)`.
    pub(super) name: Option<&'d str>,
}

impl End<'_, '_> {
    fn is_self(&self) -> bool {
        self.places.0 == self.places.1
    }

    /// The name that messages show: the old one where the relation is being renamed.
    fn shown_name(&self) -> &str {
        let old = self.field.directive("relation").and_then(|directive| directive.text("oldName"));
        old.or(self.name).unwrap_or_default()
    }
}

/// All relation fields of a document, with what is needed to find counterparts at once.
#[derive(Debug, Default)]
pub(super) struct Ends<'d, 'a> {
    /// In the order of the text.
    pub(super) list: Vec<End<'d, 'a>>,
    by_models: BTreeMap<(usize, usize), Vec<usize>>,
    by_name: BTreeMap<(usize, usize, Option<&'d str>), Vec<usize>>,
}

impl<'d, 'a> Ends<'d, 'a> {
    /// Collects the relation fields of all models.
    pub(super) fn of(document: &'d Document<'a>, symbols: &Symbols<'d, 'a>) -> Self {
        let mut ends = Self::default();
        for (place, model) in document.types.iter().enumerate() {
            if model.is_link_table() || model.is_embedded() {
                continue;
            }
            for field in &model.fields {
                let Meaning::Model(other, target) = symbols.meaning(field) else { continue };
                let index = ends.list.len();
                let name = field.relation_name();
                ends.list.push(End { model, field, target, places: (place, other), name });
                ends.by_models.entry((place, other)).or_default().push(index);
                ends.by_name.entry((place, other, name)).or_default().push(index);
            }
        }
        ends
    }

    fn between(&self, places: (usize, usize)) -> &[usize] {
        self.by_models.get(&places).map_or(&[], Vec::as_slice)
    }

    fn named(&self, places: (usize, usize), name: Option<&'d str>) -> &[usize] {
        self.by_name.get(&(places.0, places.1, name)).map_or(&[], Vec::as_slice)
    }

    /// Place of the field on the other side of the one at `index`.
    pub(super) fn counterpart(&self, index: usize) -> Option<usize> {
        let end = self.list.get(index)?;
        let back = (end.places.1, end.places.0);
        let candidates = if end.name.is_some() { self.named(back, end.name) } else { self.between(back) };
        // At most the first is the field itself, so that this looks at two.
        candidates.iter().copied().find(|candidate| *candidate != index)
    }

    /// How many fields take part in the relation of this one.
    fn count(&self, end: &End<'d, 'a>) -> usize {
        let there = self.named(end.places, end.name).len();
        if end.is_self() {
            return there;
        }
        there + self.named((end.places.1, end.places.0), end.name).len()
    }
}

/// Checks the names of all relation fields.
pub(super) fn check(
    document: &Document<'_>,
    symbols: &Symbols<'_, '_>,
    ends: &Ends<'_, '_>,
    findings: &mut Findings,
) {
    for field in document.types.iter().flat_map(|definition| &definition.fields) {
        let stored = matches!(symbols.meaning(field), Meaning::Scalar(_) | Meaning::Enum(_));
        if let Some(directive) = field.directive("relation").filter(|_| stored) {
            let message = format!(
                "The field `{}` is a scalar field and cannot specify the `@relation` directive.",
                field.name.text
            );
            findings.error(codes::RELATION_ON_SCALAR, directive.span, message, "Remove the directive.");
        }
    }
    for end in &ends.list {
        ambiguous(end, ends, findings);
        one_sided(end, ends, findings);
        shape(end, findings);
    }
    meeting_types(ends, findings);
}

/// Several fields between the same two models need names, and each name belongs to at most two fields.
fn ambiguous<'d, 'a>(end: &End<'d, 'a>, ends: &Ends<'d, 'a>, findings: &mut Findings) {
    if ends.between(end.places).len() < 2 {
        return;
    }
    let field = end.field.name;
    if end.name.is_none() {
        let message = format!(
            "The relation field `{}` must specify a `@relation` directive: `@relation(name: \"MyRelation\")`",
            field.text
        );
        let help = format!(
            "`{}` has several fields of the type `{}`; give each relation a name, the same on both sides.",
            end.model.name.text, end.target.name.text
        );
        findings.error(codes::RELATION_UNNAMED, field.span, message, help);
        return;
    }
    let count = ends.count(end);
    if count <= 2 {
        return;
    }
    let shown = end.shown_name();
    let message = if end.is_self() {
        format!(
            "A relation directive for a self relation must appear either 1 or 2 times. Relation name: '{shown}'"
        )
    } else {
        format!("A relation directive cannot appear more than twice. Relation name: '{shown}'")
    };
    findings.error(
        codes::RELATION_SIDES,
        field.span,
        message,
        format!("It stands on {count} fields; give the others another name."),
    );
}

/// A name on one side only is wrong where the other side has a field without one.
fn one_sided<'d, 'a>(end: &End<'d, 'a>, ends: &Ends<'d, 'a>, findings: &mut Findings) {
    let Some(name) = end.name else { return };
    if end.is_self() || ends.count(end) != 1 {
        return;
    }
    let back = (end.places.1, end.places.0);
    let Some(other) = ends.named(back, None).first().and_then(|index| ends.list.get(*index)) else { return };
    let (a, b) = (end.model.name.text, end.target.name.text);
    let message = format!(
        "You are trying to set the relation '{}' from `{a}` to `{b}` and are only providing a relation directive with a name on `{a}`. Please also provide the same named relation directive on the relation field on `{b}` pointing towards `{a}`.",
        end.shown_name()
    );
    let help = format!("Write `@relation(name: \"{name}\")` on `{}` of `{b}`.", other.field.name.text);
    findings.error(codes::RELATION_SIDES, end.field.name.span, message, help);
}

fn shape(end: &End<'_, '_>, findings: &mut Findings) {
    let Some(name) = end.name else { return };
    let word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if name.len() > MAX_NAME || !word || !name.starts_with(|first: char| first.is_ascii_uppercase()) {
        let message = format!(
            "The field `{}` has an invalid name in the `@relation` directive. It can only have up to 54 characters and must have the shape [A-Z][a-zA-Z0-9]*",
            end.field.name.text
        );
        let value = end.field.directive("relation").and_then(|directive| directive.argument("name"));
        let span = value.map_or(end.field.name.span, |argument| argument.value.span);
        findings.error(codes::RELATION_NAME, span, message, "Choose a name such as `UserOrders`.");
    }
}

/// The fields of one name must refer to each other's models.
fn meeting_types(ends: &Ends<'_, '_>, findings: &mut Findings) {
    let mut groups: BTreeMap<&str, Vec<&End<'_, '_>>> = BTreeMap::new();
    for end in &ends.list {
        if let Some(name) = end.name {
            groups.entry(name).or_default().push(end);
        }
    }
    let models = |end: &End<'_, '_>| (end.places.0.min(end.places.1), end.places.0.max(end.places.1));
    for group in groups.values() {
        let [first, .., last] = group.as_slice() else { continue };
        let mut report = |one: &End<'_, '_>, other: &End<'_, '_>| {
            let message = format!(
                "The relation field `{}` has the type `{}`. But the other directive for this relation appeared on the type `{}`",
                one.field.name.text, one.field.ty.written, other.model.name.text
            );
            let help = "Give both fields the type of the other side, or use two relation names.";
            findings.error(codes::RELATION_TYPES, one.field.name.span, message, help);
        };
        let meet = first.places.1 == last.places.0 && last.places.1 == first.places.0;
        if first.places.1 != last.places.0 {
            report(first, last);
        }
        if last.places.1 != first.places.0 {
            report(last, first);
        }
        if let Some(stranger) = group.iter().find(|end| meet && models(end) != models(first)) {
            report(stranger, first);
        }
    }
}
