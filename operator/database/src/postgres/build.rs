//! How far a concurrent build is, by `pg_stat_progress_create_index` (PostgreSQL 12 and later).

use super::Postgres;
use crate::Error;
use crate::progress::Advance;

/// The phases with where they begin and end, in percent of the whole, in their order; the manual's section on progress of
/// CREATE INDEX. A phase that waits for others has no length.
const PHASES: [(&str, u8, u8); 10] = [
    ("initializing", 0, 0),
    ("waiting for writers before build", 0, 0),
    ("building index: scanning table", 0, 45),
    ("building index: sorting", 45, 45),
    ("building index: loading", 45, 60),
    ("building index", 0, 60),
    ("waiting for writers before validation", 60, 60),
    ("index validation: scanning index", 60, 70),
    ("index validation", 70, 99),
    ("waiting for old snapshots", 99, 99),
];

/// The part of the whole in this phase with so many of so many done.
fn percent(phase: &str, done: i64, total: i64) -> u8 {
    let Some((_, from, to)) = PHASES.iter().find(|(start, _, _)| phase.starts_with(start)) else { return 99 };
    let share = if total > 0 { done.clamp(0, total).saturating_mul(i64::from(to - from)) / total } else { 0 };
    from.saturating_add(u8::try_from(share).unwrap_or(0))
}

impl Postgres {
    /// How far the build of this process is, if it is at one.
    pub(super) async fn building(&self, pid: i32) -> Result<Option<Advance>, Error> {
        let query = "SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total \
                     FROM pg_catalog.pg_stat_progress_create_index WHERE pid = $1";
        let row = self.client.query_opt(query, &[&pid]).await;
        let row = row.map_err(|error| self.error(&error, "looking how far a build is"))?;
        row.map(|row| {
            let phase: String = self.get(&row, 0)?;
            let tuples: (i64, i64) = (self.get(&row, 3)?, self.get(&row, 4)?);
            let blocks: (i64, i64) = (self.get(&row, 1)?, self.get(&row, 2)?);
            // A phase counts the one or the other; of a phase before this one the other may be left.
            let (done, total) = if phase.contains("tuples") && tuples.1 > 0 { tuples } else { blocks };
            Ok(Advance { percent: percent(&phase, done, total), phase })
        })
        .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_only_goes_forward() {
        let looks = [
            ("initializing", 0, 0),
            ("waiting for writers before build", 0, 0),
            ("building index: scanning table", 1, 2),
            ("building index: scanning table", 2, 2),
            ("building index: sorting live tuples", 0, 0),
            ("building index: loading tuples in tree", 1, 2),
            ("waiting for writers before validation", 0, 0),
            ("index validation: scanning index", 3, 10),
            ("index validation: sorting tuples", 0, 0),
            ("index validation: scanning table", 10, 10),
            ("waiting for old snapshots", 0, 0),
        ];
        let percents = looks.map(|(phase, done, total)| percent(phase, done, total));
        assert_eq!(percents, [0, 0, 22, 45, 45, 52, 60, 63, 70, 99, 99]);
    }
}
