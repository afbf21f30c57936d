//! A column of a table that exists becomes required without a scan under a lock that stops readers (PostgreSQL:
//! "ALTER TABLE", `SET NOT NULL`): a check is added for new rows, the rows that are there are checked while everybody
//! works on, and then the server takes the check's word for it.

use plan::{Alteration, Impact, LockMode, Work};
use schema::ObjectName;
use sha2::{Digest as _, Sha256};

use super::Rendered;
use crate::NOT_NULL_PREFIX;
use crate::quote::{ident, object};

/// The columns that are made required in steps of their own after all other changes: all but those of a new primary key,
/// which come before its index or are required in its own scan.
pub(super) fn columns(alterations: &[Alteration]) -> Vec<&str> {
    let of_key = |name: &String| {
        alterations
            .iter()
            .any(|one| matches!(one, Alteration::AddPrimaryKey(key) if key.columns.contains(name)))
    };
    let required = alterations.iter().filter_map(|one| match one {
        Alteration::SetNotNull(name) if !of_key(name) => Some(name.as_str()),
        _ => None,
    });
    required.collect()
}

pub(super) fn steps(table: &ObjectName, column: &str) -> [Rendered; 3] {
    let (owner, name, check) = (object(table), ident(column), ident(&constraint(table, column)));
    let short = Impact::on(table, LockMode::AccessExclusive, Work::Metadata);
    let part = |statements: Vec<String>, impact: &Impact, summary: String| Rendered {
        statements,
        summary: Some(summary),
        impact: Some(impact.clone()),
        ..Rendered::grouped(String::new())
    };
    // One that an abandoned migration left is in the way.
    let add = vec![
        format!("ALTER TABLE {owner} DROP CONSTRAINT IF EXISTS {check}"),
        format!("ALTER TABLE {owner} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID"),
    ];
    let validate = vec![format!("ALTER TABLE {owner} VALIDATE CONSTRAINT {check}")];
    let finish = vec![
        format!("ALTER TABLE {owner} ALTER COLUMN {name} SET NOT NULL"),
        format!("ALTER TABLE {owner} DROP CONSTRAINT {check}"),
    ];
    let scan = Impact::on(table, LockMode::ShareUpdateExclusive, Work::Scan);
    [
        // Alone, so that no scan shares its transaction.
        Rendered {
            mode: crate::Mode::Alone,
            ..part(add, &short, format!("take no new null into {table}.{column}"))
        },
        Rendered {
            mode: crate::Mode::Alone,
            ..part(validate, &scan, format!("check the rows of {table} for nulls in {column}"))
        },
        part(finish, &short, format!("make {table}.{column} required")),
    ]
}

/// A name that nobody else gives, and that fits whatever the column is called.
fn constraint(table: &ObjectName, column: &str) -> String {
    let digest = hex::encode(Sha256::digest(format!("{table}.{column}")));
    format!("{NOT_NULL_PREFIX}{}", digest.get(..16).unwrap_or(&digest))
}
