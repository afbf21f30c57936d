//! Names that were seen.

use std::collections::BTreeSet;

/// Up to so many are looked through; of more there is a tree.
const FEW: usize = 8;

/// A set of names. Most hold a handful and are dropped at once, so that few names take no memory of their own.
#[derive(Default)]
pub(crate) struct Seen<'x> {
    few: [&'x str; FEW],
    count: usize,
    /// The others, once there are any: to drop an empty tree takes longer than to ask for it.
    many: Option<BTreeSet<&'x str>>,
}

impl<'x> Seen<'x> {
    /// Adds a name, and says whether it is new.
    pub(crate) fn insert(&mut self, name: &'x str) -> bool {
        if self.few.iter().take(self.count).any(|seen| *seen == name) {
            return false;
        }
        let Some(free) = self.few.get_mut(self.count) else {
            return self.many.get_or_insert_default().insert(name);
        };
        *free = name;
        self.count += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn a_name_is_new_once() {
        let names: Vec<String> = (0..30).map(|number| format!("n{number}")).collect();
        let mut seen = Seen::default();
        assert!(names.iter().all(|name| seen.insert(name)));
        assert!(!names.iter().any(|name| seen.insert(name)));
    }
}
