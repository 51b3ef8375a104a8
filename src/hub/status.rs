//! How a stream does: written by its session, read by whoever shows it.

use crate::base::Ticks;

/// What a stream does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Switched off by the user.
    Off,
    /// Trying.
    Connecting,
    /// Pictures come.
    Live,
    /// Connected, but no picture for longer than two seconds.
    Stalled,
    /// Not to be had; the reason says why.
    Offline,
}

impl State {
    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Stalled => "stalled",
            Self::Offline => "offline",
        }
    }
}

/// Why a stream is not live; the user interface has words for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonCode {
    /// No route, or no answer in time.
    Unreachable,
    /// The address answers, but nothing listens on the port.
    Refused,
    /// Cameras may not be at this address.
    NotAllowed,
    /// The camera answers that it cannot serve now: it is starting, or has too many viewers.
    Busy,
    /// Wrong user name or password.
    AuthFailed,
    /// The camera does not know the path.
    NotFound,
    /// Connected, but no picture came in time.
    NoPicture,
    /// Connected, but silent.
    Silent,
    /// Pictures come out of order: B-frames are switched on in the camera.
    BFrames,
    /// Neither H.264 nor H.265.
    CodecUnsupported,
    /// The camera ended the session.
    ClosedByCamera,
    /// The camera said something that is not RTSP, RTP or SDP.
    Protocol,
    /// The camera's timestamps jumped.
    Timestamps,
    /// Switched off by the user.
    Disabled,
}

impl ReasonCode {
    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::NotAllowed => "not_allowed",
            Self::Busy => "busy",
            Self::AuthFailed => "auth_failed",
            Self::NotFound => "not_found",
            Self::NoPicture => "no_picture",
            Self::Silent => "silent",
            Self::BFrames => "b_frames",
            Self::CodecUnsupported => "codec_unsupported",
            Self::ClosedByCamera => "closed_by_camera",
            Self::Protocol => "protocol",
            Self::Timestamps => "timestamps",
            Self::Disabled => "disabled",
        }
    }
}

/// A reason with a sentence for administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable code.
    pub code: ReasonCode,
    /// What happened and what to do, in English, without secrets.
    pub message: String,
}

/// What the pictures are like.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Codec string (RFC 6381).
    pub codec: String,
    /// MIME type with codecs.
    pub mime: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// AAC comes with it.
    pub audio: bool,
    /// Name of a sound coding the camera sends and we do not record, such as `pcma`.
    pub audio_not_recorded: Option<String>,
}

/// The latest word on a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamStatus {
    /// What it does.
    pub state: State,
    /// Since when.
    pub since: Ticks,
    /// Why it is not live.
    pub reason: Option<Reason>,
    /// What the pictures are like, as far as known.
    pub picture: Option<Picture>,
    /// Pictures a second over the last seconds.
    pub fps: f32,
    /// Kilobits a second over the last seconds.
    pub kbps: f32,
    /// Milliseconds between the last two random access points.
    pub gop_ms: u32,
    /// RTP packets lost since the service started.
    pub lost_packets: u64,
    /// Sessions begun after the first.
    pub reconnects: u64,
    /// Camera's wall clock minus ours, in seconds, from its sender reports.
    pub camera_clock_offset_s: Option<f64>,
    /// Access units since the service started.
    pub units: u64,
    /// Bytes of payload since the service started.
    pub bytes: u64,
}

impl StreamStatus {
    /// A stream that has not been tried yet.
    pub fn new(state: State, since: Ticks) -> Self {
        Self {
            state,
            since,
            reason: None,
            picture: None,
            fps: 0.0,
            kbps: 0.0,
            gop_ms: 0,
            lost_packets: 0,
            reconnects: 0,
            camera_clock_offset_s: None,
            units: 0,
            bytes: 0,
        }
    }
}
