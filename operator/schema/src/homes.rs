//! Where extensions live: [`Homes`].

use std::collections::BTreeMap;

use crate::{Default, Schema, Type};

/// What an extension brings that a datamodel names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Brought {
    /// A type.
    Type,
    /// An operator class.
    OperatorClass,
    /// A function.
    Function,
}

/// In which schema the types, operator classes and functions of extensions are, where that is not `public`, in which a
/// name without a schema is looked for anyway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Homes(BTreeMap<(Brought, String), String>);

impl Homes {
    /// Everything in `public`.
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds what the catalog says. The first schema of a name counts.
    pub fn add(&mut self, brought: Brought, name: String, schema: String) {
        self.0.entry((brought, name)).or_insert(schema);
    }

    /// Adds what an extension brings that is not there yet, as far as it is known.
    pub fn expect(&mut self, extension: &str, schema: &str) {
        let brings = EXTENSIONS.iter().filter(|(name, ..)| *name == extension);
        for (_, types, classes, functions) in brings {
            let kinds =
                [(Brought::Type, types), (Brought::OperatorClass, classes), (Brought::Function, functions)];
            for (brought, names) in kinds {
                for name in *names {
                    self.add(brought, (*name).to_owned(), schema.to_owned());
                }
            }
        }
    }

    /// True when everything is in `public`.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn schema_of(&self, brought: Brought, name: &str) -> Option<&str> {
        self.0.get(&(brought, name.to_owned())).map(String::as_str)
    }

    /// The schema with every name that is looked for here written with where it is.
    pub fn place(&self, mut schema: Schema) -> Schema {
        for table in &mut schema.tables {
            for column in &mut table.columns {
                self.place_type(&mut column.ty.base);
                for default in [&mut column.default, &mut column.filled_with].into_iter().flatten() {
                    if let Default::Expression(text) = default {
                        *text = self.place_functions(text);
                    }
                }
            }
            for column in table.indexes.iter_mut().flat_map(|index| &mut index.columns) {
                if let Some(class) = &mut column.operator_class
                    && let Some(home) = self.schema_of(Brought::OperatorClass, class)
                {
                    *class = format!("{home}.{class}");
                }
            }
        }
        schema
    }

    fn place_type(&self, ty: &mut Type) {
        let text = match ty {
            Type::Citext => "citext",
            Type::Other(text) => text.trim(),
            _ => return,
        };
        let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let folded = word.to_lowercase();
        if let Some(home) = self.schema_of(Brought::Type, &folded).filter(|_| !rest.starts_with('.')) {
            *ty = Type::Other(format!("{}.{folded}{rest}", written(home)));
        }
    }

    /// What stands in quotes is no function.
    fn place_functions(&self, text: &str) -> String {
        let parts = text.split('\'').enumerate();
        let parts =
            parts.map(|(at, part)| if at % 2 == 1 { part.to_owned() } else { self.place_calls(part) });
        parts.collect::<Vec<_>>().join("'")
    }

    fn place_calls(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('(') {
            let (before, after) = rest.split_at(at);
            let name = |letter: char| is_part(letter) || matches!(letter, '.' | '"' | '$');
            let (others, word) = before.split_at(before.trim_end().trim_end_matches(name).len());
            out.push_str(others);
            let folded = word.trim().to_lowercase();
            if let Some(home) = self.schema_of(Brought::Function, &folded) {
                out.push_str(&written(home));
                out.push('.');
            }
            out.push_str(word);
            out.push('(');
            rest = after.get(1..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// A name as a datamodel writes it inside of a type or an expression.
fn written(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if name.chars().all(plain) && !name.starts_with(|first: char| first.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

type Brings = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// What a plan may need of an extension that it creates itself; of one that exists the catalog says it.
const EXTENSIONS: &[Brings] = &[
    ("citext", &["citext"], &["citext_ops", "citext_pattern_ops"], &[]),
    (
        "hstore",
        &["hstore"],
        &["gin_hstore_ops", "gist_hstore_ops", "btree_hstore_ops", "hash_hstore_ops"],
        &[],
    ),
    ("ltree", &["ltree", "lquery", "ltxtquery"], &["ltree_ops", "gist_ltree_ops", "gist__ltree_ops"], &[]),
    ("pg_trgm", &[], &["gin_trgm_ops", "gist_trgm_ops"], &["similarity", "word_similarity", "show_trgm"]),
    (
        "pgcrypto",
        &[],
        &[],
        &["digest", "hmac", "crypt", "gen_salt", "gen_random_bytes", "encrypt", "decrypt"],
    ),
    ("postgis", &["geometry", "geography", "box2d", "box3d"], &[], &[]),
    ("unaccent", &[], &[], &["unaccent"]),
    (
        "uuid-ossp",
        &[],
        &[],
        &[
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
        ],
    ),
    (
        "vector",
        &["vector", "halfvec", "sparsevec"],
        &[
            "vector_l2_ops",
            "vector_ip_ops",
            "vector_cosine_ops",
            "vector_l1_ops",
            "halfvec_l2_ops",
            "halfvec_cosine_ops",
        ],
        &[],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_schema_gets_that_of_its_extension() {
        let mut homes = Homes::none();
        homes.expect("uuid-ossp", "ext");
        homes.expect("hstore", "My Things");
        homes.add(Brought::Type, "citext".to_owned(), "ext".to_owned());
        for (text, placed) in [
            ("uuid_generate_v4()", "ext.uuid_generate_v4()"),
            ("lower(UUID_generate_v4()::text)", "lower(ext.UUID_generate_v4()::text)"),
            ("other.uuid_generate_v4()", "other.uuid_generate_v4()"),
            ("'uuid_nil()' || uuid_nil()", "'uuid_nil()' || ext.uuid_nil()"),
        ] {
            assert_eq!(homes.place_functions(text), placed);
        }
        let placed = |mut ty| {
            homes.place_type(&mut ty);
            ty
        };
        assert_eq!(placed(Type::Citext), Type::Other("ext.citext".to_owned()));
        assert_eq!(
            placed(Type::Other("hstore[]".to_owned())),
            Type::Other("\"My Things\".hstore[]".to_owned())
        );
        assert_eq!(placed(Type::Other("a.hstore".to_owned())), Type::Other("a.hstore".to_owned()));
        assert_eq!(placed(Type::Other("tsvector".to_owned())), Type::Other("tsvector".to_owned()));
    }
}
