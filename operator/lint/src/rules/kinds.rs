//! Enums, domains and functions.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDomainStmt, AlterEnumStmt, CreateDomainStmt, CreateEnumStmt, CreateFunctionStmt, RangeVar,
};

use super::{renames, style};
use crate::Code;
use crate::file::Scope;
use crate::read::Statement;
use crate::rewrite::{alone, bounded, parts, print};
use crate::session::AddedValue;
use crate::tree::{constraint, dotted, node, option, relation, string, words};

pub(super) fn alter_enum(scope: &mut Scope<'_>, statement: &Statement, change: &AlterEnumStmt) {
    if !change.old_val.is_empty() {
        renames::enum_value(scope, statement, change);
        return;
    }
    style::not_repeatable(scope, statement.span, change.skip_if_new_val_exists, "IF NOT EXISTS");
    if change.new_val_neighbor.is_empty() {
        let message = format!("`{}` is sorted behind all other values.", change.new_val);
        scope.find(Code::EnumValuePlace, statement.span, message);
    }
    let added = AddedValue {
        transaction: scope.catalog.transaction,
        ty: dotted(&change.type_name),
        value: change.new_val.clone(),
    };
    scope.session.added_values.push(added);
}

pub(super) fn create_enum(scope: &mut Scope<'_>, create: &CreateEnumStmt) {
    let name = dotted(&create.type_name);
    scope.catalog.young.insert(name.clone());
    scope.catalog.enums.insert(name, scope.catalog.transaction);
}

pub(super) fn create_domain(scope: &mut Scope<'_>, statement: &Statement, create: &CreateDomainStmt) {
    let name = dotted(&create.domainname);
    scope.catalog.young.insert(name.clone());
    let constrained = create.constraints.iter().filter_map(constraint).any(|constraint| {
        use pg_query::protobuf::ConstrType::{ConstrCheck, ConstrNotnull};
        matches!(constraint.contype(), ConstrCheck | ConstrNotnull)
    });
    if constrained {
        let message = format!("`{}` has a constraint of its own.", words(&name));
        scope.find(Code::DomainConstraint, statement.span, message);
        scope.catalog.constrained_domains.insert(name);
    } else {
        scope.catalog.plain_domains.insert(name);
    }
}

pub(super) fn alter_domain(scope: &mut Scope<'_>, statement: &Statement, change: &AlterDomainStmt) {
    let name = dotted(&change.type_name);
    let added = change.def.as_deref().and_then(constraint);
    let message = format!("Every table with a column of `{}` is read under a lock.", words(&name));
    match (change.subtype.as_str(), added) {
        ("C", Some(added)) if !added.skip_validation => {
            let mut instead = Vec::new();
            if !added.conname.is_empty() {
                let mut later = added.clone();
                later.skip_validation = true;
                later.initially_valid = false;
                let add = AlterDomainStmt {
                    def: Some(Box::new(node(NodeEnum::Constraint(Box::new(later))))),
                    ..change.clone()
                };
                let validate = AlterDomainStmt {
                    subtype: "V".to_owned(),
                    name: added.conname.clone(),
                    def: None,
                    ..change.clone()
                };
                instead = parts([
                    bounded(&[print(&NodeEnum::AlterDomainStmt(Box::new(add)))], scope.options),
                    alone(print(&NodeEnum::AlterDomainStmt(Box::new(validate)))),
                ]);
            }
            scope.slow = true;
            scope.instead(Code::AddDomainConstraint, statement.span, message, instead);
        }
        ("O", _) => {
            scope.slow = true;
            scope.find(Code::AddDomainConstraint, statement.span, message);
        }
        _ => {}
    }
    if matches!(change.subtype.as_str(), "C" | "O") {
        scope.catalog.plain_domains.remove(&name);
        scope.catalog.constrained_domains.insert(name);
    }
}

pub(super) fn create_function(scope: &mut Scope<'_>, create: &CreateFunctionStmt) {
    let volatility = option(&create.options, "volatility").and_then(|element| string(element.arg.as_ref()?));
    let name = dotted(&create.funcname);
    if !create.replace {
        scope.catalog.young.insert(name.clone());
    }
    if matches!(volatility.as_deref(), Some("stable" | "immutable")) {
        scope.catalog.steady_functions.insert(name);
    } else {
        scope.catalog.steady_functions.remove(&name);
    }
}

/// A view or sequence that comes, or takes the place of one.
pub(super) fn named(scope: &mut Scope<'_>, object: Option<&RangeVar>, replaces: bool) {
    if let (Some(object), false) = (object, replaces) {
        scope.catalog.young.insert(relation(object));
    }
}
