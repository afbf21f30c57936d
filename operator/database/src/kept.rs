//! Copies of dropped data, which stand beside the history.

use std::time::Duration;

/// A copy that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTable {
    /// Its name.
    pub name: String,
    /// How long ago the history says that it was made; `None` when it does not.
    pub age: Option<Duration>,
}

impl KeptTable {
    pub(crate) fn new(name: String, seconds: Option<i64>) -> Self {
        // A clock that was put back makes no copy older than it is.
        Self { name, age: seconds.map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0))) }
    }
}
