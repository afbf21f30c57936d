//! `introspect`: the tables of a database as a datamodel.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use database::{Settings, Target, connect};
use datamodel::{Datamodel, Datasource, Edition, Language, Source};
use introspection::{Form, write};
use pipeline::Failure;
use reason::Reason;
use schema::{Dialect, Scope, default_namespace, derive};

use crate::bare::{joined, schema_files};
use crate::input::{Manifests, read_text};
use crate::resolve::{datamodel_text, target};
use crate::{EditionOption, Stop, UrlOptions, terminal};

/// Options of `introspect`.
#[derive(Debug, Args)]
pub struct IntrospectOptions {
    /// Manifest that names the database; its datamodel is what a person wrote, unless --datamodel says otherwise
    #[arg(short, long = "filename")]
    filename: Vec<PathBuf>,
    #[command(flatten)]
    url: UrlOptions,
    /// PostgreSQL schema to look at; several give each model its `@@schema`
    #[arg(long)]
    schema: Vec<String>,
    /// Datamodel whose names, order and comments are kept where the database does not contradict them: a file, or a folder
    /// of .prisma files
    #[arg(short, long)]
    datamodel: Option<PathBuf>,
    /// Language to write; that of the manifest or of --datamodel if not given, else PSL
    #[arg(long, value_enum)]
    language: Option<Written>,
    #[command(flatten)]
    edition: EditionOption,
    /// File to write instead of standard output; with a folder as datamodel the folder for its files
    #[arg(short, long)]
    output: Option<PathBuf>,
}

/// Languages to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Written {
    Psl,
    #[value(name = "sdl-v1.1")]
    SdlV11,
}

/// Where to look, and what a person wrote.
struct Place {
    target: Target,
    /// The text before, with its name for messages.
    before: Option<(String, String)>,
    edition: Option<Edition>,
}

/// Prints the datamodel, and on standard error what it could not say.
pub(crate) async fn introspect(options: &IntrospectOptions) -> Result<Reason, Stop> {
    let Place { target, before, edition } = place(options)?;
    let told = before.as_ref().map_or(Language::Psl, |(_, text)| datamodel::recognise(text));
    let language = match (options.language, told) {
        (Some(Written::Psl), _) | (None, Language::Psl) => Language::Psl,
        (Some(Written::SdlV11), _) | (None, Language::SdlV11 | Language::SdlV1) => Language::SdlV11,
    };
    let is_new = before.is_none();
    // Another language is written from nothing.
    let before = before.filter(|_| language == told);
    let edition = options.edition.chosen().or(edition).unwrap_or_default();
    let declared = before.as_ref().map(|(name, text)| parse(name, text, language, edition)).transpose()?;
    let dialect = target.dialect();
    let target = match options.schema.first() {
        Some(schema) => target.with_namespace(Some(schema.clone())),
        None => target,
    };
    // The language of a text before says where its tables are, whichever is written.
    let home = if is_new { language } else { told };
    let target = target.with_fallback_namespace(Some(default_namespace(home)));
    let scope = Scope { dialect, namespace: target.namespace().map(str::to_owned) };
    let mut database = connect(&target, &Settings::default()).await?;
    let looked_at = namespaces(options, &scope, declared.as_ref());
    let found = database.introspect(&looked_at).await?;
    let found = match &declared {
        Some(declared) => database.recognise(found, &derive(declared, &scope)).await?,
        None => found,
    };
    let text = before.as_ref().map(|(_, text)| text.as_str());
    let form = if language == Language::Psl { Form::Psl(edition) } else { Form::SdlV11 };
    let written = write(&found, form, &scope, text).map_err(|findings| {
        let (name, text) = before.as_ref().map_or(("", ""), |(name, text)| (name, text));
        Stop::new(Reason::DatamodelInvalid, terminal::diagnostics(name, text, &findings))
    })?;
    for remark in &written.remarks {
        anstream::eprintln!("note: {remark}");
    }
    if found.tables.is_empty() {
        anstream::eprintln!("note: {}", empty(dialect, &looked_at, &target.shown()));
    }
    match &options.output {
        None => anstream::print!("{}", written.text),
        Some(path) => {
            let folder = options.datamodel.as_deref().filter(|path| path.is_dir());
            match folder {
                Some(before) => write_files(path, before, &written.text)?,
                None => write_file(path, &written.text)?,
            }
            anstream::eprintln!("{}: {} tables of {}", path.display(), found.tables.len(), target.shown());
        }
    }
    Ok(Reason::UpToDate)
}

/// What to say of a place without tables: on PostgreSQL they may be elsewhere.
fn empty(dialect: Dialect, namespaces: &[String], target: &str) -> String {
    match dialect {
        Dialect::PostgreSql => format!(
            "There is no table in schema {} of {target}. Another schema is named by --schema; Prisma 1 calls its own \
             service$stage, such as default$default.",
            namespaces.join(", ")
        ),
        Dialect::MySql | Dialect::Sqlite => format!("There is no table in {target}."),
    }
}

/// Writes each file of a text to the folder, but for those that are there already.
fn write_files(folder: &Path, before: &Path, text: &str) -> Result<(), Stop> {
    let names = schema_files(before);
    for (name, span) in datamodel::files(text) {
        let name = match (name, names.as_slice()) {
            (Some(name), _) => PathBuf::from(name),
            (None, [only]) => only.strip_prefix(before).unwrap_or(only).to_owned(),
            (None, _) => PathBuf::from("schema.prisma"),
        };
        let path = folder.join(name);
        let text = text.get(span.start..span.end).unwrap_or_default();
        // A file without a last line break got one among the others.
        let there = std::fs::read_to_string(&path)
            .is_ok_and(|there| there == text || text.strip_suffix('\n').is_some_and(|text| there == text));
        if !there {
            write_file(&path, text)?;
        }
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Result<(), Stop> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let made = parent.map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, text)).map_err(|error| {
        Stop::new(Reason::ManifestInvalid, format!("Cannot write {}: {error}.", path.display()))
    })
}

/// The schemas to look at: those of the options, of the datasource, and the one of everything else.
fn namespaces(options: &IntrospectOptions, scope: &Scope, declared: Option<&Datamodel>) -> Vec<String> {
    let source = declared.and_then(|datamodel| datamodel.datasource.as_ref());
    let mut all: Vec<String> = source.map(|source| source.schemas.clone()).unwrap_or_default();
    all.extend(options.schema.iter().cloned());
    if all.is_empty() {
        all.extend(scope.namespace.iter().cloned());
    }
    all.sort();
    all.dedup();
    all
}

fn parse(name: &str, text: &str, language: Language, edition: Edition) -> Result<Datamodel, Stop> {
    let parsed = datamodel::parse(Source { text, language: Some(language), edition: Some(edition) });
    parsed.datamodel.ok_or_else(|| {
        Stop::new(Reason::DatamodelInvalid, terminal::diagnostics(name, text, &parsed.diagnostics))
    })
}

fn place(options: &IntrospectOptions) -> Result<Place, Stop> {
    let read = |path: &Path| {
        let text = if path.is_dir() { joined(path, &schema_files(path)) } else { read_text(path) };
        text.map(|text| (path.display().to_string(), text))
    };
    let given = options.datamodel.as_deref().map(read).transpose()?;
    if options.filename.is_empty() {
        let url = match options.url.url()? {
            Some(url) => Some(url),
            None => {
                UrlOptions::environment_url(given.as_ref().and_then(|(_, text)| datasource(text)).as_ref())
            }
        };
        let url = url.ok_or_else(|| {
            Stop::new(
                Reason::ManifestInvalid,
                "Name a database: a manifest with -f, --url, --url-file or DATABASE_URL.".to_owned(),
            )
        })?;
        return Ok(Place {
            target: Target::from_url(&url).map_err(Failure::from)?,
            before: given,
            edition: None,
        });
    }
    let manifests = Manifests::read(&options.filename)?;
    let [(path, migration)] = manifests.required()? else {
        return Err(Stop::new(
            Reason::ManifestInvalid,
            "The files hold several SchemaMigrations; give one of them.".to_owned(),
        ));
    };
    let edition = migration.spec.datamodel.edition.map(Into::into);
    let before = match given {
        Some(given) => Some(given),
        None => {
            let (text, _) = datamodel_text(migration, &manifests)?;
            Some((format!("{} (datamodel)", path.display()), text))
        }
    };
    let datasource = before.as_ref().and_then(|(_, text)| datasource(text));
    let target = target(path, migration, &manifests, &options.url, datasource.as_ref())?;
    Ok(Place { target, before, edition })
}

/// What a text says of the database, when it can be read.
fn datasource(text: &str) -> Option<Datasource> {
    datamodel::parse(Source { text, language: None, edition: None }).datamodel?.datasource
}
