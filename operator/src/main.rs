//! The binary: wiring only. `controller` and `job` run in a cluster, everything else is typed by a person.

mod operator;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    let arguments = Arguments::parse();
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
    ExitCode::from(code)
}
