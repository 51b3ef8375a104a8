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
/// Levels a pixel may pass its limit before it counts, however still it is: what compression alone does.
const MARGIN: u16 = 7;
/// A limit never grows beyond this many levels: a lamp at night differs from anything by more.
const HIGHEST_LIMIT: u16 = 70;
/// Limits begin here and creep down: noise is not yet known.
const FIRST_LIMIT: u16 = 6;
/// Time constant of the mean, seconds. Slow enough that a slow walker does not melt in, quick enough for the sun.
const MEAN_SECONDS: f32 = 12.0;
/// The creep of the limit, levels a second.
const CREEP: f32 = 0.08;
/// Levels the limit steps up when a pixel passes it, a little and by so much that it counts.
const STEP_PASSED: u16 = 96;
/// See [`STEP_PASSED`]; on the rising edge only, so that what stays is not taken for noise.
const STEP_COUNTED: u16 = 256;
/// Seconds within which a pixel that counts a second time is one that comes and goes: restless, not passed by.
const COMES_AND_GOES: f32 = 12.0;
/// Levels within which a pixel holds still.
const STILL: u8 = 6;

/// Unit of the time that a pixel holds still.
pub(super) const STILL_UNIT: f32 = 0.25;

/// What the picture says about a pixel, in one byte.
const COUNTS: u8 = 1;
/// See [`COUNTS`].
const AS_MEAN: u8 = 2;

/// How the pixels of a block are to be learned, from what the tracks say of the block.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// Stillness after which a pixel that counts becomes background, in [`STILL_UNIT`]s.
    pub(super) absorb: u8,
    /// Share of the steps by which the limit grows, of 4.
    pub(super) steps: u8,
}

pub(super) struct Model {
    width: usize,
    height: usize,
    mean: Vec<i16>,
    look: Vec<u8>,
    other: Vec<u8>,
    /// 1/256 levels.
    limit: Vec<u16>,
    low: Vec<u8>,
    high: Vec<u8>,
    recent: Vec<u8>,
    still: Vec<u8>,
    blinked: Vec<u8>,
    marks: Vec<u8>,
    previous: Vec<u8>,
    excess: Vec<u8>,
    scratch: Vec<u8>,
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
            limit: vec![FIRST_LIMIT * 256; n],
            low: vec![0; n],
            high: vec![0; n],
            recent: picture.to_vec(),
            still: vec![0; n],
            blinked: vec![0; n],
            marks: vec![AS_MEAN; n],
            previous: vec![0; n],
            excess: vec![0; n],
            scratch: vec![0; n],
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

    /// Whether a pixel that counts has also changed against the last second.
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
        let (low, high, other) = (&self.low[rows.clone()], &self.high[rows.clone()], &self.other[rows.clone()]);
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
            let from_mean = strays(all).min(strays(here[x]));
            let seen = u16::from(other[x]);
            let from_other = seen.saturating_sub(v) | v.saturating_sub(seen);
            let from_known = from_mean.min(from_other);
            let limit = limit[x] >> 8;
            let counts = from_known > limit + MARGIN;
            let passed = from_known > limit;
            let as_mean = from_mean <= limit + MARGIN;
            marks[x] = u8::from(counts) * COUNTS | u8::from(as_mean) * AS_MEAN | u8::from(passed) * 4;
            excess[x] = if counts { from_known as u8 } else { 0 };
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
        self.still_rest += seconds / STILL_UNIT;
        let ticks = self.still_rest.floor().min(255.0);
        self.still_rest -= self.still_rest.floor();
        self.creep_rest += seconds * CREEP * 256.0;
        let creep = self.creep_rest.floor().min(65535.0) as u16;
        self.creep_rest -= self.creep_rest.floor();
        let ticks = ticks as u8;
        let blinks = (COMES_AND_GOES / STILL_UNIT) as u8;
        let mut absorb = vec![0u8; w];
        let mut steps = vec![0u8; w];
        for y in 0..self.height {
            if y % block == 0 {
                let row = &rules[y / block * columns..][..columns];
                for ((absorb, steps), rule) in absorb.chunks_mut(block).zip(steps.chunks_mut(block)).zip(row) {
                    absorb.fill(rule.absorb);
                    steps.fill(rule.steps);
                }
            }
            let rows = y * w..(y + 1) * w;
            let v = &picture[rows.clone()];
            let mean = &mut self.mean[rows.clone()];
            let look = &mut self.look[rows.clone()];
            let other = &mut self.other[rows.clone()];
            let limit = &mut self.limit[rows.clone()];
            let recent = &mut self.recent[rows.clone()];
            let still = &mut self.still[rows.clone()];
            let marks = &self.marks[rows.clone()];
            let excess = &self.excess[rows.clone()];
            let blinked = &mut self.blinked[rows.clone()];
            let previous = &mut self.previous[rows];
            let (absorb, steps) = (&absorb[..w], &steps[..w]);
            for x in 0..w {
                let counts = marks[x] & COUNTS != 0;
                let as_mean = marks[x] & AS_MEAN != 0;
                let passed = marks[x] & 4 != 0;
                let stable = v[x].abs_diff(recent[x]) <= STILL + (limit[x] >> 10) as u8;
                let held = if stable { still[x].saturating_add(ticks) } else { 0 };
                recent[x] =
                    if stable { ((u16::from(recent[x]) + u16::from(v[x])) >> 1) as u8 } else { v[x] };
                // What counts and holds still becomes background; what looks as known of old does so sooner.
                let swap = !as_mean && held >= if counts { absorb[x] } else { 12 };
                let target = i16::from(v[x]) << MEAN_BITS;
                let drift = ((i32::from(target - mean[x]) * k) >> 16) as i16;
                let moved = mean[x] + if as_mean { drift } else { 0 };
                let rises = counts && previous[x] == 0;
                let again = rises && blinked[x] > 0;
                blinked[x] = if rises { blinks } else { blinked[x].saturating_sub(ticks) };
                other[x] = if swap {
                    look[x]
                } else if again && steps[x] > 2 {
                    v[x]
                } else {
                    other[x]
                };
                mean[x] = if swap { target } else { moved };
                look[x] = (mean[x] >> MEAN_BITS) as u8;
                still[x] = if swap { 0 } else { held };
                let step = if again { (u16::from(excess[x]) << 8) / 6 + STEP_COUNTED } else { 0 }
                    + if passed && !counts { STEP_PASSED } else { 0 };
                let step = (step >> 2) * u16::from(steps[x]);
                let grown = limit[x].saturating_sub(if passed { 0 } else { creep }) + step;
                limit[x] = grown.min(HIGHEST_LIMIT * 256);
                previous[x] = u8::from(counts);
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
            *limit = (*limit).max(FIRST_LIMIT * 256);
        }
        self.spread();
    }
}
