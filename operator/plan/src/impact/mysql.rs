//! MySQL 8 and MariaDB 10.6 or later (MySQL: "Online DDL Operations"): the most that either of them does.

use schema::{Column, Default, MySqlType, Type};

use super::{Impact, LockMode, Work};
use crate::{Alteration, Change, TableAge};

pub(super) fn impact(change: &Change) -> Impact {
    let online = |table| Impact::on(table, LockMode::Metadata, Work::Metadata);
    match change {
        Change::CreateIndex { table, index, on: TableAge::Existing } => {
            let mode = if index.method.as_deref() == Some("fulltext") {
                LockMode::NoWrite
            } else {
                LockMode::Metadata
            };
            Impact::on(table, mode, Work::Build)
        }
        Change::RenameTable { from: table, .. }
        | Change::DropTable(table)
        | Change::RenameColumn { table, .. }
        | Change::DropIndex { table, .. }
        | Change::RenameIndex { table, .. } => online(table),
        Change::AlterTable { table, alterations } => alterations.iter().fold(online(table), |impact, one| {
            let (mode, work) = alteration(one);
            impact.and(table, mode).doing(work)
        }),
        Change::RenameValues { table, renamed } => {
            // In one piece it locks every row that it visits until it ends.
            let mode = if renamed.key.is_some() { LockMode::Metadata } else { LockMode::NoWrite };
            Impact::on(table, mode, Work::Scan)
        }
        // The rows are checked, for which the table is copied.
        Change::AddForeignKey { table, key, on: TableAge::Existing } => {
            Impact::on(table, LockMode::NoWrite, Work::Rewrite).and(&key.referenced_table, LockMode::Metadata)
        }
        Change::AddForeignKey { key, on: TableAge::New, .. } => online(&key.referenced_table),
        Change::DropForeignKey { table, references, .. } => online(table).and(references, LockMode::Metadata),
        Change::CreateTable(_)
        | Change::CreateIndex { on: TableAge::New, .. }
        | Change::CreateNamespace(_)
        | Change::CreateExtension(_)
        | Change::CreateEnum(_)
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::AddEnumValue { .. }
        | Change::RebuildEnum { .. }
        | Change::DropEnum(_)
        | Change::RedefineTable { .. }
        | Change::ValidateForeignKey { .. }
        | Change::RenameConstraint { .. } => Impact::default(),
    }
}

fn alteration(alteration: &Alteration) -> (LockMode, Work) {
    let copies = (LockMode::NoWrite, Work::Rewrite);
    match alteration {
        Alteration::AddColumn(column) | Alteration::RecreateColumn(column) => {
            let computed = matches!(column.default, Some(Default::Expression(_)));
            if computed || column.autoincrement { copies } else { (LockMode::Metadata, Work::Metadata) }
        }
        Alteration::ModifyColumn { from, to } => modification(from, to),
        Alteration::AddPrimaryKey(_) | Alteration::DropPrimaryKey(_) => copies,
        Alteration::AddIndex(_) => (LockMode::Metadata, Work::Build),
        Alteration::RenameValues(_) => (LockMode::NoWrite, Work::Scan),
        Alteration::DropColumn(_)
        | Alteration::SetDefault(_)
        | Alteration::DropDefault(_)
        | Alteration::DropIndex(_)
        | Alteration::RenameIndex { .. }
        | Alteration::SetType { .. }
        | Alteration::SetNotNull(_)
        | Alteration::DropNotNull(_)
        | Alteration::AddAutoincrement(_)
        | Alteration::DropAutoincrement(_) => (LockMode::Metadata, Work::Metadata),
    }
}

fn modification(from: &Column, to: &Column) -> (LockMode, Work) {
    let collation =
        |column: &Column| column.attributes.as_ref().and_then(|attributes| attributes.collation.clone());
    let stored_alike = from.ty == to.ty || appends(&from.ty.base, &to.ty.base);
    if !stored_alike || collation(from) != collation(to) || from.autoincrement != to.autoincrement {
        return (LockMode::NoWrite, Work::Rewrite);
    }
    // The table is built anew while it is read and written.
    let work = if from.nullability == to.nullability { Work::Metadata } else { Work::Rewrite };
    (LockMode::Metadata, work)
}

/// Values at the end of an enum cost nothing, as long as its numbers take no second byte.
fn appends(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::MySql(MySqlType::Enum(from)), Type::MySql(MySqlType::Enum(to))) => {
            to.starts_with(from) && (to.len() < 256) == (from.len() < 256)
        }
        _ => false,
    }
}
