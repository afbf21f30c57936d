//! PostgreSQL.

mod ask;
mod batch;
mod build;
mod catalog;
mod connect;
mod defaults;
mod history;
mod hold;
mod introspect;
mod kept;
mod lag;
mod lock;
mod outside;
mod pooler;
mod predicates;
mod preflight;
mod probe;
mod repair;
mod run;
mod settings;
mod shadow;
mod steps;
mod tls;
mod types;
mod watch;

use reason::Reason;
use secrecy::SecretString;
use tokio_postgres::Client;

pub(crate) use connect::end;

use crate::error::reason_of_sqlstate;
use crate::{Credentials, Error, Settings};

/// A session.
pub(crate) struct Postgres {
    client: Client,
    settings: Settings,
    namespace: String,
    pub(crate) history_namespace: String,
    /// Keys of the session locks that are held.
    locked: Vec<lock::Key>,
    /// The fence that this session raised.
    fence: Option<i64>,
    password: SecretString,
    /// For a second session that watches this one.
    credentials: Credentials,
    /// Whose objects are made, where it is not the user of the connection.
    role: Option<String>,
    /// The server's process behind this session.
    pid: i32,
}

impl Postgres {
    /// A history table's qualified name.
    pub(crate) fn table(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.history_namespace), quoted(name))
    }

    /// Where the session is: the server, and the process there.
    pub(crate) const fn place(&self) -> (&Credentials, i32) {
        (&self.credentials, self.pid)
    }

    fn error(&self, error: &tokio_postgres::Error, what: &str) -> Error {
        use secrecy::ExposeSecret as _;
        of_driver(error, what).without(self.password.expose_secret())
    }

    pub(crate) async fn count(&mut self, query: &str) -> Result<u64, Error> {
        let row =
            self.client.query_one(query, &[]).await.map_err(|error| self.error(&error, "counting rows"))?;
        let number: Option<i64> = row.try_get(0).map_err(|error| self.error(&error, "counting rows"))?;
        Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
    }
}

/// An identifier of our own history tables; every other identifier is quoted by the `sql` crate.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The server's words, without the values of rows.
fn of_driver(error: &tokio_postgres::Error, what: &str) -> Error {
    if let Some(server) = error.as_db_error() {
        let code = server.code().code();
        let mut message = format!("{what}: {} (SQLSTATE {code})", without_values(code, server.message()));
        if let Some(hint) = server.hint() {
            message.push_str("; hint: ");
            message.push_str(hint);
        }
        // A limit to the size of files is no error of its own to the server (PostgreSQL: `errcode_for_file_access`).
        let at_limit = code == "XX000" && matches!(server.routine(), Some("mdextend" | "mdzeroextend"));
        let reason = if at_limit { Reason::DatabaseUnavailable } else { reason_of_sqlstate(code) };
        return Error::new(reason, message).with_sqlstate(code);
    }
    let mut message = format!("{what}: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = inner.source();
    }
    let reason = if message.contains("error performing TLS handshake") {
        Reason::TlsFailed
    } else if message.contains("invalid configuration") || message.contains("authentication") {
        Reason::CredentialsRejected
    } else if error.is_closed()
        || message.contains("communicating with the server")
        || message.contains("error connecting to server")
        || message.contains("connection closed")
    {
        Reason::DatabaseUnreachable
    } else {
        Reason::InternalError
    };
    Error::new(reason, message)
}

/// A value that cannot be read or does not fit stands in the text of class 22, between quotes: last, after a colon, or
/// first, after a word. Names of types stand in the middle.
fn without_values(code: &str, message: &str) -> String {
    if !code.starts_with("22") {
        return message.to_owned();
    }
    if let Some((start, _)) = message.split_once(": \"") {
        return format!("{start}: \"***\"");
    }
    match message.split_once(" \"").zip(message.rsplit_once("\" ")) {
        Some(((start, _), (_, end))) if end.contains("out of range") => format!("{start} \"***\" {end}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_rows_are_not_told() {
        for (message, told) in [
            (
                "invalid input syntax for type integer: \"a \"b\"\"",
                "invalid input syntax for type integer: \"***\"",
            ),
            (
                "invalid input value for enum \"Role\": \"x\"",
                "invalid input value for enum \"Role\": \"***\"",
            ),
            (
                "value \"99\" is out of range for type integer",
                "value \"***\" is out of range for type integer",
            ),
            ("date/time field value out of range: \"9\"", "date/time field value out of range: \"***\""),
            ("value too long for type character varying(3)", "value too long for type character varying(3)"),
        ] {
            assert_eq!(without_values("22P02", message), told);
        }
        let other = "column \"x\" of relation \"T\" does not exist: \"y\"";
        assert_eq!(without_values("42703", other), other);
    }
}
