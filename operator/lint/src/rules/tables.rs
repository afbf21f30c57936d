//! Tables that come.

use std::collections::BTreeSet;

use datamodel::Span;
use pg_query::NodeEnum;
use pg_query::protobuf::{
    ColumnDef, ConstrType, Constraint, CreateStmt, CreateTableAsStmt, ObjectType, RangeVar,
};

use super::alter::Target;
use super::columns::Traits;
use super::{constraints, since, style};
use crate::Code;
use crate::catalog::Table;
use crate::file::{Lock, Scope};
use crate::read::Statement;
use crate::tree::{Name, relation, strings, words};

/// Begins a table that nobody uses yet. One that is there already under `IF NOT EXISTS` keeps what is known of it.
fn born(scope: &mut Scope<'_>, range: &RangeVar) -> Name {
    let name = relation(range);
    let table =
        Table { born: Some(scope.source), temporary: range.relpersistence == "t", ..Table::default() };
    scope.catalog.tables.insert(name.clone(), table);
    name
}

pub(super) fn create(scope: &mut Scope<'_>, statement: &Statement, create: &CreateStmt) {
    let Some(range) = &create.relation else { return };
    style::qualified(scope, range, statement);
    style::not_repeatable(scope, statement.span, create.if_not_exists, "IF NOT EXISTS");
    let name = born(scope, range);
    scope.catalog.table(&name).partitioned = create.partspec.is_some();
    let target = Target { range, name: name.clone(), used: false };
    let mut seen = BTreeSet::new();
    for node in &create.table_elts {
        match &node.node {
            Some(NodeEnum::ColumnDef(column)) => {
                let span = span_at(statement, column.location);
                if !seen.insert(column.colname.as_str()) {
                    let message = format!("`{}` stands twice in `{}`.", column.colname, words(&name));
                    scope.find(Code::DuplicateColumn, span, message);
                }
                one_column(scope, statement, &target, column, span);
            }
            Some(NodeEnum::Constraint(constraint)) => {
                let named = match constraint.contype() {
                    ConstrType::ConstrForeign => strings(&constraint.fk_attrs),
                    _ => strings(&constraint.keys),
                };
                one_constraint(scope, statement, &target, constraint, &named);
            }
            _ => {}
        }
    }
}

fn one_column(
    scope: &mut Scope<'_>,
    statement: &Statement,
    target: &Target<'_>,
    column: &ColumnDef,
    span: Span,
) {
    let traits = Traits::of(column);
    style::column(scope, column, &traits, span);
    if traits.generated.is_some_and(|generated| generated.generated_kind == "v") {
        since(scope, 18, span, "columns that are `VIRTUAL`");
    }
    scope.catalog.table(&target.name).columns.insert(column.colname.clone(), traits.column());
    for constraint in &traits.constraints {
        one_constraint(scope, statement, target, constraint, std::slice::from_ref(&column.colname));
    }
}

fn one_constraint(
    scope: &mut Scope<'_>,
    statement: &Statement,
    target: &Target<'_>,
    constraint: &Constraint,
    named: &[String],
) {
    let span = span_at(statement, constraint.location);
    if constraint.nulls_not_distinct {
        since(scope, 15, span, "`NULLS NOT DISTINCT`");
    }
    if let Some(parent) = constraint.pktable.as_ref().map(relation)
        && parent != target.name
        && scope.lock(&parent, Lock::Writes)
    {
        let message = format!("Writes on `{}` wait until the transaction ends.", words(&parent));
        scope.find(Code::ReferencesExisting, span, message);
    }
    constraints::remember(scope, target, constraint, named, span);
}

/// The clause that begins at a place of the statement's text.
fn span_at(statement: &Statement, location: i32) -> Span {
    statement.clause(statement.span.start + usize::try_from(location).unwrap_or_default())
}

pub(super) fn create_as(scope: &mut Scope<'_>, create: &CreateTableAsStmt) {
    let Some(range) = create.into.as_ref().and_then(|into| into.rel.as_ref()) else { return };
    if matches!(create.objtype(), ObjectType::ObjectTable | ObjectType::ObjectMatview) {
        born(scope, range);
    }
}
