//! Questions about the rows, in one snapshot.

use mysql_async::prelude::{FromValue, Queryable as _};

use super::{Flavour, MySql};
use crate::question::{Patience, Rows, Told, answers, unanswered};
use crate::{Answer, Error, Question};

const WHAT: &str = "counting rows";

/// What the products answer when a query took too long.
const STOPPED: [u16; 3] = [1317, 1969, 3024];

impl MySql {
    pub(crate) async fn ask(&mut self, questions: &[Question]) -> Result<Vec<Answer>, Error> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        self.send("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", WHAT).await?;
        let time = self.settings.time_for_questions();
        let outcome = answers(self, questions, time).await;
        self.limit(None).await?;
        self.end(outcome).await
    }

    /// The first cell of the first row.
    async fn first<T>(&mut self, query: &str, patience: Patience) -> Result<Told<Option<T>>, Error>
    where
        T: FromValue + Send + 'static,
    {
        let Some(left) = patience.left() else { return Ok(Told::Not(patience.over())) };
        self.limit(Some(left)).await?;
        let answer: Result<Option<Option<T>>, _> = self.conn.query_first(query).await;
        let error = match answer {
            Ok(cell) => return Ok(Told::Answered(cell.flatten())),
            Err(error) => error,
        };
        let stopped = matches!(&error, mysql_async::Error::Server(server) if STOPPED.contains(&server.code));
        let told = self.error(&error, WHAT);
        match error {
            _ if stopped => Ok(Told::Not(patience.over())),
            mysql_async::Error::Server(_) if told.reason() != reason::Reason::DatabaseUnreachable => {
                Ok(Told::Not(unanswered(&told)))
            }
            _ => Err(told),
        }
    }

    /// Longest time of a query of this session; each product has a word of its own for it.
    async fn limit(&mut self, most: Option<std::time::Duration>) -> Result<(), Error> {
        let statement = match (self.flavour, most) {
            (Flavour::MySql, most) => {
                format!("SET SESSION max_execution_time = {}", most.map_or(0, |most| most.as_millis()))
            }
            (Flavour::MariaDb, most) => {
                let seconds = most.map_or(0.0, |most| most.as_secs_f64());
                format!("SET SESSION max_statement_time = {seconds:.3}")
            }
        };
        self.send(&statement, WHAT).await
    }
}

impl Rows for MySql {
    async fn number(&mut self, query: &str, patience: Patience) -> Result<Told<Option<u64>>, Error> {
        self.first(query, patience).await
    }

    async fn text(&mut self, query: &str, patience: Patience) -> Result<Told<Option<String>>, Error> {
        self.first(query, patience).await
    }
}
