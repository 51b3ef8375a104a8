//! Pure. One access unit, as it goes through the whole program without being copied.

use std::sync::Arc;

use bytes::Bytes;

use super::Parameters;
use crate::base::Ticks;

/// Which track of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// Pictures: H.264 or H.265.
    Video,
    /// Sound: AAC.
    Audio,
}

/// All NAL units of one picture (or one AAC frame) with one timestamp.
#[derive(Clone, Debug)]
pub struct AccessUnit {
    /// Which track it belongs to.
    pub track: Track,
    /// Number of the run; changes with every session and every change of parameters.
    pub run: u64,
    /// When it is shown, on the stream's time line (decode order = display order: B-frames are refused).
    pub start: Ticks,
    /// How long it is probably shown, in ticks; the next unit's start is the truth.
    pub duration: u32,
    /// True when decoding can start here: IDR, or H.265 CRA/BLA.
    pub random_access: bool,
    /// NAL units, each behind a 4-byte big-endian length (ISO/IEC 14496-15); for audio one raw AAC frame.
    pub data: Bytes,
    /// The decoder parameters it needs.
    pub parameters: Arc<Parameters>,
    /// Wall time at which it was complete here.
    pub received: Ticks,
    /// RTP packets lost just before it: up to the next random access point pictures may show damage.
    pub loss: u16,
}

impl AccessUnit {
    /// Instant after it, by the predicted duration.
    pub fn end(&self) -> Ticks {
        self.start + i64::from(self.duration)
    }
}
