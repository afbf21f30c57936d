//! What is written from a database describes exactly that database, by chance and on real servers.
//!
//! `PROPERTY_CASES` says how many cases a database gets, `PROPERTY_SEED` where they start; a failure names its seed.

use std::fmt::Write as _;
use std::sync::Mutex;

use database::{Database, Settings, Target, connect};
use datamodel::{Datamodel, Edition, Language, Provider, Source};
use introspection::{Form, write};
use pipeline::{Destructive, FirstContact, Policy, Request, migrate};
use plan::{Ownership, diff};
use reason::Reason;
use schema::{Schema, Scope, derive};

use crate::generate::{Random, World};
use crate::support::Place;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn parse(text: &str) -> Result<Datamodel, String> {
    let parsed = datamodel::parse(Source { text, language: Some(Language::Psl), edition: None });
    parsed.datamodel.ok_or_else(|| {
        parsed.diagnostics.iter().fold(String::new(), |mut out, found| {
            writeln!(out, "{}", found.one_line(text)).unwrap();
            out
        })
    })
}

/// The text for what was found; it must describe exactly that, and be written the same again.
fn written(found: &Schema, scope: &Scope, before: Option<&str>) -> Result<String, String> {
    let form = Form::Psl(Edition::Six);
    let text = write(found, form, scope, before).map_err(|findings| format!("{findings:?}"))?.text;
    let datamodel = parse(&text).map_err(|errors| format!("{errors}\n{text}"))?;
    let left = diff(found, &derive(&datamodel, scope), &Ownership::default())
        .map_err(|refusal| format!("{refusal}\n{text}"))?;
    if !left.is_empty() {
        return Err(format!("{}\nof\n{text}", sql::text(&sql::render(&left))));
    }
    let again = write(found, form, scope, Some(&text)).map_err(|findings| format!("{findings:?}"))?.text;
    if again == text { Ok(text) } else { Err(format!("{text}\nis written another time as\n{again}")) }
}

async fn apply(
    database: &mut Database,
    target: &Target,
    scope: &Scope,
    text: &str,
) -> Result<Schema, String> {
    let request = Request {
        datamodel: parse(text)?,
        scope: scope.clone(),
        policy: Policy { destructive: Destructive::Allow, ..Policy::default() },
        first_contact: FirstContact::Adopt,
        ..crate::support::empty_request(target)
    };
    let outcome = migrate(database, &request, &mut |_| {}).await.map_err(|failure| failure.to_string())?;
    if !matches!(outcome.reason, Reason::Applied | Reason::UpToDate | Reason::Baselined) {
        return Err(outcome.message);
    }
    let namespaces: Vec<String> = scope.namespace.iter().cloned().collect();
    database.introspect(&namespaces).await.map_err(|error| error.to_string())
}

/// A datamodel, its database as text, and what becomes of the datamodel's text when the database changes.
async fn case(target: &Target, provider: Provider, seed: u64) -> Result<bool, String> {
    let mut random = Random::new(seed);
    let first = World::new(provider, &mut random);
    let texts = [first.text(), first.edited(&mut random).text()];
    if texts.iter().any(|text| parse(text).is_err()) {
        return Ok(false);
    }
    let scope = Scope { dialect: target.dialect(), namespace: target.namespace().map(str::to_owned) };
    let mut database = connect(target, &Settings::default()).await.map_err(|error| error.to_string())?;
    let found = apply(&mut database, target, &scope, &texts[0]).await?;
    let told = |why: String| format!("{why}\n=== for ===\n{}", texts[0]);
    written(&found, &scope, None).map_err(told)?;
    let same = written(&found, &scope, Some(&texts[0])).map_err(told)?;
    if same != texts[0] {
        return Err(told(format!("nothing has changed, and yet it becomes\n{same}")));
    }
    let told = |why: String| format!("{why}\n=== for ===\n{}\n=== then ===\n{}", texts[0], texts[1]);
    let found = apply(&mut database, target, &scope, &texts[1]).await.map_err(told)?;
    written(&found, &scope, Some(&texts[0])).map_err(told)?;
    written(&found, &scope, None).map_err(told)?;
    Ok(true)
}

async fn cases(provider: Provider, target: impl AsyncFn(u64) -> Target) {
    let (first, count) = (number("PROPERTY_SEED", 1), number("PROPERTY_CASES", 30));
    let mut failures = String::new();
    let mut valid = 0;
    for seed in first..first + count {
        match case(&target(seed).await, provider, seed).await {
            Ok(true) => valid += 1,
            Ok(false) => {}
            Err(why) => write!(failures, "\n=== PROPERTY_SEED={seed} PROPERTY_CASES=1 ===\n{why}").unwrap(),
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(valid * 2 > count, "only {valid} of {count} generated datamodels are valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_is_written_as_it_is() {
    let place = Place::sqlite();
    cases(Provider::Sqlite, async |seed| Target::sqlite(place.file(&format!("{seed}.db")))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_schema_is_written_as_it_is() {
    let place = Place::postgresql().await;
    let namespace = |seed: u64| Some(format!("Case \"{seed}\""));
    cases(Provider::PostgreSql, async |seed| place.target.clone().with_namespace(namespace(seed))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mariadb_database_is_written_as_it_is() {
    // Those who are gone are dropped.
    let places = Mutex::new(Vec::new());
    let target = async |_| {
        let place = Place::mysql().await;
        let target = place.target.clone();
        places.lock().unwrap().push(place);
        target
    };
    cases(Provider::MySql, target).await;
}

/// A datamodel of Prisma 1 is applied, found, and written as v1.1 of the very same tables, without a remark.
async fn prisma1(place: Place, text: &str) {
    let parsed = datamodel::parse(Source { text, language: None, edition: None });
    let datamodel = parsed.datamodel.unwrap_or_else(|| panic!("{:?}", parsed.diagnostics));
    let mut place = place;
    place.target =
        place.target.clone().with_fallback_namespace(Some(schema::default_namespace(datamodel.language)));
    let request = Request { datamodel, ..crate::support::empty_request(&place.target) };
    let request = Request { scope: crate::support::scope(&place.target), ..request };
    place.apply_request(&request).await;
    let namespaces: Vec<String> = request.scope.namespace.iter().cloned().collect();
    let found = place.connect().await.introspect(&namespaces).await.unwrap();
    let written = write(&found, Form::SdlV11, &request.scope, None).unwrap();
    assert_eq!(written.remarks, [], "{}", written.text);
    let again =
        datamodel::parse(Source { text: &written.text, language: Some(Language::SdlV11), edition: None });
    let left =
        diff(&found, &derive(&again.datamodel.unwrap(), &request.scope), &Ownership::default()).unwrap();
    assert!(left.is_empty(), "{}\n{}", written.text, sql::text(&sql::render(&left)));
}

const SHOP: &str = r#"
type Customer @db(name: "customers") {
  id: ID! @id
  email: String! @unique
  tags: [String!]! @scalarList(strategy: RELATION)
  best: Customer @relation(name: "Best", link: INLINE)
  orders: [Order!]! @relation(name: "Buyer")
  gifts: [Order!]! @relation(name: "Receiver")
  createdAt: DateTime! @createdAt
}

type Order {
  id: UUID! @id
  number: Int
  paid: Boolean!
  price: Float!
  buyer: Customer @relation(name: "Buyer", link: INLINE) @db(name: "buyer_id")
  receiver: Customer @relation(name: "Receiver", link: INLINE)
  items: [Item!]! @relation(link: TABLE)
  updatedAt: DateTime @updatedAt
}

type Item {
  id: ID! @id
  orders: [Order!]!
  others: [Category!]! @relation(name: "ItemCategory")
}

type Category {
  id: ID! @id
  items: [Item!]! @relation(name: "ItemCategory")
}

type ItemCategory @relationTable @db(name: "item_categories") {
  item: Item!
  category: Category! @db(name: "category_id")
}
"#;

const LEGACY: &str = "
type User {
  id: ID! @unique
  email: String! @unique
  posts: [Post!]!
  friends: [User!]! @relation(name: \"Friends\")
}

type Post {
  id: ID! @unique
  title: String!
  author: User
  tags: [String!]!
}
";

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_prisma_1_on_postgresql_come_back_as_v1_1() {
    prisma1(Place::postgresql().await, SHOP).await;
    prisma1(Place::postgresql().await, LEGACY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_prisma_1_on_sqlite_come_back_as_v1_1() {
    prisma1(Place::sqlite(), SHOP).await;
    prisma1(Place::sqlite(), LEGACY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_prisma_1_on_mariadb_come_back_as_v1_1() {
    prisma1(Place::mysql().await, SHOP).await;
}
