//! Every test in one program: they share a server of each product, and are linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test stops at the first surprise"
)]

mod support;

mod connections;
mod introspect;
mod locks;
mod mysql;
mod mysql_casts;
mod mysql_connections;
mod mysql_progress;
mod pooler;
mod postgres;
mod sqlite;
mod stop;
mod tls;
