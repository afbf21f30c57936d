//! PostgreSQL, 12 to 18 (PostgreSQL: "Explicit Locking", Table-Level Locks).

use schema::{Column, ColumnType, Default, Type};

use super::{Impact, LockMode, Work};
use crate::{Alteration, Change, TableAge};

pub(super) fn impact(change: &Change) -> Impact {
    use LockMode::{AccessExclusive, ShareRowExclusive, ShareUpdateExclusive};
    let cheap = |table| Impact::on(table, AccessExclusive, Work::Metadata);
    match change {
        Change::CreateNamespace(_)
        | Change::CreateExtension(_)
        | Change::CreateEnum(_)
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::AddEnumValue { .. }
        | Change::DropEnum(_)
        | Change::CreateTable(_)
        | Change::CreateIndex { on: TableAge::New, .. }
        | Change::RenameValues { .. }
        | Change::RedefineTable { .. } => Impact::default(),
        Change::RebuildEnum { columns, .. } => {
            let each = columns.iter().map(|used| &used.table);
            each.fold(Impact::default(), |impact, table| {
                impact.and(table, AccessExclusive).doing(Work::Rewrite)
            })
        }
        Change::RenameTable { from: table, .. }
        | Change::DropTable(table)
        | Change::RenameColumn { table, .. }
        | Change::RenameConstraint { table, .. }
        | Change::DropIndex { table, .. } => cheap(table),
        Change::AlterTable { table, alterations } => {
            alterations.iter().fold(cheap(table), |impact, one| impact.doing(work(one)))
        }
        // Concurrently, and only there.
        Change::CreateIndex { table, on: TableAge::Existing, .. } => {
            Impact::on(table, ShareUpdateExclusive, Work::Build)
        }
        Change::RenameIndex { table, index, .. } => {
            if index.constraint {
                cheap(table)
            } else {
                Impact::default()
            }
        }
        Change::AddForeignKey { table, key, .. } => {
            Impact::on(table, ShareRowExclusive, Work::Metadata).and(&key.referenced_table, ShareRowExclusive)
        }
        Change::ValidateForeignKey { table, key } => {
            Impact::on(table, ShareUpdateExclusive, Work::Scan).and(&key.referenced_table, LockMode::RowShare)
        }
        Change::DropForeignKey { table, references, .. } => cheap(table).and(references, AccessExclusive),
    }
}

/// The work of one alteration on PostgreSQL. What is more than [`Work::Metadata`] holds its lock for as long as the table
/// is large.
pub fn work(alteration: &Alteration) -> Work {
    match alteration {
        Alteration::AddColumn(column) | Alteration::RecreateColumn(column) => {
            if adds_by_rewriting(column) {
                Work::Rewrite
            } else {
                Work::Metadata
            }
        }
        Alteration::SetType { from, to } => retype(&from.ty, &to.ty),
        Alteration::SetNotNull(_) | Alteration::AddAutoincrement(_) => Work::Scan,
        Alteration::AddPrimaryKey(_) => Work::Build,
        Alteration::DropColumn(_)
        | Alteration::DropNotNull(_)
        | Alteration::SetDefault(_)
        | Alteration::DropDefault(_)
        | Alteration::DropAutoincrement(_)
        | Alteration::DropPrimaryKey(_)
        | Alteration::RenameValues(_)
        | Alteration::ModifyColumn { .. }
        | Alteration::AddIndex(_)
        | Alteration::DropIndex(_)
        | Alteration::RenameIndex { .. } => Work::Metadata,
    }
}

/// True when a new column makes the server write every row: a value that is not the same for all of them.
fn adds_by_rewriting(column: &Column) -> bool {
    column.autoincrement
        || column.sequence.is_some()
        || matches!(&column.default, Some(Default::Expression(text)) if !is_stable(text))
}

/// Functions that give one value for the whole statement. Every other one is taken for volatile.
const STABLE: [&str; 14] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "timezone",
    "date_trunc",
    "lower",
    "upper",
    "md5",
    "jsonb_build_object",
    "jsonb_build_array",
    "json_build_object",
    "json_build_array",
    "coalesce",
];

fn is_stable(expression: &str) -> bool {
    // A function is a word before a parenthesis; what stands in quotes is none.
    let mut outside = String::new();
    for (at, part) in expression.split('\'').enumerate() {
        outside.push_str(if at % 2 == 0 { part } else { "''" });
    }
    let calls: Vec<&str> = outside.split('(').collect();
    let Some((_, before)) = calls.split_last() else { return true };
    before.iter().all(|text| {
        let word = text.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
        let word = word.unwrap_or_default().to_ascii_lowercase();
        word.is_empty() || STABLE.contains(&word.as_str()) || TYPES.contains(&word.as_str())
    })
}

/// Types that take a size, which look like functions.
const TYPES: [&str; 8] = ["varchar", "char", "numeric", "decimal", "timestamp", "timestamptz", "time", "bit"];

/// The work of a change of type: only what the server knows to keep every stored value is free.
pub fn retype(from: &ColumnType, to: &ColumnType) -> Work {
    let no_less = |from: Option<u32>, to: Option<u32>| match (from, to) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(from), Some(to)) => from <= to,
    };
    // A time without precision has six digits.
    let digits = |from: Option<u32>, to: Option<u32>| from.unwrap_or(6) <= to.unwrap_or(6);
    if from.list || to.list {
        return Work::Rewrite;
    }
    let kept = match (&from.base, &to.base) {
        (Type::VarChar(_) | Type::Text, Type::Text)
        | (Type::Text, Type::VarChar(None))
        | (Type::Decimal(_), Type::Decimal(None)) => true,
        (Type::VarChar(from), Type::VarChar(to)) | (Type::VarBit(from), Type::VarBit(to)) => {
            no_less(*from, *to)
        }
        (Type::Decimal(Some((from, scale))), Type::Decimal(Some((to, same)))) => scale == same && from <= to,
        (Type::Timestamp(from), Type::Timestamp(to))
        | (Type::Timestamptz(from), Type::Timestamptz(to))
        | (Type::Time(from), Type::Time(to))
        | (Type::Timetz(from), Type::Timetz(to)) => digits(*from, *to),
        // In a session in UTC the bytes stay, but indexes of the column are built anew. A precision would be applied to
        // every value.
        (Type::Timestamp(_), Type::Timestamptz(None)) | (Type::Timestamptz(_), Type::Timestamp(None)) => {
            return Work::Build;
        }
        _ => false,
    };
    if kept { Work::Metadata } else { Work::Rewrite }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_for_all_rows_needs_no_rewrite() {
        for (text, stable) in [
            ("now()", true),
            ("'{}'::jsonb", true),
            ("(1 + 2)", true),
            ("'gen_random_uuid()'::text", true),
            ("now() + '1 day'::interval", true),
            ("'2'::numeric(10,2)", true),
            ("gen_random_uuid()", false),
            ("public.my_own(now())", false),
            ("clock_timestamp()", false),
        ] {
            assert_eq!(is_stable(text), stable, "{text}");
        }
    }
}
