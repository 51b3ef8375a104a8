//! What moved when, and when somebody looked: rows of the file under what is still in memory.

use std::collections::BTreeMap;
use std::future::Future;

use sqlx::SqlitePool;

use super::bundle::{self, Bundle};
use super::pack::{Minute, strength};
use super::store::Command;
use super::{HOUR, MINUTE, failed, minute_of, minute_strength, row_key};
use crate::base::{CELLS, CameraId, Cells, Error, Kind, Result, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::ranges::coalesce;
use crate::catalogue::sql::statements;
use crate::catalogue::{Catalogue, Scope};

statements! {
    CAMERA = "select key from camera where id = ?1";
    /// Minutes on their own and bundles of a camera whose fold meets one, in one snapshot: what is bundled meanwhile is
    /// in one of them. Two bounds each, which are of minutes and of bundles.
    STORED = "select 0, key, packed from activity \
        where key >= (select key << 32 from camera where id = ?1) + ?3 \
        and key < (select key << 32 from camera where id = ?1) + ?4 and fold & ?2 <> 0 \
        union all select 1, key, packed from bundle indexed by bundle_fold \
        where key >= (select key << 32 from camera where id = ?1) + ?5 \
        and key < (select key << 32 from camera where id = ?1) + ?6 and fold & ?2 <> 0";
    HOURS = "select key, minutes from observed where key >= ?1 and key < ?2 order by key";
    FIRST_HOUR = "select key, minutes from observed where key >= ?1 and key < ?2 order by key limit 1";
}

/// What moved in one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The second's first instant.
    pub at: Ticks,
    /// Every cell that moved in it.
    pub cells: Cells,
}

/// The number of a row, out of its key.
pub(super) fn number_of(key: i64) -> i64 {
    key & i64::from(u32::MAX)
}

/// The minutes that a range touches.
pub(super) fn minutes(range: TimeRange) -> std::ops::Range<i64> {
    if range.is_empty() { 0..0 } else { minute_of(range.from)..minute_of(range.to - 1) + 1 }
}

/// What the file holds of some minutes: rows that have not been looked into.
#[derive(Default)]
pub(super) struct Stored {
    /// Minutes that are rows of their own: number and packed cells, in any order.
    pub(super) minutes: Vec<(i64, Vec<u8>)>,
    /// The others: number of the first minute and packed bundle, in any order. They may reach beyond what was asked for.
    pub(super) bundles: Vec<(i64, Vec<u8>)>,
}

fn damaged() -> Error {
    Error::new(Kind::Corrupt, "the motion file holds a minute that cannot be read")
}

/// A mask's minutes, as ranges.
fn marked(hour: i64, mask: i64) -> impl Iterator<Item = TimeRange> {
    let minutes = (0..HOUR).filter(move |minute| mask & 1 << minute != 0);
    minutes.map(move |minute| {
        let from = Ticks((hour * HOUR + minute) * MINUTE);
        TimeRange::new(from, from + MINUTE)
    })
}

impl Catalogue {
    /// Asks the motion file; `None` = there is none now. One that turns out damaged is begun anew.
    pub(super) async fn read_motion<T, F>(&self, work: impl FnOnce(SqlitePool) -> F) -> Result<Option<T>>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        let Some(readers) = self.inner.motion.shared.readers() else { return Ok(None) };
        let done = tokio::time::timeout(crate::catalogue::READ_LIMIT, work(readers.pool)).await;
        let done = done.map_err(|_| {
            Error::new(Kind::Timeout, "the motion file answers too slowly; look at the load of its disk")
        })?;
        // It is being opened anew.
        if matches!(done, Err(sqlx::Error::PoolClosed)) {
            return Ok(None);
        }
        let done = done.map_err(failed);
        if done.as_ref().is_err_and(|e| e.kind() == Kind::Corrupt) {
            // When the queue is full its next transaction will find the same.
            drop(self.inner.motion.queue.try_send(Command::Damaged(readers.generation)));
        }
        done.map(Some)
    }

    /// The local key of a camera in the motion file.
    pub(super) async fn motion_camera(&self, camera: CameraId) -> Result<Option<i64>> {
        let query = sqlx::query_scalar(CAMERA).bind(camera.0.as_bytes().to_vec());
        Ok(self.read_motion(|pool| async move { query.fetch_optional(&pool).await }).await?.flatten())
    }

    /// What the file holds of some minutes of a camera whose fold meets another one.
    pub(super) async fn stored(
        &self,
        camera: CameraId,
        numbers: std::ops::Range<i64>,
        fold: i64,
    ) -> Result<Stored> {
        let bundles =
            numbers.start.div_euclid(bundle::MINUTES)..(numbers.end - 1).div_euclid(bundle::MINUTES) + 1;
        let mut query = sqlx::query_as(STORED).bind(camera.0.as_bytes().to_vec()).bind(fold);
        for number in [numbers.start, numbers.end, bundles.start, bundles.end] {
            query = query.bind(row_key(0, number));
        }
        let rows: Option<Vec<(i64, i64, Vec<u8>)>> =
            self.read_motion(|pool| async move { query.fetch_all(&pool).await }).await?;
        let mut stored = Stored::default();
        for (kind, key, packed) in rows.unwrap_or_default() {
            match kind {
                0 => stored.minutes.push((number_of(key), packed)),
                _ => stored.bundles.push((number_of(key) * bundle::MINUTES, packed)),
            }
        }
        Ok(stored)
    }

    /// The minutes of a range in which something moved, or that are in memory.
    async fn moved_minutes(&self, camera: CameraId, range: TimeRange) -> Result<BTreeMap<i64, Minute>> {
        let numbers = minutes(range);
        // Before the rows: what is settled meanwhile is then in both, never in neither.
        let ahead = self.inner.motion.board.within(camera, numbers.clone());
        let stored = self.stored(camera, numbers.clone(), i64::MAX).await?;
        let mut found: BTreeMap<i64, Minute> = BTreeMap::new();
        for (first, packed) in &stored.bundles {
            let bundle = Bundle::open(packed).ok_or_else(damaged)?;
            let minutes = bundle.newest_first().map(|(number, _, packed)| (first + number, packed));
            for (number, packed) in minutes.filter(|(number, _)| numbers.contains(number)) {
                found.insert(number, Minute::unpack(packed).ok_or_else(damaged)?);
            }
        }
        for (number, packed) in stored.minutes {
            let minute = Minute::unpack(&packed).ok_or_else(damaged)?;
            found.entry(number).or_default().merge(&minute);
        }
        for (number, minute) in ahead {
            found.entry(number).or_default().merge(&minute);
        }
        Ok(found)
    }

    /// What moved in each second of a range, in order; seconds without motion are left out. A day of a street with much
    /// traffic has 80,000: ask for a day at most.
    ///
    /// # Errors
    /// When the motion file cannot be read.
    pub async fn activity(&self, scope: &Scope, camera: CameraId, range: TimeRange) -> Result<Vec<Activity>> {
        if !scope.sees(camera) {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for (number, minute) in self.moved_minutes(camera, range).await? {
            let at = |second: usize| Ticks(number * MINUTE + second as i64 * TICKS_PER_SECOND);
            let seconds = minute.iter().map(|(second, cells)| Activity { at: at(second), cells });
            all.extend(seconds.filter(|a| a.at < range.to && a.at + TICKS_PER_SECOND > range.from));
        }
        Ok(all)
    }

    /// When somebody looked for motion within a range, to the minute, in order.
    ///
    /// # Errors
    /// When the motion file cannot be read.
    pub async fn observed(
        &self,
        scope: &Scope,
        camera: CameraId,
        range: TimeRange,
    ) -> Result<Vec<TimeRange>> {
        if !scope.sees(camera) {
            return Ok(Vec::new());
        }
        let numbers = minutes(range);
        let ahead = self.inner.motion.board.within(camera, numbers.clone());
        let mut looked: Vec<TimeRange> = Vec::new();
        if let Some(key) = self.motion_camera(camera).await? {
            let (from, to) = (numbers.start.div_euclid(HOUR), numbers.end.div_euclid(HOUR) + 1);
            let query = sqlx::query_as(HOURS).bind(row_key(key, from)).bind(row_key(key, to));
            let rows: Option<Vec<(i64, i64)>> =
                self.read_motion(|pool| async move { query.fetch_all(&pool).await }).await?;
            looked.extend(
                rows.unwrap_or_default().into_iter().flat_map(|(key, mask)| marked(number_of(key), mask)),
            );
        }
        looked.extend(
            ahead
                .into_iter()
                .map(|(number, _)| TimeRange::new(Ticks(number * MINUTE), Ticks((number + 1) * MINUTE))),
        );
        Ok(coalesce(looked.into_iter().filter_map(|minute| minute.overlap(range)).collect()))
    }

    /// Since when motion of a camera is known; `None` = it never was looked at.
    ///
    /// # Errors
    /// When the motion file cannot be read.
    pub async fn observed_since(&self, scope: &Scope, camera: CameraId) -> Result<Option<Ticks>> {
        if !scope.sees(camera) {
            return Ok(None);
        }
        let ahead = self.inner.motion.board.within(camera, 0..i64::MAX);
        let ahead = ahead.into_iter().map(|(number, _)| Ticks(number * MINUTE)).min();
        let Some(key) = self.motion_camera(camera).await? else { return Ok(ahead) };
        let query = sqlx::query_as(FIRST_HOUR).bind(row_key(key, 0)).bind(row_key(key + 1, 0));
        let row: Option<(i64, i64)> =
            self.read_motion(|pool| async move { query.fetch_optional(&pool).await }).await?.flatten();
        let first = row.and_then(|(key, mask)| marked(number_of(key), mask).next());
        Ok(first.map(|minute| minute.from).into_iter().chain(ahead).min())
    }

    /// Strength of motion in each second of a range, as a strip shows it: pairs of instant and 1 to 255.
    pub(in crate::catalogue) async fn second_strengths(
        &self,
        scope: &Scope,
        camera: CameraId,
        range: TimeRange,
    ) -> Result<Vec<(Ticks, u8)>> {
        let activity = self.activity(scope, camera, range).await?;
        let of = |cells: Cells| strength(f64::from(cells.count()) / CELLS as f64);
        Ok(activity.into_iter().map(|a| (a.at, of(a.cells))).collect())
    }

    /// Strength of motion in the minutes that are in memory only.
    pub(in crate::catalogue) fn minute_strengths_ahead(
        &self,
        camera: CameraId,
        range: TimeRange,
    ) -> Vec<(Ticks, u8)> {
        let ahead = self.inner.motion.board.within(camera, minutes(range));
        ahead.into_iter().map(|(number, m)| (Ticks(number * MINUTE), minute_strength(&m))).collect()
    }
}
