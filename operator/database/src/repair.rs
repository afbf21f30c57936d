//! A history that cannot be trusted any more: what is wrong with it, and how it becomes sound again without a finished row
//! being changed. What is missing is made anew, what is open is closed, and a new starting point is appended after that.

use reason::Reason;
use schema::Dialect;

use crate::history::{HISTORY_VERSION, TABLES};
use crate::{Database, Error};

/// What is wrong with a history, and what has to be made or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What is wrong, for people.
    pub problem: String,
    /// Tables that are gone.
    pub missing: Vec<String>,
    /// Whether the row of the fence is gone.
    pub no_fence: bool,
    /// Migrations that are neither finished nor closed.
    pub open: Vec<i64>,
    /// Owner by the newest migration that was not abandoned.
    pub owner: Option<String>,
}

impl Database {
    /// What is wrong with the history; `None` when it is sound, or when there is none.
    ///
    /// A history of a newer version is no damage but the error that it always is, and so is one without its table of
    /// migrations: nothing is left there to append to.
    pub async fn damage(&mut self) -> Result<Option<Damage>, Error> {
        let refusal = match self.history().await {
            Err(error) if error.reason() == Reason::HistoryInvalid => error,
            Err(error) => return Err(error),
            Ok(_) => return Ok(None),
        };
        let [migration, step, fence] = TABLES;
        let found = self.texts(&self.tables_query()).await?;
        let has = |name: &str| found.iter().flatten().any(|found| found.eq_ignore_ascii_case(name));
        if !has(migration) {
            return Err(refusal.followed_by(&format!(
                ". Without {migration} there is nothing to repair: bring it back from a backup, or drop what is left of the \
                 history and set `spec.adopt: true` to start a new one"
            )));
        }
        let missing: Vec<String> =
            [step, fence].into_iter().filter(|name| !has(name)).map(str::to_owned).collect();
        let numbers = |texts: Vec<Option<String>>| -> Vec<i64> {
            texts.into_iter().flatten().filter_map(|text| text.parse().ok()).collect()
        };
        let word = self.text_word();
        let migration = self.history_table(migration);
        let mut versions =
            self.texts(&format!("SELECT CAST(max(version) AS {word}) FROM {migration}")).await?;
        let mut no_fence = true;
        if has(fence) {
            let query = format!("SELECT CAST(version AS {word}) FROM {}", self.history_table(fence));
            let of_fence = self.texts(&query).await?;
            no_fence = of_fence.is_empty();
            versions.extend(of_fence);
        }
        if numbers(versions).into_iter().any(|version| version > i64::from(HISTORY_VERSION)) {
            return Err(refusal);
        }
        let open = format!("SELECT CAST(id AS {word}) FROM {migration} WHERE state = 'running' ORDER BY id");
        let owner =
            format!("SELECT owner FROM {migration} WHERE state <> 'abandoned' ORDER BY id DESC LIMIT 1");
        Ok(Some(Damage {
            problem: refusal.to_string(),
            missing,
            no_fence,
            open: numbers(self.texts(&open).await?),
            owner: self.texts(&owner).await?.into_iter().next().flatten(),
        }))
    }

    /// Makes what is missing and closes what is open, under the lock. The history can be read again once a new starting
    /// point is [recorded](Self::record) after that; on SQLite both are one transaction.
    pub async fn mend(&mut self, damage: &Damage) -> Result<(), Error> {
        let [migration, step, fence] = TABLES.map(|name| self.history_table(name));
        let mut statements: Vec<String> = self
            .history_statements()
            .into_iter()
            .filter(|statement| {
                let first = statement.lines().next().unwrap_or_default();
                first.starts_with("CREATE TABLE") && damage.missing.iter().any(|name| first.contains(name))
            })
            .collect();
        if damage.no_fence {
            // A file has one writer, so its steps tell no number.
            let raised = match self.dialect() {
                Dialect::Sqlite => "0".to_owned(),
                _ => format!("COALESCE((SELECT max(fence) FROM {step}), 0)"),
            };
            statements.push(format!(
                "INSERT INTO {fence} (id, version, fence) SELECT 1, COALESCE((SELECT max(version) FROM {migration}), \
                 {HISTORY_VERSION}), {raised}"
            ));
        }
        for id in &damage.open {
            statements.push(format!(
                "UPDATE {migration} SET state = 'abandoned', finished_at = {}, error = 'closed by a repair of the history' \
                 WHERE id = {id} AND state = 'running'",
                self.now()
            ));
        }
        self.send_all(&statements, &damage.open).await
    }
}

impl Database {
    /// The type that a number is cast to for its digits.
    fn text_word(&self) -> &'static str {
        if self.dialect() == Dialect::MySql { "CHAR" } else { "TEXT" }
    }

    fn now(&self) -> &'static str {
        match self.dialect() {
            Dialect::PostgreSql => "pg_catalog.now()",
            Dialect::MySql => "UTC_TIMESTAMP(3)",
            Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        }
    }
}
