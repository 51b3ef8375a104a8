//! What moved when, and when somebody looked: rows of the file under what is still in memory.

use std::collections::BTreeMap;
use std::future::Future;

use sqlx::SqlitePool;

use super::pack::{Minute, strength};
use super::store::Command;
use super::{HOUR, MINUTE, failed, minute_of, minute_strength, row_key};
use crate::base::{CELLS, CameraId, Cells, Error, Kind, Result, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::Catalogue;
use crate::catalogue::ranges::coalesce;
use crate::catalogue::sql::statements;

statements! {
    CAMERA = "select key from camera where id = ?1";
    MINUTES = "select key, packed from activity where key >= ?1 and key < ?2 order by key";
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

    /// The minutes of a range in which something moved, or that are in memory.
    async fn moved_minutes(&self, camera: CameraId, range: TimeRange) -> Result<BTreeMap<i64, Minute>> {
        let numbers = minutes(range);
        // Before the rows: what is settled meanwhile is then in both, never in neither.
        let ahead = self.inner.motion.board.within(camera, numbers.clone());
        let mut found = BTreeMap::new();
        if let Some(key) = self.motion_camera(camera).await? {
            let query = sqlx::query_as(MINUTES);
            let query = query.bind(row_key(key, numbers.start)).bind(row_key(key, numbers.end));
            let rows: Option<Vec<(i64, Vec<u8>)>> =
                self.read_motion(|pool| async move { query.fetch_all(&pool).await }).await?;
            for (key, packed) in rows.unwrap_or_default() {
                let minute = Minute::unpack(&packed).ok_or_else(damaged)?;
                found.insert(number_of(key), minute);
            }
        }
        for (number, minute) in ahead {
            found.entry(number).or_insert_with(Minute::default).merge(&minute);
        }
        Ok(found)
    }

    /// What moved in each second of a range, in order; seconds without motion are left out. A day of a street with much
    /// traffic has 80,000: ask for a day at most.
    ///
    /// # Errors
    /// When the motion file cannot be read.
    pub async fn activity(&self, camera: CameraId, range: TimeRange) -> Result<Vec<Activity>> {
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
    pub async fn observed(&self, camera: CameraId, range: TimeRange) -> Result<Vec<TimeRange>> {
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
    pub async fn observed_since(&self, camera: CameraId) -> Result<Option<Ticks>> {
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
        camera: CameraId,
        range: TimeRange,
    ) -> Result<Vec<(Ticks, u8)>> {
        let activity = self.activity(camera, range).await?;
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
