//! `@db.X(…)`: which native types a database has, their arguments, and the scalars they are for.

use super::ast::{Attribute, Value};
use super::codes;
use super::datasource::Target;
use super::suggest::did_you_mean;
use crate::findings::Findings;
use crate::{Diagnostic, FieldType, NativeType, Provider, Scalar};

/// Numbers that a native type takes.
#[derive(Clone, Copy)]
enum Takes {
    /// None.
    Nothing,
    /// One within the limits, which must be given.
    One(u32, u32),
    /// One within the limits, or none.
    Perhaps(u32, u32),
    /// Precision and scale up to these, or none.
    Decimal(u32, u32),
}

/// A native type of a database.
struct Known(&'static str, &'static [Scalar], Takes);

use Scalar::{BigInt, Boolean, Bytes, DateTime, Decimal, Float, Int, Json, String as Text};
use Takes::{Nothing, One, Perhaps};

const POSTGRESQL: &[Known] = &[
    Known("SmallInt", &[Int], Nothing),
    Known("Integer", &[Int], Nothing),
    Known("Oid", &[Int], Nothing),
    Known("BigInt", &[BigInt], Nothing),
    Known("Decimal", &[Decimal], Takes::Decimal(1000, 1000)),
    Known("Money", &[Decimal], Nothing),
    Known("Real", &[Float], Nothing),
    Known("DoublePrecision", &[Float], Nothing),
    Known("VarChar", &[Text], Perhaps(1, 10_485_760)),
    Known("Char", &[Text], Perhaps(1, 10_485_760)),
    Known("Text", &[Text], Nothing),
    Known("Citext", &[Text], Nothing),
    Known("Bit", &[Text], Perhaps(1, 83_886_080)),
    Known("VarBit", &[Text], Perhaps(1, 83_886_080)),
    Known("Uuid", &[Text], Nothing),
    Known("Xml", &[Text], Nothing),
    Known("Inet", &[Text], Nothing),
    Known("ByteA", &[Bytes], Nothing),
    Known("Timestamp", &[DateTime], Perhaps(0, 6)),
    Known("Timestamptz", &[DateTime], Perhaps(0, 6)),
    Known("Date", &[DateTime], Nothing),
    Known("Time", &[DateTime], Perhaps(0, 6)),
    Known("Timetz", &[DateTime], Perhaps(0, 6)),
    Known("Boolean", &[Boolean], Nothing),
    Known("Json", &[Json], Nothing),
    Known("JsonB", &[Json], Nothing),
];

const MYSQL: &[Known] = &[
    Known("Int", &[Int], Nothing),
    Known("UnsignedInt", &[Int], Nothing),
    Known("SmallInt", &[Int], Nothing),
    Known("UnsignedSmallInt", &[Int], Nothing),
    Known("MediumInt", &[Int], Nothing),
    Known("UnsignedMediumInt", &[Int], Nothing),
    Known("Year", &[Int], Nothing),
    Known("TinyInt", &[Int, Boolean], Nothing),
    Known("UnsignedTinyInt", &[Int, Boolean], Nothing),
    Known("BigInt", &[BigInt], Nothing),
    Known("UnsignedBigInt", &[BigInt], Nothing),
    Known("Decimal", &[Decimal], Takes::Decimal(65, 30)),
    Known("Float", &[Float], Nothing),
    Known("Double", &[Float], Nothing),
    Known("Bit", &[Boolean, Bytes], One(1, 64)),
    Known("Char", &[Text], One(0, 255)),
    Known("VarChar", &[Text], One(0, 65_535)),
    Known("TinyText", &[Text], Nothing),
    Known("Text", &[Text], Nothing),
    Known("MediumText", &[Text], Nothing),
    Known("LongText", &[Text], Nothing),
    Known("Binary", &[Bytes], One(0, u32::MAX)),
    Known("VarBinary", &[Bytes], One(0, u32::MAX)),
    Known("TinyBlob", &[Bytes], Nothing),
    Known("Blob", &[Bytes], Nothing),
    Known("MediumBlob", &[Bytes], Nothing),
    Known("LongBlob", &[Bytes], Nothing),
    Known("Date", &[DateTime], Nothing),
    Known("Time", &[DateTime], Perhaps(0, 6)),
    Known("DateTime", &[DateTime], Perhaps(0, 6)),
    Known("Timestamp", &[DateTime], Perhaps(0, 6)),
    Known("Json", &[Json], Nothing),
];

/// Checks a native type against the field's type and the database. `None` after a report.
///
/// Without a datasource any name and any numbers are taken as they are.
pub(crate) fn read(
    attribute: &Attribute<'_>,
    ty: &FieldType,
    target: &Target,
    diagnostics: &mut Findings,
) -> Option<NativeType> {
    let (prefix, name) = attribute.name.text.split_once('.')?;
    let arguments = numbers(attribute, diagnostics)?;
    let native = NativeType { name: name.to_owned(), arguments };
    let Some(datasource) = &target.datasource else {
        return Some(native);
    };
    if prefix != datasource.name {
        let message = format!("`{prefix}` is not the name of the datasource.");
        let help = format!("Did you mean `@{}.{name}`?", datasource.name);
        diagnostics.push(Diagnostic::error(codes::NATIVE_PREFIX, attribute.name.span(), message).help(help));
        return None;
    }
    let table = match datasource.provider {
        Provider::PostgreSql => POSTGRESQL,
        Provider::MySql => MYSQL,
        Provider::Sqlite => {
            let message = "SQLite has no native types.";
            let found = Diagnostic::error(codes::NATIVE_UNKNOWN, attribute.span(), message);
            diagnostics.push(found.help("Remove the attribute; the type of the field decides."));
            return None;
        }
    };
    let Some(known) = table.iter().find(|known| known.0 == name) else {
        let message = format!("{} has no native type `{name}`.", target.name());
        let help = did_you_mean(
            name,
            table.iter().map(|known| known.0),
            "Use a type of this database, or remove the attribute.",
        );
        diagnostics.push(Diagnostic::error(codes::NATIVE_UNKNOWN, attribute.name.span(), message).help(help));
        return None;
    };
    if !matches!(ty, FieldType::Scalar(scalar) if known.1.contains(scalar)) {
        let wanted: Vec<String> = known.1.iter().map(|scalar| format!("`{scalar:?}`")).collect();
        let message = format!("The native type `{name}` is not for fields of this type.");
        let help = format!("Make the field {}, or use another native type.", wanted.join(" or "));
        diagnostics.push(Diagnostic::error(codes::NATIVE_SCALAR, attribute.name.span(), message).help(help));
        return None;
    }
    let boolean_bits = *ty == FieldType::Scalar(Boolean) && name == "Bit" && native.arguments != [1];
    let wrong = misfit(known.2, &native.arguments);
    match wrong.or_else(|| boolean_bits.then(|| "A `Boolean` is `Bit(1)`.".to_owned())) {
        None => Some(native),
        Some(help) => {
            let message = format!("`{name}` of {} does not take these arguments.", target.name());
            diagnostics
                .push(Diagnostic::error(codes::NATIVE_ARGUMENTS, attribute.span(), message).help(help));
            None
        }
    }
}

/// What is wrong with the numbers, as the advice that cures it.
fn misfit(takes: Takes, numbers: &[u32]) -> Option<String> {
    match (takes, numbers) {
        (Nothing | Perhaps(..) | Takes::Decimal(..), []) => None,
        (Nothing, _) => Some("Remove the arguments.".to_owned()),
        (One(least, most) | Perhaps(least, most), [number]) if (least..=most).contains(number) => None,
        (One(least, most), _) => Some(format!("Give one number from {least} to {most}.")),
        (Perhaps(least, most), _) => Some(format!("Give one number from {least} to {most}, or none.")),
        (Takes::Decimal(most, scale), [p, s]) if (1..=most).contains(p) && *s <= scale && s <= p => None,
        (Takes::Decimal(most, scale), [p, s]) if (1..=most).contains(p) && *s <= scale => {
            Some(format!("Make the scale no larger than the precision {p}."))
        }
        (Takes::Decimal(most, scale), _) => {
            Some(format!("Give a precision from 1 to {most} and a scale up to {scale}, or neither."))
        }
    }
}

fn numbers(attribute: &Attribute<'_>, diagnostics: &mut Findings) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for argument in attribute.arguments {
        match &argument.value.value {
            Value::Number(digits) if digits.parse::<u32>().is_ok() => {
                numbers.extend(digits.parse::<u32>());
            }
            _ => {
                let message = format!("The arguments of `@{}` must be whole numbers.", attribute.name.text);
                let found = Diagnostic::error(codes::NATIVE_ARGUMENTS, argument.value.span(), message);
                diagnostics.push(found.help("Write numbers, such as `@db.VarChar(255)`."));
                return None;
            }
        }
    }
    Some(numbers)
}

/// Whether the native type needs a length in keys and indexes (MySQL's texts and blobs).
pub(crate) fn needs_length(native: &NativeType, provider: Option<Provider>) -> bool {
    provider == Some(Provider::MySql) && (native.name.ends_with("Text") || native.name.ends_with("Blob"))
}
