//! Extensions that are not in `public`: what a datamodel names without a schema is found where it is.

use pipeline::{Destructive, Policy, Request};

use crate::support::{Place, steps};

const MODELS: &str = r#"
model person {
  id      String                 @id @default(dbgenerated("uuid_generate_v4()")) @db.Uuid
  mail    String                 @unique @db.Citext
  other   String                 @db.Citext
  token   String                 @default(dbgenerated("encode(gen_random_bytes(8), 'hex')"))
  traits  Unsupported("hstore")?
  path    Unsupported("ltree[]")?
  name    String

  @@index([name(ops: raw("gin_trgm_ops"))], type: Gin)
}
"#;

const LATER: &str = "  nick String? @db.Citext\n  key String @default(dbgenerated(\"uuid_generate_v4()\"))\n\n  \
    @@index([nick(ops: raw(\"gist_trgm_ops\"))], type: Gist)\n  @@index([name(";

/// What is made, changed, and taken back again.
async fn story(place: &Place, models: &str) {
    place.apply(models).await;
    let later = models.replace("\n  @@index([name(", LATER);
    let later = later.replace("other   String                 @db.Citext", "other String");
    let request = place.request(&later);
    let request =
        Request { policy: Policy { destructive: Destructive::Allow, ..Policy::default() }, ..request };
    let outcome = place.apply_request(&request).await;
    assert!(!steps(&outcome).is_empty());
    let back = Request {
        policy: Policy { destructive: Destructive::Allow, ..Policy::default() },
        ..place.request(models)
    };
    place.apply_request(&back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn extensions_in_a_schema_of_their_own_are_found() {
    let place = Place::postgresql().await;
    place
        .execute(
            "CREATE SCHEMA \"Our extensions\"; CREATE SCHEMA ext; \
             CREATE EXTENSION citext SCHEMA \"Our extensions\"; CREATE EXTENSION hstore SCHEMA ext; \
             CREATE EXTENSION ltree SCHEMA ext; CREATE EXTENSION pg_trgm SCHEMA \"Our extensions\"; \
             CREATE EXTENSION \"uuid-ossp\" SCHEMA \"Our extensions\"; CREATE EXTENSION pgcrypto SCHEMA ext",
        )
        .await;
    story(&place, MODELS).await;
    let there = "SELECT count(*) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid \
        JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = 'citext' AND a.attnum > 0 \
        AND n.nspname = 'Our extensions' AND a.attrelid = 'person'::regclass";
    assert_eq!(place.count(there).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn extensions_that_come_with_the_plan_are_found() {
    let place = Place::postgresql().await;
    place.execute("CREATE SCHEMA ext").await;
    let request = |models: &str| {
        let text = format!(
            "generator client {{\n  provider = \"prisma-client-js\"\n  previewFeatures = [\"postgresqlExtensions\"]\n}}\n\n\
             datasource db {{\n  provider = \"postgresql\"\n  extensions = [citext(schema: \"ext\"), hstore(schema: \"ext\"), \
             ltree(schema: \"ext\"), pg_trgm(schema: \"ext\"), uuidOssp(map: \"uuid-ossp\", schema: \"ext\"), \
             pgcrypto(schema: \"ext\")]\n}}\n\n{models}"
        );
        Request { datamodel: crate::support::parse(&text), ..crate::support::empty_request(&place.target) }
    };
    place.apply_request(&request(MODELS)).await;
    assert_eq!(
        place.count("SELECT count(*) FROM pg_extension WHERE extnamespace = 'ext'::regnamespace").await,
        6
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn extensions_in_public_are_found_as_ever() {
    let place = Place::postgresql().await;
    for name in ["citext", "hstore", "ltree", "pg_trgm", "\"uuid-ossp\"", "pgcrypto"] {
        place.execute(&format!("CREATE EXTENSION {name}")).await;
    }
    story(&place, MODELS).await;
}
