//! Whether a pooler gives every transaction to another session of the server. Through one a session lock belongs to
//! nobody, and a setting changes the application's sessions: such a connection is refused before
//! anything is set or written. A pooler that gives a client one session for as long as it stays does no harm.

use std::time::Duration;

use reason::Reason;
use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::of_driver;
use crate::Error;

const WHAT: &str = "looking for a pooler on the way to the server";
/// Who owns the process that answers.
const PID: &str = "SELECT pg_catalog.pg_backend_pid()";
/// A busy pooler may by chance give the same processes twice.
const ROUNDS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(20);

/// Refuses two sessions of the same target when the server does not know them as two that last.
///
/// Nothing is set, and no statement is prepared: both would stay with the server's session when it is given away.
pub(super) async fn refuse(first: &Client, second: &Client) -> Result<(), Error> {
    match timeout(PATIENCE, shared(first, second)).await {
        Ok(Ok(false)) => Ok(()),
        Ok(Ok(true)) => Err(Error::new(
            Reason::PooledConnection,
            "the connection goes through a pooler that gives each transaction to another session of the server (such as \
             PgBouncer with pool_mode = transaction). Locks and settings would belong to whoever comes next, so nothing \
             was done. Give the database's own address instead, the one that Prisma calls `directUrl`: in the Secret key \
             that `target.urlFrom` names, or in DATABASE_URL for the command line. A pooler in session mode will do, too",
        )),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::new(
            Reason::DatabaseUnavailable,
            format!("{WHAT}: a second session got no answer within {} s", PATIENCE.as_secs()),
        )),
    }
}

async fn shared(first: &Client, second: &Client) -> Result<bool, Error> {
    let (mine, theirs) = (pid(first, PID).await?, pid(second, PID).await?);
    if mine == theirs {
        return Ok(true);
    }
    for _ in 0..ROUNDS {
        // Whoever holds a transaction has a process to itself, so the other one may be given another.
        for (holder, held, other, seen) in [(second, theirs, first, mine), (first, mine, second, theirs)] {
            let in_transaction = pid(holder, &format!("BEGIN; {PID}")).await?;
            let beside = pid(other, PID).await?;
            holder.simple_query("ROLLBACK").await.map_err(|error| of_driver(&error, WHAT))?;
            if in_transaction != held || beside != seen {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

async fn pid(client: &Client, query: &str) -> Result<i32, Error> {
    let messages = client.simple_query(query).await.map_err(|error| of_driver(&error, WHAT))?;
    let found = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).and_then(|text| text.parse().ok()),
        _ => None,
    });
    found.ok_or_else(|| Error::new(Reason::DatabaseUnavailable, format!("{WHAT}: no answer")))
}
