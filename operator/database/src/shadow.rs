//! A throw-away database in which migration folders are replayed, to see the schema that they make: [`Shadow`].

use reason::Reason;
use schema::Schema;

use crate::mysql::MySql;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::target::Place;
use crate::{Credentials, Error, Settings, Target};

/// An empty database that is gone when [`end`](Self::end) is called. Nothing of ours touches what existed before; a
/// replayed text may name other things (roles, other databases) and then does what it says.
pub struct Shadow {
    driver: Driver,
}

enum Driver {
    Postgres { session: Box<Postgres>, admin: Box<Postgres>, name: String },
    MySql { session: Box<MySql>, admin: Box<MySql>, name: String },
    Sqlite(Sqlite),
}

impl Shadow {
    /// A SQLite database in memory.
    pub async fn in_memory(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { driver: Driver::Sqlite(Sqlite::in_memory(settings).await?) })
    }

    /// A new database on the target's server; the role needs the right to create databases.
    pub async fn beside(target: &Target, settings: &Settings) -> Result<Self, Error> {
        let name = format!("schemalift_shadow_{}", uuid::Uuid::new_v4().simple());
        let driver = match &target.place {
            Place::File(_) => return Self::in_memory(settings).await,
            Place::Server(credentials) => postgres(target, credentials, settings, name).await,
            Place::MySql(credentials) => mysql(target, credentials, settings, name).await,
        };
        driver.map(|driver| Self { driver }).map_err(Error::advised)
    }

    /// Runs the text of one migration as it stands.
    pub async fn replay(&mut self, migration: &str, text: &str) -> Result<(), Error> {
        let replayed = match &mut self.driver {
            Driver::Postgres { session, .. } => session.replay(text).await,
            Driver::MySql { session, .. } => session.replay(text).await,
            Driver::Sqlite(sqlite) => sqlite.replay(text).await,
        };
        replayed
            .map_err(|error| Error::new(Reason::StatementFailed, format!("migration {migration}: {error}")))
    }

    /// The schema that is there now.
    pub async fn introspect(&mut self, namespaces: &[String]) -> Result<Schema, Error> {
        match &mut self.driver {
            Driver::Postgres { session, .. } => session.introspect(namespaces).await,
            Driver::MySql { session, .. } => session.introspect().await,
            Driver::Sqlite(sqlite) => sqlite.introspect(namespaces).await,
        }
    }

    /// As [`Database::recognise`](crate::Database::recognise).
    pub async fn recognise(&self, found: Schema, desired: &Schema) -> Result<Schema, Error> {
        match &self.driver {
            Driver::Postgres { session, .. } => session.recognise(found, desired).await,
            Driver::Sqlite(sqlite) => sqlite.recognise(found, desired).await,
            Driver::MySql { .. } => Ok(found),
        }
    }

    /// Drops the database.
    pub async fn end(self) -> Result<(), Error> {
        match self.driver {
            Driver::Postgres { session, admin, name } => {
                drop(session);
                admin.drop_database(&name).await
            }
            Driver::MySql { session, mut admin, name } => {
                drop(session);
                admin.drop_database(&name).await
            }
            Driver::Sqlite(_) => Ok(()),
        }
    }
}

async fn postgres(
    target: &Target,
    credentials: &Credentials,
    settings: &Settings,
    name: String,
) -> Result<Driver, Error> {
    let admin = Box::new(Postgres::connect(target, credentials, settings).await?);
    admin.create_database(&name).await?;
    match Postgres::connect(target, &named(credentials, &name), settings).await {
        Ok(session) => Ok(Driver::Postgres { session: Box::new(session), admin, name }),
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
) -> Result<Driver, Error> {
    let mut admin = Box::new(MySql::connect(target, credentials, settings).await?);
    admin.create_database(&name).await?;
    match MySql::connect(target, &named(credentials, &name), settings).await {
        Ok(session) => Ok(Driver::MySql { session: Box::new(session), admin, name }),
        Err(error) => {
            admin.drop_database(&name).await?;
            Err(error)
        }
    }
}

fn named(credentials: &Credentials, database: &str) -> Credentials {
    Credentials { database: database.to_owned(), ..credentials.clone() }
}
