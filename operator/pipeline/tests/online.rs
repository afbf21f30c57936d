//! What takes long on PostgreSQL, while the application works on: it reads and writes the same tables and commits.

use database::{End, NewMigration, Opening, Progress, Settings, connect};
use plan::{Ownership, Work, diff};
use schema::{Schema, derive};
use sql::{Mode, Script, render};

use crate::measure::{Session, until_it_waits};
use crate::support::{Place, scope};

fn schema(place: &Place, models: &str) -> Schema {
    derive(&place.request(models).datamodel, &scope(&place.target))
}

fn script(current: &Schema, desired: &Schema) -> Script {
    render(&diff(current, desired, &Ownership::of(current)).unwrap())
}

const BEFORE: &str = r"
model T {
  id   Int  @id
  v    Int?
  w    Int?
  uId  Int?
}

model U {
  id Int @id
}
";

/// What an application does, and commits, without waiting for anybody.
async fn works_on(place: &Place, number: &mut i32) {
    let application = Session::open(&place.name).await;
    application.client.batch_execute("SET lock_timeout = '2s'").await.unwrap();
    *number += 1;
    let n = *number;
    for statement in [
        format!("INSERT INTO public.\"U\" VALUES ({n})"),
        format!("INSERT INTO public.\"T\" VALUES ({n}, {n}, {n}, {n})"),
        "SELECT * FROM public.\"T\" JOIN public.\"U\" USING (id)".to_owned(),
        format!("UPDATE public.\"T\" SET v = {} WHERE id = {n}", n + 1_000_000),
        format!("DELETE FROM public.\"T\" WHERE id = {}", n - 1),
    ] {
        application
            .client
            .batch_execute(&statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

/// NOT NULL by way of a CHECK, a foreign key, a unique index and a primary key; run it with each `TEST_POSTGRESQL`.
#[tokio::test(flavor = "multi_thread")]
async fn others_read_and_write_while_a_step_validates_or_builds() {
    for (edit, long) in [
        (BEFORE.replace("v    Int?", "v    Int"), 1),
        (BEFORE.replace("w    Int?", "w    Int?  @unique"), 1),
        (BEFORE.replace("w    Int?", "w    Int?\n  @@index([w, v])"), 1),
        (
            BEFORE
                .replace("uId  Int?", "uId  Int?\n  u    U?   @relation(fields: [uId], references: [id])")
                .replace("model U {\n", "model U {\n  ts T[]\n"),
            1,
        ),
        // The column of a new key becomes required in a scan of its own.
        (BEFORE.replace("id   Int  @id\n  v    Int?", "id   Int\n  v    Int\n  @@id([id, v])"), 2),
    ] {
        let place = Place::postgresql().await;
        let (current, desired) = (schema(&place, BEFORE), schema(&place, &edit));
        place.apply(BEFORE).await;
        let session = Session::open(&place.name).await;
        session
            .client
            .batch_execute(
                "CREATE TABLE public.elsewhere (id int); INSERT INTO public.\"U\" SELECT generate_series(1, 1000); \
                 INSERT INTO public.\"T\" SELECT n, n, n, n FROM generate_series(1, 1000) n",
            )
            .await
            .unwrap();
        let (mut number, mut seen) = (1000, 0);
        for step in &script(&current, &desired).steps {
            let statements = step.statements.join(";");
            if step.mode == Mode::NoTransaction {
                let (reader, pid) = (Session::open(&place.name).await, session.pid().await);
                let old = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM public.elsewhere";
                reader.client.batch_execute(old).await.unwrap();
                let others = async {
                    let watcher = Session::open(&place.name).await;
                    until_it_waits(&watcher, pid).await;
                    works_on(&place, &mut number).await;
                    reader.client.batch_execute("COMMIT").await.unwrap();
                };
                tokio::join!(async { session.client.batch_execute(&statements).await.unwrap() }, others);
                seen += 1;
                continue;
            }
            session.client.batch_execute(&format!("BEGIN; {statements}")).await.unwrap();
            if step.impact.work > Work::Metadata {
                // All that the statement needed it holds until the end of its transaction.
                works_on(&place, &mut number).await;
                seen += 1;
            }
            session.client.batch_execute("COMMIT").await.unwrap();
        }
        assert_eq!(seen, long, "{edit}");
    }
}

/// Two plans of two histories, whose keys point to each other's tables, made and dropped again and again.
#[tokio::test(flavor = "multi_thread")]
async fn opposite_foreign_keys_in_two_plans_never_deadlock() {
    let place = Place::postgresql().await;
    let table = |name: &str, other: &str, back: &str, here: &str| {
        format!("model {name} {{\n  id Int @id\n  {other}Id Int?\n{here}{back}}}\n")
    };
    let key = |other: &str| {
        format!(
            "  {other} {} @relation(\"{other}\", fields: [{other}Id], references: [id])\n",
            other.to_uppercase() + "?"
        )
    };
    let list = |of: &str, name: &str| format!("  {of}s {}[] @relation(\"{name}\")\n", of.to_uppercase());
    let bare = table("A", "b", "", "") + &table("B", "a", "", "");
    let left = table("A", "b", "", &key("b")) + &table("B", "a", &list("a", "b"), "");
    let right = table("A", "b", &list("b", "a"), "") + &table("B", "a", "", &key("a"));
    place.apply(&bare).await;
    let setup = format!(
        "ALTER DATABASE {} SET deadlock_timeout = '10ms'; CREATE SCHEMA l; CREATE SCHEMA r",
        place.name
    );
    place.execute(&setup).await;
    let mut works = Vec::new();
    for (namespace, with) in [("l", left), ("r", right)] {
        let (without, with) = (schema(&place, &bare), schema(&place, &with));
        let scripts = [script(&without, &with), script(&with, &without)];
        assert!(scripts.iter().all(|script| !script.steps.is_empty()));
        let target = place.target.clone().with_history_namespace(Some(namespace.to_owned()));
        let target = target.with_namespace(Some(namespace.to_owned()));
        let patient =
            Settings { lock_retries: 1000, application_name: namespace.to_owned(), ..place.settings() };
        works.push(tokio::spawn(async move {
            let mut database = connect(&target, &patient).await.unwrap();
            for round in 0..24 {
                let script = &scripts[round % 2];
                database.lock(&[]).await.unwrap();
                let migration = NewMigration {
                    owner: crate::support::OWNER.to_owned(),
                    name: "m".to_owned(),
                    approved_digest: None,
                    actor: None,
                    tool_version: "0".to_owned(),
                    back: None,
                };
                let id = database.record(&migration, script, Opening::Run).await.unwrap();
                let mut listen = |event: Progress| {
                    if let Progress::Retrying { reason, .. } = event {
                        assert!(!reason.contains("40P01"), "{reason}");
                    }
                };
                database.run(&id, script, &mut listen).await.unwrap();
                let schema = Box::new(script.desired.clone());
                database.finish(&id, End::Applied { schema }).await.unwrap();
                database.unlock().await.unwrap();
            }
        }));
    }
    for work in works {
        work.await.unwrap();
    }
    assert_eq!(
        place.count("SELECT count(*) FROM pg_constraint WHERE conname IN ('A_bId_fkey', 'B_aId_fkey')").await,
        0
    );
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(place.count(deadlocks).await, 0);
}
