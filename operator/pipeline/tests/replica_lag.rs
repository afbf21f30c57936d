//! A step in batches waits for standbys that fall behind, and never goes on because it cannot see them.

use std::time::Duration;

use api::{DataStep, Steps};
use database::{Progress, Settings, Target, connect};
use pipeline::{Destructive, Failure, Outcome, Request, convert};
use reason::{Class, Reason};
use schema::Dialect;
use secrecy::SecretString;
use servers::postgresql::{primary, session_on, standby};
use servers::{PASSWORD, Server};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::support::Place;

const MODELS: &str = "model users {\n  id Int @id\n  n Int?\n}";
const ROWS: u64 = 100;

/// A primary, its standby, and what a test does there.
struct Pair {
    primary: Server,
    standby: Option<Server>,
    place: Place,
}

fn place(primary: &Server, user: &str) -> Place {
    let url = format!("postgresql://{user}:{PASSWORD}@127.0.0.1:{}/postgres", primary.port);
    Place::of(Target::from_url(&SecretString::from(url)).unwrap(), "lag".to_owned())
}

impl Pair {
    async fn new() -> Self {
        let primary = primary();
        let admin = session_on(&primary, "postgres").await;
        // A standby without work tells where it is as often as this.
        admin.batch_execute("ALTER SYSTEM SET wal_receiver_status_interval = '1s'").await.unwrap();
        admin.batch_execute("SELECT pg_catalog.pg_reload_conf()").await.unwrap();
        let standby = standby(&primary).await;
        let place = place(&primary, "app");
        place.apply(MODELS).await;
        let insert = format!("INSERT INTO users (id) SELECT * FROM generate_series(1, {ROWS})");
        admin.batch_execute(&insert).await.unwrap();
        Self { primary, standby: Some(standby), place }
    }

    async fn on_primary(&self, statement: &str) {
        session_on(&self.primary, "postgres").await.batch_execute(statement).await.unwrap();
    }

    /// The standby writes on and shows nothing of it any more, until the primary knows that it is a while behind.
    async fn fall_behind(&self) {
        self.replay("pause").await;
        self.on_primary("CREATE TABLE IF NOT EXISTS noise (n int); INSERT INTO noise VALUES (1)").await;
        while self.count("SELECT count(*) FROM pg_stat_replication WHERE replay_lag > '2s'").await == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn replay(&self, what: &str) {
        let standby = session_on(self.standby.as_ref().unwrap(), "postgres").await;
        standby.batch_execute(&format!("SELECT pg_catalog.pg_wal_replay_{what}()")).await.unwrap();
    }

    async fn count(&self, query: &str) -> u64 {
        let admin = session_on(&self.primary, "postgres").await;
        let number: i64 = admin.query_one(query, &[]).await.unwrap().get(0);
        number.try_into().unwrap()
    }

    async fn visited(&self) -> u64 {
        let visited = self.count("SELECT count(*) FROM users WHERE n IS NOT NULL").await;
        assert_eq!(self.count("SELECT count(*) FROM users WHERE n > 1").await, 0);
        visited
    }

    fn wanted(&self) -> Request {
        let sql = "-- schemalift:batch key=id size=10 maxLag=2s\nUPDATE users SET n = COALESCE(n, 0) + 1";
        let count = DataStep { name: "count".to_owned(), sql: sql.to_owned() };
        let steps = Steps { before: vec![count], after: Vec::new() };
        let mut request = self.place.request(MODELS);
        request.steps = convert::steps(Dialect::PostgreSql, Some(&steps)).unwrap();
        request.policy.destructive = Destructive::Allow;
        request
    }

    async fn run(
        &self,
        place: &Place,
        patience: Duration,
        listen: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Outcome, Failure> {
        let settings = Settings { replica_wait: patience, ..place.settings() };
        let mut database = connect(&place.target, &settings).await.unwrap();
        pipeline::migrate(&mut database, &self.wanted(), listen).await
    }
}

const PATIENT: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread")]
async fn a_step_waits_until_the_standby_has_caught_up() {
    let pair = Pair::new().await;
    pair.fall_behind().await;
    let mut waited = Vec::new();
    let mut listen = |event: Progress| {
        if let Progress::Waiting { message } = event {
            let visited = block_in_place(|| Handle::current().block_on(pair.visited()));
            waited.push((message, visited));
            block_in_place(|| Handle::current().block_on(pair.replay("resume")));
        }
    };
    let outcome = pair.run(&pair.place, PATIENT, &mut listen).await.unwrap();
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    let (message, visited) = &waited[0];
    assert_eq!(*visited, 0, "{message}");
    assert!(message.contains("walreceiver is ") && message.contains("maxLag is 2s"), "{message}");
    assert_eq!(pair.visited().await, ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_dies_while_it_waits_goes_on_at_the_cursor() {
    let pair = Pair::new().await;
    let mut visited = Vec::new();
    let waiting = {
        let (told, waiting) = tokio::sync::oneshot::channel();
        let mut told = Some(told);
        let mut listen = |event: Progress| match event {
            Progress::Rows { rows, .. } => {
                visited.push(rows);
                if rows == 50 {
                    block_in_place(|| Handle::current().block_on(pair.fall_behind()));
                }
            }
            Progress::Waiting { message } => drop(told.take().map(|told| told.send(message))),
            _ => {}
        };
        tokio::select! {
            outcome = pair.run(&pair.place, PATIENT, &mut listen) => panic!("{outcome:?}"),
            message = waiting => message.unwrap(),
        }
    };
    assert_eq!(visited.last(), Some(&50), "{waiting}");
    assert_eq!(pair.visited().await, 50);
    // Whoever comes next with little patience says so, and does no more.
    let failure = pair.run(&pair.place, Duration::ZERO, &mut |_| {}).await.unwrap_err();
    assert_eq!(
        (failure.reason, failure.reason.class()),
        (Reason::DatabaseBusy, Class::Transient),
        "{failure}"
    );
    assert!(failure.message.contains("behind"), "{failure}");
    assert_eq!(pair.visited().await, 50);
    pair.replay("resume").await;
    let mut again = Vec::new();
    let mut listen = |event: Progress| {
        if let Progress::Rows { rows, .. } = event {
            again.push(rows);
        }
    };
    pair.run(&pair.place, PATIENT, &mut listen).await.unwrap();
    assert_eq!(again, [60, 70, 80, 90, 100]);
    assert_eq!(pair.visited().await, ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_is_hidden_or_gone_stops_the_step() {
    let mut pair = Pair::new().await;
    pair.on_primary(&format!(
        "CREATE ROLE weak LOGIN PASSWORD '{PASSWORD}'; GRANT CREATE ON SCHEMA public TO weak; \
         DO $$ DECLARE t record; BEGIN FOR t IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP \
         EXECUTE format('ALTER TABLE %I OWNER TO weak', t.name); END LOOP; END $$"
    ))
    .await;
    let weak = place(&pair.primary, "weak");
    let failure = pair.run(&weak, Duration::ZERO, &mut |_| {}).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DatabaseBusy, "{failure}");
    let remedy = "GRANT pg_read_all_stats TO \"weak\";";
    assert!(failure.message.contains(remedy), "{failure}");
    assert_eq!(pair.visited().await, 0);
    pair.on_primary(remedy).await;
    let mut standby = pair.standby.take();
    let mut listen = |event: Progress| {
        if let Progress::Rows { rows: 50, .. } = event {
            standby.take().unwrap().end();
            // Its sender ends a moment later.
            let gone = async {
                while pair.count("SELECT count(*) FROM pg_stat_replication").await > 0 {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            block_in_place(|| Handle::current().block_on(gone));
        }
    };
    let failure = pair.run(&weak, Duration::from_secs(1), &mut listen).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DatabaseBusy, "{failure}");
    assert!(failure.message.contains("is not any more"), "{failure}");
    assert_eq!(pair.visited().await, 50);
}

const NARROW: &str = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'users' \
                      AND column_name = 'n' AND data_type = 'integer'";
const LIMIT: Option<Duration> = Some(Duration::from_secs(2));

/// A limit for the whole run: what a moment's lock is enough for waits for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_writes_much_waits_under_the_limit_of_the_run() {
    let pair = Pair::new().await;
    let settings = Settings { max_replica_lag: LIMIT, replica_wait: PATIENT, ..pair.place.settings() };
    let mut database = connect(&pair.place.target, &settings).await.unwrap();
    pair.fall_behind().await;
    let mut nobody = |event: Progress| assert!(!matches!(event, Progress::Waiting { .. }), "{event:?}");
    let cheap = pair.place.request("model users {\n  id Int @id\n  n Int?\n  city String?\n}");
    pipeline::migrate(&mut database, &cheap, &mut nobody).await.unwrap();

    let models = "model users {\n  id Int @id\n  n BigInt?\n  city String?\n}";
    let sql = "-- schemalift:batch key=id size=10\nUPDATE users SET n = COALESCE(n, 0) + 1";
    let count = DataStep { name: "count".to_owned(), sql: sql.to_owned() };
    let steps = Steps { before: vec![count], after: Vec::new() };
    let mut request = pair.place.request(models);
    request.steps = convert::steps(Dialect::PostgreSql, Some(&steps)).unwrap();
    request.policy.destructive = Destructive::Allow;
    let mut waited = Vec::new();
    let mut listen = |event: Progress| match event {
        Progress::Rows { rows: ROWS, .. } => {
            block_in_place(|| Handle::current().block_on(pair.fall_behind()));
        }
        Progress::Waiting { message } => block_in_place(|| {
            Handle::current().block_on(async {
                waited.push((message, pair.visited().await, pair.count(NARROW).await));
                pair.replay("resume").await;
            });
        }),
        _ => {}
    };
    let outcome = pipeline::migrate(&mut database, &request, &mut listen).await.unwrap();
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    // On a busy machine the standby may fall behind by itself, too.
    let (first, last) = (waited.first().unwrap(), waited.last().unwrap());
    assert_eq!([(first.1, first.2), (last.1, last.2)], [(0, 1), (ROWS, 1)], "{waited:?}");
    for ((message, ..), part) in [(first, "before its next batch"), (last, "before it begins")] {
        assert!(
            message.contains(&format!("waits {part}, since execution.maxReplicaLag is 2s: walreceiver")),
            "{message}"
        );
    }
    assert_eq!(pair.count(NARROW).await, 0);
}

/// With little patience nothing of the step is done, and the next run does it.
#[tokio::test(flavor = "multi_thread")]
async fn a_rewrite_that_waited_too_long_is_done_by_the_next_run() {
    let pair = Pair::new().await;
    pair.fall_behind().await;
    let request = pair.place.request("model users {\n  id Int @id\n  n BigInt?\n}");
    let hasty = Settings { max_replica_lag: LIMIT, replica_wait: Duration::ZERO, ..pair.place.settings() };
    let mut database = connect(&pair.place.target, &hasty).await.unwrap();
    let failure = pipeline::migrate(&mut database, &request, &mut |_| {}).await.unwrap_err();
    assert_eq!(
        (failure.reason, failure.reason.class()),
        (Reason::DatabaseBusy, Class::Transient),
        "{failure}"
    );
    assert!(failure.message.contains("the next run goes on at this step"), "{failure}");
    assert_eq!(pair.count(NARROW).await, 1);
    drop(database);
    pair.replay("resume").await;
    let patient = Settings { max_replica_lag: LIMIT, replica_wait: PATIENT, ..pair.place.settings() };
    let mut database = connect(&pair.place.target, &patient).await.unwrap();
    pipeline::migrate(&mut database, &request, &mut |_| {}).await.unwrap();
    drop(database);
    pair.place.assert_settled(&request).await;
}
