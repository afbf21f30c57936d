//! Every command a person types, without a cluster.
//!
//! The commands run the very pipeline that the Job runs. Results go to standard output, progress and findings to
//! standard error, and the exit code is that of the result's [`Reason`].

mod apply;
mod bare;
mod diff;
mod findings;
mod format;
mod history;
mod input;
mod introspect;
mod lint;
mod rehearse;
mod repair;
mod resolve;
mod rollback;
mod terminal;
mod upgrade;
mod validate;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use datamodel::Datasource;
use futures::future::BoxFuture;
use pipeline::Failure;
use reason::Reason;
use secrecy::SecretString;

pub use upgrade::{DatamodelCommand, UpgradeOptions};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring databases to what the manifests say
    Apply(ApplyOptions),
    /// Show what apply would do; writes nothing
    Plan(PlanOptions),
    /// Try a plan on a temporary copy of the structure, and say how long each step took
    Rehearse(rehearse::RehearseOptions),
    /// Undo migrations with what the history keeps: to before the last one, or to --to
    #[command(visible_alias = "down")]
    Rollback(rollback::RollbackOptions),
    /// Say where the databases stand; writes nothing
    Status(ReadOptions),
    /// List the migrations that were run; writes nothing
    History(HistoryOptions),
    /// Check manifests (.yaml) and datamodels (.prisma, .graphql) without a database
    Validate(ValidateOptions),
    /// Show what leads from one schema to another; writes nothing
    Diff(Box<diff::DiffOptions>),
    /// Write a database's tables as a datamodel, keeping what a person wrote; writes nothing to the database
    Introspect(introspect::IntrospectOptions),
    /// Work on a datamodel by itself
    #[command(subcommand)]
    Datamodel(DatamodelCommand),
    /// Lay out datamodels (.prisma, .graphql) as Prisma's formatters do
    Format(FormatOptions),
    /// Look at migrations in PostgreSQL's SQL: what they would do to a database that is in use
    Lint(lint::LintOptions),
    /// Print the custom resource definitions
    Crds,
}

impl Command {
    /// The form of its results, and of what ends it early.
    fn output(&self) -> Output {
        match self {
            Self::Apply(options) => options.read.output,
            Self::Plan(options) => options.read.output,
            Self::Rehearse(options) => options.read.output,
            Self::Rollback(options) => options.output,
            Self::Status(options) => options.output,
            Self::History(options) => match &options.command {
                Some(HistoryCommand::Repair(options)) => options.read.output,
                Some(HistoryCommand::Purge(options)) => options.read.output,
                None => options.read.output,
            },
            _ => Output::Text,
        }
    }
}

/// Where the database is, when the manifest does not say it.
#[derive(Debug, Args)]
pub struct UrlOptions {
    /// Connection url without a password; use --url-file or `DATABASE_URL` for one with
    #[arg(long, conflicts_with = "url_file")]
    url: Option<String>,
    /// File that holds the connection url
    #[arg(long)]
    url_file: Option<PathBuf>,
}

/// Which database a command works on.
#[derive(Debug, Args)]
pub struct TargetOptions {
    #[command(flatten)]
    url: UrlOptions,
    /// Role that the session takes, which then owns what is made (PostgreSQL); overrides the manifest
    #[arg(long)]
    role: Option<String>,
    /// Former owner of the database that gives way, as the Conflict message prints it
    #[arg(long)]
    take_over_from: Option<String>,
    /// Take over tables that exist and differ from the datamodel, by a plan; as spec.adopt of a manifest
    #[arg(long)]
    adopt: bool,
}

/// Which years' conventions the datamodel follows.
#[derive(Debug, Args)]
pub struct EditionOption {
    /// Prisma version whose names, default actions and types a PSL datamodel has; overrides the manifest
    #[arg(long, value_parser = ["lift", "2", "3", "6"])]
    edition: Option<String>,
}

impl EditionOption {
    fn chosen(&self) -> Option<datamodel::Edition> {
        self.edition.as_deref().and_then(datamodel::Edition::named)
    }
}

/// Options of commands that only read.
#[derive(Debug, Args)]
pub struct ReadOptions {
    /// Manifest files or folders, or a datamodel by itself (.prisma, .graphql); `-` is standard input
    #[arg(short, long = "filename", required = true)]
    filename: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    edition: EditionOption,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// Options of `history`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct HistoryOptions {
    // Without a file when a subcommand has its own.
    #[command(flatten)]
    read: ReadOptions,
    #[command(subcommand)]
    command: Option<HistoryCommand>,
}

/// What is done to a history beside listing it.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Show what is wrong with a history and, once approved, append a new starting point to it
    Repair(RepairOptions),
    /// Drop copies of dropped data that policy.keepDroppedData made, for good
    Purge(PurgeOptions),
}

/// Options of `history repair`.
#[derive(Debug, Args)]
pub struct RepairOptions {
    #[command(flatten)]
    read: ReadOptions,
    /// Digest of the repair, as it is printed
    #[arg(long)]
    approve: Option<String>,
    /// Also close a migration that was interrupted, instead of letting the next apply continue it
    #[arg(long)]
    abandon: bool,
}

/// Options of `history purge`.
#[derive(Debug, Args)]
pub struct PurgeOptions {
    #[command(flatten)]
    read: ReadOptions,
    /// Purge copies of at least this age (0s: all) instead of those older than policy.keepDroppedData.retention
    #[arg(long)]
    older_than: Option<String>,
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub struct PlanOptions {
    #[command(flatten)]
    read: ReadOptions,
    /// Print the SQL of the way back instead: from the plan, or from the last migration when there is nothing to do
    #[arg(long)]
    reverse: bool,
}

/// Options of `apply`.
#[derive(Debug, Args)]
pub struct ApplyOptions {
    #[command(flatten)]
    read: ReadOptions,
    /// Digest of a plan that may lose data, as `plan` prints it
    #[arg(long)]
    approve: Option<String>,
    /// The backup that the manifest's spec.backup asks for has been made
    #[arg(long)]
    backed_up: bool,
    /// Ask nothing. Does not approve the loss of data
    #[arg(long)]
    yes: bool,
}

/// Options of `validate`.
#[derive(Debug, Args)]
pub struct ValidateOptions {
    /// Manifest or datamodel files
    #[arg(short, long = "filename")]
    filename: Vec<PathBuf>,
    /// The same without -f; a folder of .prisma files is one datamodel
    files: Vec<PathBuf>,
    #[command(flatten)]
    edition: EditionOption,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    output: FindingsForm,
}

/// Options of `format`.
#[derive(Debug, Args)]
pub struct FormatOptions {
    /// Write nothing; fail when a file would change
    #[arg(long)]
    check: bool,
    /// Datamodel files, or folders of them; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// Form of findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FindingsForm {
    /// For people.
    #[default]
    Text,
    /// A list of objects.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// Why a command ended early, for machines.
#[derive(serde::Serialize)]
struct Stopped<'a> {
    reason: Reason,
    message: &'a str,
}

/// Why a command ended early.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    reason: Reason,
    message: String,
}

impl Stop {
    pub(crate) const fn new(reason: Reason, message: String) -> Self {
        Self { reason, message }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self { reason: failure.reason, message: failure.message }
    }
}

impl From<database::Error> for Stop {
    fn from(error: database::Error) -> Self {
        Failure::from(error).into()
    }
}

impl UrlOptions {
    fn url(&self) -> Result<Option<SecretString>, Stop> {
        if let Some(url) = &self.url {
            return password_free(url).map(Some);
        }
        let Some(path) = &self.url_file else { return Ok(None) };
        Ok(Some(SecretString::from(input::read_text(path)?.trim().to_owned())))
    }

    /// The url in the first of the variables that is set: those that the datasource names, and `DATABASE_URL`.
    fn environment_url(datasource: Option<&Datasource>) -> Option<SecretString> {
        let declared = datasource.map(|source| source.url_variables.as_slice()).unwrap_or_default();
        let mut names = declared.iter().map(String::as_str).chain(["DATABASE_URL"]);
        names.find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty())).map(SecretString::from)
    }
}

/// A url that may stand on a command line.
pub(crate) fn password_free(url: &str) -> Result<SecretString, Stop> {
    let carries_password = url.split_once("://").is_some_and(|(_, rest)| {
        rest.split('/')
            .next()
            .and_then(|host| host.rsplit_once('@'))
            .is_some_and(|(user, _)| user.contains(':'))
    });
    if carries_password {
        return Err(Stop::new(
            Reason::UrlInvalid,
            "A password on the command line is visible to every process. Put the url into a file and use the option that \
             ends in url-file, or set DATABASE_URL."
                .to_owned(),
        ));
    }
    Ok(SecretString::from(url.to_owned()))
}

/// Runs a command and answers its exit code.
pub fn run(command: Command) -> BoxFuture<'static, u8> {
    Box::pin(run_to_end(command))
}

async fn run_to_end(command: Command) -> u8 {
    let output = command.output();
    let result = match command {
        Command::Apply(options) => apply::apply(&options).await,
        Command::Plan(options) => apply::plan(&options).await,
        Command::Rehearse(options) => rehearse::rehearse(&options).await,
        Command::Rollback(options) => rollback::rollback(options).await,
        Command::Status(options) => history::status(&options).await,
        Command::History(options) => match &options.command {
            Some(HistoryCommand::Repair(options)) => repair::repair(options).await,
            Some(HistoryCommand::Purge(options)) => history::purge(options).await,
            None => history::history(&options.read).await,
        },
        Command::Validate(options) => validate::validate(&options),
        Command::Diff(options) => match diff::diff(&options).await {
            Ok(code) => return code,
            Err(stop) => Err(stop),
        },
        Command::Introspect(options) => introspect::introspect(&options).await,
        Command::Datamodel(command) => upgrade::run(&command),
        Command::Format(options) => format::format(&options),
        Command::Lint(options) => lint::lint(&options),
        Command::Crds => crds(),
    };
    if output == Output::Json
        && let Err(stop) = &result
        && let Err(unwritten) = apply::print_value(&Stopped {
            reason: stop.reason,
            // A frame has colours.
            message: &anstream::adapter::strip_str(&stop.message).to_string(),
        })
    {
        anstream::eprintln!("error: {}", unwritten.message);
    }
    match result {
        Ok(reason) => reason.exit_code(),
        // Findings come with frames and headings of their own.
        Err(stop) if stop.reason == Reason::DatamodelInvalid => {
            anstream::eprintln!("{}\n\nerror: nothing was run ({})", stop.message.trim_end(), stop.reason);
            stop.reason.exit_code()
        }
        Err(stop) => {
            anstream::eprintln!("error: {} ({})", stop.message.trim_end(), stop.reason);
            stop.reason.exit_code()
        }
    }
}

fn crds() -> Result<Reason, Stop> {
    for (_, definition) in api::crd::all() {
        let text =
            api::manifest::to_yaml(&definition).map_err(|error| Stop::new(Reason::InternalError, error))?;
        anstream::print!("---\n{text}");
    }
    Ok(Reason::UpToDate)
}

/// The worse of two results: the first that is not a success.
pub(crate) fn worse(one: Reason, other: Reason) -> Reason {
    if one.exit_code() == 0 { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<clap::ArgMatches, clap::Error> {
        let command = Command::augment_subcommands(clap::Command::new("schemalift"));
        command.try_get_matches_from(std::iter::once(&"schemalift").chain(arguments))
    }

    #[test]
    fn a_history_is_listed_or_purged_and_a_rollback_needs_no_manifest() {
        Command::augment_subcommands(clap::Command::new("schemalift")).debug_assert();
        for arguments in [
            &["history", "-f", "blog.yaml"][..],
            &["history", "purge", "-f", "blog.yaml", "--older-than", "0s"],
            &["rollback", "--to", "3", "--plan"],
            &["down", "-f", "blog.yaml", "--yes"],
        ] {
            let matches = parsed(arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
            <Command as clap::FromArgMatches>::from_arg_matches(&matches)
                .unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        }
        for arguments in [&["history"][..], &["history", "purge"], &["rollback", "--to", "x"]] {
            assert!(parsed(arguments).is_err(), "{arguments:?}");
        }
    }
}
