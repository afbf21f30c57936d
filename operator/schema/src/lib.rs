//! [`Datamodel`](datamodel::Datamodel) to [`Schema`] for one dialect.
//!
//! The one entry is [`derive`]. It is pure and total: a datamodel that passed validation always has a schema.
//! Everything that depends on a language's conventions is decided here: names of keys and indexes, default
//! actions, default types. Two equal datamodels give equal schemas on every machine.

mod attributes;
mod datamodel_names;
mod defaults;
mod derive;
mod fingerprint;
mod homes;
mod model;
mod mysql;
mod named;
mod names;
mod predicate;
mod prisma1;
mod relations;
mod sqlite;
mod types;

pub use attributes::{Attributes, Generated, LongValues, Storage};
pub use datamodel_names::{DatamodelNames, NamedValues};
pub use derive::{Scope, declared_provider, derive};
pub use fingerprint::fingerprint;
pub use homes::{Brought, Homes};
pub use model::*;
pub use mysql::{IntegerWidth, LobSize, MySqlType, Sign, own_key_name, usual_prefix};
pub use names::{foreign_key as foreign_key_name, index as index_name, primary_key as primary_key_name};
pub use predicate::{Condition, Predicate};
pub use prisma1::{default_namespace, recognise_prisma1};
pub use sqlite::scalar as sqlite_scalar;
