//! What to ask a database to know whether a hazard hurts: [`Check`].

use std::collections::{BTreeMap, BTreeSet};

use schema::{Column, ColumnType, Condition, Enum, ObjectName, Schema};
use serde::{Deserialize, Serialize};

use crate::{Change, Step};

/// Rows of one table that a hazard concerns. Zero of them means that the hazard is harmless on this database.
///
/// It is asked before the plan runs, so every name is the one from before the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The table.
    pub table: ObjectName,
    /// Its primary key as it is: an example names a row by these values and by no others. Empty where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub key: Vec<KeyColumn>,
    /// Which rows.
    pub concerned: Concerned,
}

/// A column of the present primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
}

/// Which rows a check means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Concerned {
    /// Every row.
    All,
    /// The column is not null.
    NotNull(String),
    /// The column is null.
    Null(String),
    /// The column holds one of these values (an enum's removed ones), list elements included.
    OneOf {
        /// The column.
        column: String,
        /// Its type.
        ty: ColumnType,
        /// The values.
        values: Vec<String>,
    },
    /// Another row has the same values, none of them null. Without columns: every row, once there are two.
    Shared(Vec<SharedColumn>),
    /// The same among the rows for which all these conditions hold.
    SharedAmong {
        /// The columns.
        columns: Vec<SharedColumn>,
        /// The conditions.
        among: Vec<Condition>,
    },
    /// No column is null, and no row of the other table has the values (`MATCH SIMPLE`).
    Orphan {
        /// What points.
        from: Vec<Operand>,
        /// Where it points; `None` when that table comes with the plan and so is empty.
        to: Option<Referenced>,
    },
    /// Two columns do not hold the same; two nulls are the same.
    Differs {
        /// One.
        column: String,
        /// The other.
        other: String,
        /// As what they are compared.
        by: Comparison,
    },
    /// The value is beyond one of the limits.
    Beyond {
        /// The column.
        column: String,
        /// Its type as it is.
        ty: ColumnType,
        /// The limits.
        limits: Vec<Limit>,
    },
}

/// As what the values of two columns are compared, so that what differs in the least differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// As what they are.
    Values,
    /// As texts, letter by letter.
    Texts,
}

/// A column whose values must differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedColumn {
    /// Its name.
    pub name: String,
    /// How many characters or bytes count, where it is not the whole value (MySQL).
    pub prefix: Option<u32>,
    /// The type that the values will have, where it is another one.
    pub cast: Option<ColumnType>,
}

/// A value that points to a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operand {
    /// A column that is there.
    Column {
        /// Its name.
        name: String,
        /// The type that it will have, where that matters to the comparison.
        cast: Option<ColumnType>,
    },
    /// The default of a column that comes with the plan.
    Default(Column),
}

/// The far side of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referenced {
    /// The table.
    pub table: ObjectName,
    /// Its columns with the types that they will have, where those matter to the comparison.
    pub columns: Vec<(String, Option<ColumnType>)>,
}

/// What a type cannot hold, or not without changing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// More characters as text.
    Characters(u32),
    /// More bytes.
    Bytes(u64),
    /// A number that, rounded, is outside of this range.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: u64,
    },
    /// A number that, rounded to so many digits after the point, has more digits before it.
    Digits {
        /// Digits before the point.
        whole: u32,
        /// Digits after the point.
        fraction: u32,
    },
    /// More digits after the point.
    Fraction(u32),
    /// A text that is not a whole number.
    WholeNumber,
    /// A text that is not a number.
    Number,
    /// A text that is not a boolean.
    Boolean,
    /// A text that is not a UUID.
    Uuid,
    /// A text that is not JSON.
    Json,
    /// JSON whose text says more than its value: a key twice, a number or a letter in another form.
    JsonForm,
    /// A text of a number with a plus or zeros in front of it.
    SignsInFront,
    /// A text that ends with blanks.
    BlanksAtEnd,
    /// None of these values.
    OneOf(Vec<String>),
    /// None of the values of this enum; a plan holds [`OneOf`](Self::OneOf) instead.
    ValueOf(ObjectName),
    /// Not the same value again after a cast to this type and back.
    Exact(ColumnType),
}

impl Check {
    /// Rows of a table; its key is found when the plan is complete.
    pub(crate) fn new(table: &ObjectName, concerned: Concerned) -> Self {
        Self { table: table.clone(), key: Vec::new(), concerned }
    }
}

/// The primary key of each table.
pub(crate) type Keys = BTreeMap<ObjectName, Vec<KeyColumn>>;

/// The primary keys from before the plan.
pub(crate) fn keys(current: &Schema) -> Keys {
    current.tables.iter().map(|table| (table.name.clone(), key(table))).collect()
}

/// Brings every check to the names from before the plan, and finds the keys of their tables there.
pub(crate) fn address(steps: &mut [Step], keys: &Keys, desired: &Schema) {
    let renames: Vec<Change> = steps
        .iter()
        .map(|step| &step.change)
        .filter(|change| matches!(change, Change::RenameColumn { .. } | Change::RenameTable { .. }))
        .cloned()
        .collect();
    // By the table that they leave behind, so that no check looks at the renames of others.
    let mut places: BTreeMap<&ObjectName, BTreeSet<usize>> = BTreeMap::new();
    for (place, change) in renames.iter().enumerate() {
        if let Change::RenameColumn { table, .. } | Change::RenameTable { to: table, .. } = change {
            places.entry(table).or_default().insert(place);
        }
    }
    let enums: BTreeMap<&ObjectName, &Enum> =
        desired.enums.iter().map(|wanted| (&wanted.name, wanted)).collect();
    let checks =
        steps.iter_mut().flat_map(|step| &mut step.hazards).filter_map(|hazard| hazard.checks.as_mut());
    for check in checks.flatten() {
        // Columns are renamed after their tables, so they go back first.
        let mut before = renames.len();
        while let Some(place) = last_rename(check, &places, before) {
            match renames.get(place) {
                Some(Change::RenameColumn { table, from, to }) => old_column(check, table, from, to),
                Some(Change::RenameTable { from, to }) => old_table(check, from, to),
                _ => {}
            }
            before = place;
        }
        resolve_enums(check, &enums);
        check.key = keys.get(&check.table).cloned().unwrap_or_default();
    }
}

/// The last rename before a place that concerns a table of the check, by the names that it has there.
fn last_rename(
    check: &Check,
    places: &BTreeMap<&ObjectName, BTreeSet<usize>>,
    before: usize,
) -> Option<usize> {
    let referenced = match &check.concerned {
        Concerned::Orphan { to, .. } => to.as_ref().map(|referenced| &referenced.table),
        _ => None,
    };
    let of = |table: &ObjectName| places.get(table)?.range(..before).next_back().copied();
    of(&check.table).max(referenced.and_then(of))
}

fn key(table: &schema::Table) -> Vec<KeyColumn> {
    let names = table.primary_key.iter().flat_map(|key| &key.columns);
    let column = |name: &String| {
        table.column(name).map(|column| KeyColumn { name: name.clone(), ty: column.ty.clone() })
    };
    names.filter_map(column).collect()
}

fn resolve_enums(check: &mut Check, enums: &BTreeMap<&ObjectName, &Enum>) {
    let Concerned::Beyond { limits, .. } = &mut check.concerned else { return };
    for limit in limits {
        if let Limit::ValueOf(name) = limit {
            let values = enums.get(name).map(|found| found.values.clone());
            *limit = Limit::OneOf(values.unwrap_or_default());
        }
    }
}

fn old_table(check: &mut Check, from: &ObjectName, to: &ObjectName) {
    let rename = |table: &mut ObjectName| {
        if table == to {
            *table = from.clone();
        }
    };
    rename(&mut check.table);
    if let Concerned::Orphan { to: Some(referenced), .. } = &mut check.concerned {
        rename(&mut referenced.table);
    }
}

fn old_column(check: &mut Check, owner: &ObjectName, from: &str, to: &str) {
    let rename = |column: &mut String| {
        if column == to {
            from.clone_into(column);
        }
    };
    if let Concerned::Orphan { to: Some(referenced), .. } = &mut check.concerned
        && referenced.table == *owner
    {
        referenced.columns.iter_mut().map(|(name, _)| name).for_each(rename);
    }
    if check.table != *owner {
        return;
    }
    match &mut check.concerned {
        Concerned::All => {}
        Concerned::NotNull(column)
        | Concerned::Null(column)
        | Concerned::OneOf { column, .. }
        | Concerned::Beyond { column, .. } => rename(column),
        Concerned::Differs { column, other, .. } => {
            rename(column);
            rename(other);
        }
        Concerned::Shared(columns) => columns.iter_mut().map(|part| &mut part.name).for_each(rename),
        Concerned::SharedAmong { columns, among } => {
            columns.iter_mut().map(|part| &mut part.name).for_each(rename);
            among.iter_mut().map(|condition| &mut condition.column).for_each(rename);
        }
        Concerned::Orphan { from: operands, .. } => {
            for operand in operands {
                if let Operand::Column { name, .. } = operand {
                    rename(name);
                }
            }
        }
    }
}

/// The type that a comparison uses: `citext` on either side makes it one without regard to case.
pub(crate) fn compared_as(here: &ColumnType, there: &ColumnType, found: &ColumnType) -> Option<ColumnType> {
    let folded = [here, there].into_iter().find(|ty| ty.base.is_citext());
    folded.cloned().or_else(|| (here != found).then(|| here.clone()))
}
