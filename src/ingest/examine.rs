//! Looking at a whole camera for the person who is about to add it: which streams it has, what they send, how a picture
//! looks. Bounded in time whatever the camera does; a camera that cannot be had is a finding, not a failure.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, timeout};
use url::Url;

use super::Transport;
use super::onvif::{self, Device, Fault};
use super::probe::{self, Check, Level, ProbeReport, ProbeRequest};
use crate::base::{CameraNetworks, Credentials, RtspUrl, SharedClock, StreamKind};
use crate::hub::ReasonCode;
use crate::media::AccessUnit;

/// A sub stream wider than this costs the wall what it was meant to save.
const SUB_WIDE: u32 = 1280;
/// On a main picture narrower than this nobody is recognised.
const MAIN_NARROW: u32 = 1280;
/// The share of the time that asking for the streams may take; the rest is for looking at them.
const ASKING: u32 = 2;

/// Where a camera is looked for.
#[derive(Clone, Debug)]
pub enum Whereabouts {
    /// Its ONVIF device service; it is asked for its streams.
    Onvif(Url),
    /// The addresses of its streams.
    Streams {
        /// The full picture.
        main: RtspUrl,
        /// The small one.
        sub: Option<RtspUrl>,
    },
}

/// What to look at.
#[derive(Clone, Debug)]
pub struct ExamineRequest {
    /// Where.
    pub whereabouts: Whereabouts,
    /// What the camera asks for.
    pub credentials: Option<Credentials>,
    /// How packets travel.
    pub transport: Transport,
    /// Where it may be.
    pub networks: CameraNetworks,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// Who made the camera, as it says.
    pub make: Option<String>,
    /// Its model, as it says.
    pub model: Option<String>,
    /// Main first; none when the camera could not be asked.
    pub streams: Vec<ExaminedStream>,
    /// What concerns the camera and not one of its streams.
    pub checks: Vec<Check>,
}

/// One stream of it.
#[derive(Clone, Debug)]
pub struct ExaminedStream {
    /// What it is good for.
    pub kind: StreamKind,
    /// Its address.
    pub url: RtspUrl,
    /// As the camera calls it; may be empty.
    pub name: String,
    /// What it sends.
    pub report: ProbeReport,
    /// A picture of it, to be decoded.
    pub picture: Option<Arc<AccessUnit>>,
}

impl Examined {
    /// True when the camera can be recorded.
    pub fn ok(&self) -> bool {
        !self.streams.is_empty()
            && self.streams.iter().all(|stream| stream.report.ok())
            && self.checks.iter().all(|check| check.level != Level::Error)
    }
}

/// Looks at a camera for no longer than `deadline`, but for a short goodbye.
pub async fn examine(request: ExamineRequest, deadline: Duration, clock: &SharedClock) -> Examined {
    let until = Instant::now() + deadline;
    let mut examined = Examined::default();
    let mut clock_offset_s = None;
    let streams = match &request.whereabouts {
        Whereabouts::Streams { main, sub } => {
            let sub = sub.clone().map(|url| (StreamKind::Sub, url, String::new()));
            std::iter::once((StreamKind::Main, main.clone(), String::new())).chain(sub).collect()
        }
        Whereabouts::Onvif(url) => {
            let asking = onvif::describe(url, request.credentials.as_ref(), &request.networks, clock);
            match timeout(deadline / ASKING, asking).await.unwrap_or(Err(Fault::Unreachable)) {
                Ok(device) => {
                    clock_offset_s = device.clock_offset_s;
                    (examined.make, examined.model) = (device.make.clone(), device.model.clone());
                    suggest(device)
                }
                Err(fault) => {
                    examined.checks.push(told(fault));
                    return examined;
                }
            }
        }
    };
    if streams.is_empty() {
        let message = "the camera answers, but offers no H.264 or H.265 stream; type its rtsp:// address";
        examined.checks.push(check(Level::Error, "no_streams", message));
    }
    let looks = streams.into_iter().map(|(kind, url, name)| {
        let request = ProbeRequest {
            url: url.clone(),
            credentials: request.credentials.clone(),
            transport: request.transport,
            networks: request.networks.clone(),
        };
        async move {
            let left = until.saturating_duration_since(Instant::now());
            let (mut report, picture) = probe::picture(request, left, clock.now()).await;
            report.tell_clock(clock_offset_s);
            judge(kind, &mut report);
            ExaminedStream { kind, url, name, report, picture: picture.map(Arc::new) }
        }
    });
    examined.streams = join_all(looks).await;
    examined
}

/// The largest picture to record, the smallest for the wall and for motion.
fn suggest(device: Device) -> Vec<(StreamKind, RtspUrl, String)> {
    let mut profiles = device.profiles;
    let sub = if profiles.len() > 1 { profiles.pop() } else { None };
    let main = profiles.into_iter().next().map(|p| (StreamKind::Main, p.url, p.name));
    main.into_iter().chain(sub.map(|p| (StreamKind::Sub, p.url, p.name))).collect()
}

/// What matters for one of the two streams only.
fn judge(kind: StreamKind, report: &mut ProbeReport) {
    if kind == StreamKind::Sub
        && let Some(check) = report.checks.iter_mut().find(|check| check.code == "h265")
    {
        check.code = "h265_sub";
        check.message = "the sub stream sends H.265, which many phones and computers do not play; set H.264 for it in the camera".to_owned();
    }
    let Some((width, height)) = report.width.zip(report.height) else { return };
    let check = match kind {
        StreamKind::Sub if width > SUB_WIDE => {
            let message =
                "the sub stream is as large as a main stream; set about 640x360 for it in the camera";
            report.check("size", Level::Warn, "sub_large", message)
        }
        StreamKind::Main if width < MAIN_NARROW => {
            let message =
                "the main stream is small; set the camera's largest picture, or use its main address";
            report.check("size", Level::Warn, "main_small", message)
        }
        _ => report.check("size", Level::Ok, "size", "the size fits its purpose"),
    };
    check.params.insert("width", width.to_string());
    check.params.insert("height", height.to_string());
}

fn told(fault: Fault) -> Check {
    let (code, message) = match fault {
        Fault::Unreachable => {
            (ReasonCode::Unreachable.name(), "no answer from the camera; check its address, power and cable")
        }
        Fault::NotAllowed => (
            ReasonCode::NotAllowed.name(),
            "no camera may be at this address; use the camera's own, or name its network in camera.networks of the configuration",
        ),
        Fault::Refused => (
            ReasonCode::Refused.name(),
            "the camera refuses connections there; check the port, and that ONVIF is switched on in it",
        ),
        Fault::Password => (
            ReasonCode::AuthFailed.name(),
            "the camera refuses the user name or password; some cameras have users of their own for ONVIF",
        ),
        Fault::NotOnvif => {
            ("not_onvif", "what answers there does not speak ONVIF; type the camera's rtsp:// address")
        }
    };
    check(Level::Error, code, message)
}

fn check(level: Level, code: &'static str, message: &str) -> Check {
    Check {
        id: "connect",
        level,
        code,
        params: std::collections::BTreeMap::new(),
        message: message.to_owned(),
    }
}
