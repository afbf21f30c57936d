//! Ending a session from outside: [`Stop`].

use futures::future::BoxFuture;
use mysql_async::Opts;

use crate::database::{Database, Driver};
use crate::{Credentials, Error};

/// Ends the session that it was made of.
///
/// A client that merely goes leaves its statement at work on the server, or waiting for a lock there with everybody else
/// behind it. What the server builds beside everybody's work goes on by itself all the same: the next run waits for it, and
/// hours of it are not lost.
pub struct Stop(Of);

enum Of {
    Postgres {
        credentials: Box<Credentials>,
        pid: i32,
    },
    MySql {
        opts: Opts,
        connection: u32,
    },
    /// A file has no server: what is not committed goes with the process.
    Sqlite,
}

impl Database {
    /// What ends this session later.
    pub fn stop(&self) -> Stop {
        Stop(match &self.driver {
            Driver::Postgres(postgres) => {
                let (credentials, pid) = postgres.place();
                Of::Postgres { credentials: Box::new(credentials.clone()), pid }
            }
            Driver::MySql(mysql) => {
                let (opts, connection) = mysql.place();
                Of::MySql { opts: opts.clone(), connection }
            }
            Driver::Sqlite(_) => Of::Sqlite,
        })
    }
}

impl Stop {
    /// The server rolls back what the session was doing and lets its locks go; an index that PostgreSQL builds, and a change
    /// of a table that MySQL is at work on, are left to their end. The next run finds out by the history.
    pub fn now<'a>(self) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            match self.0 {
                Of::Postgres { credentials, pid } => crate::postgres::end(&credentials, pid).await,
                Of::MySql { opts, connection } => crate::mysql::end(opts, connection).await,
                Of::Sqlite => Ok(()),
            }
        })
    }
}
