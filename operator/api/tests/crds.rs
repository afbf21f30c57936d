//! The files in `crds/` are the ones that the types give.

use std::{env, fs, path::Path};

use expect_test::expect_file;

#[test]
fn the_files_are_current() {
    for (file, crd) in api::crd::all() {
        let yaml = api::manifest::to_yaml(&crd).unwrap();
        let yaml =
            format!("# Generated from operator/api; UPDATE_EXPECT=1 cargo test -p schemalift-api\n{yaml}");
        expect_file![format!("../../../crds/{file}")].assert_eq(&yaml);
        let chart =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/schemalift/files/crds").join(file);
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::create_dir_all(chart.parent().unwrap()).unwrap();
            fs::write(&chart, &yaml).unwrap();
        }
        assert_eq!(fs::read_to_string(&chart).unwrap(), yaml, "{}", chart.display());
    }
}

#[test]
fn each_definition_stays_small() {
    for (file, crd) in api::crd::all() {
        let size = serde_json::to_vec(&crd).unwrap().len();
        assert!(size < 200 * 1024, "{file} has {size} bytes");
    }
}

#[test]
fn every_rule_found_its_field() {
    let count = |crd: &serde_json::Value| crd.to_string().matches("\"rule\":").count();
    assert_eq!(count(&api::crd::migration()), api::rules::MIGRATION.len());
    assert_eq!(count(&api::crd::plan()), api::rules::PLAN.len());
}
