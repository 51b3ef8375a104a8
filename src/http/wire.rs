//! Small shapes that many answers share.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{IntoParams, ToSchema};

use super::error::{Answer, Problem};
use crate::base::{Secret, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::hub::{Reason, State};

/// An instant: RFC 3339, any offset when read, UTC with milliseconds when written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-22T15:14:05.120Z")]
pub(super) struct Time(pub(super) Ticks);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A plus sign that was not escaped in a query arrives as a space.
        Ticks::parse(&text.replace(' ', "+")).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A half-open range of time in a query.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Span {
    /// First instant inside.
    #[param(value_type = String, format = DateTime)]
    pub(super) from: Time,
    /// First instant after; at most 32 days later.
    #[param(value_type = String, format = DateTime)]
    pub(super) to: Time,
}

/// Longest range that one request may ask for: a month and a day.
const LONGEST: i64 = 32 * 86_400 * TICKS_PER_SECOND;

impl Span {
    /// The range.
    pub(super) fn range(self) -> Answer<TimeRange> {
        let (from, to) = (self.from.0, self.to.0);
        if to <= from {
            return Err(Problem::invalid("the range is empty; give a to that is later than from"));
        }
        if to - from > LONGEST {
            return Err(Problem::invalid("the range is longer than 32 days; ask for a part of it"));
        }
        Ok(TimeRange::new(from, to))
    }
}

/// A password on its way in. It is never written.
#[derive(Clone, Debug, ToSchema)]
#[schema(value_type = String, format = Password)]
pub(super) struct Password(pub(super) Secret);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// For fields of a merge patch (RFC 7396): tells `null` from absent.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// What a camera or stream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CameraState {
    /// Pictures come.
    Live,
    /// Trying.
    Connecting,
    /// Connected, but no picture comes.
    Stalled,
    /// Not to be had.
    Offline,
    /// Switched off.
    Off,
}

impl From<State> for CameraState {
    fn from(state: State) -> Self {
        match state {
            State::Live => Self::Live,
            State::Connecting => Self::Connecting,
            State::Stalled => Self::Stalled,
            State::Offline => Self::Offline,
            State::Off => Self::Off,
        }
    }
}

/// Why something is not live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct StateReason {
    /// Stable name, to be translated: `unreachable`, `refused`, `auth_failed`, `no_picture`, `silent`, `b_frames`,
    /// `codec_unsupported`, `closed_by_camera`, `busy`, `not_allowed`, `protocol`, `timestamps`, `not_found` or `disabled`.
    code: &'static str,
    /// The same in English, for administrators.
    message: String,
}

impl From<&Reason> for StateReason {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code.name(), message: reason.message.clone() }
    }
}

/// A stretch of time in an answer.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct Stretch {
    /// First instant inside.
    from: Time,
    /// First instant after.
    to: Time,
}

impl From<TimeRange> for Stretch {
    fn from(range: TimeRange) -> Self {
        Self { from: Time(range.from), to: Time(range.to) }
    }
}

/// A stretch that is not recorded.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct GapStretch {
    /// First instant without footage.
    pub(super) from: Time,
    /// First instant after, within the range asked for.
    pub(super) to: Time,
    /// Stable name: `camera_lost`, `camera_silent`, `camera_auth`, `camera_refused_stream`, `recorder_off`,
    /// `recorder_late`, `disk_full`, `disk_error`, `disabled`, `retention`, `lost_in_crash` or `unknown`.
    pub(super) cause: &'static str,
}
