//! [`Database`]: one session, whatever the dialect.

use std::collections::BTreeSet;

use schema::{Dialect, ObjectName, Schema};
use sql::Script;

use crate::mysql::MySql;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::target::Place;
use crate::{
    Answer, End, Error, History, KeptTable, MigrationId, MigrationRow, NewMigration, Opening, Progress,
    Question, Settings, TableSize, Target,
};

/// An open session. Everything but reading wants [`lock`](Self::lock) first.
pub struct Database {
    pub(crate) driver: Driver,
}

/// How a server keeps the names of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableNames {
    /// As they are written.
    Kept,
    /// In lower case: MySQL and MariaDB with `lower_case_table_names = 1`.
    Lower,
}

pub(crate) enum Driver {
    Postgres(Box<Postgres>),
    Sqlite(Sqlite),
    MySql(Box<MySql>),
}

/// Opens a session. Nothing is written.
pub async fn connect(target: &Target, settings: &Settings) -> Result<Database, Error> {
    open(target, settings).await.map_err(Error::advised)
}

async fn open(target: &Target, settings: &Settings) -> Result<Database, Error> {
    let driver = match &target.place {
        Place::Server(credentials) => {
            Driver::Postgres(Box::new(Postgres::connect(target, credentials, settings).await?))
        }
        Place::MySql(credentials) => {
            Driver::MySql(Box::new(MySql::connect(target, credentials, settings).await?))
        }
        Place::File(path) => Driver::Sqlite(Sqlite::open(path, settings).await?),
    };
    Ok(Database { driver })
}

macro_rules! either {
    ($self:ident, $method:ident($($argument:expr),*)) => {
        match &mut $self.driver {
            Driver::Postgres(postgres) => postgres.$method($($argument),*).await,
            Driver::Sqlite(sqlite) => sqlite.$method($($argument),*).await,
            Driver::MySql(mysql) => mysql.$method($($argument),*).await,
        }
    };
}

impl Database {
    /// Whose SQL is spoken here.
    pub const fn dialect(&self) -> Dialect {
        match self.driver {
            Driver::Postgres(_) => Dialect::PostgreSql,
            Driver::Sqlite(_) => Dialect::Sqlite,
            Driver::MySql(_) => Dialect::MySql,
        }
    }

    /// How the names of tables are kept here.
    pub fn table_names(&self) -> TableNames {
        match &self.driver {
            Driver::Postgres(_) | Driver::Sqlite(_) => TableNames::Kept,
            Driver::MySql(mysql) => mysql.table_names,
        }
    }

    /// The schema as it is, in a constant number of queries. On PostgreSQL only these namespaces are looked at, and
    /// those that exist are listed. History tables, Prisma's migrations table and tables of extensions are left out.
    pub async fn introspect(&mut self, namespaces: &[String]) -> Result<Schema, Error> {
        match &mut self.driver {
            Driver::Postgres(postgres) => postgres.introspect(namespaces).await,
            Driver::Sqlite(sqlite) => sqlite.introspect(namespaces).await,
            Driver::MySql(mysql) => mysql.introspect().await,
        }
    }

    /// The schema that was found, with the conditions of its partial indexes in the words of `desired` where the database
    /// reads both alike, so that a comparison of texts is one of meanings. Reads no row and writes nothing.
    pub async fn recognise(&mut self, found: Schema, desired: &Schema) -> Result<Schema, Error> {
        match &mut self.driver {
            Driver::Postgres(postgres) => postgres.recognise(found, desired).await,
            Driver::Sqlite(sqlite) => sqlite.recognise(found, desired).await,
            // It has no partial indexes, and its enums have their values.
            Driver::MySql(_) => Ok(found),
        }
    }

    /// The one number that the query answers.
    pub async fn count(&mut self, query: &str) -> Result<u64, Error> {
        either!(self, count(query))
    }

    /// Asks about the rows: one answer for each question, all from one snapshot, in a transaction that only reads and
    /// ends with the last answer. A question that the server refuses, or for which no time of the settings is left, is
    /// `Unknown`; only a lost session is an error.
    pub async fn ask(&mut self, questions: &[Question]) -> Result<Vec<Answer>, Error> {
        either!(self, ask(questions))
    }

    /// How large these tables are, as far as they exist and the server has an estimate; none on SQLite.
    pub async fn sizes(&mut self, tables: &[ObjectName]) -> Result<Vec<TableSize>, Error> {
        match &mut self.driver {
            Driver::Postgres(postgres) => postgres.sizes(tables).await,
            Driver::Sqlite(_) => Ok(Vec::new()),
            Driver::MySql(mysql) => mysql.sizes(tables).await,
        }
    }

    /// As [`sizes`](Self::sizes); on SQLite, where nobody counts the pages of a table, each is as large as the file.
    pub async fn sizes_at_most(&mut self, tables: &[ObjectName]) -> Result<Vec<TableSize>, Error> {
        match &mut self.driver {
            Driver::Sqlite(sqlite) => sqlite.sizes_at_most(tables).await,
            Driver::Postgres(_) | Driver::MySql(_) => self.sizes(tables).await,
        }
    }

    /// The schema or database of the history tables; none on SQLite.
    pub fn history_place(&self) -> Option<String> {
        match &self.driver {
            Driver::Postgres(postgres) => Some(postgres.history_namespace.clone()),
            Driver::Sqlite(_) => None,
            Driver::MySql(mysql) => Some(mysql.history_database.clone()),
        }
    }

    /// Copies of dropped data that are there, oldest first.
    pub async fn kept(&mut self) -> Result<Vec<KeptTable>, Error> {
        either!(self, kept())
    }

    /// Drops a copy for good, under the lock. What does not begin as copies do is refused.
    pub async fn purge(&mut self, copy: &str) -> Result<(), Error> {
        if !copy.starts_with(sql::KEPT_PREFIX) {
            return Err(Error::new(reason::Reason::InternalError, "only copies of dropped data are purged"));
        }
        either!(self, purge(copy))
    }

    /// Takes the migration lock; `DatabaseBusy` names who has it. On SQLite this opens the one transaction.
    ///
    /// One lock for each namespace given, and for those of the target and its history; on MySQL for the database and
    /// that of its history (decision 6).
    pub async fn lock(&mut self, namespaces: &[String]) -> Result<(), Error> {
        self.lock_telling(namespaces, &mut |_| {}).await
    }

    /// As [`lock`](Self::lock), and says whom it waits for.
    pub async fn lock_telling(
        &mut self,
        namespaces: &[String],
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), Error> {
        match &mut self.driver {
            Driver::Postgres(postgres) => postgres.lock(namespaces, progress).await,
            Driver::Sqlite(sqlite) => sqlite.lock().await,
            Driver::MySql(mysql) => mysql.lock(progress).await,
        }
    }

    /// Gives the lock back. On SQLite whatever was not committed by [`finish`](Self::finish) is rolled back.
    pub async fn unlock(&mut self) -> Result<(), Error> {
        either!(self, unlock())
    }

    /// What the history tables say; `None` when there are none. Writes nothing and needs no lock.
    pub async fn history(&mut self) -> Result<Option<History>, Error> {
        either!(self, history())
    }

    /// The first column of a query about the history.
    pub(crate) async fn texts(&mut self, query: &str) -> Result<Vec<Option<String>>, Error> {
        either!(self, texts(query))
    }

    /// Statements about the history, and whatever else the migrations left that they close.
    pub(crate) async fn send_all(&mut self, statements: &[String], closed: &[i64]) -> Result<(), Error> {
        either!(self, send_all(statements, closed))
    }

    /// A history table's name as it is written in a statement.
    pub(crate) fn history_table(&self, name: &str) -> String {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.table(name),
            Driver::Sqlite(_) => name.to_owned(),
            Driver::MySql(mysql) => mysql.table(name),
        }
    }

    /// A query for the names of all tables beside the history's.
    pub(crate) fn tables_query(&self) -> String {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.tables_query(),
            Driver::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table'".to_owned(),
            Driver::MySql(mysql) => mysql.tables_query(),
        }
    }

    /// The statements that make the history's tables.
    pub(crate) fn history_statements(&self) -> Vec<String> {
        match &self.driver {
            Driver::Postgres(postgres) => postgres.history_statements(),
            Driver::Sqlite(_) => crate::sqlite::history_statements(),
            Driver::MySql(mysql) => mysql.history_statements(),
        }
    }

    /// Loads script, schema and way back into a row of [`history`](Self::history), which says the `version`.
    pub async fn load(&mut self, row: &mut MigrationRow, version: u32) -> Result<(), Error> {
        either!(self, load(row, version))
    }

    /// Name and digest of every data step that was done, in whichever migration. Writes nothing and needs no lock.
    pub async fn data_steps_done(&mut self) -> Result<BTreeSet<(String, String)>, Error> {
        either!(self, data_steps_done())
    }

    /// Writes the migration and its steps into the history, under the lock.
    pub async fn record(
        &mut self,
        migration: &NewMigration,
        script: &Script,
        state: Opening,
    ) -> Result<MigrationId, Error> {
        either!(self, record(migration, script, state))
    }

    /// Runs every step that is not done yet, under the lock.
    pub async fn run(
        &mut self,
        id: &MigrationId,
        script: &Script,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), Error> {
        either!(self, run(*id, script, progress))
    }

    /// Closes the migration. On SQLite `Applied` commits everything, and `Failed` takes everything back.
    pub async fn finish(&mut self, id: &MigrationId, end: End) -> Result<(), Error> {
        either!(self, finish(*id, end))
    }
}
