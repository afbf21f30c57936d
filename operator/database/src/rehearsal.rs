//! A throw-away copy of a database's structure in which a plan is tried: [`Rehearsal`].

use std::path::PathBuf;
use std::sync::Arc;

use reason::Reason;
use schema::Table;
use sql::Sample;

use crate::database::Driver;
use crate::mysql::MySql;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::target::Place;
use crate::{Credentials, Database, Error, Settings, Target};

/// How the databases of rehearsals are called; what follows is unlike any other.
const PREFIX: &str = "schemalift_rehearsal_";

/// A database beside the target, empty at first, that is gone when [`end`](Self::end) is called. On SQLite it is in memory.
/// Of the target rows are read and nothing is written.
pub struct Rehearsal {
    database: Database,
    beside: Beside,
    removed: Vec<String>,
}

enum Beside {
    Postgres { admin: Box<Postgres>, name: String },
    MySql { admin: Box<MySql>, name: String, session: u32 },
    Sqlite { source: PathBuf, interrupt: Arc<rusqlite::InterruptHandle> },
}

impl Rehearsal {
    /// A new database on the target's server; the role needs the right to create databases. First those are removed that a
    /// rehearsal left behind that was killed: nobody has a session in them.
    pub async fn beside(target: &Target, settings: &Settings) -> Result<Self, Error> {
        let name = format!("{PREFIX}{}", uuid::Uuid::new_v4().simple());
        // The name of the session keeps the database from being taken for one that was left behind.
        let settings = Settings { application_name: name.clone(), ..settings.clone() };
        let opened = match &target.place {
            Place::File(path) => sqlite(path.clone(), &settings).await,
            Place::Server(credentials) => postgres(target, credentials, &settings, name).await,
            Place::MySql(credentials) => mysql(target, credentials, &settings, name).await,
        };
        opened.map_err(|error| {
            let advice = match error.reason() {
                Reason::InsufficientPrivilege => {
                    ". A rehearsal makes a database of its own: on PostgreSQL the role needs CREATEDB, on MySQL the user needs \
                     ALL PRIVILEGES ON `schemalift\\_rehearsal\\_%`.*."
                }
                _ => return error.advised(),
            };
            error.followed_by(advice)
        })
    }

    /// Databases of killed rehearsals that were removed.
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// The session in it.
    pub const fn database(&mut self) -> &mut Database {
        &mut self.database
    }

    /// Runs statements as they stand; on SQLite no foreign key is looked at.
    pub async fn replay(&mut self, text: &str) -> Result<(), Error> {
        match &mut self.database.driver {
            Driver::Postgres(session) => session.replay(text).await,
            Driver::MySql(session) => session.replay(text).await,
            // Its own lock and unlock turn them off and on.
            Driver::Sqlite(session) => session.replay(&format!("PRAGMA foreign_keys = OFF; {text}")).await,
        }
    }

    /// Runs one statement; the number of its rows.
    pub async fn execute(&mut self, statement: &str) -> Result<u64, Error> {
        match &mut self.database.driver {
            Driver::Postgres(session) => session.change(statement).await,
            Driver::MySql(session) => session.change(statement).await,
            Driver::Sqlite(session) => session.change(statement).await,
        }
    }

    /// Copies rows of the table, no more than `limit`.
    pub async fn sample(&mut self, table: &Table, limit: u64) -> Result<(), Error> {
        let dialect = self.database.dialect();
        match (&mut self.beside, &mut self.database.driver) {
            (Beside::Postgres { admin, .. }, Driver::Postgres(session)) => {
                match sql::sample(dialect, table, ("", ""), limit) {
                    Sample::Through { out, into } => admin.copy_rows(session, &out, &into).await,
                    Sample::Within(statement) => session.change(&statement).await.map(|_| ()),
                }
            }
            (Beside::MySql { admin, name, .. }, Driver::MySql(_)) => {
                let source = admin.database.clone();
                match sql::sample(dialect, table, (&source, name), limit) {
                    Sample::Within(statement) => admin.change(&statement).await.map(|_| ()),
                    Sample::Through { .. } => Ok(()),
                }
            }
            (Beside::Sqlite { source, .. }, Driver::Sqlite(session)) => {
                match sql::sample(dialect, table, (SOURCE, "main"), limit) {
                    Sample::Within(statement) => session.change_beside(source, &statement).await,
                    Sample::Through { .. } => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Removes the database, whatever its session is doing.
    pub async fn end(self) -> Result<(), Error> {
        match self.beside {
            Beside::Postgres { admin, name } => {
                drop(self.database);
                admin.drop_database(&name).await
            }
            Beside::MySql { mut admin, name, session } => {
                admin.end_session(session).await;
                drop(self.database);
                admin.drop_database(&name).await
            }
            Beside::Sqlite { interrupt, .. } => {
                interrupt.interrupt();
                Ok(())
            }
        }
    }
}

/// What the target's file is attached as.
pub(crate) const SOURCE: &str = "source";

async fn postgres(
    target: &Target,
    credentials: &Credentials,
    settings: &Settings,
    name: String,
) -> Result<Rehearsal, Error> {
    let admin = Box::new(Postgres::connect(target, credentials, settings).await?);
    let mut removed = Vec::new();
    for orphan in admin.databases_left_behind(PREFIX).await? {
        // Another one may have been quicker; the next one tries again.
        if admin.drop_database(&orphan).await.is_ok() {
            removed.push(orphan);
        }
    }
    admin.create_database(&name).await?;
    let copy = target.clone().with_history_namespace(None);
    match Postgres::connect(&copy, &named(credentials, &name), settings).await {
        Ok(session) => Ok(Rehearsal {
            database: Database { driver: Driver::Postgres(Box::new(session)) },
            beside: Beside::Postgres { admin, name },
            removed,
        }),
        Err(error) => {
            admin.drop_database(&name).await?;
            Err(error)
        }
    }
}

async fn mysql(
    target: &Target,
    credentials: &Credentials,
    settings: &Settings,
    name: String,
) -> Result<Rehearsal, Error> {
    let mut admin = Box::new(MySql::connect(target, credentials, settings).await?);
    admin.keep_alive(&name).await?;
    let mut removed = Vec::new();
    for orphan in admin.databases_left_behind(PREFIX).await? {
        if admin.drop_database(&orphan).await.is_ok() {
            removed.push(orphan);
        }
    }
    admin.create_database(&name).await?;
    let copy = target.clone().with_history_namespace(None).with_namespace(Some(name.clone()));
    match MySql::connect(&copy, &named(credentials, &name), settings).await {
        Ok(opened) => Ok(Rehearsal {
            beside: Beside::MySql { admin, name, session: opened.id() },
            database: Database { driver: Driver::MySql(Box::new(opened)) },
            removed,
        }),
        Err(error) => {
            admin.drop_database(&name).await?;
            Err(error)
        }
    }
}

async fn sqlite(source: PathBuf, settings: &Settings) -> Result<Rehearsal, Error> {
    let session = Sqlite::in_memory(settings).await?;
    let interrupt = Arc::new(session.interrupt_handle().await?);
    Ok(Rehearsal {
        database: Database { driver: Driver::Sqlite(session) },
        beside: Beside::Sqlite { source, interrupt },
        removed: Vec::new(),
    })
}

fn named(credentials: &Credentials, database: &str) -> Credentials {
    Credentials { database: database.to_owned(), ..credentials.clone() }
}
