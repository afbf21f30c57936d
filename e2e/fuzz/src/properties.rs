//! What holds of every text, whatever it is. Each function panics with the text when something does not.

use std::collections::BTreeMap;

use api::manifest::{Document, parse as parse_manifest, to_yaml};
use datamodel::{
    Datamodel, Edition, Language, Parsed, Provider, Severity, Source, Span, Styling, parse, terminal,
};
use plan::{Ownership, diff, reverse};
use schema::{Dialect, Schema, Scope, derive, fingerprint};
use sql::render;
use upgrade::{Target, upgrade};

/// Prisma's language in one of its editions: the parser, its findings, the formatter.
///
/// # Panics
/// When a property does not hold.
pub fn psl(text: &str, edition: Edition) {
    let read = |text: &str| parse(Source { text, language: Some(Language::Psl), edition: Some(edition) });
    layout(text, Language::Psl, &read);
}

/// Prisma 1's languages: the parser, its findings, the formatter, and what the text becomes in a newer language.
///
/// # Panics
/// When a property does not hold.
pub fn sdl(text: &str, language: Language) {
    let read = |text: &str| parse(Source { text, language: Some(language), edition: None });
    layout(text, language, &read);
    upgraded(text, language);
}

/// Every language, recognised from the text.
///
/// # Panics
/// When a property does not hold.
pub fn any(text: &str) {
    let read = |text: &str| parse(Source { text, language: None, edition: None });
    findings(text, &read(text));
    let language = datamodel::recognise(text);
    layout(text, language, &|text| parse(Source { text, language: Some(language), edition: None }));
}

/// A manifest: refused with words, or accepted; and what is accepted stays the same when it is written and read again.
///
/// # Panics
/// When a property does not hold.
pub fn manifest(text: &str) {
    let documents = match parse_manifest(text) {
        Ok(documents) => documents,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a word:\n{text}");
            assert!(errors.iter().all(|error| !error.message.is_empty()), "an error without words:\n{text}");
            return;
        }
    };
    for document in documents {
        let Document::SchemaMigration(migration) = document else { continue };
        let once = to_yaml(&migration).unwrap();
        let again = parse_manifest(&once).unwrap_or_else(|errors| panic!("{errors:?}\n{once}\nof\n{text}"));
        let [Document::SchemaMigration(again)] = again.as_slice() else { panic!("not one:\n{once}") };
        assert_eq!(once, to_yaml(&again).unwrap(), "written and read again it is another one:\n{text}");
    }
}

/// The pure pipeline, for every database that the text can be about. `before` is where the change comes from.
///
/// # Panics
/// When a property does not hold.
pub fn plans(before: &str, text: &str) {
    let Some(datamodel) = psl_datamodel(text) else { return };
    let before = psl_datamodel(before);
    let declared = datamodel.datasource.as_ref().map(|source| Dialect::of(source.provider));
    for dialect in [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql] {
        if declared.is_some_and(|declared| declared != dialect) {
            continue;
        }
        let scope =
            Scope { dialect, namespace: (dialect == Dialect::PostgreSql).then(|| "public".to_owned()) };
        let desired = derive(&datamodel, &scope);
        let empty = Schema::empty(dialect);
        let old = before.as_ref().map_or_else(|| empty.clone(), |before| derive(before, &scope));
        unchanged(&desired, text);
        for (from, to) in [(&empty, &desired), (&desired, &empty), (&old, &desired), (&desired, &old)] {
            changed(from, to, text);
        }
    }
}

fn psl_datamodel(text: &str) -> Option<Datamodel> {
    parse(Source { text, language: Some(Language::Psl), edition: None }).datamodel
}

fn unchanged(schema: &Schema, text: &str) {
    let plan = diff(schema, schema, &Ownership::of(schema)).unwrap();
    assert!(plan.is_empty(), "equal schemas differ:\n{}\n{text}", sql::text(&render(&plan)));
    assert_eq!(fingerprint(schema), fingerprint(&schema.clone()));
}

fn changed(from: &Schema, to: &Schema, text: &str) {
    let owned = Ownership::of(from);
    let Ok(plan) = diff(from, to, &owned) else { return };
    let script = render(&plan);
    assert_eq!(script.digest, render(&plan).digest, "a digest that changes:\n{text}");
    assert_eq!(script.steps.is_empty(), plan.is_empty(), "a plan without statements:\n{text}");
    for step in &script.steps {
        let filled = !step.summary.is_empty() && step.statements.iter().all(|found| !found.trim().is_empty());
        assert!(filled, "an empty step: {step:?}\n{text}");
    }
    if let Ok(back) = reverse(from, &plan, &owned) {
        render(&back);
    }
}

/// The findings point into the text, and reading and laying out go together.
fn layout(text: &str, language: Language, read: &dyn Fn(&str) -> Parsed) {
    let parsed = read(text);
    findings(text, &parsed);
    let once = datamodel::format(text, language);
    let twice = datamodel::format(&once, language);
    assert_eq!(once, twice, "formatting twice is something else:\n{text}");
    let (before, after) = (letters(text, language), letters(&once, language));
    assert_eq!(before, after, "formatting lost or made something:\n{text}\n=== became ===\n{once}");
    let Some(before) = parsed.datamodel else { return };
    let after = read(&once);
    let Some(after) = after.datamodel else {
        panic!("formatting broke it: {:#?}\n{text}\n=== became ===\n{once}", after.diagnostics)
    };
    let (before, after) = (without_places(before), without_places(after));
    assert!(before == after, "formatting changed the meaning:\n{text}\n=== became ===\n{once}");
}

fn findings(text: &str, parsed: &Parsed) {
    let invalid = parsed.diagnostics.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(invalid, parsed.datamodel.is_none(), "findings and datamodel disagree:\n{text}");
    for found in &parsed.diagnostics {
        let Span { start, end } = found.span;
        assert!(!found.message.is_empty(), "a finding without words: {found:?}\n{text}");
        assert!(text.get(start..end).is_some(), "a finding outside of the text: {found:?}\n{text}");
    }
    for found in parsed.diagnostics.iter().take(3) {
        assert!(!found.one_line(text).contains('\n'), "{found:?}");
    }
    let shown =
        terminal("a", text, parsed.diagnostics.get(..3).unwrap_or(&parsed.diagnostics), Styling::Plain);
    assert_eq!(shown.is_empty(), parsed.diagnostics.is_empty());
}

/// How often each letter and digit stands in the text: a formatter moves them and never loses one. Prisma 1's printer
/// writes escapes of its own, so of its texts only the comments count where there are any.
fn letters(text: &str, language: Language) -> BTreeMap<char, usize> {
    let escapes = language != Language::Psl && (text.contains('\\') || text.contains("\"\"\""));
    let mut found = BTreeMap::new();
    if !escapes {
        for letter in text.chars().filter(|letter| letter.is_alphanumeric()) {
            *found.entry(letter).or_default() += 1;
        }
    }
    found
}

/// What the datamodel says, wherever it stands.
fn without_places(mut datamodel: Datamodel) -> Datamodel {
    for model in &mut datamodel.models {
        model.span = Span::default();
        model.columns.iter_mut().for_each(|field| field.span = Span::default());
        model.relations.iter_mut().for_each(|field| field.span = Span::default());
        // A formatter puts `@@unique` before `@@index`, as Prisma's does.
        model.indexes.sort_by_key(|index| format!("{index:?}"));
    }
    datamodel.enums.iter_mut().for_each(|found| found.span = Span::default());
    datamodel
}

fn upgraded(text: &str, language: Language) {
    let scope =
        Scope { dialect: Dialect::of(Provider::PostgreSql), namespace: Some("default$default".to_owned()) };
    let source = Source { text, language: Some(language), edition: None };
    let Some(old) = parse(source).datamodel else { return };
    let old = derive(&old, &scope);
    for (target, language) in [(Target::Psl, Language::Psl), (Target::SdlV11, Language::SdlV11)] {
        let Some(made) = upgrade(source, target, &scope).0 else {
            panic!("a valid text without an upgrade:\n{text}")
        };
        if made.notes.iter().any(|note| note.starts_with("The result needs a hand")) {
            continue;
        }
        let read = parse(Source { text: &made.text, language: Some(language), edition: None });
        let Some(new) = read.datamodel else {
            panic!("the upgrade is not valid: {:#?}\n{text}\n=== became ===\n{}", read.diagnostics, made.text)
        };
        let new = derive(&new, &scope);
        let Ok(plan) = diff(&old, &new, &Ownership::of(&old)) else { continue };
        let steps: Vec<String> = render(&plan).steps.into_iter().map(|step| step.summary).collect();
        let other = steps.iter().find(|step| !step.ends_with("_RelayId"));
        assert!(
            other.is_none(),
            "the upgrade has other tables: {steps:#?}\n{text}\n=== became ===\n{}",
            made.text
        );
    }
}
