//! The stable codes of this language's findings.

pub(super) use crate::findings::Findings;

/// The text does not follow the grammar.
pub(super) const SYNTAX: &str = "D0401";
/// The text has too many tokens, too deep nesting or too many findings.
pub(super) const TOO_LARGE: &str = "D0402";
/// A definition other than `type` and `enum`.
pub(super) const UNSUPPORTED_DEFINITION: &str = "D0403";
/// Parts of the text belong to datamodel v1, others to v1.1.
pub(super) const MIXED_LANGUAGES: &str = "D0404";
/// A type name that occurs twice.
pub(super) const DUPLICATE_TYPE: &str = "D0410";
/// A field name that occurs twice in a type.
pub(super) const DUPLICATE_FIELD: &str = "D0411";
/// A type name that Prisma keeps for its own API.
pub(super) const RESERVED_TYPE: &str = "D0412";
/// A field whose type is declared nowhere.
pub(super) const UNKNOWN_TYPE: &str = "D0413";
/// An embedded type.
pub(super) const EMBEDDED_TYPE: &str = "D0414";
/// A name that is too long.
pub(super) const NAME_TOO_LONG: &str = "D0415";
/// Two things of one name in the database.
pub(super) const DATABASE_NAME_CLASH: &str = "D0416";
/// An enum that is defined twice.
pub(super) const DUPLICATE_ENUM: &str = "D0420";
/// An enum value of a wrong shape, or given twice.
pub(super) const ENUM_VALUE: &str = "D0421";
/// A directive that is not known where it stands.
pub(super) const UNKNOWN_DIRECTIVE: &str = "D0430";
/// A directive that is given twice.
pub(super) const DUPLICATE_DIRECTIVE: &str = "D0431";
/// An argument that is required and absent.
pub(super) const MISSING_ARGUMENT: &str = "D0432";
/// An argument that the directive does not know, or that is given twice.
pub(super) const UNKNOWN_ARGUMENT: &str = "D0433";
/// An argument of a wrong kind or outside the allowed values.
pub(super) const ARGUMENT_VALUE: &str = "D0434";
/// A directive that has no effect where it stands.
pub(super) const NO_EFFECT: &str = "D0435";
/// A type without an id field, or with several.
pub(super) const ID_COUNT: &str = "D0440";
/// An id field of a wrong type.
pub(super) const ID_TYPE: &str = "D0441";
/// `@sequence` or the sequence strategy on a field that cannot have it.
pub(super) const SEQUENCE: &str = "D0442";
/// A `@default` that does not fit its field.
pub(super) const DEFAULT: &str = "D0443";
/// `@createdAt` or `@updatedAt` on a field that cannot have it.
pub(super) const TIMESTAMP: &str = "D0444";
/// A list of scalars that is not declared as such.
pub(super) const SCALAR_LIST: &str = "D0445";
/// `@unique` on a field that cannot have it.
pub(super) const UNIQUE: &str = "D0446";
/// An index that names no field, or whose name occurs twice.
pub(super) const INDEX: &str = "D0447";
/// A reserved field of datamodel v1 (`id`, `createdAt`, `updatedAt`) in another form.
pub(super) const RESERVED_FIELD: &str = "D0448";
/// Renames that cannot happen in one step.
pub(super) const CROSS_RENAME: &str = "D0450";
/// A rename that would turn the columns of a link table around.
pub(super) const RENAME_NOT_CARRIED: &str = "D0451";
/// A relation field that needs a name.
pub(super) const RELATION_UNNAMED: &str = "D0460";
/// A relation name that occurs too often, or on one side only.
pub(super) const RELATION_SIDES: &str = "D0461";
/// Two sides of a relation whose types do not meet.
pub(super) const RELATION_TYPES: &str = "D0462";
/// A `@relation` on a field that is none.
pub(super) const RELATION_ON_SCALAR: &str = "D0463";
/// A relation name of a wrong shape.
pub(super) const RELATION_NAME: &str = "D0464";
/// Two relations that come to the same name.
pub(super) const RELATION_NAME_CLASH: &str = "D0465";
/// A one-to-one relation that does not say where its column is.
pub(super) const LINK_MISSING: &str = "D0466";
/// A link mode on both sides, or one that cannot be.
pub(super) const LINK_MODE: &str = "D0467";
/// `@db` on a relation field that has no column.
pub(super) const DB_ON_RELATION: &str = "D0468";
/// A link table of a wrong shape.
pub(super) const LINK_TABLE: &str = "D0470";
/// An id field on a link table.
pub(super) const LINK_TABLE_ID: &str = "D0471";

/// No findings yet.
pub(super) const fn no_findings() -> Findings {
    Findings::none(TOO_LARGE)
}

/// The candidate that a misspelt word most likely means, if one of the first five hundred is close.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    const MOST: usize = 500;
    if word.len() > LONGEST {
        return None;
    }
    let allowed = (word.len() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .take(MOST)
        .filter(|candidate| candidate.len() <= LONGEST && candidate.len().abs_diff(word.len()) <= allowed)
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Number of insertions, removals, replacements and swaps of neighbours between two short words.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, from) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, to) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let replace = at(&last, column) + usize::from(from != *to);
            let mut best = replace.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = column
                .checked_sub(1)
                .filter(|earlier| previous == Some(*to) && right.get(*earlier) == Some(&from));
            if let Some(earlier) = swapped {
                best = best.min(at(&before, earlier).saturating_add(1));
            }
            current.push(best);
        }
        previous = Some(from);
        before = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_words_are_found_and_far_ones_are_not() {
        assert_eq!(did_you_mean("unqiue", ["unique", "id"]), Some("unique"));
        assert_eq!(did_you_mean("Strin", ["String", "Int"]), Some("String"));
        assert_eq!(did_you_mean("auth", ["id", "default"]), None);
    }
}
