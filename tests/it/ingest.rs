//! Room ingest against a camera that misbehaves: each fault has a state, a reason and a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use lanewatch::base::{
    CameraNetworks, Credentials, RtspUrl, Secret, SharedClock, Stop, StreamKey, SystemClock,
    TICKS_PER_SECOND, Tasks, Ticks,
};
use lanewatch::hub::{Hub, Item, Limits, ReasonCode, Start, State, Stream, StreamStatus, Subscription};
use lanewatch::ingest::{
    Deadlines, Ingest, Level, ProbeReport, ProbeRequest, StreamSource, Transport, probe,
};
use lanewatch::media::{AccessUnit, Track};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use crate::support::clips;
use crate::support::fake_camera::{
    Auth, Coding, FakeCamera, Greeting, INTERVAL, Script, Seen, Step, endless, gop,
};

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(20);

const DEADLINES: Deadlines = Deadlines {
    connect: Duration::from_millis(400),
    answer: Duration::from_millis(400),
    first_picture: Duration::from_millis(600),
    key_frame: Duration::from_millis(1500),
    stalled: Duration::from_millis(300),
    silence: Duration::from_millis(700),
    teardown: Duration::from_millis(500),
};

/// Streams of a hub, as the application runs them.
struct Site {
    hub: Hub,
    clock: SharedClock,
    ingest: Ingest,
    tasks: Tasks,
    stop: Stop,
}

/// One of them.
struct Watched {
    stream: Arc<Stream>,
    units: Subscription,
}

impl Site {
    fn new() -> Self {
        let (hub, clock) = (Hub::new(), SystemClock::shared());
        let ingest =
            Ingest::new(hub.clone(), Arc::clone(&clock), Limits::default()).with_deadlines(DEADLINES);
        Self { hub, clock, ingest, tasks: Tasks::new(), stop: Stop::new() }
    }

    fn watch(&self, key: i64, url: &str) -> Watched {
        self.watch_source(source(key, url))
    }

    fn watch_source(&self, source: StreamSource) -> Watched {
        let stream = self.hub.ensure(source.key, Limits::default(), self.clock.now());
        let units = stream.subscribe(Start::Next);
        self.tasks.spawn("stream", self.ingest.clone().run_stream(source, self.stop.child()));
        Watched { stream, units }
    }

    /// Stops all streams and waits for them.
    async fn end(self) {
        self.stop.request();
        timeout(PATIENCE, self.tasks.finished()).await.expect("streams end when asked");
    }
}

impl Watched {
    /// Waits for a status.
    async fn until(&self, what: &str, right: impl FnMut(&StreamStatus) -> bool) -> StreamStatus {
        let mut status = self.stream.status();
        let found = timeout(PATIENCE, status.wait_for(right)).await;
        match found {
            Ok(Ok(status)) => status.clone(),
            _ => panic!("never {what}: {:?}", self.stream.status().borrow()),
        }
    }

    async fn until_reason(&self, code: ReasonCode) -> StreamStatus {
        self.until(code.name(), |s| {
            s.state == State::Offline && s.reason.as_ref().is_some_and(|r| r.code == code)
        })
        .await
    }

    async fn until_live(&self) -> StreamStatus {
        self.until("live", |s| s.state == State::Live).await
    }

    async fn unit(&mut self) -> Arc<AccessUnit> {
        loop {
            match timeout(PATIENCE, self.units.next()).await.expect("a unit comes") {
                Some(Item::Unit(unit)) => return unit,
                Some(Item::Missed(_)) => {}
                None => panic!("the stream is gone"),
            }
        }
    }

    async fn picture(&mut self) -> Arc<AccessUnit> {
        loop {
            let unit = self.unit().await;
            if unit.track == Track::Video {
                return unit;
            }
        }
    }

    async fn pictures(&mut self, count: usize) -> Vec<Arc<AccessUnit>> {
        let mut all = Vec::new();
        while all.len() < count {
            all.push(self.picture().await);
        }
        assert!(all.windows(2).all(|w| w[0].start < w[1].start), "instants rise");
        let starts = all.windows(2).filter(|w| w[0].run != w[1].run);
        assert!(starts.clone().all(|w| w[1].random_access && w[0].run < w[1].run), "runs start with a key");
        all
    }
}

fn source(key: i64, url: &str) -> StreamSource {
    let (url, credentials) = RtspUrl::split(url).expect("an address");
    StreamSource {
        key: StreamKey(key),
        name: format!("camera {key}"),
        url,
        credentials,
        transport: Transport::Tcp,
        networks: CameraNetworks::Anywhere,
    }
}

fn with_password(key: i64, camera: &FakeCamera, password: &str) -> StreamSource {
    let credentials = Credentials { username: "admin".to_owned(), password: Secret::new(password) };
    StreamSource { credentials: Some(credentials), ..source(key, &camera.url()) }
}

/// The reason a camera with this script is offline for.
async fn reason_for(script: Script) -> (ReasonCode, String) {
    let (site, camera) = (Site::new(), FakeCamera::start(script).await);
    let watched = site.watch(1, &camera.url());
    let status = watched.until("offline", |s| s.state == State::Offline).await;
    site.end().await;
    let reason = status.reason.expect("offline has a reason");
    (reason.code, reason.message)
}

fn greeting(greeting: Greeting) -> Script {
    Script { greeting, ..Script::default() }
}

fn ticks(length: Duration) -> i64 {
    (length.as_micros() as i64) * TICKS_PER_SECOND / 1_000_000
}

#[tokio::test]
async fn a_good_camera_is_live_and_hears_goodbye() {
    let (site, camera) = (Site::new(), FakeCamera::start(Script::default()).await);
    let mut watched = site.watch(1, &camera.url());
    let status = watched.until_live().await;
    let picture = status.picture.clone().expect("a picture");
    assert_eq!((picture.width, picture.height, picture.audio), (64, 48, false));
    assert!(picture.mime.starts_with("video/mp4; codecs=\"avc1.42"));
    let units = watched.pictures(25).await;
    assert!(units[0].random_access && units[0].run <= Ticks(units[0].start.0 + 1).micros() as u64);
    assert!(units.iter().all(|u| Arc::ptr_eq(&u.parameters, &units[0].parameters)));
    assert!(units.iter().all(|u| u.start - u.received <= TICKS_PER_SECOND / 5));
    let clean = |u: &AccessUnit| u.data[..4] == ((u.data.len() - 4) as u32).to_be_bytes();
    assert!(units.iter().all(|u| clean(u)), "parameter sets stand in the parameters, not in the units");
    let status = watched.until("measured", |s| s.fps > 40.0 && s.gop_ms > 0 && s.units > 0).await;
    assert!(
        (190..=210).contains(&status.gop_ms) && status.fps < 60.0 && status.lost_packets == 0,
        "{status:?}"
    );
    let stream = Arc::clone(&watched.stream);
    site.end().await;
    assert_eq!(stream.status().borrow().state, State::Off);
    assert_eq!(Seen::of(&camera.seen.teardowns), 1);
}

#[tokio::test]
async fn udp_is_received_too() {
    let (site, camera) = (Site::new(), FakeCamera::start(Script::default()).await);
    let mut watched =
        site.watch_source(StreamSource { transport: Transport::Udp, ..source(1, &camera.url()) });
    watched.pictures(20).await;
    site.end().await;
    assert_eq!(Seen::of(&camera.seen.teardowns), 1);
}

#[tokio::test]
async fn passwords_are_given_when_asked_for() {
    for auth in [Auth::Basic, Auth::Digest] {
        let (site, camera) = (Site::new(), FakeCamera::start(Script { auth, ..Script::default() }).await);
        let mut watched = site.watch_source(with_password(1, &camera, "village"));
        watched.pictures(3).await;
        site.end().await;
    }
}

#[tokio::test]
async fn wrong_passwords_do_not_lock_the_camera() {
    for auth in [Auth::RefuseBasic, Auth::RefuseDigest] {
        let (site, camera) = (Site::new(), FakeCamera::start(Script { auth, ..Script::default() }).await);
        let watched = site.watch_source(with_password(1, &camera, "canary"));
        let asked = site.watch(2, &camera.url());
        let status = watched.until_reason(ReasonCode::AuthFailed).await;
        let message = status.reason.expect("a reason").message;
        assert!(message.contains("refuses the user name or password") && !message.contains("canary"));
        let message = asked.until_reason(ReasonCode::AuthFailed).await.reason.expect("a reason").message;
        assert!(message.contains("asks for a user name and password"), "{message}");
        site.end().await;
        assert_eq!(Seen::of(&camera.seen.tries), 1);
    }
}

#[tokio::test]
async fn a_camera_that_cannot_be_had_says_why() {
    let wrong_path = reason_for(greeting(Greeting::Status(404))).await;
    assert_eq!(wrong_path.0, ReasonCode::NotFound);
    let busy = reason_for(greeting(Greeting::Status(503))).await;
    assert_eq!(busy.0, ReasonCode::Busy);
    assert_eq!(reason_for(greeting(Greeting::Close)).await.0, ReasonCode::ClosedByCamera);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    let site = Site::new();
    let watched = site.watch(1, &format!("rtsp://{address}/main"));
    watched.until_reason(ReasonCode::Refused).await;
    site.end().await;
}

#[tokio::test]
async fn every_wait_has_a_deadline() {
    let drip = Greeting::Drip(Duration::from_millis(20));
    for slow in [Greeting::Never, drip, Greeting::HugeLength] {
        let begun = Instant::now();
        let (code, message) = reason_for(greeting(slow.clone())).await;
        assert_eq!(code, ReasonCode::Unreachable, "{slow:?}: {message}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{slow:?} took {:?}", begun.elapsed());
    }
    let mute = Script::sessions(vec![vec![Step::Quiet(PATIENCE, true)]]);
    assert_eq!(reason_for(mute).await.0, ReasonCode::NoPicture);
}

#[tokio::test]
async fn hostile_descriptions_are_refused() {
    let head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n";
    let video = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:picture\r\n";
    let text = |body: String| greeting(Greeting::Text(body, String::new()));
    let many = format!("{head}{}", video.repeat(10_000));
    assert_eq!(reason_for(text(many)).await.0, ReasonCode::Protocol);
    let big = format!("{head}{video}a=fmtp:96 sprop-parameter-sets={}\r\n", "QUFB".repeat(250_000));
    assert_eq!(reason_for(text(big)).await.0, ReasonCode::Protocol);
    let zero = format!("{head}m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0\r\na=control:picture\r\n");
    assert_eq!(reason_for(text(zero)).await.0, ReasonCode::Protocol);
    assert_eq!(reason_for(text("no description".to_owned())).await.0, ReasonCode::Protocol);
    let garbage = Greeting::Garbage(vec![0xff, 0, 0x24, 7, 7, 7, 13, 10, 13, 10]);
    assert_eq!(reason_for(greeting(garbage)).await.0, ReasonCode::Protocol);
    let mjpeg = format!("{head}m=video 0 RTP/AVP 26\r\na=control:picture\r\n");
    let (code, message) = reason_for(text(mjpeg)).await;
    assert_eq!(code, ReasonCode::CodecUnsupported);
    assert!(message.contains("JPEG") && message.contains("H.264"), "{message}");
    let sound = format!("{head}m=audio 0 RTP/AVP 0\r\na=control:sound\r\n");
    assert_eq!(reason_for(text(sound)).await.0, ReasonCode::CodecUnsupported);
}

#[tokio::test]
async fn nobody_but_the_camera_is_talked_to() {
    let canary = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let other = canary.local_addr().expect("its address");
    // A server of the kind that needs a TEARDOWN on a new connection, with another host as its base.
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=tool:LIVE555 Streaming Media v2016.01.29\r\n\
               m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:picture\r\n";
    let script = Script {
        auth: Auth::Basic,
        greeting: Greeting::Text(sdp.to_owned(), format!("Content-Base: rtsp://{other}/main/\r\n")),
        sessions: vec![vec![Step::Key, Step::Close]],
        ..Script::default()
    };
    let (site, camera) = (Site::new(), FakeCamera::start(script).await);
    let watched = site.watch_source(with_password(1, &camera, "village"));
    watched.until("reconnecting", |s| s.reconnects >= 2).await;
    site.end().await;
    assert!(timeout(Duration::from_millis(50), canary.accept()).await.is_err(), "somebody else was called");
}

#[tokio::test]
async fn a_stream_without_key_pictures_is_named() {
    let script = Script::sessions(vec![vec![Step::Forever(vec![Step::Delta])]]);
    let (site, camera) = (Site::new(), FakeCamera::start(script).await);
    let watched = site.watch(1, &camera.url());
    let status = watched.until_reason(ReasonCode::NoPicture).await;
    assert!(status.reason.expect("a reason").message.contains("key frame"));
    // The wait goes on in the same session, and ends with it.
    assert_eq!(Seen::of(&camera.seen.plays), 1);
    watched.until("trying again", |s| s.reconnects == 1).await;
    site.end().await;
}

#[tokio::test]
async fn a_late_key_picture_ends_the_wait() {
    let late = [vec![Step::Delta; 45], endless()].concat();
    let (site, camera) = (Site::new(), FakeCamera::start(Script::sessions(vec![late])).await);
    let mut watched = site.watch(1, &camera.url());
    watched.until_reason(ReasonCode::NoPicture).await;
    assert!(watched.picture().await.random_access);
    assert_eq!(watched.stream.status().borrow().state, State::Live);
    site.end().await;
    assert_eq!(Seen::of(&camera.seen.plays), 1);
}

#[tokio::test]
async fn a_hung_picture_is_stalled_then_offline_then_back() {
    let hang = [gop(10), vec![Step::Quiet(PATIENCE, true)]].concat();
    let (site, camera) = (Site::new(), FakeCamera::start(Script::sessions(vec![hang, endless()])).await);
    let mut watched = site.watch(1, &camera.url());
    let before = watched.pictures(10).await;
    let last = &before[9];
    let stalled = watched.until("stalled", |s| s.state == State::Stalled).await;
    assert_eq!(stalled.since, last.received, "the outage began with the last picture");
    let offline = watched.until_reason(ReasonCode::Silent).await;
    assert_eq!(offline.since, last.received);
    let after = watched.picture().await;
    assert!(after.run > last.run && after.start >= last.end() && after.random_access);
    let away = after.received - last.received;
    let most = DEADLINES.silence + DEADLINES.silence / 10 + Duration::from_secs(1) + PATIENCE / 10;
    assert!(away >= ticks(DEADLINES.silence) && away < ticks(most), "{away}");
    assert_eq!(watched.stream.status().borrow().state, State::Live);
    site.end().await;
}

#[tokio::test]
async fn a_short_stall_is_told_and_forgotten_within_the_session() {
    let pause = [gop(5), vec![Step::Quiet(DEADLINES.stalled + INTERVAL * 5, false)], endless()].concat();
    let (site, camera) = (Site::new(), FakeCamera::start(Script::sessions(vec![pause])).await);
    let mut watched = site.watch(1, &camera.url());
    watched.until("stalled", |s| s.state == State::Stalled).await;
    let status = watched.until_live().await;
    assert_eq!(status.reason, None);
    let units = watched.pictures(10).await;
    assert!(units.iter().all(|u| u.run == units[0].run));
    site.end().await;
    assert_eq!(Seen::of(&camera.seen.plays), 1);
}

#[tokio::test]
async fn the_outage_keeps_its_beginning_over_all_tries() {
    let (site, camera) = (Site::new(), FakeCamera::start(Script::default()).await);
    let mut watched = site.watch(1, &camera.url());
    watched.pictures(5).await;
    let address: SocketAddr = camera.address;
    drop(camera);
    let first = watched.until("offline", |s| s.state == State::Offline).await;
    let later = watched.until("retried", |s| s.reconnects >= 2 && s.state == State::Offline).await;
    assert_eq!(first.since, later.since);
    let back = Instant::now();
    let camera = FakeCamera::start_at(address, Script::default()).await;
    watched.until_live().await;
    assert!(back.elapsed() < Duration::from_secs(5), "{:?}", back.elapsed());
    watched.pictures(2).await;
    site.end().await;
    drop(camera);
}

#[tokio::test]
async fn garbage_is_counted_and_does_not_end_the_session() {
    let garbage = |n: u8| {
        vec![
            // A type that is not in RFC 6184, an empty payload, FU-A without an end, FU-A without a start.
            Step::Packet(vec![31, n, n], true),
            Step::Packet(vec![], false),
            Step::Packet(vec![28, 0x85, n, n, n], false),
            Step::Packet(vec![28, 0x45, n], true),
        ]
    };
    let steps: Vec<Step> = (0..5).flat_map(|n| [gop(10), garbage(n)].concat()).chain(endless()).collect();
    let (site, camera) = (Site::new(), FakeCamera::start(Script::sessions(vec![steps])).await);
    let mut watched = site.watch(1, &camera.url());
    let units = watched.pictures(70).await;
    assert!(units.iter().all(|u| u.run == units[0].run));
    let status = watched.until("counted", |s| s.lost_packets > 0).await;
    assert_eq!((status.state, Seen::of(&camera.seen.plays)), (State::Live, 1));
    site.end().await;
}

#[tokio::test]
async fn garbage_without_end_is_a_protocol_error() {
    let packets = vec![Step::Packet(vec![31, 1, 2], true); 10_000];
    let script = Script::sessions(vec![[gop(5), packets].concat(), endless()]);
    let (site, camera) = (Site::new(), FakeCamera::start(script).await);
    let watched = site.watch(1, &camera.url());
    watched.until_reason(ReasonCode::Protocol).await;
    watched.until_live().await;
    site.end().await;
}

#[tokio::test]
async fn lost_packets_are_counted_and_marked() {
    let lossy = [gop(10), vec![Step::Lose(3)], vec![Step::Delta; 5], endless()].concat();
    let (site, camera) = (Site::new(), FakeCamera::start(Script::sessions(vec![lossy])).await);
    let mut watched = site.watch(1, &camera.url());
    let units = watched.pictures(20).await;
    let marked: Vec<usize> = (0..20).filter(|n| units[*n].loss > 0).collect();
    assert_eq!((marked, units[10].loss), (vec![10], 3));
    watched.until("counted", |s| s.lost_packets == 3).await;
    site.end().await;
}

#[tokio::test]
async fn new_parameters_start_a_new_run() {
    let change = [
        gop(10),
        vec![Step::Switch(Coding::SmallerH264)],
        gop(10),
        vec![Step::Switch(Coding::H264)],
        endless(),
    ];
    let (site, camera) = (Site::new(), FakeCamera::start(Script::sessions(vec![change.concat()])).await);
    let mut watched = site.watch(1, &camera.url());
    let units = watched.pictures(30).await;
    let widths: Vec<u32> = [0, 9, 10, 19, 20, 29].map(|n| units[n].parameters.video.width).to_vec();
    assert_eq!(widths, [64, 64, 32, 32, 64, 64]);
    assert!(units[9].run < units[10].run && units[19].run < units[20].run && units[20].run == units[29].run);
    // No gap: the new run goes on where the old one ended.
    assert!((units[10].start - units[9].end()).abs() < TICKS_PER_SECOND / 5);
    site.end().await;
    assert_eq!(Seen::of(&camera.seen.plays), 1);
}

#[tokio::test]
async fn timestamp_faults_lose_nothing_and_lie_less_than_a_second() {
    let hour = 3600 * TICKS_PER_SECOND;
    let steps = [
        gop(10),
        vec![Step::Jump(hour)],
        vec![Step::Delta; 5],
        gop(10),
        vec![Step::Jump(-2 * hour)],
        vec![Step::Delta; 5],
        gop(10),
        vec![Step::Clock(false)],
        gop(15),
        gop(15),
        vec![Step::Clock(true)],
        endless(),
    ];
    // The RTP clock wraps within the first GOP as well.
    let script = Script { first_timestamp: u32::MAX - 9000, ..Script::sessions(vec![steps.concat()]) };
    let (site, camera) = (Site::new(), FakeCamera::start(script).await);
    let mut watched = site.watch(1, &camera.url());
    let units = watched.pictures(90).await;
    assert!(units.iter().all(|u| (u.start - u.received).abs() < TICKS_PER_SECOND));
    assert!(units.windows(2).all(|w| w[1].start - w[0].start < TICKS_PER_SECOND));
    assert!(units[9].run == units[14].run && units[14].run < units[15].run, "a new run at the next key");
    assert_eq!(watched.stream.status().borrow().state, State::Live);
    site.end().await;
    assert_eq!(Seen::of(&camera.seen.plays), 1);
}

#[tokio::test]
async fn b_frames_are_refused_by_name_and_not_published_again() {
    let group = vec![Step::DeltaAt(2), Step::DeltaAt(-1), Step::DeltaAt(-1)];
    let script = Script::sessions(vec![vec![Step::Key, Step::Forever(group)]]);
    let (site, camera) = (Site::new(), FakeCamera::start(script).await);
    let watched = site.watch(1, &camera.url());
    let status = watched.until_reason(ReasonCode::BFrames).await;
    assert!(status.reason.expect("a reason").message.contains("B-frames"));
    site.end().await;
}

#[tokio::test]
async fn h265_starts_at_cra_and_drops_rasl() {
    let with_type = |kind: u8| {
        let mut nal = clips::H265_DELTA.to_vec();
        nal[0] = kind << 1;
        Step::Nal(nal)
    };
    let cra = [Step::Key, Step::Delta, Step::Delta, with_type(21), with_type(9), with_type(8), Step::Delta];
    let script =
        Script { coding: Coding::H265, ..Script::sessions(vec![[cra.to_vec(), endless()].concat()]) };
    let (site, camera) = (Site::new(), FakeCamera::start(script).await);
    let mut watched = site.watch(1, &camera.url());
    let kinds: Vec<u8> = watched.pictures(6).await.iter().map(|u| (u.data[4] >> 1) & 0x3f).collect();
    assert_eq!(kinds, [20, 1, 1, 21, 1, 20]);
    let status = watched.until_live().await;
    assert!(status.picture.is_some_and(|p| p.codec.starts_with("hvc1") && p.width == 64));
    site.end().await;
}

#[tokio::test]
async fn sound_is_passed_through_as_aac_and_named_otherwise() {
    let beat = (0..5).flat_map(|_| [Step::Sound, Step::Delta, Step::Delta]);
    let talk = vec![Step::Forever(std::iter::once(Step::Key).chain(beat).collect())];
    let talking = Script { sound: Some("AAC"), ..Script::sessions(vec![talk]) };
    let (site, aac) = (Site::new(), FakeCamera::start(talking).await);
    let mut watched = site.watch(1, &aac.url());
    let mut sounds = Vec::new();
    while sounds.len() < 5 {
        let unit = watched.unit().await;
        if unit.track == Track::Audio {
            sounds.push(unit);
        }
    }
    assert!(sounds.iter().all(|u| u.duration == 5760 && u.data[..] == [0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c]));
    assert!(sounds.windows(2).all(|w| w[0].start < w[1].start && w[0].run == w[1].run));
    let picture = watched.until_live().await.picture.expect("a picture");
    assert!(picture.audio && picture.mime.contains("mp4a.40.2"));
    let alaw = FakeCamera::start(Script { sound: Some("PCMA"), ..Script::default() }).await;
    let picture = site.watch(2, &alaw.url()).until_live().await.picture.expect("a picture");
    assert_eq!((picture.audio, picture.audio_not_recorded.as_deref()), (false, Some("pcma")));
    site.end().await;
}

#[tokio::test]
async fn the_cameras_clock_is_told() {
    let steps = [vec![Step::Key, Step::Report(3600)], endless()].concat();
    let (site, camera) = (Site::new(), FakeCamera::start(Script::sessions(vec![steps])).await);
    let watched = site.watch(1, &camera.url());
    let status = watched.until("told", |s| s.camera_clock_offset_s.is_some()).await;
    assert!(status.camera_clock_offset_s.is_some_and(|s| (s - 3600.0).abs() < 2.0));
    site.end().await;
}

#[tokio::test]
async fn a_flood_ends_that_camera_only() {
    let mut nal = vec![0x41];
    nal.resize(400_000, 0xaa);
    let flood = [vec![Step::Key], vec![Step::Forever(vec![Step::Nal(nal)])]].concat();
    let (site, good) = (Site::new(), FakeCamera::start(Script::default()).await);
    let bad = FakeCamera::start(Script::sessions(vec![flood])).await;
    let mut watched = site.watch(1, &good.url());
    watched.picture().await;
    let flooded = site.watch(2, &bad.url());
    let status = flooded.until_reason(ReasonCode::Protocol).await;
    assert!(status.reason.expect("a reason").message.contains("Mbit/s"));
    let units = watched.pictures(50).await;
    assert!(units.iter().all(|u| u.run == units[0].run && u.loss == 0));
    site.end().await;
}

#[tokio::test]
async fn one_cameras_trouble_is_not_anothers() {
    let site = Site::new();
    let good = FakeCamera::start(Script::default()).await;
    let bad = [
        FakeCamera::start(greeting(Greeting::Never)).await,
        FakeCamera::start(greeting(Greeting::HugeLength)).await,
        FakeCamera::start(Script::sessions(vec![vec![Step::Raw(b"\r\nGET / HTTP/9 \xff\xfe\r\n".to_vec())]]))
            .await,
        FakeCamera::start(Script::sessions(vec![[gop(3), vec![Step::Close]].concat()])).await,
    ];
    let mut watched = site.watch(1, &good.url());
    let first = watched.picture().await;
    let troubled: Vec<Watched> =
        bad.iter().zip(2..).map(|(camera, key)| site.watch(key, &camera.url())).collect();
    for other in &troubled {
        other.until("offline", |s| s.state == State::Offline).await;
    }
    let units = watched.pictures(50).await;
    assert!(units.iter().all(|u| u.run == first.run && u.loss == 0));
    site.end().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_camera_that_hangs() {
    let hung = FakeCamera::start(greeting(Greeting::Never)).await;
    let hub = Hub::new();
    let ingest = Ingest::new(hub.clone(), SystemClock::shared(), Limits::default());
    let (tasks, stop) = (Tasks::new(), Stop::new());
    tasks.spawn("stream", ingest.run_stream(source(1, &hung.url()), stop.child()));
    let connected = async {
        while Seen::of(&hung.seen.describes) == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, connected).await.expect("it is asked");
    let begun = Instant::now();
    stop.request();
    timeout(PATIENCE, tasks.finished()).await.expect("it ends");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_new_run_does_not_start_before_what_is_recorded() {
    let (site, camera) = (Site::new(), FakeCamera::start(Script::default()).await);
    let recorded = site.clock.now() + 2 * TICKS_PER_SECOND;
    site.ingest.recorded_until(StreamKey(1), recorded);
    let mut watched = site.watch(1, &camera.url());
    let units = watched.pictures(10).await;
    assert_eq!(units[0].start, recorded);
    assert!((units[9].start - units[0].start - 9 * ticks(INTERVAL)).abs() < TICKS_PER_SECOND / 10);
    site.end().await;
}

/// Runs [`reconnects_leak_nothing_alone`] in a process of its own: other tests open descriptors meanwhile.
#[test]
fn reconnects_leak_nothing() {
    let program = std::env::current_exe().expect("this program");
    let name = "ingest::reconnects_leak_nothing_alone";
    let done =
        std::process::Command::new(program).args([name, "--exact", "--ignored"]).output().expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
}

#[tokio::test]
#[ignore = "run by reconnects_leak_nothing"]
async fn reconnects_leak_nothing_alone() {
    const STREAMS: i64 = 125;
    let descriptors = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let short = Script::sessions(vec![[gop(2), vec![Step::Close]].concat()]);
    let (site, camera) = (Site::new(), FakeCamera::start(short).await);
    let before = descriptors();
    let all: Vec<Watched> = (0..STREAMS).map(|key| site.watch(key, &camera.url())).collect();
    for watched in &all {
        watched.until("reconnecting", |s| s.reconnects >= 4).await;
    }
    assert!(Seen::of(&camera.seen.plays) >= 500);
    site.end().await;
    let gone = async {
        while descriptors() > before {
            tokio::time::sleep(INTERVAL).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("all descriptors are closed");
}

async fn probed(script: Script, deadline: Duration) -> ProbeReport {
    let camera = FakeCamera::start(script).await;
    let source = source(1, &camera.url());
    let request = ProbeRequest {
        url: source.url,
        credentials: source.credentials,
        transport: source.transport,
        networks: source.networks,
    };
    let begun = Instant::now();
    let report = probe(request, deadline).await;
    assert!(begun.elapsed() < deadline + Duration::from_secs(2));
    report
}

fn codes(report: &ProbeReport, level: Level) -> Vec<&'static str> {
    report.checks.iter().filter(|c| c.level == level).map(|c| c.code).collect()
}

#[tokio::test]
async fn a_probe_tells_what_a_camera_sends() {
    let steps = [vec![Step::Report(3600)], endless()].concat();
    let script = Script { sound: Some("PCMA"), ..Script::sessions(vec![steps]) };
    let report = probed(script, Duration::from_secs(15)).await;
    assert!(report.ok(), "{report:?}");
    assert!(report.codec.as_ref().is_some_and(|c| c.starts_with("avc1.42")));
    assert_eq!((report.width, report.height), (Some(64), Some(48)));
    assert_eq!((report.gop_ms, report.audio.as_deref()), (Some(200), Some("pcma")));
    assert!(report.fps.is_some_and(|f| (f - 50.0).abs() < 1.0) && report.kbps.is_some());
    assert_eq!(codes(&report, Level::Warn), ["no_password", "clock_off", "sound_not_recorded"]);
}

#[tokio::test]
async fn a_probe_names_what_is_wrong() {
    let short = Duration::from_millis(1500);
    let absent = probed(greeting(Greeting::Status(404)), short).await;
    assert_eq!((codes(&absent, Level::Error), absent.ok()), (vec!["not_found"], false));
    let hung = probed(greeting(Greeting::Never), short).await;
    assert_eq!(codes(&hung, Level::Error), ["unreachable"]);
    let group = vec![Step::DeltaAt(2), Step::DeltaAt(-1), Step::DeltaAt(-1)];
    let reordered = probed(Script::sessions(vec![vec![Step::Key, Step::Forever(group)]]), short).await;
    assert_eq!(codes(&reordered, Level::Error), ["b_frames"]);
    let keyless = probed(Script::sessions(vec![vec![Step::Forever(vec![Step::Delta])]]), short).await;
    assert_eq!(codes(&keyless, Level::Error), ["no_key_frame"]);
    let h265 = probed(Script { coding: Coding::H265, ..Script::default() }, short).await;
    assert!(codes(&h265, Level::Warn).contains(&"h265") && h265.ok());
}

#[tokio::test]
async fn nobody_leads_the_recorder_to_what_listens_on_its_own_machine() {
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = canary.local_addr().expect("an address").port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        let source = source(1, &format!("rtsp://{host}:{port}/a"));
        let request = ProbeRequest {
            url: source.url,
            credentials: None,
            transport: Transport::Tcp,
            networks: CameraNetworks::Usual,
        };
        let report = probe(request, Duration::from_secs(3)).await;
        let codes: Vec<&str> = report.checks.iter().map(|check| check.code).collect();
        assert_eq!(codes, ["not_allowed"], "{host}");
    }
    let connected = tokio::time::timeout(Duration::from_millis(100), canary.accept()).await;
    assert!(connected.is_err(), "nobody came");
    // A stream that stands in the catalogue from before is not spoken to either, and says why.
    let camera = FakeCamera::start(Script::default()).await;
    let site = Site::new();
    let watched =
        site.watch_source(StreamSource { networks: CameraNetworks::Usual, ..source(1, &camera.url()) });
    let status = watched.until("offline", |s| s.state == State::Offline).await;
    assert_eq!(status.reason.expect("a reason").code, ReasonCode::NotAllowed);
    site.end().await;
}
