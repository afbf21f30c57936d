//! How long a failed attempt waits: doubling, from five seconds to five minutes, without an end.

use std::time::Duration;

/// The pause after this many failures in a row.
pub(crate) fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(6);
    Duration::from_secs((5_u64 << doublings).min(300))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_and_stays_below_five_minutes() {
        let seconds: Vec<u64> = [1, 2, 3, 6, 7, 8, 4_000_000_000].map(|n| pause(n).as_secs()).into();
        assert_eq!(seconds, [5, 10, 20, 160, 300, 300, 300]);
    }
}
