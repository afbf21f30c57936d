//! Statements that work on a whole table, or keep others out of it.

use pg_query::protobuf::{ClusterStmt, CreateTrigStmt, LockStmt, RefreshMatViewStmt, VacuumStmt};
use pg_query::{LockMode, NodeEnum};

use super::no_transaction;
use crate::Code;
use crate::file::{Lock, Scope};
use crate::read::Statement;
use crate::rewrite::{alone, print};
use crate::tree::{Name, relation, switched_on, words};

fn rewritten(scope: &mut Scope<'_>, statement: &Statement, table: Option<&Name>, what: &str) {
    let object = match table {
        Some(table) if !scope.lock(table, Lock::All) => return,
        Some(table) => format!("`{}`", words(table)),
        None => "each table in turn".to_owned(),
    };
    scope.slow = true;
    let message = format!("{what} writes {object} anew; nobody can read it meanwhile.");
    scope.find(Code::RewriteTable, statement.span, message);
}

pub(super) fn cluster(scope: &mut Scope<'_>, statement: &Statement, cluster: &ClusterStmt) {
    rewritten(scope, statement, cluster.relation.as_ref().map(relation).as_ref(), "`CLUSTER`");
}

pub(super) fn vacuum(scope: &mut Scope<'_>, statement: &Statement, vacuum: &VacuumStmt) {
    if !vacuum.is_vacuumcmd {
        return;
    }
    no_transaction(scope, statement, "`VACUUM`");
    if !switched_on(&vacuum.options, "full") {
        return;
    }
    if vacuum.rels.is_empty() {
        rewritten(scope, statement, None, "`VACUUM FULL`");
    }
    for node in &vacuum.rels {
        if let Some(NodeEnum::VacuumRelation(table)) = &node.node {
            rewritten(scope, statement, table.relation.as_ref().map(relation).as_ref(), "`VACUUM FULL`");
        }
    }
}

pub(super) fn refresh(scope: &mut Scope<'_>, statement: &Statement, refresh: &RefreshMatViewStmt) {
    let Some(view) = refresh.relation.as_ref().map(relation) else { return };
    if refresh.concurrent || refresh.skip_data || !scope.lock(&view, Lock::All) {
        return;
    }
    scope.slow = true;
    let better = RefreshMatViewStmt { concurrent: true, ..refresh.clone() };
    let instead = alone(print(&NodeEnum::RefreshMatViewStmt(better)));
    let message = format!("Nobody can read `{}` until it is computed.", words(&view));
    scope.instead(Code::RefreshView, statement.span, message, instead.into_iter().collect());
}

pub(super) fn lock(scope: &mut Scope<'_>, statement: &Statement, lock: &LockStmt) {
    let strength = if lock.mode == LockMode::AccessExclusiveLock as i32 {
        Lock::All
    } else if lock.mode >= LockMode::ShareLock as i32 {
        Lock::Writes
    } else {
        return;
    };
    for node in &lock.relations {
        let Some(NodeEnum::RangeVar(range)) = &node.node else { continue };
        let table = relation(range);
        if scope.lock(&table, strength) {
            let whom = if strength == Lock::All { "Everything" } else { "Each write" };
            let message = format!("{whom} on `{}` waits until the transaction ends.", words(&table));
            scope.find(Code::LockTable, statement.span, message);
        }
    }
}

pub(super) fn trigger(scope: &mut Scope<'_>, statement: &Statement, create: &CreateTrigStmt) {
    let Some(table) = create.relation.as_ref().map(relation) else { return };
    if scope.lock(&table, Lock::Writes) {
        let message = format!("Writes on `{}` wait until the transaction ends.", words(&table));
        scope.find(Code::CreateTrigger, statement.span, message);
    }
}
