//! Timeline, days and storage, from rows as the recorder writes them.

use lanewatch::base::{SegmentId, StreamKey, TICKS_PER_SECOND, Ticks, TimeRange};
use lanewatch::catalogue::{GapCause, NewSegment, Scope, SealedSegment, SegmentState};
use lanewatch::media::ParametersHash;
use serde_json::json;

use super::bench::Bench;

const MINUTE: i64 = 60 * TICKS_PER_SECOND;

fn at(text: &str) -> Ticks {
    Ticks::parse(text).expect("time")
}

impl Bench {
    /// One hour of footage from 06:30 UTC, with a gap of ten minutes in it. Answers the camera's main stream.
    async fn with_footage(&self) -> StreamKey {
        let mut client = self.admin().await;
        client.post("/api/v1/cameras", json!({"name": "Ngõ 7", "main_url": "rtsp://10.0.0.7/main"})).await;
        let camera =
            self.catalogue.camera(Scope::everything(), "ngo-7").await.expect("catalogue").expect("camera");
        let stream = camera.streams[0].key;
        let from = at("2026-11-22T06:30:00Z");
        for n in (0..60).filter(|n| !(20..30).contains(n)) {
            let new = NewSegment {
                id: SegmentId::fresh(from + n * MINUTE),
                stream,
                start: from + n * MINUTE,
                volume: self.volume,
                run: 1 + n / 30,
                parameters_hash: ParametersHash([1; 16]),
                first_offset: 1000,
            };
            self.catalogue.begin_segment(new.clone());
            self.catalogue.seal_segment(SealedSegment {
                new,
                duration: MINUTE,
                bytes: 10_000_000,
                frag_index: Vec::new().into(),
                chain_hash: [0; 32],
                state: SegmentState::Sealed,
            });
        }
        let gap = TimeRange::new(from + 20 * MINUTE, from + 30 * MINUTE);
        self.catalogue.put_gap(stream, gap, GapCause::CameraLost);
        self.catalogue.open_gap(stream, from + 60 * MINUTE, GapCause::CameraAuth);
        self.catalogue.flush().await.expect("written");
        stream
    }
}

#[tokio::test]
async fn the_timeline_shows_spans_and_gaps_of_each_camera() {
    let bench = Bench::new().await;
    bench.with_footage().await;
    let mut client = bench.admin().await;
    let day = "from=2026-11-22T00:00:00%2B07:00&to=2026-11-23T00:00:00%2B07:00";
    let seen =
        client.get(&format!("/api/v1/timeline?cameras=ngo-7&{day}&rendition=sub&bucket=PT60S")).await.json();
    assert_eq!(seen["bucket_s"], 60.0);
    let line = &seen["cameras"][0];
    assert_eq!(line["oldest_at"], "2026-11-22T06:30:00.000Z");
    assert_eq!((&line["live_edge"], &line["motion"]), (&json!(null), &json!([])));
    assert_eq!(
        line["spans"],
        json!([
            {"from": "2026-11-22T06:30:00.000Z", "to": "2026-11-22T06:50:00.000Z"},
            {"from": "2026-11-22T07:00:00.000Z", "to": "2026-11-22T07:30:00.000Z"},
        ])
    );
    assert_eq!(
        line["gaps"],
        json!([
            {"from": "2026-11-22T06:50:00.000Z", "to": "2026-11-22T07:00:00.000Z", "cause": "camera_lost"},
            {"from": "2026-11-22T07:30:00.000Z", "to": "2026-11-22T15:00:00.000Z", "cause": "camera_auth"},
        ])
    );
    let all = client.get(&format!("/api/v1/timeline?{day}")).await.json();
    assert_eq!(all["cameras"][0]["spans"], line["spans"]);

    for (status, query) in [
        (404, format!("cameras=ngo-8&{day}")),
        (422, "from=2026-11-22T00:00:00Z&to=2026-11-22T00:00:00Z".to_owned()),
        (422, "from=2026-01-22T00:00:00Z&to=2026-11-22T00:00:00Z".to_owned()),
        (422, format!("{day}&bucket=60")),
        (400, "from=yesterday&to=2026-11-22T00:00:00Z".to_owned()),
        (400, "to=2026-11-22T00:00:00Z".to_owned()),
        (400, format!("{day}&rendition=third")),
    ] {
        assert_eq!(client.get(&format!("/api/v1/timeline?{query}")).await.status, status, "{query}");
    }
}

#[tokio::test]
async fn days_count_in_the_zone_asked_for() {
    let bench = Bench::new().await;
    bench.with_footage().await;
    let mut client = bench.admin().await;
    let days = client.get("/api/v1/days?cameras=ngo-7&month=2026-11").await.json();
    assert_eq!(
        days,
        json!({"items": [{"date": "2026-11-22", "seconds": 3000, "cameras_with_footage": 1, "events": 0, "alerts_unseen": 0}]})
    );
    let elsewhere = client.get("/api/v1/days?month=2026-11&tz=Pacific/Auckland").await.json();
    assert_eq!(elsewhere["items"][0]["date"], "2026-11-22");
    assert_eq!(elsewhere["items"][0]["seconds"], 3000);
    let kiritimati = client.get("/api/v1/days?month=2026-11&tz=Pacific/Kiritimati").await.json();
    assert_eq!(kiritimati["items"][0]["date"], "2026-11-22");
    assert_eq!(client.get("/api/v1/days?month=2026-10").await.json(), json!({"items": []}));
    assert_eq!(client.get("/api/v1/days?month=November").await.status, 422);
    assert_eq!(client.get("/api/v1/days?month=2026-11&tz=Hanoi").await.status, 422);
}

#[tokio::test]
async fn storage_says_how_long_it_lasts() {
    let bench = Bench::new().await;
    bench.with_footage().await;
    let mut client = bench.admin().await;
    let seen = client.get("/api/v1/storage").await.json();
    assert_eq!(seen["volumes"][0]["path"], "/srv/footage");
    assert_eq!(seen["cameras"][0]["bytes"], 500_000_000);
    let per_day = seen["cameras"][0]["bytes_per_day"].as_f64().expect("a rate");
    assert!((per_day - 500e6 * 24.0 / 8.5).abs() < 1.0, "{per_day}");
    let days = seen["days_kept_estimate"].as_f64().expect("an estimate");
    assert!((days - (400_u64 << 30) as f64 / per_day).abs() < 0.06, "{days}");
}
