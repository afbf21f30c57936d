//! Pairs of datamodels: what stands in the first, what shall stand in the second, and the rows in between.

use oracle::Provider;

/// A change. `#` in the texts is the number of the pair, so that all pairs fit into one database.
pub(crate) struct Pair {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// Statements that put rows into the first.
    pub(crate) rows: Vec<String>,
}

impl Pair {
    /// The pair with its number put in.
    pub(crate) fn numbered(&self, number: usize) -> Self {
        let put = |text: &String| text.replace('#', &number.to_string());
        Self {
            number,
            name: self.name.clone(),
            from: put(&self.from),
            to: put(&self.to),
            rows: self.rows.iter().map(put).collect(),
        }
    }
}

/// A field `v`, and two values that it may hold.
type Variant = (&'static str, &'static str, &'static str);

const VARIANTS: &[Variant] = &[
    ("Int", "1", "20"),
    ("Int?", "1", "NULL"),
    ("Int @default(7)", "1", "7"),
    ("Int @unique", "1", "20"),
    ("BigInt", "1", "20"),
    ("BigInt?", "NULL", "20"),
    ("Float", "1.5", "2"),
    ("Decimal", "1.5", "2"),
    ("String", "'1'", "'20'"),
    ("String?", "'1'", "NULL"),
    ("String @default(\"x\")", "'x'", "'20'"),
    ("String @unique", "'a'", "'b'"),
    ("Boolean", "true", "false"),
    ("Boolean @default(true)", "true", "false"),
    ("DateTime", "'2026-01-01 00:00:00'", "'2026-01-02 00:00:00'"),
    ("DateTime @default(now())", "'2026-01-01 00:00:00'", "'2026-01-02 00:00:00'"),
];

const POSTGRES_VARIANTS: &[Variant] = &[
    ("Json", "'{\"a\": 1}'", "'1'"),
    ("Decimal @db.Decimal(10, 2)", "1.5", "2"),
    ("String @db.VarChar(3)", "'abc'", "'1'"),
    ("String @db.Uuid", "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"),
    ("Int @db.SmallInt", "1", "20"),
    ("DateTime @db.Timestamptz(3)", "'2026-01-01 00:00:00Z'", "'2026-01-02 00:00:00Z'"),
    ("E#", "'A'", "'B'"),
    ("E# @default(A)", "'A'", "'B'"),
    ("Int[]", "'{1,2}'", "'{}'"),
    ("String[] @default([\"a\"])", "'{a}'", "NULL"),
];

// Not a default of Json: Prisma writes it without quotes on SQLite.
const SQLITE_VARIANTS: &[Variant] = &[("Json", "'{}'", "'1'"), ("Bytes", "x'01'", "x'0203'")];

/// Every change of one field into every other.
fn fields(provider: Provider) -> Vec<Pair> {
    let own = if provider == Provider::PostgreSql { POSTGRES_VARIANTS } else { SQLITE_VARIANTS };
    let variants: Vec<&Variant> = VARIANTS.iter().chain(own).collect();
    let model = |variant: &str| {
        let declared = if provider == Provider::PostgreSql { "\nenum E# {\n  A\n  B\n}\n" } else { "" };
        format!("model T# {{\n  id Int @id\n  v  {variant}\n}}\n{declared}")
    };
    let mut pairs = Vec::new();
    for (from, one, two) in &variants {
        for (to, ..) in variants.iter().filter(|(to, ..)| to != from) {
            pairs.push(Pair {
                number: 0,
                name: format!("{from} becomes {to}"),
                from: model(from),
                to: model(to),
                rows: vec![format!("INSERT INTO \"T#\" (id, v) VALUES (1, {one}), (2, {two})")],
            });
        }
    }
    pairs
}

/// The changes of `changes.pairs`: `=== name [provider]`, the first, `--- rows`, statements, `--- to`, the second.
fn written(provider: Provider) -> Vec<Pair> {
    let text = std::fs::read_to_string(oracle::folder().join("changes.pairs")).unwrap();
    let mut pairs = Vec::new();
    for part in text.split("=== ").skip(1) {
        let (name, body) = part.split_once('\n').unwrap();
        let (name, only) = match name.split_once(" [") {
            Some((name, only)) => (name, Some(only.trim_end_matches(']'))),
            None => (name, None),
        };
        if only.is_some_and(|only| only != provider.as_str()) {
            continue;
        }
        let (before, to) = body.split_once("--- to\n").unwrap();
        let (from, rows) = before.split_once("--- rows\n").unwrap_or((before, ""));
        pairs.push(Pair {
            number: 0,
            name: name.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            rows: rows.lines().map(str::to_owned).collect(),
        });
    }
    pairs
}

/// All pairs of a database, numbered.
pub(crate) fn pairs(provider: Provider) -> Vec<Pair> {
    let all = written(provider).into_iter().chain(fields(provider));
    all.enumerate().map(|(number, pair)| pair.numbered(number)).collect()
}
