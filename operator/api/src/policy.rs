//! What may happen, and how: [`Mode`], [`Policy`], [`Execution`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a run does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Plan and, where the policy allows, apply.
    #[default]
    Apply,
    /// Publish the plan; never run it.
    Plan,
    /// Fail when database and datamodel differ.
    Verify,
}

/// What the policy says about plans that can lose data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Destructive {
    /// Never run them.
    Forbid,
    /// Run them once approved.
    #[default]
    RequireApproval,
    /// Run them.
    Allow,
}

/// What the policy says about a database that changed behind the history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Drift {
    /// Plan from what is there.
    Ignore,
    /// Plan from what is there and say so.
    Report,
    /// Stop.
    #[default]
    Block,
}

/// What a plan may do, and what needs an approval.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Plans that can lose data: Forbid, `RequireApproval` (default) or Allow.
    #[serde(default)]
    pub destructive: Destructive,
    /// Approval beyond what destructive demands.
    #[serde(default)]
    pub approval: ApprovalPolicy,
    /// A database that changed behind the history: Ignore, Report or Block (default).
    #[serde(default)]
    pub drift: Drift,
    /// Copy dropped tables and columns into the database first, beside the history, from where a rollback brings them back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_dropped_data: Option<KeepDroppedData>,
}

/// How dropped tables and columns are kept. What is kept needs no approval; what is too large does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeepDroppedData {
    /// Largest table that is copied, with its indexes, by the server's estimate: 500MiB, 10GiB.
    #[serde(default = "keep_most")]
    #[schemars(length(min = 4, max = 32), regex(pattern = r"^[0-9]{1,15}(KiB|MiB|GiB|TiB)$"))]
    pub max_bytes: String,
    /// How long a copy stays before a later run drops it.
    #[serde(default = "keep_for")]
    #[schemars(length(min = 2, max = 32), regex(pattern = crate::duration::PATTERN))]
    pub retention: String,
}

fn keep_most() -> String {
    "1GiB".to_owned()
}

fn keep_for() -> String {
    "720h".to_owned()
}

/// Approval beyond what `destructive` demands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalPolicy {
    /// Every plan needs an approval, also a harmless one.
    #[serde(default)]
    pub always: bool,
}

/// An approval through Git.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpecApproval {
    /// Digest of the approved plan, as status.plan.digest or schemalift plan print it.
    #[schemars(length(equal = 71), regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub plan_digest: String,
}

/// How statements are run. Durations are written as 3s, 30m, 2h, 1h30m or 500ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// How long a statement waits for a table lock before it gives way and is tried again.
    #[serde(default = "lock_timeout")]
    #[schemars(length(min = 2, max = 32), regex(pattern = crate::duration::PATTERN))]
    pub lock_timeout: String,
    /// How long one statement may run.
    #[serde(default = "statement_timeout")]
    #[schemars(length(min = 2, max = 32), regex(pattern = crate::duration::PATTERN))]
    pub statement_timeout: String,
    /// How often a lock is tried again.
    #[serde(default = "lock_retries")]
    #[schemars(range(min = 0, max = 1000))]
    pub lock_retries: u32,
    /// What others may be kept from while a step goes through a table that exists: Nothing, Writes or `ReadsAndWrites`
    /// (default). A plan that keeps them from more waits for the approval of its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lock: Option<MaxLock>,
    /// Largest table that a plan may rewrite without the approval of its digest, as bytes with indexes (500MiB, 10GiB) or
    /// as rows (1000000 rows), by the server's estimate. 1000000TiB is no limit.
    #[serde(default = "forbid_rewrite_above")]
    #[schemars(length(min = 4, max = 32), regex(pattern = crate::size::PATTERN))]
    pub forbid_rewrite_above: String,
    /// How far PostgreSQL's standbys may be behind when a step begins that rewrites, copies or builds an index, runs SQL of
    /// your own, or a batch without its own maxLag. The step waits. No limit unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 32), regex(pattern = crate::duration::PATTERN))]
    pub max_replica_lag: Option<String>,
    /// How long the whole run may take.
    #[serde(default = "deadline")]
    #[schemars(length(min = 2, max = 32), regex(pattern = crate::duration::PATTERN))]
    pub deadline: String,
}

/// What others may be kept from while a step goes through a table that exists: Nothing, Writes or `ReadsAndWrites`
/// (default). A plan that keeps them from more waits for the approval of its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MaxLock {
    /// Readers and writers go on.
    Nothing,
    /// Writers may have to wait.
    Writes,
    /// Everybody may have to wait.
    ReadsAndWrites,
}

fn lock_timeout() -> String {
    "3s".to_owned()
}

fn statement_timeout() -> String {
    "30m".to_owned()
}

const fn lock_retries() -> u32 {
    10
}

fn forbid_rewrite_above() -> String {
    "1GiB".to_owned()
}

fn deadline() -> String {
    "2h".to_owned()
}

impl Default for Execution {
    fn default() -> Self {
        Self {
            lock_timeout: lock_timeout(),
            statement_timeout: statement_timeout(),
            lock_retries: lock_retries(),
            max_lock: None,
            forbid_rewrite_above: forbid_rewrite_above(),
            max_replica_lag: None,
            deadline: deadline(),
        }
    }
}
