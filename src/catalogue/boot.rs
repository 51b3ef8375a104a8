//! Starts of the service: when, how it ended, and the pair of clocks.

use super::sql::{failed, statements};
use super::writer::{Change, Write};
use super::{Catalogue, event_write, meta};
use crate::base::{Result, TICKS_PER_SECOND, Ticks};

statements! {
    START = "insert into boot (started_90k, steady_90k, seen_90k) values (?1, ?2, ?1) returning id";
    SEEN = "update boot set seen_90k = ?2 where id = ?1 and (?2 - seen_90k not between 0 and ?3)";
    END = "update boot set seen_90k = ?2, ended_90k = ?2 where id = ?1";
    /// Tools see all starts, also the one that runs.
    UNRECOVERED = "select min(started_90k) from boot where ended_90k is null and id < ?1 \
        and id > coalesce((select cast(value as integer) from meta where name = 'recovered_boot'), 0)";
    BEFORE = "select id, started_90k, seen_90k, ended_90k from boot where id < ?1 order by id desc limit 1";
}

/// In `meta`: number of the last start before which no crash has left a file that is not in order.
const RECOVERED: &str = "recovered_boot";
/// A sign of life is written with other changes, but not more often than this.
const SEEN_EVERY: i64 = 10 * TICKS_PER_SECOND;

/// One start of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boot {
    /// Number; segments carry it.
    pub id: i64,
    /// Wall clock at start.
    pub started: Ticks,
    /// Wall clock of the last sign of life.
    pub seen: Ticks,
    /// Wall clock of the orderly stop; `None` when there was none: a crash or a power cut.
    pub ended: Option<Ticks>,
}

/// In `meta`: which start of the machine the service ran in last.
const MACHINE: &str = "machine_boot";

/// Which start of the machine this is (Linux: proc(5), `random/boot_id`); `None` = it does not say.
pub(super) fn machine() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Writes that the service has started; answers its number, and whether the machine ran on since the start before.
pub(super) struct Start {
    /// Steady clock, ticks.
    pub(super) steady: i64,
    /// Which start of the machine this is.
    pub(super) machine: Option<String>,
}

impl Change for Start {
    type Answer = (i64, bool);
    const NAME: &'static str = "boot_start";

    async fn apply(&self, w: &mut Write) -> Result<(i64, bool)> {
        let started = sqlx::query_scalar(START).bind(w.now.0).bind(self.steady);
        let id = started.fetch_one(&mut w.conn).await.map_err(failed)?;
        w.boot = id;
        // Nobody is left who would end what a crash left open.
        event_write::close_left(w).await?;
        let before = meta::get(&mut w.conn, MACHINE).await?;
        if let Some(machine) = &self.machine {
            meta::put(w, MACHINE, machine).await?;
        }
        Ok((id, before.is_some() && before == self.machine))
    }
}

/// Writes that the service stopped in order.
pub(super) struct End;

impl Change for End {
    type Answer = ();
    const NAME: &'static str = "boot_end";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        event_write::close_left(w).await?;
        sqlx::query(END).bind(w.boot).bind(w.now.0).execute(&mut w.conn).await.map(drop).map_err(failed)
    }
}

/// Notes that the service is alive, at most each ten seconds (or when the clock went back).
pub(super) async fn sign_of_life(w: &mut Write) -> Result<()> {
    if w.boot == 0 {
        return Ok(());
    }
    let seen = sqlx::query(SEEN).bind(w.boot).bind(w.now.0).bind(SEEN_EVERY);
    seen.execute(&mut w.conn).await.map(drop).map_err(failed)
}

impl Catalogue {
    /// Number of this start; 0 for tools.
    pub fn boot(&self) -> i64 {
        self.inner.boot
    }

    /// The machine itself ran on since the start before: what ended then was the service alone, not the power.
    pub fn machine_ran_on(&self) -> bool {
        self.inner.machine_ran_on
    }

    /// The start before this one; its `ended` says whether there is something to recover.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn previous_boot(&self) -> Result<Option<Boot>> {
        let query = sqlx::query_as(BEFORE).bind(self.before_this_boot());
        let row: Option<(i64, i64, i64, Option<i64>)> =
            self.read(query.fetch_optional(self.readers())).await?;
        Ok(row.map(|(id, started, seen, ended)| Boot {
            id,
            started: Ticks(started),
            seen: Ticks(seen),
            ended: ended.map(Ticks),
        }))
    }

    fn before_this_boot(&self) -> i64 {
        if self.inner.boot == 0 { i64::MAX } else { self.inner.boot }
    }

    /// When the first start began that ended in a crash whose files nobody has put in order yet.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn unrecovered_since(&self) -> Result<Option<Ticks>> {
        let query = sqlx::query_scalar(UNRECOVERED).bind(self.before_this_boot());
        let since: Option<i64> = self.read(query.fetch_one(self.readers())).await?;
        Ok(since.map(Ticks))
    }

    /// Says that everything is in order that was left before this start.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn set_recovered(&self) -> Result<()> {
        self.set_meta(RECOVERED, &(self.inner.boot - 1).to_string()).await
    }
}
