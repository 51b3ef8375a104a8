//! Region search: when did something move here? Reads day by day, backwards, and looks only into minutes whose fold meets
//! the region.

use std::collections::BTreeMap;

use super::MINUTE;
use super::bundle::Bundle;
use super::pack::{Minute, Region, SECONDS, fold};
use super::read::minutes;
use crate::base::{CameraId, Cells, Result, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::{Catalogue, Scope};

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
    cells: Cells,
    region: Region,
    fold: i64,
    least: u32,
    /// Minutes that have not been read yet.
    left: std::ops::Range<i64>,
    pending: Option<MotionHit>,
}

impl Catalogue {
    /// Begins a search for seconds of a range in which at least `least` cells (and one) of the region moved. In a camera
    /// that may not be seen nothing is found.
    pub fn search_motion(
        &self,
        scope: &Scope,
        camera: CameraId,
        range: TimeRange,
        region: Cells,
        least: u32,
    ) -> MotionSearch {
        MotionSearch {
            catalogue: self.clone(),
            camera,
            range,
            cells: region,
            region: Region::of(region),
            fold: fold(region),
            least: least.max(1),
            left: if scope.sees(camera) { minutes(range) } else { 0..0 },
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
        let mut hits = self.block(from..self.left.end).await?;
        self.left.end = from;
        // What may go on in the day before waits for it.
        let scanned_until = Ticks(from * MINUTE).max(self.range.from);
        let goes_on = !self.left.is_empty();
        hits.extend(self.pending.take_if(|hit| !goes_on || hit.range.from - scanned_until > APART));
        Ok(Some(Found { hits, scanned_until }))
    }

    /// Looks through some minutes; answers the hits that are complete with them.
    async fn block(&mut self, numbers: std::ops::Range<i64>) -> Result<Vec<MotionHit>> {
        // Before the rows: what is settled meanwhile is then in both, never in neither.
        let ahead = self.catalogue.inner.motion.board.within(self.camera, numbers.clone());
        let mut stored = self.catalogue.stored(self.camera, numbers.clone(), self.fold).await?;
        // Those that are in no bundle, or not entirely: the newest, and what came late.
        let mut loose: BTreeMap<i64, Minute> = BTreeMap::new();
        for (number, packed) in stored.minutes {
            // A damaged minute does not keep the others from being found.
            loose.entry(number).or_default().merge(&Minute::unpack_some(&packed).0);
        }
        for (number, minute) in ahead {
            loose.entry(number).or_default().merge(&minute);
        }
        let mut hits = Vec::new();
        stored.bundles.sort_unstable_by_key(|(first, _)| std::cmp::Reverse(*first));
        for (first, packed) in &stored.bundles {
            let fold = self.fold;
            let bundled = Bundle::open(packed).into_iter().flat_map(|bundle| bundle.meeting(fold));
            for (number, packed) in bundled.map(|(number, packed)| (first + number, packed)) {
                while let Some(newer) = loose.last_entry().filter(|newer| *newer.key() > number) {
                    let (number, minute) = newer.remove_entry();
                    self.loose(number, &minute, &mut hits);
                }
                if !numbers.contains(&number) {
                    continue;
                }
                match loose.remove(&number) {
                    Some(mut minute) => {
                        minute.merge(&Minute::unpack_some(packed).0);
                        self.loose(number, &minute, &mut hits);
                    }
                    None => self.packed(number, packed, &mut hits),
                }
            }
        }
        for (number, minute) in loose.into_iter().rev() {
            self.loose(number, &minute, &mut hits);
        }
        Ok(hits)
    }

    fn packed(&mut self, number: i64, packed: &[u8], hits: &mut Vec<MotionHit>) {
        // They come in order, and are wanted newest first.
        let mut counts = [0; SECONDS];
        self.region.counts(packed, |second, count| counts[second] = count);
        for (second, &count) in counts.iter().enumerate().rev() {
            self.second(number, second, count, hits);
        }
    }

    fn loose(&mut self, number: i64, minute: &Minute, hits: &mut Vec<MotionHit>) {
        for (second, cells) in minute.iter().rev() {
            self.second(number, second, (cells & self.cells).count(), hits);
        }
    }

    /// Seconds come newest first.
    fn second(&mut self, number: i64, second: usize, count: u32, hits: &mut Vec<MotionHit>) {
        if count < self.least {
            return;
        }
        let at = Ticks(number * MINUTE + second as i64 * TICKS_PER_SECOND);
        let end = at + TICKS_PER_SECOND;
        if at >= self.range.to || end <= self.range.from {
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
