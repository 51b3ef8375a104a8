//! Pure. What the background model does to each pixel, row by row.
//!
//! Integer arithmetic without branches, in loops over slices of one length, bytes apart from words: so the compiler makes
//! vectors of them. They are inlined into callers that are compiled for several processors.

use super::light::{Here, between};

/// Fraction bits of the mean: 255 whole levels still fit into an `i16`.
pub(super) const MEAN_BITS: u32 = 7;
/// Units of a limit in one level.
const LIMIT_UNITS: u8 = 4;
/// Levels a pixel may pass its limit before it counts, however still it is: what compression alone does.
const MARGIN: u8 = 7;
/// A limit never grows beyond this many units: a lamp at night differs from anything by more.
const HIGHEST_LIMIT: u8 = 63 * LIMIT_UNITS;
/// Limits begin at this many units and creep down: noise is not yet known.
pub(super) const FIRST_LIMIT: u8 = 6 * LIMIT_UNITS;
/// Units the limit steps up when a pixel comes to count again, beside half a quarter of its excess each; it steps up by
/// one unit when the pixel passes it without counting.
const STEP: u8 = LIMIT_UNITS;
/// Time within which a pixel that counts a second time is one that comes and goes: restless, not passed by. In the unit
/// of stillness: 12 s.
const COMES_AND_GOES: u8 = 48;
/// Levels within which a pixel holds still.
const STILL: u8 = 6;
/// Stillness after which a pixel that looks as known of old is taken to look so again: 3 s.
const RECALLED: u8 = 12;

/// A pixel that counts, in its mark.
const COUNTS: u8 = 1;
/// A pixel that looks as its mean does, in its mark.
pub(super) const AS_MEAN: u8 = 2;
/// A pixel that passes its limit, in its mark.
const PASSED: u8 = 4;

/// What is due since the last lesson.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// Units of stillness.
    pub(super) ticks: u8,
    /// Units of the limit.
    pub(super) creep: u8,
    /// Share of the way to the picture that the mean goes, in 1/65536.
    pub(super) drift: i16,
}

/// A row of the picture, and what it says.
pub(super) struct Seen<'a> {
    pub(super) v: &'a [u8],
    pub(super) marks: &'a [u8],
    pub(super) excess: &'a [u8],
    pub(super) look: &'a [u8],
}

/// The rules of a row, as masks where they are yes or no.
pub(super) struct Rules<'a> {
    pub(super) absorb: &'a [u8],
    pub(super) all: &'a [u8],
    pub(super) little: &'a [u8],
}

/// A row of what is known.
pub(super) struct Known<'a> {
    pub(super) other: &'a mut [u8],
    pub(super) limit: &'a mut [u8],
    pub(super) recent: &'a mut [u8],
    pub(super) still: &'a mut [u8],
    pub(super) blinked: &'a mut [u8],
    pub(super) previous: &'a mut [u8],
}

#[inline(always)]
pub(super) fn mask(is: bool) -> u8 {
    if is { 255 } else { 0 }
}

/// A mask for words.
#[inline(always)]
fn wide(mask: u8) -> i16 {
    i16::from(mask as i8)
}

/// Lowest and highest of three rows, with the border repeated on both sides.
#[inline(always)]
pub(super) fn neighbourhood([up, row, down]: [&[u8]; 3], low: &mut [u8], high: &mut [u8]) {
    let n = row.len();
    let (up, down) = (&up[..n], &down[..n]);
    let (inner_low, inner_high) = (&mut low[1..][..n], &mut high[1..][..n]);
    for x in 0..n {
        inner_low[x] = row[x].min(up[x]).min(down[x]);
        inner_high[x] = row[x].max(up[x]).max(down[x]);
    }
    for line in [low, high] {
        line[0] = line[1];
        line[n + 1] = line[n];
    }
}

/// Lowest and highest around each pixel (a camera that shakes by a pixel shows nothing new), in the darkest and in the
/// brightest light that the picture may be in: that of everything, and that of the surroundings.
#[inline(always)]
pub(super) fn lit(low: &[u8], high: &[u8], here: Here<'_>, all: i16, dim: &mut [u8], bright: &mut [u8]) {
    let n = dim.len();
    let bright = &mut bright[..n];
    let (low_left, low_mid, low_right) = (&low[..n], &low[1..][..n], &low[2..][..n]);
    let (high_left, high_mid, high_right) = (&high[..n], &high[1..][..n], &high[2..][..n]);
    for x in 0..n {
        dim[x] = low_left[x].min(low_mid[x]).min(low_right[x]);
        bright[x] = high_left[x].max(high_mid[x]).max(high_right[x]);
    }
    let scaled = |level: u8, gain: i16| {
        let level = ((i32::from(i16::from(level) << 7) * i32::from(gain)) >> 16) as i16;
        level.min(255) as u8
    };
    let (above, below) = (&here.above[..n], &here.below[..n]);
    for x in 0..n {
        let gain = between(above[x], below[x], here.along);
        dim[x] = scaled(dim[x], gain.min(all));
        bright[x] = scaled(bright[x], gain.max(all));
    }
}

/// Compares a row with what is known of it: between dim and bright, or the other look. Whether any pixel counts.
#[inline(always)]
pub(super) fn compare(
    picture: &[u8],
    (dim, bright): (&[u8], &[u8]),
    other: &[u8],
    limit: &[u8],
    marks: &mut [u8],
    excess: &mut [u8],
) -> bool {
    let n = picture.len();
    let (dim, bright, other, limit) = (&dim[..n], &bright[..n], &other[..n], &limit[..n]);
    let (marks, excess) = (&mut marks[..n], &mut excess[..n]);
    let mut any = 0;
    for x in 0..n {
        let from_mean = dim[x].saturating_sub(picture[x]) | picture[x].saturating_sub(bright[x]);
        let from_known = from_mean.min(other[x].abs_diff(picture[x]));
        let limit = limit[x] / LIMIT_UNITS;
        let counts = mask(from_known > limit + MARGIN);
        marks[x] = (counts & COUNTS)
            | (mask(from_mean <= limit + MARGIN) & AS_MEAN)
            | (mask(from_known > limit) & PASSED);
        excess[x] = from_known & counts;
        any |= counts;
    }
    any != 0
}

/// One row's lesson, but for the mean. `swaps` tells which pixels have a new look.
#[inline(always)]
pub(super) fn learn(pace: Pace, seen: Seen<'_>, rules: Rules<'_>, known: Known<'_>, swaps: &mut [u8]) {
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
        blinked[x] = (COMES_AND_GOES & rises) | (blinked[x].saturating_sub(pace.ticks) & !rises);
        let replaced = again & all[x] & !swap;
        other[x] = (look[x] & swap) | (v[x] & replaced) | (other[x] & !(swap | replaced));
        let step = (again & ((excess[x] >> 1) + STEP)) | (passed & !counts & 1);
        let step = (step & all[x]) | ((step >> 2) & little[x]);
        let shrunk = limit[x].saturating_sub(pace.creep & !passed);
        limit[x] = shrunk.saturating_add(step).min(HIGHEST_LIMIT);
        previous[x] = counts;
        swaps[x] = swap;
    }
}

/// Moves the mean of a row towards the picture where that looks like it, and sets it where the look is new.
#[inline(always)]
pub(super) fn drift(pace: Pace, v: &[u8], marks: &[u8], swaps: &[u8], mean: &mut [i16], look: &mut [u8]) {
    let n = v.len();
    let (marks, swaps, mean, look) = (&marks[..n], &swaps[..n], &mut mean[..n], &mut look[..n]);
    for x in 0..n {
        let target = i16::from(v[x]) << MEAN_BITS;
        let drift = ((i32::from(target - mean[x]) * i32::from(pace.drift)) >> 16) as i16;
        let as_mean = wide(mask(marks[x] & AS_MEAN != 0));
        let swap = wide(swaps[x]);
        mean[x] = (target & swap) | ((mean[x] + (drift & as_mean)) & !swap);
        look[x] = (mean[x] >> MEAN_BITS) as u8;
    }
}
