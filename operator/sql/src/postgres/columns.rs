//! Columns, types and defaults of PostgreSQL.

use schema::{Column, ColumnType, Default, Generated, Nullability, ObjectName, Storage, Type};

use super::own;
use crate::quote::{ident, literal, object, string};

/// `"name" TYPE NOT NULL DEFAULT …`; an autoincrement column is a serial one.
///
/// One whose sequence has a name of its own takes its numbers from it; [`create_sequence`] must come before.
pub(crate) fn column_definition(table: &ObjectName, column: &Column) -> String {
    let numbered = column.autoincrement && column.sequence.is_none();
    let ty = if numbered { serial(&column.ty.base).to_owned() } else { column_type(&column.ty) };
    let null = if column.nullability == Nullability::Required { " NOT NULL" } else { "" };
    let default = match &column.sequence {
        Some(sequence) => Some(next_value(&table.sibling(&sequence.name))),
        None => default_of(column),
    };
    let generated = column.attributes.as_ref().and_then(|attributes| attributes.generated.as_ref());
    let value = match generated {
        Some(generated) => generation(generated),
        None => default.map(|default| format!(" DEFAULT {default}")).unwrap_or_default(),
    };
    format!("{} {ty}{null}{value}", ident(&column.name))
}

/// The expression is the catalog's own text.
fn generation(generated: &Generated) -> String {
    let storage = match generated.storage {
        Storage::Stored => "STORED",
        Storage::Virtual => "VIRTUAL",
    };
    format!(" GENERATED ALWAYS AS ({}) {storage}", own::expression(&generated.expression))
}

/// The sequence that the datamodel names for this column, before the column, and to whom it belongs, after it.
pub(crate) fn create_sequence(table: &ObjectName, column: &Column) -> Option<(String, String)> {
    let sequence = column.sequence.as_ref()?;
    let name = object(&table.sibling(&sequence.name));
    let ty = column_type(&column.ty);
    let start = match sequence.start {
        None | Some(1) => String::new(),
        Some(start) if start > 1 => format!(" START {start}"),
        Some(start) => format!(" MINVALUE {start} START {start}"),
    };
    let create = format!("CREATE SEQUENCE {name} AS {ty}{start}");
    let own = format!("ALTER SEQUENCE {name} OWNED BY {}.{}", object(table), ident(&column.name));
    Some((create, own))
}

/// `nextval` of a sequence.
pub(crate) fn next_value(sequence: &ObjectName) -> String {
    format!("pg_catalog.nextval({})", string(&object(sequence)))
}

const fn serial(ty: &Type) -> &'static str {
    match ty {
        Type::SmallInt => "SMALLSERIAL",
        Type::BigInt => "BIGSERIAL",
        _ => "SERIAL",
    }
}

/// The type with its list marker.
pub(crate) fn column_type(ty: &ColumnType) -> String {
    match &ty.base {
        // Prisma writes the array's own name and marks the list besides.
        Type::Other(text) if ty.list => match text.strip_prefix('_') {
            Some("char") => "\"char\"[]".to_owned(),
            element => format!("{}[]", own::type_name(element.unwrap_or(text))),
        },
        base if ty.list => format!("{}[]", base_type(base)),
        base => base_type(base),
    }
}

fn base_type(ty: &Type) -> String {
    let sized = |name: &str, size: Option<u32>| {
        size.map_or_else(|| name.to_owned(), |size| format!("{name}({size})"))
    };
    match ty {
        Type::Boolean => "BOOLEAN".to_owned(),
        Type::SmallInt => "SMALLINT".to_owned(),
        Type::Integer => "INTEGER".to_owned(),
        Type::BigInt => "BIGINT".to_owned(),
        Type::Oid => "OID".to_owned(),
        Type::Real => "REAL".to_owned(),
        Type::Double => "DOUBLE PRECISION".to_owned(),
        Type::Decimal(Some((precision, scale))) => format!("DECIMAL({precision},{scale})"),
        Type::Decimal(None) => "DECIMAL".to_owned(),
        Type::Money => "MONEY".to_owned(),
        Type::Text => "TEXT".to_owned(),
        // An extension's type: it lives where the extension was put, which is `public` unless somebody moved it.
        Type::Citext => "\"public\".\"citext\"".to_owned(),
        Type::VarChar(size) => sized("VARCHAR", *size),
        Type::Char(size) => sized("CHAR", Some(*size)),
        Type::Bit(size) => sized("BIT", Some(*size)),
        Type::VarBit(size) => sized("VARBIT", *size),
        Type::Uuid => "UUID".to_owned(),
        Type::Xml => "XML".to_owned(),
        Type::Inet => "INET".to_owned(),
        Type::Bytes => "BYTEA".to_owned(),
        Type::Timestamp(precision) => sized("TIMESTAMP", *precision),
        Type::DateTime => "TIMESTAMP(3)".to_owned(),
        Type::Timestamptz(precision) => sized("TIMESTAMPTZ", *precision),
        Type::Date => "DATE".to_owned(),
        Type::Time(precision) => sized("TIME", *precision),
        Type::Timetz(precision) => sized("TIMETZ", *precision),
        Type::Json => "JSON".to_owned(),
        Type::JsonB => "JSONB".to_owned(),
        Type::Enum(name) => object(name),
        // A schema for PostgreSQL never holds it.
        Type::MySql(found) => found.to_string().to_uppercase(),
        Type::Other(text) => own::type_name(text),
        Type::Domain(domain) => domain.name.clone(),
    }
}

/// The default as SQL, if the database shall have one.
pub(crate) fn default_of(column: &Column) -> Option<String> {
    match column.default.as_ref()? {
        Default::Value(value) => Some(literal(value, bytes)),
        Default::List(values) => {
            let values: Vec<String> = values.iter().map(|value| literal(value, bytes)).collect();
            Some(format!("ARRAY[{}]::{}", values.join(", "), column_type(&column.ty)))
        }
        Default::Now => Some("CURRENT_TIMESTAMP".to_owned()),
        Default::Expression(text) => Some(own::expression(text)),
        Default::Any => None,
    }
}

fn bytes(content: &[u8]) -> String {
    let digits = hex::encode(content);
    string(&format!("\\x{digits}"))
}
