//! Questions about the rows, in one snapshot.

use super::Postgres;
use crate::question::{Patience, Rows, Told, answers, unanswered};
use crate::{Answer, Error, Question};

const WHAT: &str = "counting rows";

impl Postgres {
    pub(crate) async fn ask(&mut self, questions: &[Question]) -> Result<Vec<Answer>, Error> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        self.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let time = self.settings.time_for_questions();
        let outcome = answers(self, questions, time).await;
        self.end(outcome).await
    }

    /// The first cell of the first row. A savepoint keeps the snapshot when the server refuses the query.
    async fn first<T>(&self, query: &str, patience: Patience) -> Result<Told<Option<T>>, Error>
    where
        T: for<'a> tokio_postgres::types::FromSql<'a>,
    {
        let Some(left) = patience.left() else { return Ok(Told::Not(patience.over())) };
        self.send(&format!("SAVEPOINT question; SET LOCAL statement_timeout = {}", left.as_millis())).await?;
        let error = match self.client.query_opt(query, &[]).await {
            Ok(row) => {
                self.send("RELEASE SAVEPOINT question").await?;
                let cell = row.map(|row| row.try_get::<_, Option<T>>(0)).transpose();
                return cell
                    .map(|cell| Told::Answered(cell.flatten()))
                    .map_err(|error| self.error(&error, WHAT));
            }
            Err(error) => error,
        };
        let stopped = error.code() == Some(&tokio_postgres::error::SqlState::QUERY_CANCELED);
        let error = self.error(&error, WHAT);
        if error.is_transient() && error.reason() != reason::Reason::LockTimeout {
            return Err(error);
        }
        self.send("ROLLBACK TO SAVEPOINT question").await?;
        Ok(Told::Not(if stopped { patience.over() } else { unanswered(&error) }))
    }

    async fn send(&self, statement: &str) -> Result<(), Error> {
        self.client.batch_execute(statement).await.map_err(|error| self.error(&error, WHAT))
    }
}

impl Rows for Postgres {
    async fn number(&mut self, query: &str, patience: Patience) -> Result<Told<Option<u64>>, Error> {
        let told = self.first::<i64>(query, patience).await?;
        Ok(told.map(|count| count.and_then(|count| u64::try_from(count).ok())))
    }

    async fn text(&mut self, query: &str, patience: Patience) -> Result<Told<Option<String>>, Error> {
        self.first(query, patience).await
    }
}
