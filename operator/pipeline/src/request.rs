//! What a run is asked to do.

use std::time::Duration;

use api::size::Size;
use datamodel::Datamodel;
use plan::Blocks;
use schema::Scope;
use sql::DataSteps;

use crate::RollBack;

/// Everything that decides the result of a run, save the database itself.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is wanted.
    pub datamodel: Datamodel,
    /// Where it shall live.
    pub scope: Scope,
    /// SQL of a person's own around the changes of the structure; what was done before is not done again.
    pub steps: DataSteps,
    /// What is wanted instead, when a migration is undone; see [`roll_back`](crate::roll_back).
    pub roll_back: Option<RollBack>,
    /// What may happen by itself and what needs a person.
    pub policy: Policy,
    /// How far to go.
    pub mode: RunMode,
    /// Digest that somebody approved.
    pub approved_digest: Option<String>,
    /// Which plans need a backup first.
    pub backup: BackupRule,
    /// Digest of the plan for which a backup was made.
    pub backed_up_digest: Option<String>,
    /// What to do with tables that exist although no history does (decision 13).
    pub first_contact: FirstContact,
    /// Whether the database must have a history.
    pub history: HistoryRule,
    /// Whose database this is: cluster, namespace and name (decision 14).
    pub owner: String,
    /// Former owner that gives way.
    pub take_over_from: Option<String>,
    /// Name of the migration in the history.
    pub name: String,
    /// Who asked for it.
    pub actor: Option<String>,
    /// Version of the tool, for the history.
    pub tool_version: String,
}

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// Apply what the policy allows.
    Apply,
    /// Plan only; nothing is written to the database.
    Plan,
    /// Fail when database and datamodel differ; nothing is written to the database.
    Verify,
}

/// What may happen by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Loss of data.
    pub destructive: Destructive,
    /// Which plans need an approval beyond those that lose data.
    pub approval: ApprovalRule,
    /// The database changed behind the history.
    pub drift: DriftRule,
    /// What a plan may do to those who use the tables meanwhile.
    pub limits: Limits,
    /// Whether what is dropped is copied first.
    pub keep: Option<KeepRule>,
}

/// How far a plan may go without an approval. Sizes are the server's estimates, and no part of the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Most that others may be kept from while a step goes through a table that exists.
    pub lock: Option<Blocks>,
    /// Largest table that may be rewritten.
    pub rewrite: Option<Size>,
}

/// How dropped tables and columns are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepRule {
    /// Largest table that is copied, in bytes with its indexes.
    pub max_bytes: u64,
    /// How long a copy stays.
    pub retention: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            destructive: Destructive::RequireApproval,
            approval: ApprovalRule::OnLoss,
            drift: DriftRule::Block,
            limits: Limits::default(),
            keep: None,
        }
    }
}

/// What becomes of a plan that loses data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destructive {
    /// Never run.
    Forbid,
    /// Run once its digest is approved.
    RequireApproval,
    /// Run.
    Allow,
}

/// Which plans need an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalRule {
    /// Those that lose data, if `destructive` says so.
    OnLoss,
    /// Every one that is not empty.
    Always,
}

/// Which plans need a backup before they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupRule {
    /// None.
    Never,
    /// Those that can lose data.
    OnLoss,
    /// Every one that is not empty.
    Always,
}

/// What drift does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftRule {
    /// Nothing.
    Ignore,
    /// A notice.
    Report,
    /// The run stops before anything happens.
    Block,
}

/// What to do with tables that exist although no history does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstContact {
    /// Stop and show the difference, unless there is none.
    Ask,
    /// Take them over as they are and migrate them under the normal policy.
    Adopt,
}

/// Whether a database without history is a new one or has lost it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRule {
    /// It may be new.
    Optional,
    /// It was migrated before, so a missing history is `HistoryMissing` (decision 5), unless it is adopted.
    Expected,
}
