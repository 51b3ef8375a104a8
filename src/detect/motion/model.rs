//! Pure. The background of a camera, pixel by pixel: how it looks, how else it has looked, how restless it is.
//!
//! Each pixel has a mean look, one other look it is known to take (what stood here before, the other face of a leaf
//! or of a blinking lamp), and a limit: how far it strays from its neighbourhood all by itself. The limit is a running
//! high quantile: it steps up when the pixel passes it and creeps down otherwise (in the manner of the feedback of
//! SuBSENSE, St-Charles et al. 2015, and of the pixel history of ViBe, Barnich and Van Droogenbroeck 2011), so that
//! water, leaves, rain and noise set their own thresholds. What is done to each pixel stands in `rows`.

use multiversion::multiversion;

use super::light::Light;
use super::rows::{self, FIRST_LIMIT, Known, MEAN_BITS, Pace, Rules, Seen, mask};

/// Time constant of the mean, seconds. Slow enough that a slow walker does not melt in, quick enough for the sun.
const MEAN_SECONDS: f32 = 12.0;
/// The creep of the limit, units a second.
const CREEP: f32 = 0.32;

/// Unit of the time that a pixel holds still.
pub(super) const STILL_UNIT: f32 = 0.25;

/// How the pixels of a block are to be learned, from what the tracks say of the block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// Stillness after which a pixel that counts becomes background, in [`STILL_UNIT`]s.
    pub(super) absorb: u8,
    /// How much of what comes and goes there is learned as restlessness.
    pub(super) unrest: Unrest,
}

/// See [`Rule`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unrest {
    /// A mover passes: nothing of it.
    Nothing,
    /// It may become a mover: a quarter.
    Little,
    /// All of it.
    All,
}

pub(super) struct Model {
    width: usize,
    height: usize,
    /// In fractions of [`MEAN_BITS`].
    mean: Vec<i16>,
    look: Vec<u8>,
    other: Vec<u8>,
    limit: Vec<u8>,
    recent: Vec<u8>,
    still: Vec<u8>,
    blinked: Vec<u8>,
    marks: Vec<u8>,
    previous: Vec<u8>,
    excess: Vec<u8>,
    /// Whether any pixel of a row counts.
    counts: Vec<bool>,
    lines: Lines,
    still_rest: f32,
    creep_rest: f32,
}

/// Rows that are used again for every row.
struct Lines {
    /// Lowest and highest of three rows, with the border repeated on both sides.
    low: Vec<u8>,
    high: Vec<u8>,
    /// Lowest and highest that is known around each pixel, in the light of the picture.
    dim: Vec<u8>,
    bright: Vec<u8>,
    /// The rules of a row of blocks, spread over the pixels, and the block's if it is the same everywhere.
    absorb: Vec<u8>,
    all: Vec<u8>,
    little: Vec<u8>,
    same: Option<Rule>,
    swaps: Vec<u8>,
}

impl Lines {
    fn new(width: usize) -> Self {
        let line = || vec![0; width];
        let bordered = || vec![0; width + 2];
        Self {
            low: bordered(),
            high: bordered(),
            dim: line(),
            bright: line(),
            absorb: line(),
            all: line(),
            little: line(),
            same: None,
            swaps: line(),
        }
    }

    fn spread(&mut self, rules: &[Rule], block: usize) {
        let same = rules.iter().all(|rule| *rule == rules[0]).then_some(rules[0]);
        if same.is_some() && same == self.same {
            return;
        }
        self.same = same;
        let pieces = self.absorb.chunks_mut(block).zip(self.all.chunks_mut(block));
        for (((absorb, all), little), rule) in pieces.zip(self.little.chunks_mut(block)).zip(rules) {
            absorb.fill(rule.absorb);
            all.fill(mask(rule.unrest == Unrest::All));
            little.fill(mask(rule.unrest == Unrest::Little));
        }
    }
}

impl Model {
    pub(super) fn new(width: usize, height: usize, picture: &[u8]) -> Self {
        let n = width * height;
        Self {
            width,
            height,
            mean: picture.iter().map(|&v| i16::from(v) << MEAN_BITS).collect(),
            look: picture.to_vec(),
            other: picture.to_vec(),
            limit: vec![FIRST_LIMIT; n],
            recent: picture.to_vec(),
            still: vec![0; n],
            blinked: vec![0; n],
            marks: vec![rows::AS_MEAN; n],
            previous: vec![0; n],
            excess: vec![0; n],
            counts: vec![false; height],
            lines: Lines::new(width),
            still_rest: 0.0,
            creep_rest: 0.0,
        }
    }

    /// How the background looks, in whole levels.
    pub(super) fn look(&self) -> &[u8] {
        &self.look
    }

    /// By how much each pixel that counts passes what is known; 0 where it does not count.
    pub(super) fn excess(&self) -> &[u8] {
        &self.excess
    }

    /// Whether any pixel of these rows may count.
    pub(super) fn any_counts(&self, mut rows: std::ops::Range<usize>) -> bool {
        rows.any(|y| self.counts.get(y).is_some_and(|&counts| counts))
    }

    /// Whether a pixel that counts has changed within the last second.
    pub(super) fn stirs(&self, at: usize) -> bool {
        self.still[at] < 3
    }

    /// Whether a pixel that counts did not count when the background was last learned.
    pub(super) fn is_fresh(&self, at: usize) -> bool {
        self.previous[at] == 0
    }

    /// Takes the border out of the picture: what came in from outside when the picture was moved.
    pub(super) fn blind(&mut self, shift: (i32, i32)) {
        let w = self.width;
        let strip = |by: i32, of: usize| {
            let n = by.unsigned_abs() as usize;
            if by > 0 { of - n..of } else { 0..n }
        };
        let (columns, rows) = (strip(shift.0, w), strip(shift.1, self.height));
        self.excess[rows.start * w..rows.end * w].fill(0);
        self.marks[rows.start * w..rows.end * w].fill(0);
        for y in 0..self.height {
            self.excess[y * w..][columns.clone()].fill(0);
            self.marks[y * w..][columns.clone()].fill(0);
        }
    }

    /// Compares a picture with what is known of the scene, in the light that it is in.
    pub(super) fn compare(&mut self, picture: &[u8], light: &Light) {
        compare(self, picture, light);
    }

    /// Learns from the picture that was just compared. `rules` are given per block of `block` pixels.
    pub(super) fn learn(&mut self, picture: &[u8], seconds: f32, quick: f32, rules: &[Rule], block: usize) {
        let share = (seconds / MEAN_SECONDS).max(quick).min(0.5);
        let pace = Pace {
            ticks: whole(&mut self.still_rest, seconds / STILL_UNIT),
            creep: whole(&mut self.creep_rest, seconds * CREEP),
            drift: (share * 65536.0).min(32767.0) as i16,
        };
        learn(self, picture, pace, rules, block);
    }

    /// Everything has changed at once: what is seen now is the background; what was is remembered as the other look.
    pub(super) fn replace(&mut self, picture: &[u8]) {
        self.other.copy_from_slice(&self.look);
        self.look.copy_from_slice(picture);
        self.recent.copy_from_slice(picture);
        for (mean, &v) in self.mean.iter_mut().zip(picture) {
            *mean = i16::from(v) << MEAN_BITS;
        }
        self.still.fill(0);
        self.previous.fill(0);
        for limit in &mut self.limit {
            *limit = (*limit).max(FIRST_LIMIT);
        }
    }
}

/// Adds to a rest and takes the whole units out of it.
fn whole(rest: &mut f32, more: f32) -> u8 {
    *rest += more;
    let units = rest.floor();
    *rest -= units;
    units.min(255.0) as u8
}

#[multiversion(targets("x86_64+avx2"))]
fn compare(model: &mut Model, picture: &[u8], light: &Light) {
    let (w, last) = (model.width, model.height - 1);
    let Lines { low, high, dim, bright, .. } = &mut model.lines;
    for y in 0..=last {
        let look = |y: usize| &model.look[y * w..][..w];
        rows::neighbourhood([look(y.saturating_sub(1)), look(y), look((y + 1).min(last))], low, high);
        rows::lit(low, high, light.row(y), light.all, dim, bright);
        let row = y * w..(y + 1) * w;
        model.counts[y] = rows::compare(
            &picture[row.clone()],
            (dim, bright),
            &model.other[row.clone()],
            &model.limit[row.clone()],
            &mut model.marks[row.clone()],
            &mut model.excess[row],
        );
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn learn(model: &mut Model, picture: &[u8], pace: Pace, rules: &[Rule], block: usize) {
    let w = model.width;
    let columns = w.div_ceil(block);
    for y in 0..model.height {
        if y % block == 0 {
            model.lines.spread(&rules[y / block * columns..][..columns], block);
        }
        let Lines { absorb, all, little, swaps, .. } = &mut model.lines;
        let row = y * w..(y + 1) * w;
        let (v, marks) = (&picture[row.clone()], &model.marks[row.clone()]);
        let look = &mut model.look[row.clone()];
        rows::learn(
            pace,
            Seen { v, marks, excess: &model.excess[row.clone()], look },
            Rules { absorb, all, little },
            Known {
                other: &mut model.other[row.clone()],
                limit: &mut model.limit[row.clone()],
                recent: &mut model.recent[row.clone()],
                still: &mut model.still[row.clone()],
                blinked: &mut model.blinked[row.clone()],
                previous: &mut model.previous[row.clone()],
            },
            swaps,
        );
        rows::drift(pace, v, marks, swaps, &mut model.mean[row], look);
    }
}
