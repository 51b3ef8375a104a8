//! Pure. From how a stream, or a file, does to why it is not recorded.

use crate::base::Kind;
use crate::catalogue::GapCause;
use crate::hub::{ReasonCode, State, StreamStatus};

/// The cause of a gap that begins, or goes on, with this status.
pub(super) fn of(status: &StreamStatus) -> GapCause {
    match status.reason.as_ref().map(|r| r.code) {
        Some(ReasonCode::AuthFailed) => GapCause::CameraAuth,
        Some(ReasonCode::NotFound | ReasonCode::BFrames | ReasonCode::CodecUnsupported) => {
            GapCause::CameraRefusedStream
        }
        Some(ReasonCode::Silent | ReasonCode::NoPicture) => GapCause::CameraSilent,
        Some(ReasonCode::Disabled) => GapCause::Disabled,
        Some(
            ReasonCode::Unreachable
            | ReasonCode::Refused
            | ReasonCode::NotAllowed
            | ReasonCode::Busy
            | ReasonCode::ClosedByCamera
            | ReasonCode::Protocol
            | ReasonCode::Timestamps,
        ) => GapCause::CameraLost,
        None if status.state == State::Stalled => GapCause::CameraSilent,
        None => GapCause::CameraLost,
    }
}

/// The cause of a gap that begins when a file cannot be written.
pub(super) fn of_failure(kind: Kind) -> GapCause {
    match kind {
        Kind::NoSpace => GapCause::DiskFull,
        Kind::Unavailable => GapCause::RecorderLate,
        _ => GapCause::DiskError,
    }
}
