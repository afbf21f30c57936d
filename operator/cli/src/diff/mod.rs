//! `diff`: what leads from one schema to another, as SQL or in words. Nothing is written to either.

mod side;
mod summary;

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use datamodel::Provider;
use plan::{Change, Ownership, Plan, TableAge, diff as plan_diff};
use reason::Reason;
use schema::Dialect;
use sql::render;

use crate::Stop;
use side::{Side, Sides};

/// Options of `diff`; the names are those that Prisma's users know.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
#[command(group(ArgGroup::new("from").required(true).args(["from_empty", "from_schema", "from_migrations", "from_url", "from_url_file"])))]
#[command(group(ArgGroup::new("to").required(true).args(["to_empty", "to_schema", "to_migrations", "to_url", "to_url_file"])))]
pub struct DiffOptions {
    /// From nothing
    #[arg(long)]
    from_empty: bool,
    /// From a datamodel file
    #[arg(long, alias = "from-schema-datamodel", value_name = "FILE")]
    from_schema: Option<PathBuf>,
    /// From a folder of migrations
    #[arg(long, value_name = "DIR")]
    from_migrations: Option<PathBuf>,
    /// From a database, by its url without a password
    #[arg(long, value_name = "URL")]
    from_url: Option<String>,
    /// From a database whose url is in this file
    #[arg(long, value_name = "FILE")]
    from_url_file: Option<PathBuf>,
    /// To nothing
    #[arg(long)]
    to_empty: bool,
    /// To a datamodel file
    #[arg(long, alias = "to-schema-datamodel", value_name = "FILE")]
    to_schema: Option<PathBuf>,
    /// To a folder of migrations
    #[arg(long, value_name = "DIR")]
    to_migrations: Option<PathBuf>,
    /// To a database, by its url without a password
    #[arg(long, value_name = "URL")]
    to_url: Option<String>,
    /// To a database whose url is in this file
    #[arg(long, value_name = "FILE")]
    to_url_file: Option<PathBuf>,
    /// Server on which a database may be made and dropped again, by its url without a password
    #[arg(long, value_name = "URL", conflicts_with = "shadow_database_url_file")]
    shadow_database_url: Option<String>,
    /// File with the url of a server on which a database may be made and dropped again, to replay migrations in;
    /// otherwise `SHADOW_DATABASE_URL`. SQLite needs none
    #[arg(long, value_name = "FILE")]
    shadow_database_url_file: Option<PathBuf>,
    /// Kind of database, when neither side says it
    #[arg(long, value_parser = provider)]
    provider: Option<Dialect>,
    /// Print SQL instead of a summary
    #[arg(long)]
    script: bool,
    /// Exit with 2 when there is a difference
    #[arg(long)]
    exit_code: bool,
    /// Write to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn provider(text: &str) -> Result<Dialect, String> {
    [Provider::PostgreSql, Provider::MySql, Provider::Sqlite]
        .into_iter()
        .find(|provider| provider.as_str() == text)
        .map(Dialect::of)
        .ok_or_else(|| "it is none of postgresql, mysql and sqlite".to_owned())
}

impl DiffOptions {
    fn from(&self) -> Result<Side, Stop> {
        let url = (self.from_url.as_deref(), self.from_url_file.as_deref());
        Side::of(self.from_schema.as_deref(), self.from_migrations.as_deref(), url)
    }

    fn to(&self) -> Result<Side, Stop> {
        let url = (self.to_url.as_deref(), self.to_url_file.as_deref());
        Side::of(self.to_schema.as_deref(), self.to_migrations.as_deref(), url)
    }
}

/// Prints the difference, and answers the exit code: 0, or 2 when `--exit-code` is set and there is one.
pub(crate) async fn diff(options: &DiffOptions) -> Result<u8, Stop> {
    let sides = Sides {
        from: options.from()?,
        to: options.to()?,
        provider: options.provider,
        shadow: options.shadow_database_url_file.clone(),
        shadow_url: options.shadow_database_url.clone(),
    };
    let (current, desired) = sides.schemas().await?;
    let plan = plan_diff(&current, &desired, &Ownership::of(&current))
        .map_err(|refusal| Stop::new(Reason::StatementFailed, refusal.to_string()))?;
    let text = if options.script { script(&plan) } else { summary::of(&plan) };
    match &options.output {
        None => anstream::print!("{text}"),
        Some(path) => std::fs::write(path, text).map_err(|error| {
            Stop::new(Reason::ManifestInvalid, format!("Cannot write {}: {error}.", path.display()))
        })?,
    }
    Ok(if options.exit_code && !plan.is_empty() { 2 } else { 0 })
}

fn script(plan: &Plan) -> String {
    if plan.is_empty() {
        return "-- There is no difference.\n".to_owned();
    }
    sql::text(&render(&plain(plan.clone())))
}

/// Whoever runs the script may do so in one transaction, as Prisma does: nothing in it may refuse that.
fn plain(mut plan: Plan) -> Plan {
    for step in &mut plan.steps {
        if let Change::CreateIndex { on, .. } | Change::AddForeignKey { on, .. } = &mut step.change {
            *on = TableAge::New;
        }
    }
    plan
}
