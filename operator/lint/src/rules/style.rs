//! Rules of style, applied when they are asked for.

use datamodel::Span;
use pg_query::protobuf::{ColumnDef, IndexStmt, RangeVar};

use super::columns::Traits;
use crate::Code;
use crate::file::Scope;
use crate::read::Statement;
use crate::tree::{TypeRef, words};

/// The type of a new column.
pub(super) fn column(scope: &mut Scope<'_>, column: &ColumnDef, traits: &Traits<'_>, span: Span) {
    let Some(found) = &traits.ty else { return };
    if traits.serial {
        scope.find(Code::PreferIdentity, span, format!("`{}` is a serial.", column.colname));
    }
    ty(scope, &column.colname, found, span);
}

/// The type that a column gets.
pub(super) fn ty(scope: &mut Scope<'_>, name: &str, ty: &TypeRef, span: Span) {
    // An element of an array is stored as the type is.
    let base = if ty.name.0.is_empty() { ty.name.1.as_str() } else { "" };
    let (code, message) = match base {
        "varchar" if !ty.modifiers.is_empty() => {
            (Code::PreferText, format!("The length of `{name}` is part of its type, {}.", ty.words()))
        }
        "bpchar" => (Code::PreferVarying, format!("`{name}` is padded with spaces.")),
        "timestamp" => (Code::PreferTimestamptz, format!("`{name}` has no time zone.")),
        "json" => (Code::PreferJsonb, format!("`{name}` is stored as text.")),
        "int4" | "serial" | "serial4" => (Code::PreferBigint, format!("`{name}` ends at 2147483647.")),
        "int2" | "smallserial" | "serial2" => (Code::PreferWiderInt, format!("`{name}` ends at 32767.")),
        _ => return,
    };
    scope.find(code, span, message);
}

/// A table is named without its schema.
pub(super) fn qualified(scope: &mut Scope<'_>, table: &RangeVar, statement: &Statement) {
    if !table.schemaname.is_empty() || table.relpersistence == "t" {
        return;
    }
    let start = statement.span.start + usize::try_from(table.location).unwrap_or_default();
    let span = statement
        .tokens
        .iter()
        .find(|token| token.span.start >= start)
        .map_or(statement.span, |token| token.span);
    scope.find(Code::UnqualifiedTable, span, format!("`{}` stands without its schema.", table.relname));
}

/// Outside of a transaction, what was done stays done when the file is run again.
pub(super) fn not_repeatable(scope: &mut Scope<'_>, span: Span, guarded: bool, guard: &str) {
    if !guarded && !scope.session.in_transaction() && scope.session.shares_file() {
        scope.find(
            Code::NotRepeatable,
            span,
            format!("Without `{guard}`, this fails when the file is run again."),
        );
    }
}

/// More columns than a search uses.
pub(super) fn wide_index(scope: &mut Scope<'_>, statement: &Statement, create: &IndexStmt) {
    let columns = create.index_params.len();
    if !create.unique && columns > 3 {
        let table = create.relation.as_ref().map(crate::tree::relation).unwrap_or_default();
        let message = format!("The index of `{}` has {columns} columns.", words(&table));
        scope.find(Code::WideIndex, statement.span, message);
    }
}
