//! From a target to a session.

use std::time::Duration;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};
use reason::Reason;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use super::error::of_driver;
use super::tls::{self, Mode};
use super::{Flavour, MySql, get};
use crate::{Credentials, Error, Settings, TableNames, Target};

const PORT: u16 = 3306;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a server may have for everybody's sake and would end a migration half-way: an update that wants a key in its condition,
/// an end to results and joins, another end of a transaction than the one that was sent, tables without transactions and foreign
/// keys. A key that MySQL makes up for a table without one is not the table's (MySQL: "Generated Invisible Primary Keys"). What
/// one product alone knows stands in a comment for it.
const OWN: &str = "autocommit = 1, completion_type = 0, sql_safe_updates = 0, sql_big_selects = 1, \
                   sql_select_limit = 18446744073709551615, default_storage_engine = InnoDB \
                   /*!80000 , max_execution_time = 0 */ /*M!100101 , max_statement_time = 0 */ \
                   /*!80030 , show_gipk_in_create_table_and_information_schema = 0 */";

impl MySql {
    pub(crate) async fn connect(
        target: &Target,
        credentials: &Credentials,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let secret = credentials.password.expose_secret();
        let (conn, opts) = open(credentials).await.map_err(|error| error.without(secret))?;
        let mut session = Self {
            conn,
            opts,
            settings: settings.clone(),
            flavour: Flavour::MySql,
            database: credentials.database.clone(),
            history_database: target.history_namespace().unwrap_or(&credentials.database).to_owned(),
            locked: Vec::new(),
            fence: None,
            table_names: TableNames::Kept,
            password: credentials.password.clone(),
        };
        session.prepare().await?;
        Ok(session)
    }

    /// Settings of the session. Strict, so that a value that does not fit makes a statement fail; and a row whose number is
    /// zero keeps it where its table is copied or its column begins to count (MySQL: `NO_AUTO_VALUE_ON_ZERO`). A person's SQL that
    /// divides by zero fails, as it does in the mode that both servers have by default, instead of writing nulls.
    async fn prepare(&mut self) -> Result<(), Error> {
        let what = "preparing the session";
        // Whole seconds are the server's unit; more than two would hold up others for too long.
        let patience = self.settings.lock_timeout.as_secs().clamp(1, 2);
        let statement = format!(
            "SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', \
             time_zone = '+00:00', \
             foreign_key_checks = 1, unique_checks = 1, lock_wait_timeout = {patience}, \
             innodb_lock_wait_timeout = {patience}, wait_timeout = 28800, {OWN}"
        );
        self.send(&statement, what).await?;
        let rows = self
            .rows("SELECT version(), @@read_only, database(), @@lower_case_table_names", (), what)
            .await?;
        if let Some(row) = rows.first() {
            let version: String = get(row, 0)?;
            if version.contains("MariaDB") {
                self.flavour = Flavour::MariaDb;
            }
            // MySQL would answer with sizes that are up to a day old (MySQL: `information_schema_stats_expiry`).
            if self.flavour == Flavour::MySql {
                self.send("SET SESSION information_schema_stats_expiry = 0", what).await?;
            }
            if get::<i64>(row, 1)? != 0 {
                return Err(Error::new(
                    Reason::DatabaseUnavailable,
                    "the server is read-only, as a replica is; name the primary in the url",
                ));
            }
            // Where names are folded to lower case, this is the name that everybody else sees.
            if let Some(database) = get::<Option<String>>(row, 2)? {
                self.database = database;
            }
            if get::<i64>(row, 3)? == 1 {
                self.table_names = TableNames::Lower;
            }
        }
        Ok(())
    }
}

/// Ends the session of this connection, unless a statement of it is at work: a change of a table that was begun is left to
/// its end, which the next run waits for. One that waits for a lock has changed nothing yet.
pub(crate) async fn end(opts: Opts, connection: u32) -> Result<(), Error> {
    let secret = opts.pass().unwrap_or_default().to_owned();
    let told = |error: &mysql_async::Error| of_driver(error, "ending the session").without(&secret);
    let mut conn = Conn::new(opts).await.map_err(|error| told(&error))?;
    let query = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = ? \
                 AND (COMMAND = 'Sleep' OR STATE LIKE 'Waiting for %lock%')";
    let ends: Option<u64> = conn.exec_first(query, (connection,)).await.map_err(|error| told(&error))?;
    if ends == Some(1) {
        conn.query_drop(format!("KILL {connection}")).await.map_err(|error| told(&error))?;
    }
    conn.disconnect().await.map_err(|error| told(&error))
}

async fn open(credentials: &Credentials) -> Result<(Conn, Opts), Error> {
    let socket = socket(credentials);
    let mode = if socket.is_some() { Mode::Disable } else { Mode::read(&credentials.params)? };
    if mode != Mode::Disable {
        let encryption = tls::options(mode, &credentials.params).await?;
        let mut outcome = attempt(credentials, Some(encryption.clone())).await;
        // A name that fits is asked for first: whoever passes connections on may go by it.
        if matches!(&outcome, Err(error) if error.reason() == Reason::TlsFailed)
            && let Some(encryption) = tls::of_any_name(&encryption)
        {
            outcome = attempt(credentials, Some(encryption)).await;
        }
        match outcome {
            Err(error) if mode == Mode::Prefer && error.reason() == Reason::TlsFailed => {}
            outcome => return outcome,
        }
    }
    match attempt(credentials, None).await {
        Err(error) if socket.is_none() => Err(wanting_tls(credentials, mode, error).await),
        outcome => outcome,
    }
}

/// A server or an account that demands TLS: MariaDB only denies the access, as it does for a wrong password, so that the same
/// is asked with TLS.
async fn wanting_tls(credentials: &Credentials, mode: Mode, error: Error) -> Error {
    let demanded = match error.reason() {
        Reason::TlsFailed => true,
        Reason::CredentialsRejected if mode == Mode::Disable => {
            attempt(credentials, Some(tls::unchecked())).await.is_ok()
        }
        _ => false,
    };
    if demanded && mode == Mode::Disable {
        let advice = "; the server demands TLS: set `sslmode=require`, or one of the modes that check its certificate, instead of \
                      `sslmode=disable` in the url";
        return error.because(Reason::TlsFailed).followed_by(advice);
    }
    if error.reason() == Reason::CredentialsRejected {
        return error.followed_by("; this connection has no TLS, which the account may want");
    }
    error
}

async fn attempt(credentials: &Credentials, encryption: Option<SslOpts>) -> Result<(Conn, Opts), Error> {
    let place = match socket(credentials) {
        Some(path) => format!("connecting to {path}"),
        None => format!("connecting to {}:{}", credentials.host, credentials.port.unwrap_or(PORT)),
    };
    let opts = options(credentials, encryption);
    let limit = credentials
        .params
        .get("connect_timeout")
        .and_then(|seconds| seconds.parse().ok())
        .filter(|seconds| *seconds > 0)
        .map_or(CONNECT_TIMEOUT, Duration::from_secs);
    match timeout(limit, Conn::new(opts.clone())).await {
        Ok(Ok(conn)) => Ok((conn, opts)),
        Ok(Err(error)) => Err(explained(&error, &place)),
        Err(_) => Err(Error::new(
            Reason::DatabaseUnreachable,
            format!("{place}: no answer within {} s", limit.as_secs()),
        )),
    }
}

/// Before a session exists whatever is neither the server's answer nor TLS is the way to it.
fn explained(error: &mysql_async::Error, place: &str) -> Error {
    let explained = of_driver(error, place);
    match explained.reason() {
        Reason::InternalError => explained.because(Reason::DatabaseUnreachable),
        _ => explained,
    }
}

/// A Unix socket: named in the url, or in place of the host.
fn socket(credentials: &Credentials) -> Option<&str> {
    let named = credentials.params.get("socket").map(String::as_str);
    named.or_else(|| credentials.host.starts_with('/').then_some(credentials.host.as_str()))
}

fn options(credentials: &Credentials, encryption: Option<SslOpts>) -> Opts {
    let password = credentials.password.expose_secret();
    let socket = socket(credentials);
    OptsBuilder::default()
        .ip_or_hostname(if socket.is_some() { "localhost" } else { &credentials.host })
        .tcp_port(credentials.port.unwrap_or(PORT))
        .socket(socket)
        .prefer_socket(socket.is_some())
        .user(Some(&credentials.user))
        .pass(Some(password).filter(|password| !password.is_empty()))
        .db_name(Some(&credentials.database))
        .ssl_opts(encryption)
        .tcp_keepalive(Some(Duration::from_secs(30)))
        // An update that changes nothing has found its row all the same.
        .client_found_rows(true)
        .into()
}
