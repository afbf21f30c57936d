//! From a target to a session.

use std::time::Duration;

use reason::Reason;
use secrecy::ExposeSecret as _;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};

use super::tls::{self, Mode};
use super::{Postgres, of_driver, pooler};
use crate::{Credentials, Error, Settings, Target};

const PORT: u16 = 5432;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Postgres {
    pub(crate) async fn connect(
        target: &Target,
        credentials: &Credentials,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let secret = credentials.password.expose_secret();
        let client = open_direct(credentials).await.map_err(|error| error.without(secret))?;
        let namespace = target.namespace().unwrap_or("public").to_owned();
        let mut session = Self {
            client,
            settings: settings.clone(),
            history_namespace: target.history_namespace().map_or_else(|| namespace.clone(), str::to_owned),
            namespace,
            locked: Vec::new(),
            fence: None,
            password: credentials.password.clone(),
            credentials: credentials.clone(),
            pid: 0,
        };
        session.prepare().await?;
        Ok(session)
    }

    /// A second session of the same kind, to watch this one. It runs no step.
    pub(super) async fn another(&self) -> Result<Self, Error> {
        let secret = self.password.expose_secret();
        let mut session = Self {
            client: open(&self.credentials).await.map_err(|error| error.without(secret))?,
            settings: self.settings.clone(),
            namespace: self.namespace.clone(),
            history_namespace: self.history_namespace.clone(),
            locked: Vec::new(),
            fence: None,
            password: self.password.clone(),
            credentials: self.credentials.clone(),
            pid: 0,
        };
        session.settings.application_name.push_str("/watch");
        session.prepare().await?;
        Ok(session)
    }

    /// Settings of the session, by SQL: a pooler may refuse them as start-up parameters.
    async fn prepare(&mut self) -> Result<(), Error> {
        let row = self
            .client
            .query_one(
                "SELECT pg_catalog.set_config('application_name', $1, false), \
                 pg_catalog.set_config('search_path', '', false), \
                 pg_catalog.set_config('TimeZone', 'UTC', false), \
                 pg_catalog.set_config('standard_conforming_strings', 'on', false), \
                 pg_catalog.set_config('client_min_messages', 'warning', false), \
                 pg_catalog.set_config('idle_in_transaction_session_timeout', '10min', false), \
                 pg_catalog.set_config('statement_timeout', $2, false), \
                 pg_catalog.set_config('lock_timeout', $3, false), \
                 pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid()",
                &[
                    &self.settings.application_name,
                    &self.settings.statement_timeout.as_millis().to_string(),
                    &self.settings.lock_timeout.as_millis().to_string(),
                ],
            )
            .await
            .map_err(|error| self.error(&error, "preparing the session"))?;
        let standby: bool = self.get(&row, 8)?;
        self.pid = self.get(&row, 9)?;
        if standby {
            return Err(Error::new(
                Reason::DatabaseUnavailable,
                "the server is a read-only standby; name the primary in the url",
            ));
        }
        Ok(())
    }
}

/// A session that is nobody else's. A second one, only for the comparison, lives for some milliseconds.
async fn open_direct(credentials: &Credentials) -> Result<Client, Error> {
    let client = open(credentials).await?;
    let second = open(credentials).await?;
    pooler::refuse(&client, &second).await?;
    Ok(client)
}

async fn open(credentials: &Credentials) -> Result<Client, Error> {
    let socket = credentials.host.starts_with('/');
    let mode = if socket {
        Mode::Disable
    } else {
        Mode::read(credentials.params.get("sslmode").map(String::as_str))?
    };
    let root = credentials.params.get("sslrootcert").map(String::as_str).filter(|path| !path.is_empty());
    let mut config = config(credentials);
    if mode != Mode::Disable {
        config.ssl_mode(if mode == Mode::Prefer { SslMode::Prefer } else { SslMode::Require });
        match encrypted(&config, mode, root, credentials).await {
            Err(error) if mode == Mode::Prefer && error.reason() == Reason::TlsFailed => {}
            outcome => return outcome,
        }
    }
    config.ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect(NoTls).await.map_err(|error| explained(&error, credentials))?;
    drive(connection);
    Ok(client)
}

async fn encrypted(
    config: &Config,
    mode: Mode,
    root: Option<&str>,
    credentials: &Credentials,
) -> Result<Client, Error> {
    let connector = tls::connector(mode, root).await?;
    let (client, connection) =
        config.connect(connector).await.map_err(|error| explained(&error, credentials))?;
    drive(connection);
    Ok(client)
}

/// The connection ends when the client is dropped.
fn drive<S, T>(connection: tokio_postgres::Connection<S, T>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        if connection.await.is_err() {
            // Each statement in flight reports the loss itself.
            tracing::debug!("the connection to the database ended");
        }
    });
}

fn config(credentials: &Credentials) -> Config {
    let mut config = Config::new();
    config
        .host(&credentials.host)
        .port(credentials.port.unwrap_or(PORT))
        .user(&credentials.user)
        .dbname(&credentials.database)
        .keepalives_idle(Duration::from_secs(30));
    let password = credentials.password.expose_secret();
    if !password.is_empty() {
        config.password(password);
    }
    let timeout = credentials
        .params
        .get("connect_timeout")
        .and_then(|seconds| seconds.parse().ok())
        .filter(|seconds| *seconds > 0)
        .map_or(CONNECT_TIMEOUT, Duration::from_secs);
    config.connect_timeout(timeout);
    config
}

fn explained(error: &tokio_postgres::Error, credentials: &Credentials) -> Error {
    let place = format!("connecting to {}:{}", credentials.host, credentials.port.unwrap_or(PORT));
    let explained = of_driver(error, &place);
    if explained.reason() == Reason::InternalError {
        let text = explained.to_string();
        let reason = if text.contains("TLS") {
            Reason::TlsFailed
        } else if text.contains("password") {
            Reason::CredentialsRejected
        } else {
            Reason::DatabaseUnreachable
        };
        return explained.because(reason);
    }
    explained
}
