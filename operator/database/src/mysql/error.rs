//! The server's words, without the values of rows.

use mysql_async::{DriverError, IoError, ServerError};
use reason::Reason;

use crate::Error;

pub(super) fn unreadable(at: usize) -> Error {
    Error::new(
        Reason::InternalError,
        format!("reading an answer of the database: cell {at} is not of its type"),
    )
}

pub(super) fn of_driver(error: &mysql_async::Error, what: &str) -> Error {
    match error {
        mysql_async::Error::Server(server) => of_server(server, what),
        mysql_async::Error::Io(IoError::Tls(cause)) => {
            Error::new(Reason::TlsFailed, format!("{what}: TLS: {cause}"))
        }
        // A handshake that fails comes as an error of the stream.
        mysql_async::Error::Io(IoError::Io(cause))
            if cause.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) =>
        {
            Error::new(Reason::TlsFailed, format!("{what}: TLS: {cause}"))
        }
        mysql_async::Error::Io(IoError::Io(cause)) => {
            Error::new(Reason::DatabaseUnreachable, format!("{what}: {cause}"))
        }
        mysql_async::Error::Driver(DriverError::ConnectionClosed) => {
            Error::new(Reason::DatabaseUnreachable, format!("{what}: the connection is closed"))
        }
        mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            Error::new(Reason::TlsFailed, format!("{what}: the server has no TLS"))
        }
        // MySQL also names one for users that it does not know, so that nobody learns which there are.
        mysql_async::Error::Driver(DriverError::UnknownAuthPlugin { name }) => Error::new(
            Reason::CredentialsRejected,
            format!(
                "{what}: the server asks for `{name}`, which is not known here, or it does not know the user"
            ),
        ),
        // A value that cannot be read is not shown.
        mysql_async::Error::Driver(DriverError::FromValue { .. } | DriverError::FromRow { .. }) => {
            Error::new(Reason::InternalError, format!("{what}: an answer is not of its type"))
        }
        other => Error::new(Reason::InternalError, format!("{what}: {other}")),
    }
}

fn of_server(server: &ServerError, what: &str) -> Error {
    let ServerError { code, message, state } = server;
    let message = without_values(message);
    // MySQL: "Server Error Message Reference", ER_DISK_FULL and ER_RECORD_FILE_FULL.
    let hint = match code {
        1021 | 1114 => "; make room on the server's disk, and the next run goes on from here",
        _ => "",
    };
    Error::new(reason_of(*code, state), format!("{what}: {message} (error {code}, SQLSTATE {state}){hint}"))
        .with_sqlstate(state)
}

/// The reason that a number of the server stands for.
fn reason_of(code: u16, state: &str) -> Reason {
    match code {
        1044 | 1142 | 1143 | 1227 | 1370 | 1419 => Reason::InsufficientPrivilege,
        1045 | 1130 | 1251 | 1524 | 1698 | 1820 | 1862 | 3118 | 3955 | 4151 => Reason::CredentialsRejected,
        3159 | 4248 => Reason::TlsFailed,
        1049 => Reason::DatabaseNotFound,
        1205 | 1213 | 3572 => Reason::LockTimeout,
        // Among them: out of memory, of memory to sort in, of threads, and of what a session or all of them may have.
        5 | 1037 | 1038 | 1041 | 1135 | 4081 | 4082 | 1040 | 1129 | 1203 | 1021 | 1114 | 1290 | 1792
        | 1836 | 3100 => Reason::DatabaseUnavailable,
        1053 | 1077 | 1079 | 1152 | 1153 | 1158..=1161 | 1184 | 1189 | 1190 | 1927 | 3032 => {
            Reason::DatabaseUnreachable
        }
        // Duplicates, nulls, orphans, and what does not fit or cannot be read.
        1022 | 1048 | 1062 | 1138 | 1216 | 1217 | 1264 | 1265 | 1292 | 1366 | 1406 | 1411 | 1451 | 1452
        | 1586 | 3140 | 3819 | 4025 => Reason::DataViolatesPlan,
        _ => match state.get(..2) {
            Some("08") => Reason::DatabaseUnreachable,
            Some("22" | "23") => Reason::DataViolatesPlan,
            _ => Reason::StatementFailed,
        },
    }
}

/// A duplicate or a value that does not fit stands in the text, between quotes, before what it is for.
fn without_values(message: &str) -> String {
    for (before, after) in
        [("Duplicate entry '", "' for key "), (" value: '", "' for column "), (" value: '", "' for ")]
    {
        if let Some((start, rest)) = message.split_once(before)
            && let Some((_, end)) = rest.rsplit_once(after)
        {
            return format!("{start}{before}***{after}{end}");
        }
    }
    if let Some((start, _)) = message.split_once(" value: '") {
        return format!("{start} value: ***");
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_rows_are_not_told() {
        assert_eq!(
            without_values("Duplicate entry 'ann' for key 'x' for key 'User_email_key'"),
            "Duplicate entry '***' for key 'User_email_key'"
        );
        assert_eq!(
            without_values("Incorrect integer value: 'secret' for column `d`.`t`.`c` at row 1"),
            "Incorrect integer value: '***' for column `d`.`t`.`c` at row 1"
        );
        assert_eq!(
            without_values("Truncated incorrect DOUBLE value: 'secret'"),
            "Truncated incorrect DOUBLE value: ***"
        );
        assert_eq!(
            without_values("Data too long for column 'c' at row 1"),
            "Data too long for column 'c' at row 1"
        );
    }

    #[test]
    fn numbers_have_their_reasons() {
        for (code, state, reason) in [
            (1045, "28000", Reason::CredentialsRejected),
            (1130, "HY000", Reason::CredentialsRejected),
            (3159, "HY000", Reason::TlsFailed),
            (1049, "42000", Reason::DatabaseNotFound),
            (1142, "42000", Reason::InsufficientPrivilege),
            (1205, "HY000", Reason::LockTimeout),
            (1062, "23000", Reason::DataViolatesPlan),
            (1290, "HY000", Reason::DatabaseUnavailable),
            (1037, "HY001", Reason::DatabaseUnavailable),
            (1050, "42S01", Reason::StatementFailed),
            (9999, "22001", Reason::DataViolatesPlan),
        ] {
            assert_eq!(reason_of(code, state), reason, "{code}");
        }
    }
}
