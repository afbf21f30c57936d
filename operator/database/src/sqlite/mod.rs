//! SQLite: plan and history in one transaction.

mod ask;
mod batch;
mod defaults;
mod dependants;
mod history;
mod introspect;
mod kept;
mod orphans;
mod repair;
mod run;
mod values;

pub(crate) use repair::history_statements;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reason::Reason;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::rehearsal::SOURCE;
use crate::{Error, Settings};

/// A session on one file. A file that does not exist is made by [`lock`](Self::lock), not by reading.
pub(crate) struct Sqlite {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
    settings: Settings,
    exists: bool,
    /// What of the foreign keys was broken before the plan that runs.
    broken: Arc<orphans::Broken>,
}

impl Sqlite {
    pub(crate) async fn open(path: &Path, settings: &Settings) -> Result<Self, Error> {
        let owned = path.to_owned();
        let (connection, exists) = tokio::task::spawn_blocking(move || {
            let exists = owned.exists();
            if !exists
                && !owned.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir())
            {
                return Err(Error::new(
                    Reason::DatabaseNotFound,
                    format!("the folder of {} does not exist", owned.display()),
                ));
            }
            let connection = if exists {
                open_file(&owned, false)?
            } else {
                Connection::open_in_memory().map_err(|error| of_driver(&error, "opening"))?
            };
            Ok((connection, exists))
        })
        .await
        .map_err(|error| lost(&error))??;
        Ok(Self {
            path: path.to_owned(),
            connection: Arc::new(Mutex::new(connection)),
            settings: settings.clone(),
            exists,
            broken: Arc::default(),
        })
    }

    /// A database of nobody else's, gone with the session.
    pub(crate) async fn in_memory(settings: &Settings) -> Result<Self, Error> {
        let open = || Connection::open_in_memory().map_err(|error| of_driver(&error, "opening"));
        let connection = tokio::task::spawn_blocking(open).await.map_err(|error| lost(&error))??;
        Ok(Self {
            path: PathBuf::from(":memory:"),
            connection: Arc::new(Mutex::new(connection)),
            settings: settings.clone(),
            exists: true,
            broken: Arc::default(),
        })
    }

    /// Runs text as it stands.
    pub(crate) async fn replay(&mut self, text: &str) -> Result<(), Error> {
        let text = text.to_owned();
        self.with(move |connection| {
            connection.execute_batch(&text).map_err(|error| of_driver(&error, "replaying"))
        })
        .await
    }

    /// Runs one statement; the number of its rows.
    pub(crate) async fn change(&mut self, statement: &str) -> Result<u64, Error> {
        let statement = statement.to_owned();
        self.with(move |connection| {
            let changed =
                connection.execute(&statement, []).map_err(|error| of_driver(&error, "changing rows"))?;
            Ok(u64::try_from(changed).unwrap_or_default())
        })
        .await
    }

    /// Runs one statement that reads from this file, too, which is opened for reading alone.
    pub(crate) async fn change_beside(&mut self, file: &Path, statement: &str) -> Result<(), Error> {
        let (url, statement) = (read_only(file), statement.to_owned());
        let failed = |error: &rusqlite::Error| of_driver(error, "copying rows");
        self.with(move |connection| {
            let attach = format!("ATTACH DATABASE ?1 AS {SOURCE}");
            connection.execute(&attach, [url]).map_err(|error| failed(&error))?;
            let copied = connection.execute(&statement, []).map_err(|error| failed(&error));
            let detach = format!("DETACH DATABASE {SOURCE}");
            connection.execute(&detach, []).map_err(|error| failed(&error))?;
            copied.map(|_| ())
        })
        .await
    }

    pub(crate) async fn interrupt_handle(&self) -> Result<rusqlite::InterruptHandle, Error> {
        self.with(|connection| Ok(connection.get_interrupt_handle())).await
    }

    /// Runs the closure where it may block.
    async fn with<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let connection = Arc::clone(&self.connection);
        tokio::task::spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&connection)
        })
        .await
        .map_err(|error| lost(&error))?
    }

    pub(crate) async fn count(&mut self, query: &str) -> Result<u64, Error> {
        let query = query.to_owned();
        self.with(move |connection| {
            let number: Option<i64> = connection
                .query_row(&query, [], |row| row.get(0))
                .map_err(|error| of_driver(&error, "counting rows"))?;
            Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
        })
        .await
    }

    pub(crate) async fn lock(&mut self) -> Result<(), Error> {
        if !self.exists {
            let path = self.path.clone();
            let connection = tokio::task::spawn_blocking(move || open_file(&path, true))
                .await
                .map_err(|error| lost(&error))??;
            self.connection = Arc::new(Mutex::new(connection));
            self.exists = true;
        }
        let wait = self.settings.lock_wait;
        let shown = self.path.display().to_string();
        self.with(move |connection| {
            if !connection.is_autocommit() {
                return Ok(());
            }
            connection
                .busy_timeout(wait)
                .and_then(|()| connection.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE"))
                .map_err(|error| of_driver(&error, &format!("taking the lock of {shown}")))
        })
        .await
    }

    pub(crate) async fn unlock(&mut self) -> Result<(), Error> {
        self.with(|connection| {
            if !connection.is_autocommit() {
                connection
                    .execute_batch("ROLLBACK")
                    .map_err(|error| of_driver(&error, "giving the lock back"))?;
            }
            connection
                .execute_batch("PRAGMA foreign_keys = ON")
                .map_err(|error| of_driver(&error, "giving the lock back"))
        })
        .await
    }
}

fn open_file(path: &Path, create: bool) -> Result<Connection, Error> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let what = format!("opening {}", path.display());
    let connection = Connection::open_with_flags(path, flags).map_err(|error| of_driver(&error, &what))?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(|error| of_driver(&error, &what))?;
    Ok(connection)
}

/// The file as SQLite's urls name it.
fn read_only(file: &Path) -> String {
    let path = file.display().to_string();
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?mode=ro")
}

/// Refuses to write outside of the one transaction.
fn want_lock(connection: &Connection) -> Result<(), Error> {
    if connection.is_autocommit() {
        Err(Error::new(Reason::InternalError, "the history is written only under the migration lock"))
    } else {
        Ok(())
    }
}

fn lost(error: &tokio::task::JoinError) -> Error {
    Error::new(Reason::InternalError, format!("the work on the file was cut off: {error}"))
}

/// SQLite's words with the reason they stand for.
fn of_driver(error: &rusqlite::Error, what: &str) -> Error {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Reason::DatabaseBusy,
        Some(
            ErrorCode::ReadOnly | ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory,
        ) => Reason::DatabaseUnavailable,
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            Reason::InsufficientPrivilege
        }
        Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch) => Reason::DataViolatesPlan,
        Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Reason::DatabaseNotFound
        }
        _ => Reason::StatementFailed,
    };
    // The driver's text may repeat the whole statement after the message.
    let text = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    let advice = if reason == Reason::DatabaseBusy {
        ". Another process writes to the file; it is tried again once that process has ended its transaction."
    } else {
        ""
    };
    Error::new(reason, format!("{what}: {text}{advice}"))
}
