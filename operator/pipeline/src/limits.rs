//! What a plan would do to those who use the tables meanwhile, beyond what `execution` allows without an approval. Pure.

use api::size::Size;
use database::TableSize;
use plan::{Blocks, TableLock, Work};
use sql::ScriptStep;

use crate::{JudgedPlan, Limits};

/// One sentence for each step that goes too far; none without limits.
///
/// A lock counts where the work under it grows with the table. One that is held for a moment is bounded by
/// `execution.lockTimeout`, and most changes need one.
pub(crate) fn exceeded(limits: Limits, plan: &JudgedPlan) -> Vec<String> {
    let total = plan.script.steps.len();
    let mut found = Vec::new();
    for (at, step) in plan.script.steps.iter().enumerate() {
        let named = format!("step {}/{total} ({})", at + 1, step.summary);
        if let Some(most) = limits.lock {
            let strong = step.impact.locks.iter().filter(|lock| lock.mode.blocks() > most);
            let strong = strong.filter(|_| step.impact.work > Work::Metadata);
            found.extend(strong.map(|lock| {
                format!(
                    "{named} {} under {} on {}{}: {}, which `execution.maxLock: {}` does not allow.",
                    step.impact.work.as_str(),
                    lock.mode.as_str(),
                    lock.table,
                    about(plan.sizes.iter().find(|size| size.table == lock.table)),
                    lock.mode.blocks().as_str(),
                    word(most)
                )
            }));
        }
        if let Some(most) = limits.rewrite {
            found.extend(rewritten(step).filter_map(|lock| {
                let size = plan.sizes.iter().find(|size| size.table == lock.table);
                let why = larger(size, most)?;
                Some(format!(
                    "{named} rewrites {} ({why}), and `execution.forbidRewriteAbove` is {most}.",
                    lock.table
                ))
            }));
        }
    }
    found
}

/// The tables that a step writes anew: on a referenced one it holds a weaker lock.
fn rewritten(step: &ScriptStep) -> impl Iterator<Item = &TableLock> {
    let strongest = step.impact.locks.iter().map(|lock| lock.mode).max();
    let locks = step.impact.locks.iter().filter(move |lock| Some(lock.mode) == strongest);
    locks.filter(|_| step.impact.work == Work::Rewrite)
}

/// ` (about 5 rows, 16.0 KiB)`, as far as it is known.
fn about(size: Option<&TableSize>) -> String {
    size.map(|size| format!(" ({})", said(size))).unwrap_or_default()
}

/// `about 5 rows, 16.0 KiB`; rows as far as they are known.
fn said(size: &TableSize) -> String {
    let rows = size.rows.map(|rows| format!("about {}, ", Size::Rows(rows))).unwrap_or_default();
    format!("{rows}{}", Size::Bytes(size.bytes))
}

/// How large the table is, when it is larger than that. What nobody knows may be.
fn larger(size: Option<&TableSize>, most: Size) -> Option<String> {
    let unknown = || Some("nobody knows how large it is".to_owned());
    let Some(size) = size else { return unknown() };
    match (most, size.rows) {
        (Size::Bytes(most), _) => (size.bytes > most).then(|| said(size)),
        (Size::Rows(most), Some(rows)) => (rows > most).then(|| said(size)),
        (Size::Rows(_), None) => unknown(),
    }
}

const fn word(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => "Nothing",
        Blocks::Writes => "Writes",
        Blocks::ReadsAndWrites => "ReadsAndWrites",
    }
}
