//! A table that exists gets another primary key without an index being built under a lock that stops readers (PostgreSQL:
//! "ALTER TABLE", `ADD table_constraint_using_index`): its columns become required by way of checks, the index is built
//! concurrently under a name of its own, and then the key takes the index over for a moment's lock.

use plan::{Alteration, Impact, LockMode, Work};
use schema::{ObjectName, PrimaryKey};
use sha2::{Digest as _, Sha256};

use super::{Rendered, not_null};
use crate::quote::{ident, idents, object};
use crate::{KEY_PREFIX, Mode, Probe};

/// The new key, when nothing else in the statement takes as long as the table is large: then its index may be built before.
/// A column that comes with the key, or that changes with it, cannot be in an index before.
pub(super) fn online(alterations: &[Alteration]) -> Option<&PrimaryKey> {
    let key = alterations.iter().find_map(|one| match one {
        Alteration::AddPrimaryKey(key) => Some(key),
        _ => None,
    })?;
    let takes_long = |one: &Alteration| plan::work(one) != Work::Metadata;
    let in_the_way = |one: &Alteration| match one {
        Alteration::AddPrimaryKey(_) | Alteration::SetNotNull(_) => false,
        Alteration::AddColumn(column) | Alteration::RecreateColumn(column) => {
            key.columns.contains(&column.name) || takes_long(one)
        }
        Alteration::SetType { to, .. } => key.columns.contains(&to.name) || takes_long(one),
        other => takes_long(other),
    };
    (!alterations.iter().any(in_the_way)).then_some(key)
}

/// What comes before the key: its columns made required, those of them that are not, and its index.
pub(super) fn before(table: &ObjectName, key: &PrimaryKey, alterations: &[Alteration]) -> Vec<Rendered> {
    let nullable = alterations.iter().filter_map(|one| match one {
        Alteration::SetNotNull(name) if key.columns.contains(name) => Some(name.as_str()),
        _ => None,
    });
    let mut steps: Vec<Rendered> = nullable.flat_map(|name| not_null::steps(table, name)).collect();
    let index = index(table, key);
    let namespace = table.namespace.clone().unwrap_or_default();
    let cleanup = format!("DROP INDEX CONCURRENTLY {}", object(&table.sibling(&index)));
    let statement = format!(
        "CREATE UNIQUE INDEX CONCURRENTLY {} ON {} ({})",
        ident(&index),
        object(table),
        idents(&key.columns)
    );
    steps.push(Rendered {
        mode: Mode::NoTransaction,
        probe: Some(Probe::IndexPresent { namespace, index, cleanup }),
        summary: Some(format!("build the index of {table}'s new primary key")),
        impact: Some(Impact::on(table, LockMode::ShareUpdateExclusive, Work::Build)),
        ..Rendered::grouped(statement)
    });
    steps
}

/// The clause that takes the index over; it gets the key's name.
pub(super) fn clause(table: &ObjectName, key: &PrimaryKey) -> String {
    let name = key.name.clone().unwrap_or_else(|| format!("{}_pkey", table.name));
    format!("ADD CONSTRAINT {} PRIMARY KEY USING INDEX {}", ident(&name), ident(&index(table, key)))
}

/// A name that nobody else gives, and that fits whatever the table is called.
fn index(table: &ObjectName, key: &PrimaryKey) -> String {
    let digest = hex::encode(Sha256::digest(format!("{table}:{}", idents(&key.columns))));
    format!("{KEY_PREFIX}{}", digest.get(..16).unwrap_or(&digest))
}
