//! The language-neutral [`Datamodel`]: what every parser produces and what `schema` reads.
//!
//! Names are resolved: every model, enum and field that a value here refers to exists. Order is the
//! order of the text, because Prisma's own order of steps depends on it.

use serde::{Deserialize, Serialize};

use crate::span::Span;

/// The language a datamodel is written in, with the conventions that follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Prisma schema language.
    Psl,
    /// Prisma 1 GraphQL SDL, datamodel v1.1.
    #[serde(rename = "sdl-v1.1")]
    SdlV11,
    /// Prisma 1 GraphQL SDL, legacy datamodel v1.
    SdlV1,
}

/// Which years' conventions a PSL text follows: what may be written, and what it means in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Edition {
    /// 2.0 to 2.6 with the experimental `lift` migrations (2019–2020).
    #[serde(rename = "lift")]
    Lift,
    /// 2.7 to 2.30.
    #[serde(rename = "2")]
    Two,
    /// 3.0 to 5.x.
    #[serde(rename = "3")]
    Three,
    /// 6.x and 7.x.
    #[default]
    #[serde(rename = "6")]
    Six,
}

impl Edition {
    /// All of them, the oldest first.
    pub const ALL: [Self; 4] = [Self::Lift, Self::Two, Self::Three, Self::Six];

    /// The edition of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|edition| edition.as_str() == name)
    }

    /// As it is written in `datamodel.edition`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lift => "lift",
            Self::Two => "2",
            Self::Three => "3",
            Self::Six => "6",
        }
    }
}

/// Which database a datasource names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// PostgreSQL (alias `postgres`).
    PostgreSql,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
}

impl Provider {
    /// The name as it stands in a datasource block and in `target.provider`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }
}

/// A parsed and validated datamodel.
#[derive(Debug, Clone, PartialEq)]
pub struct Datamodel {
    /// The language of the text.
    pub language: Language,
    /// The conventions of a PSL text; the default for the other languages.
    pub edition: Edition,
    /// The `datasource` block, if there is one (SDL has none).
    pub datasource: Option<Datasource>,
    /// Models in the order of the text, without ignored kinds such as views.
    pub models: Vec<Model>,
    /// Enums in the order of the text.
    pub enums: Vec<Enum>,
    /// Every relation once, in the order of the first field that takes part in it.
    pub relations: Vec<Relation>,
    /// What becomes of a database's partial indexes that the datamodel does not declare.
    pub partial_indexes: PartialIndexes,
}

/// Whether a datamodel speaks of partial indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PartialIndexes {
    /// It does not: those that a database has are left as they are.
    #[default]
    LeftAlone,
    /// It does (preview feature `partialIndexes`): they come and go like any other index.
    Declared,
}

impl Datamodel {
    /// The model of this name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The enum of this name.
    pub fn find_enum(&self, name: &str) -> Option<&Enum> {
        self.enums.iter().find(|candidate| candidate.name == name)
    }
}

/// The `datasource` block of PSL. Connection urls are deliberately not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datasource {
    /// Name of the block, the prefix of native types (`db`).
    pub name: String,
    /// The database.
    pub provider: Provider,
    /// `schemas = […]`, empty when not given.
    pub schemas: Vec<String>,
    /// `extensions = […]`, empty when not given (PostgreSQL).
    pub extensions: Vec<Extension>,
    /// False when `relationMode = "prisma"`: no foreign keys in the database.
    pub foreign_keys: ForeignKeyMode,
    /// The environment variables that hold the url by `env("…")`: of `directUrl`, which leads past a pooler, and of `url`.
    pub url_variables: Vec<String>,
}

/// An extension that the database must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name in the database.
    pub name: String,
    /// `schema:`, where it is put when it is created.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub schema: Option<String>,
    /// `version:`, which is created.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
}

/// Where referential integrity lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignKeyMode {
    /// `relationMode = "foreignKeys"`, the default.
    Database,
    /// `relationMode = "prisma"`.
    Client,
}

/// A model and the table it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Name in the datamodel.
    pub name: String,
    /// `@@map`, `@db(name:)` on a type.
    pub database_name: Option<String>,
    /// `@@schema`.
    pub namespace: Option<String>,
    /// Rename hint: the former name of the *table*.
    pub renamed_from: Option<String>,
    /// Fields that are columns, in the order of the text.
    pub columns: Vec<ColumnField>,
    /// Fields that are relations, in the order of the text.
    pub relations: Vec<RelationField>,
    /// `@id` or `@@id`; validation guarantees a unique criterion, not an id.
    pub primary_key: Option<PrimaryKey>,
    /// `@unique`, `@@unique`, `@@index`, `@@fulltext` in the order of the text, fields before blocks.
    pub indexes: Vec<Index>,
    /// Where the name stands in the text.
    pub span: Span,
}

impl Model {
    /// Name of the table.
    pub fn table_name(&self) -> &str {
        self.database_name.as_deref().unwrap_or(&self.name)
    }

    /// The column field of this (datamodel) name.
    pub fn column(&self, name: &str) -> Option<&ColumnField> {
        self.columns.iter().find(|field| field.name == name)
    }
}

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arity {
    /// Exactly one.
    Required,
    /// None or one.
    Optional,
    /// Any number.
    List,
}

/// A field that becomes a column. For SDL, an inline relation adds one with the relation field's name.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnField {
    /// Name in the datamodel.
    pub name: String,
    /// `@map`, `@db(name:)`.
    pub database_name: Option<String>,
    /// What hints say of it; few fields have any.
    pub hints: Option<Box<ColumnHints>>,
    /// The type.
    pub ty: FieldType,
    /// `@db.X(args)`.
    pub native: Option<Box<NativeType>>,
    /// Required, optional, list.
    pub arity: Arity,
    /// `@default`.
    pub default: Option<DefaultValue>,
    /// `@sequence` of SDL: the sequence that numbers the column, when it is not the database's own choice.
    pub sequence: Option<Box<Sequence>>,
    /// `@updatedAt`.
    pub updated_at: bool,
    /// Where the name stands in the text.
    pub span: Span,
}

/// What hints say of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnHints {
    /// Rename hint: the former name of the *column*.
    pub renamed_from: Option<String>,
    /// Replacement hint: the *column* whose values this one has by the time that one goes.
    pub replaces: Option<String>,
}

impl ColumnHints {
    /// The hints; nothing where there are none.
    pub fn of(renamed_from: Option<String>, replaces: Option<String>) -> Option<Box<Self>> {
        let any = renamed_from.is_some() || replaces.is_some();
        any.then(|| Box::new(Self { renamed_from, replaces }))
    }
}

impl ColumnField {
    /// Name of the column.
    pub fn column_name(&self) -> &str {
        self.database_name.as_deref().unwrap_or(&self.name)
    }

    /// The former name of the column, by a hint.
    pub fn renamed_from(&self) -> Option<&str> {
        self.hints.as_ref().and_then(|hints| hints.renamed_from.as_deref())
    }

    /// The column that this one takes the place of, by a hint.
    pub fn replaces(&self) -> Option<&str> {
        self.hints.as_ref().and_then(|hints| hints.replaces.as_deref())
    }
}

/// A field that stands for the other side of a relation; it has no column of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationField {
    /// Name in the datamodel.
    pub name: String,
    /// The model on the other side.
    pub target: String,
    /// Required, optional, list.
    pub arity: Arity,
    /// Where the name stands in the text.
    pub span: Span,
}

/// Type of a column field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldType {
    /// A built-in scalar.
    Scalar(Scalar),
    /// An enum of the datamodel, by name.
    Enum(String),
    /// `Unsupported("…")`: a database type, verbatim.
    Unsupported(String),
}

/// Built-in scalars of PSL and SDL together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scalar {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// 32 bits.
    Int,
    /// 64 bits.
    BigInt,
    /// Double precision (PSL) or `Decimal(65,30)` (Prisma 1).
    Float,
    /// Exact decimal.
    Decimal,
    /// Date and time.
    DateTime,
    /// Binary.
    Bytes,
    /// JSON.
    Json,
    /// SDL `ID`: a cuid of 25 characters.
    Id,
    /// SDL `UUID`.
    Uuid,
}

/// A native type as written: `@db.VarChar(20)` is name `VarChar`, arguments `[20]`. Validated for the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeType {
    /// Name after the prefix.
    pub name: String,
    /// Integer arguments.
    pub arguments: Vec<u32>,
}

/// Value of `@default`.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// A literal.
    Literal(Literal),
    /// A list of literals.
    List(Vec<Literal>),
    /// `autoincrement()`, and SDL's `@id(strategy: SEQUENCE)`.
    Autoincrement,
    /// `now()`.
    Now,
    /// `dbgenerated("expr")`; `None` means "the database has something, leave it".
    DbGenerated(Option<String>),
    /// `uuid()`, `cuid()`, `nanoid()`, `ulid()`, SDL's id strategies: made by the client, nothing in the database.
    Client,
    /// SDL's `@default`: a literal that the client writes, nothing in the database. Rows that exist when the field comes
    /// and is required get it, as Prisma 1 filled them.
    Filled(Literal),
}

/// A sequence that a datamodel names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its name.
    pub name: String,
    /// The first number it gives.
    pub start: i64,
}

/// A literal default, already checked against the type of its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Text, also of DateTime, Json and Bytes (base64) fields: the schema stage knows the type.
    String(String),
    /// Digits as written.
    Number(String),
    /// True or false.
    Boolean(bool),
    /// Name of an enum value (not the mapped one).
    EnumValue(String),
}

/// `@id` or `@@id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// Names of column fields.
    pub fields: Vec<IndexField>,
    /// `map:`.
    pub map: Option<String>,
}

/// Kind of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    /// `@@index`.
    Normal,
    /// `@unique`, `@@unique`.
    Unique,
    /// `@@fulltext` (MySQL).
    Fulltext,
}

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Normal, unique, full text.
    pub kind: IndexKind,
    /// The columns, in order.
    pub fields: Vec<IndexField>,
    /// `map:` (or `name:` of old `@@index`).
    pub map: Option<String>,
    /// `type:`, as written (`Hash`, `Gin` …); `None` is the B-tree.
    pub algorithm: Option<String>,
    /// `where:`, the rows that the index holds; `None` is all of them.
    pub predicate: Option<Predicate>,
}

/// Which rows a partial index holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// `raw("…")`: SQL, verbatim.
    Raw(String),
    /// `{ field: value }`: all of these hold.
    All(Vec<Condition>),
}

/// One condition of a partial index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Name of the column field.
    pub field: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what; `None` is null. A text compared with an enum is the stored value.
    pub value: Option<Literal>,
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `=`, `IS`.
    Equal,
    /// `!=`, `IS NOT`.
    NotEqual,
}

/// A column of a key or index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexField {
    /// Name of the column field.
    pub name: String,
    /// `sort: Desc`.
    pub sort: Sort,
    /// `length:` (MySQL).
    pub length: Option<u32>,
    /// `ops:`; as the class is called in SQL (`jsonb_path_ops`).
    pub operator_class: Option<String>,
}

/// Order of a column in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Sort {
    /// Ascending.
    #[default]
    Asc,
    /// Descending.
    Desc,
}

/// An enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// Name in the datamodel.
    pub name: String,
    /// `@@map`.
    pub database_name: Option<String>,
    /// `@@schema`.
    pub namespace: Option<String>,
    /// Rename hint: the former name of the *type*.
    pub renamed_from: Option<String>,
    /// Values in the order of the text.
    pub values: Vec<EnumValue>,
    /// Where the name stands in the text.
    pub span: Span,
}

impl Enum {
    /// Name of the type in the database.
    pub fn type_name(&self) -> &str {
        self.database_name.as_deref().unwrap_or(&self.name)
    }

    /// The value of this datamodel name.
    pub fn value(&self, name: &str) -> Option<&EnumValue> {
        self.values.iter().find(|value| value.name == name)
    }
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValue {
    /// Name in the datamodel.
    pub name: String,
    /// `@map`.
    pub database_name: Option<String>,
    /// Rename hint: the former value in the database.
    pub renamed_from: Option<String>,
}

impl EnumValue {
    /// The value as the database stores it.
    pub fn stored(&self) -> &str {
        self.database_name.as_deref().unwrap_or(&self.name)
    }
}

/// Referential action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Action {
    /// `NO ACTION`.
    NoAction,
    /// `RESTRICT`.
    Restrict,
    /// `CASCADE`.
    Cascade,
    /// `SET NULL`.
    SetNull,
    /// `SET DEFAULT`.
    SetDefault,
}

/// A relation between two models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// A foreign key in one model's table.
    Inline(InlineRelation),
    /// A link table.
    Table(TableRelation),
}

/// A relation held by columns of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineRelation {
    /// Relation name if one was given.
    pub name: Option<String>,
    /// Model that holds the columns.
    pub model: String,
    /// Relation field on that model.
    pub field: String,
    /// Column fields of `model`, in order.
    pub columns: Vec<String>,
    /// The model referred to.
    pub target: String,
    /// Column fields of `target`, in order.
    pub references: Vec<String>,
    /// `onDelete:` as written; `None` means the default of the conventions.
    pub on_delete: Option<Action>,
    /// `onUpdate:` as written.
    pub on_update: Option<Action>,
    /// `map:`, the name of the foreign key.
    pub map: Option<String>,
}

/// A relation held by a link table with two columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRelation {
    /// Name of the table (`_AToB`, or of a `@relationTable` type).
    pub table: String,
    /// Rename hint: the former name of the table.
    pub renamed_from: Option<String>,
    /// Name of the relation, given or made; Prisma 1 names indexes after it on MySQL.
    pub relation: String,
    /// Column of a primary key of the table's own: Prisma 1's legacy layout.
    pub id: Option<String>,
    /// First side: the smaller model name; in a self relation the smaller field name.
    pub a: LinkSide,
    /// Second side.
    pub b: LinkSide,
}

/// One side of a link table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSide {
    /// The model.
    pub model: String,
    /// Its id field.
    pub id_field: String,
    /// Column of the link table: `A`, `B`, or the declared field's name.
    pub column: String,
    /// Rename hint: the former name of that column.
    pub renamed_from: Option<String>,
}
