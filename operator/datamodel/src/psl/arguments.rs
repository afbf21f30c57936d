//! Attributes with the names of their arguments checked, and typed access to the values.

use super::ast::{Argument, Attribute, Expression, Value};
use super::codes;
use super::seen::Seen;
use super::suggest::did_you_mean;
use crate::findings::Findings;
use crate::{Diagnostic, Span};

/// The arguments of one attribute, each at most once.
pub(crate) struct Arguments<'b, 'a> {
    /// The attribute.
    pub(crate) attribute: &'b Attribute<'a>,
    known: &'static [&'static str],
}

impl<'a> Argument<'a> {
    /// Its name; that of an unnamed one is the first known.
    fn key(&self, known: &'static [&'static str]) -> &'a str {
        self.name.map_or(known.first().copied().unwrap_or_default(), |name| name.text)
    }
}

impl<'b, 'a> Arguments<'b, 'a> {
    /// Checks the arguments against the known names; the first known name is that of an unnamed argument
    /// unless it is empty. Unknown and repeated ones are reported and left out.
    pub(crate) fn read(
        attribute: &'b Attribute<'a>,
        known: &'static [&'static str],
        diagnostics: &mut Findings,
    ) -> Self {
        if attribute.arguments.is_empty() {
            return Self { attribute, known };
        }
        let mut seen = Seen::default();
        for argument in attribute.arguments {
            let Argument { name, value } = argument;
            let span = name.map_or(value.span(), |name| name.span());
            let key = argument.key(known);
            if key.is_empty() || !known.contains(&key) {
                let attribute = attribute.shown();
                let (message, help) = if let Some(name) = name {
                    let named = known.iter().filter(|known| !known.is_empty());
                    let listed: Vec<String> = named.map(|known| format!("`{known}`")).collect();
                    let fallback = if listed.is_empty() {
                        "It takes no named arguments.".to_owned()
                    } else {
                        format!("It takes {}.", listed.join(", "))
                    };
                    let help = did_you_mean(name.text, known.iter().copied(), &fallback);
                    (format!("`{attribute}` has no argument `{}`.", name.text), help)
                } else {
                    let help = "Remove it, or give its name.".to_owned();
                    (format!("`{attribute}` takes no such argument."), help)
                };
                diagnostics.push(Diagnostic::error(codes::UNKNOWN_ARGUMENT, span, message).help(help));
            } else if !seen.insert(key) {
                let message = format!("The argument `{key}` of `{}` is given twice.", attribute.shown());
                diagnostics.push(
                    Diagnostic::error(codes::DUPLICATE_ARGUMENT, span, message).help("Keep one of them."),
                );
            }
        }
        Self { attribute, known }
    }

    /// The value of an argument.
    pub(crate) fn get(&self, name: &str) -> Option<&'b Expression<'a>> {
        let known = self.known.contains(&name).then_some(&self.attribute.arguments)?;
        known.iter().find(|argument| argument.key(self.known) == name).map(|argument| &argument.value)
    }

    /// The value of an argument that must be given; its lack is reported.
    pub(crate) fn require(&self, name: &str, diagnostics: &mut Findings) -> Option<&'b Expression<'a>> {
        let value = self.get(name);
        if value.is_none() {
            let message = format!("`{}` needs the argument `{name}`.", self.attribute.shown());
            let help = format!("Add `{name}: …`.");
            diagnostics
                .push(Diagnostic::error(codes::MISSING_ARGUMENT, self.attribute.span(), message).help(help));
        }
        value
    }

    /// The string of an argument that is not empty; anything else is reported.
    pub(crate) fn text(&self, name: &str, diagnostics: &mut Findings) -> Option<(&'b str, Span)> {
        let expression = self.get(name)?;
        let Value::Text(text) = &expression.value else {
            wrong(
                expression,
                &format!("The argument `{name}` of `{}`", self.attribute.shown()),
                "a string",
                diagnostics,
            );
            return None;
        };
        if text.is_empty() {
            let message = format!("The argument `{name}` of `{}` is empty.", self.attribute.shown());
            let found = Diagnostic::error(codes::BAD_ARGUMENT, expression.span(), message);
            diagnostics.push(found.help("Write a name, or remove the argument."));
            return None;
        }
        Some((text, expression.span()))
    }
}

/// Reports a value of the wrong kind.
pub(crate) fn wrong(expression: &Expression<'_>, what: &str, wanted: &str, diagnostics: &mut Findings) {
    let message = format!("{what} must be {wanted}, not {}.", expression.value.kind());
    let help = format!("Write {wanted}.");
    diagnostics.push(Diagnostic::error(codes::BAD_ARGUMENT, expression.span(), message).help(help));
}

/// The name in `@map("…")` or `@@map("…")`.
pub(crate) fn mapped(attribute: &Attribute<'_>, diagnostics: &mut Findings) -> Option<String> {
    let arguments = Arguments::read(attribute, &["name"], diagnostics);
    arguments.require("name", diagnostics)?;
    arguments.text("name", diagnostics).map(|(text, _)| text.to_owned())
}

/// Reports each attribute that stands twice among those that may stand once, and gives the first of each.
pub(crate) fn once<'b, 'a>(
    attributes: &'b [Attribute<'a>],
    repeatable: &[&str],
    diagnostics: &mut Findings,
) -> impl Iterator<Item = &'b Attribute<'a>> + use<'b, 'a> {
    let mut seen = Seen::default();
    let mut repeated = Vec::new();
    let several = if attributes.len() > 1 { attributes } else { &[] };
    for (place, attribute) in several.iter().enumerate() {
        let name = attribute.name.text;
        if !repeatable.contains(&name) && !seen.insert(name) {
            repeated.push(place);
            let message = format!("`{}` stands here twice.", attribute.shown());
            let found = Diagnostic::error(codes::DUPLICATE_ATTRIBUTE, attribute.span(), message);
            diagnostics.push(found.help("Keep one of them."));
        }
    }
    let first = move |place: &usize| repeated.binary_search(place).is_err();
    attributes.iter().enumerate().filter(move |(place, _)| first(place)).map(|(_, attribute)| attribute)
}

/// Reports an unknown attribute with the nearest known one.
pub(crate) fn unknown(
    attribute: &Attribute<'_>,
    sign: &str,
    known: &[&str],
    place: &str,
    diagnostics: &mut Findings,
) {
    let message = format!("There is no attribute `{sign}{}` on {place}.", attribute.name.text);
    let listed: Vec<String> = known.iter().map(|name| format!("`{sign}{name}`")).collect();
    let help = super::suggest::nearest(attribute.name.text, known.iter().copied()).map_or_else(
        || format!("Known are {}.", listed.join(", ")),
        |near| format!("Did you mean `{sign}{near}`?"),
    );
    diagnostics.push(Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, attribute.name.span(), message).help(help));
}
