//! Pure. How much brighter than its background a picture is: as a whole, and around each tile.
//!
//! Exposure, clouds and lamps scale a scene; things cover it. So the background is scaled by the median of the tiles
//! (what happened everywhere) and by the mean of the surroundings (what happened here), and only what neither of them
//! nor anything in between explains counts.

use multiversion::multiversion;

use super::sums::Sums;

/// No change of light.
pub(super) const SAME: i16 = 512;
/// Tiles around a tile that are its surroundings, on each side.
const AROUND: usize = 2;
/// A jump of a tile's light between two pictures that makes it so many times as bright.
const BRIGHTER: f32 = 1.25;
/// See [`BRIGHTER`].
const DARKER: f32 = 0.75;
/// Share of the tiles that jump at once when a lamp is switched. Exposure is slower.
const JUMPED: f32 = 0.6;
/// Levels added to both sides of a quotient: in the dark it says nothing.
const DARK: f32 = 6.0;
/// Quotients that count as one when the median is sought.
const BIN: usize = 16;
/// Pixels that are interpolated at once.
const LANES: usize = 8;

pub(super) struct Light {
    tile: usize,
    columns: usize,
    rows: usize,
    width: usize,
    /// Sums of the tiles of the picture before.
    before: Vec<u32>,
    /// Of each tile, the picture over the background.
    quotients: Vec<i16>,
    /// Quotients of the surroundings of the tiles of a row, and once more the last.
    values: Vec<i16>,
    /// How many tiles wide the surroundings of each column of tiles are.
    wide: Vec<f32>,
    /// A row of sums with [`AROUND`] nothings on both sides; and of the surroundings, of the picture and the background.
    padded: Vec<u32>,
    now: Vec<u32>,
    known: Vec<u32>,
    /// The way from the middle of a tile to the next, in 1/32768.
    along: Vec<[i16; LANES]>,
    /// Quotients of the surroundings, straight lines between the middles of the tiles, row by row of tiles.
    spread: Vec<i16>,
    stride: usize,
    /// Median over the tiles.
    pub(super) all: i16,
    /// Whether nearly everything became brighter, or darker, since the picture before.
    pub(super) jumped: bool,
}

/// How bright it is around the pixels of a row: between two rows of quotients, and how far from the first to the second.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) above: &'a [i16],
    pub(super) below: &'a [i16],
    pub(super) along: i16,
}

/// What lies between two values; `along` in 1/32768.
#[inline(always)]
pub(super) fn between(from: i16, to: i16, along: i16) -> i16 {
    from + ((i32::from((to - from) * 2) * i32::from(along)) >> 16) as i16
}

fn part(n: usize, of: usize) -> i16 {
    (n % of * 32768 / of) as i16
}

#[inline(always)]
fn quotient(now: u32, known: u32, pixels: f32) -> i16 {
    let dark = DARK * pixels;
    let q = (now as f32 + dark) * f32::from(SAME) / (known as f32 + dark);
    q.clamp(32.0, 8192.0) as i32 as i16
}

/// Tiles around tile `n` of so many.
fn near(n: usize, of: usize) -> std::ops::Range<usize> {
    n.saturating_sub(AROUND)..(n + AROUND + 1).min(of)
}

impl Light {
    pub(super) fn new(width: usize, height: usize, tile: usize) -> Self {
        let (columns, rows) = (width.div_ceil(tile), height.div_ceil(tile));
        let stride = tile / 2 + columns * tile + LANES;
        Self {
            tile,
            columns,
            rows,
            width,
            before: Vec::new(),
            quotients: vec![SAME; columns * rows],
            values: vec![SAME; columns + 1],
            wide: (0..columns).map(|column| near(column, columns).len() as f32).collect(),
            padded: vec![0; columns + 2 * AROUND],
            now: vec![0; columns],
            known: vec![0; columns],
            along: (0..tile)
                .step_by(LANES)
                .map(|n| std::array::from_fn(|lane| part(n + lane, tile)))
                .collect(),
            spread: vec![SAME; stride * rows],
            stride,
            all: SAME,
            jumped: false,
        }
    }

    /// Measures a picture against its background.
    pub(super) fn measure(&mut self, now: &Sums, known: &Sums) {
        measure(self, &now.tiles, &known.tiles);
    }

    fn find_median(&mut self) {
        let mut counts = [0u32; 97];
        self.quotients.iter().for_each(|&q| counts[q.min(1536) as usize / BIN] += 1);
        let half = (self.quotients.len() / 2) as u32;
        let mut seen = 0;
        let middle = counts.iter().position(|&n| {
            seen += n;
            seen > half
        });
        // Within its bin and those beside it the median is the mean.
        let bin = middle.unwrap_or(SAME as usize / BIN);
        let (from, to) = ((bin.saturating_sub(1) * BIN) as i16, ((bin + 2) * BIN) as i16);
        let (mut sum, mut n) = (0, 0);
        for &q in &self.quotients {
            let near = (from..to).contains(&q);
            sum += if near { i32::from(q) } else { 0 };
            n += i32::from(near);
        }
        self.all = sum.checked_div(n).map_or(SAME, |mean| mean as i16);
    }

    /// How much brighter than its background it is around a pixel.
    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        let Here { above, below, along } = self.row(y);
        f32::from(between(above[x], below[x], along)) / f32::from(SAME)
    }

    /// The light around each pixel of row `y`.
    pub(super) fn row(&self, y: usize) -> Here<'_> {
        let y = y + self.tile / 2;
        let below = y / self.tile;
        let row = |n: usize| &self.spread[n.min(self.rows - 1) * self.stride..][..self.width];
        Here { above: row(below.saturating_sub(1)), below: row(below), along: part(y, self.tile) }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn measure(light: &mut Light, now: &[u32], known: &[u32]) {
    let pixels = (light.tile * light.tile) as f32;
    let (mut brighter, mut darker) = (0u32, 0u32);
    for (&now, &before) in now.iter().zip(&light.before) {
        let (now, before) = (now as f32 + DARK * pixels, before as f32 + DARK * pixels);
        brighter += u32::from(now > before * BRIGHTER);
        darker += u32::from(now < before * DARKER);
    }
    light.jumped = brighter.max(darker) as f32 > JUMPED * now.len() as f32;
    light.before.clear();
    light.before.extend_from_slice(now);
    for ((out, &now), &known) in light.quotients.iter_mut().zip(now).zip(known) {
        *out = quotient(now, known, pixels);
    }
    light.find_median();
    for row in 0..light.rows {
        surroundings(now, row, light.rows, &mut light.padded, &mut light.now);
        surroundings(known, row, light.rows, &mut light.padded, &mut light.known);
        let tall = near(row, light.rows).len() as f32 * pixels;
        let sums = light.now.iter().zip(&light.known).zip(&light.wide);
        for (out, ((&now, &known), wide)) in light.values.iter_mut().zip(sums) {
            *out = quotient(now, known, tall * wide);
        }
        light.values[light.columns] = light.values[light.columns - 1];
        let (head, body) = light.spread[row * light.stride..][..light.stride].split_at_mut(light.tile / 2);
        head.fill(light.values[0]);
        for (column, pair) in light.values.windows(2).enumerate() {
            // The lanes that are too many are written over by the next tile's.
            for (n, along) in light.along.iter().enumerate() {
                let lanes = along.map(|along| between(pair[0], pair[1], along));
                body[column * light.tile + n * LANES..][..LANES].copy_from_slice(&lanes);
            }
        }
    }
}

/// Sums over the surroundings of the tiles of a row.
#[inline(always)]
fn surroundings(sums: &[u32], row: usize, rows: usize, padded: &mut [u32], out: &mut [u32]) {
    let columns = out.len();
    let inner = &mut padded[AROUND..AROUND + columns];
    inner.fill(0);
    for above in near(row, rows) {
        inner.iter_mut().zip(&sums[above * columns..][..columns]).for_each(|(sum, &v)| *sum += v);
    }
    for (out, around) in out.iter_mut().zip(padded.windows(2 * AROUND + 1)) {
        *out = around.iter().sum();
    }
}
