//! How fast and how large, with goals. Prints a table and ends with 1 when a goal is missed.
//!
//! Peers are measured in the same run on the same input: Prisma's engines in WebAssembly, as its own command line runs
//! them, and for introspection the catalog queries by themselves. Of several runs the fastest counts, for both sides:
//! it is the least disturbed one. Run by `make bench`, in a release build; words as arguments choose the parts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement stops at what it does not expect"
)]

mod backfill;
mod changes;
mod clock;
mod introspection;
mod load;
mod memory;
mod parsing;
mod prisma;
mod running;
mod scale;
mod settled;
mod table;
mod text;

use std::process::ExitCode;

use mimalloc::MiMalloc;
use table::Table;

/// That of the product's binary.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [first, file] if first == memory::CHILD => {
            memory::child(file);
            return ExitCode::SUCCESS;
        }
        [first, url, rest @ ..] if first == running::CHILD => {
            running::child(url, rest.first().map(String::as_str));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let wanted = |part: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == part);
    let mut table = Table::default();
    if wanted("parsing") {
        parsing::measure(&mut table);
    }
    if wanted("memory") {
        memory::measure(&mut table);
    }
    if wanted("changes") {
        changes::measure(&mut table);
    }
    if wanted("introspection") {
        introspection::measure(&mut table);
    }
    if wanted("scale") {
        scale::measure(&mut table);
    }
    if wanted("running") {
        running::measure(&mut table);
    }
    if wanted("settled") {
        settled::measure(&mut table);
    }
    if wanted("backfill") {
        backfill::measure(&mut table);
    }
    // Minutes of a machine that does nothing else: only when asked for.
    if arguments.iter().any(|argument| argument == "load") {
        load::measure(&mut table);
    }
    println!("\n{table}");
    if table.all_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
