//! "Did you mean": the nearest of some names.

/// Longest word that is compared; keeps the effort bounded.
const LONGEST: usize = 40;

/// The candidate nearest to the word, when it is near enough to be a slip of the pen. Ties go to the first.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
    if word.len() > LONGEST || word.is_empty() {
        return None;
    }
    let limit = (word.len() / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
        if other.len().abs_diff(word.len()) > limit {
            continue;
        }
        let distance = distance(&word, &other);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// ` Did you mean …?` ready to be a help line, or the fallback.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    fallback: &str,
) -> String {
    nearest(word, candidates).map_or_else(|| fallback.to_owned(), |near| format!("Did you mean `{near}`?"))
}

/// Least number of insertions, deletions and replacements between two words.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, to) in row.iter_mut().skip(1).zip(b) {
            let above = *slot;
            let here = (diagonal + usize::from(from != to)).min(above + 1).min(left + 1);
            diagonal = above;
            left = here;
            *slot = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        assert_eq!(nearest("Strng", ["Int", "String"]), Some("String"));
        assert_eq!(nearest("string", ["Int", "String"]), Some("String"));
        assert_eq!(nearest("defualt", ["default", "id"]), Some("default"));
        assert_eq!(nearest("Customer", ["Int", "String"]), None);
        assert_eq!(nearest("", ["Int"]), None);
    }
}
