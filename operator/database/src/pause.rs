//! How long to wait before trying again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// Before the n-th further try, the first being 1: longer each time, and never the same for two runs.
pub(crate) fn before(attempt: u32) -> Duration {
    jitter(FIRST.saturating_mul(1 << attempt.min(10).saturating_sub(1)).min(LONGEST))
}

/// A random share of the duration.
pub(crate) fn jitter(longest: Duration) -> Duration {
    let random = uuid::Uuid::new_v4().as_u128() % 1000;
    longest.mul_f64(f64::from(u16::try_from(random).unwrap_or(500)) / 1000.0)
}
