//! A real recorder whose volume is small.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lanewatch::base::{SharedClock, Stop, TICKS_PER_SECOND, Ticks, TimeRange};
use lanewatch::catalogue::{Camera, Catalogue, GapCause, Scope, Stream};
use lanewatch::config::Days;
use lanewatch::hub::{Hub, Limits};
use lanewatch::media::{AccessUnit, Codec, Parameters, Track, VideoParameters};
use lanewatch::record::{RecordedStream, Recorder};
use lanewatch::storage::Volumes;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::site::{MIB, MINUTE, Site, now};

/// No test waits longer than this for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Ticks of a picture.
const PICTURE: i64 = TICKS_PER_SECOND / 10;
/// Ticks of a GOP.
const GOP: i64 = TICKS_PER_SECOND;

/// A stream whose pictures are made here, and its recorder.
pub(super) struct Filmed {
    pub(super) stream: Stream,
    hub: Hub,
    parameters: Arc<Parameters>,
    /// Start of the next picture.
    next: Ticks,
    pub(super) stop: Stop,
    pub(super) recorder: JoinHandle<lanewatch::base::Result<Ticks>>,
}

impl Filmed {
    pub(super) fn begin(
        camera: &Camera,
        (catalogue, volumes, clock): (&Catalogue, &Volumes, SharedClock),
        full: Arc<Notify>,
        tasks: &lanewatch::base::Tasks,
    ) -> Self {
        let stream = camera.streams[0].clone();
        let (hub, stop, next) = (Hub::new(), Stop::new(), clock.now());
        // Faster than life: what waits for the recorder must not be dropped.
        hub.ensure(stream.key, Limits { ticks: 60 * MINUTE, ..Limits::default() }, next);
        let recorder = Recorder::new(catalogue.clone(), volumes.clone(), hub.clone(), clock);
        let recorded = RecordedStream::new(camera, &stream, next);
        let recorder =
            tasks.spawn("recorder", recorder.calling_when_full(full).run_stream(recorded, stop.clone()));
        let video = VideoParameters {
            codec: Codec::H264,
            sample_entry: Bytes::from_static(b"\0\0\0\x08avc1"),
            codec_string: "avc1.640028".to_owned(),
            width: 640,
            height: 360,
        };
        Self { stream, hub, parameters: Arc::new(Parameters::new(video, None)), next, stop, recorder }
    }

    /// Films one GOP of `bytes`.
    pub(super) async fn gop(&mut self, bytes: usize) {
        let pictures = GOP / PICTURE;
        for n in 0..pictures {
            self.picture(n == 0, bytes / pictures as usize).await;
        }
    }

    /// Films one GOP of `bytes`, and goes on with next to nothing until its beginning is in the file: faster than life,
    /// but never ahead of the disk.
    pub(super) async fn recorded_gop(&mut self, catalogue: &Catalogue, bytes: usize) {
        let (start, stream) = (self.next, self.stream.key);
        self.gop(bytes).await;
        until("recorded", async || {
            self.picture(false, 10).await;
            catalogue
                .newest(Scope::everything(), stream)
                .await
                .expect("newest")
                .is_some_and(|end| end > start)
        })
        .await;
    }

    async fn picture(&mut self, key: bool, bytes: usize) {
        self.hub.get(self.stream.key).expect("the stream").publish(Arc::new(AccessUnit {
            track: Track::Video,
            run: 1,
            start: self.next,
            duration: PICTURE as u32,
            random_access: key,
            data: Bytes::from(vec![7; bytes]),
            parameters: Arc::clone(&self.parameters),
            received: self.next,
            loss: 0,
        }));
        self.next += PICTURE;
        tokio::task::yield_now().await;
    }

    /// Ends the recording and waits until its last row is written.
    pub(super) async fn end(self, catalogue: &Catalogue) {
        self.stop.request();
        let ended = timeout(PATIENCE, self.recorder).await.expect("it ends when asked");
        ended.expect("no panic").expect("no error");
        catalogue.flush().await.expect("flush");
    }
}

/// Waits until something is so; the catalogue says when.
pub(super) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(PATIENCE, wait).await.is_ok(), "never {what}");
}

#[tokio::test]
async fn a_recorder_stays_within_its_budget_for_ever() {
    const BUDGET: u64 = 8 * MIB;
    let mut site = Site::new(&[BUDGET], Days::default()).await;
    let camera = site.camera("Ngõ 7").await;
    let rooms = (&site.catalogue, &site.volumes, site.clock.clone() as SharedClock);
    let mut film = Filmed::begin(&camera, rooms, site.retention.hurry(), &site.tasks);
    let stream = film.stream.clone();
    let (mut held, whole) = (None, TimeRange::new(now(), now() + 999 * MINUTE));
    for _ in 0..900 {
        film.recorded_gop(&site.catalogue, 15_000).await;
        site.clock.advance(GOP);
        if held.is_none() {
            let rows =
                site.catalogue.segments(Scope::everything(), stream.key, whole, 9).await.expect("segments");
            if let Some(third) = rows.iter().filter(|s| s.is_complete()).nth(2) {
                held = Some(third.id);
                site.lock(&camera, third.range(), None).await;
            }
        }
        assert_eq!(site.sweep().await.volumes[0].trouble, None, "{}", film.next);
        let bytes = site.bytes(0);
        assert!(bytes <= BUDGET, "{}: {bytes}", film.next);
    }
    let end = film.next;
    film.end(&site.catalogue).await;
    site.sweep().await;
    site.assert_files_and_rows_agree().await;

    let spans = site.catalogue.spans(Scope::everything(), stream.key, whole).await.expect("spans");
    let gaps = site.catalogue.gaps(Scope::everything(), stream.key, whole).await.expect("gaps");
    let held =
        site.catalogue.segment(Scope::everything(), held.expect("one is held")).await.expect("segment");
    assert!(held.is_some_and(|s| s.held), "what is held is there");
    assert!(gaps.iter().all(|gap| gap.cause == GapCause::Retention), "{gaps:?}");
    let recorded: i64 = spans.iter().map(|s| s.ticks()).sum();
    let gone: i64 = gaps.iter().map(|g| g.to.expect("it is over") - g.from).sum();
    assert_eq!(recorded + gone, end - now(), "every second is footage or a gap");
    assert!(gone > MINUTE, "more was filmed than fits");
    site.assert_sound(end).await;
}
