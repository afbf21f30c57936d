//! How far an `ALTER TABLE` is, where the server tells it: MariaDB for a copy in the list of processes and for InnoDB's own work
//! in a number of the whole server, MySQL in the Performance Schema. A number that may be another statement's is not told.

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, Row};
use sql::ScriptStep;
use tokio::time::{Instant, sleep};

use super::run::Place;
use super::{Flavour, MySql, get};
use crate::progress::{Advance, LOOK};
use crate::{Error, Progress};

/// The stage of a copy, of how many stages, and how many percent of it are done (MariaDB: "Progress Reporting").
const COPY: &str = "SELECT STAGE, MAX_STAGE, CAST(PROGRESS AS DOUBLE), COALESCE(STATE, '') FROM information_schema.PROCESSLIST \
     WHERE ID = ? AND MAX_STAGE > 0";

/// InnoDB's work in hundredths of a percent is one number for the server (MariaDB: `Innodb_onlineddl_pct_progress`). It is ours
/// when nobody else alters a table, which only those may see who have the right PROCESS.
const IN_PLACE: &str = "SELECT CAST(VARIABLE_VALUE AS UNSIGNED), \
     (SELECT GROUP_CONCAT(ID) FROM information_schema.PROCESSLIST WHERE STATE = 'altering table'), \
     (SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS' \
     AND GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')) \
     FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Innodb_onlineddl_pct_progress'";

/// Nothing where the server keeps no stages (`setup_consumers`, `setup_instruments`); the estimate is of the whole statement
/// (MySQL: "Monitoring ALTER TABLE Progress for InnoDB Tables Using Performance Schema").
const STAGES: &str = "SELECT SUBSTRING_INDEX(e.EVENT_NAME, '/', -1), COALESCE(e.WORK_COMPLETED, 0), e.WORK_ESTIMATED \
     FROM performance_schema.events_stages_current e JOIN performance_schema.threads t ON t.THREAD_ID = e.THREAD_ID \
     WHERE t.PROCESSLIST_ID = ? AND e.WORK_ESTIMATED > 0 AND e.END_EVENT_ID IS NULL \
     AND e.EVENT_NAME LIKE 'stage/innodb/alter table%'";

impl MySql {
    /// A step's statements, and how far the server is with each that takes long.
    pub(super) async fn watched(
        &mut self,
        at: Place,
        step: &ScriptStep,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), Error> {
        let Place { ord, total, .. } = at;
        self.guard(ord, step).await?;
        let mut watcher = Watcher::of(self);
        for statement in &step.statements {
            let (start, mut told) = (Instant::now(), 0);
            let outcome = {
                let mut work = std::pin::pin!(self.bounded(statement));
                loop {
                    tokio::select! {
                        outcome = &mut work => break outcome,
                        () = sleep(LOOK) => {}
                    }
                    let found = tokio::select! {
                        outcome = &mut work => break outcome,
                        found = watcher.look() => found,
                    };
                    // An estimate that is revised would go back.
                    if let Some(advance) = found.filter(|found| found.percent >= told) {
                        told = advance.percent;
                        progress(Progress::Advancing {
                            ord,
                            total,
                            summary: step.summary.clone(),
                            remaining: advance.remaining(start.elapsed()),
                            percent: advance.percent,
                            phase: advance.phase,
                        });
                    }
                }
            };
            if let Err(error) = outcome {
                return Err(self.explained(&error, ord, step).await);
            }
        }
        Ok(())
    }
}

/// A second session that looks at the first. One that cannot be had, or may not see, costs the news and nothing else.
struct Watcher {
    opts: Opts,
    flavour: Flavour,
    id: u32,
    conn: Option<Conn>,
    blind: bool,
}

impl Watcher {
    fn of(session: &MySql) -> Self {
        let (opts, id) = (session.opts.clone(), session.conn.id());
        Self { opts, flavour: session.flavour, id, conn: None, blind: false }
    }

    async fn look(&mut self) -> Option<Advance> {
        if self.blind {
            return None;
        }
        match self.found().await {
            Ok(advance) => advance,
            Err(error) => {
                tracing::debug!(code = code(&error), "nobody could look how far the statement is");
                (self.conn, self.blind) = (None, true);
                None
            }
        }
    }

    async fn found(&mut self) -> Result<Option<Advance>, mysql_async::Error> {
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => none.insert(Conn::new(self.opts.clone()).await?),
        };
        if self.flavour == Flavour::MySql {
            let row: Option<Row> = conn.exec_first(STAGES, (self.id,)).await?;
            return Ok(row.and_then(|row| at(get(&row, 0).ok()?, get(&row, 1).ok()?, get(&row, 2).ok()?)));
        }
        let row: Option<Row> = conn.exec_first(COPY, (self.id,)).await?;
        if let Some(row) = row {
            return Ok(copied(&row));
        }
        let row: Option<Row> = conn.query_first(IN_PLACE).await?;
        Ok(row.and_then(|row| in_place(&row, self.id)))
    }
}

fn in_place(row: &Row, id: u32) -> Option<Advance> {
    let altering: Option<String> = get(row, 1).ok()?;
    let sees_all = get::<u64>(row, 2).ok()? > 0;
    let ours = sees_all && altering? == id.to_string();
    if ours { at("altering table".to_owned(), get(row, 0).ok()?, 10_000) } else { None }
}

/// Every stage counts alike.
fn copied(row: &Row) -> Option<Advance> {
    let (stage, stages): (u64, u64) = (get(row, 0).ok()?, get(row, 1).ok()?);
    let done = stage.saturating_sub(1) * 10_000 + hundredths(get(row, 2).ok()?)?;
    at(get(row, 3).ok()?, done, stages * 10_000)
}

/// A percentage of the server, which has three digits after the point.
fn hundredths(percent: f64) -> Option<u64> {
    format!("{:.0}", percent * 100.0).parse().ok()
}

/// So much of it. Nothing done is told as nothing known, and so is all of it while the statement goes on: the estimate was wrong.
fn at(phase: String, done: u64, all: u64) -> Option<Advance> {
    let percent = done.saturating_mul(100).checked_div(all)?;
    (done > 0 && done < all).then(|| Advance { phase, percent: u8::try_from(percent).unwrap_or(99) })
}

/// The server's number; its words may hold anything.
const fn code(error: &mysql_async::Error) -> Option<u16> {
    match error {
        mysql_async::Error::Server(server) => Some(server.code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_never_the_whole_and_an_absent_one_is_not_told() {
        let percent = |done, all| at(String::new(), done, all).map(|advance| advance.percent);
        assert_eq!(
            [percent(0, 10), percent(1, 2), percent(12, 10), percent(5, 0)],
            [None, Some(50), None, None]
        );
        assert_eq!(hundredths(52.307), Some(5231));
    }
}
