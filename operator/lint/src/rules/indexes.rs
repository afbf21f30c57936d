//! Indexes.

use pg_query::NodeEnum;
use pg_query::protobuf::{IndexStmt, ReindexObjectType, ReindexStmt};

use super::{no_transaction, since, style};
use crate::Code;
use crate::file::{Lock, Scope};
use crate::read::Statement;
use crate::rewrite::{alone, print};
use crate::session::Setting;
use crate::tree::{named, relation, switched_on, words};

pub(super) fn create(scope: &mut Scope<'_>, statement: &Statement, create: &IndexStmt) {
    let Some(range) = &create.relation else { return };
    let table = relation(range);
    let partitioned = scope.catalog.is_partitioned(&table);
    style::qualified(scope, range, statement);
    style::wide_index(scope, statement, create);
    if create.nulls_not_distinct {
        since(scope, 15, statement.span, "`NULLS NOT DISTINCT`");
    }
    if create.concurrent {
        concurrently(scope, statement, create);
    } else {
        style::not_repeatable(scope, statement.span, create.if_not_exists, "IF NOT EXISTS");
        if scope.lock(&table, Lock::Writes) && range.inh {
            scope.slow = true;
            let better = IndexStmt { concurrent: true, if_not_exists: false, ..create.clone() };
            let instead = if partitioned || scope.session.wrapped() {
                None
            } else {
                alone(print(&NodeEnum::IndexStmt(Box::new(better))))
            };
            let message = format!("Writes on `{}` wait until the index is built.", words(&table));
            scope.instead(Code::CreateIndex, statement.span, message, instead.into_iter().collect());
        }
    }
    let columns: Vec<String> = create
        .index_params
        .iter()
        .filter_map(|node| match &node.node {
            Some(NodeEnum::IndexElem(element)) => Some(element.name.clone()),
            _ => None,
        })
        .collect();
    // A partial index helps only the rows that it has.
    if create.where_clause.is_none() {
        scope.catalog.table(&table).indexes.push(columns);
    }
    if !create.idxname.is_empty() {
        scope.catalog.indexes.insert(named(&range.schemaname, &create.idxname), table);
    }
}

fn concurrently(scope: &mut Scope<'_>, statement: &Statement, create: &IndexStmt) {
    no_transaction(scope, statement, "`CREATE INDEX CONCURRENTLY`");
    let Some(range) = &create.relation else { return };
    let table = relation(range);
    if scope.catalog.is_partitioned(&table) && range.inh {
        let message =
            format!("`{}` is partitioned: its indexes cannot be built `CONCURRENTLY`.", words(&table));
        scope.find(Code::PartitionedConcurrently, statement.span, message);
    }
    if create.if_not_exists {
        let better = IndexStmt { if_not_exists: false, ..create.clone() };
        let instead = alone(print(&NodeEnum::IndexStmt(Box::new(better))));
        let message =
            "A build that was interrupted left an invalid index, which `IF NOT EXISTS` takes for this one.";
        scope.instead(Code::ConcurrentlyIfNotExists, statement.span, message, instead.into_iter().collect());
    }
    if scope.session.lock_timeout != Setting::Unset {
        let message = "The build waits for transactions older than itself; `lock_timeout` ends it there and leaves an \
                       invalid index.";
        let sql = scope.slice(statement.span);
        let instead = vec![format!("SET lock_timeout = 0;\n{sql};\n")];
        let possible = !scope.session.in_transaction();
        scope.instead(
            Code::ConcurrentlyLockTimeout,
            statement.span,
            message,
            if possible { instead } else { Vec::new() },
        );
    }
}

pub(super) fn reindex(scope: &mut Scope<'_>, statement: &Statement, reindex: &ReindexStmt) {
    if switched_on(&reindex.params, "concurrently") {
        no_transaction(scope, statement, "`REINDEX … CONCURRENTLY`");
        return;
    }
    let object = match reindex.kind() {
        ReindexObjectType::ReindexObjectIndex | ReindexObjectType::ReindexObjectTable => {
            let Some(range) = &reindex.relation else { return };
            let name = relation(range);
            let known = scope.catalog.indexes.get(&name).cloned();
            if !scope.lock(known.as_ref().unwrap_or(&name), Lock::Writes) {
                return;
            }
            match known {
                Some(table) => format!("`{}`", words(&table)),
                None if reindex.kind() == ReindexObjectType::ReindexObjectIndex => {
                    format!("the table of `{}`", words(&name))
                }
                None => format!("`{}`", words(&name)),
            }
        }
        _ => {
            no_transaction(scope, statement, "`REINDEX` of more than one table");
            format!("each table of `{}`", reindex.name)
        }
    };
    scope.slow = true;
    let mut better = reindex.clone();
    if reindex.kind() != ReindexObjectType::ReindexObjectSystem && !scope.session.wrapped() {
        better.params.push(crate::tree::node(NodeEnum::DefElem(Box::new(pg_query::protobuf::DefElem {
            defname: "concurrently".to_owned(),
            defaction: pg_query::protobuf::DefElemAction::DefelemUnspec.into(),
            ..pg_query::protobuf::DefElem::default()
        }))));
    }
    let instead = if better.params.len() == reindex.params.len() {
        None
    } else {
        alone(print(&NodeEnum::ReindexStmt(better)))
    };
    let message = format!("Writes on {object}, and reads that would use the index, wait until it is built.");
    scope.instead(Code::Reindex, statement.span, message, instead.into_iter().collect());
}
