//! Every fixture under `tests/sdl` says at its end what the parser makes of it; `UPDATE_EXPECT=1` rewrites that.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use datamodel::{Arity, Datamodel, Diagnostic, Language, Parsed, Relation, Severity, Source, parse};
use proptest::prelude::*;

const MARK: &str = "# --- expect\n";

fn read(text: &str) -> Parsed {
    parse(Source { text, language: Some(Language::SdlV11), edition: None })
}

fn listing(datamodel: &Datamodel, out: &mut String) {
    for model in &datamodel.models {
        let _ = writeln!(
            out,
            "table {} ({}){}",
            model.table_name(),
            model.name,
            was(model.renamed_from.as_deref())
        );
        for column in &model.columns {
            let arity = match column.arity {
                Arity::Required => "!",
                Arity::Optional => "",
                Arity::List => "[]",
            };
            let default = column.default.as_ref().map_or_else(String::new, |value| format!(" = {value:?}"));
            let updated = if column.updated_at { " updatedAt" } else { "" };
            let was = was(column.renamed_from.as_deref());
            let _ = writeln!(out, "  {} {:?}{arity}{default}{updated}{was}", column.column_name(), column.ty);
        }
        if let Some(key) = &model.primary_key {
            let names: Vec<&str> = key.fields.iter().map(|field| field.name.as_str()).collect();
            let _ = writeln!(out, "  primary key {}", names.join(", "));
        }
        for index in &model.indexes {
            let names: Vec<&str> = index.fields.iter().map(|field| field.name.as_str()).collect();
            let map = index.map.as_deref().unwrap_or("-");
            let _ = writeln!(out, "  {:?} {map} on {}", index.kind, names.join(", "));
        }
    }
    for definition in &datamodel.enums {
        let values: Vec<&str> = definition.values.iter().map(datamodel::EnumValue::stored).collect();
        let was = was(definition.renamed_from.as_deref());
        let _ = writeln!(out, "enum {} {}{was}", definition.name, values.join(" "));
    }
    for relation in &datamodel.relations {
        let _ = match relation {
            Relation::Inline(inline) => writeln!(
                out,
                "inline {}.{} -> {}.{} {:?}",
                inline.model,
                inline.columns.join(","),
                inline.target,
                inline.references.join(","),
                inline.on_delete
            ),
            Relation::Table(table) => writeln!(
                out,
                "link {} {} -> {}.{}, {} -> {}.{}",
                table.table,
                table.a.column,
                table.a.model,
                table.a.id_field,
                table.b.column,
                table.b.model,
                table.b.id_field
            ),
        };
    }
}

fn was(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" was {name}"))
}

fn describe(text: &str) -> String {
    let parsed = read(text);
    let mut out = String::new();
    for finding in &parsed.diagnostics {
        assert!(finding.span.start <= finding.span.end && finding.span.end <= text.len());
        let kind = if finding.severity == Severity::Warning { "warning " } else { "" };
        let _ = writeln!(out, "{kind}{}", Diagnostic::one_line(finding, text));
        if !finding.help.is_empty() {
            let _ = writeln!(out, "  help: {}", finding.help);
        }
    }
    if let Some(datamodel) = &parsed.datamodel {
        listing(datamodel, &mut out);
    }
    out.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect()
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdl").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn check(folder: &str, valid: bool) {
    let mut wrong = Vec::new();
    for path in fixtures(folder) {
        let whole = std::fs::read_to_string(&path).unwrap();
        let (text, expected) = whole.split_once(MARK).unwrap_or((&whole, ""));
        assert_eq!(read(text).datamodel.is_some(), valid, "{}: {:?}", path.display(), read(text).diagnostics);
        let found = describe(text);
        if found == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, format!("{text}{MARK}{found}")).unwrap();
        } else {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "UPDATE_EXPECT=1 rewrites these:\n{}", wrong.join("\n"));
}

#[test]
fn valid_datamodels_become_tables() {
    check("valid", true);
}

#[test]
fn invalid_datamodels_say_what_is_wrong() {
    check("invalid", false);
}

#[test]
fn the_legacy_datamodel_is_refused_clearly() {
    let parsed = parse(Source {
        text: "type A {\n  id: ID! @unique\n}\n",
        language: Some(Language::SdlV1),
        edition: None,
    });
    assert!(parsed.datamodel.is_none());
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].code, "D0400");
}

#[test]
fn deep_and_long_texts_are_bounded() {
    for text in [
        format!("type A {{ id: ID! @id @x(a: {}", "[".repeat(100_000)),
        format!("type A {{ id: {}", "[".repeat(100_000)),
        "{".repeat(600_000),
        "type A { id: ID! @id }\n".repeat(20_000),
        format!(
            "type A {{ id: ID! @id {} }}",
            "b: B
"
            .repeat(20_000)
        ),
    ] {
        let parsed = read(&text);
        assert!(parsed.datamodel.is_none());
        assert!(parsed.diagnostics.len() <= 201);
    }
}

#[test]
fn every_prefix_of_a_valid_text_is_read_without_panic() {
    for path in fixtures("valid") {
        let whole = std::fs::read_to_string(path).unwrap();
        let text = whole.split(MARK).next().unwrap();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            read(&text[..end]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_text_never_panics(text in "\\PC*") {
        read(&text);
    }

    #[test]
    fn random_words_never_panic(words in proptest::collection::vec(prop::sample::select(vec![
        "type", "enum", "A", "B", "{", "}", "(", ")", "[", "]", ":", "!", "@id", "@relation", "@relationTable", "name", "link",
        "INLINE", "TABLE", "\"A\"", "\"\"\"", "ID!", "@default", "value", "1", "-", "\n", "@db", "@unique", "@indexes", "fields", "é",
    ]), 0..120)) {
        read(&words.join(" "));
    }
}
