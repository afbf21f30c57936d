//! Whether all names in the database differ: a first look at each model while it is at hand.
//!
//! Nearly every datamodel has no two names that clash, and to look at all of its models again only to find that out
//! takes as long as much of their reading. Where this look is not sure, [`names`](super::names) compares all of them.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use foldhash::{HashSet, HashSetExt as _};

use super::models::Draft;
use super::naming::Naming;
use super::scope::Scope;
use super::seen::Seen;
use crate::{Enum, Index, Relation};

/// The names that were seen, by their hashes: two names of one hash may be the same.
pub(crate) struct Distinct {
    hasher: RandomState,
    /// Of tables and types.
    of_tables: HashSet<u64>,
    /// Of keys, indexes and foreign keys.
    of_constraints: HashSet<u64>,
    /// How keys and indexes are named; unknown without a datasource.
    naming: Option<Naming>,
    /// Room for one name.
    name: String,
    /// Whether all names differ and fit.
    sure: bool,
}

/// What tables and types are named apart by.
#[derive(Hash)]
enum Kind {
    Table,
    Type,
}

impl Distinct {
    /// No name yet, with room for those of so many models.
    pub(crate) fn with_capacity(models: usize, scope: &Scope<'_, '_>) -> Self {
        Self {
            hasher: RandomState::default(),
            of_tables: HashSet::with_capacity(models),
            of_constraints: HashSet::with_capacity(models * 3),
            naming: scope.naming(),
            name: String::new(),
            sure: true,
        }
    }

    /// Whether no two of the names clash and none is too long. False only means that it may be so.
    pub(crate) const fn is_sure(&self) -> bool {
        self.sure
    }

    /// Adds the names of a model's table, columns, keys and indexes.
    pub(crate) fn add_model(&mut self, draft: &Draft<'_, '_>) {
        let model = &draft.model;
        let table = self.hash(&Kind::Table, model.namespace.as_deref(), model.table_name());
        self.sure &= self.of_tables.insert(table);
        // The fields have names of their own, so that only columns with another name can clash.
        let mut others = Seen::default();
        let mut mapped = model.columns.iter().filter_map(|column| column.database_name.as_deref());
        self.sure &= mapped.all(|name| others.insert(name) && !draft.members.contains(name));
        let Some(naming) = self.naming else { return };
        if let Some(key) = naming.key(draft) {
            self.add_constraint(naming, |name| naming.of_key(key, draft, name));
        }
        for index in Naming::indexes(draft) {
            self.add_constraint(naming, |name| naming.of_index(index, draft, name));
        }
    }

    /// Adds the name of an index that a model gets later.
    pub(crate) fn add_index(&mut self, index: &Index, draft: &Draft<'_, '_>) {
        if let Some(naming) = self.naming {
            self.add_constraint(naming, |name| naming.of_index(index, draft, name));
        }
    }

    /// Adds the names of a relation between models that are all added; `holder` has its columns.
    pub(crate) fn add_relation(&mut self, relation: &Relation, holder: &Draft<'_, '_>) {
        if let Relation::Table(link) = relation {
            let table = self.hash(&Kind::Table, holder.model.namespace.as_deref(), &link.table);
            self.sure &= !self.of_tables.contains(&table);
        }
        if let Some(naming) = self.naming
            && let Some(relation) = naming.foreign_key(relation, holder)
        {
            self.add_constraint(naming, |name| naming.of_foreign_key(relation, holder, name));
        }
    }

    /// Adds the name of an enum's type.
    pub(crate) fn add_enum(&mut self, item: &Enum) {
        let name = self.hash(&Kind::Type, item.namespace.as_deref(), item.type_name());
        self.sure &= self.of_tables.insert(name);
    }

    fn add_constraint(&mut self, naming: Naming, write: impl FnOnce(&mut String)) {
        self.name.clear();
        write(&mut self.name);
        let fits = self.name.len() <= naming.limit();
        self.sure &= fits && self.of_constraints.insert(self.hasher.hash_one(self.name.as_str()));
    }

    fn hash(&self, kind: &Kind, namespace: Option<&str>, name: &str) -> u64 {
        self.hasher.hash_one((kind, namespace, name))
    }
}
