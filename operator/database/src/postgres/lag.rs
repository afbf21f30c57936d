//! How far the standbys are, as the primary knows it.

use std::ops::Range;
use std::time::Duration;

use plan::Work;
use sql::ScriptStep;

use super::run::Run;
use super::{Postgres, quoted};
use crate::Error;
use crate::batch::Place;
use crate::lag::{Behind, Follower, Followers, Limit, Source, Waits, wait};

/// Physical standbys: who it is, whether our role may see how far it is, whether it lacks something, since how many
/// milliseconds. What takes a backup or only receives replays nothing, and a logical subscriber confirms at its leisure.
/// Without the rights of `pg_read_all_stats` all but the process is null (PostgreSQL: `pg_stat_get_wal_senders`).
const STANDBYS: &str = "SELECT COALESCE(NULLIF(r.application_name, ''), 'a standby') \
       || COALESCE(' at ' || pg_catalog.host(r.client_addr), ''), r.state IS NOT NULL, \
     r.replay_lsn >= pg_catalog.pg_current_wal_lsn(), \
     (EXTRACT(epoch FROM r.replay_lag) * 1000)::bigint, current_user::text \
     FROM pg_catalog.pg_stat_replication r \
     WHERE (r.state IS NULL OR r.state <> 'backup' AND r.replay_lsn IS NOT NULL) \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s \
       WHERE s.active_pid = r.pid AND s.slot_type = 'logical') ORDER BY 1";

impl Source for &Postgres {
    async fn followers(&mut self) -> Result<Followers, Error> {
        Postgres::followers(self).await
    }

    fn most(&self) -> Option<Duration> {
        self.settings.max_replica_lag
    }

    fn patience(&self) -> Duration {
        self.settings.replica_wait
    }
}

/// True for what makes the standbys copy as much as the table, and for what nobody can tell.
fn writes_much(step: &ScriptStep) -> bool {
    step.impact.work >= Work::Build || [sql::KEEP, sql::RESTORE, sql::DATA_STEP].contains(&step.kind.as_str())
}

impl Run<'_> {
    /// Before these steps, if one of them writes much.
    pub(super) async fn let_standbys_catch_up(&mut self, range: Range<usize>) -> Result<(), Error> {
        let mut session = self.session;
        let Some(most) = session.most() else { return Ok(()) };
        let mut steps = self.script.steps.iter().enumerate().skip(range.start).take(range.len());
        let Some((ord, step)) = steps.find(|(_, step)| writes_much(step)) else { return Ok(()) };
        let place = Place { ord, total: self.steps(), step };
        let limit = Limit { most, waits: Waits::Step };
        match wait(&mut session, limit, &place, &mut self.known, self.progress).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failed(ord, error, 0, 0).await),
        }
    }
}

impl Postgres {
    pub(super) async fn followers(&self) -> Result<Followers, Error> {
        let rows = self.client.query(STANDBYS, &[]).await;
        let rows = rows.map_err(|error| self.error(&error, "asking how far the standbys are"))?;
        let mut seen = Vec::with_capacity(rows.len());
        for row in &rows {
            if !self.get::<bool>(row, 1)? {
                let role: String = self.get(row, 4)?;
                return Ok(Followers::Hidden(format!("GRANT pg_read_all_stats TO {};", quoted(&role))));
            }
            let behind = match (self.get::<bool>(row, 2)?, self.get::<Option<i64>>(row, 3)?) {
                (true, _) => Behind::Not,
                (false, Some(lag)) => Behind::By(Duration::from_millis(u64::try_from(lag).unwrap_or(0))),
                (false, None) => Behind::Unknown,
            };
            seen.push(Follower { name: self.get(row, 0)?, behind });
        }
        Ok(Followers::Seen(seen))
    }
}
