//! `rollback`: undoes migrations with what the history keeps.

use clap::Args;
use database::{Settings, Target, connect};
use datamodel::Datamodel;
use pipeline::{BackupRule, FirstContact, HistoryRule, Point, Request, RunMode, convert, inspect, roll_back};
use reason::Reason;
use schema::Scope;

use crate::apply::{print_json, run_plan};
use crate::input::Manifests;
use crate::resolve::{Resolved, resolve};
use crate::{
    ApplyOptions, EditionOption, Output, ReadOptions, Stop, TargetOptions, UrlOptions, terminal, worse,
};

/// Options of `rollback`.
#[derive(Debug, Args)]
pub struct RollbackOptions {
    /// Number of the migration whose result shall be there again, as `history` prints it; 0 is before the first.
    /// Default: before the last one
    #[arg(long)]
    to: Option<i64>,
    /// Manifest files or folders; none when the connection is given by --url, --url-file or `DATABASE_URL`
    #[arg(short, long = "filename")]
    filename: Vec<std::path::PathBuf>,
    #[command(flatten)]
    target: TargetOptions,
    /// Show the plan; write nothing
    #[arg(long)]
    plan: bool,
    /// Digest of a plan that may lose data, as --plan prints it
    #[arg(long)]
    approve: Option<String>,
    /// The backup that the manifest's spec.backup asks for has been made
    #[arg(long)]
    backed_up: bool,
    /// Ask nothing. Does not approve the loss of data
    #[arg(long)]
    yes: bool,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) output: Output,
}

/// Undoes migrations of every target, in order; the first failure ends it.
pub(crate) async fn rollback(options: RollbackOptions) -> Result<Reason, Stop> {
    let RollbackOptions { to, filename, target, plan, approve, backed_up, yes, output } = options;
    let point = to.map_or(Point::BeforeLast, Point::After);
    let read = ReadOptions { filename, target, edition: EditionOption { edition: None }, output };
    let options = ApplyOptions { read, approve, backed_up, yes };
    let mut result = Reason::UpToDate;
    for mut resolved in targets(&options.read).await? {
        resolved.warnings.clear();
        let mut database = connect(&resolved.target, &resolved.settings).await?;
        resolved.request = roll_back(&mut database, &resolved.request, point).await?;
        if options.approve.is_some() {
            resolved.request.approved_digest.clone_from(&options.approve);
        }
        if options.backed_up {
            resolved.request.backup = BackupRule::Never;
        }
        let reason = if plan {
            shown(&mut database, &resolved, output).await?
        } else {
            run_plan(&mut database, &mut resolved, &options).await?
        };
        result = worse(result, reason);
        if result.exit_code() != 0 {
            break;
        }
    }
    Ok(result)
}

async fn shown(
    database: &mut database::Database,
    resolved: &Resolved,
    output: Output,
) -> Result<Reason, Stop> {
    let outcome = inspect(database, &resolved.request).await?;
    if output == Output::Json {
        print_json(&resolved.name, &outcome)?;
    } else {
        anstream::println!("{}: {}", resolved.name, resolved.target.shown());
        if let Some(plan) = &outcome.plan {
            anstream::print!("{}", terminal::plan(plan));
        }
        anstream::print!("{}", terminal::outcome(&resolved.name, &outcome));
    }
    Ok(outcome.reason)
}

/// What the manifests name, or the one database of the connection.
async fn targets(options: &ReadOptions) -> Result<Vec<Resolved>, Stop> {
    if !options.filename.is_empty() {
        let manifests = Manifests::given(options)?;
        let required = manifests.required()?.iter();
        return required.map(|(path, migration)| resolve(path, migration, &manifests, options)).collect();
    }
    let url = options.target.url.url()?.or_else(|| UrlOptions::environment_url(None)).ok_or_else(|| {
        Stop::new(Reason::UrlInvalid, "Give a manifest, or the connection by --url or --url-file.".to_owned())
    })?;
    let target = Target::from_url(&url).map_err(pipeline::Failure::from)?;
    let target = target.with_fallback_namespace(Some(schema::default_namespace(datamodel::Language::Psl)));
    alone(target, options).await.map(|resolved| vec![resolved])
}

/// With only the database at hand, its history says whose it is.
async fn alone(target: Target, options: &ReadOptions) -> Result<Resolved, Stop> {
    let settings = Settings { application_name: "schemalift/rollback".to_owned(), ..Settings::default() };
    let history = connect(&target, &settings).await?.history().await?;
    let owner = history.and_then(|history| history.owner).unwrap_or_default();
    let request = Request {
        datamodel: nothing()?,
        scope: Scope { dialect: target.dialect(), namespace: target.namespace().map(str::to_owned) },
        steps: sql::DataSteps::default(),
        roll_back: None,
        policy: convert::policy(&api::Policy::default(), &api::Execution::default()),
        mode: RunMode::Apply,
        approved_digest: None,
        backup: BackupRule::Never,
        backed_up_digest: None,
        first_contact: FirstContact::Ask,
        history: HistoryRule::Optional,
        owner,
        take_over_from: options.target.take_over_from.clone(),
        name: "rollback".to_owned(),
        actor: None,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(Resolved { name: "rollback".to_owned(), request, target, settings, warnings: String::new() })
}

/// A rollback asks no datamodel.
fn nothing() -> Result<Datamodel, Stop> {
    let source = datamodel::Source { text: "", language: Some(datamodel::Language::Psl), edition: None };
    let bug = || Stop::new(Reason::InternalError, "an empty datamodel was refused".to_owned());
    datamodel::parse(source).datamodel.ok_or_else(bug)
}
