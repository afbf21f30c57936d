//! What goes.

use pg_query::NodeEnum;
use pg_query::protobuf::{DropBehavior, DropStmt, ObjectType, TruncateStmt};

use super::{no_transaction, style};
use crate::Code;
use crate::file::{Lock, Scope};
use crate::read::Statement;
use crate::rewrite::{alone, print};
use crate::tree::{Name, listed, relation, words};

pub(super) fn check(scope: &mut Scope<'_>, statement: &Statement, drop: &DropStmt) {
    let names: Vec<Name> = drop.objects.iter().filter_map(listed).collect();
    let cascades = drop.behavior() == DropBehavior::DropCascade;
    style::not_repeatable(scope, statement.span, drop.missing_ok, "IF EXISTS");
    match drop.remove_type() {
        ObjectType::ObjectTable => {
            for object in &drop.objects {
                if let Some(NodeEnum::List(parts)) = &object.node
                    && let [name] = parts.items.as_slice()
                {
                    let name = crate::tree::string(name).unwrap_or_default();
                    let message = format!("`{name}` stands without its schema.");
                    scope.find(Code::UnqualifiedTable, statement.span, message);
                }
            }
            if tables(scope, statement, &names) && cascades {
                cascade(scope, statement, &names);
            }
        }
        ObjectType::ObjectIndex => indexes(scope, statement, drop, &names),
        ObjectType::ObjectSchema => {
            let more = if cascades { ", with all that is in it" } else { "" };
            for name in &names {
                let message = format!("The schema `{}` is dropped{more}.", words(name));
                scope.find(Code::DropSchema, statement.span, message);
            }
        }
        kind => {
            objects(scope, statement, kind, &names);
            if cascades {
                cascade(scope, statement, &names);
            }
        }
    }
}

/// What programs may use besides tables.
fn objects(scope: &mut Scope<'_>, statement: &Statement, kind: ObjectType, names: &[Name]) {
    let kind = match kind {
        ObjectType::ObjectView | ObjectType::ObjectMatview => "view",
        ObjectType::ObjectType => "type",
        ObjectType::ObjectDomain => "domain",
        ObjectType::ObjectSequence => "sequence",
        ObjectType::ObjectExtension => "extension",
        ObjectType::ObjectFunction
        | ObjectType::ObjectProcedure
        | ObjectType::ObjectRoutine
        | ObjectType::ObjectAggregate => "function",
        _ => return,
    };
    for name in names {
        if !scope.catalog.young.remove(name) {
            let message = format!("The {kind} `{}` is dropped.", words(name));
            scope.find(Code::DropObject, statement.span, message);
        }
    }
}

fn cascade(scope: &mut Scope<'_>, statement: &Statement, names: &[Name]) {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", words(name))).collect();
    let message = format!("Whatever depends on {} is dropped, too.", names.join(", "));
    scope.find(Code::DropCascade, statement.span, message);
}

/// Answers whether one of them may hold rows.
fn tables(scope: &mut Scope<'_>, statement: &Statement, names: &[Name]) -> bool {
    let mut used = false;
    for name in names {
        let parents: Vec<Name> = scope
            .catalog
            .table(name)
            .constraints
            .values()
            .filter_map(|constraint| constraint.parent.clone())
            .filter(|parent| parent != name)
            .collect();
        if scope.lock(name, Lock::All) {
            used = true;
            let message = format!("`{}` is dropped with every row.", words(name));
            scope.find(Code::DropTable, statement.span, message);
            for parent in parents {
                if !names.contains(&parent) && scope.lock(&parent, Lock::All) {
                    let message = format!(
                        "`{}` has a foreign key: everything on `{}` waits until the transaction ends, too.",
                        words(name),
                        words(&parent)
                    );
                    scope.find(Code::DropForeignKey, statement.span, message);
                }
            }
        }
        scope.catalog.drop_table(name);
    }
    used
}

fn indexes(scope: &mut Scope<'_>, statement: &Statement, drop: &DropStmt, names: &[Name]) {
    if drop.concurrent {
        no_transaction(scope, statement, "`DROP INDEX CONCURRENTLY`");
    }
    let mut waits = Vec::new();
    for name in names {
        let table = scope.catalog.indexes.remove(name);
        let partitioned = table.as_ref().is_some_and(|table| scope.catalog.is_partitioned(table));
        if drop.concurrent {
            if partitioned {
                let message = format!("`{}` is of a partitioned table.", words(name));
                scope.find(Code::PartitionedConcurrently, statement.span, message);
            }
        } else if scope.lock(table.as_ref().unwrap_or(name), Lock::All) {
            waits.push(table.map_or_else(
                || format!("the table of `{}`", words(name)),
                |table| format!("`{}`", words(&table)),
            ));
        }
    }
    if waits.is_empty() {
        return;
    }
    let one = |object: &pg_query::Node| {
        let drop = DropStmt {
            objects: vec![object.clone()],
            concurrent: true,
            behavior: DropBehavior::DropRestrict.into(),
            ..drop.clone()
        };
        alone(print(&NodeEnum::DropStmt(drop)))
    };
    let instead =
        if scope.session.wrapped() { Vec::new() } else { drop.objects.iter().filter_map(one).collect() };
    waits.dedup();
    let message =
        format!("Everything on {} waits for this, and this for everything on it.", waits.join(", "));
    scope.instead(Code::DropIndex, statement.span, message, instead);
}

pub(super) fn database(scope: &mut Scope<'_>, statement: &Statement, name: &str) {
    no_transaction(scope, statement, "`DROP DATABASE`");
    scope.find(
        Code::DropDatabase,
        statement.span,
        format!("The database `{name}` is dropped with everything in it."),
    );
}

pub(super) fn truncate(scope: &mut Scope<'_>, statement: &Statement, truncate: &TruncateStmt) {
    let mut emptied = Vec::new();
    for node in &truncate.relations {
        if let Some(NodeEnum::RangeVar(range)) = &node.node
            && scope.lock(&relation(range), Lock::All)
        {
            emptied.push(format!("`{}`", words(&relation(range))));
        }
    }
    if emptied.is_empty() {
        return;
    }
    let message = format!("Every row of {} is removed, while nobody can read.", emptied.join(", "));
    scope.find(Code::Truncate, statement.span, message);
    if truncate.behavior() == DropBehavior::DropCascade {
        let message = format!("Every table that points to {} is emptied, too.", emptied.join(", "));
        scope.find(Code::TruncateCascade, statement.span, message);
    }
}
