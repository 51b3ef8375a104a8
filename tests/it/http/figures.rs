//! What metrics and health tell of detection.

use std::time::Duration;

use lanewatch::base::{Cells, Clock, EventId, TICKS_PER_SECOND};
use lanewatch::catalogue::{Camera, Event, EventKind, Scope};
use lanewatch::http::WorkerInfo;
use lanewatch::hub::{Detection, DetectionMode, Limits, State};
use serde_json::json;

use super::bench::{Bench, now};
use super::client::Client;

async fn camera(bench: &Bench, client: &mut Client) -> Camera {
    let form = json!({"name": "Ngõ 7", "main_url": "rtsp://10.0.0.7/main", "sub_url": "rtsp://10.0.0.7/sub"});
    client.post("/api/v1/cameras", form).await;
    bench.catalogue.camera(Scope::everything(), "ngo-7").await.expect("catalogue").expect("camera")
}

fn detection(reason: Option<&'static str>) -> Detection {
    Detection { mode: DetectionMode::KeyPictures, fps: 0.5, shed: 0.25, since: now(), reason }
}

#[tokio::test]
async fn metrics_tell_of_cameras_workers_and_events() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = camera(&bench, &mut client).await;
    let text = client.get("/api/v1/metrics").await.text();
    assert!(text.contains("# TYPE lanewatch_vision_worker_up gauge\n"), "{text}");
    assert!(
        !text.contains("lanewatch_vision_worker_up{") && !text.contains("lanewatch_detection_mode{"),
        "{text}"
    );

    bench.hub.motion().set_detection(camera.id, detection(Some("damaged_pictures")));
    let begun = |kind, n: i64| {
        let start = now() + n * TICKS_PER_SECOND;
        let id = EventId::fresh(start);
        let (score, peak, cells, zones) = (0.5, 1, Cells::NONE, Vec::new());
        let event = Event {
            id,
            camera: camera.id,
            kind,
            start,
            seen: start,
            end: None,
            score,
            peak,
            cells,
            zones,
            best: start,
            objects: None,
        };
        bench.catalogue.begin_event(event.clone());
        // It goes on, and is no other one.
        bench.catalogue.update_event(event);
    };
    begun(EventKind::Motion, 0);
    begun(EventKind::Motion, 1);
    begun(EventKind::TamperBlack, 2);
    let worker = WorkerInfo {
        up: true,
        restarts: 1,
        units: 20,
        pictures: 19,
        broken: 2,
        skipped: 3,
        refused: 4,
        cpu: Duration::from_millis(1500),
        memory_bytes: 9 << 20,
        decoders: 5,
    };
    *bench.hands.workers.lock().expect("lock") = vec![worker, WorkerInfo::default()];
    let text = client.get("/api/v1/metrics").await.text();
    for line in [
        "detection_pictures_per_second{camera=\"ngo-7\"} 0.5",
        "detection_shed_ratio{camera=\"ngo-7\"} 0.25",
        "detection_impaired{camera=\"ngo-7\"} 1",
        "detection_mode{camera=\"ngo-7\",mode=\"all_pictures\"} 0",
        "detection_mode{camera=\"ngo-7\",mode=\"key_pictures\"} 1",
        "vision_worker_up{worker=\"0\"} 1",
        "vision_worker_up{worker=\"1\"} 0",
        "vision_worker_restarts_total{worker=\"0\"} 1",
        "vision_worker_units_total{worker=\"0\"} 20",
        "vision_worker_pictures_total{worker=\"0\"} 19",
        "vision_worker_broken_units_total{worker=\"0\"} 2",
        "vision_worker_skipped_units_total{worker=\"0\"} 3",
        "vision_worker_refused_units_total{worker=\"0\"} 4",
        "vision_worker_cpu_seconds_total{worker=\"0\"} 1.5",
        "vision_worker_resident_bytes{worker=\"0\"} 9437184",
        "vision_worker_decoders{worker=\"0\"} 5",
        "events_begun_total{camera=\"ngo-7\",kind=\"motion\"} 2",
        "events_begun_total{camera=\"ngo-7\",kind=\"tamper_black\"} 1",
        "motion_minutes_waiting 0",
        "motion_file_up 1",
    ] {
        assert!(text.contains(&format!("\nlanewatch_{line}\n")), "{line} is not in {text}");
    }
}

#[tokio::test]
async fn health_tells_of_cameras_that_nobody_watches() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = camera(&bench, &mut client).await;
    let motion = async |client: &mut Client| {
        let told = client.get("/api/v1/health").await.json();
        let checks = told["checks"].as_array().expect("checks").clone();
        checks.into_iter().find(|check| check["id"] == "motion").expect("motion")
    };
    bench.hub.motion().set_detection(camera.id, detection(Some("no_pictures")));
    *bench.hands.workers.lock().expect("lock") = vec![WorkerInfo::default()];
    bench.clock.advance(30 * TICKS_PER_SECOND);
    assert_eq!(motion(&mut client).await["code"], "ok", "a camera that is offline is told by itself");
    let stream = bench.hub.ensure(camera.streams[0].key, Limits::default(), now());
    stream.set_status(|status| status.state = State::Live);
    let told = motion(&mut client).await;
    let expected = json!({"id": "motion", "level": "warn", "code": "not_watched",
        "params": {"cameras": 1, "workers_down": 1}, "since": "2026-11-22T15:00:00.000Z"});
    assert_eq!(told, expected);
    bench
        .hub
        .motion()
        .set_detection(camera.id, Detection { since: bench.clock.now(), ..detection(Some("no_pictures")) });
    assert_eq!(motion(&mut client).await["code"], "ok", "a worker that ended has some seconds to come back");
    bench.hub.motion().set_detection(camera.id, detection(None));
    assert_eq!(motion(&mut client).await["code"], "ok");
}
