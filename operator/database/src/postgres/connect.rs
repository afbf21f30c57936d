//! From a target to a session.

use std::time::Duration;

use reason::Reason;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use tokio_postgres::config::{ChannelBinding, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::tls::{self, Mode};
use super::{Postgres, of_driver, pooler};
use crate::parameters::Files;
use crate::{Credentials, Error, Settings, Target};

const PORT: u16 = 5432;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The driver's words when the last of several servers is not the primary that is looked for.
const READ_ONLY: &str = "database does not allow writes";

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
            role: target.role().map(str::to_owned),
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
            role: self.role.clone(),
            pid: 0,
        };
        session.settings.application_name.push_str("/watch");
        session.prepare().await?;
        Ok(session)
    }

    /// Settings of the session, by SQL: a pooler may refuse them as start-up parameters. Ours come after those of the url.
    async fn prepare(&mut self) -> Result<(), Error> {
        let (standby, pid) = self.set_up().await?;
        self.pid = pid;
        if standby {
            return Err(Error::new(
                Reason::DatabaseUnavailable,
                "the server is a standby, where nothing can be written: give the primary's address, or list every server \
                 as HOST:PORT,HOST:PORT with target_session_attrs=read-write, and the primary is found",
            ));
        }
        Ok(())
    }

    /// Answers whether this is a standby, and the server's process. With `row_security` off, a policy that would hide rows from
    /// a count or a copy makes it an error instead (PostgreSQL manual, 5.9 and 19.11). Values become text with every digit
    /// and in one form, whatever the database or the role is set to; only the order of day and month in a text stays theirs.
    /// Expressions of the catalog are read with the quotes that they need and no others. No limit to a transaction or to a session
    /// that says nothing ends a run: while it waits for a lock it says nothing (PostgreSQL manual, 19.11.1).
    pub(super) async fn set_up(&self) -> Result<(bool, i32), Error> {
        let given = self.credentials.params.get("options").map(|text| options(text)).transpose()?;
        let role = self.role.iter().map(|role| ("role".to_owned(), role.clone()));
        for (name, value) in given.unwrap_or_default().into_iter().chain(role) {
            let outcome =
                self.client.execute("SELECT pg_catalog.set_config($1, $2, false)", &[&name, &value]).await;
            outcome.map_err(|error| self.error(&error, &format!("setting {name} for the session")))?;
        }
        let row = self
            .client
            .query_one(
                "SELECT pg_catalog.set_config('application_name', $1, false), \
                 pg_catalog.set_config('search_path', '', false), \
                 pg_catalog.set_config('TimeZone', 'UTC', false), \
                 pg_catalog.set_config('standard_conforming_strings', 'on', false), \
                 pg_catalog.set_config('row_security', 'off', false), \
                 pg_catalog.set_config('extra_float_digits', '1', false), \
                 pg_catalog.set_config('DateStyle', 'ISO', false), \
                 pg_catalog.set_config('IntervalStyle', 'postgres', false), \
                 pg_catalog.set_config('bytea_output', 'hex', false), \
                 pg_catalog.set_config('client_min_messages', 'warning', false), \
                 pg_catalog.set_config('idle_in_transaction_session_timeout', '10min', false), \
                 pg_catalog.set_config('statement_timeout', $2, false), \
                 pg_catalog.set_config('lock_timeout', $3, false), \
                 pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(), \
                 pg_catalog.set_config('quote_all_identifiers', 'off', false), \
                 (SELECT pg_catalog.count(pg_catalog.set_config(s.name, '0', false)) FROM pg_catalog.pg_settings s \
                   WHERE s.name OPERATOR(pg_catalog.=) ANY (ARRAY['idle_session_timeout', 'transaction_timeout']))",
                &[
                    &self.settings.application_name,
                    &self.settings.statement_timeout.as_millis().to_string(),
                    &self.settings.lock_timeout.as_millis().to_string(),
                ],
            )
            .await
            .map_err(|error| self.error(&error, "preparing the session"))?;
        Ok((self.get(&row, 13)?, self.get(&row, 14)?))
    }
}

/// Ends the session of this process of the server, unless it builds an index: that disturbs nobody and may have taken hours.
pub(crate) async fn end(credentials: &Credentials, pid: i32) -> Result<(), Error> {
    let secret = credentials.password.expose_secret();
    let client = open(credentials).await.map_err(|error| error.without(secret))?;
    let query = "SELECT pg_catalog.pg_terminate_backend($1) \
                 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index WHERE pid = $1)";
    let outcome = client.execute(query, &[&pid]).await;
    outcome.map(|_| ()).map_err(|error| of_driver(&error, "ending the session").without(secret))
}

/// A session that is nobody else's. A second one, only for the comparison, lives for some milliseconds.
async fn open_direct(credentials: &Credentials) -> Result<Client, Error> {
    let client = open(credentials).await?;
    let second = open(credentials).await?;
    pooler::refuse(&client, &second).await?;
    Ok(client)
}

async fn open(credentials: &Credentials) -> Result<Client, Error> {
    // The driver's own limit is for one of several servers, and does not see one that answers with silence.
    let servers = u32::try_from(credentials.host.split(',').count()).unwrap_or(1);
    let limit = connect_timeout(credentials) * servers;
    match timeout(limit, opened(credentials)).await {
        Ok(outcome) => outcome,
        // Whoever listens there need not be a database.
        Err(_) => Err(Error::new(
            Reason::DatabaseUnreachable,
            format!("connecting to {}: no answer within {} s", place(credentials), limit.as_secs()),
        )),
    }
}

async fn opened(credentials: &Credentials) -> Result<Client, Error> {
    match credentials.params.get("target_session_attrs").map(String::as_str) {
        Some("primary") => primary(credentials).await,
        _ => connected(credentials).await,
    }
}

/// The first server that is not in recovery, also where `default_transaction_read_only` lets its sessions only read
/// (libpq: `target_session_attrs`). The driver knows no more than `read-write`.
async fn primary(credentials: &Credentials) -> Result<Client, Error> {
    let ports = ports(credentials)?;
    let hosts: Vec<&str> = credentials.host.split(',').collect();
    if ports.len() != 1 && ports.len() != hosts.len() {
        return Err(unreadable("port is a list of another length than host"));
    }
    let mut failed = None;
    for (host, port) in hosts.into_iter().zip(ports.iter().cycle()) {
        let mut one = Credentials { host: host.to_owned(), port: Some(*port), ..credentials.clone() };
        one.params.remove("port");
        one.params.insert("target_session_attrs".to_owned(), "any".to_owned());
        match connected(&one).await {
            Ok(client) if leads(&client).await? => return Ok(client),
            Ok(_) => failed = Some(nobody(&format!("connecting to {}", place(credentials)))),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or_else(|| unreadable("it names no host")))
}

/// Sent without a prepared statement, since a pooler may still be in between.
async fn leads(client: &Client) -> Result<bool, Error> {
    let what = "looking whether the server is a standby";
    let answer = client.simple_query("SELECT pg_catalog.pg_is_in_recovery()").await;
    let answer = answer.map_err(|error| of_driver(&error, what))?;
    Ok(answer.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0) == Some("f"),
        _ => false,
    }))
}

async fn connected(credentials: &Credentials) -> Result<Client, Error> {
    let socket = credentials.host.starts_with('/');
    let mode = if socket { Mode::Disable } else { Mode::read(&credentials.params)? };
    let mut config = config(credentials)?;
    if mode != Mode::Disable {
        config.ssl_mode(if mode == Mode::Prefer { SslMode::Prefer } else { SslMode::Require });
        match encrypted(&config, mode, credentials).await {
            Err(error) if mode == Mode::Prefer && error.reason() == Reason::TlsFailed => {}
            outcome => return outcome,
        }
    }
    config.ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect(NoTls).await.map_err(|error| explained(&error, credentials))?;
    drive(connection);
    Ok(client)
}

async fn encrypted(config: &Config, mode: Mode, credentials: &Credentials) -> Result<Client, Error> {
    let connector = tls::connector(mode, &Files::named(&credentials.params)?).await?;
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

fn config(credentials: &Credentials) -> Result<Config, Error> {
    let mut config = Config::new();
    config
        .user(&credentials.user)
        .dbname(&credentials.database)
        .connect_timeout(connect_timeout(credentials))
        .keepalives_idle(Duration::from_secs(30));
    let hosts: Vec<&str> = credentials.host.split(',').collect();
    for host in &hosts {
        config.host(*host);
    }
    for port in ports(credentials)? {
        config.port(port);
    }
    // A migration writes: of several servers only the primary will do.
    let attributes = credentials.params.get("target_session_attrs").map(String::as_str);
    match attributes.unwrap_or(if hosts.len() > 1 { "read-write" } else { "any" }) {
        "any" => config.target_session_attrs(TargetSessionAttrs::Any),
        "read-write" => config.target_session_attrs(TargetSessionAttrs::ReadWrite),
        _ => {
            return Err(unreadable(
                "target_session_attrs is not any, read-write or primary, which can be written to",
            ));
        }
    };
    match credentials.params.get("channel_binding").map(String::as_str) {
        None | Some("prefer" | "") => config.channel_binding(ChannelBinding::Prefer),
        Some("require") => config.channel_binding(ChannelBinding::Require),
        Some("disable") => config.channel_binding(ChannelBinding::Disable),
        Some(_) => return Err(unreadable("channel_binding is not one of disable, prefer and require")),
    };
    let password = credentials.password.expose_secret();
    if !password.is_empty() {
        config.password(password);
    }
    Ok(config)
}

/// One for all hosts, or one each.
fn ports(credentials: &Credentials) -> Result<Vec<u16>, Error> {
    let Some(listed) = credentials.params.get("port").filter(|listed| !listed.is_empty()) else {
        return Ok(vec![credentials.port.unwrap_or(PORT)]);
    };
    let port = |text: &str| if text.is_empty() { Ok(PORT) } else { text.parse() };
    listed
        .split(',')
        .map(port)
        .collect::<Result<_, _>>()
        .map_err(|_| unreadable("port is not a list of port numbers"))
}

fn connect_timeout(credentials: &Credentials) -> Duration {
    let seconds = credentials.params.get("connect_timeout").and_then(|seconds| seconds.parse().ok());
    seconds.filter(|seconds| *seconds > 0).map_or(CONNECT_TIMEOUT, Duration::from_secs)
}

/// The settings of libpq's `options`: `-c name=value` and `--name=value`, where a backslash keeps a blank.
fn options(text: &str) -> Result<Vec<(String, String)>, Error> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            letter if letter.is_whitespace() => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    words.push(word);
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let setting = match (word.strip_prefix("--"), word.strip_prefix("-c")) {
            (None, Some("")) => words.next().unwrap_or_default(),
            (Some(setting), _) | (None, Some(setting)) => setting.to_owned(),
            (None, None) => String::new(),
        };
        let Some((name, value)) = setting.split_once('=') else {
            return Err(unreadable("options holds something other than -c name=value"));
        };
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(settings)
}

fn unreadable(why: &str) -> Error {
    Error::new(Reason::UrlInvalid, format!("the connection string cannot be used: {why}"))
}

/// `host:port`, for people.
fn place(credentials: &Credentials) -> String {
    match credentials.params.get("port") {
        Some(ports) => format!("{} (ports {ports})", credentials.host),
        None => format!("{}:{}", credentials.host, credentials.port.unwrap_or(PORT)),
    }
}

fn explained(error: &tokio_postgres::Error, credentials: &Credentials) -> Error {
    let place = format!("connecting to {}", place(credentials));
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
    if explained.to_string().contains(READ_ONLY) {
        return nobody(&place);
    }
    explained
}

fn nobody(place: &str) -> Error {
    Error::new(
        Reason::DatabaseUnavailable,
        format!("{place}: no server that answers can be written to: each is a standby, or read-only"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_libpq_reads_them() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            options("-c geqo=off  -cwork_mem=8MB --statement-timeout=5min -c a.b=x\\ y"),
            Ok(vec![
                pair("geqo", "off"),
                pair("work_mem", "8MB"),
                pair("statement_timeout", "5min"),
                pair("a.b", "x y")
            ])
        );
        assert_eq!(options("project=x").unwrap_err().reason(), Reason::UrlInvalid);
    }
}
