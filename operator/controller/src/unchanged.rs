//! Which resources need no look: [`Unchanged`]. A pass that found nothing to do is not done again, reads and all, before
//! something that it looked at has changed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kube::runtime::reflector::{Lookup, ObjectRef};

/// For how long a resource that has settled is believed to need nothing; an event that never arrived is made up for by then.
const BELIEVED: Duration = Duration::from_secs(1800);

/// Namespace and name.
type Key = (String, String);

/// What is known of each resource, and how often something that belongs to it has changed.
#[derive(Debug, Default)]
pub(crate) struct Unchanged(Mutex<BTreeMap<Key, Known>>);

#[derive(Debug, Default)]
struct Known {
    events: u64,
    settled: Option<Settled>,
}

#[derive(Debug)]
struct Settled {
    events: u64,
    version: String,
    at: Instant,
}

impl Unchanged {
    fn with<T>(&self, key: &Key, answer: impl FnOnce(&mut Known) -> T) -> T {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answer(known.entry(key.clone()).or_default())
    }

    /// A Job, a plan or a ConfigMap of the resource came, changed or went.
    pub(crate) fn event<K: Lookup>(&self, of: &ObjectRef<K>) {
        let key = (of.namespace.clone().unwrap_or_default(), of.name.clone());
        self.with(&key, |known| known.events += 1);
    }

    /// How many events there were; asked for before a pass reads anything.
    pub(crate) fn events(&self, key: &Key) -> u64 {
        self.with(key, |known| known.events)
    }

    /// A pass over this version of the resource found nothing to do, by what it read after so many events.
    pub(crate) fn settle(&self, key: &Key, events: u64, version: Option<String>) {
        let settled = version.map(|version| Settled { events, version, at: Instant::now() });
        self.with(key, |known| known.settled = settled);
    }

    /// Whether another pass over this version would find nothing to do again.
    pub(crate) fn holds(&self, key: &Key, version: Option<&str>) -> bool {
        self.with(key, |known| {
            known.settled.as_ref().is_some_and(|settled| {
                settled.events == known.events
                    && Some(settled.version.as_str()) == version
                    && settled.at.elapsed() < BELIEVED
            })
        })
    }

    /// The resource is gone.
    pub(crate) fn forget(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use api::SchemaMigration;

    use super::*;

    #[test]
    fn whatever_changes_asks_for_another_look() {
        let unchanged = Unchanged::default();
        let key = ("shop".to_owned(), "blog".to_owned());
        let blog = ObjectRef::<SchemaMigration>::new("blog").within("shop");
        assert!(!unchanged.holds(&key, Some("1")));
        unchanged.settle(&key, unchanged.events(&key), Some("1".into()));
        assert!(unchanged.holds(&key, Some("1")) && !unchanged.holds(&key, Some("2")));
        assert!(!unchanged.holds(&key, None));
        let before = unchanged.events(&key);
        unchanged.event(&blog);
        assert!(!unchanged.holds(&key, Some("1")));
        // An event during a pass is news to what that pass read.
        unchanged.settle(&key, before, Some("1".into()));
        assert!(!unchanged.holds(&key, Some("1")));
        unchanged.settle(&key, unchanged.events(&key), Some("1".into()));
        unchanged.forget(&key);
        assert!(!unchanged.holds(&key, Some("1")));
    }
}
