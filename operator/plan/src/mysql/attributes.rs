//! What a column's new definition says again, since a datamodel cannot say it (MySQL: "ALTER TABLE", MODIFY).

use schema::{Attributes, Column, Default, MySqlType, Table, Type};

use crate::diff::Refusal;

/// The column as it shall be, with the attributes of the one that is there.
///
/// A way back starts from a schema without attributes and leads to one that has them, so the wanted side's serve as well.
/// Refused where the new definition has no room for one: it would be lost.
pub(super) fn carried(found: &Table, from: &Column, to: &Column, how: How) -> Result<Column, Refusal> {
    let mut column = to.clone();
    if column.default == Some(Default::Any) {
        column.default.clone_from(&from.default);
    }
    let Some(attributes) = from.attributes.as_deref().or(to.attributes.as_deref()) else { return Ok(column) };
    let lost = lost(attributes, &column, how);
    if !lost.is_empty() {
        let extras = lost.into_iter().map(|what| format!("column {}: {what}", from.name)).collect();
        return Err(Refusal::Extras { table: found.name.clone(), extras });
    }
    let mut attributes = attributes.clone();
    attributes.collation = attributes.collation.filter(|_| is_text(&column.ty.base));
    if ends_with_update(column.default.as_ref()) {
        let found = to.attributes.is_some() || to.default == Some(Default::Any);
        if found && attributes.updates_clock {
            // Written by the digits of the column, which may change.
            column.default = Some(Default::Now);
        } else {
            attributes.updates_clock = false;
        }
    }
    column.attributes = (attributes != Attributes::default()).then(|| Box::new(attributes));
    Ok(column)
}

/// How a column comes to its new definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// `MODIFY`: the values stay.
    Modified,
    /// Drop and add.
    MadeAnew,
}

/// What the new definition has no room for.
fn lost(attributes: &Attributes, to: &Column, how: How) -> Vec<&'static str> {
    let other_default = attributes.generated.as_ref().is_some_and(|generated| match &to.default {
        None => false,
        Some(Default::Expression(text)) => *text != generated.expression,
        Some(_) => true,
    });
    let anew = how == How::MadeAnew;
    let has_clock = matches!(to.ty.base, Type::MySql(MySqlType::DateTime(_) | MySqlType::Timestamp(_)));
    [
        (other_default || (anew && attributes.generated.is_some()), "generated"),
        (attributes.updates_clock && !has_clock, "on update"),
        (anew && attributes.check.is_some(), "check"),
        (attributes.srid.is_some() && !matches!(to.ty.base, Type::Other(_)), "srid"),
    ]
    .into_iter()
    .filter_map(|(lost, what)| lost.then_some(what))
    .collect()
}

fn ends_with_update(default: Option<&Default>) -> bool {
    matches!(default, Some(Default::Expression(text)) if text.to_ascii_lowercase().contains("on update"))
}

const fn is_text(ty: &Type) -> bool {
    matches!(
        ty,
        Type::MySql(MySqlType::Char(_) | MySqlType::VarChar(_) | MySqlType::Text(_) | MySqlType::Enum(_))
            | Type::Other(_)
    )
}
