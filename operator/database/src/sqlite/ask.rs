//! Questions about the rows, in one snapshot.

use rusqlite::types::FromSql;
use rusqlite::{ErrorCode, OptionalExtension as _};
use tokio::time::timeout;

use super::{Sqlite, of_driver};
use crate::question::{Patience, Rows, Told, answers, unanswered};
use crate::{Answer, Error, Question};

const WHAT: &str = "counting rows";

impl Sqlite {
    pub(crate) async fn ask(&mut self, questions: &[Question]) -> Result<Vec<Answer>, Error> {
        // Under the migration lock there is a transaction already.
        let own = self.with(|connection| Ok(connection.is_autocommit())).await?;
        if own {
            self.send("BEGIN").await?;
        }
        let time = self.settings.time_for_questions();
        let answers = answers(self, questions, time).await;
        if own {
            self.send("COMMIT").await?;
        }
        answers
    }

    async fn send(&self, statement: &'static str) -> Result<(), Error> {
        self.with(move |connection| {
            connection.execute_batch(statement).map_err(|error| of_driver(&error, WHAT))
        })
        .await
    }

    /// The first cell of the first row.
    async fn first<T>(&self, query: &str, patience: Patience) -> Result<Told<Option<T>>, Error>
    where
        T: FromSql + Send + 'static,
    {
        let Some(left) = patience.left() else { return Ok(Told::Not(patience.over())) };
        let handle = self.with(|connection| Ok(connection.get_interrupt_handle())).await?;
        let query = query.to_owned();
        let work = self.with(move |connection| {
            let answer = connection.query_row(&query, [], |row| row.get::<_, Option<T>>(0)).optional();
            Ok(match answer {
                Ok(cell) => Told::Answered(cell.flatten()),
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                    Told::Not(patience.over())
                }
                Err(error) => Told::Not(unanswered(&of_driver(&error, WHAT))),
            })
        });
        let mut work = std::pin::pin!(work);
        match timeout(left, work.as_mut()).await {
            Ok(told) => told,
            Err(_) => {
                handle.interrupt();
                work.await
            }
        }
    }
}

impl Rows for Sqlite {
    async fn number(&mut self, query: &str, patience: Patience) -> Result<Told<Option<u64>>, Error> {
        let told = self.first::<i64>(query, patience).await?;
        Ok(told.map(|count| count.and_then(|count| u64::try_from(count).ok())))
    }

    async fn text(&mut self, query: &str, patience: Patience) -> Result<Told<Option<String>>, Error> {
        self.first(query, patience).await
    }
}
