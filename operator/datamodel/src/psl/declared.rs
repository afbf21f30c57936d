//! The fields that a model declares, by their names.

use std::collections::BTreeMap;

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;

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
pub(crate) struct Declared<'b, 'a> {
    list: ArenaVec<'b, (&'a str, Member)>,
    /// Places in the list, once there are many.
    tree: Option<BTreeMap<&'a str, usize>>,
}

impl<'b, 'a> Declared<'b, 'a> {
    /// None yet, with room for so many.
    pub(crate) fn with_capacity(fields: usize, arena: &'b Bump) -> Self {
        Self { list: ArenaVec::with_capacity_in(fields, arena), tree: None }
    }

    /// Adds a field whose name is new.
    pub(crate) fn insert(&mut self, name: &'a str, member: Member) {
        self.list.push((name, member));
        if let Some(tree) = &mut self.tree {
            tree.insert(name, self.list.len() - 1);
        } else if self.list.len() > FEW {
            let places = self.list.iter().enumerate().map(|(place, (name, _))| (*name, place));
            self.tree = Some(places.collect());
        }
    }

    /// The field of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Member> {
        let found = if let Some(tree) = &self.tree {
            tree.get(name).and_then(|place| self.list.get(*place))
        } else {
            // The first letter differs nearly always, and saves the call that compares the others.
            let first = name.as_bytes().first();
            self.list.iter().find(|(other, _)| other.as_bytes().first() == first && *other == name)
        };
        found.map(|(_, member)| *member)
    }

    /// Whether there is a field of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The first names in alphabetical order, at most so many.
    pub(crate) fn names(&self, most: usize) -> Vec<&'a str> {
        if let Some(tree) = &self.tree {
            return tree.keys().copied().take(most).collect();
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
            let arena = Bump::new();
            let mut declared = Declared::with_capacity(count, &arena);
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
