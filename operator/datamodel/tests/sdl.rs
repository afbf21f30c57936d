//! Every fixture under `tests/sdl` says at its end what the parser makes of it; `UPDATE_EXPECT=1` rewrites that.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use datamodel::{
    Arity, Datamodel, Diagnostic, Language, LinkSide, Parsed, Relation, Severity, Source, parse,
};
use proptest::prelude::*;

const MARK: &str = "# --- expect\n";

fn read(text: &str) -> Parsed {
    parse(Source { text, language: Some(Language::SdlV11), edition: None })
}

fn read_legacy(text: &str) -> Parsed {
    parse(Source { text, language: Some(Language::SdlV1), edition: None })
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
            let was = was(column.renamed_from());
            let sequence = column.sequence.as_ref().map_or_else(String::new, |sequence| {
                format!(" from {} at {}", sequence.name, sequence.start)
            });
            let (name, ty) = (column.column_name(), &column.ty);
            let _ = writeln!(out, "  {name} {ty:?}{arity}{default}{sequence}{updated}{was}");
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
            Relation::Table(table) => {
                let side = |side: &LinkSide| {
                    let was = was(side.renamed_from.as_deref());
                    format!("{}{was} -> {}.{}", side.column, side.model, side.id_field)
                };
                let id = table.id.as_ref().map_or_else(String::new, |id| format!("{id}, "));
                let was = was(table.renamed_from.as_deref());
                let name = if table.table.ends_with(&table.relation) {
                    String::new()
                } else {
                    format!(" ({})", table.relation)
                };
                writeln!(out, "link {}{name}{was} {id}{}, {}", table.table, side(&table.a), side(&table.b))
            }
        };
    }
}

fn was(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" was {name}"))
}

fn describe(text: &str, parsed: &Parsed) -> String {
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

fn check(folder: &str, read: fn(&str) -> Parsed, valid: bool) {
    let mut wrong = Vec::new();
    for path in fixtures(folder) {
        let whole = std::fs::read_to_string(&path).unwrap();
        let (text, expected) = whole.split_once(MARK).unwrap_or((&whole, ""));
        let parsed = read(text);
        assert_eq!(parsed.datamodel.is_some(), valid, "{}: {:?}", path.display(), parsed.diagnostics);
        let found = describe(text, &parsed);
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
    check("valid", read, true);
}

#[test]
fn invalid_datamodels_say_what_is_wrong() {
    check("invalid", read, false);
}

#[test]
fn valid_legacy_datamodels_become_tables() {
    check("legacy/valid", read_legacy, true);
}

#[test]
fn invalid_legacy_datamodels_say_what_is_wrong() {
    check("legacy/invalid", read_legacy, false);
}

/// Formatting changes nothing but the layout, loses no comment, and twice is as once.
#[test]
fn fixtures_are_laid_out() {
    for (folder, read) in [("valid", read as fn(&str) -> Parsed), ("legacy/valid", read_legacy)] {
        for path in fixtures(folder) {
            let whole = std::fs::read_to_string(&path).unwrap();
            let text = whole.split(MARK).next().unwrap();
            let once = datamodel::format(text, Language::SdlV11);
            assert_eq!(datamodel::format(&once, Language::SdlV11), once, "{}", path.display());
            let letters_of = |text: &str| {
                let mut letters: Vec<char> = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
                letters.sort_unstable();
                letters
            };
            assert_eq!(letters_of(text), letters_of(&once), "{}", path.display());
            let (before, after) = (read(text).datamodel.unwrap(), read(&once).datamodel.unwrap());
            let (mut was, mut became) = (String::new(), String::new());
            listing(&before, &mut was);
            listing(&after, &mut became);
            assert_eq!(was, became, "{}", path.display());
        }
    }
    let broken = "type A {\n id: ID! @id\n";
    assert_eq!(datamodel::format(broken, Language::SdlV11), broken);
    let untidy = "# top\ntype A{id:ID!@id  # key\n name:String   @default( value :\"x\" ),\n}\nenum E{A,B}";
    expect_test::expect![[r#"
        # top
        type A {
          id: ID! @id # key
          name: String @default(value: "x")
        }

        enum E {
          A
          B
        }
    "#]]
    .assert_eq(&datamodel::format(untidy, Language::SdlV11));
}

/// A text and its layout, which is settled and has the same letters.
#[test]
fn layouts_are_as_expected() {
    for path in fixtures("layout") {
        let whole = std::fs::read_to_string(&path).unwrap();
        let (text, expected) = whole.split_once(MARK).unwrap_or((&whole, ""));
        let found = datamodel::format(text, Language::SdlV11);
        assert_eq!(datamodel::format(&found, Language::SdlV11), found, "{}", path.display());
        let shown: String =
            found.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
        if shown != expected {
            let anew = std::env::var_os("UPDATE_EXPECT").is_some();
            assert!(anew, "{}: UPDATE_EXPECT=1 writes the expectation anew\n{shown}", path.display());
            std::fs::write(&path, format!("{text}{MARK}{shown}")).unwrap();
        }
    }
}

/// The language is recognised from every valid fixture as what it is checked as.
#[test]
fn fixtures_are_recognised() {
    for (folder, language) in [("valid", Language::SdlV11), ("legacy/valid", Language::SdlV1)] {
        for path in fixtures(folder) {
            let whole = std::fs::read_to_string(&path).unwrap();
            let text = whole.split(MARK).next().unwrap();
            if !text.contains("# language given") {
                assert_eq!(datamodel::recognise(text), language, "{}", path.display());
            }
        }
    }
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
    for (folder, read) in [("valid", read as fn(&str) -> Parsed), ("legacy/valid", read_legacy)] {
        for path in fixtures(folder) {
            let whole = std::fs::read_to_string(path).unwrap();
            let text = whole.split(MARK).next().unwrap();
            for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                read(&text[..end]);
            }
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
        "INLINE", "TABLE", "id", "createdAt", "@pgRelation", "@pgRelationTable", "column", "table", "@pgTable", "\"A\"", "\"\"\"", "ID!", "@default", "value", "1", "-", "\n", "@db", "@unique", "@indexes", "fields", "é",
    ]), 0..120)) {
        read(&words.join(" "));
        read_legacy(&words.join(" "));
    }
}
