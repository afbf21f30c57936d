//! A datamodel whose parts are found by name in trees, so that time grows with it and not with its square.

use std::collections::BTreeMap;
use std::ops::Deref;

use datamodel::{Datamodel, Enum, Model};

/// A datamodel and its names.
pub(crate) struct Named<'a> {
    datamodel: &'a Datamodel,
    models: BTreeMap<&'a str, &'a Model>,
    enums: BTreeMap<&'a str, &'a Enum>,
}

impl<'a> Named<'a> {
    pub(crate) fn of(datamodel: &'a Datamodel) -> Self {
        Self {
            datamodel,
            models: datamodel.models.iter().map(|model| (model.name.as_str(), model)).collect(),
            enums: datamodel.enums.iter().map(|found| (found.name.as_str(), found)).collect(),
        }
    }

    /// The model of this name.
    pub(crate) fn model(&self, name: &str) -> Option<&'a Model> {
        self.models.get(name).copied()
    }

    /// The enum of this name.
    pub(crate) fn find_enum(&self, name: &str) -> Option<&'a Enum> {
        self.enums.get(name).copied()
    }
}

impl Deref for Named<'_> {
    type Target = Datamodel;

    fn deref(&self) -> &Datamodel {
        self.datamodel
    }
}
