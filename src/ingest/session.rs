//! One RTSP session, from the first packet to the last: deadlines, pictures, sounds, reports.
//!
//! One timer serves all deadlines of a session, so that a picture costs no timer; a deadline is noticed up to a tenth
//! of the silence deadline late. RTCP and sound do not count as life: a camera whose encoder hangs goes on with them.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use retina::client::SessionGroup;
use retina::codec::{AudioFrame, CodecItem, ParametersRef, VideoFrame};
use tokio::time::Instant;

use super::assemble::{Assembler, Outcome, Picture};
use super::dial::{self, Link};
use super::reason::{self, Step};
use super::report::Report;
use super::seat::Seat;
use super::timeline::Arrival;
use super::{Deadlines, Memory, Pacer, StreamSource, Transport, clocks, parameters};
use crate::base::{SharedClock, Stop, TICKS_PER_SECOND};
use crate::hub::{self, Reason, ReasonCode, Stream};
use crate::media::Track;

/// More than any camera sends; a stream beyond it is taken for a fault and ended, so that the others are served.
const MOST_KBPS: f32 = 80_000.0;
/// Packets that could not be understood, beyond [`FORGIVEN`], before the session is given up.
const MOST_BAD_PACKETS: u32 = 200;
/// So many are forgotten at each look at the clock, ten times within the silence deadline: a line that spoils one
/// packet in twenty goes on.
const FORGIVEN: u32 = 25;

/// What a session needs.
pub(super) struct Session {
    pub(super) source: StreamSource,
    pub(super) stream: Arc<Stream>,
    pub(super) clock: SharedClock,
    pub(super) deadlines: Deadlines,
    pub(super) memory: Arc<Memory>,
    pub(super) group: Arc<SessionGroup>,
    pub(super) pacer: Option<Pacer>,
    /// The camera was refused for B-frames before.
    pub(super) suspect: bool,
}

/// How a session ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// `None` when it was stopped.
    pub(super) reason: Option<Reason>,
    /// It brought pictures.
    pub(super) was_live: bool,
}

/// A session that receives.
struct Receiving {
    session: Session,
    link: Link,
    seat: Seat,
    report: Report,
    units: Assembler,
    bad_packets: u32,
    last_item_was_bad: bool,
    /// Our wall clock when the first picture that could not be used came.
    waiting_for_key: Option<Instant>,
    last_picture: Option<Instant>,
    jumps_told: u32,
    /// When the deadlines were looked at last.
    looked: Instant,
}

/// After so many units of one look the recorder has its turn. After a pause of the whole machine a minute's worth can
/// lie in the socket, and a ring keeps a few seconds.
const TURN: usize = 8;

impl Session {
    /// Runs until the session ends or `stop` asks for it. The `TEARDOWN` goes on in the background when this returns.
    pub(super) async fn run(self, stop: Stop) -> Ended {
        self.pacer.iter().for_each(Pacer::hurry_again);
        let dialled = tokio::select! {
            () = stop.wait() => return Ended { reason: None, was_live: false },
            dialled = dial::dial(&self.source, &self.deadlines, &self.group) => dialled,
        };
        let link = match dialled {
            Ok(link) => link,
            Err(reason) => return Ended { reason: Some(reason), was_live: false },
        };
        if let Some(name) = &link.audio_not_recorded {
            tracing::info!(
                coding = name,
                "the camera's sound is not recorded; set AAC in the camera to have it"
            );
        }
        let by_udp = self.source.transport == Transport::Udp;
        let _attention = self.pacer.as_ref().filter(|_| by_udp).map(Pacer::attend);
        let mut receiving = Receiving::new(self, link);
        let reason = receiving.receive(&stop).await;
        Ended { reason, was_live: receiving.report.was_live() }
    }
}

impl Receiving {
    fn new(session: Session, link: Link) -> Self {
        let audio = link.audio.and_then(|i| match link.media.streams()[i].parameters() {
            Some(ParametersRef::Audio(p)) => parameters::audio(p),
            _ => None,
        });
        let (not_before, run) = session.memory.last();
        let mut units = Assembler::new(link.codec, audio, not_before, run, link.framerate);
        if session.suspect {
            units.watch_for_b_frames();
        }
        let report = Report::new(Arc::clone(&session.stream), Arc::clone(&session.clock));
        let seat = Seat::new(session.pacer.clone(), Arc::clone(&session.stream));
        Self {
            session,
            link,
            seat,
            report,
            units,
            bad_packets: 0,
            last_item_was_bad: false,
            waiting_for_key: None,
            last_picture: None,
            jumps_told: 0,
            looked: Instant::now(),
        }
    }

    /// The reason of the end, `None` when stopped.
    async fn receive(&mut self, stop: &Stop) -> Option<Reason> {
        let begun = Instant::now();
        let period = (self.session.deadlines.silence / 10).max(Duration::from_millis(10));
        let mut ticks = tokio::time::interval(period);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut stopped = pin!(stop.wait());
        loop {
            tokio::select! {
                biased;
                () = &mut stopped => return None,
                _ = ticks.tick() => {
                    self.excuse(period);
                    if let Err(reason) = self.look_at_the_clock(begun) {
                        return Some(reason);
                    }
                }
                read = poll_fn(|context| self.read(context)) => {
                    if let Err(reason) = read {
                        return Some(reason);
                    }
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// Takes what there is, up to a turn. All in one go: looking at the clock and at `stop` between is what costs.
    fn read(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        for _ in 0..TURN {
            let item = ready!(self.seat.poll_next(&mut self.link.media, context));
            self.take(item)?;
        }
        Poll::Ready(Ok(()))
    }

    /// While this thread did not run, the camera was not silent: what it sent still lies in the socket.
    fn excuse(&mut self, period: Duration) {
        let now = Instant::now();
        let away = now.duration_since(self.looked).saturating_sub(2 * period);
        self.looked = now;
        if away > period {
            self.last_picture = self.last_picture.map(|last| (last + away).min(now));
            self.waiting_for_key = self.waiting_for_key.map(|since| (since + away).min(now));
        }
    }

    /// Checks the deadlines.
    fn look_at_the_clock(&mut self, begun: Instant) -> Result<(), Reason> {
        let deadlines = &self.session.deadlines;
        self.report.tick();
        self.bad_packets = self.bad_packets.saturating_sub(FORGIVEN);
        if self.report.lasting_kbps() > MOST_KBPS {
            return Err(reason::reason(
                ReasonCode::Protocol,
                format!("the camera sends more than {} Mbit/s; lower its bit rate", MOST_KBPS / 1000.0),
            ));
        }
        match (self.last_picture, self.waiting_for_key) {
            (Some(last), _) if last.elapsed() >= deadlines.silence => Err(reason::reason(
                ReasonCode::Silent,
                format!(
                    "no picture for {} s; the camera or its network hangs",
                    deadlines.silence.as_secs_f32()
                ),
            )),
            (Some(last), _) if last.elapsed() >= deadlines.stalled => {
                self.report.stalled(reason::reason(ReasonCode::Silent, "no picture for some seconds"));
                Ok(())
            }
            (Some(_), _) => Ok(()),
            (None, Some(since)) if since.elapsed() >= deadlines.key_frame => Err(no_key(deadlines.key_frame)),
            (None, Some(since)) if since.elapsed() >= deadlines.first_picture => {
                // Ending the session would only start the wait again; a key frame may still come.
                let now = self.session.clock.now();
                super::report::offline(&self.session.stream, now, no_key(deadlines.first_picture));
                Ok(())
            }
            (None, None) if begun.elapsed() >= deadlines.first_picture => Err(reason::reason(
                ReasonCode::NoPicture,
                format!(
                    "connected, but no picture within {} s; restart the camera",
                    deadlines.first_picture.as_secs_f32()
                ),
            )),
            _ => Ok(()),
        }
    }

    fn take(&mut self, item: Option<Result<CodecItem, retina::Error>>) -> Result<(), Reason> {
        let was_bad = std::mem::take(&mut self.last_item_was_bad);
        match item {
            Some(Ok(CodecItem::VideoFrame(frame))) => self.picture(frame),
            Some(Ok(CodecItem::AudioFrame(frame))) => {
                self.sound(&frame);
                Ok(())
            }
            Some(Ok(CodecItem::Rtcp(packet))) => {
                if packet.stream_id() == self.link.video
                    && let Some(offset) = clocks::camera_clock_offset(&packet)
                {
                    self.report.camera_clock(offset);
                }
                Ok(())
            }
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) if reason::is_packet_error(&error) && self.bad_packets < MOST_BAD_PACKETS => {
                tracing::debug!(%error, "packet dropped");
                self.bad_packets += 1;
                self.last_item_was_bad = true;
                self.report.lost(1);
                Ok(())
            }
            Some(Err(error)) => Err(reason::classify(&self.session.source.url, Step::Media, true, &error)),
            // retina ends a stream whose depacketiser failed; the camera did not.
            None if was_bad => Err(reason::not_understood(&self.session.source.url, Step::Media)),
            None => Err(reason::closed(&self.session.source.url)),
        }
    }

    fn arrival(&self) -> Arrival {
        Arrival { wall: self.session.clock.now(), mono: self.session.clock.monotonic() }
    }

    fn picture(&mut self, frame: VideoFrame) -> Result<(), Reason> {
        let arrival = self.arrival();
        let loss = frame.loss();
        self.report.lost(u64::from(loss));
        let first_look = self.units.parameters().is_none();
        let parameters = if frame.has_new_parameters() || first_look {
            match self.link.media.streams()[self.link.video].parameters() {
                Some(ParametersRef::Video(p)) => parameters::video(p),
                _ => None,
            }
        } else {
            None
        };
        let elapsed = frame.timestamp().elapsed();
        let outcome =
            self.units.picture(Picture { data: frame.into_data(), elapsed, loss, parameters, arrival });
        let (unit, first) = match outcome {
            Outcome::Unit(unit) => (unit, false),
            Outcome::FirstOfRun(unit) => (unit, true),
            Outcome::Waiting => {
                self.waiting_for_key.get_or_insert_with(Instant::now);
                return Ok(());
            }
            Outcome::Dropped => return Ok(()),
            Outcome::BFrames => {
                return Err(reason::reason(
                    ReasonCode::BFrames,
                    "the camera sends B-frames, which delay the picture and are not supported; switch them off in its \
                     video settings (\"B-frames\" 0, H.264 profile Baseline or Main, \"smart codec\" off)",
                ));
            }
        };
        if first {
            self.first_of_run(&unit);
        }
        self.last_picture = Some(Instant::now());
        self.report.picture(&unit);
        self.session.memory.end.store(unit.end().0, Ordering::Relaxed);
        self.seat.published(unit.duration);
        self.session.stream.publish(Arc::new(unit));
        Ok(())
    }

    fn first_of_run(&mut self, unit: &crate::media::AccessUnit) {
        let video = &unit.parameters.video;
        tracing::info!(
            run = unit.run,
            codec = video.codec_string,
            width = video.width,
            height = video.height,
            "live"
        );
        if self.units.jumps() > self.jumps_told {
            self.jumps_told = self.units.jumps();
            tracing::warn!(jumps = self.jumps_told, "the camera's timestamps jumped; times follow our clock");
        }
        self.session.memory.run.store(unit.run, Ordering::Relaxed);
        self.report.live(hub::Picture {
            codec: video.codec_string.clone(),
            mime: unit.parameters.mime(),
            width: video.width,
            height: video.height,
            audio: unit.parameters.audio.is_some(),
            audio_not_recorded: self.link.audio_not_recorded.clone(),
        });
    }

    fn sound(&mut self, frame: &AudioFrame) {
        if Some(frame.stream_id()) != self.link.audio {
            return;
        }
        let rate = i128::from(frame.timestamp().clock_rate().get());
        let scale = |ticks: i64| (i128::from(ticks) * i128::from(TICKS_PER_SECOND) / rate) as i64;
        let elapsed = scale(frame.timestamp().elapsed());
        let length = scale(i64::from(frame.frame_length().get())) as u32;
        let data = Bytes::copy_from_slice(frame.data());
        if let Some(unit) = self.units.sound(data, elapsed, length, self.arrival()) {
            debug_assert!(unit.track == Track::Audio);
            self.report.sound(&unit);
            self.session.stream.publish(Arc::new(unit));
        }
    }
}

fn no_key(waited: Duration) -> Reason {
    reason::reason(
        ReasonCode::NoPicture,
        format!(
            "pictures come, but no key frame within {} s; set the camera's I-frame interval to 1-4 s",
            waited.as_secs_f32()
        ),
    )
}
