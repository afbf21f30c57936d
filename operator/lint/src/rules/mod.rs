//! The rules, by the kind of statement.

mod alter;
mod columns;
mod constraints;
mod data;
mod drops;
mod indexes;
mod kinds;
mod maintenance;
mod renames;
mod style;
mod tables;
mod transactions;

use pg_query::NodeEnum;

use crate::Code;
use crate::file::Scope;
use crate::read::Statement;
use crate::rewrite::same_alone;

pub(crate) use constraints::unindexed;

/// Looks at one statement, then remembers what it did.
pub(crate) fn check(scope: &mut Scope<'_>, statement: &Statement, tree: &NodeEnum) {
    transactions::enum_values(scope, statement);
    match tree {
        NodeEnum::CreateStmt(create) => tables::create(scope, statement, create),
        NodeEnum::CreateTableAsStmt(create) => tables::create_as(scope, create),
        NodeEnum::AlterTableStmt(change) => alter::check(scope, statement, change),
        NodeEnum::IndexStmt(create) => indexes::create(scope, statement, create),
        NodeEnum::DropStmt(drop) => drops::check(scope, statement, drop),
        NodeEnum::DropdbStmt(drop) => drops::database(scope, statement, &drop.dbname),
        NodeEnum::TruncateStmt(truncate) => drops::truncate(scope, statement, truncate),
        NodeEnum::RenameStmt(rename) => renames::check(scope, statement, rename),
        NodeEnum::AlterObjectSchemaStmt(change) => renames::schema(scope, statement, change),
        NodeEnum::ReindexStmt(reindex) => indexes::reindex(scope, statement, reindex),
        NodeEnum::ClusterStmt(cluster) => maintenance::cluster(scope, statement, cluster),
        NodeEnum::VacuumStmt(vacuum) => maintenance::vacuum(scope, statement, vacuum),
        NodeEnum::RefreshMatViewStmt(refresh) => maintenance::refresh(scope, statement, refresh),
        NodeEnum::LockStmt(lock) => maintenance::lock(scope, statement, lock),
        NodeEnum::CreateTrigStmt(create) => maintenance::trigger(scope, statement, create),
        NodeEnum::UpdateStmt(update) => data::update(scope, statement, update),
        NodeEnum::DeleteStmt(delete) => data::delete(scope, statement, delete),
        NodeEnum::InsertStmt(insert) => data::insert(scope, statement, insert),
        NodeEnum::MergeStmt(merge) => data::merge(scope, merge),
        NodeEnum::AlterEnumStmt(change) => kinds::alter_enum(scope, statement, change),
        NodeEnum::CreateEnumStmt(create) => kinds::create_enum(scope, create),
        NodeEnum::CreateDomainStmt(create) => kinds::create_domain(scope, statement, create),
        NodeEnum::AlterDomainStmt(change) => kinds::alter_domain(scope, statement, change),
        NodeEnum::CreateFunctionStmt(create) => kinds::create_function(scope, create),
        NodeEnum::ViewStmt(create) => kinds::named(scope, create.view.as_ref(), create.replace),
        NodeEnum::CreateSeqStmt(create) => kinds::named(scope, create.sequence.as_ref(), false),
        NodeEnum::TransactionStmt(control) => transactions::control(scope, statement, control),
        NodeEnum::VariableSetStmt(set) => transactions::set(scope, set),
        NodeEnum::SelectStmt(_) => transactions::set_config(scope, statement),
        NodeEnum::CreatedbStmt(_) => no_transaction(scope, statement, "`CREATE DATABASE`"),
        NodeEnum::AlterSystemStmt(_) => no_transaction(scope, statement, "`ALTER SYSTEM`"),
        NodeEnum::CreateTableSpaceStmt(_) => no_transaction(scope, statement, "`CREATE TABLESPACE`"),
        NodeEnum::DropTableSpaceStmt(_) => no_transaction(scope, statement, "`DROP TABLESPACE`"),
        NodeEnum::DoStmt(_) => {
            scope.find(Code::OpaqueBlock, statement.span, "What this block runs is not looked at.");
        }
        _ => {}
    }
    transactions::after(scope, statement, tree);
}

/// Reports a statement that is refused inside a transaction, when it stands in one.
fn no_transaction(scope: &mut Scope<'_>, statement: &Statement, what: &str) {
    if !scope.session.in_transaction() {
        return;
    }
    let why = if scope.session.begun.is_some() {
        "it stands between `BEGIN` and `COMMIT`"
    } else if scope.session.wrapped() {
        "the tool runs the file in one"
    } else {
        "the other statements of the file are sent with it, which makes one of them"
    };
    let message = format!("{what} cannot run inside a transaction, and {why}.");
    let rewrite = same_alone(scope.slice(statement.span), scope.session);
    scope.instead(Code::NeedsNoTransaction, statement.span, message, rewrite);
}

/// Reports what the server does not know before a version.
fn since(scope: &mut Scope<'_>, version: u8, span: datamodel::Span, what: &str) {
    if scope.options.server < version {
        let message =
            format!("PostgreSQL knows {what} from version {version} on, not {}.", scope.options.server);
        scope.find(Code::NewerServer, span, message);
    }
}
