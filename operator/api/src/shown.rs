//! The steps of a plan as an object shows them to a person: cut to what an object can hold.
//!
//! The Job writes them and the operator makes them again from the packed script, so both must cut alike.

use crate::{PlanHazard, PlanStep, StepMode};

/// Bytes of text that the readable steps of one object may have.
const ROOM: usize = 300 * 1024;

/// What could hurt, before it is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownHazard<'a> {
    /// Stable code.
    pub code: &'a str,
    /// What could happen.
    pub message: &'a str,
    /// How many rows it concerns, when they were counted.
    pub rows: Option<i64>,
    /// The primary key of one of them.
    pub example: Option<String>,
}

impl PlanStep {
    /// A step with its texts cut.
    pub fn shown(kind: &str, object: &str, summary: &str, mode: StepMode, statements: &[String]) -> Self {
        Self {
            kind: kind.to_owned(),
            object: cut(object, 500),
            summary: cut(summary, 1000),
            mode,
            sql: statements.iter().take(64).map(|statement| cut(statement, 100_000)).collect(),
            hazards: vec![],
        }
    }

    /// Adds what could hurt, with the number of rows of each where it was counted.
    #[must_use]
    pub fn with_hazards<'a>(mut self, hazards: impl IntoIterator<Item = ShownHazard<'a>>) -> Self {
        let shown = hazards.into_iter().take(64);
        self.hazards = shown
            .map(|hazard| PlanHazard {
                code: hazard.code.to_owned(),
                message: cut(hazard.message, 2000),
                rows: hazard.rows,
                example: hazard.example.map(|example| cut(&example, 200)),
            })
            .collect();
        self
    }
}

/// The first steps, as many as one object can hold. The packed script is always whole.
pub fn fitting(steps: impl IntoIterator<Item = PlanStep>) -> Vec<PlanStep> {
    let mut room = ROOM;
    let mut shown = Vec::new();
    for step in steps.into_iter().take(2000) {
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
