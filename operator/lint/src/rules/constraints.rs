//! Constraints of tables.

use datamodel::Span;
use pg_query::protobuf::{ConstrType, Constraint};

use super::alter::Target;
use super::{columns, since};
use crate::catalog::{self, Catalog, ForeignKey, Validity};
use crate::file::{Lock, Scope};
use crate::rewrite::{
    add as add_command, add_then_validate, alter, bounded, made, parts, set_not_null, unique_index,
    using_index,
};
use crate::tree::{relation, strings, words};
use crate::{Code, Finding};

/// The name of a constraint: its own, or the one that PostgreSQL gives.
pub(super) fn label(target: &Target<'_>, constraint: &Constraint, columns: &[String]) -> String {
    if !constraint.conname.is_empty() {
        return constraint.conname.clone();
    }
    let columns = columns.join("_");
    let table = &target.range.relname;
    match constraint.contype() {
        ConstrType::ConstrForeign => made(table, &columns, "fkey"),
        ConstrType::ConstrUnique => made(table, &columns, "key"),
        ConstrType::ConstrPrimary => made(table, "", "pkey"),
        ConstrType::ConstrNotnull => made(table, &columns, "not_null"),
        _ => made(table, &columns, "check"),
    }
}

/// The columns that a constraint of a table names.
fn named_columns(constraint: &Constraint) -> Vec<String> {
    match constraint.contype() {
        ConstrType::ConstrForeign => strings(&constraint.fk_attrs),
        _ => strings(&constraint.keys),
    }
}

pub(super) fn add(scope: &mut Scope<'_>, target: &Target<'_>, constraint: &Constraint, span: Span) {
    let named = named_columns(constraint);
    let name = label(target, constraint, &named);
    let table = words(&target.name);
    versions(scope, constraint, span);
    let all = constraint.contype() != ConstrType::ConstrForeign;
    let used = scope.lock(&target.name, if all { Lock::All } else { Lock::Writes });
    match constraint.contype() {
        ConstrType::ConstrCheck if used && !constraint.skip_validation && constraint.is_enforced => {
            scope.slow = true;
            let message = format!("`{table}` is read as a whole, locked, to check every row.");
            let instead = add_then_validate(target.range, constraint, &name, scope.options);
            scope.instead(Code::AddCheck, span, message, instead);
        }
        ConstrType::ConstrNotnull if used && !constraint.skip_validation => {
            scope.slow = true;
            let column = named.first().map_or("", String::as_str);
            let message = format!("`{table}` is read as a whole, locked, to see that no `{column}` is null.");
            let instead = parts(set_not_null(target.range, column, scope.options));
            scope.instead(Code::SetNotNull, span, message, instead);
        }
        ConstrType::ConstrUnique if used && constraint.indexname.is_empty() => {
            scope.slow = true;
            let message = format!("The index of `{name}` is built while nobody can read `{table}`.");
            let instead = indexed_first(scope, target, constraint, &name);
            scope.instead(Code::AddUnique, span, message, instead);
        }
        ConstrType::ConstrPrimary if used && constraint.indexname.is_empty() => {
            scope.slow = true;
            let message = format!("The index of the key is built while nobody can read `{table}`.");
            let mut instead = Vec::new();
            for column in &named {
                if !scope.catalog.column(&target.name, column).is_some_and(|column| column.not_null) {
                    instead.extend(parts(set_not_null(target.range, column, scope.options)));
                }
            }
            let indexed = indexed_first(scope, target, constraint, &name);
            let instead = if indexed.is_empty() { indexed } else { [instead, indexed].concat() };
            scope.instead(Code::AddPrimaryKey, span, message, instead);
        }
        ConstrType::ConstrExclusion if used => {
            scope.slow = true;
            let message = format!("The index of `{name}` is built while nobody can read `{table}`.");
            scope.find(Code::AddExclusion, span, message);
        }
        ConstrType::ConstrForeign => foreign(scope, target, constraint, used, &name, span),
        _ => {}
    }
    remember(scope, target, constraint, &named, span);
}

fn versions(scope: &mut Scope<'_>, constraint: &Constraint, span: Span) {
    match constraint.contype() {
        ConstrType::ConstrCheck | ConstrType::ConstrForeign if !constraint.is_enforced => {
            since(scope, 18, span, "`NOT ENFORCED`");
        }
        ConstrType::ConstrNotnull => since(scope, 18, span, "`NOT NULL` as a constraint of the table"),
        _ => {}
    }
    if constraint.nulls_not_distinct {
        since(scope, 15, span, "`NULLS NOT DISTINCT`");
    }
}

/// The index beside the running application, then the constraint made of it.
fn indexed_first(scope: &Scope<'_>, target: &Target<'_>, constraint: &Constraint, name: &str) -> Vec<String> {
    // No index of a partitioned table is built concurrently, and none inside of a transaction.
    if scope.session.wrapped() || scope.catalog.is_partitioned(&target.name) {
        return Vec::new();
    }
    parts([
        unique_index(target.range, name, constraint),
        bounded(&[alter(target.range, vec![add_command(using_index(constraint, name))])], scope.options),
    ])
}

fn foreign(
    scope: &mut Scope<'_>,
    target: &Target<'_>,
    constraint: &Constraint,
    used: bool,
    name: &str,
    span: Span,
) {
    let Some(parent) = constraint.pktable.as_ref().map(relation) else { return };
    let table = words(&target.name);
    let other = parent != target.name && scope.lock(&parent, Lock::Writes);
    let partitioned = scope.catalog.is_partitioned(&target.name);
    if constraint.skip_validation {
        if partitioned && scope.options.server < 18 {
            let message = format!("`{table}` is partitioned: its foreign keys cannot be `NOT VALID`.");
            scope.find(Code::PartitionedConcurrently, span, message);
        }
        return;
    }
    if used && constraint.is_enforced {
        scope.slow = true;
        let message = format!(
            "`{table}` is read as a whole to find each value in `{}`; writes on both wait meanwhile.",
            words(&parent)
        );
        let instead = if partitioned && scope.options.server < 18 {
            Vec::new()
        } else {
            add_then_validate(target.range, constraint, name, scope.options)
        };
        scope.instead(Code::AddForeignKey, span, message, instead);
    } else if other {
        let message = format!("Writes on `{}` wait until the transaction ends.", words(&parent));
        scope.find(Code::ReferencesExisting, span, message);
    }
}

/// Keeps what later statements depend on.
pub(super) fn remember(
    scope: &mut Scope<'_>,
    target: &Target<'_>,
    constraint: &Constraint,
    named: &[String],
    span: Span,
) {
    let name = label(target, constraint, named);
    let parent = constraint.pktable.as_ref().map(relation);
    let proves = columns::proves(constraint);
    if let (Some(parent), false) = (&parent, named.is_empty()) {
        scope.catalog.foreign_keys.push(ForeignKey {
            table: target.name.clone(),
            columns: named.to_vec(),
            parent: parent.clone(),
            source: scope.source,
            span,
        });
    }
    let kept = catalog::Constraint {
        transaction: scope.catalog.transaction,
        validity: if constraint.skip_validation { Validity::NotValid } else { Validity::Valid },
        proves,
        parent,
    };
    let indexed = constraint.indexname.clone();
    let table = scope.catalog.table(&target.name);
    table.constraints.insert(name, kept);
    if matches!(constraint.contype(), ConstrType::ConstrUnique | ConstrType::ConstrPrimary)
        && indexed.is_empty()
    {
        table.indexes.push(named.to_vec());
    }
    if constraint.contype() == ConstrType::ConstrPrimary {
        for column in named {
            table.columns.entry(column.clone()).or_default().not_null = true;
        }
    }
}

pub(super) fn validate(scope: &mut Scope<'_>, target: &Target<'_>, name: &str, span: Span) {
    let shared = scope.session.in_transaction();
    let present = scope.catalog.transaction;
    let table = scope.catalog.table(&target.name);
    let early = match table.constraints.get_mut(name) {
        Some(constraint) => {
            let early =
                constraint.validity == Validity::NotValid && constraint.transaction == present && shared;
            constraint.validity = Validity::Valid;
            early
        }
        None => {
            table.unknown_validated = true;
            false
        }
    };
    if early && target.used {
        let message = format!(
            "`{name}` was added in this transaction, whose lock on `{}` is held while the table is read.",
            words(&target.name)
        );
        let instead = bounded(&[alter(target.range, vec![crate::rewrite::validate(name)])], scope.options);
        scope.instead(Code::ValidateTooEarly, span, message, instead.into_iter().collect());
    } else if target.used {
        scope.slow = true;
    }
}

pub(super) fn drop(scope: &mut Scope<'_>, target: &Target<'_>, name: &str, span: Span) {
    let removed = scope.catalog.table(&target.name).constraints.remove(name);
    let proved = removed.as_ref().and_then(|constraint| constraint.proves.clone());
    let parent = removed.and_then(|constraint| constraint.parent);
    if !scope.lock(&target.name, Lock::All) {
        return;
    }
    // A check that says what NOT NULL says by now has done its part.
    let said_twice = proved.is_some_and(|column| {
        scope.catalog.column(&target.name, &column).is_some_and(|column| column.not_null)
    });
    if !said_twice {
        let message =
            format!("Rows that `{name}` kept out of `{}` may be written from now on.", words(&target.name));
        scope.find(Code::DropConstraint, span, message);
    }
    if let Some(parent) = parent.filter(|parent| *parent != target.name)
        && scope.lock(&parent, Lock::All)
    {
        let message = format!(
            "Everything on `{}` and on `{}` waits until the transaction ends.",
            words(&target.name),
            words(&parent)
        );
        scope.find(Code::DropForeignKey, span, message);
    }
}

/// Foreign keys of the files that no index of the files helps, once all were read.
pub(crate) fn unindexed(catalog: &Catalog) -> impl Iterator<Item = Finding> {
    catalog.foreign_keys.iter().filter_map(|key| {
        let table = catalog.tables.get(&key.table)?;
        let helps = |index: &Vec<String>| {
            index.len() >= key.columns.len()
                && index.iter().take(key.columns.len()).all(|column| key.columns.contains(column))
        };
        if table.indexes.iter().any(helps) {
            return None;
        }
        Some(Finding {
            source: key.source,
            code: Code::UnindexedForeignKey,
            span: key.span,
            message: format!(
                "No index of `{}` begins with {}: whoever deletes from `{}` waits for a read of the whole table.",
                words(&key.table),
                key.columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", "),
                words(&key.parent)
            ),
            rewrite: Vec::new(),
        })
    })
}
