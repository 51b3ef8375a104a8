//! The motion file at size: how large it is, and how long a search of a small region takes.
//!
//! `LANEWATCH_BENCH_DAYS` days (default 3; the promise is about 30) of 19 cameras are made once in `target/bench-data`,
//! through the public API. People and vehicles cross the pictures, many by day and few by night; on the last
//! `LANEWATCH_BENCH_TREES` cameras (default 1) a tree moves all the time. One search after another, each measured twice:
//! with nothing of the file in memory, as after a start, and again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lanewatch::base::{
    CameraId, Cells, Polygon, SharedClock, SimClock, TICKS_PER_SECOND, Tasks, Ticks, TimeRange, Zone,
};
use lanewatch::catalogue::{Catalogue, NewCamera, Scope};

const CAMERAS: usize = 19;
const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const DAY: i64 = 1440;
/// Minutes that are given before the file is waited for: its queue is short.
const AHEAD: i64 = 5;

type Failure = Box<dyn std::error::Error>;

fn origin() -> Ticks {
    Ticks::from_seconds(1_767_225_600)
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Failure> {
    let days = asked("LANEWATCH_BENCH_DAYS", 3);
    let trees = asked("LANEWATCH_BENCH_TREES", 1).clamp(1, CAMERAS as i64 - 1) as usize;
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench-data"));
    if !folder.exists() {
        rustix::fs::mkdir(&folder, rustix::fs::Mode::from_raw_mode(0o700))?;
    }
    let path = folder.join(format!("motion-{days}-{trees}.sqlite"));
    let done = folder.join(format!("motion-{days}-{trees}.done"));
    let clock: SharedClock = SimClock::starting_at(origin() + days * DAY * MINUTE);
    let mut out = std::io::stdout();
    writeln!(out, "{:<64} {days} days of {CAMERAS} cameras, {trees} with a tree", "asked for")?;
    if !done.exists() {
        let start = Instant::now();
        let catalogue = Catalogue::open(&path, clock.clone(), Zone::HO_CHI_MINH, &Tasks::new()).await?;
        fill(&catalogue, days, trees).await?;
        catalogue.close().await;
        rustix::fs::mkdir(&done, rustix::fs::Mode::from_raw_mode(0o700))?;
        line(&mut out, "fill", &[("total", start.elapsed())])?;
    }
    let bytes = std::fs::metadata(path.with_extension("motion.db"))?.len();
    let each = bytes as f64 / (days * CAMERAS as i64) as f64 / 1024.0;
    writeln!(
        out,
        "{:<64} {:.1} MiB, {each:.0} KiB per camera-day",
        "file",
        bytes as f64 / f64::from(1 << 20)
    )?;

    let catalogue = Catalogue::open(&path, clock.clone(), Zone::HO_CHI_MINH, &Tasks::new()).await?;
    let cameras: Vec<CameraId> =
        catalogue.cameras(Scope::everything()).await?.iter().map(|camera| camera.id).collect();
    let all = TimeRange::new(origin(), origin() + days * DAY * MINUTE);
    let gate = Polygon::new(vec![(0.45, 0.45), (0.55, 0.45), (0.55, 0.65), (0.45, 0.65)])?.cells(0.25);
    let corner = Polygon::new(vec![(0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1)])?.cells(0.25);
    let tree = &cameras[CAMERAS - 1..];
    catalogue.close().await;
    for (name, cameras, region) in [
        ("small region on everybody's way, 1 camera", &cameras[..1], gate),
        ("small region on everybody's way, all cameras", &cameras[..], gate),
        ("small region where nothing moves, all cameras", &cameras[..], corner),
        ("small region on everybody's way, a camera with a tree", tree, gate),
        ("all of the picture, 1 camera", &cameras[..1], Cells::ALL),
        ("all of the picture, all cameras", &cameras[..], Cells::ALL),
    ] {
        forget(&path.with_extension("motion.db"))?;
        let catalogue = Catalogue::open(&path, clock.clone(), Zone::HO_CHI_MINH, &Tasks::new()).await?;
        let (hits, cold) = search(&catalogue, cameras, all, region).await?;
        let (_, warm) = search(&catalogue, cameras, all, region).await?;
        catalogue.close().await;
        let name = format!("{name} ({hits} hits)");
        line(
            &mut out,
            &name,
            &[("cold: first", cold.0), ("all", cold.1), ("warm: first", warm.0), ("all", warm.1)],
        )?;
    }
    let catalogue = Catalogue::open(&path, clock, Zone::HO_CHI_MINH, &Tasks::new()).await?;
    let start = Instant::now();
    for &camera in &cameras {
        catalogue.observed(Scope::everything(), camera, all).await?;
    }
    line(&mut out, "when somebody looked, all cameras", &[("all", start.elapsed())])?;
    let day = TimeRange::new(all.to - DAY * MINUTE, all.to);
    let start = Instant::now();
    for camera in catalogue.cameras(Scope::everything()).await? {
        catalogue.motion_strip(Scope::everything(), &camera, day, MINUTE).await?;
    }
    line(&mut out, "strip of a day by the minute, all cameras", &[("all", start.elapsed())])?;
    let start = Instant::now();
    let seconds = catalogue.activity(Scope::everything(), cameras[0], day).await?.len();
    line(
        &mut out,
        &format!("cells of a day by the second, 1 camera ({seconds})"),
        &[("all", start.elapsed())],
    )?;
    catalogue.close().await;
    Ok(())
}

fn asked(name: &str, otherwise: i64) -> i64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// Hands the file's pages back to the system: what is read next comes from the disk.
fn forget(path: &Path) -> Result<(), Failure> {
    let file = std::fs::File::open(path)?;
    file.sync_all()?;
    Ok(rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?)
}

/// One camera after another; answers how many hits, and when the first and all were there.
async fn search(
    catalogue: &Catalogue,
    cameras: &[CameraId],
    range: TimeRange,
    region: Cells,
) -> Result<(usize, (Duration, Duration)), Failure> {
    let (start, mut first, mut hits) = (Instant::now(), None, 0);
    for &camera in cameras {
        let mut search = catalogue.search_motion(Scope::everything(), camera, range, region, 1);
        while let Some(found) = search.next().await? {
            hits += found.hits.len();
            if hits > 0 {
                first.get_or_insert(start.elapsed());
            }
        }
    }
    let total = start.elapsed();
    Ok((hits, (first.unwrap_or(total), total)))
}

async fn fill(catalogue: &Catalogue, days: i64, trees: usize) -> Result<(), Failure> {
    let mut cameras = Vec::new();
    for n in 1..=CAMERAS {
        let url = format!("rtsp://10.0.0.{n}/main").parse()?;
        cameras.push(catalogue.add_camera(NewCamera::new(format!("Ngõ {n}"), url)).await?.id);
    }
    let mut random = Random(42);
    for minute in 0..days * DAY {
        let at = origin() + minute * MINUTE;
        // Local hour: the site is seven hours ahead.
        let hour = (minute / 60 + 7) % 24;
        let busy = if (6..22).contains(&hour) { 35 } else { 4 };
        for (n, &camera) in cameras.iter().enumerate() {
            catalogue.add_activity(camera, at, Cells::NONE);
            if n >= CAMERAS - trees {
                tree(catalogue, camera, at, &mut random);
            }
            if random.below(100) < busy {
                for _ in 0..=random.below(2) {
                    pass(catalogue, camera, at, &mut random);
                }
            }
        }
        if minute % AHEAD == 0 {
            catalogue.flush().await?;
        }
    }
    Ok(())
}

/// Somebody goes through the picture.
fn pass(catalogue: &Catalogue, camera: CameraId, at: Ticks, random: &mut Random) {
    let (begin, length) = (random.below(40), 5 + random.below(20));
    let (row, width, height) = (5 + random.below(8), 1 + random.below(3), 2 + random.below(4));
    for second in 0..length {
        let column = second * (32 - width) / length;
        let mut cells = Cells::NONE;
        for c in column..column + width {
            (row..row + height).for_each(|r| cells.set(c as usize, r as usize));
        }
        catalogue.add_activity(camera, at + ((begin + second).min(59)) as i64 * TICKS_PER_SECOND, cells);
    }
}

/// Leaves over a third of the picture, never the same.
fn tree(catalogue: &Catalogue, camera: CameraId, at: Ticks, random: &mut Random) {
    for second in 0..60 {
        let mut cells = Cells::NONE;
        for _ in 0..20 {
            cells.set(8 + random.below(14) as usize, 4 + random.below(10) as usize);
        }
        catalogue.add_activity(camera, at + second * TICKS_PER_SECOND, cells);
    }
}

fn line(out: &mut std::io::Stdout, name: &str, values: &[(&str, Duration)]) -> Result<(), Failure> {
    let values: Vec<String> =
        values.iter().map(|(what, t)| format!("{what} {:>7.1} ms", t.as_secs_f64() * 1000.0)).collect();
    Ok(writeln!(out, "{name:<64} {}", values.join("   "))?)
}

/// xorshift64*: the same days each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}
