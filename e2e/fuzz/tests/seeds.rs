//! The properties on every text of the corpus as it is, before chance changes it.

use datamodel::{Edition, Language};
use fuzz::{corpus, properties};

#[test]
fn psl() {
    let words = corpus::psl();
    assert!(words.texts.len() > 1000);
    for text in &words.texts {
        for edition in Edition::ALL {
            properties::psl(text, edition);
        }
        properties::plans("", text);
    }
}

#[test]
fn sdl() {
    let words = corpus::sdl();
    assert!(words.texts.len() > 80);
    for text in &words.texts {
        properties::sdl(text, Language::SdlV11);
        properties::sdl(text, Language::SdlV1);
        properties::any(text);
    }
}

#[test]
fn manifests() {
    let words = corpus::manifests();
    assert!(words.texts.len() > 3);
    for text in &words.texts {
        properties::manifest(text);
    }
}
