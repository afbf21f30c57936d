//! The schema that a datamodel asks of a certain server.

use std::collections::BTreeMap;

use database::TableNames;
use datamodel::Datamodel;
use reason::Reason;
use schema::{ObjectName, Schema, Scope, derive};

use crate::{Failure, Request};

/// What the request wants of the database.
pub(crate) fn wanted(names: TableNames, request: &Request) -> Result<Schema, Failure> {
    match &request.roll_back {
        Some(back) => Ok(back.schema.clone()),
        None => desired(names, &request.datamodel, &request.scope),
    }
}

/// As [`derive`], with the names of tables as the server will keep them.
///
/// # Errors
/// [`Reason::DatamodelInvalid`] when the server would make one table of two.
pub fn desired(names: TableNames, datamodel: &Datamodel, scope: &Scope) -> Result<Schema, Failure> {
    let mut schema = derive(datamodel, scope);
    if names == TableNames::Lower {
        refuse_equal(&schema)?;
        schema.names = schema
            .names
            .take()
            .map(|names| names.with_tables_called(schema.tables.iter().map(|table| &table.name), lowered));
        for table in &mut schema.tables {
            lower(&mut table.name);
            table.renamed_from = table.renamed_from.take().map(|name| lowered(&name));
            table.foreign_keys.iter_mut().for_each(|key| lower(&mut key.referenced_table));
        }
    }
    Ok(schema)
}

fn lower(name: &mut ObjectName) {
    name.name = lowered(&name.name);
}

/// Letter by letter, as the server does it: a sigma at the end is no other letter.
fn lowered(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// Two tables of which the server would make one.
fn refuse_equal(schema: &Schema) -> Result<(), Failure> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in schema.tables.iter().map(|table| table.name.name.as_str()) {
        if let Some(other) = seen.insert(lowered(name), name) {
            return Err(Failure::new(
                Reason::DatamodelInvalid,
                format!(
                    "Tables `{other}` and `{name}` differ in case only, and this server keeps the names of tables in lower \
                     case (`lower_case_table_names`): both would be `{}`. Give one of them another name with `@@map`.",
                    lowered(name)
                ),
            ));
        }
    }
    Ok(())
}
