//! Pure. How much brighter than its background a picture is: as a whole, and around each tile.
//!
//! Exposure, clouds and lamps scale a scene; things cover it. So the background is scaled by the median of the tiles
//! (what happened everywhere) or by the mean of the surroundings (what happened here), and only what neither of them
//! explains counts.

/// No change of light.
pub(super) const SAME: u16 = 512;
/// Tiles around a tile that are its surroundings, on each side.
const AROUND: usize = 2;
/// A jump of a tile's light between two pictures, in the unit of [`SAME`]: a quarter. Exposure is slower.
const JUMP: u16 = 128;
/// Share of the tiles that jump at once when a lamp is switched.
const JUMPED: f32 = 0.6;
/// Levels added to both sides of a quotient: in the dark it says nothing.
const DARK: u32 = 6;

pub(super) struct Light {
    tile: usize,
    columns: usize,
    rows: usize,
    now: Vec<u32>,
    known: Vec<u32>,
    /// Sums of the picture before.
    before: Vec<u32>,
    /// Quotients at the middles of the tiles, spread over the columns: of two rows of tiles, and between them.
    above: Vec<i16>,
    below: Vec<i16>,
    between: Vec<u16>,
    loaded: Option<usize>,
    /// Median over the tiles.
    pub(super) all: u16,
    /// Whether nearly everything became brighter, or darker, since the picture before.
    pub(super) jumped: bool,
}

fn quotient(now: u32, known: u32, pixels: u32) -> u16 {
    let dark = DARK * pixels;
    (u64::from(now + dark) * u64::from(SAME) / u64::from(known + dark).max(1)).clamp(32, 8192) as u16
}

/// Sums of the tiles of a picture.
fn sums(picture: &[u8], width: usize, tile: usize, columns: usize, out: &mut [u32]) {
    let mut line = vec![0u16; width];
    for (band, out) in picture.chunks(width * tile).zip(out.chunks_mut(columns)) {
        line.fill(0);
        for row in band.chunks_exact(width) {
            line.iter_mut().zip(row).for_each(|(sum, &v)| *sum += u16::from(v));
        }
        for (sum, piece) in out.iter_mut().zip(line.chunks(tile)) {
            *sum = piece.iter().map(|&v| u32::from(v)).sum();
        }
    }
}

/// Running sums over `2 * AROUND + 1` values, fewer at the ends.
fn around(values: &mut [u32], stride: usize, n: usize, line: &mut Vec<u32>) {
    line.clear();
    line.extend((0..n).map(|i| values[i * stride]));
    let mut sum: u32 = line.iter().take(AROUND).sum();
    for i in 0..n {
        sum += line.get(i + AROUND).copied().unwrap_or(0);
        sum -= if i > AROUND { line[i - AROUND - 1] } else { 0 };
        values[i * stride] = sum;
    }
}

impl Light {
    pub(super) fn new(width: usize, height: usize, tile: usize) -> Self {
        let (columns, rows) = (width.div_ceil(tile), height.div_ceil(tile));
        let n = columns * rows;
        Self {
            tile,
            columns,
            rows,
            now: vec![0; n],
            known: vec![0; n],
            before: Vec::new(),
            above: vec![SAME as i16; width],
            below: vec![SAME as i16; width],
            between: vec![SAME; width],
            loaded: None,
            all: SAME,
            jumped: false,
        }
    }

    /// Measures a picture against its background.
    pub(super) fn measure(&mut self, picture: &[u8], look: &[u8], width: usize) {
        sums(picture, width, self.tile, self.columns, &mut self.now);
        sums(look, width, self.tile, self.columns, &mut self.known);
        let pixels = (self.tile * self.tile) as u32;
        let jumps = |sign: i32| {
            let pairs = self.now.iter().zip(&self.before);
            let jumps = pairs.filter(|&(&now, &before)| {
                (i32::from(quotient(now, before, pixels)) - i32::from(SAME)) * sign > i32::from(JUMP)
            });
            jumps.count() as f32 > JUMPED * self.now.len() as f32
        };
        self.jumped = jumps(1) || jumps(-1);
        self.before.clone_from(&self.now);
        let mut counts = [0u32; 97];
        for (&now, &known) in self.now.iter().zip(&self.known) {
            counts[usize::from(quotient(now, known, pixels).min(1536)) / 16] += 1;
        }
        let half = (self.now.len() / 2) as u32;
        let mut seen = 0;
        let middle = counts.iter().position(|&n| {
            seen += n;
            seen > half
        });
        // Within its bin the median is the mean.
        let bin = middle.unwrap_or(usize::from(SAME) / 16);
        let (mut sum, mut n) = (0u32, 0u32);
        for (&now, &known) in self.now.iter().zip(&self.known) {
            let q = quotient(now, known, pixels);
            if (usize::from(q) / 16).abs_diff(bin) <= 1 {
                sum += u32::from(q);
                n += 1;
            }
        }
        self.all = sum.checked_div(n).map_or(SAME, |mean| mean as u16);
        self.loaded = None;
        let mut line = Vec::with_capacity(self.columns.max(self.rows));
        for values in [&mut self.now, &mut self.known] {
            for row in 0..self.rows {
                around(&mut values[row * self.columns..], 1, self.columns, &mut line);
            }
            for column in 0..self.columns {
                around(&mut values[column..], self.columns, self.rows, &mut line);
            }
        }
    }

    /// The quotients of a row of tiles, straight lines between their middles.
    fn spread(&self, row: usize, out: &mut [i16]) {
        let tall = (row + AROUND).min(self.rows - 1) - row.saturating_sub(AROUND) + 1;
        let value = |column: usize| {
            let column = column.min(self.columns - 1);
            let wide = (column + AROUND).min(self.columns - 1) - column.saturating_sub(AROUND) + 1;
            let pixels = (tall * wide * self.tile * self.tile) as u32;
            let at = row * self.columns + column;
            i32::from(quotient(self.now[at], self.known[at], pixels))
        };
        let (head, body) = out.split_at_mut((self.tile / 2).min(out.len()));
        let mut left = value(0);
        head.fill(left as i16);
        for (column, piece) in body.chunks_mut(self.tile).enumerate() {
            let right = value(column + 1);
            let slope = (right - left) * 256 / self.tile as i32;
            let mut level = left * 256;
            for out in piece {
                *out = (level >> 8) as i16;
                level += slope;
            }
            left = right;
        }
    }

    /// The light around each pixel of row `y`. Rows are asked for from the top.
    pub(super) fn row(&mut self, y: usize) -> &[u16] {
        let half = self.tile / 2;
        let band = (y + half) / self.tile;
        if self.loaded != Some(band) {
            let mut row = std::mem::take(&mut self.above);
            std::mem::swap(&mut row, &mut self.below);
            if self.loaded.is_none() {
                self.spread(band.saturating_sub(1), &mut row);
            }
            let mut below = std::mem::take(&mut self.below);
            self.spread(band.min(self.rows - 1), &mut below);
            (self.above, self.below) = (row, below);
            self.loaded = Some(band);
        }
        let along = ((y + half) % self.tile * 32768 / self.tile) as i32;
        for ((out, &above), &below) in self.between.iter_mut().zip(&self.above).zip(&self.below) {
            let more = ((i32::from((below - above) * 2) * along) >> 16) as i16;
            *out = (above + more) as u16;
        }
        &self.between
    }
}
