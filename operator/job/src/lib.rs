//! What runs inside the Job: mounts, pipeline, SchemaPlan, termination message.
//!
//! The Job is given one immutable input and the Secret as files. It refuses any other input than the one whose digest
//! stands in its arguments. What it found is in the SchemaPlan's status before it exits; failures before a plan
//! exists are in the termination message. Nothing secret is in either.

mod mounts;
mod publish;
mod report;
mod signals;
mod work;

use std::path::PathBuf;

use api::result::Termination;
use futures::future::BoxFuture;
use reason::{Class, Reason};

/// Arguments of the Job.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// SHA-256 of the input, in hex
    #[arg(long)]
    input_sha256: String,
    /// Where the input is
    #[arg(long, default_value = api::INPUT_PATH)]
    input: PathBuf,
    /// Folder of the Secret's files
    #[arg(long, default_value = api::SECRET_PATH)]
    secrets: PathBuf,
    /// Where the result goes
    #[arg(long, default_value = api::TERMINATION_PATH)]
    termination: PathBuf,
}

/// Runs the migration and answers the exit code. A panic is caught and reported as `InternalError`.
///
/// Boxed, as the other crates' entries are: an opaque future would be compiled in the crate that polls it.
pub fn run(options: Options) -> BoxFuture<'static, u8> {
    Box::pin(run_to_end(options))
}

async fn run_to_end(options: Options) -> u8 {
    tracing_subscriber::fmt().json().with_target(false).with_writer(std::io::stderr).init();
    let path = options.termination.clone();
    let result = match tokio::spawn(work::work(options)).await {
        Ok(result) => result,
        // The panic's own text may quote anything, so it stays out of the result.
        Err(_) => Termination::new(
            Reason::InternalError,
            "The Job ended by a fault of its own; its log says where.",
        ),
    };
    tracing::info!(reason = %result.reason, message = result.message, "ended");
    if let Err(error) = std::fs::write(&path, result.encode()) {
        tracing::warn!(%error, "the termination message could not be written");
    }
    // A run that waits for a person has done its part; alerts on failed Jobs are for those that have not.
    if result.reason.class() == Class::Waiting { 0 } else { result.reason.exit_code() }
}
