//! Throw-away databases.

use super::{MySql, quoted};
use crate::Error;

impl MySql {
    pub(crate) async fn create_database(&mut self, name: &str) -> Result<(), Error> {
        let statement = format!("CREATE DATABASE {} CHARACTER SET utf8mb4", quoted(name));
        self.send(&statement, "creating the shadow database").await
    }

    pub(crate) async fn drop_database(&mut self, name: &str) -> Result<(), Error> {
        self.send(&format!("DROP DATABASE {}", quoted(name)), "dropping the shadow database").await
    }

    /// Runs text as it stands.
    pub(crate) async fn replay(&mut self, text: &str) -> Result<(), Error> {
        self.send(text, "replaying").await
    }
}
