//! A session's place at the paced thread: when it reads its socket, and when its next picture is waited for.
//!
//! While somebody watches one stream the thread looks at its sockets more often, and all others would be read in
//! small bits for that one's sake: the first viewer of 19 cameras cost more than the next ten together. So a session
//! that nobody watches then reads only once in [`UNWATCHED`](super::pace::UNWATCHED), whatever comes meanwhile, and one
//! that is watched tells when its next picture is due, so that the thread sleeps until then. A turn may be late by the time
//! to the next packet of any camera: the thread calls it after a look at the sockets, and what to look at wakes it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::Stream as _;
use retina::client::Demuxed;
use retina::codec::CodecItem;

use super::Pacer;
use crate::base::TICKS_PER_SECOND;
use crate::hub::Stream;

/// No picture is waited for.
pub(super) const NEVER: u64 = u64::MAX;
/// Cameras are not punctual to the millisecond.
const EARLY: Duration = Duration::from_millis(1);

/// One session's.
#[derive(Debug)]
pub(super) struct Seat {
    pacer: Option<Pacer>,
    stream: Arc<Stream>,
    /// Microseconds of the pacer's time, or [`NEVER`].
    due: Arc<AtomicU64>,
    /// All was read; the socket is left alone as long as this is the turn.
    rests_in: Option<u64>,
}

impl Seat {
    /// `pacer` is `None` on a runtime without a pace.
    pub(super) fn new(pacer: Option<Pacer>, stream: Arc<Stream>) -> Self {
        let due = Arc::new(AtomicU64::new(NEVER));
        if let Some(pacer) = &pacer {
            pacer.sit(&due);
        }
        Self { pacer, stream, due, rests_in: None }
    }

    /// A picture of so many ticks was published.
    pub(super) fn published(&self, duration: u32) {
        let Some(pacer) = &self.pacer else { return };
        let due = if self.stream.viewers() == 0 {
            NEVER
        } else {
            let length = Duration::from_micros(u64::from(duration) * 1_000_000 / TICKS_PER_SECOND as u64);
            (pacer.now() + length.saturating_sub(EARLY)).as_micros() as u64
        };
        self.due.store(due, Ordering::Relaxed);
    }

    /// What the session brings next, when it is its turn to read.
    pub(super) fn poll_next(
        &mut self,
        media: &mut Demuxed,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<CodecItem, retina::Error>>> {
        let Some(pacer) = self.pacer.as_ref().filter(|pacer| pacer.lets_rest(&self.stream)) else {
            self.rests_in = None;
            return Pin::new(media).poll_next(context);
        };
        if self.rests_in != Some(pacer.turn()) {
            // What comes while it rests must not wake it: every session would wake for each picture of the watched one.
            let item = Pin::new(media).poll_next(&mut Context::from_waker(Waker::noop()));
            if item.is_ready() {
                return item;
            }
        }
        self.rests_in = Some(pacer.rest(context.waker()));
        Poll::Pending
    }
}
