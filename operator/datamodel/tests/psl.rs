//! The PSL front end against its fixtures, and against text that nobody would write.
//!
//! A fixture in `psl/invalid` ends with the findings that it must give, behind a line `// --- expect`;
//! `UPDATE_EXPECT=1` writes them anew. A fixture in `psl/valid` must give a datamodel, and its warnings the same way.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use datamodel::{
    Action, Arity, DefaultValue, Edition, FieldType, Language, Literal, Parsed, Relation, Scalar, Severity,
    Source, Styling, terminal,
};
use proptest::prelude::*;

const MARK: &str = "// --- expect\n";

/// A text that begins with `// edition: X` is of that edition.
fn parse(text: &str) -> Parsed {
    let first = text.lines().next().unwrap_or_default();
    let edition = first.strip_prefix("// edition: ").map(|name| Edition::named(name).unwrap());
    datamodel::parse(Source { text, language: Some(Language::Psl), edition })
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/psl").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "prisma"));
    paths.sort();
    paths
}

fn check(folder: &str, valid: bool) {
    let mut wrong = String::new();
    let paths = fixtures(folder);
    assert!(!paths.is_empty());
    for path in paths {
        let whole = std::fs::read_to_string(&path).unwrap();
        let (text, expected) = whole.split_once(MARK).unwrap_or((&whole, ""));
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let parsed = parse(text);
        if parsed.datamodel.is_some() != valid {
            writeln!(wrong, "{name}: valid is {}", parsed.datamodel.is_some()).unwrap();
        }
        for finding in &parsed.diagnostics {
            assert!(!finding.message.is_empty() && !finding.help.is_empty(), "{name}: {finding:?}");
        }
        let mut found = String::new();
        for line in terminal(&name, text, &parsed.diagnostics, Styling::Plain).trim_end().lines() {
            writeln!(found, "{}", format!("// {line}").trim_end()).unwrap();
        }
        if found == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let mark = if found.is_empty() { "" } else { MARK };
            std::fs::write(&path, format!("{text}{mark}{found}")).unwrap();
        } else {
            writeln!(wrong, "{name}: found\n{found}but expected\n{expected}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nUPDATE_EXPECT=1 writes the expectations anew.");
}

#[test]
fn valid_datamodels_are_read() {
    check("valid", true);
}

#[test]
fn invalid_datamodels_give_their_findings() {
    check("invalid", false);
}

fn valid(name: &str) -> datamodel::Datamodel {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/psl/valid").join(name);
    parse(&std::fs::read_to_string(path).unwrap()).datamodel.unwrap()
}

#[test]
fn names_hints_and_defaults_arrive_in_the_datamodel() {
    let blitz = valid("blitz.prisma");
    let user = blitz.model("User").unwrap();
    assert_eq!((user.table_name(), user.renamed_from.as_deref()), ("users", Some("accounts")));
    let name = user.column("displayName").unwrap();
    assert_eq!((name.column_name(), name.renamed_from()), ("display_name", Some("name")));
    assert_eq!(user.column("id").unwrap().default, Some(datamodel::DefaultValue::Autoincrement));
    assert_eq!(
        blitz.find_enum("Role").unwrap().value("OWNER").unwrap().renamed_from.as_deref(),
        Some("SUPERUSER")
    );
    assert_eq!(blitz.datasource.unwrap().name, "db");
}

#[test]
fn relations_come_in_the_order_of_their_first_fields() {
    let platform = valid("platform.prisma");
    assert!(platform.models.len() >= 14 && platform.enums.len() == 2);
    let tables: Vec<&str> = platform
        .relations
        .iter()
        .filter_map(|relation| match relation {
            Relation::Table(table) => Some(table.table.as_str()),
            Relation::Inline(_) => None,
        })
        .collect();
    assert_eq!(tables, ["_follows", "_ArticleToTag"]);
    let Some(Relation::Inline(first)) = platform.relations.first() else {
        panic!("{:?}", platform.relations)
    };
    assert_eq!((first.model.as_str(), first.field.as_str()), ("Membership", "organization"));
    let keywords = platform.model("Article").unwrap().column("keywords").unwrap();
    assert_eq!(keywords.arity, Arity::List);
}

#[test]
fn a_link_table_of_a_model_with_itself_sorts_its_sides_by_field() {
    let text = "model A {\n id Int @id\n z A[] @relation(\"x\")\n b A[] @relation(\"x\")\n}\n";
    let Some(Relation::Table(table)) = parse(text).datamodel.unwrap().relations.into_iter().next() else {
        panic!()
    };
    assert_eq!((table.table.as_str(), table.a.column.as_str(), table.a.id_field.as_str()), ("_x", "A", "id"));
}

#[test]
fn deep_and_long_texts_end_soon() {
    let deep = format!("model A {{\n id Int @id @default({}\n}}", "[".repeat(200_000));
    let open = format!("model A {{\n{}}}", " x Unsupported(\n".repeat(60_000));
    let many = format!("model A {{\n id Int @id\n @@index([\n{}])\n}}", "a,\n".repeat(100_000));
    let words = "x \n".repeat(300_000);
    for text in [deep, open, many, words, "@".repeat(100_000), "\"\\".repeat(100_000), "/*".repeat(100_000)] {
        let parsed = parse(&text);
        assert!(parsed.diagnostics.iter().any(|finding| finding.severity == Severity::Error));
    }
}

/// Tokens are read in batches: no line may be read otherwise where one ends and another begins.
#[test]
fn every_line_of_a_long_text_is_read_alike() {
    for shift in 0..9 {
        let field =
            |number| format!("  f{number} String[] @default([\"a\", \"{number}\"]) @map(\"c{number}\")\n");
        let fields: Vec<String> = (0..1500).map(field).collect();
        let text = format!("{}model A {{\n  id Int @id\n{}}}\n", "\n".repeat(shift), fields.concat());
        let parsed = parse(&text);
        let model =
            parsed.datamodel.unwrap_or_else(|| panic!("{:?}", parsed.diagnostics.first())).models.remove(0);
        assert_eq!(model.columns.len(), 1501);
        for (number, column) in model.columns.iter().skip(1).enumerate() {
            let literal = |text: &str| datamodel::Literal::String(text.to_owned());
            let default = datamodel::DefaultValue::List(vec![literal("a"), literal(&number.to_string())]);
            assert_eq!(
                (column.column_name(), &column.default),
                (format!("c{number}").as_str(), &Some(default))
            );
        }
    }
}

#[test]
fn crlf_reads_like_lf() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/psl/valid/blitz.prisma"))
            .unwrap();
    let mut crlf = parse(&text.replace('\n', "\r\n")).datamodel.unwrap();
    let mut lf = parse(&text).datamodel.unwrap();
    for datamodel in [&mut crlf, &mut lf] {
        for model in &mut datamodel.models {
            model.span = datamodel::Span::default();
            model.columns.iter_mut().for_each(|field| field.span = datamodel::Span::default());
            model.relations.iter_mut().for_each(|field| field.span = datamodel::Span::default());
        }
        datamodel.enums.iter_mut().for_each(|item| item.span = datamodel::Span::default());
    }
    assert_eq!(crlf, lf);
}

fn sound(text: &str) {
    let parsed = parse(text);
    let failed = parsed.diagnostics.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(parsed.datamodel.is_none(), failed);
    for finding in &parsed.diagnostics {
        let span = finding.span;
        assert!(text.get(span.start..span.end).is_some(), "{finding:?} in {text:?}");
    }
    terminal("a.prisma", text, &parsed.diagnostics, Styling::Plain);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_text_never_panics(text in "\\PC{0,200}") {
        sound(&text);
    }

    #[test]
    fn random_words_of_the_language_never_panic(words in prop::collection::vec(prop::sample::select(vec![
        "model ", "enum ", "A", "B ", "{\n", "\n}\n", "\n", "id ", "Int ", "@id ", "@@index", "(", ")", "[", "]", ",", ": ",
        "\"a\"", "\"", "\\u00", "@relation", "fields", "references", "@default", "now()", "-1.5", "é", "/*", "*/", "///",
        "@schemalift.renamedFrom(", "datasource db {\n", "provider = \"mysql\"\n", "?", "!", ".", "@db.VarChar", "=", "\r",
    ]), 0..80)) {
        sound(&words.concat());
    }

    #[test]
    fn mutated_datamodels_never_panic(at in 0usize..4000, length in 0usize..40, put in "\\PC{0,6}", platform in any::<bool>()) {
        let text = if platform { include_str!("psl/valid/platform.prisma") } else { include_str!("psl/valid/blitz.prisma") };
        let mut characters: Vec<char> = text.chars().collect();
        let start = at % characters.len();
        let end = (start + length).min(characters.len());
        characters.splice(start..end, put.chars());
        sound(&characters.into_iter().collect::<String>());
    }
}

#[test]
fn an_early_edition_makes_what_it_lets_one_omit() {
    let early = valid("edition_2.prisma");
    let unique = |model: &str| early.model(model).unwrap().indexes.first().unwrap().map.clone();
    assert_eq!(unique("User").as_deref(), Some("whole name"));
    assert_eq!(unique("Profile").as_deref(), Some("Profile_userId_unique"));
    let inline: Vec<_> = early
        .relations
        .iter()
        .filter_map(|relation| match relation {
            Relation::Inline(inline) => Some((inline.references.as_slice(), inline.on_delete)),
            Relation::Table(_) => None,
        })
        .collect();
    let id = ["id".to_owned()];
    assert_eq!(inline, [(&id[..], Some(Action::Restrict)), (&id[..], Some(Action::Cascade))]);
}

#[test]
fn an_alias_is_its_type_and_its_attributes() {
    let early = valid("edition_lift_aliases.prisma");
    let line = early.model("Line").unwrap();
    let one = Some(DefaultValue::Literal(Literal::Number("1".to_owned())));
    let int = FieldType::Scalar(Scalar::Int);
    let column = |name: &str| {
        let column = line.column(name).unwrap();
        (column.ty.clone(), column.arity, column.default.clone())
    };
    assert_eq!(column("number"), (int.clone(), Arity::Required, one.clone()));
    assert_eq!(column("amount"), (int.clone(), Arity::Optional, one));
    assert_eq!(column("many"), (int, Arity::List, None));
    let red = Some(DefaultValue::Literal(Literal::EnumValue("RED".to_owned())));
    assert_eq!(column("colour"), (FieldType::Enum("Paint".to_owned()), Arity::Required, red));
    let unique: Vec<&str> =
        line.indexes.iter().flat_map(|index| &index.fields).map(|field| field.name.as_str()).collect();
    assert_eq!(unique, ["number"]);
}

#[test]
fn a_layout_is_settled_and_loses_nothing() {
    for path in fixtures("layout") {
        let whole = std::fs::read_to_string(&path).unwrap();
        let (text, expected) = whole.split_once(MARK).unwrap_or((&whole, ""));
        let found = datamodel::format(text, Language::Psl);
        assert_eq!(datamodel::format(&found, Language::Psl), found);
        let shown: String =
            found.lines().map(|line| format!("// {line}").trim_end().to_owned() + "\n").collect();
        if shown != expected {
            assert!(
                std::env::var_os("UPDATE_EXPECT").is_some(),
                "{}: UPDATE_EXPECT=1 writes the expectation anew\n{shown}",
                path.display()
            );
            std::fs::write(&path, format!("{text}{MARK}{shown}")).unwrap();
        }
    }
}

/// What a layout may not lose: every letter and digit, in any order.
fn substance(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = text.chars().filter(|character| character.is_alphanumeric()).collect();
    characters.sort_unstable();
    characters
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_lines_are_laid_out_once_and_for_all(lines in prop::collection::vec(prop::sample::select(vec![
        "model A {", "enum E {", "datasource db {", "view V { // open", "}", "} // closed", "", "  ", "// own", "/// doc",
        "  id Int @id", "a  String? @map( \"x\" )  @default( \"// no\" ) // behind", "@@index([a,b])", "@@map(\"m\") // m",
        "/* one */", "/* two", "three */", "provider=\"x\"", "A", "B @map(\"b\")", "x Unsupported(\"a b\")[]", "} model B {",
        "broken (", "\"open", "é ü", "list Int[] @default([1,2])", "/* a */ b Int", "c Int /* d */ e",
    ]), 0..40), end in prop::sample::select(vec!["\n", "\r\n"])) {
        let text = lines.join(end);
        let once = datamodel::format(&text, Language::Psl);
        prop_assert_eq!(datamodel::format(&once, Language::Psl), once.as_str());
        prop_assert_eq!(substance(&once), substance(&text));
    }

    #[test]
    fn random_text_is_laid_out_without_a_panic(text in "\\PC{0,200}") {
        datamodel::format(&text, Language::Psl);
    }
}
