//! What is asked of the rows before a plan runs: [`Question`] and [`Answer`].

use std::time::Duration;

use reason::Reason;

use crate::Error;

/// Rows to count, and how to name one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// A query that answers one number.
    pub count: String,
    /// Queries that answer one text or nothing; the first text is the example. Asked only when there are rows.
    pub examples: Vec<String>,
}

/// What the database said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// So many rows.
    Rows {
        /// How many.
        count: u64,
        /// The primary key of one of them, at most [`EXAMPLE`] characters, none of them a control character.
        example: Option<String>,
    },
    /// Nobody knows, and why; never a value of a row.
    Unknown(String),
}

/// Most characters of an example.
pub const EXAMPLE: usize = 200;

/// What a query came to.
pub(crate) enum Told<T> {
    Answered(T),
    /// The server refused or stopped it; the session goes on.
    Not(String),
}

impl<T> Told<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Told<U> {
        match self {
            Self::Answered(value) => Told::Answered(change(value)),
            Self::Not(why) => Told::Not(why),
        }
    }
}

/// The time that is left for questions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    end: std::time::Instant,
    whole: Duration,
}

impl Patience {
    pub(crate) fn new(whole: Duration) -> Self {
        Self { end: std::time::Instant::now() + whole, whole }
    }

    /// At least a millisecond, since zero means no limit to the servers; `None` when nothing is left.
    pub(crate) fn left(self) -> Option<Duration> {
        let left = self.end.saturating_duration_since(std::time::Instant::now());
        (!left.is_zero()).then(|| left.max(Duration::from_millis(1)))
    }

    /// Why an answer is missing once the time is over.
    pub(crate) fn over(self) -> String {
        format!("the rows could not be counted within {} s", self.whole.as_secs_f64())
    }
}

/// A session that answers queries, each within its patience.
pub(crate) trait Rows {
    /// The number in the first cell of the first row.
    async fn number(&mut self, query: &str, patience: Patience) -> Result<Told<Option<u64>>, Error>;

    /// The text in the first cell of the first row, if there is one.
    async fn text(&mut self, query: &str, patience: Patience) -> Result<Told<Option<String>>, Error>;
}

/// One answer for each question, all of them within this time.
pub(crate) async fn answers(
    rows: &mut impl Rows,
    questions: &[Question],
    time: Duration,
) -> Result<Vec<Answer>, Error> {
    let patience = Patience::new(time);
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let count = match rows.number(&question.count, patience).await? {
            Told::Answered(count) => count.unwrap_or(0),
            Told::Not(why) => {
                answers.push(Answer::Unknown(why));
                continue;
            }
        };
        let mut example = None;
        for query in question.examples.iter().filter(|_| count > 0) {
            if let Told::Answered(Some(text)) = rows.text(query, patience).await? {
                example = Some(tidy(&text));
                break;
            }
        }
        answers.push(Answer::Rows { count, example });
    }
    Ok(answers)
}

/// Why a query was not answered, without a word of the server's that could repeat a value.
pub(crate) fn unanswered(error: &Error) -> String {
    match (error.reason(), error.sqlstate()) {
        (Reason::InsufficientPrivilege, _) => "this user may not read the rows".to_owned(),
        (Reason::LockTimeout, _) => "the table is locked by others".to_owned(),
        // No such column, no such table: questions are asked before the first step.
        (_, Some("42703" | "42P01" | "42S22" | "42S02")) => "an earlier step of the plan makes it".to_owned(),
        (_, Some(code)) => format!("the rows could not be counted (SQLSTATE {code})"),
        (_, None) => "the rows could not be counted".to_owned(),
    }
}

/// An example as it may be shown anywhere.
fn tidy(text: &str) -> String {
    let clean = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    text.chars().take(EXAMPLE).map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_plan_itself_makes_is_not_called_an_error() {
        let missing = |code: &str| unanswered(&Error::new(Reason::StatementFailed, "x").with_sqlstate(code));
        assert_eq!(missing("42703"), "an earlier step of the plan makes it");
        assert_eq!(missing("42S02"), "an earlier step of the plan makes it");
        assert_eq!(missing("22012"), "the rows could not be counted (SQLSTATE 22012)");
    }

    #[test]
    fn an_example_cannot_reach_a_terminal() {
        assert_eq!(tidy("id = \u{1b}[2J\n1"), "id = \u{fffd}[2J\u{fffd}1");
        assert_eq!(tidy(&"x".repeat(500)).len(), EXAMPLE);
    }

    #[test]
    fn no_time_is_left_after_the_last() {
        let patience = Patience::new(Duration::ZERO);
        assert_eq!(patience.left(), None);
        assert!(Patience::new(Duration::from_secs(600)).left().is_some());
    }
}
