//! The two sides of a diff as schemas.

use std::path::{Path, PathBuf};

use database::{Settings, Shadow, TableNames, Target, connect};
use datamodel::{Datamodel, Source, parse, recognise_prisma_file};
use pipeline::{Failure, desired};
use reason::Reason;
use schema::{Dialect, PartialIndexes, Schema, Scope, declared_provider, derive, recognise_prisma1};
use secrecy::SecretString;

use crate::input::read_text;
use crate::{Stop, password_free, terminal};

/// One side, as the flags say it.
pub(super) enum Side {
    Empty,
    Datamodel(Box<Datamodel>),
    Migrations(Vec<(String, String)>),
    Database(Target),
}

impl Side {
    pub(super) fn of(
        file: Option<&Path>,
        migrations: Option<&Path>,
        (url, url_file): (Option<&str>, Option<&Path>),
    ) -> Result<Self, Stop> {
        if let Some(path) = file {
            return datamodel(path).map(|found| Self::Datamodel(Box::new(found)));
        }
        if let Some(folder) = migrations {
            return folder_of(folder).map(Self::Migrations);
        }
        let url = match (url, url_file) {
            (Some(url), _) => password_free(url)?,
            (None, Some(path)) => SecretString::from(read_text(path)?.trim().to_owned()),
            (None, None) => return Ok(Self::Empty),
        };
        Ok(Self::Database(Target::from_url(&url).map_err(Failure::from)?))
    }

    fn dialect(&self) -> Option<Dialect> {
        match self {
            Self::Datamodel(datamodel) => declared_provider(datamodel).map(Dialect::of),
            Self::Database(target) => Some(target.dialect()),
            Self::Empty | Self::Migrations(_) => None,
        }
    }

    /// The schema of a datamodel, for a server that keeps names so.
    fn described(&self, names: TableNames, scope: &Scope) -> Result<Option<Schema>, Stop> {
        match self {
            Self::Datamodel(datamodel) => Ok(Some(desired(names, datamodel, scope)?)),
            Self::Empty | Self::Migrations(_) | Self::Database(_) => Ok(None),
        }
    }

    fn namespace(&self) -> Option<&str> {
        match self {
            Self::Database(target) => target.namespace(),
            Self::Empty | Self::Migrations(_) | Self::Datamodel(_) => None,
        }
    }
}

fn datamodel(path: &Path) -> Result<Datamodel, Stop> {
    let text = read_text(path)?;
    let language = path.extension().is_some_and(|end| end == "prisma").then(|| recognise_prisma_file(&text));
    let parsed = parse(Source { text: &text, language, edition: None });
    let rendered = terminal::diagnostics(&path.display().to_string(), &text, &parsed.diagnostics);
    parsed.datamodel.ok_or_else(|| Stop::new(Reason::DatamodelInvalid, rendered))
}

/// Name and text of each migration, in the order of their names: `NAME/migration.sql`.
fn folder_of(folder: &Path) -> Result<Vec<(String, String)>, Stop> {
    let unreadable = |error: std::io::Error| {
        Stop::new(Reason::SourceNotFound, format!("Cannot read {}: {error}.", folder.display()))
    };
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let file = path.join("migration.sql");
        if file.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, file));
        }
    }
    files.sort();
    files.into_iter().map(|(name, file)| Ok((name, read_text(&file)?))).collect()
}

/// Both sides and what helps to read them.
pub(super) struct Sides {
    pub(super) from: Side,
    pub(super) to: Side,
    pub(super) provider: Option<Dialect>,
    pub(super) shadow: Option<PathBuf>,
    pub(super) shadow_url: Option<String>,
}

impl Sides {
    /// Both as schemas of one dialect.
    pub(super) async fn schemas(&self) -> Result<(Schema, Schema), Stop> {
        let shadow = self.shadow_target()?;
        let said: Vec<Dialect> = [self.provider, self.from.dialect(), self.to.dialect()]
            .into_iter()
            .chain([shadow.as_ref().map(Target::dialect)])
            .flatten()
            .collect();
        let Some(dialect) = said.first().copied() else {
            return Err(Stop::new(
                Reason::ManifestInvalid,
                "Neither side says which database it is for. Add --provider.".to_owned(),
            ));
        };
        if said.iter().any(|other| *other != dialect) {
            return Err(Stop::new(
                Reason::ProviderMismatch,
                "The two sides are for different databases; a diff needs two schemas of one kind.".to_owned(),
            ));
        }
        let namespace = self.from.namespace().or_else(|| self.to.namespace()).map(str::to_owned);
        let fallback = (dialect == Dialect::PostgreSql).then(|| "public".to_owned());
        let scope = Scope { dialect, namespace: namespace.or(fallback) };
        let mut namespaces: Vec<String> = scope.namespace.iter().cloned().collect();
        for side in [&self.from, &self.to] {
            if let Side::Datamodel(datamodel) = side {
                namespaces.extend(derive(datamodel, &scope).namespaces);
            }
        }
        namespaces.sort();
        namespaces.dedup();
        let names = self.table_names(dialect, shadow.as_ref()).await?;
        let (from, to) = (self.from.described(names, &scope)?, self.to.described(names, &scope)?);
        let read = async |side: &Side, own: Option<&Schema>, other: Option<&Schema>| match own {
            Some(own) => Ok(own.clone()),
            None => schema(side, &scope, &namespaces, shadow.as_ref(), other).await,
        };
        let from_read = read(&self.from, from.as_ref(), to.as_ref()).await?;
        let to_read = read(&self.to, to.as_ref(), from.as_ref()).await?;
        // As a plan would see it.
        Ok(match (&self.from, &self.to) {
            (Side::Datamodel(_), Side::Datamodel(_)) => (from_read, to_read),
            (Side::Datamodel(wanted), _) => {
                let found = recognise_prisma1(to_read, &from_read, wanted.language);
                (from_read, found)
            }
            (_, Side::Datamodel(wanted)) => {
                (recognise_prisma1(from_read, &to_read, wanted.language), to_read)
            }
            _ => (from_read, to_read),
        })
    }

    /// How the server that a datamodel is compared with keeps names.
    async fn table_names(&self, dialect: Dialect, shadow: Option<&Target>) -> Result<TableNames, Stop> {
        let server = [&self.from, &self.to].into_iter().find_map(|side| match side {
            Side::Database(target) => Some(target),
            Side::Migrations(_) => shadow,
            Side::Empty | Side::Datamodel(_) => None,
        });
        match server {
            Some(target) if dialect == Dialect::MySql => {
                Ok(connect(target, &Settings::default()).await?.table_names())
            }
            _ => Ok(TableNames::Kept),
        }
    }

    fn shadow_target(&self) -> Result<Option<Target>, Stop> {
        if let Some(url) = &self.shadow_url {
            return Ok(Some(Target::from_url(&password_free(url)?).map_err(Failure::from)?));
        }
        let named = self.shadow.as_deref().map(read_text).transpose()?;
        let url = named.or_else(|| std::env::var("SHADOW_DATABASE_URL").ok().filter(|url| !url.is_empty()));
        let target = url.map(|url| Target::from_url(&SecretString::from(url.trim().to_owned())));
        Ok(target.transpose().map_err(Failure::from)?)
    }
}

async fn schema(
    side: &Side,
    scope: &Scope,
    namespaces: &[String],
    shadow: Option<&Target>,
    other: Option<&Schema>,
) -> Result<Schema, Stop> {
    let settings = Settings::default();
    // Partial indexes are compared unless a datamodel does not speak of them.
    let partial_indexes = other.map_or(PartialIndexes::Declared, |other| other.partial_indexes);
    match side {
        Side::Empty => {
            let mut empty = Schema::empty(scope.dialect);
            empty.partial_indexes = partial_indexes;
            // Every PostgreSQL database is born with it.
            empty.namespaces.extend(namespaces.iter().filter(|name| *name == "public").cloned());
            Ok(empty)
        }
        Side::Datamodel(datamodel) => Ok(derive(datamodel, scope)),
        Side::Database(target) => {
            let mut database = connect(target, &settings).await?;
            let found = Schema { partial_indexes, ..database.introspect(namespaces).await? };
            Ok(match other {
                Some(other) => database.recognise(found, other).await?,
                None => found,
            })
        }
        Side::Migrations(migrations) => {
            let mut place = match (scope.dialect, shadow) {
                (Dialect::Sqlite, _) => Shadow::in_memory(&settings).await?,
                (_, Some(target)) => Shadow::beside(target, &settings).await?,
                (_, None) => {
                    return Err(Stop::new(
                        Reason::ManifestInvalid,
                        "Migrations are replayed in a database of their own. Name a server on which one may be made, with \
                         --shadow-database-url, --shadow-database-url-file or SHADOW_DATABASE_URL."
                            .to_owned(),
                    ));
                }
            };
            let found = replayed(&mut place, migrations, namespaces, other).await;
            // A migration that cannot be replayed is the better thing to say than a database that cannot be dropped.
            let ended = place.end().await;
            let found = found?;
            ended?;
            Ok(Schema { partial_indexes, ..found })
        }
    }
}

async fn replayed(
    place: &mut Shadow,
    migrations: &[(String, String)],
    namespaces: &[String],
    other: Option<&Schema>,
) -> Result<Schema, Stop> {
    for (name, text) in migrations {
        place.replay(name, text).await?;
    }
    let found = place.introspect(namespaces).await?;
    Ok(match other {
        Some(other) => place.recognise(found, other).await?,
        None => found,
    })
}
