//! Partial indexes: what the database makes of their conditions is no difference, and what a person made is left alone.

use pipeline::{FirstContact, Request};
use reason::Reason;

use crate::support::{Place, parse, steps};

fn request(place: &Place, models: &str) -> Request {
    let plain = place.request("model A {\n  id Int @id\n}\n");
    let provider = plain.datamodel.datasource.as_ref().unwrap().provider.as_str();
    let text = format!(
        "generator client {{\n  provider = \"x\"\n  previewFeatures = [\"partialIndexes\"]\n}}\n\
         datasource db {{\n  provider = \"{provider}\"\n}}\n{models}"
    );
    Request { datamodel: parse(&text), ..plain }
}

fn user(attributes: &str) -> String {
    format!(
        "enum Role {{\n  USER\n  ADMIN @map(\"adm\")\n}}\nmodel User {{\n  id Int @id\n  email String\n  age Int?\n  \
         price Decimal?\n  open Boolean @default(true)\n  role Role\n  goneAt DateTime?\n  Case String?\n{attributes}\n}}\n"
    )
}

const MANY: &str = r#"
  @@unique([email], where: { goneAt: null, open: true })
  @@index([age], where: raw("age > 18 and (price between 1 and 100.5 or email like 'a%')"))
  @@index([role], where: { role: "adm" })
  @@index([price], where: { price: { not: 5 }, Case: "it's" })
  @@index([email], where: raw("email in ('a', 'b')"))
  @@index([open], where: raw("NOT open"))
  @@index([goneAt], where: raw("\"goneAt\" > '2020-01-01 00:00:00'"))"#;

macro_rules! on_both {
    ($($name:ident)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&super::Place::sqlite()).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&super::Place::postgresql().await).await;
            })+
        }
    };
}

on_both! {
    whatever_the_database_writes_there_is_nothing_to_do
    an_index_follows_its_columns
    another_condition_is_another_index
    rows_outside_of_the_index_may_be_alike
    an_index_made_by_hand_is_left_alone_until_the_datamodel_speaks_of_such
    an_index_behind_the_back_is_drift
}

async fn whatever_the_database_writes_there_is_nothing_to_do(place: &Place) {
    place.apply_request(&request(place, &user(MANY))).await;
    place.execute("INSERT INTO \"User\" (id, email, role) VALUES (1, 'a', 'adm'), (2, 'b', 'USER')").await;
    // Nor when the datamodel says the same in other words.
    let other = MANY.replace("raw(\"NOT open\")", "raw(\"(not \\\"open\\\")\")");
    let outcome = place.migrate(&request(place, &user(&other))).await;
    assert_eq!(steps(&outcome), Vec::<String>::new(), "{}", outcome.message);
}

async fn an_index_follows_its_columns(place: &Place) {
    place.apply_request(&request(place, &user(MANY))).await;
    place.execute("INSERT INTO \"User\" (id, email, role) VALUES (1, 'a', 'adm'), (2, 'b', 'adm')").await;
    let after = user(MANY)
        .replace("  goneAt DateTime?", "  /// @schemalift.renamedFrom(goneAt)\n  leftAt DateTime?")
        .replace("goneAt: null", "leftAt: null")
        .replace("[goneAt]", "[leftAt]")
        .replace("\\\"goneAt\\\"", "\\\"leftAt\\\"")
        .replace("  age Int?", "  age BigInt?")
        .replace("  USER\n", "");
    place.apply_request(&request(place, &after)).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE role = 'adm'").await, 2);
}

async fn another_condition_is_another_index(place: &Place) {
    let index = |condition: &str| user(&format!("  @@index([age], where: {condition})"));
    place.apply_request(&request(place, &index("{ age: 5 }"))).await;
    let outcome = place.apply_request(&request(place, &index("{ age: { not: 5 } }"))).await;
    assert_eq!(
        steps(&outcome).iter().map(|step| step.split(" (").next().unwrap()).collect::<Vec<_>>(),
        ["drop index User_age_idx", "create index User_age_idx"]
    );
    // An index over all rows is another one, too.
    place.apply_request(&request(place, &user("  @@index([age])"))).await;
    place.apply_request(&request(place, &index("raw(\"age is null\")"))).await;
}

async fn rows_outside_of_the_index_may_be_alike(place: &Place) {
    place.apply_request(&request(place, &user(""))).await;
    place
        .execute("INSERT INTO \"User\" (id, email, role, open) VALUES (1, 'a', 'adm', true), (2, 'a', 'adm', false)")
        .await;
    let unique = request(place, &user("  @@unique([email], where: { open: true })"));
    let duplicates = request(place, &user("  @@unique([email], where: { role: \"adm\" })"));
    let outcome = place.migrate(&duplicates).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan, "{}", outcome.message);
    place.apply_request(&unique).await;
    place.execute("INSERT INTO \"User\" (id, email, role, open) VALUES (3, 'a', 'adm', false)").await;
}

async fn an_index_made_by_hand_is_left_alone_until_the_datamodel_speaks_of_such(place: &Place) {
    place.apply(&user("")).await;
    place.execute("CREATE INDEX by_hand ON \"User\" (age) WHERE age > 18").await;
    place.assert_settled(&place.request(&user(""))).await;
    // The preview feature alone says that the datamodel lists them all.
    let outcome = place.apply_request(&request(place, &user(""))).await;
    assert_eq!(steps(&outcome).len(), 1, "{:?}", steps(&outcome));
    place.execute("CREATE INDEX by_hand ON \"User\" (age) WHERE age > 18").await;
    let adopted = Request {
        first_contact: FirstContact::Adopt,
        ..request(place, &user("  @@index([age], map: \"by_hand\", where: raw(\"AGE>18\"))"))
    };
    let outcome = place.migrate(&adopted).await;
    assert!(outcome.plan.is_none(), "{:?}", steps(&outcome));
    // Without the feature it is nobody's again, and stays.
    let outcome = place.migrate(&place.request(&user(""))).await;
    assert!(outcome.plan.is_none(), "{:?}", steps(&outcome));
    // Unless its name is wanted for an index over all rows.
    let outcome = place.apply(&user("  @@index([age], map: \"by_hand\")")).await;
    assert_eq!(steps(&outcome).len(), 2, "{:?}", steps(&outcome));
}

async fn an_index_behind_the_back_is_drift(place: &Place) {
    place.apply_request(&request(place, &user(MANY))).await;
    place.execute("CREATE INDEX by_hand ON \"User\" (id) WHERE age > 18").await;
    let outcome = place.migrate(&request(place, &user(MANY))).await;
    assert_eq!(outcome.reason, Reason::DriftDetected, "{}", outcome.message);
    place.execute("DROP INDEX by_hand").await;
    place.assert_settled(&request(place, &user(MANY))).await;
}
