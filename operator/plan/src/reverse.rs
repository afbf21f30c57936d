//! The way back: [`reverse`].

use schema::{ObjectName, Schema};
use serde::{Deserialize, Serialize};

use crate::diff::{Refusal, diff};
use crate::ownership::{Ownership, managed};
use crate::{Change, HazardCode, Plan};

/// What undoing a step can bring back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Undo {
    /// Structure and rows as they were.
    Exact,
    /// The structure; the rows or values that the step took are gone.
    StructureOnly,
    /// The structure without these, which a datamodel cannot say.
    Without(Vec<String>),
}

/// The way back from a plan's end to its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverse {
    /// From the plan's desired schema to what was there before. Its hazards are those of going back.
    pub plan: Plan,
    /// For each step of the forward plan, in its order.
    pub undo: Vec<Undo>,
}

impl Reverse {
    /// True when going back restores everything that the forward plan took.
    pub fn is_exact(&self) -> bool {
        self.undo.iter().all(|undo| *undo == Undo::Exact)
    }
}

/// The reverse of `forward`, which was made from `current` and `owned`.
///
/// What was renamed is renamed back. Tables that the forward plan leaves alone stay alone.
pub fn reverse(current: &Schema, forward: &Plan, owned: &Ownership) -> Result<Reverse, Refusal> {
    let before = managed(current, &forward.desired, owned);
    let mut after = forward.desired.clone();
    forget_hints(&mut after);
    let mut back = before.clone();
    forget_hints(&mut back);
    for step in forward.steps.iter().rev() {
        hint_back(&mut back, &step.change, forward);
    }
    let plan = diff(&after, &back, &Ownership::of(&after))?;
    let undo = forward.steps.iter().map(|step| undo(step, &before)).collect();
    Ok(Reverse { plan, undo })
}

fn forget_hints(schema: &mut Schema) {
    for found in &mut schema.enums {
        found.renamed_from = None;
    }
    for table in &mut schema.tables {
        table.renamed_from = None;
        for column in &mut table.columns {
            column.renamed_from = None;
        }
    }
}

/// The old name is hinted to have been the new one.
fn hint_back(back: &mut Schema, change: &Change, forward: &Plan) {
    match change {
        Change::RenameTable { from, to } => {
            if let Some(table) = back.tables.iter_mut().find(|table| table.name == *from) {
                table.renamed_from = Some(to.name.clone());
            }
        }
        Change::RenameEnum { from, to } => {
            if let Some(found) = back.enums.iter_mut().find(|found| found.name == *from) {
                found.renamed_from = Some(to.name.clone());
            }
        }
        Change::RenameColumn { table, from, to } => {
            // The step names the table as it is after its own rename.
            let old = old_name(table, forward);
            if let Some(column) = back
                .tables
                .iter_mut()
                .find(|found| found.name == old)
                .and_then(|found| found.columns.iter_mut().find(|column| column.name == *from))
            {
                column.renamed_from = Some(to.clone());
            }
        }
        _ => {}
    }
}

fn old_name(table: &ObjectName, forward: &Plan) -> ObjectName {
    let renamed = forward.steps.iter().find_map(|step| match &step.change {
        Change::RenameTable { from, to } if to == table => Some(from.clone()),
        _ => None,
    });
    renamed.unwrap_or_else(|| table.clone())
}

fn undo(step: &crate::Step, before: &Schema) -> Undo {
    if let Change::DropTable(name) = &step.change
        && let Some(table) = before.table(name)
        && !table.extras.is_empty()
    {
        return Undo::Without(table.extras.clone());
    }
    let loses = step.hazards.iter().any(|hazard| {
        matches!(
            hazard.code,
            HazardCode::DropTable
                | HazardCode::DropColumn
                | HazardCode::RecreateColumn
                | HazardCode::NarrowingCast
        )
    });
    if loses { Undo::StructureOnly } else { Undo::Exact }
}
