//! The room's front: workers are started here, decoders handed out, everything is stopped.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::decoder::{Decoder, Job, Tally};
use super::keeper::Recipe;
use super::slot::Slot;
use super::status::{Status, WorkerStatus};
use crate::base::{SharedClock, Stop, StreamKey, Tasks};

/// Decoders that one worker is made for; with more, a unit may be refused as busy before its own limit.
const MOST_DECODERS: usize = 128;

/// How the workers are run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is started; this program, and that version of it which runs, by default.
    pub program: PathBuf,
    /// Added to the worker's command line; for tests.
    pub arguments: Vec<OsString>,
    /// Worker processes; streams are spread over them. 19 sub streams of 5 pictures a second take one a tenth of a
    /// core in H.264, a quarter in H.265.
    pub workers: usize,
    /// Units of one decoder that may be under way. Enough to keep a worker busy while a GOP is sent again.
    pub in_flight: usize,
    /// Most memory that a worker may map, in bytes: the libraries alone are 180 MB of it, most never used.
    pub memory: u64,
    /// First wait before a worker is started again.
    pub first_wait: Duration,
    /// Longest wait, when it ends again at once.
    pub longest_wait: Duration,
    /// CPU time that one unit may take before the worker counts as hung.
    pub unit_cpu: Duration,
    /// Time that one unit may take, however busy the machine is.
    pub unit_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // Not by name: after an update in place that would be another version.
            program: PathBuf::from("/proc/self/exe"),
            arguments: Vec::new(),
            workers: 1,
            in_flight: 8,
            memory: 2 << 30,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
            unit_cpu: Duration::from_secs(4),
            unit_time: Duration::from_secs(60),
        }
    }
}

/// The workers. Keep it as long as decoders are needed.
#[derive(Debug)]
pub struct Vision {
    slots: Vec<Handle>,
    in_flight: usize,
    next_channel: AtomicU32,
    status: watch::Receiver<Status>,
    stop: Stop,
}

#[derive(Debug)]
struct Handle {
    jobs: mpsc::Sender<Job>,
    tally: Arc<Tally>,
    running: JoinHandle<()>,
}

impl Vision {
    /// Starts the workers, on the current runtime. They end with `stop`, with
    /// [`Vision::shutdown`], when this and all decoders have been dropped, and with this process.
    pub fn start(settings: Settings, clock: &SharedClock, tasks: &Tasks, stop: &Stop) -> Self {
        let stop = stop.child();
        let workers = settings.workers.max(1);
        let start = Status { workers: vec![WorkerStatus::default(); workers], left: Vec::new() };
        let (told, status) = watch::channel(start);
        let told = Arc::new(told);
        let slots = (0..workers).map(|number| {
            let (jobs, queue) = mpsc::channel(MOST_DECODERS * (settings.in_flight + 1));
            let tally = Arc::new(Tally::default());
            let slot = Slot {
                number,
                settings: settings.clone(),
                recipe: recipe(&settings),
                jobs: queue,
                tally: Arc::clone(&tally),
                status: Arc::clone(&told),
                clock: Arc::clone(clock),
            };
            Handle { jobs, tally, running: tasks.spawn("vision", slot.run(stop.clone())) }
        });
        Self {
            slots: slots.collect(),
            in_flight: settings.in_flight.max(1),
            next_channel: AtomicU32::new(0),
            status,
            stop,
        }
    }

    /// A decoder for a stream, in the worker that has the fewest.
    pub fn stream(&self, key: StreamKey) -> Decoder {
        let load = |slot: &&Handle| slot.tally.decoders.load(Ordering::Relaxed);
        let slot = self.slots.iter().min_by_key(load).expect("there is a worker");
        let channel = self.next_channel.fetch_add(1, Ordering::Relaxed);
        Decoder::new(key, channel, slot.jobs.clone(), self.in_flight, Arc::clone(&slot.tally))
    }

    /// How the workers do; changes about once a second, and when one starts or ends.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Ends the workers in order and waits until they are gone. Decoders say [`super::Trouble::Stopped`] from here on.
    pub async fn shutdown(self) {
        self.stop.request();
        for slot in self.slots {
            drop(slot.jobs);
            if let Err(error) = slot.running.await {
                tracing::error!(%error, "a vision task ended by a mistake of ours");
            }
        }
    }
}

fn recipe(settings: &Settings) -> Recipe {
    let pid = std::process::id().to_string();
    let memory = settings.memory.to_string();
    let words = ["vision-worker", "--parent", &pid, "--memory", &memory].map(OsString::from);
    let arguments = words.into_iter().chain(settings.arguments.iter().cloned()).collect();
    Recipe { program: settings.program.clone(), arguments }
}
