//! Chance, names and literals.

use datamodel::Provider;

/// A small generator of numbers (`splitmix64`); the same on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is at least 1.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

pub(crate) const MODELS: &[&str] = &[
    "User",
    "Order",
    "Group",
    "Ärger",
    "日本",
    "select",
    "Table",
    "A",
    "Anything_that_has_a_rather_long_name_that_goes_to_the_limits",
];
pub(crate) const FIELDS: &[&str] = &[
    "id",
    "name",
    "order",
    "from",
    "select",
    "größe",
    "名",
    "user",
    "Primary",
    "x",
    "a_field_with_a_name_that_is_long_enough_to_be_cut_in_keys",
];
pub(crate) const VALUES: &[&str] = &["A", "red", "GRÜN", "null", "true", "select", "v"];
pub(crate) const LINKS: &[&str] =
    &["likes", "Ähnlich", "group", "a_long_name_for_a_relation_between_two_models"];
/// Names in the database, as they stand between the quotes of a datamodel.
pub(crate) const STORED: &[&str] = &[
    "plain",
    "with space",
    "quo\\\"te",
    "apo'strophe",
    "semi;colon",
    "-- comment",
    "back\\\\slash",
    "ünïcödé",
    "$1",
    "%s",
    "a.b",
    "line\\nbreak",
    "(select)",
    "UPPER",
    "a_stored_name_that_is_as_long_as_a_name_may_be_on_postgres",
];

/// A scalar type and a native one.
pub(crate) fn ty(provider: Provider, random: &mut Random) -> (&'static str, Option<String>) {
    let plain =
        ["String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Bytes", "Json", "String"];
    let ty = *random.pick(&plain);
    if provider == Provider::Sqlite || random.below(5) < 2 {
        return (ty, None);
    }
    let natives = if provider == Provider::MySql { mysql_natives(ty) } else { postgres_natives(ty) };
    (ty, Some((*random.pick(natives)).to_owned()))
}

const fn mysql_natives(ty: &str) -> &'static [&'static str] {
    match ty.as_bytes() {
        b"String" => &[
            "VarChar(5)",
            "VarChar(64)",
            "VarChar(300)",
            "Char(8)",
            "TinyText",
            "Text",
            "MediumText",
            "LongText",
        ],
        b"Boolean" => &["TinyInt", "Bit(1)"],
        b"Int" => &["Int", "SmallInt", "MediumInt", "TinyInt", "UnsignedInt", "UnsignedSmallInt"],
        b"BigInt" => &["BigInt", "UnsignedBigInt"],
        b"Float" => &["Float", "Double"],
        b"Decimal" => &["Decimal(10,2)", "Decimal(5,0)", "Decimal(12,0)", "Decimal(30,9)"],
        b"DateTime" => {
            &["DateTime(0)", "DateTime(6)", "Timestamp(0)", "Timestamp(3)", "Date", "Time(0)", "Time(3)"]
        }
        b"Bytes" => &["TinyBlob", "Blob", "MediumBlob", "Binary(4)", "VarBinary(9)"],
        _ => &["Json"],
    }
}

fn postgres_natives(ty: &str) -> &'static [&'static str] {
    match ty {
        "String" => &[
            "Text",
            "VarChar",
            "VarChar(5)",
            "VarChar(64)",
            "Char(8)",
            "Char",
            "Bit(4)",
            "Bit",
            "VarBit",
            "VarBit(9)",
            "Uuid",
            "Xml",
            "Inet",
        ],
        "Boolean" => &["Boolean"],
        "Int" => &["Integer", "SmallInt", "Oid"],
        "BigInt" => &["BigInt"],
        "Float" => &["Real", "DoublePrecision"],
        "Decimal" => &["Decimal(10,2)", "Decimal(5,0)", "Decimal(12,0)", "Decimal(30,9)", "Money"],
        "DateTime" => &[
            "Timestamp",
            "Timestamp(0)",
            "Timestamp(6)",
            "Timestamptz",
            "Timestamptz(3)",
            "Date",
            "Time",
            "Time(2)",
            "Timetz",
            "Timetz(6)",
        ],
        "Bytes" => &["ByteA"],
        _ => &["Json", "JsonB"],
    }
}

/// A literal of the type, as it stands in a datamodel.
pub(crate) fn literal(ty: &str, native: Option<&str>, random: &mut Random) -> String {
    let from: &[&str] = match (ty, native) {
        (_, Some("Bit(4)")) => &["\"0101\"", "\"1111\""],
        (_, Some("Bit")) => &["\"0\"", "\"1\""],
        (_, Some("VarBit" | "VarBit(9)")) => &["\"01\"", "\"\"", "\"101\""],
        (_, Some("Uuid")) => &["\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""],
        (_, Some("Xml")) => &["\"<a>b</a>\"", "\"<ü/>\""],
        (_, Some("Inet")) => &["\"192.168.0.1\"", "\"10.0.0.0/8\"", "\"::1\""],
        (_, Some("VarChar(5)" | "Char(8)" | "Char")) => &["\"a\"", "\"'\"", "\"ä\""],
        ("String", _) => &[
            "\"\"",
            "\"it's\"",
            "\"a\\\\b\"",
            "\"new\\nline\"",
            "\"日本\"",
            "\"42\"",
            "\"null\"",
            "\"true\"",
            "\"current_timestamp\"",
            "\"say \\\"hi\\\"\"",
            "\" padded \"",
            "\"a,b{}\"",
            "\"-- no\"",
            "\"'x'::text\"",
            "\"1.50\"",
            "\"now()\"",
        ],
        ("Boolean", _) => &["true", "false"],
        (_, Some("Oid")) => &["0", "7"],
        (_, Some("TinyInt")) => &["0", "-1", "42"],
        (_, Some("UnsignedInt" | "UnsignedSmallInt" | "UnsignedBigInt")) => &["0", "42", "32767"],
        ("Int", _) => &["0", "-1", "42", "32767", "-32768"],
        ("BigInt", _) => &["0", "-1", "9223372036854775807", "-9223372036854775808"],
        ("Float", _) => &["0", "1.5", "-2.25", "100", "0.1", "3.0"],
        (_, Some("Decimal(5,0)" | "Decimal(12,0)")) => &["0", "12", "-7"],
        ("Decimal", _) => &["0", "1.5", "-2.50", "100", "0.10", "99999.99"],
        ("DateTime", _) => &[
            "\"2020-01-01T00:00:00Z\"",
            "\"1999-12-31T23:59:59.500Z\"",
            "\"2024-02-29T12:30:00+02:00\"",
            "\"2020-03-04T05:06:07.123Z\"",
        ],
        ("Bytes", _) => &["\"\"", "\"SGVsbG8=\"", "\"AP8n\""],
        _ => &[
            "\"{}\"",
            "\"[]\"",
            "\"{ \\\"b\\\": [1, 2], \\\"a\\\": null }\"",
            "\"\\\"it's\\\"\"",
            "\"1.50\"",
        ],
    };
    (*random.pick(from)).to_owned()
}
