//! Prisma's engines on the same texts.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "ask")]
pub(crate) enum Question {
    /// To validate a datamodel.
    Validate {
        /// Its text.
        text: String,
    },
    /// The script from one datamodel to another.
    Diff {
        /// The first text.
        from: String,
        /// The second.
        to: String,
    },
}

/// How long it took.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Answer {
    /// The fastest run.
    pub(crate) milliseconds: f64,
}

/// Asks once for each question, one after the other.
pub(crate) fn ask(questions: &[Question]) -> Vec<Answer> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("prisma.mjs");
    let answers: Vec<Answer> = oracle::run(&program, &questions);
    assert_eq!(answers.len(), questions.len());
    answers
}
