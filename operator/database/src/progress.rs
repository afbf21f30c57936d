//! What a run reports while it works.

use std::time::Duration;

/// An event of a run. `ord` counts from 0; a step of a group is `Finished` once its group is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A step's statements are sent.
    Started {
        /// Which step.
        ord: usize,
        /// How many there are.
        total: usize,
        /// The step's line for people.
        summary: String,
    },
    /// A step is done and recorded.
    Finished {
        /// Which step.
        ord: usize,
        /// How many there are.
        total: usize,
        /// The step's line for people.
        summary: String,
        /// How long its statements took.
        elapsed: Duration,
    },
    /// How far the server is with a step that takes long; where the server tells it, about once a second.
    Advancing {
        /// Which step.
        ord: usize,
        /// How many there are.
        total: usize,
        /// The step's line for people.
        summary: String,
        /// What the server is doing, in its own words.
        phase: String,
        /// Its part of the whole step, from 0 to 100: an estimate.
        percent: u8,
        /// What is left at the pace so far: an estimate, and nothing at the beginning.
        remaining: Option<Duration>,
    },
    /// A step in batches has come so far.
    Rows {
        /// Which step.
        ord: usize,
        /// How many there are.
        total: usize,
        /// The step's line for people.
        summary: String,
        /// Rows that its statement changed, those of earlier runs included.
        rows: u64,
    },
    /// The history says that an earlier run did this step.
    Skipped {
        /// Which step.
        ord: usize,
        /// How many there are.
        total: usize,
        /// The step's line for people.
        summary: String,
    },
    /// The step, with its group, will be tried again.
    Retrying {
        /// Which step.
        ord: usize,
        /// How many there are.
        total: usize,
        /// Number of the try that follows, the first being 1.
        attempt: u32,
        /// Why, with whoever stood in the way.
        reason: String,
    },
    /// Somebody else has to end first.
    Waiting {
        /// Who and why.
        message: String,
    },
}

impl Progress {
    /// `43 %, about 12 s left (building index: scanning table)`, for a step that takes long.
    pub fn advance(&self) -> Option<String> {
        let Self::Advancing { phase, percent, remaining, .. } = self else { return None };
        let left =
            remaining.map(|left| format!(", about {} s left", left.as_secs().max(1))).unwrap_or_default();
        Some(format!("{percent} %{left} ({phase})"))
    }
}

/// Receives [`Progress`].
pub(crate) type Sink<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// How soon, and how often, somebody looks how a statement that takes long is getting on.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// A look at a build or a rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advance {
    pub(crate) phase: String,
    pub(crate) percent: u8,
}

impl Advance {
    /// What is left at the pace so far; the first percents tell nothing.
    pub(crate) fn remaining(&self, elapsed: Duration) -> Option<Duration> {
        let percent = u32::from(self.percent);
        (5..100).contains(&percent).then(|| elapsed * (100 - percent) / percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_from_the_pace() {
        let at = |percent| Advance { phase: String::new(), percent }.remaining(Duration::from_secs(10));
        assert_eq!(
            [at(0), at(50), at(80)],
            [None, Some(Duration::from_secs(10)), Some(Duration::from_millis(2500))]
        );
    }
}
