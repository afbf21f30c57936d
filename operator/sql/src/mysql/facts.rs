//! What is true after a step and was not before it: each statement is done as a whole or not at all.

use plan::{Alteration, Change};
use schema::{Index, ObjectName};

use crate::Fact;

/// Empty when the statement may simply run again.
pub(crate) fn of(change: &Change) -> Vec<Fact> {
    match change {
        Change::CreateTable(table) => vec![Fact::Table(table.name.clone())],
        Change::DropTable(name) => vec![Fact::NoTable(name.clone())],
        Change::RenameTable { from, to } => vec![Fact::Table(to.clone()), Fact::NoTable(from.clone())],
        Change::RenameColumn { table, from, to } => vec![
            Fact::Column { table: table.clone(), column: to.clone(), ty: None },
            Fact::NoColumn { table: table.clone(), column: from.clone() },
        ],
        Change::AlterTable { table, alterations } => alter_table(table, alterations),
        Change::CreateIndex { table, index, .. } => vec![present(table, index)],
        Change::DropIndex { table, index } => vec![absent(table, index)],
        Change::RenameIndex { table, index, to } => renamed(table, index, to),
        Change::AddForeignKey { table, key, .. } => {
            let name = key.name.clone().unwrap_or_default();
            vec![Fact::ForeignKey { table: table.clone(), name }]
        }
        Change::DropForeignKey { table, name, .. } => {
            vec![Fact::NoForeignKey { table: table.clone(), name: name.clone() }]
        }
        // What other databases have; a plan for MySQL never holds it.
        Change::CreateNamespace(_)
        | Change::CreateExtension(_)
        | Change::CreateEnum(_)
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::RenameValues { .. }
        | Change::AddEnumValue { .. }
        | Change::RebuildEnum { .. }
        | Change::DropEnum(_)
        | Change::RedefineTable { .. }
        | Change::ValidateForeignKey { .. }
        | Change::RenameConstraint { .. } => Vec::new(),
    }
}

fn present(table: &ObjectName, index: &Index) -> Fact {
    Fact::Index { table: table.clone(), index: index.clone() }
}

fn absent(table: &ObjectName, index: &Index) -> Fact {
    Fact::NoIndex { table: table.clone(), index: index.clone() }
}

fn renamed(table: &ObjectName, index: &Index, to: &str) -> Vec<Fact> {
    let mut after = index.clone();
    to.clone_into(&mut after.name);
    vec![present(table, &after), absent(table, index)]
}

fn alter_table(table: &ObjectName, alterations: &[Alteration]) -> Vec<Fact> {
    // Keys and indexes of a column that is made anew look the same before and after.
    let recreates = alterations.iter().any(|part| matches!(part, Alteration::RecreateColumn(_)));
    let adds_key = alterations.iter().any(|part| matches!(part, Alteration::AddPrimaryKey(_)));
    let column = |name: &str| (table.clone(), name.to_owned());
    let mut facts = Vec::new();
    for alteration in alterations {
        match alteration {
            Alteration::AddColumn(added) => {
                let (table, column) = column(&added.name);
                facts.push(Fact::Column { table, column, ty: None });
            }
            Alteration::RecreateColumn(made) => {
                let (table, column) = column(&made.name);
                facts.push(Fact::Column { table, column, ty: Some(made.ty.clone()) });
            }
            Alteration::DropColumn(name) => {
                let (table, column) = column(name);
                facts.push(Fact::NoColumn { table, column });
            }
            Alteration::AddPrimaryKey(key) if !recreates => {
                facts.push(Fact::PrimaryKey { table: table.clone(), columns: key.columns.clone() });
            }
            Alteration::DropPrimaryKey(_) if !recreates && !adds_key => {
                facts.push(Fact::PrimaryKey { table: table.clone(), columns: Vec::new() });
            }
            Alteration::AddIndex(index) if !recreates => facts.push(present(table, index)),
            Alteration::DropIndex(index) if !recreates => facts.push(absent(table, index)),
            Alteration::RenameIndex { index, to } if !recreates => facts.extend(renamed(table, index, to)),
            _ => {}
        }
    }
    facts
}
