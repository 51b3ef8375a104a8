//! A camera with footage, and what players make of it.

use std::process::Command;

use lanewatch::base::{StreamKind, TICKS_PER_SECOND};
use lanewatch::catalogue::{NewCamera, Scope};
use lanewatch::http::Limits;
use lanewatch::playback::Source;
use serde_json::Value;

use super::bench::{Bench, now};
use super::client::{Client, Reply};
use crate::support::footage::{Clip, Lane, Rooms, decoded, run, test_card};

pub(super) const FPS: u32 = 10;
/// Ticks of a picture.
pub(super) const PICTURE: i64 = TICKS_PER_SECOND / FPS as i64;
/// Pictures of a GOP.
pub(super) const GOP: u32 = 10;
/// Pictures before the gap and after it, and its seconds.
pub(super) const BEFORE: usize = 80;
pub(super) const AFTER: usize = 60;
pub(super) const GAP: i64 = 5;

/// A camera that filmed 8 s, was away for 5, and filmed 6 s more.
pub(super) struct Filmed {
    pub(super) bench: Bench,
    pub(super) client: Client,
    pub(super) token: String,
    pub(super) clip: Clip,
    pub(super) source: Source,
}

impl Filmed {
    pub(super) async fn new() -> Self {
        let mut filmed = Self::begin().await;
        let mut lane = filmed.lane().await;
        lane.show(&filmed.clip.pictures[..BEFORE], PICTURE as u32).await;
        lane.lose(GAP * TICKS_PER_SECOND).await;
        lane.show(&filmed.clip.pictures[BEFORE..], PICTURE as u32).await;
        filmed.source = lane.source;
        lane.end().await;
        filmed
    }

    pub(super) async fn begin() -> Self {
        Self::begin_with(Limits::default()).await
    }

    pub(super) async fn begin_with(limits: Limits) -> Self {
        let bench = Bench::with(limits).await;
        let clip = test_card(bench.folder.path(), ((BEFORE + AFTER) / FPS as usize) as u32, FPS, GOP);
        let url = "rtsp://10.0.0.7/main".parse().expect("address");
        let camera = bench.catalogue.add_camera(NewCamera::new("Ngõ 7", url)).await.expect("camera");
        let source = Source { key: camera.streams[0].key, id: camera.streams[0].id };
        let client = bench.machine("admin").await;
        let token = client.bearer.clone().expect("a token");
        Self { bench, client, token, clip, source }
    }

    pub(super) async fn lane(&self) -> Lane {
        self.lane_of(StreamKind::Main).await
    }

    /// Of a stream of the camera.
    pub(super) async fn lane_of(&self, kind: StreamKind) -> Lane {
        let Bench { catalogue, volumes, hub, clock, .. } = &self.bench;
        let rooms = Rooms {
            catalogue: catalogue.clone(),
            volumes: volumes.clone(),
            hub: hub.clone(),
            clock: clock.clone(),
        };
        let camera =
            catalogue.camera(Scope::everything(), "ngo-7").await.expect("catalogue").expect("camera");
        Lane::begin(&rooms, &camera, kind, self.clip.parameters.clone()).await
    }

    /// Path of a resource of the camera for a range in ticks after the start.
    pub(super) fn path(&self, resource: &str, from: i64, to: i64) -> String {
        let at = |ticks: i64| (now() + ticks).rfc3339();
        format!("/api/v1/cameras/ngo-7/{resource}?from={}&to={}", at(from), at(to))
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        let reply = self.client.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply
    }

    pub(super) async fn part(&mut self, path: &str, range: &str) -> Reply {
        self.client.send("GET", path, &[("Range", range)], None).await
    }

    /// The pictures that ffmpeg shows of an answer's body.
    #[expect(clippy::disallowed_methods, reason = "a file of the test's own, for ffmpeg to read")]
    pub(super) fn shown(&self, reply: &Reply) -> Vec<String> {
        let file = self.bench.folder.path().join("answer.mp4");
        std::fs::write(&file, &reply.body).expect("written");
        decoded(file.to_str().expect("a plain path"))
    }

    /// The bytes that the command line exports of a range, beside the service.
    pub(super) fn exported(&self, from: i64, to: i64) -> Vec<u8> {
        let out = self.bench.folder.path().join("exported.mp4");
        let done = Command::new(env!("CARGO_BIN_EXE_lanewatch"))
            .args(["export", "--camera", "ngo-7", "--from", &(now() + from).rfc3339()])
            .args(["--to", &(now() + to).rfc3339(), "--data"])
            .args([self.bench.folder.path(), &out])
            .output()
            .expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::read(&out).expect("a file")
    }

    /// What ffprobe says of the packets behind an address: each its time in seconds and whether it is a key picture.
    pub(super) async fn packets(&self, path: &str) -> Vec<(f64, bool)> {
        let url = format!("http://{}{path}", self.bench.address);
        let token = format!("Authorization: Bearer {}\r\n", self.token);
        // The server runs on this thread.
        let asked = tokio::task::spawn_blocking(move || {
            let what = ["-show_entries", "packet=pts_time,flags", "-of", "json"];
            run("ffprobe", ["-headers", &token].into_iter().chain(what).chain([url.as_str()]))
        });
        let asked = asked.await.expect("no panic");
        let said: Value = serde_json::from_slice(&asked.stdout).expect("JSON");
        let packet = |p: &Value| {
            let time = p["pts_time"].as_str().and_then(|t| t.parse().ok()).expect("a time");
            (time, p["flags"].as_str().expect("flags").starts_with('K'))
        };
        said["packets"].as_array().expect("packets").iter().map(packet).collect()
    }
}
