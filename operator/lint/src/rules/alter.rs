//! `ALTER TABLE`, command by command.

use datamodel::Span;
use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType as Kind, ObjectType, PartitionCmd, RangeVar, Token,
};

use super::{columns, constraints, no_transaction, since, style};
use crate::Code;
use crate::file::{Lock, Scope};
use crate::read::Statement;
use crate::rewrite::{alone, print};
use crate::tree::{Name, relation, words};

/// The table that a command is about.
pub(super) struct Target<'a> {
    pub(super) range: &'a RangeVar,
    pub(super) name: Name,
    /// Others may be using it.
    pub(super) used: bool,
}

pub(super) fn check(scope: &mut Scope<'_>, statement: &Statement, change: &AlterTableStmt) {
    let Some(range) = &change.relation else { return };
    if change.objtype() != ObjectType::ObjectTable {
        return;
    }
    let name = relation(range);
    let used = !scope.catalog.is_new(&name, scope.source);
    let target = Target { range, name, used };
    style::qualified(scope, range, statement);
    let spans = statement.clauses(after_name(statement, range));
    let mut spans = spans.into_iter();
    for node in &change.cmds {
        let span = spans.next().unwrap_or(statement.span);
        if let Some(NodeEnum::AlterTableCmd(command)) = &node.node {
            one(scope, statement, change, &target, command, span);
        }
    }
}

/// The first byte behind the table's name.
fn after_name(statement: &Statement, range: &RangeVar) -> usize {
    let start = statement.span.start + usize::try_from(range.location).unwrap_or_default();
    let mut tokens = statement.tokens.iter().skip_while(|token| token.span.start < start);
    let mut end = tokens.next().map_or(start, |token| token.span.end);
    let mut dot = false;
    for token in tokens {
        match token.kind {
            Token::Ascii46 => dot = true,
            Token::Ascii42 => {}
            _ if dot => dot = false,
            _ => break,
        }
        end = token.span.end;
    }
    end
}

fn one(
    scope: &mut Scope<'_>,
    statement: &Statement,
    change: &AlterTableStmt,
    target: &Target<'_>,
    command: &AlterTableCmd,
    span: Span,
) {
    let definition = command.def.as_ref().and_then(|node| node.node.as_ref());
    match (command.subtype(), definition) {
        (Kind::AtAddColumn, Some(NodeEnum::ColumnDef(column))) => {
            style::not_repeatable(scope, span, command.missing_ok, "IF NOT EXISTS");
            columns::add(scope, target, column, span);
        }
        (Kind::AtAlterColumnType, Some(NodeEnum::ColumnDef(column))) => {
            columns::change_type(scope, target, &command.name, column, span);
        }
        (Kind::AtDropColumn, _) => {
            style::not_repeatable(scope, span, command.missing_ok, "IF EXISTS");
            columns::drop(scope, target, command, span);
        }
        (Kind::AtSetNotNull, _) => columns::set_not_null(scope, target, &command.name, span),
        (Kind::AtColumnDefault, None) => columns::drop_default(scope, target, &command.name, span),
        (Kind::AtDropNotNull, _) => columns::drop_not_null(scope, target, &command.name, span),
        (Kind::AtSetExpression, _) => {
            since(scope, 17, span, "`SET EXPRESSION`");
            rewrite(scope, target, span, "`SET EXPRESSION`");
        }
        (Kind::AtAddConstraint, Some(NodeEnum::Constraint(constraint))) => {
            constraints::add(scope, target, constraint, span);
        }
        (Kind::AtValidateConstraint, _) => constraints::validate(scope, target, &command.name, span),
        (Kind::AtDropConstraint, _) => {
            style::not_repeatable(scope, span, command.missing_ok, "IF EXISTS");
            constraints::drop(scope, target, &command.name, span);
        }
        (Kind::AtSetLogged, _) => rewrite(scope, target, span, "`SET LOGGED`"),
        (Kind::AtSetUnLogged, _) => rewrite(scope, target, span, "`SET UNLOGGED`"),
        (Kind::AtSetTableSpace, _) => rewrite(scope, target, span, "`SET TABLESPACE`"),
        (Kind::AtSetAccessMethod, _) => {
            since(scope, 15, span, "`SET ACCESS METHOD`");
            rewrite(scope, target, span, "`SET ACCESS METHOD`");
        }
        (
            Kind::AtEnableTrig
            | Kind::AtEnableAlwaysTrig
            | Kind::AtEnableReplicaTrig
            | Kind::AtDisableTrig
            | Kind::AtEnableTrigAll
            | Kind::AtDisableTrigAll
            | Kind::AtEnableTrigUser
            | Kind::AtDisableTrigUser,
            _,
        ) => {
            if scope.lock(&target.name, Lock::Writes) {
                let message = format!("Writes on `{}` wait until the transaction ends.", words(&target.name));
                scope.find(Code::CreateTrigger, span, message);
            }
        }
        (Kind::AtAttachPartition, Some(NodeEnum::PartitionCmd(partition))) => attach(scope, partition, span),
        (Kind::AtDetachPartition, Some(NodeEnum::PartitionCmd(partition))) => {
            detach(scope, statement, change, target, partition, span);
        }
        // Locks that neither reads nor writes wait for.
        (
            Kind::AtSetStatistics
            | Kind::AtSetRelOptions
            | Kind::AtResetRelOptions
            | Kind::AtSetOptions
            | Kind::AtResetOptions
            | Kind::AtClusterOn
            | Kind::AtDropCluster
            | Kind::AtDetachPartitionFinalize,
            _,
        ) => {}
        // Everything else changes the catalog alone, in an instant, once the lock is had.
        _ => {
            scope.lock(&target.name, Lock::All);
        }
    }
}

fn rewrite(scope: &mut Scope<'_>, target: &Target<'_>, span: Span, what: &str) {
    if scope.lock(&target.name, Lock::All) {
        scope.slow = true;
        let message = format!("{what} writes `{}` anew; nobody can read it meanwhile.", words(&target.name));
        scope.find(Code::RewriteTable, span, message);
    }
}

fn attach(scope: &mut Scope<'_>, partition: &PartitionCmd, span: Span) {
    let Some(range) = &partition.name else { return };
    let name = relation(range);
    if !scope.lock(&name, Lock::All) {
        return;
    }
    let proved = scope.catalog.table(&name).constraints.values().any(|constraint| {
        constraint.validity == crate::catalog::Validity::Valid && constraint.parent.is_none()
    });
    if !proved {
        scope.slow = true;
        let message = format!(
            "`{}` is read as a whole, locked, to see that its rows are within the bounds.",
            words(&name)
        );
        scope.find(Code::AttachPartition, span, message);
    }
}

fn detach(
    scope: &mut Scope<'_>,
    statement: &Statement,
    change: &AlterTableStmt,
    target: &Target<'_>,
    partition: &PartitionCmd,
    span: Span,
) {
    if partition.concurrent {
        since(scope, 14, span, "`DETACH PARTITION … CONCURRENTLY`");
        no_transaction(scope, statement, "`DETACH PARTITION … CONCURRENTLY`");
        return;
    }
    if !scope.lock(&target.name, Lock::All) {
        return;
    }
    let mut instead = Vec::new();
    if scope.options.server >= 14 && !scope.session.wrapped() && change.cmds.len() == 1 {
        let mut change = change.clone();
        if let Some(NodeEnum::AlterTableCmd(command)) =
            change.cmds.first_mut().and_then(|node| node.node.as_mut())
        {
            let partition = PartitionCmd { concurrent: true, ..partition.clone() };
            command.def = Some(Box::new(crate::tree::node(NodeEnum::PartitionCmd(partition))));
        }
        instead.extend(alone(print(&NodeEnum::AlterTableStmt(change))));
    }
    let message = format!("Everything on `{}` waits while the partition is detached.", words(&target.name));
    scope.instead(Code::DetachPartition, span, message, instead);
}
