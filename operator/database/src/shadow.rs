//! A throw-away database in which migration folders are replayed, to see the schema that they make: [`Shadow`].

use reason::Reason;
use schema::Schema;

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::target::Place;
use crate::{Error, Settings, Target};

/// An empty database that is gone when [`end`](Self::end) is called. Nothing that exists is ever touched.
pub struct Shadow {
    driver: Driver,
}

enum Driver {
    Postgres { session: Box<Postgres>, admin: Box<Postgres>, name: String },
    Sqlite(Sqlite),
}

impl Shadow {
    /// A SQLite database in memory.
    pub async fn in_memory(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { driver: Driver::Sqlite(Sqlite::in_memory(settings).await?) })
    }

    /// A new database on the target's server; the role needs the right to create databases.
    pub async fn beside(target: &Target, settings: &Settings) -> Result<Self, Error> {
        let Place::Server(credentials) = &target.place else {
            return Self::in_memory(settings).await;
        };
        let admin = Postgres::connect(target, credentials, settings).await.map_err(Error::advised)?;
        let name = format!("schemalift_shadow_{}", uuid::Uuid::new_v4().simple());
        admin.create_database(&name).await?;
        let mut there = credentials.clone();
        there.database.clone_from(&name);
        match Postgres::connect(target, &there, settings).await {
            Ok(session) => {
                let (session, admin) = (Box::new(session), Box::new(admin));
                Ok(Self { driver: Driver::Postgres { session, admin, name } })
            }
            Err(error) => {
                admin.drop_database(&name).await?;
                Err(error)
            }
        }
    }

    /// Runs the text of one migration as it stands.
    pub async fn replay(&mut self, migration: &str, text: &str) -> Result<(), Error> {
        let replayed = match &mut self.driver {
            Driver::Postgres { session, .. } => session.replay(text).await,
            Driver::Sqlite(sqlite) => sqlite.replay(text).await,
        };
        replayed
            .map_err(|error| Error::new(Reason::StatementFailed, format!("migration {migration}: {error}")))
    }

    /// The schema that is there now.
    pub async fn introspect(&mut self, namespaces: &[String]) -> Result<Schema, Error> {
        match &mut self.driver {
            Driver::Postgres { session, .. } => session.introspect(namespaces).await,
            Driver::Sqlite(sqlite) => sqlite.introspect(namespaces).await,
        }
    }

    /// Drops the database.
    pub async fn end(self) -> Result<(), Error> {
        match self.driver {
            Driver::Postgres { session, admin, name } => {
                drop(session);
                admin.drop_database(&name).await
            }
            Driver::Sqlite(_) => Ok(()),
        }
    }
}
