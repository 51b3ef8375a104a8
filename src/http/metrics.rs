//! `GET /metrics`: figures for Prometheus (text format 0.0.4).

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;

use super::App;
use super::caller::{Caller, Metrics};
use super::error::{Answer, Problem};
use super::metrics_motion;
use crate::catalogue::{Camera, Stream};
use crate::hub::{State as HubState, StreamStatus};

/// A text of metrics in the making.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// Begins a metric: name, kind, help.
    pub(super) fn metric(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP lanewatch_{name} {help}\n# TYPE lanewatch_{name} {kind}");
    }

    /// A value with labels.
    pub(super) fn value(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "lanewatch_{name}{labels} {value}");
    }

    /// A metric with one value.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.metric(name, kind, help);
        self.value(name, &[], value);
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A figure of a stream.
struct Figure(&'static str, &'static str, &'static str, fn(&StreamStatus) -> f64);

const FIGURES: [Figure; 8] = [
    Figure("camera_up", "gauge", "1 while pictures come", |s| f64::from(u8::from(s.state == HubState::Live))),
    Figure("frames_total", "counter", "Access units received", |s| s.units as f64),
    Figure("received_bytes_total", "counter", "Bytes of payload received", |s| s.bytes as f64),
    Figure("lost_packets_total", "counter", "RTP packets lost", |s| s.lost_packets as f64),
    Figure("reconnects_total", "counter", "Sessions begun after the first", |s| s.reconnects as f64),
    Figure("frames_per_second", "gauge", "Pictures a second of late", |s| f64::from(s.fps)),
    Figure("kilobits_per_second", "gauge", "Kilobits a second of late", |s| f64::from(s.kbps)),
    Figure("gop_seconds", "gauge", "Between the last two random access points", |s| {
        f64::from(s.gop_ms) / 1000.0
    }),
];

fn streams(text: &mut Text, rows: &[(&Camera, &Stream, StreamStatus)]) {
    for Figure(name, kind, help, of) in FIGURES {
        text.metric(name, kind, help);
        for (camera, stream, status) in rows {
            text.value(name, &[("camera", &camera.slug), ("stream", stream.kind.name())], of(status));
        }
    }
    text.metric("camera_clock_offset_seconds", "gauge", "Camera's clock minus ours");
    for (camera, stream, status) in rows {
        if let Some(offset) = status.camera_clock_offset_s {
            let labels = [("camera", camera.slug.as_str()), ("stream", stream.kind.name())];
            text.value("camera_clock_offset_seconds", &labels, offset);
        }
    }
}

/// Bytes of memory of this process, from `/proc/self/statm` (proc_pid_statm(5)); `None` elsewhere than on Linux.
fn resident_bytes() -> Option<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    // All targets have pages of 4 KiB.
    Some(pages * 4096.0)
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "site",
    responses((status = 200, description = "Text format 0.0.4", body = String, content_type = "text/plain"), Problem))]
pub(super) async fn get_metrics(
    State(app): State<App>,
    caller: Caller<Metrics>,
) -> Answer<impl IntoResponse> {
    let cameras = app.catalogue().cameras(&caller.scope).await?;
    let usage = app.catalogue().usage(&caller.scope).await?;
    let all = cameras.iter().flat_map(|camera| camera.streams.iter().map(move |stream| (camera, stream)));
    let known = all.clone().filter_map(|(camera, stream)| {
        let status = app.hub().get(stream.key)?.status().borrow().clone();
        Some((camera, stream, status))
    });
    let mut text = Text::default();
    streams(&mut text, &known.collect::<Vec<_>>());
    text.metric("footage_bytes", "gauge", "Bytes of footage");
    for (camera, stream) in all {
        let bytes: i64 = usage.iter().filter(|u| u.stream == stream.key).map(|u| u.bytes).sum();
        let labels = [("camera", camera.slug.as_str()), ("stream", stream.kind.name())];
        text.value("footage_bytes", &labels, bytes as f64);
    }
    let volumes = app.volumes();
    for (name, help) in [
        ("disk_free_bytes", "Bytes free on a volume's disk"),
        ("disk_used_bytes", "Bytes of footage on a volume"),
    ] {
        text.metric(name, "gauge", help);
        for volume in &volumes {
            let value = if name == "disk_free_bytes" { volume.free_bytes } else { volume.used_bytes };
            text.value(name, &[("volume", &volume.path.display().to_string())], value as f64);
        }
    }
    text.single("ring_bytes", "gauge", "Bytes of recent media in memory", app.hub().bytes() as f64);
    text.single("live_views", "gauge", "Live views on any stream", app.hub().viewers() as f64);
    text.single(
        "catalogue_waiting",
        "gauge",
        "Changes waiting for the catalogue",
        app.catalogue().waiting() as f64,
    );
    text.metric("push_total", "counter", "Messages given to a channel, by what came of it");
    for (channel, result, count) in app.alerts().counts() {
        text.value("push_total", &[("channel", channel), ("result", result)], count as f64);
    }
    metrics_motion::write(&mut text, &app, &caller.scope, &cameras);
    let up = crate::base::TimeRange::new(app.started(), app.now()).seconds();
    text.single("uptime_seconds", "gauge", "Since the service started", up);
    if let Some(bytes) = resident_bytes() {
        text.single("resident_bytes", "gauge", "Memory of the process", bytes);
    }
    Ok((
        [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"))],
        text.0,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_prometheus_reads_them() {
        let mut text = Text::default();
        text.metric("x", "gauge", "An x");
        text.value("x", &[("camera", "a\"b\\"), ("stream", "main")], 1.5);
        text.single("y", "counter", "A y", 3.0);
        let expected = "# HELP lanewatch_x An x\n# TYPE lanewatch_x gauge\nlanewatch_x{camera=\"a\\\"b\\\\\",stream=\"main\"} 1.5\n\
            # HELP lanewatch_y A y\n# TYPE lanewatch_y counter\nlanewatch_y 3\n";
        assert_eq!(text.0, expected);
    }
}
