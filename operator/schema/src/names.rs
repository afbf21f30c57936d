//! Names that the datamodel does not give (`prisma` facts 1.9).

use datamodel::{Edition, IndexKind};

use crate::Dialect;

/// Name of an index where the datamodel gives none. Those of the first two editions have a dot, and cut nothing before
/// the database does.
pub fn index(dialect: Dialect, edition: Edition, table: &str, columns: &[&str], kind: IndexKind) -> String {
    let unique = kind == IndexKind::Unique;
    let dotted = |suffix: &str| {
        let name = format!("{table}.{}{suffix}", columns.join("_"));
        cut(&name, dialect.identifier_limit()).to_owned()
    };
    match edition {
        Edition::Lift => dotted(""),
        Edition::Two => dotted(if unique { "_unique" } else { "_index" }),
        Edition::Three | Edition::Six => {
            generated(dialect, table, columns, if unique { "_key" } else { "_idx" })
        }
    }
}

/// `{table}_{columns}{suffix}`, cut to the dialect's limit before the suffix, at a character boundary.
pub(crate) fn generated(dialect: Dialect, table: &str, columns: &[&str], suffix: &str) -> String {
    let mut stem = table.to_owned();
    for column in columns {
        stem.push('_');
        stem.push_str(column);
    }
    let room = dialect.identifier_limit().saturating_sub(suffix.len());
    let mut name = cut(&stem, room).to_owned();
    name.push_str(suffix);
    name
}

/// Name of a primary key where the datamodel gives none.
pub fn primary_key(dialect: Dialect, table: &str) -> String {
    generated(dialect, table, &[], "_pkey")
}

/// Name of a foreign key where the datamodel gives none: ours since the third edition, before that the one that PostgreSQL gives to an unnamed key.
pub fn foreign_key(dialect: Dialect, edition: Edition, table: &str, columns: &[&str]) -> String {
    if edition >= Edition::Three {
        return generated(dialect, table, columns, "_fkey");
    }
    let joined = columns.join("_");
    let (mut left, mut right) = (table, joined.as_str());
    let room = dialect.identifier_limit().saturating_sub("__fkey".len());
    // The longer part gives way, character by character.
    while left.len() + right.len() > room {
        let longer = if left.len() > right.len() { &mut left } else { &mut right };
        *longer = cut(longer, longer.len().saturating_sub(1));
    }
    format!("{left}_{right}_fkey")
}

/// The longest prefix of at most `limit` bytes that ends at a character boundary.
pub(crate) fn cut(name: &str, limit: usize) -> &str {
    let mut end = limit.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_suffix() {
        let name = generated(Dialect::PostgreSql, &"ä".repeat(40), &["b"], "_key");
        assert!(name.len() <= 63 && name.ends_with("_key"), "{name}");
        assert_eq!(
            foreign_key(Dialect::PostgreSql, Edition::Two, &"t".repeat(60), &["owner"]),
            format!("{}_owner_fkey", "t".repeat(52))
        );
        assert_eq!(generated(Dialect::Sqlite, "User", &["email"], "_key"), "User_email_key");
    }
}
