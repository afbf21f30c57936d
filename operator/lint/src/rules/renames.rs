//! New names for what the application knows under the old one.

use pg_query::protobuf::{AlterObjectSchemaStmt, ObjectType, RenameStmt};

use super::style;
use crate::Code;
use crate::file::{Lock, Scope};
use crate::read::Statement;
use crate::tree::{dotted, listed, named, relation, words};

pub(super) fn check(scope: &mut Scope<'_>, statement: &Statement, rename: &RenameStmt) {
    let table = rename.relation.as_ref().map(relation);
    if let (Some(range), ObjectType::ObjectColumn | ObjectType::ObjectTable) =
        (&rename.relation, rename.rename_type())
    {
        style::qualified(scope, range, statement);
    }
    let new = rename.newname.as_str();
    match (rename.rename_type(), table) {
        (ObjectType::ObjectColumn, Some(table)) => {
            if scope.lock(&table, Lock::All) {
                let message =
                    format!("`{}` of `{}` is called `{new}` from now on.", rename.subname, words(&table));
                scope.find(Code::RenameColumn, statement.span, message);
            }
            scope.catalog.rename_column(&table, &rename.subname, new);
        }
        (ObjectType::ObjectTable | ObjectType::ObjectView | ObjectType::ObjectMatview, Some(table)) => {
            if scope.lock(&table, Lock::All) {
                let message = format!("`{}` is called `{new}` from now on.", words(&table));
                scope.find(Code::RenameTable, statement.span, message);
            }
            scope.catalog.rename_table(&table, &(table.0.clone(), new.to_owned()));
        }
        (ObjectType::ObjectIndex, Some(index)) => {
            if let Some(table) = scope.catalog.indexes.remove(&index) {
                scope.catalog.indexes.insert((index.0, new.to_owned()), table);
            }
        }
        (ObjectType::ObjectTabconstraint, Some(table)) => {
            scope.lock(&table, Lock::All);
            let table = scope.catalog.table(&table);
            if let Some(constraint) = table.constraints.remove(&rename.subname) {
                table.constraints.insert(new.to_owned(), constraint);
            }
        }
        (ObjectType::ObjectSchema, _) => {
            let message = format!("The schema `{}` is called `{new}` from now on.", rename.subname);
            scope.find(Code::RenameSchema, statement.span, message);
        }
        (
            ObjectType::ObjectType
            | ObjectType::ObjectDomain
            | ObjectType::ObjectSequence
            | ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine,
            sequence,
        ) => {
            let object = rename.object.as_deref().and_then(listed);
            let Some(old) = sequence.or(object) else { return };
            if !scope.catalog.young.remove(&old) {
                let message = format!("`{}` is called `{new}` from now on.", words(&old));
                scope.find(Code::RenameObject, statement.span, message);
            }
            // No program knows the new name, unless it was another's.
            scope.catalog.young.insert((old.0, new.to_owned()));
        }
        _ => {}
    }
}

pub(super) fn schema(scope: &mut Scope<'_>, statement: &Statement, change: &AlterObjectSchemaStmt) {
    if let Some(range) = &change.relation {
        style::qualified(scope, range, statement);
    }
    let object = change.object.as_deref().and_then(listed);
    let Some(name) = change.relation.as_ref().map(relation).or(object) else { return };
    let table = matches!(
        change.object_type(),
        ObjectType::ObjectTable | ObjectType::ObjectView | ObjectType::ObjectMatview
    );
    let known = if table { scope.lock(&name, Lock::All) } else { !scope.catalog.young.contains(&name) };
    if known {
        let message =
            format!("`{}` is found in the schema `{}` from now on.", words(&name), change.newschema);
        scope.find(Code::MoveTable, statement.span, message);
    }
    if table {
        scope.catalog.rename_table(&name, &named(&change.newschema, &name.1));
    }
}

/// `ALTER TYPE … RENAME VALUE`.
pub(super) fn enum_value(
    scope: &mut Scope<'_>,
    statement: &Statement,
    change: &pg_query::protobuf::AlterEnumStmt,
) {
    let name = dotted(&change.type_name);
    // An enum of this very transaction has no readers yet.
    if scope.catalog.enums.get(&name) == Some(&scope.catalog.transaction) {
        return;
    }
    let message =
        format!("`{}` of `{}` is called `{}` from now on.", change.old_val, words(&name), change.new_val);
    scope.find(Code::RenameEnumValue, statement.span, message);
}
