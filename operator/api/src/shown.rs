//! The steps of a plan as an object shows them to a person: cut to what an object can hold.
//!
//! The Job writes them and the operator makes them again from the packed script, so both must cut alike.

use sql::{Script, ScriptStep};

use crate::{PlanHazard, PlanStep};

/// Bytes of text that the readable steps of one object may have.
const ROOM: usize = 300 * 1024;

impl PlanStep {
    /// A step with its texts cut; `rows` are those that each of its hazards concerns, where they were counted.
    fn of(step: &ScriptStep, rows: &[Option<u64>]) -> Self {
        let rows = rows.iter().copied().chain(std::iter::repeat(None));
        let hazards = step.hazards.iter().zip(rows).take(64).map(|(hazard, rows)| PlanHazard {
            code: hazard.hazard.code.as_str().to_owned(),
            message: cut(&hazard.hazard.message, 2000),
            rows: rows.and_then(|rows| i64::try_from(rows).ok()),
        });
        Self {
            kind: step.kind.clone(),
            object: cut(&step.object, 500),
            summary: cut(&step.summary, 1000),
            mode: step.mode.into(),
            sql: step.statements.iter().take(64).map(|statement| cut(statement, 100_000)).collect(),
            hazards: hazards.collect(),
        }
    }
}

/// The first steps of a script for a person to read, as many as one object can hold, with the counts of each step's
/// hazards. The packed script is always whole.
pub fn shown(script: &Script, counts: &[Vec<Option<u64>>]) -> Vec<PlanStep> {
    let mut room = ROOM;
    let mut shown = Vec::new();
    let counts = counts.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..]));
    for (step, counts) in script.steps.iter().zip(counts).take(2000) {
        let step = PlanStep::of(step, counts);
        let size = step.sql.iter().map(String::len).sum::<usize>() + step.summary.len() + 256;
        let Some(left) = room.checked_sub(size) else { break };
        room = left;
        shown.push(step);
    }
    shown
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
