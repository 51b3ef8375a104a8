//! Pure. How the workers do: for health, metrics and the log.

use std::time::Duration;

use crate::base::{StreamKey, Ticks};

/// All workers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// One entry a worker, in the order of their numbers.
    pub workers: Vec<WorkerStatus>,
    /// The latest units and streams that were left out because they ended a worker, newest last.
    pub left: Vec<Left>,
}

/// One worker, over all of its lives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkerStatus {
    /// Whether it works.
    pub state: WorkerState,
    /// Process id, while it runs.
    pub pid: Option<u32>,
    /// How it is confined, in its own words; empty before the first start.
    pub confinement: String,
    /// How often it had to be started again.
    pub restarts: u64,
    /// How it ended last, such as "signal: 9 (SIGKILL)".
    pub last_end: Option<String>,
    /// Decoders that are open for callers.
    pub decoders: usize,
    /// Units that it was sent.
    pub units: u64,
    /// Pictures that came out.
    pub pictures: u64,
    /// Units that were refused because too many were under way ([`super::Trouble::Busy`]).
    pub busy: u64,
    /// Units that could not be decoded.
    pub broken: u64,
    /// Units that were left out because they, or their stream, ended the worker.
    pub skipped: u64,
    /// Units under way now.
    pub in_flight: usize,
    /// CPU time that answered units took, of all lives.
    pub cpu: Duration,
    /// CPU time per second in the last few seconds: 0.25 = a quarter of one core.
    pub cpu_share: f32,
    /// Share of the units of the last few seconds that were refused, 0 to 1.
    pub shed: f32,
    /// Bytes of memory in use, while it runs.
    pub memory: u64,
}

/// Whether a worker works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkerState {
    /// Not started yet.
    #[default]
    Idle,
    /// Running since.
    Alive(Ticks),
    /// Ended at, and not back yet.
    Restarting(Ticks),
    /// Stopped for good.
    Stopped,
}

/// Something that is not decoded any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whose it is.
    pub stream: StreamKey,
    /// When.
    pub at: Ticks,
    /// Bytes of the unit that the worker ended at.
    pub bytes: usize,
    /// The stream is left alone for so long; `None`: only this unit.
    pub stream_for: Option<Duration>,
}
