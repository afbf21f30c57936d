//! Rows that are changed.

use std::collections::BTreeSet;

use datamodel::Span;
use pg_query::NodeEnum;
use pg_query::protobuf::{DeleteStmt, InsertStmt, MergeStmt, Node, RangeVar, UpdateStmt};

use crate::Code;
use crate::file::Scope;
use crate::read::Statement;
use crate::tree::{relation, words};

/// Notes that rows of a table are changed; answers its name when others may be using it.
fn changed(scope: &mut Scope<'_>, table: Option<&RangeVar>) -> Option<String> {
    let name = relation(table?);
    if scope.catalog.is_new(&name, scope.source) {
        return None;
    }
    scope.slow = true;
    Some(words(&name))
}

pub(super) fn update(scope: &mut Scope<'_>, statement: &Statement, update: &UpdateStmt) {
    let table = changed(scope, update.relation.as_ref());
    if let (Some(table), true) = (table, update.where_clause.is_none() && update.from_clause.is_empty()) {
        let message =
            format!("Every row of `{table}` is written anew, and locked until the transaction ends.");
        scope.find(Code::UpdateAll, statement.span, message);
    }
    twice(scope, statement, &update.target_list);
}

pub(super) fn delete(scope: &mut Scope<'_>, statement: &Statement, delete: &DeleteStmt) {
    let table = changed(scope, delete.relation.as_ref());
    if let (Some(table), true) = (table, delete.where_clause.is_none() && delete.using_clause.is_empty()) {
        scope.find(Code::DeleteAll, statement.span, format!("Every row of `{table}` is removed."));
    }
}

pub(super) fn insert(scope: &mut Scope<'_>, statement: &Statement, insert: &InsertStmt) {
    // A few rows that stand in the file are no work; those of a query may be.
    let queried = insert.select_stmt.as_ref().and_then(|node| node.node.as_ref()).is_some_and(
        |select| matches!(select, NodeEnum::SelectStmt(select) if select.values_lists.is_empty() && !select.from_clause.is_empty()),
    );
    if queried {
        changed(scope, insert.relation.as_ref());
    }
    twice(scope, statement, &insert.cols);
}

pub(super) fn merge(scope: &mut Scope<'_>, merge: &MergeStmt) {
    changed(scope, merge.relation.as_ref());
}

/// A column that is given two values.
fn twice(scope: &mut Scope<'_>, statement: &Statement, targets: &[Node]) {
    let mut seen = BTreeSet::new();
    for node in targets {
        let Some(NodeEnum::ResTarget(target)) = &node.node else { continue };
        // Parts of an array or a composite may be set one by one.
        if target.name.is_empty() || !target.indirection.is_empty() || seen.insert(&target.name) {
            continue;
        }
        let start = statement.span.start + usize::try_from(target.location).unwrap_or_default();
        let end = statement
            .tokens
            .iter()
            .find(|token| token.span.start >= start)
            .map_or(start, |token| token.span.end);
        let message = format!("`{}` is given two values.", target.name);
        scope.find(Code::DuplicateColumn, Span::new(start, end), message);
    }
}
