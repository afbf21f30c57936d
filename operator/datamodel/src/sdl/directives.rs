//! Which directives there are, where they may stand, and which arguments they take.

use super::ast::{Argument, Directive, Value, ValueKind};
use super::codes::{self, Findings, did_you_mean};
use super::directive_tables::{LEGACY_WORDS, MODERN_WORDS, Parameter, known};
use super::flavour::Flavour;
use crate::Span;

/// Where a directive stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On a field.
    Field,
    /// On a type.
    Type,
    /// On an enum.
    Enum,
}

/// What an argument must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    /// A text.
    Text,
    /// A whole number.
    Int,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, with the wording of `strategy`.
    Strategy(&'static [&'static str]),
    /// Checked elsewhere.
    Any,
}

/// Checks the directives of one field, type or enum, `owner`.
pub(super) fn check(
    directives: &[Directive<'_>],
    place: Place,
    flavour: Flavour,
    owner: (&str, Span),
    findings: &mut Findings,
) {
    let known = known(place, flavour);
    let mut seen = std::collections::BTreeSet::new();
    for directive in directives {
        let name = directive.name.text;
        if !seen.insert(name) {
            repeated(directive, place, owner, findings);
            continue;
        }
        match known.iter().find(|(candidate, _)| *candidate == name) {
            Some((_, parameters)) => arguments(directive, parameters, place, owner.0, findings),
            None => unknown(directive, place, flavour, findings),
        }
    }
}

fn repeated(directive: &Directive<'_>, place: Place, owner: (&str, Span), findings: &mut Findings) {
    let name = owner.0;
    let message = match place {
        Place::Field => {
            format!(
                "The field `{name}` specifies a directive more than once. Directives must appear exactly once on a field."
            )
        }
        Place::Type | Place::Enum => {
            format!(
                "The type `{name}` specifies a directive more than once. Directives must appear exactly once on a type."
            )
        }
    };
    let help = format!("Keep one `@{}` and remove the others.", directive.name.text);
    findings.error(codes::DUPLICATE_DIRECTIVE, directive.span, message, help);
}

/// Whether the directive means something here.
pub(super) fn is_known(name: &str, place: Place, flavour: Flavour) -> bool {
    known(place, flavour).iter().any(|(candidate, _)| *candidate == name)
}

fn unknown(directive: &Directive<'_>, place: Place, flavour: Flavour, findings: &mut Findings) {
    let name = directive.name.text;
    let place_name = match place {
        Place::Field => "fields",
        Place::Type => "types",
        Place::Enum => "enums",
    };
    let message = format!("The directive `@{name}` is not known on {place_name}.");
    let elsewhere =
        [Place::Field, Place::Type, Place::Enum].into_iter().any(|place| is_known(name, place, flavour));
    if flavour != Flavour::Modern && MODERN_WORDS.contains(&name) {
        modern_word(directive, findings);
        return;
    }
    if flavour != Flavour::Modern && name == "defaultValue" {
        let message = "You are using a '@defaultValue' directive. Prisma uses '@default(value: \"Value as String\")' to declare default values.";
        findings.error(codes::DEFAULT, directive.span, message, "Write `@default(value: …)`.");
        return;
    }
    if let Some((_, help)) =
        LEGACY_WORDS.iter().find(|(legacy, _)| *legacy == name && flavour == Flavour::Modern)
    {
        findings.error(codes::UNKNOWN_DIRECTIVE, directive.span, message, *help);
    } else if elsewhere {
        findings.error(
            codes::UNKNOWN_DIRECTIVE,
            directive.span,
            message,
            "Remove it here; it belongs elsewhere.",
        );
    } else if let Some(meant) =
        did_you_mean(name, known(place, flavour).iter().map(|(candidate, _)| *candidate))
    {
        findings.error(
            codes::UNKNOWN_DIRECTIVE,
            directive.span,
            message,
            format!("Did you mean `@{meant}`?"),
        );
    } else {
        let help = "It changes nothing in the database; remove it if no other tool reads it.";
        findings.warning(codes::UNKNOWN_DIRECTIVE, directive.span, message, help);
    }
}

/// A directive of v1.1 in a v1 text. What v1 does by itself may stand; what would be another table may not.
fn modern_word(directive: &Directive<'_>, findings: &mut Findings) {
    let name = directive.name.text;
    let message = format!("`@{name}` belongs to datamodel v1.1; this text is read as v1.");
    if matches!(name, "createdAt" | "updatedAt" | "scalarList" | "index" | "indexes") {
        let help = "It has no effect here; remove it, or bring the text to v1.1 with `schemalift datamodel upgrade`.";
        findings.warning(codes::NO_EFFECT, directive.span, message, help);
        return;
    }
    let help = "Write the whole text in one of the two languages, and set `datamodel.language`.";
    findings.error(codes::MIXED_LANGUAGES, directive.span, message, help);
}

fn arguments(
    directive: &Directive<'_>,
    parameters: &[Parameter],
    place: Place,
    owner: &str,
    findings: &mut Findings,
) {
    let name = directive.name.text;
    for (parameter, required, expected) in parameters {
        match directive.argument(parameter) {
            Some(argument) => value(&argument.value, name, parameter, *expected, findings),
            None if *required => missing(directive, parameter, *expected, place, owner, findings),
            None => {}
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for argument in &directive.arguments {
        if !seen.insert(argument.name.text) {
            let message =
                format!("The argument `{}` of `@{name}` is given more than once.", argument.name.text);
            findings.error(codes::UNKNOWN_ARGUMENT, argument.name.span, message, "Keep one of them.");
        } else if !parameters.iter().any(|(parameter, ..)| *parameter == argument.name.text) {
            unknown_argument(argument, name, parameters, findings);
        }
    }
}

fn missing(
    directive: &Directive<'_>,
    parameter: &str,
    expected: Expected,
    place: Place,
    owner: &str,
    findings: &mut Findings,
) {
    let name = directive.name.text;
    if let Expected::Strategy(allowed) = expected {
        let message =
            format!("Valid values for the strategy argument of `@{name}` are: {}.", allowed.join(", "));
        let first = allowed.first().copied().unwrap_or_default();
        findings.error(
            codes::MISSING_ARGUMENT,
            directive.span,
            message,
            format!("Write `@{name}(strategy: {first})`."),
        );
        return;
    }
    let kind = match place {
        Place::Field => "field",
        Place::Type => "type",
        Place::Enum => "enum",
    };
    let message = format!(
        "The {kind} `{owner}` specifies the directive `@{name}` but it's missing the required argument `{parameter}`."
    );
    findings.error(
        codes::MISSING_ARGUMENT,
        directive.span,
        message,
        format!("Write `@{name}({parameter}: …)`."),
    );
}

fn unknown_argument(
    argument: &Argument<'_>,
    directive: &str,
    parameters: &[Parameter],
    findings: &mut Findings,
) {
    let message = format!("The directive `@{directive}` has no argument `{}`.", argument.name.text);
    let names = || parameters.iter().map(|(name, ..)| *name);
    match did_you_mean(argument.name.text, names()) {
        Some(meant) => findings.error(
            codes::UNKNOWN_ARGUMENT,
            argument.name.span,
            message,
            format!("Did you mean `{meant}`?"),
        ),
        None => findings.warning(
            codes::UNKNOWN_ARGUMENT,
            argument.name.span,
            message,
            "It has no effect; remove it.",
        ),
    }
}

fn value(value: &Value<'_>, directive: &str, parameter: &str, expected: Expected, findings: &mut Findings) {
    let is_text = matches!(value.kind, ValueKind::String(_));
    let problem = match expected {
        Expected::Text if !is_text => Some((
            "This argument must be a String.".to_owned(),
            "Put the name into double quotes.".to_owned(),
        )),
        Expected::Text if value.text().is_some_and(str::is_empty) => Some((
            format!("The argument `{parameter}` of `@{directive}` is empty."),
            "Give a name.".to_owned(),
        )),
        Expected::Int if !matches!(value.kind, ValueKind::Int(_)) => Some((
            "This argument must be an Int.".to_owned(),
            "Write a whole number without quotes.".to_owned(),
        )),
        Expected::OneOf(allowed) if !one_of(value, allowed) => {
            let message = format!("Valid values for the argument `{parameter}` are: {}.", allowed.join(","));
            Some((message, format!("Choose one of {}.", allowed.join(", "))))
        }
        Expected::Strategy(allowed) if !one_of(value, allowed) => {
            let message = format!(
                "Valid values for the strategy argument of `@{directive}` are: {}.",
                allowed.join(", ")
            );
            Some((message, format!("Choose one of {}.", allowed.join(", "))))
        }
        Expected::Text | Expected::Int | Expected::OneOf(_) | Expected::Strategy(_) | Expected::Any => None,
    };
    if let Some((message, help)) = problem {
        findings.error(codes::ARGUMENT_VALUE, value.span, message, help);
    }
}

fn one_of(value: &Value<'_>, allowed: &[&str]) -> bool {
    value.text().is_some_and(|word| allowed.contains(&word))
}
