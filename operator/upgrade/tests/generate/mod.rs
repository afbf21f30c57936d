//! Datamodels of Prisma 1 by chance, for this crate's tests and for those on real databases.

#![allow(unreachable_pub, reason = "shared by several test files")]

use std::fmt::Write as _;

use datamodel::Language;

/// A small generator of numbers (`splitmix64`); the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.below(u64::try_from(from.len()).unwrap())).unwrap()]
    }
}

const TYPES: &[&str] = &["User", "Post", "Address", "Category", "Day", "Order", "Zoo", "Box", "Friends"];
const FIELDS: &[&str] = &["name", "title", "count", "note", "userId", "postId", "a", "b", "node", "position"];
const SCALARS: &[&str] = &["String", "Int", "Float", "Boolean", "DateTime", "Json", "UUID", "Role"];

/// A datamodel of either generation, with relations of every kind.
pub(crate) fn text(random: &mut Random, language: Language) -> String {
    let legacy = language == Language::SdlV1;
    let count = usize::try_from(2 + random.below(5)).unwrap();
    let start = usize::try_from(random.below(3)).unwrap();
    let types = &TYPES[start..start + count];
    let mut bodies: Vec<String> = types.iter().map(|name| body(random, name, legacy)).collect();
    for number in 0..random.below(8) {
        let (one, other) = (random.below(count as u64), random.below(count as u64));
        let (one, other) = (usize::try_from(one).unwrap(), usize::try_from(other).unwrap());
        relation(random, number, (types, &mut bodies), (one, other), legacy);
    }
    let mut out = String::new();
    for (name, body) in types.iter().zip(bodies) {
        let mapped = !legacy && random.one_in(4);
        let mapped =
            if mapped { format!(" @db(name: \"{}_table\")", name.to_lowercase()) } else { String::new() };
        if random.one_in(3) {
            writeln!(out, "# About {name}.").unwrap();
        }
        writeln!(out, "type {name}{mapped} {{\n{body}}}\n").unwrap();
    }
    out.push_str("enum Role {\n  ADMIN\n  USER # the usual one\n}\n");
    out
}

/// The id and the scalar fields of a type.
fn body(random: &mut Random, name: &str, legacy: bool) -> String {
    let mut out = String::new();
    let id = random.pick(&["ID", "ID", "UUID", "Int"]);
    match (legacy, id) {
        (true, "Int") => out.push_str("  id: ID! @unique\n"),
        (true, id) => writeln!(out, "  id: {id}! @unique").unwrap(),
        (false, "Int") if random.one_in(3) => writeln!(
            out,
            "  id: Int! @id(strategy: SEQUENCE) @sequence(name: \"{name}_numbers\", initialValue: 5, allocationSize: 1)"
        )
        .unwrap(),
        (false, id) => writeln!(out, "  id: {id}! @id").unwrap(),
    }
    for field in FIELDS.iter().take(usize::try_from(random.below(6)).unwrap()) {
        let scalar = random.pick(SCALARS);
        if random.one_in(5) {
            let strategy = if legacy { "" } else { " @scalarList(strategy: RELATION)" };
            writeln!(out, "  {field}: [{scalar}!]!{strategy}").unwrap();
            continue;
        }
        let required = if random.one_in(2) { "!" } else { "" };
        let unique = if random.one_in(4) { " @unique" } else { "" };
        let mapped = !legacy && random.one_in(4);
        let mapped = if mapped { format!(" @db(name: \"{field}_column\")") } else { String::new() };
        let default = match (scalar, legacy) {
            ("Int", true) => " @default(value: \"7\")",
            ("Int", false) => " @default(value: 7)",
            ("Role", true) => " @default(value: \"ADMIN\")",
            ("Role", false) => " @default(value: USER)",
            ("String", _) => " @default(value: \"say \\\"hi\\\"\")",
            _ => "",
        };
        let default = if random.one_in(3) { default } else { "" };
        writeln!(out, "  {field}: {scalar}{required}{unique}{mapped}{default} # {field} of {name}").unwrap();
    }
    if random.one_in(3) {
        let directive = if legacy { "" } else { " @createdAt" };
        writeln!(out, "  createdAt: DateTime!{directive}").unwrap();
    }
    out
}

/// A relation between two types, with one field or two.
fn relation(
    random: &mut Random,
    number: u64,
    (types, bodies): (&[&str], &mut [String]),
    (one, other): (usize, usize),
    legacy: bool,
) {
    let name = format!("{}{number}", random.pick(&["Uses", "Has", "Friends", "Knows"]));
    let kind = |random: &mut Random| random.pick(&["", "!", "[]"]);
    let (from, to) = (kind(random), kind(random));
    let field = |field: String, ty: &str, kind: &str, extra: &str| match kind {
        "[]" => format!("  {field}: [{ty}!]! @relation(name: \"{name}\"{extra})\n"),
        kind => format!("  {field}: {ty}{kind} @relation(name: \"{name}\"{extra})\n"),
    };
    let both = random.one_in(2);
    let one_to_one = both && from != "[]" && to != "[]";
    let link = match (legacy, from) {
        (false, "[]") if random.one_in(2) => ", link: TABLE",
        (false, _) if one_to_one => random.pick(&[", link: INLINE", ", link: TABLE"]),
        (true | false, _) => "",
    };
    bodies[one].push_str(&field(format!("r{number}"), types[other], from, link));
    if both {
        bodies[other].push_str(&field(format!("back{number}"), types[one], to, ""));
    }
}
