//! The binary: wiring only. `controller` and `job` run in a cluster, everything else is typed by a person.

mod operator;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// Datamodels and schemas are many small texts, and making and dropping them was a third of the time of a plan.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Declarative database migrations for Kubernetes and for a laptop.
#[derive(Debug, Parser)]
#[command(name = "schemalift", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Person(cli::Command),
    /// Run one migration; started by the operator
    #[command(hide = true)]
    Job(job::Options),
    /// Run the operator; started by the chart
    #[command(hide = true)]
    Operator(operator::Options),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            // 2, the usual code of a wrong command line, is what `diff --exit-code` answers when there is a difference.
            return if error.use_stderr() {
                ExitCode::from(reason::Reason::ManifestInvalid.exit_code())
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    // One crypto provider for the whole process; a second install can only repeat the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::from(reason::Reason::InternalError.exit_code());
        }
    };
    let code = match arguments.command {
        Command::Person(command) => runtime.block_on(cli::run(command)),
        Command::Job(options) => runtime.block_on(job::run(options)),
        Command::Operator(options) => runtime.block_on(operator::run(options)),
    };
    // Whoever was told to end does not wait for a call that blocks, such as one for the lock of a file.
    runtime.shutdown_background();
    ExitCode::from(code)
}
