//! How long to wait before trying again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

const FIRST_BUDGET: Duration = Duration::from_millis(200);
const LARGEST_BUDGET: Duration = Duration::from_secs(2);

/// How long the n-th try, the first being 0, may queue for locks: for so long others queue behind it. Short at
/// first, and never longer than the settings say.
pub(crate) fn lock_budget(attempt: u32, longest: Duration) -> Duration {
    FIRST_BUDGET.saturating_mul(1 << attempt.min(10)).min(LARGEST_BUDGET).min(longest)
}

/// Before the n-th further try, the first being 1: longer each time, and never the same for two runs.
pub(crate) fn before(attempt: u32) -> Duration {
    jitter(FIRST.saturating_mul(1 << attempt.min(10).saturating_sub(1)).min(LONGEST))
}

/// A random share of the duration.
pub(crate) fn jitter(longest: Duration) -> Duration {
    let random = uuid::Uuid::new_v4().as_u128() % 1000;
    longest.mul_f64(f64::from(u16::try_from(random).unwrap_or(500)) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_grows_up_to_the_limit() {
        let budgets = |longest| -> Vec<u128> {
            (0..6).map(|attempt| lock_budget(attempt, Duration::from_millis(longest)).as_millis()).collect()
        };
        assert_eq!(budgets(3000), [200, 400, 800, 1600, 2000, 2000]);
        assert_eq!(budgets(500), [200, 400, 500, 500, 500, 500]);
        assert_eq!(budgets(50), [50; 6]);
    }
}
