//! What pictures cost: the room vision with its worker, on footage as cameras send it.
//!
//! `scripts/footage --load DIR` makes the clips; `LANEWATCH_BENCH_CLIPS` names files (`:` between them), otherwise
//! `target/load-footage/*.sub.mp4` are taken. CPU time is told, of both processes together; wall time says nothing on a
//! busy machine. Streams: 19, or `LANEWATCH_BENCH_STREAMS`.

#![allow(clippy::print_stdout, reason = "a bench tells what it measured")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanewatch::base::{Stop, StreamKey, SystemClock, Tasks};
use lanewatch::media::AccessUnit;
use lanewatch::vision::clip::Clip;
use lanewatch::vision::{Settings, Trouble, Vision, Want};
use rustix::time::{ClockId, clock_gettime};

const GREY: Want = Want::Grey { max_width: 160, max_height: 90 };
/// Length of a paced run.
const PACED: Duration = Duration::from_secs(20);
/// How long arrivals are gathered, as the ingest does when nobody looks.
const GATHER: Duration = Duration::from_millis(50);

fn main() {
    let clips: Vec<Vec<Arc<AccessUnit>>> = files()
        .iter()
        .map(|file| Clip::open(file).expect("a clip").collect::<Result<_, _>>().expect("units"))
        .collect();
    assert!(!clips.is_empty(), "no clips: scripts/footage --load target/load-footage");
    let streams = std::env::var("LANEWATCH_BENCH_STREAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(19);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        fast("all pictures, as fast as it goes", &clips, streams, |_| Some(GREY)).await;
        fast("only decoded, no picture taken", &clips, streams, |_| Some(Want::Reference)).await;
        fast("key frames only", &clips, streams, |unit| unit.random_access.then_some(GREY)).await;
        let jpeg = Want::Jpeg { max_width: 640, quality: 80 };
        fast("key frames as JPEG, 640 wide", &clips, streams, |unit| unit.random_access.then_some(jpeg))
            .await;
        paced("all pictures, at the clip's pace", &clips, streams, Duration::from_millis(1)).await;
        paced("the same, arrivals gathered for 50 ms", &clips, streams, GATHER).await;
    });
}

fn files() -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os("LANEWATCH_BENCH_CLIPS") {
        return std::env::split_paths(&named).collect();
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/load-footage");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".sub.mp4"))
        .collect();
    found.sort();
    found
}

struct Run {
    vision: Vision,
    tasks: Tasks,
    own: Duration,
    begun: Instant,
}

impl Run {
    fn begin() -> Self {
        let (tasks, stop) = (Tasks::new(), Stop::new());
        let program = PathBuf::from(env!("CARGO_BIN_EXE_lanewatch"));
        let settings = Settings { program, ..Settings::default() };
        let vision = Vision::start(settings, &SystemClock::shared(), &tasks, &stop);
        Self { vision, tasks, own: own_cpu(), begun: Instant::now() }
    }

    async fn end(self, what: &str, taken: usize) {
        // Figures come once a second.
        let mut status = self.vision.status();
        let done = status.wait_for(|s| s.workers[0].units >= taken as u64).await.expect("told").clone();
        let (worker, own) = (done.workers[0].clone(), own_cpu() - self.own);
        assert_eq!((worker.restarts, worker.broken, worker.busy), (0, 0, 0), "an undisturbed run");
        let each = |cpu: Duration| cpu.as_secs_f64() * 1000.0 / taken as f64;
        println!(
            "{what}: {:.3} ms a unit (worker {:.3}, this process {:.3}), {} units, {} pictures, worker {} MB, {:.1} s",
            each(worker.cpu + own),
            each(worker.cpu),
            each(own),
            worker.units,
            worker.pictures,
            worker.memory >> 20,
            self.begun.elapsed().as_secs_f64(),
        );
        self.vision.shutdown().await;
        self.tasks.finished().await;
    }
}

fn own_cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), spent.tv_nsec as u32)
}

/// Every stream keeps its decoder as busy as it may.
async fn fast(
    what: &str,
    clips: &[Vec<Arc<AccessUnit>>],
    streams: usize,
    want: impl Fn(&AccessUnit) -> Option<Want> + Copy,
) {
    let run = Run::begin();
    let work = (0..streams).map(|n| {
        let decoder = run.vision.stream(StreamKey(n as i64));
        async move {
            let mut answers = Vec::new();
            for unit in &clips[n % clips.len()] {
                if let Some(want) = want(unit) {
                    decoder.ready().await;
                    answers.push(decoder.submit(unit, want).expect("there is room"));
                }
            }
            let taken = answers.len();
            for answer in answers {
                answer.await.expect("decoded");
            }
            (taken, decoder)
        }
    });
    let done = futures::future::join_all(work).await;
    run.end(what, done.iter().map(|(taken, _)| taken).sum()).await;
}

/// Every stream at its own pace and phase, looked at every so often.
async fn paced(what: &str, clips: &[Vec<Arc<AccessUnit>>], streams: usize, look: Duration) {
    let run = Run::begin();
    let mut lanes: Vec<_> = (0..streams)
        .map(|n| {
            let units = &clips[n % clips.len()];
            let offset = Duration::from_millis(200 * n as u64 / streams as u64);
            (run.vision.stream(StreamKey(n as i64)), units.iter().peekable(), offset)
        })
        .collect();
    let (begun, mut taken, mut waiting) = (Instant::now(), 0, tokio::task::JoinSet::new());
    while begun.elapsed() < PACED {
        tokio::time::sleep(look).await;
        let now = begun.elapsed();
        for (decoder, units, offset) in &mut lanes {
            let due =
                |unit: &&Arc<AccessUnit>| Duration::from_micros(unit.start.micros() as u64) + *offset <= now;
            while let Some(unit) = units.next_if(due) {
                let answer: Result<_, Trouble> = decoder.submit(unit, GREY);
                waiting.spawn(answer.expect("there is room"));
                taken += 1;
            }
        }
        while waiting.try_join_next().is_some_and(|done| done.expect("no panic").is_ok()) {}
    }
    while let Some(done) = waiting.join_next().await {
        done.expect("no panic").expect("decoded");
    }
    run.end(what, taken).await;
}
