//! What to do: [`Plan`], its [`Step`]s and their [`Hazard`]s.

use schema::{Dialect, Enum, Extension, ForeignKey, Index, ObjectName, PrimaryKey, Schema, Table};
use serde::{Deserialize, Serialize};

use crate::{ByName, Check};

/// Ordered steps that turn the current schema into the desired one. Equal inputs give equal plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whose rules apply.
    pub dialect: Dialect,
    /// Steps in the order in which they must run.
    pub steps: Vec<Step>,
    /// Fingerprint of the managed part of the current schema.
    pub from: String,
    /// Fingerprint of the desired schema.
    pub to: String,
    /// The desired schema: what must be found after the last step.
    pub desired: Schema,
    /// Which renames have no hint but a name that stayed in the datamodel. Only words follow from it.
    #[serde(skip)]
    pub by_name: ByName,
}

impl Plan {
    /// True when there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// One change with what it can do to existing data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The change.
    pub change: Change,
    /// What could hurt, found from the change itself and never from its SQL.
    pub hazards: Vec<Hazard>,
}

/// A change of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// `CREATE SCHEMA`.
    CreateNamespace(String),
    /// `CREATE EXTENSION`.
    CreateExtension(Extension),
    /// `CREATE TYPE … AS ENUM`.
    CreateEnum(Enum),
    /// `ALTER TYPE … RENAME TO`.
    RenameEnum {
        /// Old name.
        from: ObjectName,
        /// New name.
        to: ObjectName,
    },
    /// `ALTER TYPE … RENAME VALUE`: rows and defaults follow.
    RenameEnumValue {
        /// The type.
        name: ObjectName,
        /// Old value.
        from: String,
        /// New value.
        to: String,
    },
    /// `ALTER TYPE … ADD VALUE`, one value.
    AddEnumValue {
        /// The type.
        name: ObjectName,
        /// The value.
        value: String,
        /// The value it stands before; `None` is at the end.
        before: Option<String>,
    },
    /// Values removed: a new type takes the place of the old one in every column that uses it.
    RebuildEnum {
        /// What is there.
        from: Enum,
        /// What is wanted.
        to: Enum,
        /// Columns that use it, with the default each had and shall have again (all in SQL-neutral form).
        columns: Vec<EnumColumn>,
    },
    /// `DROP TYPE`.
    DropEnum(ObjectName),
    /// `CREATE TABLE`. On PostgreSQL without indexes and foreign keys, which are steps of their own; on SQLite the
    /// foreign keys are inside, on MySQL the indexes.
    CreateTable(Table),
    /// `ALTER TABLE … RENAME TO`.
    RenameTable {
        /// Old name.
        from: ObjectName,
        /// New name.
        to: ObjectName,
    },
    /// `DROP TABLE`.
    DropTable(ObjectName),
    /// `ALTER TABLE … RENAME COLUMN`.
    RenameColumn {
        /// The table.
        table: ObjectName,
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
    /// Several column and primary key changes of one table, in one statement where the dialect can.
    AlterTable {
        /// The table.
        table: ObjectName,
        /// The changes in order.
        alterations: Vec<Alteration>,
    },
    /// SQLite: new table, copy, drop, rename, indexes again.
    RedefineTable {
        /// What is there (after renames).
        from: Table,
        /// What is wanted.
        to: Table,
    },
    /// MySQL, SQLite: rows get the new names of an enum's values.
    RenameValues {
        /// The table.
        table: ObjectName,
        /// The values.
        renamed: RenamedValues,
    },
    /// `CREATE INDEX`.
    CreateIndex {
        /// The table.
        table: ObjectName,
        /// The index.
        index: Index,
        /// Whether the table may hold rows.
        on: TableAge,
    },
    /// `DROP INDEX`, or `DROP CONSTRAINT` when a constraint owns it.
    DropIndex {
        /// The table.
        table: ObjectName,
        /// The index.
        index: Index,
    },
    /// `ALTER INDEX … RENAME TO`.
    RenameIndex {
        /// The table.
        table: ObjectName,
        /// The index as it is.
        index: Index,
        /// New name.
        to: String,
    },
    /// `ADD CONSTRAINT … FOREIGN KEY`.
    AddForeignKey {
        /// The table.
        table: ObjectName,
        /// The key.
        key: ForeignKey,
        /// Whether the table may hold rows.
        on: TableAge,
    },
    /// PostgreSQL: `VALIDATE CONSTRAINT` of a foreign key that somebody left `NOT VALID`. Until then the server holds new
    /// rows to it, and nobody has looked at the others.
    ValidateForeignKey {
        /// The table.
        table: ObjectName,
        /// The key.
        key: ForeignKey,
    },
    /// `DROP CONSTRAINT` of a foreign key.
    DropForeignKey {
        /// The table.
        table: ObjectName,
        /// Name of the constraint.
        name: String,
        /// The table that it refers to.
        references: ObjectName,
    },
    /// `RENAME CONSTRAINT` of a key.
    RenameConstraint {
        /// The table.
        table: ObjectName,
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
}

/// Whether a table exists before the plan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableAge {
    /// Created by this plan: it has no rows and nobody uses it.
    New,
    /// There before: it may have rows and users.
    Existing,
}

/// Values of an enum that get other names in the rows of a table. Of a row that has the new one nothing changes, so that
/// it may be done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenamedValues {
    /// The column.
    pub column: String,
    /// The old and the new name of each.
    pub values: Vec<(String, String)>,
    /// MySQL: columns that an update would set to the time of day, and that stay as they are.
    pub clocks: Vec<String>,
    /// The key by which the rows are walked in parts, where there is one.
    pub key: Option<String>,
}

/// A column whose type is an enum that is rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumColumn {
    /// The table.
    pub table: ObjectName,
    /// The column as it shall be.
    pub column: schema::Column,
    /// True when it has a default now, which must go before the type changes.
    pub had_default: bool,
}

/// A change of one column or of the primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alteration {
    /// `ADD COLUMN`.
    AddColumn(schema::Column),
    /// `DROP COLUMN`.
    DropColumn(String),
    /// Drop and add: no cast exists.
    RecreateColumn(schema::Column),
    /// `SET DATA TYPE`.
    SetType {
        /// The column as it was.
        from: schema::Column,
        /// The column as it shall be.
        to: schema::Column,
    },
    /// `SET NOT NULL`.
    SetNotNull(String),
    /// `DROP NOT NULL`.
    DropNotNull(String),
    /// `SET DEFAULT`; the whole column, since a literal is written by its type.
    SetDefault(schema::Column),
    /// `DROP DEFAULT`.
    DropDefault(String),
    /// A sequence starts to fill the column.
    AddAutoincrement(schema::Column),
    /// The sequence goes.
    DropAutoincrement(String),
    /// `ADD CONSTRAINT … PRIMARY KEY`.
    AddPrimaryKey(PrimaryKey),
    /// `DROP CONSTRAINT` of the primary key.
    DropPrimaryKey(String),
    /// MySQL: rows that were written with an old name since [`Change::RenameValues`], right before the column loses it.
    RenameValues(RenamedValues),
    /// MySQL: `MODIFY`, the whole definition of a column.
    ModifyColumn {
        /// The column as it was.
        from: schema::Column,
        /// The column as it shall be.
        to: schema::Column,
    },
    /// MySQL: `ADD INDEX`, together with what needs it.
    AddIndex(Index),
    /// MySQL: `DROP INDEX`, together with what takes its place.
    DropIndex(Index),
    /// MySQL: `RENAME INDEX`, together with others.
    RenameIndex {
        /// The index as it is.
        index: Index,
        /// New name.
        to: String,
    },
}

/// What could hurt. The code is stable and documented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hazard {
    /// Which one.
    pub code: HazardCode,
    /// The table it concerns, by its name before the plan.
    pub table: ObjectName,
    /// The column, where one is concerned.
    pub column: Option<String>,
    /// One sentence for a person, without counts (they are not part of the digest).
    pub message: String,
    /// What to ask the database to know whether it does hurt: the rows of all of them count. `None` when no question
    /// can tell.
    #[serde(default)]
    pub checks: Option<Vec<Check>>,
}

/// Stable hazard codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HazardCode {
    /// `P0101` a table goes with its rows.
    DropTable,
    /// `P0102` a column goes with its values.
    DropColumn,
    /// `P0103` a column is dropped and made again: no cast exists.
    RecreateColumn,
    /// `P0104` a cast may lose precision or fail.
    NarrowingCast,
    /// `P0105` values leave an enum.
    RemoveEnumValue,
    /// `P0106` a model vanished and a similar one appeared: possibly a rename.
    PossibleRename,
    /// `P0107` SQL of a person's own, which no plan can read.
    DataStep,
    /// `P0201` a required column without default on a table that may have rows.
    RequiredColumn,
    /// `P0202` a column becomes required and may hold nulls.
    SetNotNull,
    /// `P0203` a unique index over rows that may have duplicates.
    UniqueIndex,
    /// `P0204` a foreign key over rows that may have orphans.
    ForeignKey,
    /// `P0205` a primary key over rows that may share it or lack it.
    PrimaryKey,
    /// `P0206` a type over values that it may refuse.
    UnfitValues,
    /// `P0207` a required column whose default is the application's: the rows that exist get it.
    FilledColumn,
    /// `P0208` a column goes whose values another one has: the step looks again, under its own lock, right before it.
    ReplacedColumn,
}

/// What kind of harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Harm {
    /// Data is lost: `policy.destructive` rules.
    Loss,
    /// The step cannot succeed while the check finds rows: refused before anything runs.
    Fails,
    /// Nothing is lost and nothing fails; rows change in a way that a person may want to know of.
    Notice,
}

impl HazardCode {
    /// Every code.
    pub const ALL: [Self; 15] = [
        Self::DropTable,
        Self::DropColumn,
        Self::RecreateColumn,
        Self::NarrowingCast,
        Self::RemoveEnumValue,
        Self::PossibleRename,
        Self::DataStep,
        Self::RequiredColumn,
        Self::SetNotNull,
        Self::UniqueIndex,
        Self::ForeignKey,
        Self::PrimaryKey,
        Self::UnfitValues,
        Self::FilledColumn,
        Self::ReplacedColumn,
    ];

    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DropTable => "P0101",
            Self::DropColumn => "P0102",
            Self::RecreateColumn => "P0103",
            Self::NarrowingCast => "P0104",
            Self::RemoveEnumValue => "P0105",
            Self::PossibleRename => "P0106",
            Self::DataStep => "P0107",
            Self::RequiredColumn => "P0201",
            Self::SetNotNull => "P0202",
            Self::UniqueIndex => "P0203",
            Self::ForeignKey => "P0204",
            Self::PrimaryKey => "P0205",
            Self::UnfitValues => "P0206",
            Self::FilledColumn => "P0207",
            Self::ReplacedColumn => "P0208",
        }
    }

    /// What kind of harm it does.
    pub const fn harm(self) -> Harm {
        match self {
            Self::DropTable
            | Self::DropColumn
            | Self::RecreateColumn
            | Self::NarrowingCast
            | Self::RemoveEnumValue
            | Self::PossibleRename
            | Self::DataStep => Harm::Loss,
            Self::RequiredColumn
            | Self::SetNotNull
            | Self::UniqueIndex
            | Self::ForeignKey
            | Self::PrimaryKey
            | Self::UnfitValues
            | Self::ReplacedColumn => Harm::Fails,
            Self::FilledColumn => Harm::Notice,
        }
    }
}
