//! Figures of detection for `GET /metrics`: cameras, the workers that decode for them, events, the motion file.

use super::App;
use super::app::WorkerInfo;
use super::metrics::Text;
use crate::catalogue::{Camera, Scope};
use crate::hub::{Detection, DetectionMode};

/// A figure of something: name, kind, help, how it is read.
struct Figure<T>(&'static str, &'static str, &'static str, fn(&T) -> f64);

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

const CAMERA: [Figure<Detection>; 3] = [
    Figure("detection_pictures_per_second", "gauge", "Pictures a second looked at of late", |d| {
        f64::from(d.fps)
    }),
    Figure("detection_shed_ratio", "gauge", "Share of the wanted pictures left out of late", |d| {
        f64::from(d.shed)
    }),
    Figure("detection_impaired", "gauge", "1 while it is not what it should be; the API says why", |d| {
        flag(d.reason.is_some())
    }),
];

const MODES: [DetectionMode; 4] =
    [DetectionMode::AllPictures, DetectionMode::Sparing, DetectionMode::KeyPictures, DetectionMode::Off];

const WORKER: [Figure<WorkerInfo>; 10] = [
    Figure("vision_worker_up", "gauge", "1 while the worker runs", |w| flag(w.up)),
    Figure("vision_worker_restarts_total", "counter", "Starts after the first", |w| w.restarts as f64),
    Figure("vision_worker_units_total", "counter", "Access units sent to it", |w| w.units as f64),
    Figure("vision_worker_pictures_total", "counter", "Pictures that came out", |w| w.pictures as f64),
    Figure("vision_worker_broken_units_total", "counter", "Units that could not be decoded", |w| {
        w.broken as f64
    }),
    Figure("vision_worker_skipped_units_total", "counter", "Units left out because they end it", |w| {
        w.skipped as f64
    }),
    Figure("vision_worker_refused_units_total", "counter", "Units refused because it was busy", |w| {
        w.refused as f64
    }),
    Figure("vision_worker_cpu_seconds_total", "counter", "CPU time of answered units", |w| {
        w.cpu.as_secs_f64()
    }),
    Figure("vision_worker_resident_bytes", "gauge", "Memory of the worker", |w| w.memory_bytes as f64),
    Figure("vision_worker_decoders", "gauge", "Streams it has decoders for", |w| w.decoders as f64),
];

/// Adds them.
pub(super) fn write(text: &mut Text, app: &App, scope: &Scope, cameras: &[Camera]) {
    let watched: Vec<(&Camera, Detection)> =
        cameras.iter().filter_map(|c| Some((c, app.hub().motion().detection(c.id)?))).collect();
    for Figure(name, kind, help, of) in CAMERA {
        text.metric(name, kind, help);
        for (camera, detection) in &watched {
            text.value(name, &[("camera", &camera.slug)], of(detection));
        }
    }
    text.metric("detection_mode", "gauge", "1 for the mode that a camera's detection is in");
    for (camera, detection) in &watched {
        for mode in MODES {
            let labels = [("camera", camera.slug.as_str()), ("mode", mode.name())];
            text.value("detection_mode", &labels, flag(detection.mode == mode));
        }
    }
    let workers = app.workers();
    for Figure(name, kind, help, of) in WORKER {
        text.metric(name, kind, help);
        for (number, worker) in workers.iter().enumerate() {
            text.value(name, &[("worker", &number.to_string())], of(worker));
        }
    }
    text.metric("events_begun_total", "counter", "Events begun since the service started");
    for ((camera, kind), count) in app.catalogue().events_begun(scope) {
        if let Some(camera) = cameras.iter().find(|c| c.id == camera) {
            let labels = [("camera", camera.slug.as_str()), ("kind", kind.name())];
            text.value("events_begun_total", &labels, count as f64);
        }
    }
    let waiting = app.catalogue().motion_waiting();
    text.single(
        "motion_minutes_waiting",
        "gauge",
        "Minutes of cells waiting for the motion file",
        waiting as f64,
    );
    let usable = app.catalogue().motion_trouble().is_none();
    text.single("motion_file_up", "gauge", "1 while the motion file can be read and written", flag(usable));
}
