//! The relational shape of a database: [`Schema`].
//!
//! The same type holds what is *desired* (derived from a datamodel) and what is *current* (introspected), so that
//! a difference is a comparison of two values.

use std::collections::BTreeMap;
use std::fmt;

use datamodel::{Action, Provider, Sort};
pub use datamodel::{Extension, PartialIndexes};
use serde::{Deserialize, Serialize};

use crate::{Attributes, DatamodelNames, Homes, MySqlType, Predicate};

/// A database product and its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL 12 and later.
    PostgreSql,
    /// SQLite 3.
    Sqlite,
    /// MySQL 8.0.16 and later, MariaDB 10.6 and later; tested on MySQL 9.7 and MariaDB 10.11.
    MySql,
}

impl Dialect {
    /// The dialect of a provider.
    pub const fn of(provider: Provider) -> Self {
        match provider {
            Provider::PostgreSql => Self::PostgreSql,
            Provider::Sqlite => Self::Sqlite,
            Provider::MySql => Self::MySql,
        }
    }

    /// Longest identifier in bytes. MySQL counts characters, of which there are never more than bytes.
    pub const fn identifier_limit(self) -> usize {
        match self {
            Self::PostgreSql => 63,
            Self::MySql => 64,
            Self::Sqlite => 10_000,
        }
    }
}

/// Name of a table or type. `namespace` is the PostgreSQL schema and always set there; elsewhere it is `None`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectName {
    /// PostgreSQL schema.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// The name, unquoted.
    pub name: String,
}

impl ObjectName {
    /// A name in a namespace.
    pub fn new(namespace: Option<&str>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.map(str::to_owned), name: name.into() }
    }

    /// Another name in the same namespace.
    #[must_use]
    pub fn sibling(&self, name: impl Into<String>) -> Self {
        Self { namespace: self.namespace.clone(), name: name.into() }
    }
}

/// For people; SQL text is quoted by the `sql` crate only.
impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_deref() {
            None | Some("public") => formatter.write_str(&self.name),
            Some(namespace) => write!(formatter, "{namespace}.{}", self.name),
        }
    }
}

/// All that a migration looks at. Lists are in the order of the datamodel, or by name when introspected.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Schema {
    /// Whose rules apply.
    pub dialect: Dialect,
    /// PostgreSQL schemas that the datamodel uses, or that exist; empty elsewhere.
    pub namespaces: Vec<String>,
    /// Extensions that are needed, or that exist (PostgreSQL). One that exists is left as it is.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub extensions: Vec<Extension>,
    /// Enum types (PostgreSQL).
    pub enums: Vec<Enum>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Views, materialized ones included: only listed, never touched. Empty when desired, ignored by comparison.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub views: Vec<ObjectName>,
    /// Where extensions have put what they brought (PostgreSQL). Introspected only, ignored by comparison, in no history.
    #[serde(skip)]
    pub homes: Homes,
    /// Whether partial indexes come and go with the datamodel. Never `Declared` when introspected.
    #[serde(skip_serializing_if = "is_default", default)]
    pub partial_indexes: PartialIndexes,
    /// What the datamodel calls all this; `None` where nobody knows: when introspected, and in what older versions
    /// recorded. Part of no comparison.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub names: Option<DatamodelNames>,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        let Self { dialect, namespaces, extensions, enums, tables, views, homes, partial_indexes, names: _ } =
            self;
        *dialect == other.dialect
            && *namespaces == other.namespaces
            && *extensions == other.extensions
            && *enums == other.enums
            && *tables == other.tables
            && *views == other.views
            && *homes == other.homes
            && *partial_indexes == other.partial_indexes
    }
}

impl Eq for Schema {}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_default(rule: &PartialIndexes) -> bool {
    *rule == PartialIndexes::default()
}

impl Schema {
    /// A schema without anything in it.
    pub const fn empty(dialect: Dialect) -> Self {
        Self {
            dialect,
            namespaces: Vec::new(),
            extensions: Vec::new(),
            enums: Vec::new(),
            tables: Vec::new(),
            views: Vec::new(),
            homes: Homes::none(),
            partial_indexes: PartialIndexes::LeftAlone,
            names: None,
        }
    }

    /// The table of this name.
    pub fn table(&self, name: &ObjectName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// The enum of this name.
    pub fn find_enum(&self, name: &ObjectName) -> Option<&Enum> {
        self.enums.iter().find(|candidate| candidate.name == *name)
    }
}

/// An enum type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// Its name.
    pub name: ObjectName,
    /// Stored values in order.
    pub values: Vec<String>,
    /// Rename hint: former name of the type. Never set when introspected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub renamed_from: Option<String>,
    /// Rename hints: the former value of a new one. Never set when introspected.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub renamed_values: BTreeMap<String, String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: ObjectName,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Secondary indexes, unique ones included.
    pub indexes: Vec<Index>,
    /// Foreign keys held by this table.
    pub foreign_keys: Vec<ForeignKey>,
    /// Rename hint: former name of the table. Never set when introspected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub renamed_from: Option<String>,
    /// What the table has that a datamodel cannot say (triggers, checks, policies, partial indexes …), one
    /// description each, by kind and name. Preserved or refused, never dropped in silence. Empty when desired.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub extras: Vec<String>,
    /// Which of those hang on single columns (PostgreSQL). Introspected only, ignored by comparison.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ties: Vec<Tie>,
}

/// Something that hangs on columns of a table and that a datamodel cannot say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tie {
    /// What it is, by kind and name.
    pub what: String,
    /// The columns.
    pub columns: Vec<String>,
    /// What becomes of it.
    pub hold: Hold,
}

/// What becomes of a tie when its column changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// It goes in silence when the column is dropped (a check, a partial index).
    GoesAlong,
    /// It stops the column from being dropped or changing its type (a view, a policy, a generated column).
    InTheWay,
    /// It is the column's own, and lost where the column is made anew (a right on the column alone).
    OfColumn,
    /// It is the column's own, and lost where the column is made anew or its text gets another type (a collation).
    OfType,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// Null or not.
    pub nullability: Nullability,
    /// Default in the database.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<Default>,
    /// Filled by a sequence (`SERIAL`, identity, SQLite `AUTOINCREMENT`).
    pub autoincrement: bool,
    /// The sequence behind the column, where it matters which one it is (PostgreSQL). Desired: a name that the datamodel
    /// gives, else `None`, which any sequence satisfies. Introspected: always, whoever made or owns it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sequence: Option<Sequence>,
    /// Values that the client makes (`uuid()`, `cuid()`, `@updatedAt`): no default in the database, but never null.
    /// Tells the hazard's wording. Never set when introspected, ignored by comparison.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub client_default: bool,
    /// What rows that exist get when the column comes and is required, without a default in the database. Never set when
    /// introspected, ignored by comparison.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub filled_with: Option<Default>,
    /// Rename hint: former name of the column. Never set when introspected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub renamed_from: Option<String>,
    /// Replacement hint: the column whose values this one has by the time that one goes. Never set when introspected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaces: Option<String>,
    /// The values of an enum that no type of the database names. Ignored by comparison, save what its hints ask for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub values: Option<Box<EnumValues>>,
    /// MySQL and PostgreSQL: what a datamodel cannot say about the column, so that a new definition says it again.
    /// Introspected only, ignored by comparison.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attributes: Option<Box<Attributes>>,
}

impl Column {
    /// Whether the server makes its values of other columns, so that nobody can write them. Never so on SQLite, where such a
    /// column comes back as a plain one, which takes the values that it had.
    pub fn is_generated(&self) -> bool {
        self.attributes.as_ref().is_some_and(|attributes| attributes.generated.is_some())
    }
}

/// Values of an enum that stands in its columns alone (MySQL, SQLite).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumValues {
    /// As they are stored. Desired: all of them. Introspected, on SQLite: those that rows hold, of the ones that a hint names.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub values: Vec<String>,
    /// Rename hints: the former value of a new one. Never set when introspected.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub renamed: BTreeMap<String, String>,
}

/// A sequence that numbers a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its name, in the namespace of the table.
    pub name: String,
    /// The first number it gives. Never set when introspected, ignored by comparison.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub start: Option<i64>,
}

/// Whether a column takes null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Nullability {
    /// `NOT NULL`.
    Required,
    /// Null allowed.
    Nullable,
}

/// A type with its list marker (`text[]`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ColumnType {
    /// The type of an element.
    pub base: Type,
    /// One value or an array (PostgreSQL).
    pub list: bool,
}

impl Type {
    /// Whether it is `citext`, wherever its extension is.
    pub fn is_citext(&self) -> bool {
        match self {
            Self::Citext => true,
            Self::Other(text) => text.rsplit('.').next() == Some("citext"),
            Self::Domain(domain) => domain.of.base.is_citext(),
            _ => false,
        }
    }
}

impl ColumnType {
    /// The type that the values have: what a domain stands on. A list of a domain's values is no list of those.
    pub fn values(&self) -> &Self {
        match &self.base {
            Type::Domain(domain) if !self.list => domain.of.values(),
            _ => self,
        }
    }

    /// The domain of a column that holds one value.
    pub const fn domain(&self) -> Option<&Domain> {
        match &self.base {
            Type::Domain(domain) if !self.list => Some(domain),
            _ => None,
        }
    }
}

/// A type with rules of its own about the values of another one (PostgreSQL: `CREATE DOMAIN`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Domain {
    /// Its name, as the database writes it: with its schema, quoted where need be.
    pub name: String,
    /// What it stands on, which is no domain.
    pub of: Box<ColumnType>,
    /// Whether it takes null, whatever its columns say.
    pub nullability: Nullability,
}

/// Types of all dialects. Which of them a dialect knows, and how it writes them, is the `sql` crate's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Type {
    /// `boolean`.
    Boolean,
    /// `smallint`.
    SmallInt,
    /// `integer`.
    Integer,
    /// `bigint`.
    BigInt,
    /// PostgreSQL `oid`.
    Oid,
    /// `real`: PostgreSQL single precision, SQLite's only float.
    Real,
    /// `double precision`.
    Double,
    /// `decimal(p,s)`, `decimal`.
    Decimal(Option<(u32, u32)>),
    /// PostgreSQL `money`.
    Money,
    /// `text`.
    Text,
    /// PostgreSQL `citext`.
    Citext,
    /// `varchar(n)`, `varchar`.
    VarChar(Option<u32>),
    /// `char(n)`; `char` is `char(1)`.
    Char(u32),
    /// `bit(n)`; `bit` is `bit(1)`.
    Bit(u32),
    /// `bit varying(n)`.
    VarBit(Option<u32>),
    /// PostgreSQL `uuid`.
    Uuid,
    /// PostgreSQL `xml`.
    Xml,
    /// PostgreSQL `inet`.
    Inet,
    /// `bytea`, SQLite `blob`.
    Bytes,
    /// `timestamp(p)`; `None` is the server's default of 6.
    Timestamp(Option<u32>),
    /// `timestamp(p) with time zone`.
    Timestamptz(Option<u32>),
    /// `date`.
    Date,
    /// `time(p)`.
    Time(Option<u32>),
    /// `time(p) with time zone`.
    Timetz(Option<u32>),
    /// SQLite's declared type `datetime`.
    DateTime,
    /// `json`.
    Json,
    /// `jsonb`.
    JsonB,
    /// An enum type of the schema.
    Enum(ObjectName),
    /// A type of MySQL.
    MySql(MySqlType),
    /// A domain (PostgreSQL). Introspected only: a datamodel says its name or what it stands on.
    Domain(Domain),
    /// Any other type, as the database writes it; compared without regard to case.
    Other(String),
}

/// A default in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Default {
    /// A value.
    Value(Value),
    /// A list of values.
    List(Vec<Value>),
    /// `CURRENT_TIMESTAMP`, `now()`.
    Now,
    /// Any other expression, verbatim.
    Expression(String),
    /// Desired only: whatever the database has is right (`dbgenerated()` without argument).
    Any,
}

/// A literal. Numbers keep their digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Text, and everything that is written like text: enum values, dates, JSON.
    String(String),
    /// Digits, with sign and point.
    Number(String),
    /// True or false.
    Boolean(bool),
    /// Binary.
    Bytes(Vec<u8>),
}

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrimaryKey {
    /// Name of the constraint; `None` where the dialect has none (SQLite).
    pub name: Option<String>,
    /// Columns in order.
    pub columns: Vec<String>,
    /// MySQL: how many characters or bytes of a column count, where it is not the whole of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub prefixes: BTreeMap<String, u32>,
}

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Its name, without namespace.
    pub name: String,
    /// Unique or not.
    pub uniqueness: Uniqueness,
    /// Columns in order.
    pub columns: Vec<IndexColumn>,
    /// Access method in lower case, `None` for the B-tree (`gin`, `hash`, MySQL's `fulltext` …).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub method: Option<String>,
    /// Which rows it holds; `None` is all of them (PostgreSQL, SQLite).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub predicate: Option<Predicate>,
    /// True when the index backs a `UNIQUE` constraint, which then owns it: it is dropped and renamed as a constraint.
    /// Introspected only; ignored by comparison.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub constraint: bool,
    /// False when a concurrent build left it unusable (`pg_index.indisvalid`). Introspected only.
    #[serde(skip_serializing_if = "Clone::clone", default = "valid")]
    pub valid: bool,
}

const fn valid() -> bool {
    true
}

/// Whether equal keys are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Uniqueness {
    /// `CREATE UNIQUE INDEX`.
    Unique,
    /// Duplicates allowed.
    Plain,
}

/// A column of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexColumn {
    /// Its name.
    pub name: String,
    /// Order.
    pub sort: Sort,
    /// Operator class when it is not the type's default one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator_class: Option<String>,
    /// MySQL: how many characters or bytes of the column are indexed; `None` is all of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub length: Option<u32>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Name of the constraint; `None` where it has none (SQLite, unnamed).
    pub name: Option<String>,
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The table referred to.
    pub referenced_table: ObjectName,
    /// Its columns.
    pub referenced_columns: Vec<String>,
    /// `ON DELETE`.
    pub on_delete: Action,
    /// `ON UPDATE`.
    pub on_update: Action,
    /// False while `NOT VALID` (`pg_constraint.convalidated`). Introspected only.
    #[serde(skip_serializing_if = "Clone::clone", default = "valid")]
    pub validated: bool,
}
