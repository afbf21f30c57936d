//! Every change of a MySQL column's type into every other: its statement, and the hazard it brings. `UPDATE_EXPECT=1`
//! rewrites `mysql_types.txt`.
//!
//! Prisma's own verdicts differ where it calls a change harmless that refuses or changes values in a strict session, or
//! the other way round; ours are shown on real servers by `mysql_casts` of the database crate.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use datamodel::{Language, Source};
use expect_test::expect_file;
use plan::{Ownership, diff};
use schema::{Dialect, Schema, Scope, derive};

/// Scalar types with the native types that they can have.
const TYPES: &[(&str, &[&str])] = &[
    (
        "Int",
        &[
            "Int",
            "UnsignedInt",
            "SmallInt",
            "UnsignedSmallInt",
            "TinyInt",
            "UnsignedTinyInt",
            "MediumInt",
            "UnsignedMediumInt",
            "Year",
        ],
    ),
    ("Boolean", &["TinyInt", "Bit(1)"]),
    ("BigInt", &["BigInt", "UnsignedBigInt"]),
    ("Decimal", &["Decimal(65, 30)", "Decimal(5, 2)", "Decimal(30, 0)"]),
    ("Float", &["Float", "Double"]),
    (
        "String",
        &[
            "Char(10)",
            "Char(40)",
            "VarChar(10)",
            "VarChar(191)",
            "VarChar(1000)",
            "TinyText",
            "Text",
            "MediumText",
            "LongText",
        ],
    ),
    ("Bytes", &["Bit(64)", "Binary(16)", "VarBinary(16)", "TinyBlob", "Blob", "MediumBlob", "LongBlob"]),
    (
        "DateTime",
        &["Date", "Time(0)", "Time(3)", "DateTime(0)", "DateTime(3)", "Timestamp(0)", "Timestamp(3)"],
    ),
    ("Json", &["Json"]),
];

struct Variant {
    name: String,
    schema: Schema,
}

fn variants() -> Vec<Variant> {
    let each = |(scalar, natives): &(&str, &[&str])| -> Vec<Variant> {
        let variant = |native: &&str| {
            let name = if native.starts_with(scalar) || *scalar != "Boolean" && !native.starts_with("TinyInt")
            {
                (*native).to_owned()
            } else {
                format!("{native} of {scalar}")
            };
            let text = format!(
                "datasource db {{\n  provider = \"mysql\"\n}}\nmodel T {{\n  id Int @id\n  v {scalar}? @db.{native}\n}}\n"
            );
            let parsed =
                datamodel::parse(Source { text: &text, language: Some(Language::Psl), edition: None });
            let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{:?}\n{text}", parsed.diagnostics));
            Variant { name, schema: derive(&datamodel, &Scope { dialect: Dialect::MySql, namespace: None }) }
        };
        natives.iter().map(variant).collect()
    };
    TYPES.iter().flat_map(each).collect()
}

/// What becomes of the column, in the words of the fixture, and the statement.
fn change(from: &Schema, to: &Schema) -> (String, Option<String>) {
    let script = sql::render(&diff(from, to, &Ownership::of(from)).unwrap());
    let hazards = script.steps.iter().flat_map(|step| &step.hazards);
    let codes: Vec<&str> = hazards.map(|hazard| hazard.hazard.code.as_str()).collect();
    let verdict = match (script.steps.is_empty(), codes.as_slice()) {
        (true, []) => "same".to_owned(),
        (false, []) => "safe".to_owned(),
        (_, codes) => codes.join(" "),
    };
    let mut statements = script.steps.into_iter().flat_map(|step| step.statements);
    let statement = statements.next();
    assert_eq!(statements.next(), None);
    (verdict, statement)
}

#[test]
fn every_type_becomes_every_other() {
    let variants = variants();
    let mut out = String::new();
    for from in &variants {
        writeln!(out, "{}", from.name).unwrap();
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for to in &variants {
            let (verdict, statement) = change(&from.schema, &to.schema);
            let again = statement.iter().any(|statement| statement.contains("DROP COLUMN"));
            assert_eq!(again, verdict == "P0103", "{statement:?}");
            groups.entry(verdict).or_default().push(&to.name);
        }
        for (verdict, group) in groups {
            writeln!(out, "  {verdict}: {}", group.join(", ")).unwrap();
        }
    }
    writeln!(out, "\nThe statement from Int to each:\n").unwrap();
    for to in &variants {
        let (_, statement) = change(&variants.first().unwrap().schema, &to.schema);
        writeln!(out, "{}:\n{}", to.name, statement.as_deref().unwrap_or("nothing")).unwrap();
    }
    expect_file!["mysql_types.txt"].assert_eq(&out);
}
