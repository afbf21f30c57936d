//! Names that pass from one thing to another: [`Moves`].

use std::collections::{BTreeMap, BTreeSet};

/// Those that are there once; which of several is meant nobody knows.
pub(super) fn once<K: Ord, V>(pairs: impl Iterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut seen: BTreeMap<K, Option<V>> = BTreeMap::new();
    for (key, value) in pairs {
        seen.entry(key).and_modify(|found| *found = None).or_insert(Some(value));
    }
    seen.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// New names with the former ones, which are there.
pub(super) struct Moves<K> {
    pub(super) all: BTreeMap<K, K>,
    /// New names that a hint gives.
    pub(super) hinted: BTreeSet<K>,
    /// Former names that a hint names.
    pub(super) claimed: BTreeSet<K>,
}

impl<K> Default for Moves<K> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), hinted: BTreeSet::new(), claimed: BTreeSet::new() }
    }
}

impl<K: Ord + Copy> Moves<K> {
    pub(super) fn hint(&mut self, new: K, old: K) {
        self.all.insert(new, old);
        self.hinted.insert(new);
        self.claimed.insert(old);
    }

    /// A hint wins.
    pub(super) fn suggest(&mut self, new: K, old: K) {
        if new != old && !self.hinted.contains(&new) && !self.claimed.contains(&old) {
            self.all.insert(new, old);
        }
    }

    /// The moves whose new name is not there, each with those that it makes room for, as far as the last former name is
    /// not wanted; only those with a move that no hint names.
    pub(super) fn chains(
        &self,
        is_there: impl Fn(K) -> bool,
        is_wanted: impl Fn(K) -> bool,
    ) -> Vec<Vec<(K, K)>> {
        let mut chains = Vec::new();
        for (new, old) in self.all.iter().filter(|(new, _)| !is_there(**new)) {
            let mut chain = vec![(*new, *old)];
            let mut last = *old;
            while is_wanted(last)
                && let Some(before) = self.all.get(&last).filter(|_| chain.len() <= self.all.len())
            {
                chain.push((last, *before));
                last = *before;
            }
            if !is_wanted(last) && chain.iter().any(|(new, _)| !self.hinted.contains(new)) {
                chains.push(chain);
            }
        }
        chains
    }

    /// New names that lead back to themselves.
    pub(super) fn exchanged(&self, is_there: impl Fn(K) -> bool) -> Vec<K> {
        let leads_back = |new: K| {
            let mut at = new;
            for _ in 0..self.all.len() {
                match self.all.get(&at) {
                    Some(old) if *old == new => return true,
                    Some(old) => at = *old,
                    None => return false,
                }
            }
            false
        };
        self.all.keys().copied().filter(|new| is_there(*new) && leads_back(*new)).collect()
    }
}
