//! Every example of the project works: applied, it settles at once.

use std::path::Path;

use api::manifest::{Document, parse};
use datamodel::Source;
use pipeline::convert;
use reason::Reason;

use crate::support::{Place, scope};

async fn works(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(file);
    let documents = parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let spec = documents
        .into_iter()
        .find_map(|document| match document {
            Document::SchemaMigration(migration) => Some(migration.spec),
            _ => None,
        })
        .unwrap();
    let mut place = match spec.target.provider {
        api::Provider::Sqlite => Place::sqlite(),
        api::Provider::Postgresql => Place::postgresql().await,
        api::Provider::Mysql => Place::mysql().await,
    };
    place.target = convert::place(place.target.clone(), spec.target.schema.clone(), None);
    let text = spec.datamodel.inline.as_deref().unwrap();
    let parsed =
        datamodel::parse(Source { text, language: spec.datamodel.language.map(Into::into), edition: None });
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let mut request = place.request("");
    request.datamodel = parsed.datamodel.unwrap();
    request.scope = scope(&place.target);
    request.policy = convert::policy(&spec.policy, &spec.execution);
    request.steps = convert::steps(place.target.dialect(), spec.steps.as_ref()).unwrap();
    if !request.steps.after.is_empty() {
        // SQL of a person's own waits for an approval.
        request.approved_digest = Some(crate::support::digest(&place.migrate(&request).await));
    }
    place.apply_request(&request).await;
    let planned = pipeline::inspect(&mut place.connect().await, &request).await.unwrap();
    assert_eq!(planned.reason, Reason::UpToDate);
    assert!(planned.plan.is_none() && planned.drift.is_empty() && planned.unmanaged.is_empty());
}

macro_rules! examples {
    ($($name:ident: $file:literal)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            works($file).await;
        })+

        #[test]
        fn every_example_is_tested() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
            let mut found: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "yaml"))
                .collect();
            found.sort();
            let mut tested = vec![$($file),+];
            tested.sort_unstable();
            assert_eq!(found, tested);
        }
    };
}

examples! {
    the_blog_on_sqlite: "blog.yaml"
    the_blog_on_postgresql: "blog-postgres.yaml"
    the_blog_on_mysql: "blog-mysql.yaml"
    a_blitz_application: "blitz.yaml"
    a_platform_in_its_own_schema: "platform.yaml"
    a_shop_from_prisma_1: "shop-prisma1.yaml"
    rows_that_change_along: "data-steps.yaml"
    a_blog_from_the_first_years_of_prisma_1: "blog-prisma1-legacy.yaml"
}
