//! The binary, killed or cut off anywhere, and run again: the end is that of an undisturbed run, and nothing ran twice.
//!
//! Usually each test takes a few cases out of all of them, the same ones each time; with `KILLS=all` (`make soak`) it takes
//! every request of a run, before the server hears of it and after it has answered, and hundreds of moments between.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "kills/place.rs"]
mod place;

use std::time::{Duration, Instant};

use place::{End, Place, Product, Story};
use servers::proxy::{At, Fault, Proxy};

/// Numbers by chance, the same ones each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }
}

fn all() -> bool {
    std::env::var("KILLS").is_ok_and(|text| text == "all")
}

/// What becomes of the run at the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    /// SIGKILL.
    Killed,
    /// Its connection is gone.
    Cut,
}

/// Runs until the fault, strikes, and lets the next run finish.
async fn struck(story: Story, product: Product, end: &End, at: At, fault: Fault, blow: Blow) {
    let case = format!("{story:?} {product:?} {at:?} {fault:?} {blow:?}");
    let place = Place::prepared(product, story).await;
    let proxy = Proxy::start(product.server(), product.wire(), at, fault).await;
    let mut run = place.start(story, proxy.port);
    tokio::select! {
        // A run may end at once of the fault itself.
        biased;
        () = proxy.reached() => {}
        // How often a statement is forgotten is up to the driver, so that a run may be shorter by a request.
        code = run.ended() => assert_eq!(code, Some(0), "{case}: {}", run.said()),
    }
    match blow {
        Blow::Killed => run.kill().await,
        Blow::Cut => {
            proxy.release();
            // It may have learned all it needs before; else it says that it was interrupted, and nothing hangs.
            let code = run.ended().await;
            assert!(code.is_some_and(|code| code < 100), "{case}: {code:?} {}", run.said());
        }
    }
    proxy.release();
    place.finish(story, &case).await;
    assert_eq!(place.end().await, *end, "{case}");
    place.clear().await;
}

/// The end of an undisturbed run, and how many requests it makes.
async fn undisturbed(story: Story, product: Product) -> (End, Proxy) {
    let place = Place::prepared(product, story).await;
    let proxy = Proxy::start(product.server(), product.wire(), At::Never, Fault::Before).await;
    let mut run = place.start(story, proxy.port);
    assert_eq!(run.ended().await, Some(0), "{}", run.said());
    (place.end().await, proxy)
}

/// At the boundaries of statements: before the server hears of one, and after it has done it.
async fn at_boundaries(story: Story, product: Product, some: usize) {
    let (end, proxy) = undisturbed(story, product).await;
    let mut cases: Vec<(usize, Fault)> = Vec::new();
    for number in 0..proxy.requests() {
        cases.extend([(number, Fault::Before), (number, Fault::Unanswered)]);
    }
    if !all() {
        let mut chance = Chance(7);
        cases = (0..some).map(|_| cases[chance.below(cases.len())]).collect();
    }
    for (number, fault) in cases {
        struck(story, product, &end, At::Nth(number), fault, Blow::Killed).await;
    }
}

/// At moments by chance after a request was sent, most of them while the server is at work on it.
async fn at_moments(story: Story, product: Product, some: usize) {
    let (end, proxy) = undisturbed(story, product).await;
    let mut chance = Chance(11);
    for _ in 0..if all() { 200 } else { some } {
        let number = chance.below(proxy.requests());
        let time = Duration::from_micros(chance.below(15_000) as u64);
        struck(story, product, &end, At::Nth(number), Fault::During(time), Blow::Killed).await;
    }
}

/// The answers of commits are swallowed, connections are cut, and answers come as nonsense.
async fn by_the_network(story: Story, product: Product, some: usize) {
    let (end, proxy) = undisturbed(story, product).await;
    let commits = proxy.texts().iter().filter(|text| *text == "COMMIT").count();
    assert!(commits > 2, "{:?}", proxy.texts());
    let chosen: Vec<usize> = if all() { (0..commits).collect() } else { vec![0, commits / 2, commits - 1] };
    for commit in chosen {
        struck(story, product, &end, At::Text("COMMIT", commit), Fault::Unanswered, Blow::Cut).await;
    }
    let mut chance = Chance(13);
    for _ in 0..if all() { 100 } else { some } {
        let fault = [Fault::Before, Fault::Unanswered, Fault::During(Duration::from_millis(2))];
        let number = chance.below(proxy.requests());
        struck(story, product, &end, At::Nth(number), fault[chance.below(3)], Blow::Cut).await;
    }
    for _ in 0..if all() { 100 } else { some } {
        let garbled = Fault::Garbled(u8::try_from(chance.below(5)).unwrap());
        let number = chance.below(proxy.requests());
        struck(story, product, &end, At::Nth(number), garbled, Blow::Cut).await;
    }
    let place = Place::prepared(product, story).await;
    let slow = Duration::from_millis(5);
    let proxy = Proxy::delaying(product.server(), product.wire(), At::Never, Fault::Before, slow).await;
    let mut run = place.start(story, proxy.port);
    assert_eq!(run.ended().await, Some(0), "{}", run.said());
    assert_eq!(place.end().await, end);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_at_every_boundary() {
    at_boundaries(Story::First, Product::PostgreSql, 6).await;
    at_boundaries(Story::Change, Product::PostgreSql, 16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_inside_statements() {
    at_moments(Story::Change, Product::PostgreSql, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_by_the_network() {
    by_the_network(Story::Change, Product::PostgreSql, 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mysql_at_every_boundary() {
    at_boundaries(Story::First, Product::MySql, 6).await;
    at_boundaries(Story::Change, Product::MySql, 16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mysql_inside_statements() {
    at_moments(Story::Change, Product::MySql, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mysql_by_the_network() {
    by_the_network(Story::Change, Product::MySql, 6).await;
}

/// A file has no wire; the moments of the whole run are taken, from its start to after its end.
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_at_any_moment() {
    for story in [Story::First, Story::Change] {
        let place = Place::prepared(Product::Sqlite, story).await;
        let start = Instant::now();
        let mut run = place.start(story, 0);
        assert_eq!(run.ended().await, Some(0), "{}", run.said());
        let whole = usize::try_from(start.elapsed().as_micros()).unwrap();
        let end = place.end().await;
        let mut chance = Chance(17);
        for _ in 0..if all() { 300 } else { 12 } {
            let time = Duration::from_micros(chance.below(whole) as u64);
            let place = Place::prepared(Product::Sqlite, story).await;
            let mut run = place.start(story, 0);
            tokio::select! {
                () = tokio::time::sleep(time) => {}
                _ = run.ended() => {}
            }
            run.kill().await;
            let case = format!("{story:?} SQLite {time:?}");
            place.finish(story, &case).await;
            assert_eq!(place.end().await, end, "{case}");
        }
    }
}
