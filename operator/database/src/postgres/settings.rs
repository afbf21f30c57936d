//! Settings of a column, which go with it when it is made anew: to its [`Attributes`].

use schema::{Attributes, LongValues, Storage};
use tokio_postgres::Row;

use super::Postgres;
use super::introspect::Tables;
use crate::Error;

/// Adds a row of [`SETTINGS`](super::catalog::SETTINGS) to its column, and says it among the extras of the table.
pub(super) fn add(session: &Postgres, tables: &mut Tables, row: &Row) -> Result<(), Error> {
    let Some(table) = tables.get_mut(&session.get::<u32>(row, 0)?) else { return Ok(()) };
    let name: String = session.get(row, 1)?;
    let options: Vec<String> = session.get(row, 5)?;
    let attributes = Attributes {
        comment: session.get(row, 6)?,
        storage: session.get::<Option<&str>>(row, 3)?.and_then(storage),
        compression: session.get::<Option<&str>>(row, 4)?.map(|method| compression(method).to_owned()),
        statistics: session.get(row, 2)?,
        options: options
            .iter()
            .filter_map(|option| option.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        ..Attributes::default()
    };
    let mut say = |what: String| table.extras.push(format!("column {name}: {what}"));
    if attributes.comment.is_some() {
        say("comment".to_owned());
    }
    if let Some(storage) = attributes.storage {
        say(format!("storage {}", storage.as_str().to_lowercase()));
    }
    if let Some(method) = &attributes.compression {
        say(format!("compression {method}"));
    }
    if let Some(target) = attributes.statistics {
        say(format!("statistics {target}"));
    }
    for (option, value) in &attributes.options {
        say(format!("{option} {value}"));
    }
    if let Some(column) = table.columns.iter_mut().find(|column| column.name == name) {
        let generated = column.attributes.take().and_then(|attributes| attributes.generated);
        column.attributes = Some(Box::new(Attributes { generated, ..attributes }));
    }
    Ok(())
}

/// `pg_attribute.attgenerated`: empty for other columns.
pub(super) fn generated(code: &str) -> Option<Storage> {
    match code {
        "s" => Some(Storage::Stored),
        "v" => Some(Storage::Virtual),
        _ => None,
    }
}

/// `pg_attribute.attstorage`.
fn storage(code: &str) -> Option<LongValues> {
    Some(match code {
        "p" => LongValues::Plain,
        "e" => LongValues::External,
        "x" => LongValues::Extended,
        "m" => LongValues::Main,
        _ => return None,
    })
}

/// `pg_attribute.attcompression`.
fn compression(code: &str) -> &str {
    match code {
        "p" => "pglz",
        "l" => "lz4",
        other => other,
    }
}
