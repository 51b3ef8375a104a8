//! Why a session could not be had or ended, in words for the person at the camera.
//!
//! retina's errors have no kinds beyond the status code, so the rest is told by how they are written; a test keeps
//! that true for the version we use. Their text never goes into a reason: it quotes what the camera sent.

use std::time::Duration;

use crate::base::{RtspUrl, Unreached};
use crate::hub::{Reason, ReasonCode};

/// The step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Connecting and `DESCRIBE`.
    Describe,
    /// `SETUP` of a track.
    Setup,
    /// `PLAY`.
    Play,
    /// Receiving.
    Media,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Describe => "DESCRIBE",
            Self::Setup => "SETUP",
            Self::Play => "PLAY",
            Self::Media => "playing",
        }
    }
}

pub(super) fn reason(code: ReasonCode, message: impl Into<String>) -> Reason {
    Reason { code, message: message.into() }
}

fn host(url: &RtspUrl) -> String {
    let url = url.as_url();
    format!("{}:{}", url.host_str().unwrap_or("?"), url.port().unwrap_or(554))
}

/// No answer within the deadline.
pub(super) fn no_answer(url: &RtspUrl, step: Step, deadline: Duration) -> Reason {
    let (host, seconds) = (host(url), deadline.as_secs_f32());
    match step {
        Step::Describe => reason(
            ReasonCode::Unreachable,
            format!("no answer from {host} within {seconds} s; check power, cable and address of the camera"),
        ),
        _ => reason(
            ReasonCode::Unreachable,
            format!(
                "{host} did not answer {} within {seconds} s; restart the camera if this goes on",
                step.name()
            ),
        ),
    }
}

/// It is not spoken to.
pub(super) fn unreached(url: &RtspUrl, why: Unreached) -> Reason {
    let host = host(url);
    match why {
        Unreached::Unknown => reason(
            ReasonCode::Unreachable,
            format!("the name in {host} cannot be found; use the camera's numeric address"),
        ),
        Unreached::NotAllowed => reason(
            ReasonCode::NotAllowed,
            format!(
                "no camera may be at {host}; use the camera's own address, or name its network in camera.networks of the \
                 configuration"
            ),
        ),
    }
}

/// An error of retina's.
pub(super) fn classify(url: &RtspUrl, step: Step, has_password: bool, error: &retina::Error) -> Reason {
    tracing::debug!(step = step.name(), %error, "session failed");
    let host = host(url);
    if let Some(status) = error.status_code() {
        return by_status(&host, step, status, has_password);
    }
    let text = error.to_string();
    let debug = format!("{error:?}");
    if text.contains("Connection refused") {
        return reason(
            ReasonCode::Refused,
            format!("{host} refuses connections; check the port, and that RTSP is switched on in the camera"),
        );
    }
    if debug.starts_with("ConnectError") {
        // Its name was looked up before.
        return reason(
            ReasonCode::Unreachable,
            format!("{host} cannot be reached; check power, cable and address of the camera"),
        );
    }
    if debug.starts_with("RtspReadError")
        || debug.starts_with("WriteError")
        || text.contains("Incomplete RTSP message")
    {
        return closed(url);
    }
    not_understood(url, step)
}

fn by_status(host: &str, step: Step, status: u16, has_password: bool) -> Reason {
    match status {
        401 if has_password => reason(
            ReasonCode::AuthFailed,
            format!("{host} refuses the user name or password; enter the right ones"),
        ),
        401 => {
            reason(ReasonCode::AuthFailed, format!("{host} asks for a user name and password; enter them"))
        }
        403 => reason(
            ReasonCode::AuthFailed,
            format!("{host} does not let this user watch; allow it in the camera"),
        ),
        404 | 451 | 454 if step == Step::Describe || status == 404 => reason(
            ReasonCode::NotFound,
            format!("{host} does not know this path; look up the stream's path in the camera's manual"),
        ),
        453 | 500..=599 => reason(
            ReasonCode::Busy,
            format!(
                "{host} is not ready (it answered {status}); it may be starting, or serve too many viewers"
            ),
        ),
        461 => reason(
            ReasonCode::Protocol,
            format!("{host} refuses this transport; switch between TCP and UDP for this camera"),
        ),
        200..=299 => reason(
            ReasonCode::Protocol,
            format!("{host} describes its streams in a way that cannot be understood; update its firmware"),
        ),
        _ => reason(
            ReasonCode::Protocol,
            format!("{host} answered {} with {status}; check the address", step.name()),
        ),
    }
}

/// The camera ended the connection.
pub(super) fn closed(url: &RtspUrl) -> Reason {
    reason(ReasonCode::ClosedByCamera, format!("{} closed the connection; it may be restarting", host(url)))
}

/// Something that is not RTSP, RTP or SDP.
pub(super) fn not_understood(url: &RtspUrl, step: Step) -> Reason {
    let host = host(url);
    reason(
        ReasonCode::Protocol,
        format!(
            "what {host} sends during {} cannot be understood; check that it is an RTSP camera",
            step.name()
        ),
    )
}

/// True when an error concerns one packet only, so that the session can go on.
pub(super) fn is_packet_error(error: &retina::Error) -> bool {
    let debug = format!("{error:?}");
    debug.starts_with("RtpPacketError") || debug.starts_with("PacketError")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_port_is_refused() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
        let address = listener.local_addr().expect("address");
        drop(listener);
        let url: RtspUrl = format!("rtsp://{address}/x").parse().expect("url");
        let session = retina::client::Session::describe(
            url.as_url().clone(),
            retina::client::SessionOptions::default(),
        );
        let error = session.await.err().expect("refused");
        assert_eq!(classify(&url, Step::Describe, false, &error).code, ReasonCode::Refused);
        assert!(!is_packet_error(&error));
        assert!(format!("{error:?}").starts_with("ConnectError"));
    }

    #[test]
    fn status_codes_have_reasons() {
        let code = |status| by_status("h", Step::Describe, status, true).code;
        assert_eq!(code(401), ReasonCode::AuthFailed);
        assert_eq!(code(404), ReasonCode::NotFound);
        assert_eq!(code(503), ReasonCode::Busy);
        assert_eq!(code(400), ReasonCode::Protocol);
    }
}
