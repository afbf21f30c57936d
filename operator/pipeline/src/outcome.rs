//! What a run found and did.

use std::fmt;
use std::time::Duration;

use database::TableSize;
use reason::Reason;
use schema::ObjectName;
use serde::Serialize;
use sql::Script;

use crate::{Request, RunMode, WayBack};

/// A plan with what the database said of its hazards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedPlan {
    /// The statements.
    pub script: Script,
    /// For each step, for each of its hazards: what the rows say. Empty where nobody was asked.
    pub findings: Vec<Vec<Finding>>,
    /// How large the tables are that its steps lock, as the server estimates it.
    pub sizes: Vec<TableSize>,
    /// How it could be undone; `None` for stored steps of an interrupted run, whose way back is in the history.
    pub back: Option<WayBack>,
}

/// What the rows say of a hazard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The number of rows concerned, where it could be counted.
    pub rows: Option<u64>,
    /// The primary key of one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// Why it could not be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// What becomes of rows that are dropped, where the policy says that they are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
}

/// Whether rows that are dropped are copied first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Keep {
    /// They are, into a table beside the history.
    In {
        /// Its name.
        copy: String,
    },
    /// They are not: the table is too large, or nobody knows how large it is.
    TooLarge {
        /// How large it is.
        bytes: Option<u64>,
        /// What the policy allows.
        most: u64,
    },
    /// They are not: no primary key that stays could tell which row a value belongs to.
    NoKey,
    /// They are not: the server makes them of other columns, and will again.
    Generated,
    /// They are not: values of an enum among them get other names in the same plan.
    RenamedValues,
}

impl fmt::Display for Keep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In { copy } => write!(formatter, " (kept in {copy})"),
            Self::TooLarge { bytes: Some(bytes), most } => {
                write!(formatter, " (not kept: {bytes} bytes, and policy.keepDroppedData.maxBytes is {most})")
            }
            Self::TooLarge { bytes: None, .. } => formatter.write_str(" (not kept: its size is not known)"),
            Self::NoKey => formatter.write_str(" (not kept: no primary key tells whose the values are)"),
            Self::Generated => formatter.write_str(" (not kept: the server generates the values)"),
            Self::RenamedValues => {
                formatter.write_str(" (not kept: the same plan renames values of their enum; make it two)")
            }
        }
    }
}

impl Finding {
    /// False when it is known that no row is concerned.
    pub fn may_hurt(&self) -> bool {
        self.rows != Some(0) && !self.is_kept()
    }

    /// True when the rows are copied first, so that they are dropped and not lost.
    pub const fn is_kept(&self) -> bool {
        matches!(self.keep, Some(Keep::In { .. }))
    }
}

/// In brackets: ` (3 rows, for example id = 17)`, or why nobody knows; empty where nobody was asked.
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.rows, &self.unknown) {
            (Some(rows), _) => {
                let word = if rows == 1 { "row" } else { "rows" };
                write!(formatter, " ({rows} {word}")?;
                match &self.example {
                    Some(example) if rows == 1 => write!(formatter, ", {example}")?,
                    Some(example) => write!(formatter, ", for example {example}")?,
                    None => {}
                }
                formatter.write_str(")")?;
            }
            (None, Some(why)) => write!(formatter, " (unknown: {why})")?,
            (None, None) => {}
        }
        self.keep.iter().filter(|_| self.rows != Some(0)).try_for_each(|keep| keep.fmt(formatter))
    }
}

impl JudgedPlan {
    /// True when data would be lost, as far as the rows can tell.
    pub fn loses_data(&self) -> bool {
        self.hazards()
            .any(|(hazard, finding)| hazard.hazard.code.harm() == plan::Harm::Loss && finding.may_hurt())
    }

    /// All hazards with what the rows say of them, in the order of the steps.
    pub fn hazards(&self) -> impl Iterator<Item = (&sql::ScriptHazard, Finding)> {
        (0..self.script.steps.len()).flat_map(|step| self.hazards_of(step))
    }

    /// The largest of the tables that the step locks.
    pub fn largest(&self, step: usize) -> Option<&TableSize> {
        let locks = &self.script.steps.get(step)?.impact.locks;
        let locked = self.sizes.iter().filter(|size| locks.iter().any(|lock| lock.table == size.table));
        locked.max_by_key(|size| size.bytes)
    }

    /// The hazards of one step.
    pub fn hazards_of(&self, step: usize) -> impl Iterator<Item = (&sql::ScriptHazard, Finding)> {
        let hazards = self.script.steps.get(step).map(|step| step.hazards.as_slice()).unwrap_or_default();
        let findings = self.findings.get(step).map(Vec::as_slice).unwrap_or_default();
        hazards.iter().enumerate().map(|(at, hazard)| (hazard, findings.get(at).cloned().unwrap_or_default()))
    }
}

/// The result of looking, and of running.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What it came to.
    pub reason: Reason,
    /// The same in a sentence or two, with what to do.
    pub message: String,
    /// The plan, when there was one that is not empty.
    pub plan: Option<JudgedPlan>,
    /// Row of the history.
    pub migration: Option<i64>,
    /// Steps that are done.
    pub steps_done: usize,
    /// Steps of the plan.
    pub steps_total: usize,
    /// Time of the steps.
    pub elapsed: Duration,
    /// Tables that no datamodel owns; never touched.
    pub unmanaged: Vec<ObjectName>,
    /// What changed behind the history, one line each.
    pub drift: Vec<String>,
}

impl Outcome {
    /// Whether a run after the look that came to this would only look again: it may not write, or finds nothing to do.
    pub fn is_final(&self, request: &Request) -> bool {
        match request.mode {
            RunMode::Plan => true,
            RunMode::Apply => self.reason == Reason::UpToDate,
            RunMode::Verify => false,
        }
    }
}

/// A run that could not come to an outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// What happened and what to do; never a secret.
    pub message: String,
}

impl Failure {
    /// A failure of this reason.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl From<database::Error> for Failure {
    fn from(error: database::Error) -> Self {
        Self { reason: error.reason(), message: error.to_string() }
    }
}

impl From<plan::Refusal> for Failure {
    fn from(refusal: plan::Refusal) -> Self {
        Self { reason: Reason::PolicyForbids, message: refusal.to_string() }
    }
}
