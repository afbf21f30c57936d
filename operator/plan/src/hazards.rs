//! The hazards of each change, in words without counts.

use schema::{Column, ColumnType, Condition, Default, Index, ObjectName, Predicate, Table, Type, Value};

use crate::{Check, Hazard, HazardCode};

pub(crate) fn drop_table(table: &ObjectName) -> Hazard {
    Hazard {
        code: HazardCode::DropTable,
        table: table.clone(),
        column: None,
        message: format!("Table `{table}` is dropped with every row in it."),
        check: Some(Check::Rows(table.clone())),
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
        check: Some(Check::Rows(old.clone())),
    }
}

pub(crate) fn drop_column(table: &ObjectName, column: &str) -> Hazard {
    Hazard {
        code: HazardCode::DropColumn,
        table: table.clone(),
        column: Some(column.to_owned()),
        message: format!("Column `{table}.{column}` is dropped with every value in it."),
        check: Some(Check::NonNull(table.clone(), column.to_owned())),
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

pub(crate) fn recreate_column(table: &ObjectName, column: &str) -> Hazard {
    Hazard {
        code: HazardCode::RecreateColumn,
        table: table.clone(),
        column: Some(column.to_owned()),
        message: format!(
            "No cast exists for `{table}.{column}`: the column is dropped and made again, empty."
        ),
        check: Some(Check::NonNull(table.clone(), column.to_owned())),
    }
}

pub(crate) fn narrowing_cast(table: &ObjectName, from: &Column, to: &Column) -> Hazard {
    Hazard {
        code: HazardCode::NarrowingCast,
        table: table.clone(),
        column: Some(to.name.clone()),
        message: format!(
            "The values of `{table}.{}` are cast from {} to {}: they may be cut, rounded or refused.",
            to.name,
            type_words(&from.ty.base),
            type_words(&to.ty.base)
        ),
        check: Some(Check::NonNull(table.clone(), from.name.clone())),
    }
}

pub(crate) fn required_column(table: &ObjectName, column: &Column) -> Hazard {
    if column.filled_with.is_some() {
        return Hazard {
            code: HazardCode::RequiredColumn,
            table: table.clone(),
            column: Some(column.name.clone()),
            message: format!(
                "Column `{table}.{}` is required and unique, so the rows that exist cannot all get its default. Add it as \
                 optional, fill it, and make it required then.",
                column.name
            ),
            check: Some(Check::Rows(table.clone())),
        };
    }
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
        check: Some(Check::Rows(table.clone())),
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
        check: Some(Check::Rows(table.clone())),
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
        check: Some(Check::Null(table.clone(), column.to_owned())),
    }
}

/// Rows that a new unique index could meet.
pub(crate) fn unique_index(found: &Table, wanted: &Table, index: &Index) -> Hazard {
    let table = &wanted.name;
    let stays = |condition: &Condition| {
        let column = found.column(&condition.column);
        column.is_some_and(|column| wanted.column(&column.name).is_some_and(|new| new.ty == column.ty))
    };
    let columns: Vec<String> = index.columns.iter().map(|column| column.name.clone()).collect();
    let among = if index.predicate.is_some() { " among the rows that the index holds" } else { "" };
    Hazard {
        code: HazardCode::UniqueIndex,
        table: table.clone(),
        column: None,
        message: format!(
            "`{}` of `{table}` become unique{among}. Rows that share their values have to be merged first.",
            columns.join(", ")
        ),
        check: match &index.predicate {
            None => Some(Check::Duplicates(table.clone(), columns)),
            Some(Predicate::All(conditions)) if conditions.iter().all(stays) => {
                Some(Check::DuplicatesAmong(table.clone(), columns, conditions.clone()))
            }
            // Before the plan ran, a column may be missing; whether SQL of a person's own can be asked is not known.
            Some(Predicate::All(_) | Predicate::Text(_)) => None,
        },
    }
}

pub(crate) fn foreign_key(table: &ObjectName, columns: &[String]) -> Hazard {
    Hazard {
        code: HazardCode::ForeignKey,
        table: table.clone(),
        column: None,
        message: format!(
            "A foreign key on `{table}` ({}) is added; it fails, changing nothing, while a row points nowhere.",
            columns.join(", ")
        ),
        check: None,
    }
}

pub(crate) fn primary_key(table: &ObjectName) -> Hazard {
    Hazard {
        code: HazardCode::PrimaryKey,
        table: table.clone(),
        column: None,
        message: format!(
            "The primary key of `{table}` changes; it fails, changing nothing, on rows that share the new key."
        ),
        check: None,
    }
}

pub(crate) fn remove_enum_values(
    name: &ObjectName,
    removed: &[String],
    new: &[String],
    columns: &[(ObjectName, String, ColumnType)],
) -> Hazard {
    let checks = columns
        .iter()
        .map(|(table, column, ty)| Check::Values(table.clone(), column.clone(), ty.clone(), removed.to_vec()))
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
        check: Some(Check::Any(checks)),
    }
}

/// A type in words for a message.
fn type_words(ty: &Type) -> String {
    match ty {
        Type::Enum(name) => format!("enum {name}"),
        Type::MySql(found) => found.to_string(),
        Type::Other(text) => text.clone(),
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
