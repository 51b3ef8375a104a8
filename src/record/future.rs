//! Footage that lies ahead, because our clock was ahead when it was recorded.
//!
//! When the clock is set right, recording goes on at the right time, up to that footage, and after it again. It stays as
//! it is: nothing is written over, nothing is deleted, and footage never overlaps.

use std::collections::VecDeque;

use crate::base::{Result, StreamKey, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::{Catalogue, Scope};
use crate::media::AccessUnit;

/// A smaller step is held by the time line (ingest), or is a second session's first picture.
const STEP: i64 = 10 * TICKS_PER_SECOND;
/// Footage handed over that the catalogue may not know of yet.
const UNTOLD: i64 = 5 * TICKS_PER_SECOND;
/// Rows of one look.
const PAGE: u32 = 1000;
/// How far back the end of earlier footage is looked for.
const BEFORE: i64 = 30 * 86_400 * TICKS_PER_SECOND;

/// What lies ahead of one stream.
#[derive(Debug, Default)]
pub(super) struct Future {
    there: VecDeque<TimeRange>,
    /// The run for which the catalogue was asked.
    asked: Option<u64>,
}

/// Where recording goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Return {
    /// From here on there is room.
    pub(super) from: Ticks,
    /// End of the footage before that, if there is some.
    pub(super) before: Option<Ticks>,
}

impl Future {
    /// Whether a unit that begins before what is accounted for may mean that the clock was set back. Asked once a run.
    pub(super) fn is_news(&self, unit: &AccessUnit, accounted: Ticks) -> bool {
        unit.random_access && accounted - unit.start > STEP && self.asked != Some(unit.run)
    }

    /// Looks what is there from the unit's start up to what is accounted for. `None`: no room.
    ///
    /// # Errors
    /// When the catalogue cannot be read; then the next random access point may ask.
    pub(super) async fn look(
        &mut self,
        catalogue: &Catalogue,
        stream: StreamKey,
        unit: &AccessUnit,
        accounted: Ticks,
    ) -> Result<Option<Return>> {
        let start = unit.start;
        let mut there = footage(catalogue, stream, TimeRange::new(start, accounted)).await?;
        let past =
            catalogue.spans(Scope::everything(), stream, TimeRange::new(start - BEFORE, start)).await?;
        self.asked = Some(unit.run);
        if let Some(last) = there.last_mut().filter(|last| accounted - last.to < UNTOLD) {
            last.to = accounted;
        }
        let covering = there.first().is_some_and(|first| first.from <= start);
        let from = if covering { there.remove(0).to } else { start };
        if from >= accounted {
            return Ok(None);
        }
        self.there = there.into();
        let before = past.last().map(|past| past.to).filter(|_| !covering);
        Ok(Some(Return { from, before }))
    }

    /// The footage that a unit would lie upon.
    pub(super) fn in_the_way(&mut self, unit: &AccessUnit) -> Option<TimeRange> {
        let end = unit.start + i64::from(unit.duration);
        while let Some(next) = self.there.front().copied() {
            if end <= next.from {
                return None;
            }
            if unit.start < next.to {
                return Some(next);
            }
            self.there.pop_front();
        }
        None
    }
}

/// Recorded stretches, as files say and not as gaps do: what comes between them may be in neither yet.
async fn footage(catalogue: &Catalogue, stream: StreamKey, range: TimeRange) -> Result<Vec<TimeRange>> {
    let mut found: Vec<TimeRange> = Vec::new();
    let mut rest = range;
    loop {
        let page = catalogue.segments(Scope::everything(), stream, rest, PAGE).await?;
        for segment in page.iter().map(crate::catalogue::Segment::range) {
            match found.last_mut() {
                Some(last) if segment.from <= last.to => last.to = last.to.max(segment.to),
                _ => found.push(segment),
            }
        }
        match page.last() {
            Some(last) if page.len() >= PAGE as usize && last.end() < range.to => rest.from = last.end(),
            _ => return Ok(found),
        }
    }
}
