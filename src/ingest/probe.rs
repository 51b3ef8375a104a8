//! Looking at a camera for some seconds, for the person who is about to add it: what it sends, and what to change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use retina::client::SessionGroup;
use retina::codec::{CodecItem, ParametersRef, VideoFrame};
use serde::Serialize;
use tokio::time::{Instant, timeout, timeout_at};

use super::dial::{self, Link};
use super::order::Order;
use super::reason::{self, Step};
use super::timeline::JUMP_BACK;
use super::{Deadlines, StreamSource, Transport, clocks, parameters};
use crate::base::{CameraNetworks, Credentials, RtspUrl, StreamKey, TICKS_PER_SECOND, Ticks};
use crate::hub::{Reason, ReasonCode};
use crate::media::{AccessUnit, Codec, Parameters, Track, summarize};

/// Pictures are looked at for at least this long, so that rates mean something.
const ENOUGH: Duration = Duration::from_secs(2);
/// Key frames further apart make live view start late and events be found late.
const LONG_GOP_MS: u32 = 4000;
const LONG_GOP: Duration = Duration::from_millis(LONG_GOP_MS as u64 + 200);
/// A camera that does not confirm the end keeps nobody waiting for longer.
const GOODBYE: Duration = Duration::from_millis(300);
/// Less than this and people in a hurry pass between two pictures.
const LOW_FPS: f32 = 4.0;
/// A camera clock further off is worth setting.
const CLOCK_OFF_S: f64 = 2.0;

/// What to look at.
#[derive(Clone, Debug)]
pub struct ProbeRequest {
    /// Address of the stream.
    pub url: RtspUrl,
    /// What the camera asks for.
    pub credentials: Option<Credentials>,
    /// How packets travel.
    pub transport: Transport,
    /// Where it may be.
    pub networks: CameraNetworks,
}

/// How much a check matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, but should be changed.
    Warn,
    /// Cannot be recorded like this.
    Error,
}

impl Level {
    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What was looked at: `connect`, `codec`, `b_frames`, `size`, `gop`, `fps`, `clock` or `audio`.
    pub id: &'static str,
    /// How it is.
    pub level: Level,
    /// Stable code of the finding; the user interface has words for each.
    pub code: &'static str,
    /// Values in the finding.
    pub params: BTreeMap<&'static str, String>,
    /// One English sentence for administrators, without secrets.
    pub message: String,
}

/// What was found. Figures are `None` as far as the camera did not come to show them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProbeReport {
    /// Codec string (RFC 6381).
    pub codec: Option<String>,
    /// MIME type with codecs.
    pub mime: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Pictures a second, by the camera's timestamps.
    pub fps: Option<f32>,
    /// Milliseconds between key frames, when two were seen.
    pub gop_ms: Option<u32>,
    /// Kilobits a second of picture.
    pub kbps: Option<f32>,
    /// Coding of the sound, when there is sound.
    pub audio: Option<String>,
    /// Camera's clock minus ours in seconds, when it tells its clock.
    pub clock_offset_s: Option<f64>,
    /// Milliseconds from connecting to the first picture.
    pub first_picture_ms: Option<u32>,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
}

impl ProbeReport {
    /// True when the stream can be recorded.
    pub fn ok(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|c| c.level != Level::Error)
    }

    /// The figures in one line, as far as they are known.
    pub fn summary(&self) -> String {
        let size = self.width.zip(self.height).map(|(w, h)| format!("{w}x{h}"));
        let parts = [
            self.codec.clone(),
            size,
            self.fps.map(|f| format!("{f} pictures/s")),
            self.kbps.map(|k| format!("{k} kbit/s")),
            self.gop_ms.map(|g| format!("key frame every {} s", g as f32 / 1000.0)),
            self.audio.as_ref().map(|a| format!("sound {a}")),
        ];
        let known: Vec<String> = parts.into_iter().flatten().collect();
        if known.is_empty() { "nothing seen".to_owned() } else { known.join(", ") }
    }

    pub(super) fn check(
        &mut self,
        id: &'static str,
        level: Level,
        code: &'static str,
        message: impl Into<String>,
    ) -> &mut Check {
        self.checks.push(Check { id, level, code, params: BTreeMap::new(), message: message.into() });
        let last = self.checks.len() - 1;
        &mut self.checks[last]
    }

    /// What the camera says of its clock elsewhere, unless the stream has told it.
    pub(super) fn tell_clock(&mut self, offset_s: Option<f64>) {
        if self.clock_offset_s.is_none() && offset_s.is_some() {
            self.clock_offset_s = offset_s.map(tenths);
            self.judge_clock();
        }
    }

    fn judge_clock(&mut self) {
        let Some(seconds) = self.clock_offset_s else { return };
        if seconds.abs() > CLOCK_OFF_S {
            let message = format!("the camera's clock is wrong by {seconds} s; set its time server");
            let check = self.check("clock", Level::Warn, "clock_off", message);
            check.params.insert("seconds", seconds.to_string());
        } else {
            self.check("clock", Level::Ok, "clock", "the camera's clock is right");
        }
    }

    fn failed(&mut self, reason: Reason) {
        self.check("connect", Level::Error, reason.code.name(), reason.message);
    }
}

/// Looks at a stream for no longer than `deadline`. A camera that cannot be had is a finding too, so this never fails.
pub async fn probe(request: ProbeRequest, deadline: Duration) -> ProbeReport {
    picture(request, deadline, Ticks(0)).await.0
}

/// As [`probe`], with the first key picture that came; `now` is written on it.
pub(super) async fn picture(
    request: ProbeRequest,
    deadline: Duration,
    now: Ticks,
) -> (ProbeReport, Option<AccessUnit>) {
    let until = Instant::now() + deadline;
    let deadlines = Deadlines::default();
    let source = StreamSource {
        key: StreamKey(0),
        name: "probe".to_owned(),
        url: request.url,
        credentials: request.credentials,
        transport: request.transport,
        networks: request.networks,
    };
    let group = Arc::new(SessionGroup::default());
    let begun = Instant::now();
    let (mut report, mut key) = (ProbeReport::default(), None);
    match timeout_at(until, dial::dial(&source, &deadlines, &group)).await {
        Err(_) => report.failed(reason::no_answer(&source.url, Step::Describe, deadline)),
        Ok(Err(reason)) => report.failed(reason),
        Ok(Ok(link)) => {
            let mut seen = look(link, &source, begun, until, now).await;
            key = seen.key.take();
            seen.tell(source.credentials.is_some(), &mut report);
        }
    }
    // Whether the camera confirms does not matter to the person who asked.
    let _ = timeout(deadlines.teardown.min(GOODBYE), group.await_teardown()).await;
    (report, key)
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

/// What one look saw.
struct Seen {
    link_audio: Option<String>,
    aac: bool,
    codec: Codec,
    parameters: Option<Parameters>,
    first: Option<i64>,
    newest: i64,
    pictures: u32,
    bytes: u64,
    keys: Vec<i64>,
    /// The first picture that needs no other.
    key: Option<AccessUnit>,
    /// For how long was looked since that one.
    key_at: Option<Instant>,
    watched: Duration,
    lost: u32,
    jumps: u32,
    b_frames: bool,
    clock_offset_s: Option<f64>,
    first_picture_ms: Option<u32>,
    ended: Option<Reason>,
}

async fn look(mut link: Link, source: &StreamSource, begun: Instant, until: Instant, now: Ticks) -> Seen {
    let mut seen = Seen {
        link_audio: link.audio_not_recorded.clone(),
        aac: link.audio.is_some(),
        codec: link.codec,
        parameters: None,
        first: None,
        newest: 0,
        pictures: 0,
        bytes: 0,
        keys: Vec::new(),
        key: None,
        key_at: None,
        watched: Duration::ZERO,
        lost: 0,
        jumps: 0,
        b_frames: false,
        clock_offset_s: None,
        first_picture_ms: None,
        ended: None,
    };
    let mut order = Order::default();
    let mut enough_at: Option<Instant> = None;
    while let Ok(item) = timeout_at(until, link.media.next()).await {
        match item {
            Some(Ok(CodecItem::VideoFrame(frame))) => {
                if seen.parameters.is_none()
                    && let Some(ParametersRef::Video(p)) = link.media.streams()[link.video].parameters()
                {
                    seen.parameters = parameters::video(p).map(|video| Parameters::new(video, None));
                }
                seen.first_picture_ms.get_or_insert(begun.elapsed().as_millis() as u32);
                seen.picture(frame, &mut order, now);
                let enough = *enough_at.get_or_insert(Instant::now() + ENOUGH);
                // More than four seconds without a key picture are known to be too long.
                let long = seen.key_at.is_some_and(|at| at.elapsed() > LONG_GOP);
                if seen.b_frames || long || (seen.keys.len() >= 2 && Instant::now() >= enough) {
                    break;
                }
            }
            Some(Ok(CodecItem::Rtcp(packet))) if packet.stream_id() == link.video => {
                seen.clock_offset_s = clocks::camera_clock_offset(&packet).or(seen.clock_offset_s);
            }
            Some(Ok(_)) => {}
            Some(Err(error)) if reason::is_packet_error(&error) && seen.lost < 100 => seen.lost += 1,
            Some(Err(error)) => {
                seen.ended = Some(reason::classify(&source.url, Step::Media, true, &error));
                break;
            }
            None => {
                seen.ended = Some(reason::closed(&source.url));
                break;
            }
        }
    }
    seen.watched = seen.key_at.map(|at| at.elapsed()).unwrap_or_default();
    seen
}

impl Seen {
    fn picture(&mut self, frame: VideoFrame, order: &mut Order, now: Ticks) {
        let elapsed = frame.timestamp().elapsed();
        self.lost += u32::from(frame.loss());
        self.pictures += 1;
        self.bytes += frame.data().len() as u64;
        if self.first.is_none() {
            self.first = Some(elapsed);
            self.newest = elapsed;
        }
        let step = elapsed - self.newest;
        if step <= -JUMP_BACK || step > 10 * TICKS_PER_SECOND {
            self.jumps += 1;
        }
        let summary = summarize(self.codec, frame.data());
        self.b_frames |= !summary.rasl && order.push(step < 0 && step > -JUMP_BACK);
        self.newest = self.newest.max(elapsed);
        if !summary.random_access {
            return;
        }
        self.keys.push(elapsed);
        self.key_at.get_or_insert_with(Instant::now);
        if let (None, Some(parameters)) = (&self.key, &self.parameters) {
            self.key = Some(AccessUnit {
                track: Track::Video,
                run: 0,
                start: now,
                duration: 0,
                random_access: true,
                loss: frame.loss(),
                data: frame.into_data().into(),
                parameters: Arc::new(parameters.clone()),
                received: now,
            });
        }
    }

    fn tell(self, has_password: bool, report: &mut ProbeReport) {
        report.first_picture_ms = self.first_picture_ms;
        report.clock_offset_s = self.clock_offset_s.map(tenths);
        report.audio = self.link_audio.clone().or(self.aac.then(|| "aac".to_owned()));
        if let Some(parameters) = &self.parameters {
            report.codec = Some(parameters.video.codec_string.clone());
            report.mime = Some(parameters.mime());
            report.width = Some(parameters.video.width);
            report.height = Some(parameters.video.height);
        }
        let span = self.first.map_or(0, |first| self.newest - first) as f32 / TICKS_PER_SECOND as f32;
        if self.pictures > 1 && span > 0.0 && self.jumps == 0 {
            report.fps = Some(((self.pictures - 1) as f32 / span * 10.0).round() / 10.0);
            report.kbps = Some((self.bytes as f32 * 0.008 / span).round());
        }
        let gops = self.keys.windows(2).map(|w| (w[1] - w[0]) / (TICKS_PER_SECOND / 1000));
        report.gop_ms = gops.filter(|g| *g > 0).max().map(|g| g as u32);
        self.judge(has_password, report);
    }

    fn judge(self, has_password: bool, report: &mut ProbeReport) {
        if self.pictures == 0 {
            let none =
                reason::reason(ReasonCode::NoPicture, "connected, but no picture came; restart the camera");
            report.failed(self.ended.unwrap_or(none));
            return;
        }
        match self.ended {
            Some(reason) => report.failed(reason),
            None => {
                report.check("connect", Level::Ok, "connected", "the camera answers and sends pictures");
            }
        }
        if !has_password {
            let message = "the camera asks for no password: whoever is on the network can watch; set one";
            report.check("connect", Level::Warn, "no_password", message);
        }
        match self.codec {
            Codec::H264 => report.check("codec", Level::Ok, "h264", "H.264, which every browser plays"),
            Codec::H265 => {
                let message = "H.265 plays in some browsers only; set H.264, at least for the sub stream";
                report.check("codec", Level::Warn, "h265", message)
            }
        };
        if self.b_frames {
            let message =
                "the camera sends B-frames, which are not supported; switch them off in its video settings";
            report.check("b_frames", Level::Error, "b_frames", message);
        }
        let interval = report.gop_ms;
        match interval {
            _ if self.keys.is_empty() => {
                let message = "no key frame came; set the camera's I-frame interval to 1-4 s";
                report.check("gop", Level::Error, "no_key_frame", message);
            }
            Some(ms) if ms <= LONG_GOP_MS => {
                report.check("gop", Level::Ok, "gop", "key frames come often enough");
            }
            None if self.watched < LONG_GOP => {
                let message =
                    "only one key frame came; look again, or set the camera's I-frame interval to 1-4 s";
                report.check("gop", Level::Warn, "gop_unseen", message);
            }
            _ => {
                let message =
                    "key frames are more than 4 s apart; set the camera's I-frame interval to 1-4 s";
                let check = report.check("gop", Level::Warn, "gop_long", message);
                check.params.extend(interval.map(|ms| ("gop_ms", ms.to_string())));
            }
        }
        if let Some(fps) = report.fps {
            if fps < LOW_FPS {
                let message = "few pictures a second; set at least 5 in the camera";
                report.check("fps", Level::Warn, "fps_low", message).params.insert("fps", fps.to_string());
            } else {
                report.check("fps", Level::Ok, "fps", "enough pictures a second");
            }
        }
        if self.lost > 0 {
            let message = "packets were lost; check the cable, or use TCP";
            report
                .check("connect", Level::Warn, "packets_lost", message)
                .params
                .insert("packets", self.lost.to_string());
        }
        if self.jumps > 0 {
            let message = "the camera's timestamps jump; update its firmware (recordings follow our clock)";
            report.check("clock", Level::Warn, "timestamps_jump", message);
        }
        report.judge_clock();
        if let Some(coding) = self.link_audio {
            let message = format!("sound in {coding} is not recorded; set AAC in the camera to have it");
            report.check("audio", Level::Warn, "sound_not_recorded", message).params.insert("coding", coding);
        } else if self.aac {
            report.check("audio", Level::Ok, "aac", "sound is recorded");
        }
    }
}
