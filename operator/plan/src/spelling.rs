//! Types of PostgreSQL as a datamodel may spell them in `Unsupported` (PostgreSQL: "Data Types", "Arrays").

use schema::{ColumnType, Type};

/// The type that is meant; `None` for one that has no name of its own among our types, such as an interval.
///
/// `_int4` is how the catalog, and with it Prisma, calls the array of `int4`.
pub(crate) fn spelled(text: &str) -> Option<ColumnType> {
    let text = text.trim();
    if let Some(element) = element(text) {
        return Some(ColumnType { base: base(element), list: true });
    }
    known(text).map(|base| ColumnType { base, list: false })
}

/// The type of an element whose list is marked in the datamodel.
pub(crate) fn base(text: &str) -> Type {
    let text = element(text).unwrap_or(text);
    known(text).unwrap_or_else(|| Type::Other(text.to_owned()))
}

/// What stands before `[]`, or behind `_`. However many dimensions are said, the server keeps none.
fn element(text: &str) -> Option<&str> {
    let mut rest = text.trim();
    while let Some((before, size)) = rest.strip_suffix(']').and_then(|inside| inside.rsplit_once('[')) {
        if !size.trim().bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        rest = before.trim_end();
    }
    if rest.len() < text.trim().len() {
        return Some(rest);
    }
    match rest.strip_prefix('_')? {
        "" => None,
        // The catalog's own name for it is another type's in SQL.
        "char" => Some("\"char\""),
        name => Some(name),
    }
}

fn known(text: &str) -> Option<Type> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("pg_catalog.").unwrap_or(&text);
    let (name, sizes) = match text.split_once('(') {
        Some((before, rest)) => {
            let (inside, after) = rest.split_once(')')?;
            let sizes: Option<Vec<u32>> = inside.split(',').map(|size| size.trim().parse().ok()).collect();
            (format!("{before} {after}"), sizes?)
        }
        None => (text.to_owned(), Vec::new()),
    };
    let words: Vec<&str> = name.split_whitespace().collect();
    let size = sizes.first().copied();
    let plain = sizes.is_empty();
    Some(match words.join(" ").as_str() {
        "bool" | "boolean" if plain => Type::Boolean,
        "int2" | "smallint" if plain => Type::SmallInt,
        "int4" | "int" | "integer" if plain => Type::Integer,
        "int8" | "bigint" if plain => Type::BigInt,
        "oid" if plain => Type::Oid,
        "float4" | "real" if plain => Type::Real,
        "float8" | "double precision" if plain => Type::Double,
        "float" => {
            if size.is_some_and(|digits| digits <= 24) {
                Type::Real
            } else {
                Type::Double
            }
        }
        "numeric" | "decimal" | "dec" => {
            Type::Decimal(size.map(|digits| (digits, sizes.get(1).copied().unwrap_or(0))))
        }
        "money" if plain => Type::Money,
        "text" if plain => Type::Text,
        "citext" if plain => Type::Citext,
        "varchar"
        | "character varying"
        | "char varying"
        | "national character varying"
        | "national char varying"
        | "nchar varying" => Type::VarChar(size),
        "bpchar" => Type::Char(size?),
        "char" | "character" | "nchar" | "national char" | "national character" => {
            Type::Char(size.unwrap_or(1))
        }
        "bit" => Type::Bit(size.unwrap_or(1)),
        "varbit" | "bit varying" => Type::VarBit(size),
        "uuid" if plain => Type::Uuid,
        "xml" if plain => Type::Xml,
        "inet" if plain => Type::Inet,
        "bytea" if plain => Type::Bytes,
        "timestamp" | "timestamp without time zone" => Type::Timestamp(size),
        "timestamptz" | "timestamp with time zone" => Type::Timestamptz(size),
        "date" if plain => Type::Date,
        "time" | "time without time zone" => Type::Time(size),
        "timetz" | "time with time zone" => Type::Timetz(size),
        "json" if plain => Type::Json,
        "jsonb" if plain => Type::JsonB,
        _ => return None,
    })
}

/// Whether two spellings name the same type. One that leaves its schema out means any.
pub(crate) fn same_name(found: &str, wanted: &str) -> bool {
    let (found, wanted) = (Name::of(found), Name::of(wanted));
    found.own == wanted.own
        && found.rest == wanted.rest
        && (wanted.schema.is_none() || found.schema.is_none() || found.schema == wanted.schema)
}

/// Whether the spelling is that of an object.
pub(crate) fn names(wanted: &str, object: &schema::ObjectName) -> bool {
    let wanted = Name::of(wanted);
    wanted.own == object.name
        && wanted.rest.is_empty()
        && (wanted.schema.is_none() || wanted.schema == object.namespace)
}

/// A name with its schema, folded as the server folds it, and what follows.
struct Name {
    schema: Option<String>,
    own: String,
    rest: String,
}

impl Name {
    fn of(text: &str) -> Self {
        let (first, rest) = identifier(text.trim());
        let (schema, (name, rest)) = match rest.trim_start().strip_prefix('.') {
            Some(rest) => (Some(first), identifier(rest.trim_start())),
            None => (None, (first, rest)),
        };
        let schema = schema.filter(|schema| schema != "pg_catalog");
        let rest = rest.to_lowercase().split_whitespace().collect();
        Self { schema, own: name, rest }
    }
}

/// The identifier that a text begins with, and what follows it.
fn identifier(text: &str) -> (String, &str) {
    if let Some(inside) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut letters = inside.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            if letter == '"' && letters.next_if(|(_, next)| *next == '"').is_none() {
                return (name, inside.get(at + 1..).unwrap_or_default());
            }
            name.push(letter);
        }
        return (name, "");
    }
    let end = text.find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '$'));
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    (word.to_lowercase(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_type_mean_the_same() {
        let of = |base, list| Some(ColumnType { base, list });
        for (text, ty) in [
            ("INT", of(Type::Integer, false)),
            ("Character  Varying(20)", of(Type::VarChar(Some(20)), false)),
            ("timestamp(3) with time zone", of(Type::Timestamptz(Some(3)), false)),
            ("pg_catalog.inet[]", of(Type::Inet, true)),
            ("_int4range", of(Type::Other("int4range".to_owned()), true)),
            ("_char", of(Type::Other("\"char\"".to_owned()), true)),
            ("cidr[3][]", of(Type::Other("cidr".to_owned()), true)),
            ("numeric(5)", of(Type::Decimal(Some((5, 0))), false)),
            ("numeric(5,-2)", None),
            ("interval", None),
            ("\"char\"", None),
        ] {
            assert_eq!(spelled(text), ty, "{text}");
        }
        assert!(same_name("public.geometry(Point,4326)", "Geometry(Point, 4326)"));
        assert!(same_name("\"My\".\"T\"", "\"T\""));
        assert!(!same_name("a.t", "b.t"));
        assert!(!same_name("\"T\"", "t"));
        assert!(!same_name("interval", "interval(3)"));
    }
}
