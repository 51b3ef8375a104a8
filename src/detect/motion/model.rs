//! Pure. The background of a camera, pixel by pixel: how it looks, how else it has looked, how restless it is.
//!
//! Each pixel has a mean look, one other look it is known to take (what stood here before, the other face of a leaf
//! or of a blinking lamp), and a limit: how far it strays from its neighbourhood all by itself. The limit is a running
//! high quantile: it steps up when the pixel passes it and creeps down otherwise (in the manner of the feedback of
//! SuBSENSE, St-Charles et al. 2015, and of the pixel history of ViBe, Barnich and Van Droogenbroeck 2011), so that
//! water, leaves, rain and noise set their own thresholds. Every loop here is integer arithmetic over rows, written
//! so that the compiler makes vectors of it.

/// Fraction bits of the mean: 255 whole levels still fit into an `i16`.
const MEAN_BITS: u32 = 7;
/// Units of a limit in one level.
const LIMIT_UNITS: u8 = 4;
/// Levels a pixel may pass its limit before it counts, however still it is: what compression alone does.
const MARGIN: u8 = 7;
/// A limit never grows beyond this many levels: a lamp at night differs from anything by more.
const HIGHEST_LIMIT: u8 = 63;
/// Limits begin at this many levels and creep down: noise is not yet known.
const FIRST_LIMIT: u8 = 6;
/// Time constant of the mean, seconds. Slow enough that a slow walker does not melt in, quick enough for the sun.
const MEAN_SECONDS: f32 = 12.0;
/// The creep of the limit, levels a second.
const CREEP: f32 = 0.08;
/// Levels the limit steps up when a pixel comes to count again, beside half a sixth of its excess each; it steps up
/// by one unit when the pixel passes it without counting.
const STEP: u8 = 1;
/// Seconds within which a pixel that counts a second time is one that comes and goes: restless, not passed by.
const COMES_AND_GOES: f32 = 12.0;
/// Levels within which a pixel holds still.
const STILL: u8 = 6;
/// Stillness after which a pixel that looks as known of old is taken to look so again, in [`STILL_UNIT`]s.
const RECALLED: u8 = 12;

/// Unit of the time that a pixel holds still.
pub(super) const STILL_UNIT: f32 = 0.25;

/// A pixel that counts, in its mark.
const COUNTS: u8 = 1;
/// A pixel that looks as its mean does, in its mark.
const AS_MEAN: u8 = 2;
/// A pixel that passes its limit, in its mark.
const PASSED: u8 = 4;

/// How the pixels of a block are to be learned, from what the tracks say of the block.
#[derive(Clone, Copy)]
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
    mean: Vec<i16>,
    look: Vec<u8>,
    other: Vec<u8>,
    /// [`LIMIT_UNITS`].
    limit: Vec<u8>,
    low: Vec<u8>,
    high: Vec<u8>,
    recent: Vec<u8>,
    still: Vec<u8>,
    blinked: Vec<u8>,
    marks: Vec<u8>,
    previous: Vec<u8>,
    excess: Vec<u8>,
    scratch: Vec<u8>,
    swaps: Vec<u8>,
    still_rest: f32,
    creep_rest: f32,
}

impl Model {
    pub(super) fn new(width: usize, height: usize, picture: &[u8]) -> Self {
        let n = width * height;
        let mut model = Self {
            width,
            height,
            mean: picture.iter().map(|&v| i16::from(v) << MEAN_BITS).collect(),
            look: picture.to_vec(),
            other: picture.to_vec(),
            limit: vec![FIRST_LIMIT * LIMIT_UNITS; n],
            low: vec![0; n],
            high: vec![0; n],
            recent: picture.to_vec(),
            still: vec![0; n],
            blinked: vec![0; n],
            marks: vec![AS_MEAN; n],
            previous: vec![0; n],
            excess: vec![0; n],
            scratch: vec![0; width],
            swaps: vec![0; width],
            still_rest: 0.0,
            creep_rest: 0.0,
        };
        model.spread();
        model
    }

    /// How the background looks, in whole levels.
    pub(super) fn look(&self) -> &[u8] {
        &self.look
    }

    /// By how much each pixel that counts passes what is known; 0 where it does not count.
    pub(super) fn excess(&self) -> &[u8] {
        &self.excess
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

    /// Neighbourhood of every pixel, lowest and highest: a camera that shakes by a pixel shows nothing new.
    fn spread(&mut self) {
        let w = self.width;
        for y in 0..self.height {
            let row = &self.look[y * w..][..w];
            let up = &self.look[y.saturating_sub(1) * w..][..w];
            let down = &self.look[(y + 1).min(self.height - 1) * w..][..w];
            let (low, high) = (&mut self.scratch[..w], &mut self.high[y * w..][..w]);
            for x in 0..w {
                low[x] = row[x].min(up[x]).min(down[x]);
                high[x] = row[x].max(up[x]).max(down[x]);
            }
            let out = &mut self.low[y * w..][..w];
            out[0] = low[0].min(low[1]);
            out[w - 1] = low[w - 1].min(low[w - 2]);
            for x in 1..w - 1 {
                out[x] = low[x - 1].min(low[x]).min(low[x + 1]);
            }
            low.copy_from_slice(high);
            high[0] = low[0].max(low[1]);
            high[w - 1] = low[w - 1].max(low[w - 2]);
            for x in 1..w - 1 {
                high[x] = low[x - 1].max(low[x]).max(low[x + 1]);
            }
        }
    }

    /// Compares row `y` with what is known of it. `all` and `here` are how much brighter than the background the whole
    /// picture and the surroundings of each pixel are, 512 for no change; what either explains does not count.
    pub(super) fn compare(&mut self, y: usize, picture: &[u8], all: u16, here: &[u16]) {
        let w = self.width;
        let rows = y * w..(y + 1) * w;
        let (low, high, other) =
            (&self.low[rows.clone()], &self.high[rows.clone()], &self.other[rows.clone()]);
        let limit = &self.limit[rows.clone()];
        let (picture, here) = (&picture[..w], &here[..w]);
        let marks = &mut self.marks[rows.clone()];
        let excess = &mut self.excess[rows];
        for x in 0..w {
            let v = u16::from(picture[x]);
            let strays = |gain: u16| {
                let scaled = |level: u8| ((u32::from(u16::from(level) << 7) * u32::from(gain)) >> 16) as u16;
                scaled(low[x]).saturating_sub(v) | v.saturating_sub(scaled(high[x]))
            };
            let from_mean = strays(all).min(strays(here[x])).min(255) as u8;
            let from_known = from_mean.min(other[x].abs_diff(picture[x]));
            let limit = limit[x] / LIMIT_UNITS;
            let counts = from_known > limit + MARGIN;
            marks[x] = if counts { COUNTS } else { 0 }
                | if from_mean <= limit + MARGIN { AS_MEAN } else { 0 }
                | if from_known > limit { PASSED } else { 0 };
            excess[x] = if counts { from_known } else { 0 };
        }
    }

    /// Learns from the picture that was just compared. `rules` are given per block of `block` pixels, `columns` a row.
    pub(super) fn learn(
        &mut self,
        picture: &[u8],
        seconds: f32,
        quick: f32,
        rules: &[Rule],
        block: usize,
        columns: usize,
    ) {
        let w = self.width;
        let share = (seconds / MEAN_SECONDS).max(quick).min(0.5);
        let k = (share * 65536.0) as i32;
        let pace = Pace {
            ticks: whole(&mut self.still_rest, seconds / STILL_UNIT),
            creep: whole(&mut self.creep_rest, seconds * CREEP * f32::from(LIMIT_UNITS)),
        };
        let mut absorb = vec![0u8; w];
        let (mut all, mut little) = (vec![0u8; w], vec![0u8; w]);
        for y in 0..self.height {
            if y % block == 0 {
                let row = &rules[y / block * columns..][..columns];
                let pieces =
                    absorb.chunks_mut(block).zip(all.chunks_mut(block)).zip(little.chunks_mut(block));
                for (((absorb, all), little), rule) in pieces.zip(row) {
                    absorb.fill(rule.absorb);
                    all.fill(mask(rule.unrest == Unrest::All));
                    little.fill(mask(rule.unrest == Unrest::Little));
                }
            }
            let rows = y * w..(y + 1) * w;
            let v = &picture[rows.clone()];
            let marks = &self.marks[rows.clone()];
            let swaps = &mut self.swaps[..w];
            lesson(
                pace,
                Seen { v, marks, excess: &self.excess[rows.clone()], look: &self.look[rows.clone()] },
                Rules { absorb: &absorb, all: &all, little: &little },
                Known {
                    other: &mut self.other[rows.clone()],
                    limit: &mut self.limit[rows.clone()],
                    recent: &mut self.recent[rows.clone()],
                    still: &mut self.still[rows.clone()],
                    blinked: &mut self.blinked[rows.clone()],
                    previous: &mut self.previous[rows.clone()],
                },
                swaps,
            );
            let mean = &mut self.mean[rows.clone()];
            let look = &mut self.look[rows];
            for x in 0..w {
                let target = i16::from(v[x]) << MEAN_BITS;
                let drift = ((i32::from(target - mean[x]) * k) >> 16) as i16;
                let moved = mean[x] + if marks[x] & AS_MEAN != 0 { drift } else { 0 };
                mean[x] = if swaps[x] != 0 { target } else { moved };
                look[x] = (mean[x] >> MEAN_BITS) as u8;
            }
        }
        self.spread();
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
            *limit = (*limit).max(FIRST_LIMIT * LIMIT_UNITS);
        }
        self.spread();
    }
}

/// What is due since the last lesson, in whole units.
#[derive(Clone, Copy)]
struct Pace {
    ticks: u8,
    creep: u8,
}

/// A row of the picture, and what it says.
struct Seen<'a> {
    v: &'a [u8],
    marks: &'a [u8],
    excess: &'a [u8],
    look: &'a [u8],
}

/// The rules of a row, as masks where they are yes or no.
struct Rules<'a> {
    absorb: &'a [u8],
    all: &'a [u8],
    little: &'a [u8],
}

/// A row of what is known.
struct Known<'a> {
    other: &'a mut [u8],
    limit: &'a mut [u8],
    recent: &'a mut [u8],
    still: &'a mut [u8],
    blinked: &'a mut [u8],
    previous: &'a mut [u8],
}

/// Adds to a rest and takes the whole units out of it.
fn whole(rest: &mut f32, more: f32) -> u8 {
    *rest += more;
    let units = rest.floor();
    *rest -= units;
    units.min(255.0) as u8
}

fn mask(is: bool) -> u8 {
    if is { 255 } else { 0 }
}

/// One row's lesson, without branches: bytes only, so that sixteen pixels go at once. `swaps` tells which pixels have a
/// new look.
fn lesson(pace: Pace, seen: Seen<'_>, rules: Rules<'_>, known: Known<'_>, swaps: &mut [u8]) {
    const BLINKS: u8 = (COMES_AND_GOES / STILL_UNIT) as u8;
    let n = swaps.len();
    let Seen { v, marks, excess, look } = seen;
    let (v, marks, excess, look) = (&v[..n], &marks[..n], &excess[..n], &look[..n]);
    let (absorb, all, little) = (&rules.absorb[..n], &rules.all[..n], &rules.little[..n]);
    let (other, limit, recent) = (&mut known.other[..n], &mut known.limit[..n], &mut known.recent[..n]);
    let (still, blinked, previous) =
        (&mut known.still[..n], &mut known.blinked[..n], &mut known.previous[..n]);
    for x in 0..n {
        let counts = mask(marks[x] & COUNTS != 0);
        let passed = mask(marks[x] & PASSED != 0);
        let stable = mask(v[x].abs_diff(recent[x]) <= STILL + limit[x] / (4 * LIMIT_UNITS));
        let middle = ((u16::from(recent[x]) + u16::from(v[x]) + 1) >> 1) as u8;
        recent[x] = (middle & stable) | (v[x] & !stable);
        let held = still[x].saturating_add(pace.ticks) & stable;
        let due = (absorb[x] & counts) | (RECALLED & !counts);
        let swap = mask(marks[x] & AS_MEAN == 0) & mask(held >= due);
        still[x] = held & !swap;
        let rises = counts & !previous[x];
        let again = rises & mask(blinked[x] != 0);
        blinked[x] = (BLINKS & rises) | (blinked[x].saturating_sub(pace.ticks) & !rises);
        let replaced = again & all[x] & !swap;
        other[x] = (look[x] & swap) | (v[x] & replaced) | (other[x] & !(swap | replaced));
        let step = (again & ((excess[x] >> 1) + STEP * LIMIT_UNITS)) | (passed & !counts & 1);
        let step = (step & all[x]) | ((step >> 2) & little[x]);
        let shrunk = limit[x].saturating_sub(pace.creep & !passed);
        limit[x] = shrunk.saturating_add(step).min(HIGHEST_LIMIT * LIMIT_UNITS);
        previous[x] = counts;
        swaps[x] = swap;
    }
}
