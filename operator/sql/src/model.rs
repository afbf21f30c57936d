//! The statements of a plan: [`Script`].

use plan::{Hazard, Impact};
use schema::{ColumnType, Dialect, Index, ObjectName, Schema};
use serde::{Deserialize, Serialize};

/// A plan as statements, ready to run and to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Form of this value; stored plans of another form are refused.
    pub version: u32,
    /// Whose SQL it is.
    pub dialect: Dialect,
    /// `sha256:<hex>` over the canonical form (decision 11): what an approval names.
    pub digest: String,
    /// Fingerprint of the managed current schema.
    pub from: String,
    /// Fingerprint of the desired schema.
    pub to: String,
    /// Steps in order.
    pub steps: Vec<ScriptStep>,
    /// What must be found after the last step.
    pub desired: Schema,
}

/// One step: its statements run together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptStep {
    /// Kind, stable: `CreateTable`, `CreateIndex` …
    pub kind: String,
    /// The object it concerns, for people (`User`, `User.email`).
    pub object: String,
    /// One line for people: `add column "email" to User`.
    pub summary: String,
    /// Statements without final semicolon.
    pub statements: Vec<String>,
    /// How it is run.
    pub mode: Mode,
    /// What could hurt.
    pub hazards: Vec<ScriptHazard>,
    /// How to find out whether a step outside a transaction was done; `None` inside one.
    pub probe: Option<Probe>,
    /// Locks and work. No part of the digest: it follows from the statements.
    #[serde(default)]
    pub impact: Impact,
}

/// How a step is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// In one transaction with its neighbours that say the same, and with their history rows.
    Grouped,
    /// In a transaction of its own, with its history row: scans, builds, new enum values.
    Alone,
    /// Outside any transaction (`CREATE INDEX CONCURRENTLY`, everything on MySQL): `running` is recorded before, `done` after.
    NoTransaction,
}

/// What tells whether a step outside a transaction was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// Done when the index exists and is valid; when it exists and is not valid it is dropped first.
    IndexPresent {
        /// Namespace of the index.
        namespace: String,
        /// Its name.
        index: String,
        /// Statement that removes an invalid leftover.
        cleanup: String,
    },
    /// Done when the index does not exist.
    IndexAbsent {
        /// Namespace of the index.
        namespace: String,
        /// Its name.
        index: String,
    },
    /// Done when all of these hold, not done when none does; anything between is for a person to look at. Without any
    /// the statements may run again.
    Facts(Vec<Fact>),
}

/// Something that is true of a database after a step and was not before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The table exists.
    Table(ObjectName),
    /// It does not.
    NoTable(ObjectName),
    /// The column exists, with this type where one is given.
    Column {
        /// Its table.
        table: ObjectName,
        /// Its name.
        column: String,
        /// Its type.
        ty: Option<ColumnType>,
    },
    /// The column does not exist.
    NoColumn {
        /// Its table.
        table: ObjectName,
        /// Its name.
        column: String,
    },
    /// These are the columns of the primary key; none is no key.
    PrimaryKey {
        /// Its table.
        table: ObjectName,
        /// Its columns.
        columns: Vec<String>,
    },
    /// An index of this name and form exists.
    Index {
        /// Its table.
        table: ObjectName,
        /// The index.
        index: Index,
    },
    /// No index of this name and form exists.
    NoIndex {
        /// Its table.
        table: ObjectName,
        /// The index.
        index: Index,
    },
    /// The foreign key exists.
    ForeignKey {
        /// Its table.
        table: ObjectName,
        /// Its name.
        name: String,
    },
    /// The foreign key does not exist.
    NoForeignKey {
        /// Its table.
        table: ObjectName,
        /// Its name.
        name: String,
    },
}

/// A hazard with the queries that tell what it would hurt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptHazard {
    /// The hazard.
    pub hazard: Hazard,
    /// A query that answers one `bigint`, the rows concerned; `None` when no count can tell.
    pub count: Option<String>,
    /// Queries that answer the primary key of one such row as a text, or nothing; the first answer is the example.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub examples: Vec<String>,
}
