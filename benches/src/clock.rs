//! Time of a piece of work.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Least number of runs, and the time that they fill at least.
const RUNS: usize = 5;
const FILLED: Duration = Duration::from_millis(600);

/// The fastest of several runs.
pub(crate) fn fastest<T>(mut work: impl FnMut() -> T) -> Duration {
    let (begin, mut runs, mut best) = (Instant::now(), 0, Duration::MAX);
    while runs < RUNS || begin.elapsed() < FILLED {
        let start = Instant::now();
        black_box(work());
        best = best.min(start.elapsed());
        runs += 1;
    }
    best
}

/// In milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
