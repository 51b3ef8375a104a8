//! Region search: when did something move here? Reads day by day, backwards, and only minutes whose fold meets the region.

use std::collections::BTreeMap;

use super::MINUTE;
use super::pack::{fold, seconds};
use super::read::{minutes, number_of};
use super::row_key;
use crate::base::{CameraId, Cells, Result, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::Catalogue;
use crate::catalogue::sql::statements;

statements! {
    /// The fold and the peak stand in the index, so that cells are read of the minutes only that may be wanted.
    SEARCH = "select key, packed from activity indexed by activity_fold where key >= ?1 and key < ?2 \
        and fold & ?3 <> 0 and peak >= ?4 order by key desc";
}

/// Seconds that match and are no farther apart are one hit: somebody who stood still for a moment, or a camera of which
/// only each second's key picture is looked at.
const APART: i64 = 5 * TICKS_PER_SECOND;
/// A hit is no longer than this: where a tree moves for weeks, the newest hour of it is told at once.
const LONGEST: i64 = 3600 * TICKS_PER_SECOND;
/// Minutes of one reading: a day.
const BLOCK: i64 = 24 * 60;

/// A span in which something moved in the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MotionHit {
    /// Whole seconds, from the first that matches to the end of the last.
    pub range: TimeRange,
    /// The second in which most of the region moved.
    pub best: Ticks,
    /// Cells of the region that moved in it.
    pub cells: u32,
}

/// One reading of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Newest first, all older than those found before.
    pub hits: Vec<MotionHit>,
    /// Everything from here on has been looked at.
    pub scanned_until: Ticks,
}

/// A search that goes on with each [`next`](Self::next); dropping it ends it.
pub struct MotionSearch {
    catalogue: Catalogue,
    camera: CameraId,
    range: TimeRange,
    region: Cells,
    fold: i64,
    least: u32,
    /// Minutes that have not been read yet.
    left: std::ops::Range<i64>,
    pending: Option<MotionHit>,
}

impl Catalogue {
    /// Begins a search for seconds of a range in which at least `least` cells (and one) of the region moved.
    pub fn search_motion(
        &self,
        camera: CameraId,
        range: TimeRange,
        region: Cells,
        least: u32,
    ) -> MotionSearch {
        MotionSearch {
            catalogue: self.clone(),
            camera,
            range,
            region,
            fold: fold(region),
            least: least.max(1),
            left: minutes(range),
            pending: None,
        }
    }
}

impl MotionSearch {
    /// Reads the next day backwards; `None` = all has been read.
    ///
    /// # Errors
    /// When the motion file cannot be read.
    pub async fn next(&mut self) -> Result<Option<Found>> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let from = Ord::max((self.left.end - 1).div_euclid(BLOCK) * BLOCK, self.left.start);
        let block = from..self.left.end;
        let mut hits = Vec::new();
        for (number, seconds) in self.block(block).await?.into_iter().rev() {
            for (second, cells) in seconds.into_iter().rev() {
                self.second(Ticks(number * MINUTE + second as i64 * TICKS_PER_SECOND), cells, &mut hits);
            }
        }
        self.left.end = from;
        // What may go on in the day before waits for it.
        let scanned_until = Ticks(from * MINUTE).max(self.range.from);
        let goes_on = !self.left.is_empty();
        hits.extend(self.pending.take_if(|hit| !goes_on || hit.range.from - scanned_until > APART));
        Ok(Some(Found { hits, scanned_until }))
    }

    /// The seconds of some minutes, as far as they may be wanted.
    async fn block(&self, numbers: std::ops::Range<i64>) -> Result<BTreeMap<i64, Vec<(usize, Cells)>>> {
        // Before the rows: what is settled meanwhile is then in both, never in neither.
        let ahead = self.catalogue.inner.motion.board.within(self.camera, numbers.clone());
        let mut found = BTreeMap::new();
        if let Some(camera) = self.catalogue.motion_camera(self.camera).await? {
            let query = sqlx::query_as(SEARCH)
                .bind(row_key(camera, numbers.start))
                .bind(row_key(camera, numbers.end))
                .bind(self.fold)
                .bind(self.least);
            let rows: Option<Vec<(i64, Vec<u8>)>> =
                self.catalogue.read_motion(|pool| async move { query.fetch_all(&pool).await }).await?;
            for (key, packed) in rows.unwrap_or_default() {
                // A damaged minute does not keep the others from being found.
                let whole = seconds(&packed).into_iter().flatten().map_while(|second| second);
                found.insert(number_of(key), whole.collect::<Vec<_>>());
            }
        }
        for (number, minute) in ahead {
            let known: &mut Vec<(usize, Cells)> = found.entry(number).or_default();
            for (second, cells) in minute.iter() {
                match known.iter_mut().find(|(other, _)| *other == second) {
                    Some((_, all)) => *all = *all | cells,
                    None => known.push((second, cells)),
                }
            }
            known.sort_unstable_by_key(|(second, _)| *second);
        }
        Ok(found)
    }

    /// Seconds come newest first.
    fn second(&mut self, at: Ticks, cells: Cells, hits: &mut Vec<MotionHit>) {
        let end = at + TICKS_PER_SECOND;
        let count = (cells & self.region).count();
        if count < self.least || at >= self.range.to || end <= self.range.from {
            return;
        }
        match &mut self.pending {
            Some(hit) if hit.range.from - end <= APART && hit.range.to - at <= LONGEST => {
                hit.range.from = at;
                if count > hit.cells {
                    (hit.best, hit.cells) = (at, count);
                }
            }
            pending => hits.extend(pending.replace(MotionHit {
                range: TimeRange::new(at, end),
                best: at,
                cells: count,
            })),
        }
    }
}
