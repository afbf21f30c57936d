//! What the build script of `pg_query` asks bindgen for, written down.
//!
//! bindgen reads C with libclang, which a machine with a C compiler need not have. The header has two dozen declarations
//! that change once a year with PostgreSQL's major version, so they stand in `declarations.rs`, and a header that is not
//! the one they were written for stops the build.

use std::path::Path;
use std::{fs, io};

/// The declarations, for every target with C's usual sizes.
const DECLARATIONS: &str = include_str!("declarations.rs");

/// FNV-1a of `pg_query.h` and `postgres_deparse.h` of `libpg_query` 18-6.1.0.
const WRITTEN_FOR: u64 = 0x4697_f517_3f3c_4199;

/// The part of bindgen's builder that is used.
#[derive(Debug, Default)]
pub struct Builder {
    header: String,
}

impl Builder {
    /// Names the C header.
    #[must_use]
    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.header = header.into();
        self
    }

    /// Answers the declarations; an error says that the header is another one than they were written for.
    pub fn generate(self) -> io::Result<Bindings> {
        let header = Path::new(&self.header);
        let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
        for path in [header.to_owned(), header.with_file_name("postgres_deparse.h")] {
            for byte in fs::read(path)? {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            }
        }
        if digest == WRITTEN_FOR {
            return Ok(Bindings);
        }
        Err(io::Error::other(format!(
            "{} changed ({digest:#x}): compare it with declarations.rs of operator/lint/bindgen",
            header.display()
        )))
    }
}

/// The declarations of the header.
#[derive(Debug)]
pub struct Bindings;

impl Bindings {
    /// Writes them into a file of Rust.
    pub fn write_to_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, DECLARATIONS)
    }
}
