//! Footage without a camera: pictures go through the hub and the real recorder into files and rows.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lanewatch::base::{Clock, Result, SimClock, Stop, StreamKind, Tasks, Ticks};
use lanewatch::catalogue::{Camera, Catalogue, Scope};
use lanewatch::hub::{Hub, Limits, Reason, ReasonCode, State, Stream};
use lanewatch::media::{AccessUnit, Codec, Parameters, Track, VideoParameters};
use lanewatch::playback::Source;
use lanewatch::record::{RecordedStream, Recorder};
use lanewatch::storage::Volumes;
use tokio::task::JoinHandle;

/// The rooms that a recording goes through.
#[derive(Clone)]
pub struct Rooms {
    pub catalogue: Catalogue,
    pub volumes: Volumes,
    pub hub: Hub,
    pub clock: Arc<SimClock>,
}

/// One picture as a sample holds it.
#[derive(Clone, Debug)]
pub struct Picture {
    pub key: bool,
    pub data: Bytes,
}

/// Bytes that may wait for the disk before the camera waits too.
const WAITING: usize = 32 << 20;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream whose camera is this program: it shows what it is told, at the clock that it moves. Needs a runtime of one
/// thread: then the recorder has its turn after every picture, however fast they come.
pub struct Lane {
    pub source: Source,
    rooms: Rooms,
    stream: Arc<Stream>,
    parameters: Arc<Parameters>,
    run: u64,
    recording: bool,
    stop: Stop,
    recorder: JoinHandle<Result<Ticks>>,
}

impl Lane {
    /// Begins to record a stream of a camera that is in the catalogue.
    pub async fn begin(rooms: &Rooms, camera: &Camera, kind: StreamKind, parameters: Parameters) -> Self {
        let known = camera.stream(kind).expect("the camera has the stream");
        let now = rooms.clock.now();
        let stream = rooms.hub.ensure(known.key, Limits::default(), now);
        stream.set_status(|s| s.state = State::Live);
        let Rooms { catalogue, volumes, hub, clock } = rooms.clone();
        let recorded = RecordedStream {
            key: known.key,
            id: known.id,
            kind,
            camera: camera.id,
            camera_name: camera.name.clone(),
            group: known.group.clone(),
            since: now,
        };
        let stop = Stop::new();
        let work = Recorder::new(catalogue, volumes, hub, clock).run_stream(recorded, stop.clone());
        let recorder = Tasks::new().spawn("recorder", work);
        // Subscribed is what it is after its first turn.
        tokio::task::yield_now().await;
        Self {
            source: Source { key: known.key, id: known.id },
            rooms: rooms.clone(),
            stream,
            parameters: Arc::new(parameters),
            run: 1,
            recording: false,
            stop,
            recorder,
        }
    }

    /// Shows pictures, each for so many ticks; whoever watches has a turn after each.
    pub async fn show<'a>(&mut self, pictures: impl IntoIterator<Item = &'a Picture>, ticks: u32) {
        for picture in pictures {
            self.publish(picture, ticks);
            tokio::task::yield_now().await;
            if !self.recording {
                self.wait_for_recorder().await;
            }
            while self.rooms.volumes.waiting_bytes() > WAITING {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Shows one picture before anybody has a turn.
    pub fn publish(&self, picture: &Picture, ticks: u32) {
        let now = self.rooms.clock.now();
        self.stream.publish(Arc::new(AccessUnit {
            track: Track::Video,
            run: self.run,
            start: now,
            duration: ticks,
            random_access: picture.key,
            data: picture.data.clone(),
            parameters: Arc::clone(&self.parameters),
            received: now,
            loss: 0,
        }));
        self.rooms.clock.advance(i64::from(ticks));
    }

    /// Waits until the growing file, as players see it, reaches an instant.
    pub async fn wait_for_file(&self, end: Ticks) {
        let key = self.source.key;
        let filed = async {
            while self
                .rooms
                .catalogue
                .newest(Scope::everything(), key)
                .await
                .expect("rows")
                .is_none_or(|newest| newest < end)
            {
                // A recorder looks how far its file is whenever it hears something.
                self.stream.set_status(|s| s.units += 1);
            }
        };
        tokio::time::timeout(PATIENCE, filed).await.expect("the file grows");
    }

    /// The camera is gone for so many ticks; what comes then is a new run.
    pub async fn lose(&mut self, ticks: i64) {
        let message = "the camera cannot be reached".to_owned();
        let reason = Reason { code: ReasonCode::Unreachable, message };
        self.stream.set_status(|s| (s.state, s.reason) = (State::Offline, Some(reason)));
        let noticed = async {
            while self.rooms.catalogue.lasting_gap(self.source.key).await.expect("catalogue").is_none() {}
        };
        tokio::time::timeout(PATIENCE, noticed).await.expect("a gap begins");
        self.rooms.clock.advance(ticks);
        self.stream.set_status(|s| (s.state, s.reason) = (State::Live, None));
        self.run += 1;
    }

    /// Ends the recording; everything is on disk and in the catalogue.
    pub async fn end(self) {
        self.stop.request();
        self.recorder.await.expect("no panic").expect("recorded");
        self.rooms.catalogue.flush().await.expect("written");
    }

    /// A recorder reads the catalogue before its first picture; until then it would miss what leaves the ring.
    async fn wait_for_recorder(&mut self) {
        let begun = async {
            let key = self.source.key;
            while !self
                .rooms
                .catalogue
                .unfinished_segments()
                .await
                .expect("rows")
                .iter()
                .any(|s| s.stream == key)
            {}
        };
        tokio::time::timeout(PATIENCE, begun).await.expect("a segment begins");
        self.recording = true;
    }
}

/// Moving pictures, and what a decoder makes of them.
pub struct Clip {
    pub parameters: Parameters,
    pub pictures: Vec<Picture>,
    /// Hash of every decoded picture; no two are alike.
    pub decoded: Vec<String>,
}

/// A test card that moves, 320 x 180, in H.264: so many pictures a second, and in a GOP.
pub fn test_card(folder: &Path, seconds: u32, fps: u32, gop: u32) -> Clip {
    let file = folder.join("test-card.h264");
    let shown = file.to_str().expect("a plain path");
    ffmpeg(&format!(
        "-f lavfi -i testsrc=size=320x180:rate={fps} -t {seconds} -c:v libx264 -preset ultrafast -profile:v baseline \
         -threads 1 -g {gop} -keyint_min {gop} -sc_threshold 0 -b:v 150k -pix_fmt yuv420p -f h264 {shown}"
    ));
    let stream = std::fs::read(&file).expect("written");
    let nals = annex_b(&stream);
    let of_type = |kind: u8| nals.iter().find(move |n| n[0] & 0x1f == kind).expect("x264 makes one");
    let parameters = Parameters::new(video(of_type(7), of_type(8), (320, 180)), None);
    let slices = nals.iter().filter(|n| matches!(n[0] & 0x1f, 1 | 5));
    let picture = |slice: &&[u8]| Picture { key: slice[0] & 0x1f == 5, data: with_length(slice).into() };
    let pictures: Vec<Picture> = slices.map(picture).collect();
    assert_eq!(pictures.len() as u32, seconds * fps, "one slice a picture");
    Clip { parameters, pictures, decoded: decoded(shown) }
}

/// Hashes of the pictures that a player shows of a file or an address; it must not complain.
pub fn decoded(input: &str) -> Vec<String> {
    let made = ffmpeg(&format!("-i {input} -map 0:v -fps_mode passthrough -f framemd5 -"));
    let text = String::from_utf8(made.stdout).expect("text");
    let hashes = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.rsplit(", ").next());
    hashes.map(|hash| hash.trim().to_owned()).collect()
}

/// Decoder parameters out of a baseline stream's parameter sets.
pub fn video(sps: &[u8], pps: &[u8], (width, height): (u16, u16)) -> VideoParameters {
    let mut avcc = vec![1, sps[1], sps[2], sps[3], 0xff, 0xe1];
    for (count, set) in [(None, sps), (Some(1), pps)] {
        avcc.extend(count);
        avcc.extend_from_slice(&(set.len() as u16).to_be_bytes());
        avcc.extend_from_slice(set);
    }
    // ISO/IEC 14496-12 section 12.1.3: data reference 1, the size, 72 dpi, one picture a sample, no name, 24 bits.
    let mut entry = [&[0; 6][..], &[0, 1], &[0; 16], &width.to_be_bytes(), &height.to_be_bytes()].concat();
    entry.extend_from_slice(&[0, 0x48, 0, 0, 0, 0x48, 0, 0, 0, 0, 0, 0, 0, 1]);
    entry.extend_from_slice(&[0; 32]);
    entry.extend_from_slice(&[0, 0x18, 0xff, 0xff]);
    entry.extend(boxed(b"avcC", &avcc));
    VideoParameters {
        codec: Codec::H264,
        sample_entry: boxed(b"avc1", &entry).into(),
        codec_string: format!("avc1.{:02x}{:02x}{:02x}", sps[1], sps[2], sps[3]),
        width: width.into(),
        height: height.into(),
    }
}

/// Runs ffmpeg, which must not complain.
pub fn ffmpeg(arguments: &str) -> Output {
    run("ffmpeg", ["-nostdin"].into_iter().chain(arguments.split_ascii_whitespace()))
}

/// Runs a program of ffmpeg's, which must not complain.
pub fn run<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Output {
    let done = Command::new(program).args(["-v", "warning"]).args(arguments).stdin(Stdio::null()).output();
    let done = done.unwrap_or_else(|e| panic!("{program} cannot be run ({e}); apt-get install ffmpeg"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.is_empty(), "{program}: {said}");
    done
}

fn with_length(nal: &[u8]) -> Vec<u8> {
    [&(nal.len() as u32).to_be_bytes(), nal].concat()
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes(), &kind[..], content].concat()
}

/// NAL units of a byte stream (ITU-T H.264 annex B).
fn annex_b(stream: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> =
        stream.windows(3).enumerate().filter(|(_, w)| w == &[0, 0, 1]).map(|(at, _)| at + 3).collect();
    let ends = starts.iter().skip(1).map(|next| next - 3).chain([stream.len()]);
    let trimmed = |(from, to): (&usize, usize)| {
        let nal = &stream[*from..to];
        &nal[..nal.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1)]
    };
    starts.iter().zip(ends).map(trimmed).collect()
}
