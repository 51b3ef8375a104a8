//! Locks over the wire.

use lanewatch::base::{SegmentId, StreamKey, TICKS_PER_SECOND};
use lanewatch::catalogue::{NewSegment, Scope, SealedSegment, SegmentState};
use lanewatch::media::ParametersHash;
use serde_json::json;

use super::bench::{Bench, now};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;

impl Bench {
    /// Rows of so many minutes up to now; nobody reads their files here.
    pub(super) fn record_minutes(&self, stream: StreamKey, minutes: i64) {
        for minute in -minutes..0 {
            let start = now() + minute * MINUTE;
            let new = NewSegment {
                id: SegmentId::fresh(start),
                stream,
                start,
                volume: self.volume,
                run: 1,
                parameters_hash: ParametersHash([7; 16]),
                first_offset: 100,
            };
            assert!(self.catalogue.seal_segment(SealedSegment {
                new,
                duration: MINUTE,
                bytes: 10_000_000,
                frag_index: vec![1].into(),
                chain_hash: [3; 32],
                state: SegmentState::Sealed,
            }));
        }
    }
}

#[tokio::test]
async fn footage_is_locked_listed_and_unlocked() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let form = json!({"name": "Ngõ 7", "main_url": "rtsp://10.0.0.7/main"});
    let id = client.post("/api/v1/cameras", form).await.json()["id"].as_str().expect("id").to_owned();
    let stream =
        bench.catalogue.camera(Scope::everything(), &id).await.expect("read").expect("camera").streams[0].key;
    bench.record_minutes(stream, 30);
    bench.catalogue.flush().await.expect("written");

    let form = json!({"camera": "ngo-7", "from": "2026-11-22T14:50:00Z", "to": "2026-11-22T14:52:00Z",
        "until": "2026-12-22T00:00:00+07:00", "note": "Vụ mất xe"});
    let made = client.post("/api/v1/locks", form.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let lock = made.json()["id"].as_str().expect("id").to_owned();
    let expected = json!({"id": lock, "camera": id, "from": "2026-11-22T14:50:00.000Z", "to": "2026-11-22T14:52:00.000Z",
        "until": "2026-12-21T17:00:00.000Z", "note": "Vụ mất xe", "by": "admin", "made_at": "2026-11-22T15:00:00.000Z"});
    assert_eq!(made.json(), expected);
    let held = async || {
        let rows = bench.catalogue.segments_after(stream, now() - 60 * MINUTE, 99).await.expect("rows");
        rows.iter().filter(|s| s.held).count()
    };
    assert_eq!(held().await, 2);
    let all = client.get("/api/v1/locks").await.json();
    assert_eq!(all["items"], json!([expected]));
    let before = client.get("/api/v1/locks?camera=ngo-7&to=2026-11-22T14:50:00Z").await.json();
    assert_eq!(before["items"], json!([]));

    // What is yet to come may be locked, what is gone may not.
    let ahead = json!({"camera": "ngo-7", "from": "2026-11-22T14:59:30Z", "to": "2026-11-22T15:00:30Z"});
    assert_eq!(client.post("/api/v1/locks", ahead).await.status, 201);
    let nothing = json!({"camera": "ngo-7", "from": "2026-11-20T14:00:00Z", "to": "2026-11-20T14:01:00Z"});
    let refused = client.post("/api/v1/locks", nothing).await;
    assert_eq!((refused.status, refused.code().as_str()), (404, "no_recording"));
    assert_eq!(client.get("/api/v1/locks").await.json()["items"].as_array().expect("items").len(), 2);

    for (field, value, status) in [
        ("camera", "ngo-8", 404),
        ("to", "2026-11-22T14:50:00Z", 422),
        ("to", "2026-11-29T14:50:01Z", 422),
        ("until", "2026-11-22T15:00:00Z", 422),
        ("by", "somebody", 422),
    ] {
        let mut wrong = form.clone();
        wrong[field] = json!(value);
        assert_eq!(client.post("/api/v1/locks", wrong).await.status, status, "{field}");
    }
    let path = format!("/api/v1/locks/{lock}");
    assert_eq!(client.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(client.send("DELETE", &path, &[], None).await.code(), "not_found");
    assert_eq!(held().await, 1, "the last half minute is locked still");
}
