//! What a statement says about the lock that it may take: what the plan foretells, and nothing stronger. A server that would
//! have to copy the table or to keep writers out refuses it instead, with an error and without a change (MySQL: "Online DDL
//! Operations"; MariaDB: "InnoDB Online DDL Overview"). The algorithm is left to the server, since the same change is instant on
//! one version and in place on another, and no copy is made under `LOCK=NONE`.

use plan::{Alteration, Change, Impact, LockMode, Plan, TableAge, Work};
use schema::{Dialect, ObjectName};

use super::columns::default_of;

/// The impact of the change. A table with a full-text index cannot be built anew while it is written to, nor can one that gets a
/// column with a computed default, as which those of texts are written, too.
pub(super) fn impact(change: &Change, plan: &Plan) -> Impact {
    let impact = plan::impact(Dialect::MySql, change);
    match change {
        Change::AlterTable { table, alterations } if alterations.iter().any(computes) => {
            impact.and(table, LockMode::NoWrite).doing(Work::Rewrite)
        }
        Change::AlterTable { table, alterations }
            if alterations.iter().any(builds_anew) && has_fulltext(plan, table) =>
        {
            impact.and(table, LockMode::NoWrite).doing(Work::Rewrite)
        }
        _ => impact,
    }
}

fn computes(alteration: &Alteration) -> bool {
    match alteration {
        Alteration::AddColumn(column) | Alteration::RecreateColumn(column) => {
            default_of(column).is_some_and(|default| default.starts_with('('))
        }
        _ => false,
    }
}

/// Some version of a server builds the table anew for it.
fn builds_anew(alteration: &Alteration) -> bool {
    match alteration {
        Alteration::AddColumn(_) | Alteration::DropColumn(_) | Alteration::RecreateColumn(_) => true,
        Alteration::ModifyColumn { from, to } => from.nullability != to.nullability,
        _ => false,
    }
}

/// The table has such an index before the plan and after it.
fn has_fulltext(plan: &Plan, table: &ObjectName) -> bool {
    let comes = |name: &str| {
        plan.steps.iter().any(|step| {
            matches!(&step.change, Change::CreateIndex { table: on, index, .. } if on == table && index.name == name)
        })
    };
    let found = plan.desired.tables.iter().find(|found| found.name == *table);
    found.is_some_and(|found| {
        let mut indexes = found.indexes.iter();
        indexes.any(|index| index.method.as_deref() == Some("fulltext") && !comes(&index.name))
    })
}

/// The end of an `ALTER TABLE`; nothing where no table is altered, or only one that this plan made.
pub(super) fn lock(change: &Change, impact: &Impact) -> &'static str {
    let table = match change {
        Change::AddForeignKey { on: TableAge::New, .. } => return "",
        Change::AlterTable { table, .. }
        | Change::RenameColumn { table, .. }
        | Change::DropIndex { table, .. }
        | Change::RenameIndex { table, .. }
        | Change::AddForeignKey { table, .. }
        | Change::DropForeignKey { table, .. } => table,
        _ => return "",
    };
    match impact.locks.iter().find(|lock| lock.table == *table).map(|lock| lock.mode) {
        Some(LockMode::Metadata) => ", LOCK=NONE",
        Some(_) => ", LOCK=SHARED",
        None => "",
    }
}
