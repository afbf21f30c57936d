//! What statements of one transaction, or of one session, do to each other.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    Token, TransactionStmt, TransactionStmtKind, VariableSetKind, VariableSetStmt, a_const,
};

use crate::Code;
use crate::file::{Lock, Scope};
use crate::read::Statement;
use crate::rewrite::same_alone;
use crate::session::Setting;
use crate::tree::words;

pub(super) fn control(scope: &mut Scope<'_>, statement: &Statement, control: &TransactionStmt) {
    use TransactionStmtKind::{TransStmtBegin, TransStmtCommit, TransStmtRollback, TransStmtStart};
    match control.kind() {
        TransStmtBegin | TransStmtStart => {
            if scope.session.wrapped() {
                scope.find(
                    Code::TransactionNesting,
                    statement.span,
                    "The tool has begun a transaction already.",
                );
            } else if scope.session.begun.is_some() {
                scope.find(Code::TransactionNesting, statement.span, "A transaction was begun already.");
            }
            // What was sent before it in the same call belongs to the transaction, too.
            scope.session.begun = Some(statement.span);
        }
        TransStmtCommit | TransStmtRollback => {
            if scope.session.wrapped() {
                let message =
                    "This ends the transaction that the tool began; the rest of the file runs outside of it.";
                scope.find(Code::TransactionNesting, statement.span, message);
            } else if scope.session.begun.is_none() {
                scope.find(Code::TransactionNesting, statement.span, "No `BEGIN` of this file is open here.");
            }
            scope.session.begun = None;
            scope.session.end_transaction();
            scope.catalog.transaction += 1;
        }
        _ => {}
    }
}

pub(super) fn set(scope: &mut Scope<'_>, set: &VariableSetStmt) {
    let value = match set.kind() {
        VariableSetKind::VarSetValue if is_zero(set) => Setting::Unset,
        VariableSetKind::VarSetValue if set.is_local => Setting::Local,
        VariableSetKind::VarSetValue => Setting::Session,
        _ => Setting::Unset,
    };
    if set.kind() == VariableSetKind::VarResetAll {
        scope.session.lock_timeout = Setting::Unset;
        scope.session.statement_timeout = Setting::Unset;
    }
    // Outside of a transaction, SET LOCAL does nothing.
    if value == Setting::Local && !scope.session.in_transaction() {
        return;
    }
    match set.name.as_str() {
        "lock_timeout" => scope.session.lock_timeout = value,
        "statement_timeout" => scope.session.statement_timeout = value,
        _ => {}
    }
}

fn is_zero(set: &VariableSetStmt) -> bool {
    let Some(NodeEnum::AConst(constant)) = set.args.first().and_then(|node| node.node.as_ref()) else {
        return false;
    };
    match &constant.val {
        Some(a_const::Val::Ival(value)) => value.ival == 0,
        Some(a_const::Val::Sval(value)) => {
            let digits: String = value.sval.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            digits.parse::<f64>().is_ok_and(|number| number == 0.0)
        }
        _ => false,
    }
}

/// `SELECT set_config('lock_timeout', …)`.
pub(super) fn set_config(scope: &mut Scope<'_>, statement: &Statement) {
    let has = |scope: &Scope<'_>, kind: Token, word: &str| {
        statement
            .tokens
            .iter()
            .any(|token| token.kind == kind && scope.slice(token.span).eq_ignore_ascii_case(word))
    };
    if !has(scope, Token::Ident, "set_config") {
        return;
    }
    if has(scope, Token::Sconst, "'lock_timeout'") {
        scope.session.lock_timeout = Setting::Session;
    }
    if has(scope, Token::Sconst, "'statement_timeout'") {
        scope.session.statement_timeout = Setting::Session;
    }
}

/// A new value of an enum stands in a later statement of its transaction.
pub(super) fn enum_values(scope: &mut Scope<'_>, statement: &Statement) {
    if scope.session.added_values.is_empty() {
        return;
    }
    let present = scope.catalog.transaction;
    for token in statement.tokens.iter().filter(|token| token.kind == Token::Sconst) {
        let word = scope.slice(token.span);
        let value = word.trim_start_matches(['E', 'e']).trim_matches('\'').replace("''", "'");
        let found = scope.session.added_values.iter().find(|added| {
            // From 17 on, a type of the same transaction may be used at once.
            let young = scope.options.server >= 17 && scope.catalog.enums.get(&added.ty) == Some(&present);
            added.transaction == present && added.value == value && !young
        });
        let Some(added) = found else { continue };
        let message = format!(
            "`{value}` was added to `{}` in this transaction; it cannot be used before the commit.",
            words(&added.ty)
        );
        let rewrite = same_alone(scope.slice(statement.span), scope.session);
        scope.instead(Code::EnumValueTooEarly, token.span, message, rewrite);
        return;
    }
}

/// What the locks of a statement mean for those before and after it.
pub(super) fn after(scope: &mut Scope<'_>, statement: &Statement, tree: &NodeEnum) {
    let rows = matches!(
        tree,
        NodeEnum::UpdateStmt(_) | NodeEnum::DeleteStmt(_) | NodeEnum::InsertStmt(_) | NodeEnum::MergeStmt(_)
    );
    let strongest = scope.locks.iter().max_by_key(|(_, lock)| *lock).cloned();
    timeouts(scope, statement, strongest.as_ref().map(|(table, _)| words(table)));
    if !scope.session.in_transaction() {
        return;
    }
    if rows && scope.slow && scope.session.structure || !rows && strongest.is_some() && scope.session.rows {
        if !scope.session.work_said {
            let message =
                "The transaction changes rows and structure; the locks of both are held until both are done.";
            let rewrite =
                if rows { same_alone(scope.slice(statement.span), scope.session) } else { Vec::new() };
            scope.instead(Code::DataWithStructure, statement.span, message, rewrite);
            scope.session.work_said = true;
        }
    } else if let (true, Some(held), false) = (scope.slow, &scope.session.held, scope.session.work_said) {
        let message = format!(
            "`{}` has been locked, reads included, since an earlier statement of this transaction.",
            words(held)
        );
        scope.session.work_said = true;
        scope.find(Code::WorkUnderLock, statement.span, message);
    }
    scope.session.rows |= rows && scope.slow;
    scope.session.structure |= strongest.is_some();
    if let Some((table, Lock::All)) = strongest {
        scope.session.held.get_or_insert(table);
    }
}

/// The first lock of a file without a limit.
fn timeouts(scope: &mut Scope<'_>, statement: &Statement, locked: Option<String>) {
    let Some(table) = locked else { return };
    if scope.session.lock_timeout == Setting::Unset && scope.session.said.insert(Code::LockTimeout) {
        let message = format!(
            "While this waits for a lock on `{table}`, everything on it that comes later waits, too, and no limit is set."
        );
        let local = if scope.session.in_transaction() { "LOCAL " } else { "" };
        scope.instead(
            Code::LockTimeout,
            statement.span,
            message,
            vec![format!("SET {local}lock_timeout = '3s';\n")],
        );
    }
    if scope.session.statement_timeout == Setting::Unset && scope.session.said.insert(Code::StatementTimeout)
    {
        let message = format!("No limit is set for the time that this works on `{table}`.");
        scope.find(Code::StatementTimeout, statement.span, message);
    }
}
