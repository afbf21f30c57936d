//! What a column has beyond the words of a datamodel ([`Attributes`]), from `information_schema.COLUMNS`.

use mysql_async::Row;
use schema::{Attributes, Column, Generated, Storage};

use super::defaults::shown_expression;
use super::{Flavour, get};
use crate::Error;

/// `usual` is the table's collation, `extra` the column's `EXTRA` in lower case.
pub(super) fn read(
    flavour: Flavour,
    usual: Option<&str>,
    extra: &str,
    row: &Row,
) -> Result<Attributes, Error> {
    let collation: Option<String> = get(row, 6)?;
    let expression = get::<Option<String>>(row, 7)?.filter(|expression| !expression.is_empty());
    Ok(Attributes {
        collation: collation.filter(|collation| usual != Some(collation)),
        generated: expression.map(|expression| Generated {
            expression: match flavour {
                Flavour::MariaDb => expression,
                Flavour::MySql => shown_expression(&expression),
            },
            storage: if extra.contains("stored") { Storage::Stored } else { Storage::Virtual },
        }),
        updates_clock: extra.contains("on update "),
        invisible: extra.contains("invisible"),
        unversioned: extra.contains("without system versioning"),
        srid: get(row, 10)?,
        check: None,
        comment: Some(get::<String>(row, 8)?).filter(|comment| !comment.is_empty()),
        ..Attributes::default()
    })
}

/// The words for a person, save for a check, which is found apart, and for the clock, whose digits are the server's.
pub(super) fn said(attributes: &Attributes) -> Vec<String> {
    let Attributes { collation, generated, invisible, unversioned, srid, comment, .. } = attributes;
    let plain = |has: &[(bool, &str)]| -> Vec<String> {
        has.iter().filter(|(has, _)| *has).map(|(_, word)| (*word).to_owned()).collect()
    };
    let mut said: Vec<String> = collation.iter().map(|name| format!("collation {name}")).collect();
    said.extend(srid.iter().map(|srid| format!("srid {srid}")));
    said.extend(plain(&[
        (generated.is_some(), "generated"),
        (*invisible, "invisible"),
        (*unversioned, "without system versioning"),
        (comment.is_some(), "comment"),
    ]));
    said
}

/// Changes the attributes of a column, which has none rather than empty ones.
pub(super) fn change(column: &mut Column, change: impl FnOnce(&mut Attributes)) {
    let mut attributes = column.attributes.take().unwrap_or_default();
    change(&mut attributes);
    column.attributes = (*attributes != Attributes::default()).then_some(attributes);
}
