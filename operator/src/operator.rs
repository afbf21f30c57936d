//! Settings of the operator from its environment, as the chart writes it.

use std::{net::SocketAddr, time::Duration};

use clap::{ArgAction, Args};
use controller::Config;
use reason::Reason;
use tracing_subscriber::EnvFilter;

/// Arguments of the operator.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Image of the Jobs: the operator's own
    #[arg(long, env = "SCHEMALIFT_IMAGE")]
    image: String,
    /// Pull policy of the Jobs
    #[arg(long, env = "SCHEMALIFT_IMAGE_PULL_POLICY", default_value = "IfNotPresent")]
    image_pull_policy: String,
    /// Namespaces to watch, separated by commas; empty means all
    #[arg(long, env = "SCHEMALIFT_WATCH_NAMESPACES", default_value = "")]
    watch_namespaces: String,
    /// Whether the operator creates what Jobs need in their namespace
    #[arg(long, env = "SCHEMALIFT_CREATE_JOB_RBAC", default_value_t = true, action = ArgAction::Set)]
    create_job_rbac: bool,
    /// Seconds that a recorded Job is kept
    #[arg(long, env = "SCHEMALIFT_JOB_TTL_SECONDS", default_value_t = 3600)]
    job_ttl_seconds: i32,
    /// Resources of a Job that names none, as JSON
    #[arg(long, env = "SCHEMALIFT_JOB_RESOURCES", default_value = "{}")]
    job_resources: String,
    /// Seconds until a settled resource is passed over again
    #[arg(long, env = "SCHEMALIFT_RESYNC_SECONDS", default_value_t = 600)]
    resync_seconds: u64,
    /// How many resources are reconciled at once
    #[arg(long, env = "SCHEMALIFT_CONCURRENCY", default_value_t = 16)]
    concurrency: u16,
    /// Where health and metrics are served
    #[arg(long, env = "SCHEMALIFT_HTTP_ADDR", default_value = "0.0.0.0:8080")]
    http_addr: SocketAddr,
    /// Filter of the log, such as info or debug
    #[arg(long, env = "SCHEMALIFT_LOG", default_value = "info")]
    log: String,
    /// Name of this replica
    #[arg(long, env = "POD_NAME", default_value = "schemalift")]
    pod_name: String,
    /// Namespace of the operator
    #[arg(long, env = "POD_NAMESPACE", default_value = "default")]
    namespace: String,
}

/// Runs the operator until it is told to stop, and answers its exit code.
pub(crate) async fn run(options: Options) -> u8 {
    let filter = EnvFilter::try_new(&options.log).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    let job_resources = match serde_json::from_str(&options.job_resources) {
        Ok(resources) => resources,
        Err(error) => {
            tracing::error!(%error, "SCHEMALIFT_JOB_RESOURCES is not JSON of resources");
            return Reason::ManifestInvalid.exit_code();
        }
    };
    let config = Config {
        image: options.image,
        image_pull_policy: options.image_pull_policy,
        watch_namespaces: options
            .watch_namespaces
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        leader_identity: options.pod_name,
        namespace: options.namespace,
        http_addr: options.http_addr,
        create_job_rbac: options.create_job_rbac,
        job_ttl_seconds: options.job_ttl_seconds,
        job_resources,
        resync: Duration::from_secs(options.resync_seconds.max(1)),
        concurrency: options.concurrency,
    };
    match controller::run(config).await {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(%error, "the operator ended");
            Reason::InternalError.exit_code()
        }
    }
}
