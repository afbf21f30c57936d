//! The steps of a plan as an object shows them to a person: cut to what an object can hold.
//!
//! The Job writes them and the operator makes them again from the packed script, so both must cut alike.

use sql::{Script, ScriptStep};

use crate::{PlanHazard, PlanStep};

/// Bytes of text that the readable steps of one object may have.
const ROOM: usize = 300 * 1024;

/// What the rows said of a hazard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many rows it concerns, where they were counted.
    pub rows: Option<u64>,
    /// The primary key of one of them.
    pub example: Option<String>,
}

impl PlanStep {
    /// A step with its texts cut, and what the rows said of each of its hazards.
    fn of(step: &ScriptStep, counted: &[Counted]) -> Self {
        let counted = counted.iter().map(Some).chain(std::iter::repeat(None));
        let hazards = step.hazards.iter().zip(counted).take(64).map(|(hazard, counted)| PlanHazard {
            code: hazard.hazard.code.as_str().to_owned(),
            message: cut(&hazard.hazard.message, 2000),
            rows: counted.and_then(|counted| i64::try_from(counted.rows?).ok()),
            example: counted.and_then(|counted| counted.example.as_deref()).map(|example| cut(example, 200)),
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

/// The first steps of a script for a person to read, as many as one object can hold, with what the rows said of each
/// step's hazards. The packed script is always whole.
pub fn shown(script: &Script, counted: &[Vec<Counted>]) -> Vec<PlanStep> {
    let mut room = ROOM;
    let mut shown = Vec::new();
    let counted = counted.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..]));
    for (step, counted) in script.steps.iter().zip(counted).take(2000) {
        let step = PlanStep::of(step, counted);
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
