//! Time of a piece of work: what the processor spent on it, so that others on the machine do not count.

use std::hint::black_box;
use std::time::Duration;

/// Number of batches, and the time that each fills at least.
const BATCHES: usize = 9;
const FILLED: Duration = Duration::from_millis(100);

/// One run of the fastest of several batches on this thread. The system counts in ticks, so a batch fills many of them.
pub(crate) fn fastest<T>(mut work: impl FnMut() -> T) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let (start, mut runs) = (spent(), 0);
        let used = loop {
            black_box(work());
            runs += 1;
            let used = spent().saturating_sub(start);
            if used >= FILLED {
                break used;
            }
        };
        best = best.min(used / runs);
    }
    best
}

/// What this thread had of the processor so far.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

/// In milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
