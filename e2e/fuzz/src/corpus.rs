//! The texts that recipes start from: fixtures and examples of the repository, and the seeds beside this package, which
//! hold in few lines what no fixture has in one text.

use std::path::{Path, PathBuf};

use crate::Words;

const PSL: &[&str] = &[
    "model",
    "enum",
    "view",
    "type",
    "datasource",
    "generator",
    "String",
    "Int",
    "BigInt",
    "Boolean",
    "DateTime",
    "Json",
    "Bytes",
    "Decimal",
    "Float",
    "Unsupported(\"x\")",
    "?",
    "[]",
    "[]?",
    "!",
    "@id",
    "@unique",
    "@default(",
    "@default(now())",
    "@default(autoincrement())",
    "@default(dbgenerated(\"1\"))",
    "@default([1, 2])",
    "@updatedAt",
    "@map(\"",
    "@map(\"x\")",
    "@@map(\"x\")",
    "@@id([",
    "@@unique([",
    "@@index([",
    "@@index([id])",
    "@@schema(\"a\")",
    "@@ignore",
    "@ignore",
    "@relation(",
    "fields: [",
    "references: [",
    "onDelete: Cascade",
    "onUpdate: SetNull",
    "map: \"x\"",
    "name: \"x\"",
    "sort: Desc",
    "length: 3",
    "ops: raw(\"x\")",
    "type: Gin",
    "@db.",
    "@db.VarChar(3)",
    "@db.Text",
    "@db.Uuid",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    "=",
    "@",
    "@@",
    ".",
    "-1",
    "1.5",
    "0",
    "true",
    "\"\"",
    "\"a\\\"b\"",
    "\"\\u0041\"",
    "/// @schemalift.renamedFrom(x)\n",
    "// c\n",
    "/* c */",
    "/// d\n",
    "provider = \"mysql\"",
    "provider = \"sqlite\"",
    "provider = \"postgresql\"",
    "relationMode = \"prisma\"",
    "schemas = [\"a\"]",
    "previewFeatures = [\"views\"]",
    "_",
    "a",
    "id",
    "A",
    "B",
];

const SDL: &[&str] = &[
    "type",
    "enum",
    "scalar",
    "interface",
    "union",
    "extend",
    "implements X",
    "input",
    "ID!",
    "ID",
    "UUID!",
    "Int!",
    "Int",
    "String!",
    "String",
    "Float",
    "Boolean",
    "DateTime!",
    "Json",
    "[String!]!",
    "[Int]",
    "!",
    "@id",
    "@id(strategy: SEQUENCE)",
    "@sequence(name: \"s\", initialValue: 4, allocationSize: 1)",
    "@unique",
    "@createdAt",
    "@updatedAt",
    "@default(value: ",
    "@default(value: \"x\")",
    "@db(name: \"",
    "@db(name: \"x\")",
    "@rename(oldName: \"y\")",
    "@relation(name: \"R\")",
    "@relation(link: INLINE)",
    "@relation(link: TABLE)",
    "onDelete: CASCADE",
    "@relationTable",
    "@linkTable",
    "@scalarList(strategy: RELATION)",
    "@embedded",
    "@indexes(value: [{fields: [\"a\"] name: \"i\"}])",
    "@pgRelation(column: \"c\")",
    "@pgTable(name: \"t\")",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    "=",
    "@",
    "|",
    "&",
    "...",
    "\"d\"",
    "\"\"\"d\ne\"\"\"",
    "# c\n",
    "-1",
    "1.5e3",
    "null",
    "true",
    "a",
    "id",
    "A",
    "B",
    ",",
];

const YAML: &[&str] = &[
    "apiVersion:",
    "kind: Secret",
    "kind: ConfigMap",
    "metadata:",
    "spec:",
    "---",
    "...",
    "&a",
    "*a",
    "<<: *a",
    "!!str",
    "!!binary",
    "|",
    ">",
    "-",
    "? ",
    "null",
    "~",
    "true",
    "1e400",
    "-1",
    "0x1f",
    "[",
    "]",
    "{",
    "}",
    "'",
    "key: value",
    "spec: {}",
    "inline: x",
    "adopt: true",
    "name:",
    "data:",
    "stringData:",
    "mode: Apply",
    "timeZone: UTC",
    "3s",
    "target:",
    "urlFrom:",
    "secretKeyRef:",
    "{name: a, key: b}",
    "provider: sqlite",
    "%YAML 1.2",
    "#",
    "\u{85}",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files below a folder that end like this, in a fixed order, without their expectations.
fn texts(folder: &str, end: &str) -> Vec<String> {
    let mut folders = vec![root().join(folder)];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == end) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
    let text = |whole: String| {
        let end = ["// --- expect", "# --- expect"].iter().filter_map(|mark| whole.find(mark)).min();
        whole.get(..end.unwrap_or(whole.len())).unwrap_or_default().to_owned()
    };
    paths.iter().map(read).map(text).collect()
}

/// Datamodels in Prisma's language.
///
/// # Panics
/// When the repository's fixtures cannot be read.
pub fn psl() -> Words {
    let mut all = texts("operator/datamodel/tests/psl", "prisma");
    all.extend(texts("operator/introspection/tests/psl", "prisma"));
    all.extend(texts("e2e/fuzz/seeds", "prisma"));
    let cases = oracle::cases().into_iter().filter(|case| !case.name.starts_with("fixtures/"));
    all.extend(cases.map(|case| {
        let files = case.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        datamodel::join(files)
    }));
    Words { texts: all, words: PSL }
}

/// Datamodels of Prisma 1, of both its languages.
///
/// # Panics
/// When the repository's fixtures cannot be read.
pub fn sdl() -> Words {
    let mut all = texts("operator/datamodel/tests", "graphql");
    all.extend(texts("operator/upgrade/tests", "graphql"));
    all.extend(texts("operator/introspection/tests/sdl", "graphql"));
    all.extend(texts("e2e/fuzz/seeds", "graphql"));
    Words { texts: all, words: SDL }
}

/// Manifests.
///
/// # Panics
/// When the repository's examples cannot be read.
pub fn manifests() -> Words {
    let mut all = texts("examples", "yaml");
    all.extend(texts("e2e/fuzz/seeds", "yaml"));
    Words { texts: all, words: YAML }
}
