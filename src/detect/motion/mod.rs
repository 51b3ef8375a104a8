//! Pure. Motion in a small grey picture: what moves through the scene, and what only stirs in it.

mod blobs;
mod light;
mod model;
mod rows;
mod shake;
mod stir;
mod sums;
mod track;
mod tracks;

use crate::base::{COLUMNS, Cells, ROWS, TICKS_PER_SECOND, Ticks};
use blobs::Blocks;
use light::Light;
use model::{Model, Rule};
use shake::Shake;
use sums::Sums;
use track::{LEAPS, Track};
use tracks::Tracks;

/// Largest picture worth asking for: width and height.
const LARGEST: (usize, usize) = (240, 135);
/// Smallest picture that anything can be seen in.
const SMALLEST: usize = 24;
/// Seconds at the beginning in which nothing is said.
const LEARNS: f64 = 1.0;
/// Pictures at the beginning that say nothing.
const FEWEST: u32 = 4;
/// Seconds after a change of everything in which nothing is said.
const RELEARNS: f64 = 0.8;
/// Longest time that changes of everything may follow each other without a word, seconds.
const LONGEST_RELEARN: f64 = 2.0;
/// Seconds without a picture after which the scene is taken for a new one.
const BREAK: f32 = 60.0;
/// Shortest time between two pictures that are looked at, seconds: in less, nothing goes anywhere.
const PACE: f32 = 0.12;

/// A small grey picture, row by row, and when it was taken.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Pixels of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` levels.
    pub luma: &'a [u8],
    /// When it was taken.
    pub at: Ticks,
}

/// What the detector makes of the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The first second: the scene is not known yet.
    Learning,
    /// The scene is known.
    Steady,
    /// Everything has changed at once (a lamp, the infrared filter, the exposure); the scene is learned anew.
    Relearning,
}

/// A rectangle in parts of the picture, 0..=1 from the upper left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// Something that moves through the scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Mover {
    /// The same as long as it is followed.
    pub id: u64,
    /// When it appeared, as far as can be told now.
    pub since: Ticks,
    /// Where it is.
    pub bounds: Bounds,
    /// Cells it covers.
    pub cells: Cells,
    /// Share of the picture that it changes, 0..=1.
    pub area: f32,
    /// Grey levels by which it stands out, mean.
    pub contrast: f32,
    /// Grey levels between neighbours inside of its bounds, mean: how sharp it is.
    pub sharpness: f32,
}

/// What one picture says.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// When it was taken.
    pub at: Ticks,
    /// Seconds since the one before, of which nothing is known; 0 for the first.
    pub gap: f32,
    /// Whether the scene is known.
    pub state: State,
    /// Where something moves.
    pub cells: Cells,
    /// Share of the picture that movers change, 0..=1.
    pub moved: f32,
    /// What moves.
    pub movers: Vec<Mover>,
    /// Nothing is there that counts, clutter included.
    pub calm: bool,
}

impl Activity {
    /// Whether there is a reason to look at every picture: the scene is not known, or something is there. Where leaves or
    /// rain stir nobody could tell from one picture whether somebody has come, too.
    pub fn stirs(&self) -> bool {
        self.state != State::Steady || !self.calm
    }
}

/// The size to ask for, for a picture of this size: the same shape, at most 240 by 135, never larger than it is.
pub fn picture_size(width: usize, height: usize) -> (usize, usize) {
    let (wide, high) = LARGEST;
    let shrink = (width as f32 / wide as f32).max(height as f32 / high as f32).max(1.0);
    let side = |v: usize| ((v as f32 / shrink).round() as usize).max(SMALLEST);
    (side(width), side(height))
}

struct Scene {
    width: usize,
    height: usize,
    started: Ticks,
    last: Ticks,
    said: Activity,
    pictures: u32,
    changed: Option<f64>,
    /// When everything last changed at once, whatever was made of it, and when that began.
    sudden: Option<f64>,
    changing_since: f64,
    share: f32,
    calm: bool,
    model: Model,
    /// Of the picture, and of how the background looks.
    now: Sums,
    known: Sums,
    shake: Shake,
    light: Light,
    blocks: Blocks,
    tracks: Tracks,
    rules: Vec<Rule>,
}

/// Motion of one stream. Give it every picture, in order of time.
#[derive(Default)]
pub struct Detector(Option<Scene>);

impl Detector {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at a picture. One that is not later than the last, or too small to see anything in, says nothing.
    pub fn look(&mut self, frame: &Frame<'_>) -> Activity {
        let quiet = |state| Activity {
            at: frame.at,
            gap: 0.0,
            state,
            cells: Cells::NONE,
            moved: 0.0,
            movers: Vec::new(),
            calm: false,
        };
        let fits =
            frame.width.min(frame.height) >= SMALLEST && frame.luma.len() == frame.width * frame.height;
        if !fits {
            return quiet(State::Learning);
        }
        let goes_on = self.0.as_ref().is_some_and(|scene| {
            let gap = seconds(frame.at - scene.last);
            (scene.width, scene.height) == (frame.width, frame.height) && (0.0..BREAK).contains(&gap)
        });
        match &mut self.0 {
            Some(scene) if goes_on && seconds(frame.at - scene.last) < PACE => {
                Activity { at: frame.at, ..scene.said.clone() }
            }
            Some(scene) if goes_on => {
                scene.said = scene.look(frame);
                scene.said.clone()
            }
            slot => {
                *slot = Some(Scene::new(frame, quiet(State::Learning)));
                quiet(State::Learning)
            }
        }
    }
}

fn seconds(ticks: i64) -> f32 {
    ticks as f32 / TICKS_PER_SECOND as f32
}

impl Scene {
    fn new(frame: &Frame<'_>, said: Activity) -> Self {
        let blocks = Blocks::new(frame.width, frame.height);
        Self {
            width: frame.width,
            height: frame.height,
            started: frame.at,
            last: frame.at,
            said,
            pictures: 1,
            changed: None,
            sudden: None,
            changing_since: 0.0,
            share: 0.0,
            calm: false,
            model: Model::new(frame.width, frame.height, frame.luma),
            shake: Shake::new(frame.width, frame.height),
            now: Sums::new(frame.width, frame.height, blocks.size * 2),
            known: Sums::new(frame.width, frame.height, blocks.size * 2),
            light: Light::new(frame.width, frame.height, blocks.size * 2),
            tracks: Tracks::new(&blocks),
            rules: Vec::new(),
            blocks,
        }
    }

    fn time(&self) -> f64 {
        (self.last - self.started) as f64 / TICKS_PER_SECOND as f64
    }

    fn state(&self, now: f64) -> State {
        if now < LEARNS || self.pictures < FEWEST {
            State::Learning
        } else if self.changed.is_some_and(|at| now - at < RELEARNS) {
            State::Relearning
        } else {
            State::Steady
        }
    }

    fn look(&mut self, frame: &Frame<'_>) -> Activity {
        let gap = seconds(frame.at - self.last);
        self.last = frame.at;
        let now = self.time();
        self.pictures += 1;
        let state = self.state(now);
        self.now.measure(frame.luma);
        self.known.measure(self.model.look());
        let (picture, shift) = self.shake.align(frame.luma, self.model.look(), &self.now, &self.known);
        if shift != (0, 0) {
            self.now.measure(picture);
        }
        self.light.measure(&self.now, &self.known);
        self.model.compare(picture, &self.light);
        if shift != (0, 0) {
            self.model.blind(shift);
        }
        self.blocks.count(&self.model);
        let (least, share) = self.blocks.spread();
        let abrupt =
            gap < LEAPS && share > 0.12 && self.share < 0.05 && least > 0.05 || share > 0.55 && least > 0.3;
        self.share = share;
        // Exposure has time to change between pictures that are far apart; it leaves the scene as it was.
        let jumped = self.light.jumped && (gap < LEAPS || share > 0.2);
        if abrupt || jumped {
            let follows = self.sudden.is_some_and(|at| now - at < RELEARNS.max(f64::from(gap) * 1.5));
            self.sudden = Some(now);
            if !follows {
                self.changing_since = now;
            }
            // What goes on changing is no switch: a lamp that flickers, a lorry before the lens. It is looked at as it is.
            if now - self.changing_since <= LONGEST_RELEARN {
                self.changed = Some(now);
                self.model.replace(picture);
                self.tracks.forget(abrupt);
                self.share = 0.0;
                return self.say(frame, now, gap);
            }
        }
        let mut blobs = self.blocks.blobs(&self.model);
        blobs.retain(|blob| !self.blocks.is_light(blob, picture, &self.model, &self.light));
        self.calm = blobs.is_empty();
        self.tracks.follow(&mut blobs, &self.blocks, now, gap);
        if state == State::Relearning {
            self.tracks.forget(false);
        }
        self.tracks.rules(&self.blocks, now, &mut self.rules);
        let quick = match state {
            State::Learning => 1.0 / self.pictures as f32,
            State::Relearning => 0.3,
            State::Steady => 0.0,
        };
        self.model.learn(picture, gap, quick, &self.rules, self.blocks.size);
        self.say(frame, now, gap)
    }

    fn say(&self, frame: &Frame<'_>, now: f64, gap: f32) -> Activity {
        let (at, luma) = (frame.at, frame.luma);
        let state = self.state(now);
        let mut activity =
            Activity { at, gap, state, cells: Cells::NONE, moved: 0.0, movers: Vec::new(), calm: self.calm };
        if state != State::Steady {
            return activity;
        }
        for track in self.tracks.iter().filter(|track| track.counts(now)) {
            let mover = self.mover(track, luma);
            activity.cells = activity.cells | mover.cells;
            activity.moved += mover.area;
            activity.movers.push(mover);
        }
        activity.movers.sort_by(|a, b| b.area.total_cmp(&a.area));
        activity
    }

    fn mover(&self, track: &Track, luma: &[u8]) -> Mover {
        let part = |blocks: f32, of: usize| (blocks * self.blocks.size as f32 / of as f32).clamp(0.0, 1.0);
        let [left, top, right, bottom] = track.bounds;
        let mut cells = Cells::NONE;
        for &block in &track.blocks {
            let (x, y) = (usize::from(block) % self.blocks.columns, usize::from(block) / self.blocks.columns);
            let middle = |block: usize, of: usize, cells: usize| {
                (block * self.blocks.size + self.blocks.size / 2).min(of - 1) * cells / of
            };
            cells.set(middle(x, self.width, COLUMNS), middle(y, self.height, ROWS));
        }
        Mover {
            id: track.id,
            since: self.started + (track.first * TICKS_PER_SECOND as f64) as i64,
            bounds: Bounds {
                left: part(left, self.width),
                top: part(top, self.height),
                right: part(right, self.width),
                bottom: part(bottom, self.height),
            },
            cells,
            area: track.pixels as f32 / (self.width * self.height) as f32,
            contrast: track.excess as f32 / track.pixels.max(1) as f32,
            sharpness: self.sharpness(track, luma),
        }
    }

    fn sharpness(&self, track: &Track, luma: &[u8]) -> f32 {
        let pixel = |blocks: f32, of: usize| ((blocks as usize) * self.blocks.size).min(of);
        let [left, top, right, bottom] = track.bounds;
        let columns = pixel(left, self.width)..pixel(right, self.width);
        let rows = (pixel(top, self.height)..pixel(bottom, self.height)).step_by(2);
        let (mut sum, mut n) = (0u32, 0u32);
        for row in rows.map(|y| &luma[y * self.width..][columns.clone()]) {
            sum += row.windows(2).map(|pair| u32::from(pair[0].abs_diff(pair[1]))).sum::<u32>();
            n += row.len().saturating_sub(1) as u32;
        }
        sum as f32 / n.max(1) as f32
    }
}
