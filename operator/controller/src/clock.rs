//! What time it is: [`Clock`].
//!
//! Times of Kubernetes' objects are by the API server's clock, so that is the one that backoff, the age of a backup and the
//! status are reckoned by. A wrong clock of the operator's node, or one that is set while the operator runs, changes nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimeParser};

/// A date without fractions of a second is up to this much older than the moment at which it was written, and its way here
/// takes time, too; what lies within is no reason to set the clock.
const BLUR: SignedDuration = SignedDuration::from_secs(2);

/// The API server's clock, as far as its answers told it; monotonic between two answers.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Option<(Timestamp, Instant)>>);

impl Clock {
    /// Notes the header `Date` of an answer (RFC 9110, section 6.6.1). What is no date is passed over.
    pub(crate) fn hear(&self, date: &str) {
        let Ok(said) = DateTimeParser::new().parse_timestamp(date) else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let right = known.is_some_and(|known| on(known).duration_since(said).abs() <= BLUR);
        if !right {
            *known = Some((said, Instant::now()));
        }
    }

    /// Now. By this process's own clock until the API server has answered for the first time.
    pub(crate) fn now(&self) -> Timestamp {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.map_or_else(Timestamp::now, on)
    }
}

/// The time that was told, plus what passed since.
fn on((said, heard): (Timestamp, Instant)) -> Timestamp {
    SignedDuration::try_from(heard.elapsed())
        .ok()
        .and_then(|passed| said.checked_add(passed).ok())
        .unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_clock_counts_and_is_set_again_when_it_jumps() {
        let clock = Clock::default();
        let near = |time: &str| clock.now().duration_since(time.parse().unwrap()).abs() <= BLUR;
        clock.hear("Thu, 01 Jan 2026 10:00:00 GMT");
        assert!(near("2026-01-01T10:00:00Z"), "{}", clock.now());
        clock.hear("yesterday");
        clock.hear("Thu, 01 Jan 2026 09:00:00 GMT");
        assert!(near("2026-01-01T09:00:00Z"), "{}", clock.now());
        let before = clock.now();
        clock.hear("Thu, 01 Jan 2026 09:00:01 GMT");
        assert!(clock.now() >= before && near("2026-01-01T09:00:00Z"), "what a second hides must not set it");
    }
}
