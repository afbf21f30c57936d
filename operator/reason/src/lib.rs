//! The closed list of [`Reason`]s.
//!
//! One enum feeds the condition's `reason`, the metric label, the exit code and the docs entry, so the four
//! never disagree. Adding a variant is an API change; renaming one breaks people's alerts.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = ($class:ident, $exit:literal),)+) => {
        /// Why something is as it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the docs.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)+];

            /// The name in conditions, metrics and docs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// What kind of outcome it is.
            pub const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class,)+ }
            }

            /// The exit code of the command line and of the Job, below 100.
            pub const fn exit_code(self) -> u8 {
                match self { $(Self::$name => $exit,)+ }
            }

            /// What it means, for the docs.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

/// How the controller treats a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The work is done, or there was none.
    Success,
    /// Somebody or something else has to act first; never `Stalled`.
    Waiting,
    /// Will be tried again with backoff; heals without an edit.
    Transient,
    /// Will not heal without an edit; `Stalled`.
    Terminal,
}

reasons! {
    /// The migration was applied and the result was proved.
    Applied = (Success, 0),
    /// The database already is as the datamodel says.
    UpToDate = (Success, 0),
    /// An existing database that equals the datamodel was recorded as the starting point.
    Baselined = (Success, 0),
    /// `mode: Plan`: the plan is published and will not be run.
    PlanPublished = (Success, 0),
    /// A Job is at work.
    Running = (Waiting, 20),
    /// The plan needs an approval that names its digest.
    AwaitingApproval = (Waiting, 21),
    /// Another migration of this namespace holds the Lease.
    AwaitingLock = (Waiting, 22),
    /// `spec.suspend` is set.
    Suspended = (Waiting, 23),
    /// A failed attempt waits for its next one.
    BackingOff = (Waiting, 24),
    /// The plan waits for the backup that `spec.backup` asks for.
    AwaitingBackup = (Waiting, 25),
    /// The datamodel has errors.
    DatamodelInvalid = (Terminal, 30),
    /// The manifest is not a valid SchemaMigration.
    ManifestInvalid = (Terminal, 31),
    /// The referenced ConfigMap or its key does not exist.
    SourceNotFound = (Transient, 32),
    /// The datamodel's provider is not the target's.
    ProviderMismatch = (Terminal, 33),
    /// The plan is larger than an object can hold.
    PlanTooLarge = (Terminal, 34),
    /// A plan object does not carry the digest of its own text.
    PlanForged = (Terminal, 35),
    /// `format --check`: a datamodel is not in the common layout.
    NotFormatted = (Terminal, 36),
    /// `lint`: a migration would harm a database that is in use.
    HazardsFound = (Terminal, 39),
    /// The policy forbids a hazard of the plan.
    PolicyForbids = (Terminal, 40),
    /// The database changed behind the history.
    DriftDetected = (Terminal, 41),
    /// Tables that the datamodel names exist, differ, and were made by somebody else.
    AdoptionRequired = (Terminal, 42),
    /// Another SchemaMigration owns this database schema.
    Conflict = (Terminal, 43),
    /// The history tables vanished.
    HistoryMissing = (Terminal, 44),
    /// The history was written by a newer version, or was tampered with.
    HistoryInvalid = (Terminal, 45),
    /// A step cannot be told to be done or not done; nothing was run.
    AmbiguousStep = (Terminal, 46),
    /// A required column without default on a table that has rows.
    RequiredColumnOnNonEmptyTable = (Terminal, 50),
    /// Existing rows violate what the plan demands.
    DataViolatesPlan = (Terminal, 51),
    /// A statement failed.
    StatementFailed = (Terminal, 52),
    /// After the last step the database was not as the datamodel says.
    VerificationFailed = (Terminal, 53),
    /// The run was interrupted; the next one continues.
    Interrupted = (Transient, 54),
    /// The database role lacks a privilege.
    InsufficientPrivilege = (Terminal, 55),
    /// The Secret does not exist.
    SecretNotFound = (Transient, 60),
    /// The Secret has no such key.
    SecretKeyNotFound = (Transient, 61),
    /// The database refused the credentials.
    CredentialsRejected = (Transient, 62),
    /// The connection string cannot be read.
    UrlInvalid = (Transient, 63),
    /// The database cannot be reached.
    DatabaseUnreachable = (Transient, 64),
    /// The database does not exist on its server.
    DatabaseNotFound = (Transient, 65),
    /// Another session holds the migration lock or the file, or standbys do not catch up.
    DatabaseBusy = (Transient, 66),
    /// A table lock could not be had within the budget.
    LockTimeout = (Transient, 67),
    /// The server is read-only or has run out of something.
    DatabaseUnavailable = (Transient, 68),
    /// TLS to the database failed.
    TlsFailed = (Transient, 69),
    /// The Job or its pod could not be created or started.
    JobFailed = (Transient, 70),
    /// The Kubernetes API refused or did not answer.
    KubernetesApi = (Transient, 71),
    /// The backup that the plan waits for failed or cannot be started.
    BackupFailed = (Transient, 72),
    /// The connection goes through a pooler that shares sessions between clients; the database's own address is needed.
    PooledConnection = (Transient, 73),
    /// A bug of ours; the text says where.
    InternalError = (Terminal, 90),
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Reason {
    /// The reason of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_success_exits_with_zero_and_no_code_reaches_100() {
        for reason in Reason::ALL {
            assert_eq!(reason.exit_code() == 0, reason.class() == Class::Success, "{reason}");
            assert!(reason.exit_code() < 100);
        }
    }

    #[test]
    fn codes_of_failures_are_distinct() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|r| r.exit_code()).filter(|c| *c > 0).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(count, codes.len());
    }
}
