//! `lanewatch motion`: the detector run over video files and over recorded footage.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, Subcommand};

use super::tool::{self, print};
use super::{Stretch, camera};
use crate::base::{Error, Polygon, Result, Stop, SystemClock, TICKS_PER_SECOND, Tasks, TimeRange};
use crate::catalogue::{CameraZone, Catalogue, EventFilter, EventKind, Scope, Sensitivity, ZoneKind};
use crate::detect::{self, Change, Event, Looks, Observer};
use crate::hub::{DetectionMode, Hub};
use crate::playback::{self, Playback, Source};
use crate::vision::{self, Vision};

/// Segments whose pictures are in memory at once.
const SEGMENTS: usize = 4;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run video files (MP4, MOV) through worker, detector and tracker, and write down what is found.
    Score(Score),
    /// Look at recorded footage again, perhaps with other settings, and say which events would change.
    Replay(Replay),
}

#[derive(Debug, Args)]
pub(super) struct Score {
    /// Video files.
    #[arg(required = true)]
    clips: Vec<PathBuf>,
    /// Folder for NAME.det.json (events) and NAME.lanewatch.jsonl (a line per picture).
    #[arg(long)]
    out: PathBuf,
    /// Pictures a second that are looked at, at most.
    #[arg(long, default_value_t = 5.0, value_parser = rate)]
    fps: f32,
    /// Which pictures are looked at: all_pictures, sparing (as a camera's by default) or key_pictures.
    #[arg(long, default_value = "sparing", value_parser = mode)]
    pictures: DetectionMode,
    /// Run each file so many times in a row and write down the last: a detector that has seen the scene before.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    passes: u32,
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    #[command(flatten)]
    stretch: Stretch,
    /// Give all alert zones this sensitivity: low, normal or high.
    #[arg(long, value_parser = Sensitivity::from_str)]
    sensitivity: Option<Sensitivity>,
    /// As if no zones were drawn.
    #[arg(long)]
    without_zones: bool,
    /// Pictures a second that are looked at.
    #[arg(long, default_value_t = 5.0, value_parser = rate)]
    fps: f32,
}

fn rate(text: &str) -> Result<f32, String> {
    let rate = text.parse::<f32>().ok().filter(|rate| (0.1..=30.0).contains(rate));
    rate.ok_or_else(|| "a number of pictures from 0.1 to 30".to_owned())
}

fn mode(text: &str) -> Result<DetectionMode, String> {
    let known = DetectionMode::LOOKING;
    let names = || known.map(DetectionMode::name).join(", ");
    known.into_iter().find(|mode| mode.name() == text).ok_or_else(|| format!("one of {}", names()))
}

pub(super) async fn run(command: Command) -> Result<ExitCode> {
    let (tasks, stop) = (Tasks::new(), Stop::new());
    let vision = Vision::start(vision::Settings::default(), &SystemClock::shared(), &tasks, &stop);
    let done = match command {
        Command::Score(score) => score_clips(&vision, &score).await,
        Command::Replay(replay) => replay_footage(&vision, &replay).await,
    };
    vision.shutdown().await;
    done.map(|()| ExitCode::SUCCESS)
}

#[expect(clippy::disallowed_methods, reason = "the user's own folder")]
async fn score_clips(vision: &Vision, score: &Score) -> Result<()> {
    let made = std::fs::create_dir_all(&score.out);
    made.map_err(|e| Error::io(format!("cannot make {}", score.out.display()), e))?;
    let looks = Looks { mode: score.pictures, rate: score.fps };
    for clip in &score.clips {
        let name =
            clip.file_stem().ok_or_else(|| Error::invalid(format!("{} is no file", clip.display())))?;
        let mut sheet = detect::score(vision, clip, looks, score.passes).await?;
        let write = |kind: &str, text: &str| -> Result<()> {
            let file = score.out.join(format!("{}.{kind}", name.to_string_lossy()));
            std::fs::write(&file, text).map_err(|e| Error::io(format!("cannot write {}", file.display()), e))
        };
        let intervals = sheet.intervals();
        write("det.json", &intervals)?;
        write("lanewatch.jsonl", &sheet.lines())?;
        print(&format!("{}: {}", name.to_string_lossy(), intervals.trim()));
    }
    Ok(())
}

async fn replay_footage(vision: &Vision, replay: &Replay) -> Result<()> {
    let range = replay.stretch.range()?;
    let catalogue = tool::catalogue(&replay.stretch.data).await?;
    let text = compare(vision, &catalogue, replay, range).await;
    catalogue.close().await;
    print(&text?);
    Ok(())
}

async fn compare(
    vision: &Vision,
    catalogue: &Catalogue,
    replay: &Replay,
    range: TimeRange,
) -> Result<String> {
    let camera = camera::find(catalogue, &replay.stretch.camera).await?;
    // What detection looks at: the small stream where there is one.
    let stream = camera.streams.last().ok_or_else(|| Error::internal("a camera without a stream"))?;
    let mut drawn = catalogue.zones(Scope::everything(), camera.id).await?.zones;
    change(&mut drawn, replay)?;
    let playback = Playback::new(catalogue.clone(), tool::volumes(catalogue).await?, Hub::new());
    let source = Source { key: stream.key, id: stream.id };
    let mut observer = Observer::new(detect::zones(&drawn).0, detect::Settings::default());
    let (mut found, mut from, mut pictures): (Vec<Event>, _, u64) = (Vec::new(), range.from, 0);
    loop {
        let plan =
            playback.plan(Scope::everything(), source, TimeRange::new(from, range.to), SEGMENTS).await?;
        let mut units = Vec::new();
        for segment in &plan.segments {
            units.extend(playback::units(&playback, source, segment)?);
        }
        let mut take = |grey: &vision::Grey| {
            pictures += 1;
            let seen = observer.look(&detect::frame(grey));
            let stirs = seen.activity.stirs();
            found.extend(seen.changes.into_iter().filter_map(ended));
            stirs
        };
        let looks = Looks { mode: DetectionMode::AllPictures, rate: replay.fps };
        detect::look(vision, &units, looks, &mut take).await?;
        match plan.next {
            Some(next) => from = next,
            None => break,
        }
    }
    found.extend(observer.finish().and_then(ended));
    if pictures == 0 {
        return Err(Error::not_found("nothing is recorded in this range"));
    }
    let filter =
        EventFilter { cameras: vec![camera.id], kinds: vec![EventKind::Motion], ..EventFilter::default() };
    let mut stored = catalogue.events(Scope::everything(), range, &filter, u32::MAX).await?;
    stored.reverse();
    let stored: Vec<TimeRange> = stored.iter().map(crate::catalogue::Event::range).collect();
    let found: Vec<TimeRange> = found.iter().map(|event| TimeRange::new(event.start, event.end)).collect();
    Ok(told(&stored, &found, pictures))
}

/// The settings that are tried.
fn change(drawn: &mut Vec<CameraZone>, replay: &Replay) -> Result<()> {
    if replay.without_zones {
        drawn.clear();
    }
    if let Some(sensitivity) = replay.sensitivity {
        if !drawn.iter().any(|zone| zone.kind == ZoneKind::Alert) {
            drawn.push(CameraZone {
                id: None,
                kind: ZoneKind::Alert,
                name: "whole picture".to_owned(),
                polygon: Polygon::new(vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])?,
                sensitivity,
                min_size: 0.0,
                min_duration: 0,
            });
        }
        drawn.iter_mut().for_each(|zone| zone.sensitivity = sensitivity);
    }
    Ok(())
}

fn ended(change: Change) -> Option<Event> {
    match change {
        Change::End(event) => Some(event),
        Change::Begin(_) | Change::Update(_) => None,
    }
}

fn told(stored: &[TimeRange], found: &[TimeRange], pictures: u64) -> String {
    let meet = |a: &TimeRange, b: &TimeRange| a.from < b.to && b.from < a.to;
    let line = |mark: &str, range: &TimeRange| {
        let seconds = range.ticks() as f64 / TICKS_PER_SECOND as f64;
        format!("{mark} {} {seconds:.1} s\n", range.from)
    };
    let mut text = String::new();
    let (mut kept, mut new, mut gone) = (0, 0, 0);
    for range in found {
        let is_stored = stored.iter().any(|other| meet(range, other));
        let (mark, count) = if is_stored { ("=", &mut kept) } else { ("+", &mut new) };
        *count += 1;
        text.push_str(&line(mark, range));
    }
    for range in stored.iter().filter(|range| !found.iter().any(|other| meet(range, other))) {
        gone += 1;
        text.push_str(&line("-", range));
    }
    text.push_str(&format!(
        "{pictures} pictures looked at: {kept} events stay, {new} are new (+), {gone} are gone (-)"
    ));
    text
}
