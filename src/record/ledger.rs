//! The gap ledger of one stream: every second is footage or a gap row with its cause.

use crate::base::{Result, StreamKey, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::{Catalogue, GapCause, Scope};

/// What the ledger remembers between two segments.
pub(super) struct Ledger {
    catalogue: Catalogue,
    stream: StreamKey,
    /// End of what is accounted for.
    accounted: Ticks,
    /// Why nothing is recorded since then; `None` while footage comes.
    cause: Option<GapCause>,
    /// Cause of a hole before the next footage that nothing else explains.
    otherwise: GapCause,
    /// Up to here a gap stands over time that has not come: [`go_back`](Self::go_back).
    ahead: Ticks,
}

/// Longer than a segment.
const SOON: i64 = 120 * TICKS_PER_SECOND;

impl Ledger {
    /// Accounts for the time since the last footage: the service was off, and before that, when it did not stop in
    /// order, what had not reached the disk was lost. `now` is when this stream's recording begins.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub(super) async fn begin(
        catalogue: Catalogue,
        stream: StreamKey,
        since: Ticks,
        now: Ticks,
    ) -> Result<Self> {
        let newest = catalogue.newest(Scope::everything(), stream).await?;
        let lasting = catalogue.lasting_gap(stream).await?;
        let known = lasting.as_ref().map(|gap| gap.from).max(newest);
        let from = known.unwrap_or(since);
        // A clock that was set back must not make the past be written twice.
        let now = now.max(from);
        let before = catalogue.previous_boot().await?;
        let crash = before.filter(|b| b.ended.is_none()).map(|b| b.seen.max(from));
        // Until here the last start was at work; an orderly one accounted for all of it but its last moments.
        let seen = crash.or(before.and_then(|b| b.ended)).unwrap_or(from).max(from);
        match lasting {
            Some(gap) if gap.cause == GapCause::Disabled => {
                catalogue.close_gap(stream, gap.from, now);
            }
            // Since this start: the camera or its settings were changed meanwhile.
            Some(gap) if before.is_none_or(|b| b.ended.unwrap_or(b.seen) < gap.from) => {
                catalogue.close_gap(stream, gap.from, now);
            }
            Some(gap) => {
                catalogue.close_gap(stream, gap.from, Ord::min(seen, now).max(gap.from + 1));
                catalogue.put_gap(stream, TimeRange::new(seen, now), GapCause::RecorderOff);
            }
            None if newest.is_some() => {
                if let Some(seen) = crash {
                    catalogue.put_gap(
                        stream,
                        TimeRange::new(from, Ord::min(seen, now)),
                        GapCause::LostInCrash,
                    );
                }
                catalogue.put_gap(stream, TimeRange::new(from, now), GapCause::RecorderOff);
            }
            None => {}
        }
        // Connecting again belongs to the recorder's absence, not to the camera's.
        let otherwise = if newest.is_some() { GapCause::RecorderOff } else { GapCause::CameraLost };
        Ok(Self { catalogue, stream, accounted: now, cause: None, otherwise, ahead: now })
    }

    /// End of what is accounted for: nothing may be recorded before it.
    pub(super) fn accounted(&self) -> Ticks {
        self.accounted
    }

    /// True while nothing has said yet why there is no footage.
    pub(super) fn is_silent(&self) -> bool {
        self.cause.is_none()
    }

    /// Footage begins. What lies between is a gap: of the cause that was given, if one was.
    pub(super) fn footage_from(&mut self, start: Ticks) {
        let otherwise = std::mem::replace(&mut self.otherwise, GapCause::CameraLost);
        match self.cause.take() {
            Some(_) => drop(self.catalogue.close_gap(self.stream, self.accounted, start)),
            None if start > self.accounted => {
                self.catalogue.put_gap(self.stream, TimeRange::new(self.accounted, start), otherwise);
            }
            None => {}
        }
        if start < self.ahead {
            let soon = Ord::min(start + SOON, self.ahead);
            self.catalogue.withdraw_gaps(self.stream, TimeRange::new(start, soon));
        }
        self.accounted = start;
    }

    /// Footage reaches up to here.
    pub(super) fn footage_to(&mut self, end: Ticks) {
        self.accounted = end.max(self.accounted);
    }

    /// Our clock was set back: footage goes on here, before some that is there already. Since `before` the recorder had
    /// not been at work, whatever the clock said then.
    pub(super) fn go_back(&mut self, to: Ticks, before: Option<Ticks>) {
        if self.cause.take().is_some() {
            self.catalogue.close_gap(self.stream, self.accounted, self.accounted + 1);
        }
        // What has not come yet counts as missing until it is recorded, so that nobody takes it for footage.
        self.catalogue.put_gap(self.stream, TimeRange::new(to, self.accounted), GapCause::RecorderOff);
        self.ahead = self.accounted;
        if let Some(before) = before.filter(|before| *before < to) {
            self.catalogue.put_gap(self.stream, TimeRange::new(before, to), GapCause::RecorderOff);
        }
        self.accounted = to;
    }

    /// Recording ends: what was made free for footage to come is missing again.
    pub(super) fn end(&mut self) {
        let soon = Ord::min(self.accounted + SOON, self.ahead);
        if self.accounted < soon {
            self.catalogue.put_gap(self.stream, TimeRange::new(self.accounted, soon), GapCause::RecorderOff);
        }
    }

    /// Footage that is there already comes next.
    pub(super) fn pass(&mut self, there: TimeRange) {
        if there.from > self.accounted {
            let missing = TimeRange::new(self.accounted, there.from);
            self.catalogue.put_gap(self.stream, missing, GapCause::CameraLost);
        }
        self.accounted = there.to;
    }

    /// From the end of the footage on nothing is recorded. Told again with another cause, the gap changes its cause
    /// at `now`.
    pub(super) fn missing(&mut self, cause: GapCause, now: Ticks) {
        match self.cause {
            Some(before) if before == cause => return,
            Some(_) => {
                let now = now.max(self.accounted + 1);
                self.catalogue.close_gap(self.stream, self.accounted, now);
                self.accounted = now;
            }
            None => {}
        }
        self.cause = Some(cause);
        self.catalogue.open_gap(self.stream, self.accounted, cause);
    }
}
