//! What writes much waits for those who copy what it writes: [`wait`].

use std::collections::BTreeSet;
use std::time::Duration;

use reason::Reason;
use tokio::time::{Instant, sleep};

use crate::batch::Place;
use crate::progress::Sink;
use crate::{Error, Progress};

const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Who copies what is written here, as far as we may know.
pub(crate) enum Followers {
    /// All of them; none where nobody does.
    Seen(Vec<Follower>),
    /// There are some, and our role may not see how far they are. With what mends it.
    Hidden(String),
}

/// A standby.
pub(crate) struct Follower {
    pub(crate) name: String,
    pub(crate) behind: Behind,
}

/// How far a standby is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// It has everything.
    Not,
    /// What it did last was written so long ago.
    By(Duration),
    /// It lacks something, and nothing tells since when.
    Unknown,
}

/// A session whose writes others copy.
pub(crate) trait Source {
    /// Who copies what is written here.
    async fn followers(&mut self) -> Result<Followers, Error>;

    /// How far behind they may be where a step says nothing of it; `None` is as far as they like.
    fn most(&self) -> Option<Duration>;

    /// Longest wait for them at a time.
    fn patience(&self) -> Duration;
}

/// How far behind they may be, and what has to wait until they are not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) most: Duration,
    pub(crate) waits: Waits,
}

/// What waits, by which setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// A batch, by its comment.
    BatchOfComment,
    /// A batch, by the run's setting.
    Batch,
    /// A step, by the run's setting.
    Step,
}

impl Waits {
    const fn setting(self) -> &'static str {
        match self {
            Self::BatchOfComment => "maxLag",
            Self::Batch | Self::Step => "execution.maxReplicaLag",
        }
    }

    /// Before what, and where the next run goes on.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::BatchOfComment | Self::Batch => ("before its next batch", "at this batch"),
            Self::Step => ("before it begins", "at this step"),
        }
    }
}

/// Comes back when nobody is further behind than that. What is not known counts as too far, and so does a standby that
/// was there (`known`) and is not any more. Fails with a transient reason when it takes longer than the session's
/// patience: the next run goes on where this one waited.
pub(crate) async fn wait(
    source: &mut impl Source,
    Limit { most, waits }: Limit,
    place: &Place<'_>,
    known: &mut BTreeSet<String>,
    progress: Sink<'_>,
) -> Result<(), Error> {
    let deadline = Instant::now() + source.patience();
    let (before, here) = waits.place();
    let mut told = BTreeSet::new();
    loop {
        let slow = too_far(&source.followers().await?, most, known);
        if slow.is_empty() {
            return Ok(());
        }
        let why: Vec<&str> = slow.iter().map(|(_, why)| why.as_str()).collect();
        let message = format!(
            "step {} ({}) waits {before}, since {} is {most:?}: {}",
            place.ord + 1,
            place.step.summary,
            waits.setting(),
            why.join("; ")
        );
        if Instant::now() >= deadline {
            let rest = format!(". It waited for {:?}; the next run goes on {here}.", source.patience());
            return Err(Error::new(Reason::DatabaseBusy, format!("{message}{rest}")).at_step(place.ord));
        }
        // The lag changes with every look; who causes it seldom does.
        let who: BTreeSet<String> = slow.into_iter().map(|(who, _)| who).collect();
        if who != told {
            progress(Progress::Waiting { message });
            told = who;
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Who has to catch up first, and why.
fn too_far(followers: &Followers, most: Duration, known: &mut BTreeSet<String>) -> Vec<(String, String)> {
    let seen = match followers {
        Followers::Seen(seen) => seen,
        Followers::Hidden(remedy) => {
            let why = format!("how far the standbys are is hidden from our role: {remedy}");
            return vec![(String::new(), why)];
        }
    };
    let mut slow: Vec<(String, String)> = seen
        .iter()
        .filter_map(|follower| {
            let name = &follower.name;
            let why = match follower.behind {
                Behind::Not => return None,
                Behind::By(lag) if lag <= most => return None,
                Behind::By(lag) => format!("{name} is {:.1} s behind", lag.as_secs_f64()),
                Behind::Unknown => format!("{name} is behind, and not known how far"),
            };
            Some((name.clone(), why))
        })
        .collect();
    let present: BTreeSet<String> = seen.iter().map(|follower| follower.name.clone()).collect();
    let gone = known.difference(&present);
    slow.extend(
        gone.map(|name| (format!("{name} gone"), format!("{name} was connected and is not any more"))),
    );
    known.extend(present);
    slow
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(seen: &[(&str, Behind)], known: &mut BTreeSet<String>) -> usize {
        let follower =
            |(name, behind): &(&str, Behind)| Follower { name: (*name).to_owned(), behind: *behind };
        let seen = Followers::Seen(seen.iter().map(follower).collect());
        too_far(&seen, Duration::from_secs(5), known).len()
    }

    #[test]
    fn what_is_not_known_is_too_far() {
        let mut known = BTreeSet::new();
        let by = |seconds| Behind::By(Duration::from_secs(seconds));
        assert_eq!(slow(&[], &mut known), 0);
        assert_eq!(slow(&[("a", by(5)), ("b", Behind::Not)], &mut known), 0);
        assert_eq!(slow(&[("a", by(6)), ("b", Behind::Unknown)], &mut known), 2);
        assert_eq!(slow(&[("a", Behind::Not)], &mut known), 1, "b was there");
        assert_eq!(slow(&[("a", Behind::Not), ("b", Behind::Not)], &mut known), 0);
        assert_eq!(too_far(&Followers::Hidden("GRANT".to_owned()), Duration::MAX, &mut known).len(), 1);
    }
}
