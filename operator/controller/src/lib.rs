//! Watches [`SchemaMigration`](api::SchemaMigration)s and runs each as a Job: observe, decide (pure), act.
//!
//! The controller never reads a Secret and never opens a database connection. Everything that it knows about a
//! database comes from the Job's result. [`decide`] is the only place that chooses what happens next.

mod act;
mod backoff;
mod backup;
mod cache;
mod client;
mod clock;
mod decide;
mod digest;
mod error;
mod events;
mod input;
mod job;
mod leader;
mod lease;
mod metrics;
mod observe;
mod rbac;
mod result;
mod run;
mod serve;
mod status;
mod unchanged;

use std::{net::SocketAddr, time::Duration};

pub use digest::plan_digest;
pub use error::Error;
pub use run::run;

/// Settings of the operator; the binary fills them.
#[derive(Debug, Clone)]
pub struct Config {
    /// Image of the Jobs: the operator's own.
    pub image: String,
    /// `Always`, `IfNotPresent` or `Never`.
    pub image_pull_policy: String,
    /// Namespaces that are watched; empty means all.
    pub watch_namespaces: Vec<String>,
    /// Name of this replica, unique among replicas: the pod's name.
    pub leader_identity: String,
    /// Namespace of the operator, where the leader's Lease is.
    pub namespace: String,
    /// Where `/livez`, `/readyz` and `/metrics` are served.
    pub http_addr: SocketAddr,
    /// Whether the operator creates the ServiceAccount and RoleBinding of the Jobs.
    pub create_job_rbac: bool,
    /// Seconds that a recorded Job is kept.
    pub job_ttl_seconds: i32,
    /// Resources of a Job that names none.
    pub job_resources: api::Resources,
    /// After how long a settled resource gets another pass, should nothing happen before.
    pub resync: Duration,
    /// How many resources are reconciled at once.
    pub concurrency: u16,
}
