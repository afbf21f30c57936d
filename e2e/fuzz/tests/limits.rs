//! Texts that are too deep, too long or too many of something, on a stack of half a megabyte: each ends with an answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;

use api::manifest;
use datamodel::{Edition, Language, Severity, Source, Styling, parse, terminal};
use fuzz::properties;

/// Less than any thread of the product has.
const STACK: usize = 512 * 1024;

/// Bytes of a text that is long of one thing. Where an effort is the square of it, nobody waits for the end.
const SIZE: usize = 256 * 1024;

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Valid,
    Refused,
}
use Verdict::{Refused, Valid};

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
}

/// Everything that a text goes through, and the verdict on it.
fn check(cases: Vec<(&'static str, Verdict, String)>, language: Language) {
    on_a_small_stack(move || {
        for (name, verdict, text) in cases {
            // Of an attempt that takes for ever one sees which it is: `cargo test -- --nocapture`.
            eprintln!("{name}");
            let parsed = parse(Source { text: &text, language: Some(language), edition: None });
            let found = if parsed.datamodel.is_some() { Valid } else { Refused };
            let first = parsed.diagnostics.iter().find(|found| found.severity == Severity::Error);
            assert_eq!(found, verdict, "{name}: {first:?}");
            // Two of each severity say that there are more.
            assert!(parsed.diagnostics.len() <= 402, "{name}: {} findings", parsed.diagnostics.len());
            terminal(name, &text, &parsed.diagnostics, Styling::Plain);
            match language {
                Language::Psl => {
                    properties::psl(&text, Edition::Six);
                    if verdict == Valid {
                        properties::plans("", &text);
                    }
                }
                Language::SdlV11 | Language::SdlV1 => properties::sdl(&text, language),
            }
        }
    });
}

fn many(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        text.push_str(&line(number));
        text
    })
}

const SOURCE: &str = "datasource db {\n  provider = \"postgresql\"\n}\n";

fn model(members: &str) -> String {
    format!("{SOURCE}model A {{\n  id Int @id\n{members}}}\n")
}

#[test]
fn psl_is_not_read_deeper_than_its_limit() {
    let nested = |open: &str, close: &str, times: usize| {
        model(&format!("  a Int @default({}1{})\n", open.repeat(times), close.repeat(times)))
    };
    let deep = 100_000;
    let cases = vec![
        ("lists", Refused, nested("[", "]", deep)),
        ("open lists", Refused, nested("[", "", deep)),
        ("functions", Refused, nested("a(", ")", deep)),
        ("parentheses", Refused, nested("(", ")", deep)),
        ("objects", Refused, nested("{", "}", deep)),
        ("lists over lines", Refused, nested("[\n", "]\n", deep)),
        ("blocks in blocks", Refused, "model A {\n".repeat(deep)),
        ("blocks that only end", Refused, "}\n".repeat(deep)),
        ("JSON", Refused, model(&format!("  a Json @default(\"{}\")\n", "[".repeat(deep)))),
        (
            "JSON that is closed",
            Refused,
            model(&format!("  a Json @default(\"{}{}\")\n", "[".repeat(deep), "]".repeat(deep))),
        ),
        ("types", Refused, model(&format!("  a {}Int\n", "[".repeat(deep)))),
        (
            "operators",
            Refused,
            model(&format!("  @@index([id(ops: {}1{})])\n", "raw(".repeat(deep), ")".repeat(deep))),
        ),
    ];
    check(cases, Language::Psl);
}

#[test]
fn psl_of_many_parts_ends_with_an_answer() {
    let names = many(10_000, |number| format!("  V{number}\n"));
    let fields = |form: fn(usize) -> String| model(&many(3_000, form));
    let cases = vec![
        ("enum values", Valid, format!("{SOURCE}enum E {{\n{names}}}\n")),
        ("the same enum value", Refused, format!("{SOURCE}enum E {{\n{}}}\n", "  V\n".repeat(3_000))),
        ("columns", Valid, fields(|number| format!("  a{number} Int\n"))),
        ("unique columns", Valid, fields(|number| format!("  a{number} Int @unique\n"))),
        ("unknown types", Refused, fields(|number| format!("  a{number} Typ{number}\n"))),
        ("unknown attributes", Refused, fields(|number| format!("  a{number} Int @defau{number}\n"))),
        (
            "relations without an opposite",
            Refused,
            fields(|number| format!("  a{number} A @relation(\"r{number}\")\n")),
        ),
        ("relations of one name", Refused, fields(|number| format!("  a{number} A @relation(\"r\")\n"))),
        (
            "relations to itself",
            Valid,
            model(&many(1_000, |n| {
                format!(
                    "  a{n} A? @relation(\"r{n}\", fields: [k{n}], references: [id])\n  k{n} Int?\n  b{n} A[] @relation(\"r{n}\")\n"
                )
            })),
        ),
        ("indexes of nothing", Refused, model(&many(3_000, |number| format!("  @@index([b{number}])\n")))),
        ("columns of an index", Refused, model(&format!("  @@index([{}id])\n", "id, ".repeat(3_000)))),
        ("blocks of one name", Refused, many(3_000, |_| "model A {\n  id Int @id\n}\n".to_owned())),
        (
            "tables of one name",
            Refused,
            many(3_000, |n| format!("model A{n} {{\n  id Int @id\n  @@map(\"a\")\n}}\n")),
        ),
        ("datasources", Refused, SOURCE.repeat(3_000)),
        ("generators", Refused, "generator a {\n}\n".repeat(3_000)),
        ("settings", Refused, format!("generator a {{\n{}}}\n", "  a = [1]\n".repeat(3_000))),
        ("hints", Refused, "/// @schemalift.renamedFrom(a)\n".repeat(3_000)),
        (
            "arguments",
            Refused,
            model(&format!("  @@index([id], {})\n", vec!["map: \"a\""; 3_000].join(", "))),
        ),
        ("attributes", Refused, model(&format!("  a Int {}\n", "@unique ".repeat(3_000)))),
    ];
    check(cases, Language::Psl);
}

#[test]
fn psl_of_nothing_but_one_thing_ends_with_an_answer() {
    let size = SIZE;
    let of = |part: &str| part.repeat(size / part.len());
    let cases = vec![
        ("comments", Valid, of("// a comment\n")),
        ("documentation", Valid, of("/// documentation\n")),
        ("comments of blocks", Valid, of("/* a */\n")),
        ("comments on one line", Valid, of("/* a */")),
        ("comments on one line of a model", Valid, model(&of("/**/"))),
        ("an open comment", Refused, of("/* ")),
        ("comments in a model", Valid, model(&of("  // a comment\n"))),
        ("blank lines", Valid, of("\n")),
        ("blanks", Valid, of(" ")),
        ("carriage returns", Valid, of("\r")),
        ("zeros", Refused, of("\0")),
        ("byte order marks", Refused, of("\u{feff}")),
        ("quotes", Refused, of("\"")),
        ("backslashes in a string", Refused, format!("\"{}", of("\\"))),
        ("signs", Refused, of("@")),
        ("braces", Refused, of("{}")),
        ("marks of files", Refused, format!("// --- file: a\n{}", of("x// --- file: "))),
        ("files", Refused, of("// --- file: a\nx\n")),
        ("a name", Refused, format!("model {} {{\n}}\n", of("a"))),
        ("a string", Valid, model(&format!("  a String @default(\"{}\")\n", of("é")))),
        ("a number", Refused, model(&format!("  a Int @default({})\n", of("9")))),
        ("words", Refused, of("word \n")),
    ];
    check(cases, Language::Psl);
}

#[test]
fn psl_beyond_its_limits_is_refused() {
    let refused = |text: &str, code: &str| {
        let parsed = parse(Source { text, language: Some(Language::Psl), edition: None });
        let codes: Vec<&str> = parsed.diagnostics.iter().map(|found| found.code).collect();
        assert!(parsed.datamodel.is_none() && codes.contains(&code), "{codes:?}");
    };
    refused(&" ".repeat(datamodel::MAX_BYTES + 1), "D0001");
    refused(&"\n".repeat(1_500_001), "D0100");
}

#[test]
fn sdl_ends_with_an_answer() {
    let ty = |fields: &str| format!("type A {{\n  id: ID! @id\n{fields}}}\n");
    let nested = |open: &str, close: &str| {
        let value = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        ty(&format!("  a: Int @default(value: {value})\n"))
    };
    let of = |part: &str| part.repeat(SIZE / part.len());
    let fields = |form: fn(usize) -> String| ty(&many(3_000, form));
    let mut enums = "enum E {\n".to_owned();
    for number in 0..3_000 {
        writeln!(enums, "  V{number}").unwrap();
    }
    enums.push_str("}\n");
    let cases = vec![
        ("lists", Refused, nested("[", "]")),
        ("objects", Refused, nested("{a: ", "}")),
        ("types", Refused, ty(&format!("  a: {}Int{}\n", "[".repeat(100_000), "]".repeat(100_000)))),
        ("types in types", Refused, "type A {\n".repeat(100_000)),
        ("enum values", Valid, format!("{enums}{}", ty(""))),
        ("columns", Valid, fields(|number| format!("  a{number}: Int\n"))),
        ("unknown types", Refused, fields(|number| format!("  a{number}: Typ{number}\n"))),
        ("relations", Refused, fields(|number| format!("  a{number}: A\n"))),
        (
            "named relations",
            Valid,
            fields(|number| format!("  a{number}: A @relation(name: \"R{number}\", link: INLINE)\n")),
        ),
        (
            "relations of one name",
            Refused,
            fields(|number| format!("  a{number}: A @relation(name: \"R\")\n")),
        ),
        ("definitions that are refused", Refused, many(3_000, |number| format!("union U{number} = A | B\n"))),
        ("comments", Valid, of("# a comment\n")),
        ("descriptions", Valid, of("\"\"\"a\"\"\"\n")),
        ("commas", Valid, of(",")),
        ("quotes", Refused, of("\"")),
        ("brackets", Refused, of("[")),
        ("a name", Refused, format!("type {} {{\n}}\n", of("a"))),
        ("directives", Refused, ty(&format!("  a: Int {}\n", "@unique ".repeat(3_000)))),
        ("too much", Refused, " ".repeat(datamodel::MAX_BYTES + 1)),
        ("too many words", Refused, "a ".repeat(400_001)),
    ];
    for language in [Language::SdlV11, Language::SdlV1] {
        let legacy = |(name, verdict, text): &(&'static str, Verdict, String)| {
            // The legacy language marks its id otherwise; its verdicts are those of its own tests.
            (language == Language::SdlV11 || !text.contains("@id")).then(|| (*name, *verdict, text.clone()))
        };
        check(cases.iter().filter_map(legacy).collect(), language);
    }
}

#[test]
fn a_manifest_ends_with_an_answer() {
    let head = "apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {name: a}\nspec: ";
    let bomb = many(40, |number| match number {
        0 => "- &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
        _ => {
            let before = number - 1;
            format!("- &a{number} [*a{before}, *a{before}, *a{before}, *a{before}, *a{before}, *a{before}]\n")
        }
    });
    let cases = vec![
        ("lists", format!("{head}{}", "[".repeat(10_000))),
        ("closed lists", format!("{head}{}{}", "[".repeat(10_000), "]".repeat(10_000))),
        ("lists in block form", format!("{head}\n  {}a", "- ".repeat(10_000))),
        ("objects", format!("{head}{}", "{a: ".repeat(10_000))),
        ("keys", format!("{head}\n{}", many(10_000, |number| format!("  a{number}: 1\n")))),
        ("aliases of aliases", format!("{head}\n  a:\n{bomb}")),
        ("documents", "---\na: 1\n".repeat(10_000)),
        ("too much", " ".repeat(manifest::MAX_BYTES + 1)),
    ];
    on_a_small_stack(move || {
        for (name, text) in cases {
            let found = manifest::parse(&text);
            assert!(found.is_err_and(|errors| !errors.is_empty()), "{name} is accepted");
        }
    });
}
