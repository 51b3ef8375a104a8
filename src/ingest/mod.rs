//! Room **ingest** (floor 2): from cameras to the hub.
//!
//! Owns retina, and with it RTSP, RTP and what cameras do wrong; and ONVIF, with which cameras are found ([`discover`]) and
//! asked for their streams ([`examine()`]). One supervised task per stream ([`Ingest::run_stream`])
//! opens session after session; a session turns packets into access units on the stream's time line and publishes
//! them. All of them, and the recorders, share one thread ([`IngestRuntime`]).
//!
//! ```text
//! run_stream ─ backoff ─▶ session ─ dial ─▶ retina ─▶ assemble (timeline, order) ─▶ hub.publish
//!                             └─ deadlines, report ─▶ hub status
//! ```
//!
//! What always holds:
//! - every wait for a camera has a deadline ([`Deadlines`]); a hung camera is noticed within 6 s, and one that is back
//!   is asked again within 4 s;
//! - a run starts with a random access point, has one set of parameters, and its instants rise strictly; the number
//!   of runs rises, also over restarts (it is the wall time in µs of its start);
//! - instants never go back within a stream, but for one case: our own clock was set back by more than 10 s
//!   (`timeline` says why). Then `start` falls together with a new run, and only then;
//! - the hub says `Live` before the first unit of a run is published, and `Offline` with the reason, since the moment
//!   the picture was lost, as soon as a session has ended; retries do not change that. A picture that stops within a
//!   session is `Stalled` from the last picture on;
//! - whatever a camera sends ends in a reason or a count, never in another stream's trouble; a panic in a session
//!   is caught and counts as a session that failed;
//! - no reason, log line or status holds a password or the camera's own text.
//!
//! What it does not do: it keeps nothing, decodes nothing, writes nothing, and does not know cameras as things with
//! settings. B-frames, MJPEG and sound other than AAC are not taken; the reasons and the probe say so.
//!
//! Known limits of retina 0.4: it has no bound on the size of a message or picture, so that a malicious camera can
//! make us hold what it can send within a deadline; it has no RTSPS; and it reads H.264 streams without IDR pictures
//! (periodic intra refresh) as streams without key frames.

mod assemble;
mod backoff;
mod clocks;
mod dial;
mod examine;
mod meter;
mod onvif;
mod order;
mod pace;
mod parameters;
mod probe;
mod quirks;
mod reason;
mod report;
mod seat;
mod session;
mod source;
mod supervisor;
mod timeline;
mod window;

pub use examine::{ExamineRequest, Examined, ExaminedStream, Whereabouts, examine};
pub use onvif::{Found, MULTICAST, discover};
pub use pace::{IngestRuntime, Pacer};
pub use probe::{Check, Level, ProbeReport, ProbeRequest, probe};
pub use source::{Deadlines, StreamSource, Transport};
pub use supervisor::Ingest;

use supervisor::Memory;
