//! The properties by chance: on texts near those of the corpus, and on bytes.
//!
//! Without a setting each target makes a fixed number of attempts, so that the test takes about as long everywhere; a
//! failure prints the text, and `BOLERO_RANDOM_SEED` with which it comes again. `BOLERO_RANDOM_ITERATIONS` says how many
//! (`make soak` takes a hundred times as many). What is found becomes a fixture of the crate that is mended.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use bolero::{check, produce};
use datamodel::{Edition, Language};
use fuzz::{Edit, corpus, properties};

const ATTEMPTS: usize = 1500;

/// A few edits of one text: more of them, and hardly any text would still be valid.
fn recipe() -> impl bolero::ValueGenerator<Output = (u16, Vec<Edit>)> {
    (produce::<u16>(), produce::<Vec<Edit>>().with().len(0..4_usize))
}

#[test]
fn psl() {
    let words = corpus::psl();
    check!().with_generator((recipe(), 0..4_usize)).with_iterations(ATTEMPTS).for_each(
        |(recipe, edition)| {
            properties::psl(&words.text(recipe), Edition::ALL[*edition]);
        },
    );
}

#[test]
fn psl_of_today() {
    let words = corpus::psl();
    check!().with_generator(recipe()).with_iterations(ATTEMPTS).for_each(|recipe| {
        properties::psl(&words.text(recipe), Edition::Six);
    });
}

#[test]
fn sdl() {
    let words = corpus::sdl();
    check!().with_generator(recipe()).with_iterations(ATTEMPTS).for_each(|recipe| {
        properties::sdl(&words.text(recipe), Language::SdlV11);
    });
}

#[test]
fn legacy_sdl() {
    let words = corpus::sdl();
    check!().with_generator(recipe()).with_iterations(ATTEMPTS).for_each(|recipe| {
        properties::sdl(&words.text(recipe), Language::SdlV1);
    });
}

#[test]
fn manifests() {
    let words = corpus::manifests();
    check!().with_generator(recipe()).with_iterations(ATTEMPTS).for_each(|recipe| {
        properties::manifest(&words.text(recipe));
    });
}

#[test]
fn plans() {
    let words = corpus::psl();
    check!().with_generator(recipe()).with_iterations(ATTEMPTS).for_each(|recipe| {
        properties::plans(words.start(recipe), &words.text(recipe));
    });
}

#[test]
fn psl_of_bytes() {
    check!().with_iterations(ATTEMPTS).for_each(|bytes: &[u8]| {
        properties::psl(&String::from_utf8_lossy(bytes), Edition::Six);
    });
}

#[test]
fn sdl_of_bytes() {
    check!().with_iterations(ATTEMPTS).for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        properties::sdl(&text, Language::SdlV11);
        properties::sdl(&text, Language::SdlV1);
    });
}

#[test]
fn manifests_of_bytes() {
    check!().with_iterations(ATTEMPTS).for_each(|bytes: &[u8]| {
        properties::manifest(&String::from_utf8_lossy(bytes));
    });
}
