//! Every type that PostgreSQL has, whatever the datamodel calls it, on real servers.

use std::fmt::Write as _;

use datamodel::Edition;
use introspection::{Form, write};
use pipeline::{Destructive, FirstContact, Policy, Request};
use plan::{Ownership, diff};
use schema::{Schema, derive};
use servers::postgresql;

use crate::support::Place;

const SOURCE: &str = "datasource db {\n  provider = \"postgresql\"\n}\n\n";

async fn found(place: &Place) -> Schema {
    place.connect().await.introspect(&["public".to_owned()]).await.unwrap()
}

/// The statements that a plan from what is there to this text has.
async fn left(place: &Place, text: &str) -> String {
    let desired = derive(&crate::support::parse(text), &crate::support::scope(&place.target));
    match diff(&found(place).await, &desired, &Ownership::default()) {
        Ok(plan) => sql::text(&sql::render(&plan)),
        Err(refusal) => refusal.to_string(),
    }
}

/// What is there as a text, which says it so that nothing is left to do.
async fn written(place: &Place) -> String {
    let found = found(place).await;
    let written =
        write(&found, Form::Psl(Edition::Six), &crate::support::scope(&place.target), None).unwrap();
    assert_eq!(left(place, &written.text).await, "", "{}", written.text);
    let again =
        write(&found, Form::Psl(Edition::Six), &crate::support::scope(&place.target), Some(&written.text))
            .unwrap();
    assert_eq!(again.text, written.text);
    written.text
}

/// Makes what the text says in a database and sees that nothing is left to do there.
async fn made(place: &Place, text: &str) {
    place
        .apply_request(&Request {
            datamodel: crate::support::parse(text),
            ..crate::support::empty_request(&place.target)
        })
        .await;
    written(place).await;
}

/// A model with an optional field of each type.
fn model(types: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("{SOURCE}model every {{\n  id Int @id\n");
    for (at, ty) in types.into_iter().enumerate() {
        writeln!(text, "  c{at} {ty}").unwrap();
    }
    text.push_str("}\n");
    text
}

fn unsupported(ty: &str, mark: &str) -> String {
    format!("Unsupported({}){mark}", datamodel::quoted(ty))
}

fn table(types: &[String]) -> String {
    let columns = types.iter().enumerate().fold(String::new(), |mut out, (at, ty)| {
        write!(out, ", c{at} {ty}").unwrap();
        out
    });
    format!("CREATE TABLE every (id INTEGER NOT NULL CONSTRAINT every_pkey PRIMARY KEY{columns})")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_the_catalog_is_made_and_found_again() {
    let place = Place::postgresql().await;
    let session = postgresql::session(&place.name).await;
    let query = "SELECT format_type(t.oid, NULL), e.typname::text FROM pg_type t \
        JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_type e ON e.typarray = t.oid \
        LEFT JOIN pg_class c ON c.oid = e.typrelid OR c.oid = t.typrelid \
        WHERE t.typtype IN ('b', 'd', 'e', 'r', 'm') AND c.oid IS NULL AND COALESCE(e.typtype, 'b') <> 'p' \
        AND n.nspname IN ('pg_catalog', 'information_schema') ORDER BY t.typname";
    let rows = session.query(query, &[]).await.unwrap();
    let types: Vec<(String, Option<String>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(types.len() > 100, "{types:?}");
    let names: Vec<String> = types.iter().map(|(name, _)| name.clone()).collect();
    place.execute(&table(&names)).await;
    made(&place.another().await, &written(&place).await).await;

    let spelled = model(names.iter().map(|name| unsupported(name, "?")));
    assert_eq!(left(&place, &spelled).await, "", "{spelled}");
    made(&place.another().await, &spelled).await;

    // The catalog's name for a list of texts of any length is not what SQL calls `character[]`.
    let arrays = || {
        types
            .iter()
            .filter_map(|(name, element)| Some((name, element.as_ref().filter(|name| *name != "bpchar")?)))
    };
    let place = place.another().await;
    place.execute(&table(&arrays().map(|(name, _)| name.clone()).collect::<Vec<_>>())).await;
    // As Prisma writes them.
    let spelled = model(arrays().map(|(_, element)| unsupported(&format!("_{element}"), "[]")));
    let own = |text: &str| !text.contains("information_schema");
    assert_eq!(left(&place, &spelled).await.lines().filter(|line| own(line)).collect::<String>(), "");
    let spelled = model(arrays().map(|(name, _)| unsupported(name.trim_end_matches("[]"), "[]")));
    assert_eq!(left(&place, &spelled).await, "", "{spelled}");
    made(&place.another().await, &spelled).await;
}

const OWN_TYPES: &str = r#"
    CREATE SCHEMA "Other place";
    CREATE SCHEMA elsewhere;
    CREATE TYPE "Other place"."Mood" AS ENUM ('good', 'bad');
    CREATE TYPE elsewhere.spot AS (x int, y int);
    CREATE TYPE "Spot" AS (x int, y int);
    CREATE TYPE span AS RANGE (subtype = float8);
    CREATE TYPE elsewhere.span AS RANGE (subtype = timestamp);
    CREATE TYPE "Role" AS ENUM ('admin', 'user');
    CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
    CREATE DOMAIN elsewhere."Code" AS varchar(10);
    CREATE DOMAIN work_email AS email CHECK (VALUE LIKE '%@work.example') NOT NULL;
    CREATE DOMAIN tags AS text[];
    CREATE DOMAIN price AS numeric(10, 2) DEFAULT 1 CHECK (VALUE >= 0);
    CREATE DOMAIN moment AS timestamptz(3);
    CREATE DOMAIN chosen AS "Role" DEFAULT 'user';
"#;

#[tokio::test(flavor = "multi_thread")]
async fn types_of_ones_own_are_found_again_with_their_lists() {
    let place = Place::postgresql().await;
    let names = [
        "\"Other place\".\"Mood\"",
        "elsewhere.spot",
        "\"Spot\"",
        "span",
        "elsewhere.span",
        "\"Role\"",
        "email",
        "elsewhere.\"Code\"",
        "work_email",
        "tags",
        "price",
        "moment",
        "chosen",
    ];
    let types: Vec<String> =
        names.iter().flat_map(|name| [(*name).to_owned(), format!("{name}[]")]).collect();
    place.execute(&format!("{OWN_TYPES}{}", table(&types))).await;
    let text = written(&place).await;
    let lists = text.lines().filter(|line| line.contains("[]")).count();
    // The domain of lists is one, too.
    assert_eq!(lists, names.len() + 1, "{text}");

    let spelled = model(names.iter().flat_map(|name| match *name {
        "\"Role\"" => ["String?".to_owned(), "String[]".to_owned()],
        name => [unsupported(name, "?"), unsupported(&format!("{name}[]"), "?")],
    }));
    let plan = left(&place, &spelled).await;
    assert_eq!(plan.matches("ALTER COLUMN").count(), 2, "only the enum is a text now: {plan}");
    let another = place.another().await;
    another.execute(OWN_TYPES).await;
    let spelled = spelled.replace("String", "Unsupported(\"\\\"Role\\\"\")");
    another.execute(&table(&types)).await;
    assert_eq!(left(&another, &spelled).await, "");
}

const PERSON: &str = "CREATE TABLE person (id int PRIMARY KEY, mail email NOT NULL DEFAULT 'a@b' CONSTRAINT person_mail_key UNIQUE, \
    code elsewhere.\"Code\", work work_email, tags tags, price price NOT NULL DEFAULT 0, seen moment, mails email[], \
    role chosen)";

/// The words of Prisma's introspection, which sees through a domain, and where it sees none.
const ADOPTED: &str = r#"
model person {
  id    Int       @id
  mail  String    @unique @default("a@b")
  code  String?   @db.VarChar(10)
  work  String
  tags  String[]
  price Decimal   @default(0) @db.Decimal(10, 2)
  seen  DateTime? @db.Timestamptz(3)
  mails Unsupported("_email")[]
  role  Role?
}

enum Role {
  admin
  user
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_what_it_stands_on_and_stays() {
    let place = Place::postgresql().await;
    place.execute(&format!("{OWN_TYPES}{PERSON}")).await;
    let text = format!("{SOURCE}{ADOPTED}");
    assert_eq!(left(&place, &text).await, "");
    assert_eq!(left(&place, &text.replace("Unsupported(\"_email\")", "String")).await, "");
    let named = text
        .replace("mail  String ", "mail  Unsupported(\"email\") ")
        .replace("@default(\"a@b\")", "@default(dbgenerated(\"'a@b'\"))")
        .replace("seen  DateTime? @db.Timestamptz(3)", "seen  Unsupported(\"moment\")?");
    assert_eq!(left(&place, &named).await, "");
    // Whatever its columns say, the domain takes no null.
    assert_eq!(left(&place, &text.replace("work  String", "work  String?")).await, "");

    let found = found(&place).await;
    let extras = &found.tables[0].extras;
    assert!(extras.contains(&"column mail: domain public.email".to_owned()), "{extras:?}");
    let kept =
        write(&found, Form::Psl(Edition::Six), &crate::support::scope(&place.target), Some(&named)).unwrap();
    assert!(kept.text.contains("Unsupported(\"email\")"), "{}", kept.text);

    let narrower = left(&place, &text.replace("mail  String ", "mail  String @db.VarChar(30) ")).await;
    assert!(narrower.contains("column mail: domain public.email"), "{narrower}");
    let gone = left(&place, &text.replace("  admin\n", "")).await;
    assert!(gone.contains("column role: domain public.chosen"), "{gone}");
    // Another type that the datamodel names itself is wanted instead of it.
    let other =
        left(&place, &text.replace("code  String?   @db.VarChar(10)", "code Unsupported(\"email\")?")).await;
    assert!(other.contains("SET DATA TYPE \"public\".\"email\""), "{other}");

    let request = Request {
        datamodel: crate::support::parse(
            &text.replace("  seen  DateTime? @db.Timestamptz(3)\n", "  nick String?\n"),
        ),
        first_contact: FirstContact::Adopt,
        policy: Policy { destructive: Destructive::Allow, ..Policy::default() },
        ..crate::support::empty_request(&place.target)
    };
    place.apply_request(&request).await;
    let kept = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'person' AND domain_name IS NOT NULL";
    assert_eq!(place.count(kept).await, 6);
}
