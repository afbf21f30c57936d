//! Properties of the whole pipeline, by chance, on real databases.
//!
//! `PROPERTY_CASES` says how many cases each test gets, `PROPERTY_SEED` where they start; a failure names its seed. Usually
//! they are as many as a minute has room for; `make soak` runs thousands of each.

mod rows;

use std::fmt::Write as _;

use database::{Database, End, NewMigration, Opening, Settings, Target, connect};
use datamodel::{Datamodel, Language, Provider, Source};
use pipeline::{
    ApprovalRule, Destructive, DriftRule, FirstContact, HistoryRule, Policy, Request, RunMode, inspect,
    migrate,
};
use plan::{Ownership, diff, reverse};
use reason::Reason;
use rows::Rows;
use schema::{Schema, Scope, derive};
use sql::render;

use crate::generate::{Random, World};
use crate::support::Place;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn parse(text: &str) -> Result<Datamodel, String> {
    let parsed = datamodel::parse(Source { text, language: Some(Language::Psl), edition: None });
    parsed.datamodel.ok_or_else(|| {
        parsed.diagnostics.iter().fold(String::new(), |mut out, found| {
            writeln!(out, "{} {}", found.code, found.message).unwrap();
            out
        })
    })
}

fn request(datamodel: &Datamodel, target: &Target) -> Request {
    Request {
        datamodel: datamodel.clone(),
        scope: Scope { dialect: target.dialect(), namespace: target.namespace().map(str::to_owned) },
        steps: sql::DataSteps::default(),
        roll_back: None,
        policy: Policy {
            destructive: Destructive::Allow,
            approval: ApprovalRule::OnLoss,
            drift: DriftRule::Block,
            limits: pipeline::Limits::default(),
            keep: None,
        },
        mode: RunMode::Apply,
        approved_digest: None,
        backup: pipeline::BackupRule::Never,
        backed_up_digest: None,
        first_contact: FirstContact::Adopt,
        history: HistoryRule::Optional,
        owner: "test".to_owned(),
        take_over_from: None,
        name: "case".to_owned(),
        actor: None,
        tool_version: "0".to_owned(),
    }
}

/// What a plan needs nothing but values for: equal schemas need none, and equal inputs give equal bytes.
fn check_plans(before: &Schema, after: &Schema) -> Result<(), String> {
    let owned = Ownership::of(before);
    let plan = |from: &Schema, to: &Schema| diff(from, to, &owned).map_err(|refusal| refusal.to_string());
    for schema in [before, after] {
        let nothing = plan(schema, schema)?;
        if !nothing.is_empty() {
            return Err(format!("equal schemas differ:\n{}", sql::text(&render(&nothing))));
        }
    }
    let (once, twice) = (render(&plan(before, after)?), render(&plan(before, after)?));
    let bytes = |script| serde_json::to_vec(script).unwrap();
    if bytes(&once) == bytes(&twice) { Ok(()) } else { Err("equal inputs give different scripts".to_owned()) }
}

/// Applies, and looks again.
async fn apply(database: &mut Database, request: &Request) -> Result<(), String> {
    let plan = inspect(database, request).await.map_err(|failure| failure.to_string())?;
    let script = plan.plan.map(|plan| sql::text(&plan.script)).unwrap_or_default();
    let result = migrate(database, request, &mut |_| {}).await;
    let told = |text: String| format!("{text}\n{script}");
    let outcome = result.map_err(|failure| told(format!("{:?}: {failure}", failure.reason)))?;
    if !matches!(outcome.reason, Reason::Applied | Reason::UpToDate | Reason::Baselined) {
        return Err(told(format!("{:?}: {}", outcome.reason, outcome.message)));
    }
    let again = inspect(database, request).await.map_err(|failure| told(failure.to_string()))?;
    if again.reason == Reason::UpToDate && again.drift.is_empty() {
        return Ok(());
    }
    let left = again.plan.map(|plan| sql::text(&plan.script)).unwrap_or_default();
    Err(told(format!("after it: {:?} {} {:?}\n{left}\nof", again.reason, again.message, again.drift)))
}

/// Runs the reverse of the plan between the schemas, and says when that does not lead back to the first.
async fn undo(
    database: &mut Database,
    request: &Request,
    before: &Schema,
    after: &Schema,
) -> Result<(), String> {
    let owned = Ownership::of(before);
    let forward = diff(before, after, &owned).map_err(|refusal| refusal.to_string())?;
    let back = reverse(before, &forward, &owned).map_err(|refusal| refusal.to_string())?;
    let script = render(&back);
    let told = |error: database::Error| format!("undo: {error}\n{}", sql::text(&script));
    database.lock(&back.desired.namespaces).await.map_err(told)?;
    let migration = NewMigration {
        owner: request.owner.clone(),
        name: "undo".to_owned(),
        approved_digest: None,
        actor: None,
        tool_version: "0".to_owned(),
        back: None,
    };
    let id = database.record(&migration, &script, Opening::Run).await.map_err(told)?;
    database.run(&id, &script, &mut |_| {}).await.map_err(told)?;
    let end = End::Applied { schema: Box::new(back.desired.clone()) };
    database.finish(&id, end).await.map_err(told)?;
    database.unlock().await.map_err(told)
}

/// Two datamodels, one after the other, then back to the first: by the reverse plan, and by the datamodel itself.
async fn case(target: &Target, provider: Provider, seed: u64) -> Result<bool, String> {
    let mut random = Random::new(seed);
    let first = World::new(provider, &mut random);
    let second = first.edited(&mut random);
    let texts = [first.text(), second.text()];
    let mut wanted = Vec::new();
    for text in &texts {
        match parse(text) {
            Ok(datamodel) => wanted.push(request(&datamodel, target)),
            Err(diagnostics) if std::env::var_os("PROPERTY_INVALID").is_some() => {
                return Err(format!("invalid: {diagnostics}\n{text}"));
            }
            Err(_) => return Ok(false),
        }
    }
    let schemas: Vec<Schema> =
        wanted.iter().map(|request| derive(&request.datamodel, &request.scope)).collect();
    let told = |why: String| format!("{why}\n{}\n=== then ===\n{}", texts[0], texts[1]);
    check_plans(&schemas[0], &schemas[1]).map_err(told)?;
    let mut database = connect(target, &Settings::default()).await.map_err(|error| error.to_string())?;
    for request in [&wanted[0], &wanted[1]] {
        apply(&mut database, request).await.map_err(told)?;
    }
    undo(&mut database, &wanted[0], &schemas[0], &schemas[1]).await.map_err(told)?;
    let undone = inspect(&mut database, &wanted[0]).await.map_err(|failure| told(failure.to_string()))?;
    if let Some(left) = &undone.plan {
        return Err(told(format!("after the undo:\n{}", sql::text(&left.script))));
    }
    for request in [&wanted[1], &wanted[0]] {
        apply(&mut database, request).await.map_err(told)?;
    }
    Ok(true)
}

/// One datamodel, rows in all its tables, then another datamodel: the rows are there, or nothing was done. `name` is the
/// server's name of the database.
async fn case_with_rows(target: &Target, name: &str, provider: Provider, seed: u64) -> Result<bool, String> {
    let mut random = Random::new(seed);
    let first = World::new(provider, &mut random);
    let second = first.edited(&mut random);
    let (Ok(before), Ok(after)) = (parse(&first.text()), parse(&second.text())) else { return Ok(false) };
    let told = |why: String| format!("{why}\n{}\n=== then ===\n{}", first.text(), second.text());
    let (before, after) = (request(&before, target), request(&after, target));
    let schemas = [&before, &after].map(|request| derive(&request.datamodel, &request.scope));
    let mut database = connect(target, &Settings::default()).await.map_err(|error| error.to_string())?;
    apply(&mut database, &before).await.map_err(told)?;
    let mut rows = Rows::open(target, name).await;
    rows.fill(&schemas[0]).await.map_err(told)?;
    let old = rows.read(&schemas[0]).await;
    let plan = inspect(&mut database, &after).await.map_err(|failure| told(failure.to_string()))?;
    let script = plan.plan.map(|plan| sql::text(&plan.script)).unwrap_or_default();
    let told = |why: String| told(format!("{why}\n{script}"));
    match migrate(&mut database, &after, &mut |_| {}).await {
        Ok(outcome) if matches!(outcome.reason, Reason::Applied | Reason::UpToDate | Reason::Baselined) => {
            rows::compare(&schemas[0], &schemas[1], &old, &rows.read(&schemas[1]).await).map_err(told)?;
            let again = inspect(&mut database, &after).await.map_err(|failure| told(failure.to_string()))?;
            if again.reason != Reason::UpToDate {
                return Err(told(format!("after it: {:?} {}", again.reason, again.message)));
            }
        }
        Ok(outcome) => refused(outcome.reason, &outcome.message).map_err(told)?,
        Err(failure) => refused(failure.reason, &failure.message).map_err(told)?,
    }
    if database.history().await.map_err(|error| told(error.to_string()))?.unwrap().migrations.len() == 1
        && rows.read(&schemas[0]).await != old
    {
        return Err(told("refused, and yet rows changed".to_owned()));
    }
    Ok(true)
}

/// The reasons for which rows may keep a plan from running.
fn refused(reason: Reason, message: &str) -> Result<(), String> {
    match reason {
        Reason::RequiredColumnOnNonEmptyTable | Reason::DataViolatesPlan => Ok(()),
        other => Err(format!("{other:?}: {message}")),
    }
}

/// Runs the cases, and tells every one that failed.
async fn cases(usual: u64, case: impl AsyncFn(u64) -> Result<bool, String>) {
    let (first, count) = (number("PROPERTY_SEED", 1), number("PROPERTY_CASES", usual));
    let mut failures = String::new();
    let mut valid = 0;
    for seed in first..first + count {
        match case(seed).await {
            Ok(true) => valid += 1,
            Ok(false) => {}
            Err(why) => write!(failures, "\n=== PROPERTY_SEED={seed} PROPERTY_CASES=1 ===\n{why}").unwrap(),
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(valid * 2 > count, "only {valid} of {count} generated datamodels are valid");
}

/// Needs no database, so that there are many.
#[tokio::test(flavor = "multi_thread")]
async fn plans_follow_from_the_schemas_alone() {
    for provider in [Provider::Sqlite, Provider::PostgreSql, Provider::MySql] {
        let dialect = schema::Dialect::of(provider);
        let namespace = (provider == Provider::PostgreSql).then(|| "public".to_owned());
        let scope = Scope { dialect, namespace };
        cases(1000, async |seed| {
            let mut random = Random::new(seed);
            let first = World::new(provider, &mut random);
            let texts = [first.text(), first.edited(&mut random).text()];
            let [Ok(before), Ok(after)] = texts.each_ref().map(|text| parse(text)) else { return Ok(false) };
            check_plans(&derive(&before, &scope), &derive(&after, &scope))
                .map_err(|why| format!("{why}\n{}", texts.join("\n=== then ===\n")))?;
            Ok(true)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_comes_to_every_datamodel() {
    let place = Place::sqlite();
    cases(250, async |seed| {
        case(&Target::sqlite(place.file(&format!("{seed}.db"))), Provider::Sqlite, seed).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_every_row_or_says_so() {
    let place = Place::sqlite();
    cases(500, async |seed| {
        let target = Target::sqlite(place.file(&format!("{seed}.db")));
        case_with_rows(&target, "", Provider::Sqlite, seed).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_every_row_or_says_so() {
    let place = Place::postgresql().await;
    cases(25, async |seed| {
        let target = place.target.clone().with_namespace(Some(format!("Case {seed}")));
        case_with_rows(&target, &place.name, Provider::PostgreSql, seed).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_keeps_every_row_or_says_so() {
    cases(25, async |seed| {
        let place = Place::mysql().await;
        case_with_rows(&place.target, &place.name, Provider::MySql, seed).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_comes_to_every_datamodel() {
    let place = Place::postgresql().await;
    cases(25, async |seed| {
        let target = place.target.clone().with_namespace(Some(format!("Case \"{seed}\"")));
        case(&target, Provider::PostgreSql, seed).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_comes_to_every_datamodel() {
    cases(30, async |seed| case(&Place::mysql().await.target.clone(), Provider::MySql, seed).await).await;
}
