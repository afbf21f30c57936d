//! Every story in one program: they share a server of each product, and are linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test stops at the first surprise"
)]

mod generate;
mod measure;
#[macro_use]
mod support;

mod back;
mod by_name;
mod cascades;
mod casts;
mod data_steps;
mod editions;
mod examples;
mod extensions;
mod failover;
mod faults;
mod forecast;
mod forms;
mod introspection;
mod kept;
mod legacy;
mod limits;
mod mysql;
mod mysql_attributes;
mod mysql_locks;
mod mysql_online;
mod mysql_settings;
mod online;
mod orphans;
mod outages;
mod partial_indexes;
mod postgresql;
mod postgresql_settings;
mod preserved_mysql;
mod preserved_postgresql;
mod prisma1;
mod prisma1_introspection;
mod properties;
mod rebuild;
mod rehearse;
mod renamed_values;
mod renames;
mod repair;
mod replaced;
mod replica_lag;
mod rollback;
mod row_security;
mod rows;
mod shape;
mod stale;
mod stories;
mod types;
