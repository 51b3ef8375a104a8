//! Pure. What the catalogue keeps, as values.

use std::fmt;

use bytes::Bytes;

use crate::base::{SegmentId, StreamKey, Ticks, TimeRange, VolumeId};
use crate::media::ParametersHash;

/// Decoder parameters and the init segment made from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Names them.
    pub hash: ParametersHash,
    /// For a player, such as `video/mp4; codecs="avc1.640028"`.
    pub mime: String,
    /// RFC 6381 codec string, such as `avc1.640028`.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// ftyp + moov without anything that belongs to one file.
    pub init: Bytes,
}

/// Where a segment is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// Being written; after a crash: to be recovered.
    Open,
    /// Complete.
    Sealed,
    /// Complete up to where a crash cut it.
    Recovered,
    /// Chosen for deletion; its file may be gone.
    Doomed,
}

impl SegmentState {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Sealed => 1,
            Self::Recovered => 2,
            Self::Doomed => 3,
        }
    }

    pub(super) fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Sealed,
            2 => Self::Recovered,
            3 => Self::Doomed,
            // The table's check allows nothing else.
            _ => Self::Open,
        }
    }
}

/// A file that is about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSegment {
    /// Also in the file's header.
    pub id: SegmentId,
    /// Whose.
    pub stream: StreamKey,
    /// Time of the first sample.
    pub start: Ticks,
    /// Where the file lies.
    pub volume: VolumeId,
    /// Same boot and run = unbroken media of one session.
    pub run: i64,
    /// Which init segment it starts with.
    pub parameters_hash: ParametersHash,
    /// Bytes from the start of the file to the first fragment.
    pub first_offset: i64,
}

/// A file that is complete: sealed by the recorder, recovered, or adopted from its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSegment {
    /// What was known at its beginning: the row is made from it when there is none.
    pub new: NewSegment,
    /// Ticks.
    pub duration: i64,
    /// Length of the file.
    pub bytes: i64,
    /// Where each fragment is and when, packed by the recorder; opaque here.
    pub frag_index: Bytes,
    /// Last link of the hash chain over the fragments.
    pub chain_hash: [u8; 32],
    /// [`SegmentState::Sealed`] or [`SegmentState::Recovered`].
    pub state: SegmentState,
}

/// The file that a stream's recorder is writing, as far as it has reached the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrowingSegment {
    /// As in its header.
    pub id: SegmentId,
    /// Time of the first sample.
    pub start: Ticks,
    /// Ticks so far.
    pub duration: i64,
    /// Bytes so far.
    pub bytes: i64,
    /// Where the file lies.
    pub volume: VolumeId,
    /// As in [`NewSegment`].
    pub run: i64,
    /// As in [`NewSegment`].
    pub parameters_hash: ParametersHash,
    /// As in [`NewSegment`].
    pub first_offset: i64,
    /// The fragments so far, packed as for a sealed segment.
    pub frag_index: Bytes,
}

/// One recorded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// For ever.
    pub id: SegmentId,
    /// Whose.
    pub stream: StreamKey,
    /// Time of the first sample.
    pub start: Ticks,
    /// Ticks; so far, while open.
    pub duration: i64,
    /// Length of the file; so far, while open.
    pub bytes: i64,
    /// Where the file lies.
    pub volume: VolumeId,
    /// Start of the service that wrote it; 0 = not known.
    pub boot: i64,
    /// Same boot and run = unbroken media of one session.
    pub run: i64,
    /// Where it is in its life.
    pub state: SegmentState,
    /// Which init segment it starts with.
    pub parameters_hash: ParametersHash,
    /// Bytes from the start of the file to the first fragment.
    pub first_offset: i64,
    /// Something keeps it from retention.
    pub held: bool,
    /// Last link of the hash chain; `None` while open.
    pub chain_hash: Option<[u8; 32]>,
    /// The fragments, packed by the recorder; empty when not known.
    pub frag_index: Bytes,
}

impl Segment {
    /// The time it covers.
    pub fn range(&self) -> TimeRange {
        TimeRange::new(self.start, self.start + self.duration)
    }

    /// First instant after it.
    pub fn end(&self) -> Ticks {
        self.start + self.duration
    }

    /// True when nothing will be added any more.
    pub fn is_complete(&self) -> bool {
        matches!(self.state, SegmentState::Sealed | SegmentState::Recovered)
    }

    pub(super) fn growing(stream: StreamKey, boot: i64, g: GrowingSegment) -> Self {
        Self {
            id: g.id,
            stream,
            start: g.start,
            duration: g.duration,
            bytes: g.bytes,
            volume: g.volume,
            boot,
            run: g.run,
            state: SegmentState::Open,
            parameters_hash: g.parameters_hash,
            first_offset: g.first_offset,
            held: false,
            chain_hash: None,
            frag_index: g.frag_index,
        }
    }

    pub(super) fn sealed(boot: i64, s: &SealedSegment) -> Self {
        Self {
            id: s.new.id,
            stream: s.new.stream,
            start: s.new.start,
            duration: s.duration,
            bytes: s.bytes,
            volume: s.new.volume,
            boot,
            run: s.new.run,
            state: s.state,
            parameters_hash: s.new.parameters_hash,
            first_offset: s.new.first_offset,
            held: false,
            chain_hash: Some(s.chain_hash),
            frag_index: s.frag_index.clone(),
        }
    }
}

/// Why a stretch is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapCause {
    /// The camera cannot be reached.
    CameraLost,
    /// Connected, but no picture comes.
    CameraSilent,
    /// The camera refuses the password.
    CameraAuth,
    /// The camera does not give this stream, or gives one we cannot record.
    CameraRefusedStream,
    /// The service was not running.
    RecorderOff,
    /// The recorder could not keep up.
    RecorderLate,
    /// No room.
    DiskFull,
    /// Writing failed.
    DiskError,
    /// The camera, or its recording, is switched off.
    Disabled,
    /// Deleted by retention.
    Retention,
    /// Was being written when the machine stopped.
    LostInCrash,
    /// Found without a reason.
    Unknown,
}

impl GapCause {
    const ALL: [Self; 12] = [
        Self::CameraLost,
        Self::CameraSilent,
        Self::CameraAuth,
        Self::CameraRefusedStream,
        Self::RecorderOff,
        Self::RecorderLate,
        Self::DiskFull,
        Self::DiskError,
        Self::Disabled,
        Self::Retention,
        Self::LostInCrash,
        Self::Unknown,
    ];

    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::CameraLost => "camera_lost",
            Self::CameraSilent => "camera_silent",
            Self::CameraAuth => "camera_auth",
            Self::CameraRefusedStream => "camera_refused_stream",
            Self::RecorderOff => "recorder_off",
            Self::RecorderLate => "recorder_late",
            Self::DiskFull => "disk_full",
            Self::DiskError => "disk_error",
            Self::Disabled => "disabled",
            Self::Retention => "retention",
            Self::LostInCrash => "lost_in_crash",
            Self::Unknown => "unknown",
        }
    }

    /// The cause of that name; a name from a newer program counts as unknown.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|cause| cause.name() == name).unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for GapCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A stretch without footage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// First instant without footage.
    pub from: Ticks,
    /// First instant after; `None` while it lasts.
    pub to: Option<Ticks>,
    /// Why.
    pub cause: GapCause,
    /// For followers of the outbox.
    pub id: uuid::Uuid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_survive_their_names() {
        for cause in GapCause::ALL {
            assert_eq!(GapCause::from_name(cause.name()), cause);
        }
        assert_eq!(GapCause::from_name("of a newer program"), GapCause::Unknown);
    }
}
