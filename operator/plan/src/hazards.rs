//! The hazards of each change, in words without counts.

use schema::{
    Column, ColumnType, Condition, Default, Dialect, ForeignKey, Index, ObjectName, Predicate, PrimaryKey,
    Table, Type, Uniqueness, Value,
};

use crate::arrivals::{Arrival, Orphans, Pair, orphans};
use crate::casts::{Cast, cast};
use crate::keys;
use crate::limits::narrowing;
use crate::{Check, Concerned, Hazard, HazardCode, Limit, SharedColumn};

/// One question about one table.
fn rows(table: &ObjectName, concerned: Concerned) -> Vec<Check> {
    vec![Check::new(table, concerned)]
}

pub(crate) fn drop_table(table: &ObjectName) -> Hazard {
    Hazard {
        code: HazardCode::DropTable,
        table: table.clone(),
        column: None,
        message: format!("Table `{table}` is dropped with every row in it."),
        checks: Some(rows(table, Concerned::All)),
    }
}

pub(crate) fn possible_rename(old: &ObjectName, new: &Table) -> Hazard {
    Hazard {
        code: HazardCode::PossibleRename,
        table: old.clone(),
        column: None,
        message: format!(
            "Table `{old}` goes and a similar table `{}` comes. If this is a rename, write \
             `/// @schemalift.renamedFrom({})` above the new model, and the rows stay.",
            new.name, old.name
        ),
        checks: Some(rows(old, Concerned::All)),
    }
}

pub(crate) fn drop_column(table: &ObjectName, column: &str) -> Hazard {
    Hazard {
        code: HazardCode::DropColumn,
        table: table.clone(),
        column: Some(column.to_owned()),
        message: format!("Column `{table}.{column}` is dropped with every value in it."),
        checks: Some(rows(table, Concerned::NotNull(column.to_owned()))),
    }
}

/// A column that goes, with the columns that come and may be the same under another name.
pub(crate) fn drop_or_rename_column(found: &Table, wanted: &Table, column: &Column) -> Hazard {
    let mut hazard = drop_column(&wanted.name, &column.name);
    let similar: Vec<String> = wanted
        .columns
        .iter()
        .filter(|new| new.ty == column.ty && found.column(&new.name).is_none())
        .map(|new| format!("`{}`", new.name))
        .collect();
    if !similar.is_empty() {
        let advice = format!(
            " If {} is its new name, write `/// @schemalift.renamedFrom({})` above the field, and the values stay.",
            similar.join(" or "),
            column.name
        );
        hazard.message.push_str(&advice);
    }
    hazard
}

/// A column that goes, and the one that has its values: `concerned` are the rows where it has not. `why` says what else
/// to know.
pub(crate) fn replaced_column(
    table: &ObjectName,
    (column, by): (&str, &str),
    why: &str,
    concerned: Concerned,
) -> Hazard {
    Hazard {
        code: HazardCode::ReplacedColumn,
        table: table.clone(),
        column: Some(column.to_owned()),
        message: format!("Column `{table}.{column}` goes, and `{by}` replaces it: {why}"),
        checks: Some(rows(table, concerned)),
    }
}

pub(crate) fn recreate_column(table: &ObjectName, column: &str) -> Hazard {
    Hazard {
        code: HazardCode::RecreateColumn,
        table: table.clone(),
        column: Some(column.to_owned()),
        message: format!(
            "No cast exists for `{table}.{column}`: the column is dropped and made again, empty."
        ),
        checks: Some(rows(table, Concerned::NotNull(column.to_owned()))),
    }
}

/// A cast that may fail or change values: what it refuses and what it changes are two hazards. Where no query can tell
/// them apart, every value counts.
pub(crate) fn risky_cast(dialect: Dialect, table: &ObjectName, from: &Column, to: &Column) -> Vec<Hazard> {
    let beyond =
        |limits: Vec<Limit>| Concerned::Beyond { column: from.name.clone(), ty: from.ty.clone(), limits };
    let words = format!(
        "The values of `{table}.{}` are cast from {} to {}",
        to.name,
        type_words(&from.ty.base),
        type_words(&to.ty.base)
    );
    let hazard = |code, rest: &str, concerned| Hazard {
        code,
        table: table.clone(),
        column: Some(to.name.clone()),
        message: format!("{words}{rest}"),
        checks: Some(rows(table, concerned)),
    };
    let Some(found) = narrowing(dialect, &from.ty, &to.ty) else {
        let every = Concerned::NotNull(from.name.clone());
        return vec![hazard(HazardCode::NarrowingCast, ": they may be cut, rounded or refused.", every)];
    };
    let mut hazards = Vec::new();
    if !found.changed.is_empty() {
        let rest = match dialect {
            _ if found.changed.contains(&Limit::JsonForm) => {
                ": of a key that is there twice the last value stays, and the text is written anew."
            }
            Dialect::Sqlite if matches!(to.ty.base, Type::Real | Type::Double) => {
                ": what is no number stays as it is, and a whole number beyond 2^53 is rounded."
            }
            Dialect::Sqlite => ": what does not fit stays as it is, and its readers do not expect it.",
            Dialect::PostgreSql | Dialect::MySql => ": what does not fit exactly is cut or rounded.",
        };
        hazards.push(hazard(HazardCode::NarrowingCast, rest, beyond(found.changed)));
    }
    if !found.refused.is_empty() {
        let rest = ", which refuses what does not fit. Change or shorten those values first.";
        hazards.push(hazard(HazardCode::UnfitValues, rest, beyond(found.refused)));
    }
    hazards
}

pub(crate) fn required_column(table: &ObjectName, column: &Column) -> Hazard {
    let why = if column.client_default {
        "its value is made by the application, so the database has none for the rows that exist"
    } else {
        "it has no default"
    };
    Hazard {
        code: HazardCode::RequiredColumn,
        table: table.clone(),
        column: Some(column.name.clone()),
        message: format!(
            "Column `{table}.{}` is required and {why}. Give it a `@default`, or add it as optional, fill it, \
             and make it required then.",
            column.name
        ),
        checks: Some(rows(table, Concerned::All)),
    }
}

pub(crate) fn filled_column(table: &ObjectName, column: &Column, value: &Default) -> Hazard {
    Hazard {
        code: HazardCode::FilledColumn,
        table: table.clone(),
        column: Some(column.name.clone()),
        message: format!(
            "Column `{table}.{}` is required and its default is the application's: the rows that exist get {}.",
            column.name,
            value_words(value)
        ),
        checks: Some(rows(table, Concerned::All)),
    }
}

/// A value in words for a message.
fn value_words(value: &Default) -> String {
    match value {
        Default::Value(Value::String(text)) => format!("{text:?}"),
        Default::Value(Value::Number(digits)) => digits.clone(),
        Default::Value(Value::Boolean(truth)) => truth.to_string(),
        _ => "its default".to_owned(),
    }
}

pub(crate) fn set_not_null(table: &ObjectName, column: &str) -> Hazard {
    Hazard {
        code: HazardCode::SetNotNull,
        table: table.clone(),
        column: Some(column.to_owned()),
        message: format!("Column `{table}.{column}` becomes required. Fill the rows where it is null first."),
        checks: Some(rows(table, Concerned::Null(column.to_owned()))),
    }
}

/// A unique index over rows that may share its values; `None` when they cannot, since a column of it comes empty or with
/// values of its own.
pub(crate) fn unique_index(pair: Pair<'_>, index: &Index) -> Option<Hazard> {
    let table = &pair.wanted.name;
    let shared = shared(pair, index.columns.iter().map(|part| (&part.name, part.length)))?;
    let columns: Vec<&str> = index.columns.iter().map(|column| column.name.as_str()).collect();
    let among = if index.predicate.is_some() { " among the rows that the index holds" } else { "" };
    let stays = |condition: &Condition| match Arrival::of(pair, &condition.column) {
        Arrival::Stays { from, to } => from.ty == to.ty,
        Arrival::Constant(_) | Arrival::Nulls | Arrival::Distinct => false,
    };
    Some(Hazard {
        code: HazardCode::UniqueIndex,
        table: table.clone(),
        column: None,
        message: format!(
            "`{}` of `{table}` become unique{among}. Rows that share their values have to be merged first.",
            columns.join(", ")
        ),
        checks: match &index.predicate {
            None => Some(rows(table, Concerned::Shared(shared))),
            Some(Predicate::All(among)) if among.iter().all(stays) => {
                Some(rows(table, Concerned::SharedAmong { columns: shared, among: among.clone() }))
            }
            // Before the plan ran, a column may be missing; whether SQL of a person's own can be asked is not known.
            Some(Predicate::All(_) | Predicate::Text(_)) => None,
        },
    })
}

/// Keys that stay while a column of theirs gets a type in which unequal values may become equal.
pub(crate) fn merged_values(pair: Pair<'_>) -> Vec<Hazard> {
    let table = &pair.wanted.name;
    let merges = |name: &String| match Arrival::of(pair, name) {
        Arrival::Stays { from, to } => cast(pair.dialect, &from.ty, &to.ty) == Cast::Risky,
        Arrival::Constant(_) | Arrival::Nulls | Arrival::Distinct => false,
    };
    let repaired = |hazard: Hazard, columns: Vec<&str>| Hazard {
        message: format!(
            "`{}` of `{table}` stay unique in another type. Rows whose values become equal have to be merged first.",
            columns.join(", ")
        ),
        ..hazard
    };
    let created = keys::indexes(pair.found, pair.wanted).created;
    let stay = pair.wanted.indexes.iter().filter(|index| {
        index.uniqueness == Uniqueness::Unique
            && !created.iter().any(|new| new.name == index.name)
            && index.columns.iter().any(|column| merges(&column.name))
    });
    let mut found: Vec<Hazard> = stay
        .filter_map(|index| {
            let columns = index.columns.iter().map(|column| column.name.as_str()).collect();
            Some(repaired(unique_index(pair, index)?, columns))
        })
        .collect();
    let key = pair.wanted.primary_key.as_ref().filter(|key| {
        let same = pair.found.primary_key.as_ref().is_some_and(|before| before.columns == key.columns);
        same && key.columns.iter().any(merges)
    });
    if let Some(key) = key {
        found.push(repaired(primary_key(pair), key.columns.iter().map(String::as_str).collect()));
    }
    found
}

/// The columns that must differ, without those that are the same in every row; `None` when one of them always differs.
fn shared<'a>(
    pair: Pair<'_>,
    columns: impl Iterator<Item = (&'a String, Option<u32>)>,
) -> Option<Vec<SharedColumn>> {
    let mut shared = Vec::new();
    for (name, prefix) in columns {
        match Arrival::of(pair, name) {
            Arrival::Stays { from, to } => {
                let cast = (from.ty != to.ty).then(|| to.ty.clone());
                shared.push(SharedColumn { name: name.clone(), prefix, cast });
            }
            Arrival::Constant(_) => {}
            Arrival::Nulls | Arrival::Distinct => return None,
        }
    }
    Some(shared)
}

/// A foreign key over rows that exist; `None` when its columns come empty. `far` is the table it points to, as it is
/// and as it shall be; `None` when that one comes with the plan.
pub(crate) fn foreign_key(pair: Pair<'_>, key: &ForeignKey, far: Option<(&Table, &Table)>) -> Option<Hazard> {
    let table = &pair.wanted.name;
    let checks = match orphans(pair, key, far) {
        Orphans::Never => return None,
        Orphans::Unknown => None,
        Orphans::These(concerned) => Some(rows(table, concerned)),
    };
    Some(Hazard {
        code: HazardCode::ForeignKey,
        table: table.clone(),
        column: None,
        message: format!(
            "`{}` of `{table}` shall point to `{}`. Rows that point nowhere have to be repaired or removed first.",
            key.columns.join(", "),
            key.referenced_table
        ),
        checks,
    })
}

/// A primary key over rows that exist. One that only goes concerns no row.
pub(crate) fn primary_key(pair: Pair<'_>) -> Hazard {
    let table = &pair.wanted.name;
    let checks = pair.wanted.primary_key.as_ref().map_or_else(Vec::new, |key| key_checks(pair, key));
    Hazard {
        code: HazardCode::PrimaryKey,
        table: table.clone(),
        column: None,
        message: format!(
            "The primary key of `{table}` changes. Rows that share the new key, or have a null in it, have to be \
             repaired first."
        ),
        checks: Some(checks),
    }
}

fn key_checks(pair: Pair<'_>, key: &PrimaryKey) -> Vec<Check> {
    let table = &pair.wanted.name;
    let mut checks = Vec::new();
    for name in &key.columns {
        if let Arrival::Stays { from, .. } = Arrival::of(pair, name)
            && from.nullability == schema::Nullability::Nullable
        {
            checks.push(Check::new(table, Concerned::Null(name.clone())));
        }
    }
    let columns = key.columns.iter().map(|name| (name, key.prefixes.get(name).copied()));
    if let Some(shared) = shared(pair, columns) {
        checks.push(Check::new(table, Concerned::Shared(shared)));
    }
    checks
}

pub(crate) fn remove_enum_values(
    name: &ObjectName,
    removed: &[String],
    new: &[String],
    columns: &[(ObjectName, String, ColumnType)],
) -> Hazard {
    let checks = columns
        .iter()
        .map(|(table, column, ty)| {
            let (column, ty, values) = (column.clone(), ty.clone(), removed.to_vec());
            Check::new(table, Concerned::OneOf { column, ty, values })
        })
        .collect();
    let rename = match (removed, new) {
        ([_, ..], [_, ..]) => format!(
            " If {} is the new name of one, write `/// @schemalift.renamedFrom(…)` with the old name above it.",
            new.join(" or ")
        ),
        _ => String::new(),
    };
    Hazard {
        code: HazardCode::RemoveEnumValue,
        table: name.clone(),
        column: None,
        message: format!(
            "Values leave enum `{name}`: {}. Rows that hold one of them make the step fail.{rename}",
            removed.join(", ")
        ),
        checks: Some(checks),
    }
}

/// A type in words for a message.
fn type_words(ty: &Type) -> String {
    match ty {
        Type::Enum(name) => format!("enum {name}"),
        Type::MySql(found) => found.to_string(),
        Type::Other(text) => text.clone(),
        Type::Domain(domain) => format!("domain {}", domain.name),
        other => {
            let debug = format!("{other:?}");
            let name = debug.split('(').next().unwrap_or_default().to_lowercase();
            let sizes: Vec<&str> = debug
                .split(|letter: char| !letter.is_ascii_digit())
                .filter(|part| !part.is_empty())
                .collect();
            if sizes.is_empty() { name } else { format!("{name}({})", sizes.join(",")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_like_types() {
        assert_eq!(type_words(&Type::Decimal(Some((10, 2)))), "decimal(10,2)");
        assert_eq!(type_words(&Type::Decimal(None)), "decimal");
        assert_eq!(type_words(&Type::Integer), "integer");
    }
}
