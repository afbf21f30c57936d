//! Which names are PostgreSQL's own. Sessions look for a name nowhere else (`search_path` is empty), so every other one needs
//! its schema; a datamodel usually leaves it out, and means `public`, where an extension is put unless somebody moved it.

/// A type as a datamodel writes it in `Unsupported`, such as `tsvector`, `geometry(Point, 4326)`, `shop.positive`.
pub(crate) fn type_name(text: &str) -> String {
    let text = text.trim();
    let end =
        text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let folded = word.to_ascii_lowercase();
    // `_int4` is the array's name in the catalog.
    let known = |name: &str| TYPES.contains(&name);
    let own = known(&folded) || folded.strip_prefix('_').is_some_and(known);
    if word.is_empty() || rest.starts_with('.') || own {
        text.to_owned()
    } else {
        format!("\"public\".\"{folded}\"{rest}")
    }
}

/// The schema of an operator class, with its point.
pub(crate) fn class_schema(class: &str) -> &'static str {
    let stem = class.strip_suffix("_ops").unwrap_or(class);
    let kinds = ["_minmax_multi", "_minmax", "_bloom", "_inclusion", "_pattern", "_path"];
    let stem = kinds.iter().find_map(|kind| stem.strip_suffix(kind)).unwrap_or(stem);
    if TYPES.contains(&stem) || CLASSES.contains(&stem) { "" } else { "\"public\"." }
}

/// A default of the datamodel's own making, with the functions of extensions that Prisma's users know in `public`. Other
/// functions of one's own want their schema.
pub(crate) fn expression(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('\'').enumerate() {
        if at > 0 {
            out.push('\'');
        }
        // What stands in quotes is no function.
        if at % 2 == 1 { out.push_str(part) } else { qualify(part, &mut out) }
    }
    out
}

fn qualify(text: &str, out: &mut String) {
    let name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '"' | '$');
    let mut rest = text;
    while let Some(at) = rest.find('(') {
        let (before, after) = rest.split_at(at);
        let start = before.trim_end().trim_end_matches(name).len();
        let (others, word) = before.split_at(start);
        out.push_str(others);
        if FUNCTIONS.contains(&word.trim_end().to_ascii_lowercase().as_str()) {
            out.push_str("\"public\".");
        }
        out.push_str(word);
        out.push('(');
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// Of `uuid-ossp` and `pgcrypto`; `gen_random_uuid` is PostgreSQL's own since 13.
const FUNCTIONS: &[&str] = &[
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v3",
    "uuid_generate_v4",
    "uuid_generate_v5",
    "uuid_nil",
    "uuid_ns_dns",
    "uuid_ns_url",
    "uuid_ns_oid",
    "uuid_ns_x500",
    "digest",
    "hmac",
    "crypt",
    "gen_salt",
    "gen_random_bytes",
];

/// Words that a type of PostgreSQL 12 to 18 begins with.
const TYPES: &[&str] = &[
    "aclitem",
    "bigint",
    "bit",
    "bool",
    "boolean",
    "box",
    "bpchar",
    "bytea",
    "char",
    "character",
    "cid",
    "cidr",
    "circle",
    "date",
    "datemultirange",
    "daterange",
    "dec",
    "decimal",
    "double",
    "float",
    "float4",
    "float8",
    "gtsvector",
    "inet",
    "int",
    "int2",
    "int2vector",
    "int4",
    "int4multirange",
    "int4range",
    "int8",
    "int8multirange",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "national",
    "nchar",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_lsn",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
    "pg_snapshot",
    "point",
    "polygon",
    "real",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "smallint",
    "text",
    "tid",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "varbit",
    "varchar",
    "xid",
    "xid8",
    "xml",
];

/// What an operator class of its own is named after, besides types.
const CLASSES: &[&str] =
    &["array", "enum", "kd_point", "multirange", "poly", "quad_point", "range", "record", "record_image"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_its_own_is_in_public() {
        for own in
            ["tsvector", "bit varying(5)", "DOUBLE PRECISION", "shop.positive", "\"My Type\"", "int4range[]"]
        {
            assert_eq!(type_name(own), own);
        }
        assert_eq!(type_name("Geometry(Point, 4326)"), "\"public\".\"geometry\"(Point, 4326)");
        assert_eq!(type_name("positive"), "\"public\".\"positive\"");
        for (written, qualified) in [
            ("uuid_generate_v4()", "\"public\".uuid_generate_v4()"),
            ("encode(gen_random_bytes(8), 'hex')", "encode(\"public\".gen_random_bytes(8), 'hex')"),
            ("ext.uuid_nil()", "ext.uuid_nil()"),
            ("'uuid_nil()'::text", "'uuid_nil()'::text"),
            ("now() + (1 * '1 day'::interval)", "now() + (1 * '1 day'::interval)"),
        ] {
            assert_eq!(expression(written), qualified);
        }
        for class in
            ["text_pattern_ops", "jsonb_path_ops", "int4_minmax_multi_ops", "inet_inclusion_ops", "array_ops"]
        {
            assert_eq!(class_schema(class), "", "{class}");
        }
        for class in ["gin_trgm_ops", "vector_l2_ops", "citext_pattern_ops"] {
            assert_eq!(class_schema(class), "\"public\".", "{class}");
        }
    }
}
