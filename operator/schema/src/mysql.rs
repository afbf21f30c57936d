//! MySQL and MariaDB: types, defaults that fit them, and the indexes that foreign keys need (`prisma` facts 1.3–1.6, 2.5).

use std::fmt;

use datamodel::{ColumnField, Edition, FieldType, Language, NativeType, Scalar, Sort};
use serde::{Deserialize, Serialize};

use crate::named::Named;
use crate::{
    Default, Dialect, Index, IndexColumn, ObjectName, PrimaryKey, Table, Type, Uniqueness, Value, names,
};

/// Characters of a text column that Prisma 1 indexes: the most that fits an old InnoDB key of 767 bytes.
const PRISMA1_PREFIX: u32 = 191;

/// A column type of MySQL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MySqlType {
    /// `TINYINT(1)`, which is what `BOOLEAN` means.
    Boolean,
    /// `TINYINT` to `BIGINT`, with or without sign.
    Integer(IntegerWidth, Sign),
    /// `DECIMAL(p, s)`.
    Decimal(u32, u32),
    /// `FLOAT`.
    Float,
    /// `DOUBLE`.
    Double,
    /// `BIT(n)`.
    Bit(u32),
    /// `CHAR(n)`.
    Char(u32),
    /// `VARCHAR(n)`.
    VarChar(u32),
    /// `TINYTEXT` to `LONGTEXT`.
    Text(LobSize),
    /// `BINARY(n)`.
    Binary(u32),
    /// `VARBINARY(n)`.
    VarBinary(u32),
    /// `TINYBLOB` to `LONGBLOB`.
    Blob(LobSize),
    /// `DATE`.
    Date,
    /// `TIME(p)`.
    Time(u32),
    /// `DATETIME(p)`.
    DateTime(u32),
    /// `TIMESTAMP(p)`.
    Timestamp(u32),
    /// `YEAR`.
    Year,
    /// `JSON`; on MariaDB a `LONGTEXT` that is checked.
    Json,
    /// `ENUM(…)` with its values in order.
    Enum(Vec<String>),
}

/// Bytes of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IntegerWidth {
    /// 1 byte.
    Tiny,
    /// 2 bytes.
    Small,
    /// 3 bytes.
    Medium,
    /// 4 bytes.
    Normal,
    /// 8 bytes.
    Big,
}

impl IntegerWidth {
    /// Number of bits.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Tiny => 8,
            Self::Small => 16,
            Self::Medium => 24,
            Self::Normal => 32,
            Self::Big => 64,
        }
    }
}

/// Whether an integer has a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sign {
    /// It may be negative.
    Signed,
    /// It may not.
    Unsigned,
}

/// How much a text or blob holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LobSize {
    /// 255 bytes.
    Tiny,
    /// 64 KiB.
    Normal,
    /// 16 MiB.
    Medium,
    /// 4 GiB.
    Long,
}

impl LobSize {
    /// Most bytes of a value.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Tiny => 0xff,
            Self::Normal => 0xffff,
            Self::Medium => 0xff_ffff,
            Self::Long => 0xffff_ffff,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Normal => "",
            Self::Medium => "medium",
            Self::Long => "long",
        }
    }
}

/// As the server writes it, in lower case; values of an enum are left out, since quoting is the `sql` crate's.
impl fmt::Display for MySqlType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = |formatter: &mut fmt::Formatter<'_>, name: &str, digits: u32| match digits {
            0 => formatter.write_str(name),
            digits => write!(formatter, "{name}({digits})"),
        };
        match self {
            Self::Boolean => formatter.write_str("boolean"),
            Self::Integer(width, sign) => {
                formatter.write_str(match width {
                    IntegerWidth::Tiny => "tinyint",
                    IntegerWidth::Small => "smallint",
                    IntegerWidth::Medium => "mediumint",
                    IntegerWidth::Normal => "integer",
                    IntegerWidth::Big => "bigint",
                })?;
                formatter.write_str(if *sign == Sign::Unsigned { " unsigned" } else { "" })
            }
            Self::Decimal(precision, scale) => write!(formatter, "decimal({precision}, {scale})"),
            Self::Float => formatter.write_str("float"),
            Self::Double => formatter.write_str("double"),
            Self::Bit(size) => write!(formatter, "bit({size})"),
            Self::Char(size) => write!(formatter, "char({size})"),
            Self::VarChar(size) => write!(formatter, "varchar({size})"),
            Self::Text(size) => write!(formatter, "{}text", size.prefix()),
            Self::Binary(size) => write!(formatter, "binary({size})"),
            Self::VarBinary(size) => write!(formatter, "varbinary({size})"),
            Self::Blob(size) => write!(formatter, "{}blob", size.prefix()),
            Self::Date => formatter.write_str("date"),
            Self::Time(digits) => fraction(formatter, "time", *digits),
            Self::DateTime(digits) => fraction(formatter, "datetime", *digits),
            Self::Timestamp(digits) => fraction(formatter, "timestamp", *digits),
            Self::Year => formatter.write_str("year"),
            Self::Json => formatter.write_str("json"),
            Self::Enum(_) => formatter.write_str("enum"),
        }
    }
}

/// The type of the field's column.
pub(crate) fn column_type(datamodel: &Named<'_>, field: &ColumnField) -> Type {
    let ty = match (&field.ty, &field.native) {
        (FieldType::Unsupported(text), _) => return Type::Other(text.clone()),
        (FieldType::Enum(name), _) => enum_type(datamodel, name),
        (FieldType::Scalar(_), Some(native)) => match native_type(native) {
            Some(ty) => ty,
            None => return Type::Other(native.name.clone()),
        },
        (FieldType::Scalar(scalar), None) => match datamodel.language {
            Language::Psl => scalar_type(*scalar),
            Language::SdlV11 | Language::SdlV1 => prisma1_type(*scalar),
        },
    };
    Type::MySql(ty)
}

/// Prisma 1 stores the names of enum values as text.
fn enum_type(datamodel: &Named<'_>, name: &str) -> MySqlType {
    match (datamodel.language, datamodel.find_enum(name)) {
        (Language::Psl, Some(declared)) => {
            MySqlType::Enum(declared.values.iter().map(|value| value.stored().to_owned()).collect())
        }
        _ => MySqlType::VarChar(PRISMA1_PREFIX),
    }
}

const fn scalar_type(scalar: Scalar) -> MySqlType {
    match scalar {
        Scalar::String | Scalar::Id => MySqlType::VarChar(191),
        Scalar::Uuid => MySqlType::Char(36),
        Scalar::Boolean => MySqlType::Boolean,
        Scalar::Int => MySqlType::Integer(IntegerWidth::Normal, Sign::Signed),
        Scalar::BigInt => MySqlType::Integer(IntegerWidth::Big, Sign::Signed),
        Scalar::Float => MySqlType::Double,
        Scalar::Decimal => MySqlType::Decimal(65, 30),
        Scalar::DateTime => MySqlType::DateTime(3),
        Scalar::Bytes => MySqlType::Blob(LobSize::Long),
        Scalar::Json => MySqlType::Json,
    }
}

const fn prisma1_type(scalar: Scalar) -> MySqlType {
    match scalar {
        Scalar::Id => MySqlType::Char(25),
        Scalar::String | Scalar::Json | Scalar::Bytes => MySqlType::Text(LobSize::Medium),
        Scalar::Float => MySqlType::Decimal(65, 30),
        other => scalar_type(other),
    }
}

fn native_type(native: &NativeType) -> Option<MySqlType> {
    let first = native.arguments.first().copied();
    let size = first.unwrap_or(1);
    let digits = first.unwrap_or(0);
    let (name, sign) = match native.name.strip_prefix("Unsigned") {
        Some(name) => (name, Sign::Unsigned),
        None => (native.name.as_str(), Sign::Signed),
    };
    Some(match name {
        "TinyInt" => MySqlType::Integer(IntegerWidth::Tiny, sign),
        "SmallInt" => MySqlType::Integer(IntegerWidth::Small, sign),
        "MediumInt" => MySqlType::Integer(IntegerWidth::Medium, sign),
        "Int" => MySqlType::Integer(IntegerWidth::Normal, sign),
        "BigInt" => MySqlType::Integer(IntegerWidth::Big, sign),
        "Year" => MySqlType::Year,
        "Decimal" => match first {
            Some(precision) => MySqlType::Decimal(precision, native.arguments.get(1).copied().unwrap_or(0)),
            None => MySqlType::Decimal(65, 30),
        },
        "Float" => MySqlType::Float,
        "Double" => MySqlType::Double,
        "Bit" => MySqlType::Bit(size),
        "Char" => MySqlType::Char(size),
        "VarChar" => MySqlType::VarChar(size),
        "TinyText" => MySqlType::Text(LobSize::Tiny),
        "Text" => MySqlType::Text(LobSize::Normal),
        "MediumText" => MySqlType::Text(LobSize::Medium),
        "LongText" => MySqlType::Text(LobSize::Long),
        "Binary" => MySqlType::Binary(size),
        "VarBinary" => MySqlType::VarBinary(size),
        "TinyBlob" => MySqlType::Blob(LobSize::Tiny),
        "Blob" => MySqlType::Blob(LobSize::Normal),
        "MediumBlob" => MySqlType::Blob(LobSize::Medium),
        "LongBlob" => MySqlType::Blob(LobSize::Long),
        "Date" => MySqlType::Date,
        "Time" => MySqlType::Time(digits),
        "DateTime" => MySqlType::DateTime(digits),
        "Timestamp" => MySqlType::Timestamp(digits),
        "Json" => MySqlType::Json,
        _ => return None,
    })
}

/// The default as a column of this type keeps it: of an instant only the part that the type has, with no more digits
/// than it has, since the server would round them up.
pub(crate) fn fitting(ty: &Type, default: Default) -> Default {
    let (Default::Value(Value::String(text)), Type::MySql(ty)) = (&default, ty) else { return default };
    // Sessions are in UTC, and MariaDB takes no offset.
    let text = text.strip_suffix(" +00:00").unwrap_or(text);
    let (part, digits) = match (ty, text.split_once(' ')) {
        (MySqlType::Date, Some((date, _))) => (date, 0),
        (MySqlType::Time(digits), Some((_, clock))) => (clock, *digits),
        (MySqlType::DateTime(digits) | MySqlType::Timestamp(digits), _) => (text, *digits),
        _ => return default,
    };
    let shown = match part.split_once('.') {
        Some((whole, _)) if digits == 0 => whole.to_owned(),
        Some((whole, fraction)) => {
            let kept: String = fraction.chars().take(usize::try_from(digits).unwrap_or(6)).collect();
            format!("{whole}.{kept}")
        }
        None => part.to_owned(),
    };
    Default::Value(Value::String(shown))
}

/// InnoDB wants an index that begins with the columns of each foreign key, and makes one where none is. The same
/// index is asked for here, so that it is named, created and dropped like any other.
pub(crate) fn add_key_indexes(table: &mut Table) {
    for key in &table.foreign_keys {
        let served = begins(table.primary_key.as_ref(), &key.columns)
            || table.indexes.iter().any(|index| serves(index, &key.columns));
        if served {
            continue;
        }
        let columns = key
            .columns
            .iter()
            .map(|name| IndexColumn {
                name: name.clone(),
                sort: Sort::Asc,
                operator_class: None,
                length: None,
            })
            .collect();
        table.indexes.push(Index {
            name: key.name.clone().unwrap_or_else(|| own_key_name(&table.name, &key.columns)),
            uniqueness: Uniqueness::Plain,
            columns,
            method: None,
            predicate: None,
            constraint: false,
            valid: true,
        });
    }
}

/// The name of a foreign key, and of its index, where the datamodel leaves it to the server.
pub fn own_key_name(table: &ObjectName, columns: &[String]) -> String {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    names::foreign_key(Dialect::MySql, Edition::Six, &table.name, &columns)
}

fn begins(key: Option<&PrimaryKey>, columns: &[String]) -> bool {
    key.is_some_and(|key| key.prefixes.is_empty() && key.columns.starts_with(columns))
}

fn serves(index: &Index, columns: &[String]) -> bool {
    index.method.is_none()
        && index.columns.len() >= columns.len()
        && index.columns.iter().zip(columns).all(|(column, wanted)| {
            column.name == *wanted && column.sort == Sort::Asc && column.length.is_none()
        })
}

/// How many characters of the column an index takes, where the datamodel does not say.
pub fn usual_prefix(language: Language, ty: &Type) -> Option<u32> {
    match (language, ty) {
        (Language::SdlV11 | Language::SdlV1, Type::MySql(MySqlType::Text(_))) => Some(PRISMA1_PREFIX),
        _ => None,
    }
}
