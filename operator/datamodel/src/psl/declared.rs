//! The fields that a model declares, by their names.

use std::collections::BTreeMap;

/// Up to so many are looked through; of more there is a tree.
const FEW: usize = 32;

/// What a declared field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    /// The column field at this index.
    Column(usize),
    /// A relation field.
    Relation,
    /// A field whose type could not be resolved: reported already.
    Broken,
}

/// Every declared field. Most models have a handful, which a list finds soonest and keeps in the least room.
#[derive(Debug)]
pub(crate) struct Declared<'a> {
    list: Vec<(&'a str, Member)>,
    /// Places in the list; empty while there are few.
    tree: BTreeMap<&'a str, usize>,
}

impl<'a> Declared<'a> {
    /// None yet, with room for so many.
    pub(crate) fn with_capacity(fields: usize) -> Self {
        Self { list: Vec::with_capacity(fields), tree: BTreeMap::new() }
    }

    /// Adds a field whose name is new.
    pub(crate) fn insert(&mut self, name: &'a str, member: Member) {
        self.list.push((name, member));
        if self.list.len() == FEW + 1 {
            self.tree = self.list.iter().enumerate().map(|(place, (name, _))| (*name, place)).collect();
        } else if self.list.len() > FEW {
            self.tree.insert(name, self.list.len() - 1);
        }
    }

    /// The field of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Member> {
        let found = if self.tree.is_empty() {
            // The first letter differs nearly always, and saves the call that compares the others.
            let first = name.as_bytes().first();
            self.list.iter().find(|(other, _)| other.as_bytes().first() == first && *other == name)
        } else {
            self.tree.get(name).and_then(|place| self.list.get(*place))
        };
        found.map(|(_, member)| *member)
    }

    /// Whether there is a field of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The first names in alphabetical order, at most so many.
    pub(crate) fn names(&self, most: usize) -> Vec<&'a str> {
        if !self.tree.is_empty() {
            return self.tree.keys().copied().take(most).collect();
        }
        let mut names: Vec<&str> = self.list.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.truncate(most);
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_fields_are_found_as_few_are() {
        let names: Vec<String> = (0..100).rev().map(|number| format!("f{number:02}")).collect();
        for count in [1, FEW, FEW + 1, 100] {
            let mut declared = Declared::with_capacity(count);
            for (place, name) in names.iter().take(count).enumerate() {
                assert!(!declared.contains(name), "{name}");
                declared.insert(name, Member::Column(place));
            }
            for (place, name) in names.iter().take(count).enumerate() {
                assert_eq!(declared.get(name), Some(Member::Column(place)));
            }
            assert_eq!(declared.get("g"), None);
            let last = names.get(count - 1).map(String::as_str);
            assert_eq!(declared.names(1).first().copied(), last);
            assert_eq!(declared.names(500).len(), count);
        }
    }
}
