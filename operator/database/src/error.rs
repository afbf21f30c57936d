//! What can go wrong at the database, with its [`Reason`].

use reason::{Class, Reason};

/// A failure at the database. Its text is for a person and never holds a password or a whole url.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    reason: Reason,
    message: String,
    sqlstate: Option<String>,
    step: Option<usize>,
}

impl Error {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), sqlstate: None, step: None }
    }

    /// The reason for conditions, metrics and the exit code.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The server's five-character code, when the server answered with one.
    pub fn sqlstate(&self) -> Option<&str> {
        self.sqlstate.as_deref()
    }

    /// The step (counted from 0) that failed, when one did.
    pub const fn step(&self) -> Option<usize> {
        self.step
    }

    /// True when trying again later can help without an edit.
    pub fn is_transient(&self) -> bool {
        self.reason.class() == Class::Transient
    }

    pub(crate) fn with_sqlstate(mut self, code: impl Into<String>) -> Self {
        self.sqlstate = Some(code.into());
        self
    }

    pub(crate) const fn at_step(mut self, step: usize) -> Self {
        self.step = Some(step);
        self
    }

    pub(crate) fn because(mut self, reason: Reason) -> Self {
        self.reason = reason;
        self
    }

    pub(crate) fn followed_by(mut self, text: &str) -> Self {
        self.message.push_str(text);
        self
    }

    /// Says what to look at when no session could be opened.
    pub(crate) fn advised(self) -> Self {
        let advice = match self.reason {
            Reason::CredentialsRejected => ". Check the user and the password of the connection.",
            Reason::DatabaseNotFound => ". Create the database, or correct its name in the connection.",
            Reason::DatabaseUnreachable => {
                ". Check the host and the port, and whether the network lets us through."
            }
            Reason::TlsFailed => ". Check the server's certificate, and `sslmode` of the connection.",
            _ => return self,
        };
        self.followed_by(advice)
    }

    /// Takes a secret out of the text, wherever a driver may have put it.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() && self.message.contains(secret) {
            self.message = self.message.replace(secret, "***");
        }
        self
    }
}

/// The reason that a SQLSTATE stands for.
pub(crate) fn reason_of_sqlstate(code: &str) -> Reason {
    match code {
        "42501" => Reason::InsufficientPrivilege,
        "28P01" | "28000" => Reason::CredentialsRejected,
        "3D000" => Reason::DatabaseNotFound,
        "57P01" | "57P02" | "57P03" | "57P05" => Reason::DatabaseUnreachable,
        "25006" => Reason::DatabaseUnavailable,
        // A serialisation failure or a deadlock heals by itself, as a lock timeout does.
        "55P03" | "40001" | "40P01" => Reason::LockTimeout,
        "23502" | "23503" | "23505" | "23514" | "23P01" => Reason::DataViolatesPlan,
        other => match other.get(..2) {
            Some("08") => Reason::DatabaseUnreachable,
            Some("53") => Reason::DatabaseUnavailable,
            Some("22") => Reason::DataViolatesPlan,
            _ => Reason::StatementFailed,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstates_have_their_reasons() {
        for (code, reason) in [
            ("42501", Reason::InsufficientPrivilege),
            ("23505", Reason::DataViolatesPlan),
            ("22001", Reason::DataViolatesPlan),
            ("28P01", Reason::CredentialsRejected),
            ("3D000", Reason::DatabaseNotFound),
            ("08006", Reason::DatabaseUnreachable),
            ("53300", Reason::DatabaseUnavailable),
            ("55P03", Reason::LockTimeout),
            ("42P07", Reason::StatementFailed),
            ("", Reason::StatementFailed),
        ] {
            assert_eq!(reason_of_sqlstate(code), reason, "{code}");
        }
    }

    #[test]
    fn a_secret_is_taken_out_of_the_text() {
        let error = Error::new(Reason::InternalError, "cannot use hunter2 here").without("hunter2");
        assert_eq!(error.to_string(), "cannot use *** here");
    }
}
