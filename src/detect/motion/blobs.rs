//! Pure. From pixels that count to blobs: blocks that are dense enough, joined where they touch or nearly do.

use super::light::Light;
use super::model::Model;

/// Rows of blocks that a picture has, about: a block is 1/45 of its height, half the height of the smallest person.
pub(super) const BLOCK_ROWS: usize = 45;
/// More blobs than a scene has things; the smallest are dropped.
const MOST_BLOBS: usize = 48;
/// A jump of the quotient, within a block, that is an edge: of the blob's mean contrast.
const JUMP: f32 = 0.5;
/// Share of its pixels that are near an edge, of a thing.
const EDGES: f32 = 0.25;
/// How many times as tall as wide a streak is: a person is four times as tall.
const STREAK: f32 = 10.0;
/// Blocks between two blobs that lie beside each other, at most.
const BESIDE: usize = 1;
/// Levels added to both sides of a quotient: in the dark it says nothing.
const DARK: f32 = 6.0;

/// A connected patch of change. Corners in blocks, the far ones outside.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) right: usize,
    pub(super) bottom: usize,
    /// Pixels that count.
    pub(super) pixels: u32,
    /// Levels by which they pass what is known, summed.
    pub(super) excess: u32,
    /// Pixels of these that changed within the last second.
    pub(super) stirring: u32,
    /// Pixels of these that did not count in the last picture.
    pub(super) fresh: u32,
    /// Whether it fills its blocks as things do, and whether it is none that is known to come and go.
    pub(super) solid: bool,
    pub(super) news: bool,
    /// Centre of mass, blocks.
    pub(super) x: f32,
    /// See `x`.
    pub(super) y: f32,
    /// Blocks it consists of.
    pub(super) blocks: Vec<u16>,
}

impl Blob {
    /// Share of its blocks' pixels that count.
    pub(super) fn fill(&self, blocks: &Blocks) -> f32 {
        self.pixels as f32 / (self.blocks.len() * blocks.size * blocks.size) as f32
    }

    /// Whether it is so slender that it is a streak of rain.
    pub(super) fn is_streak(&self, blocks: &Blocks) -> bool {
        let tall = ((self.bottom - self.top) * blocks.size) as f32;
        self.right - self.left <= 2 && tall * tall > STREAK * self.pixels as f32
    }

    /// Levels by which it passes what is known, mean.
    pub(super) fn contrast(&self) -> f32 {
        self.excess as f32 / self.pixels.max(1) as f32
    }

    /// Whether most of it was there in the last picture.
    pub(super) fn stays(&self) -> bool {
        2 * self.fresh < self.pixels
    }

    /// Whether it lies beside another one.
    pub(super) fn touches(&self, other: &Self) -> bool {
        let apart = |from: usize, to: usize| from > to + BESIDE;
        !apart(self.left, other.right)
            && !apart(other.left, self.right)
            && !apart(self.top, other.bottom)
            && !apart(other.top, self.bottom)
    }
}

/// The picture in blocks.
pub(super) struct Blocks {
    pub(super) size: usize,
    pub(super) columns: usize,
    pub(super) rows: usize,
    width: usize,
    counts: Vec<u16>,
    /// Rows of blocks in which anything counts.
    busy: Vec<usize>,
    dense: Vec<bool>,
    /// Of each column of pixels in a row of blocks, how many count.
    line: Vec<u8>,
}

impl Blocks {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let size = ((height + BLOCK_ROWS / 2) / BLOCK_ROWS).max(1);
        let (columns, rows) = (width.div_ceil(size), height.div_ceil(size));
        let n = columns * rows;
        let (counts, dense, line) = (vec![0; n], vec![false; n], vec![0; width]);
        Self { size, columns, rows, width, counts, busy: Vec::new(), dense, line }
    }

    /// Counts the pixels of each block.
    pub(super) fn count(&mut self, model: &Model) {
        self.counts.fill(0);
        self.busy.clear();
        self.busy.extend((0..self.rows).filter(|y| model.any_counts(y * self.size..(y + 1) * self.size)));
        let band = self.width * self.size;
        for &y in &self.busy {
            let excess = &model.excess()[y * band..];
            self.line.fill(0);
            for row in excess[..band.min(excess.len())].chunks_exact(self.width) {
                self.line.iter_mut().zip(row).for_each(|(sum, &e)| *sum += u8::from(e != 0));
            }
            let counts = &mut self.counts[y * self.columns..][..self.columns];
            for (count, piece) in counts.iter_mut().zip(self.line.chunks(self.size)) {
                *count = piece.iter().map(|&n| u16::from(n)).sum();
            }
        }
    }

    /// Share of blocks that have changed for the most part, in the quarter of the picture that has fewest, and in all.
    pub(super) fn spread(&self) -> (f32, f32) {
        let full = (self.size * self.size * 2 / 5) as u16;
        let mut quarters = [0u32; 4];
        for &y in &self.busy {
            let counts = &self.counts[y * self.columns..][..self.columns];
            for (x, _) in counts.iter().enumerate().filter(|(_, n)| **n > full) {
                quarters[usize::from(x * 2 >= self.columns) + 2 * usize::from(y * 2 >= self.rows)] += 1;
            }
        }
        let blocks = self.counts.len() as f32;
        let least = quarters.iter().min().copied().unwrap_or(0) as f32 * 4.0 / blocks;
        (least, quarters.iter().sum::<u32>() as f32 / blocks)
    }

    fn find_dense(&mut self) {
        let pixels = (self.size * self.size) as u16;
        let (own, near) = ((pixels * 3).div_ceil(16), (pixels * 10).div_ceil(16));
        self.dense.fill(false);
        for &y in &self.busy {
            let (top, bottom) = (y.saturating_sub(1), (y + 2).min(self.rows));
            for x in 0..self.columns {
                let at = y * self.columns + x;
                if self.counts[at] >= own {
                    let (left, right) = (x.saturating_sub(1), (x + 2).min(self.columns));
                    let rows = (top..bottom).map(|y| &self.counts[y * self.columns..][left..right]);
                    self.dense[at] = rows.flatten().sum::<u16>() >= near;
                }
            }
        }
    }

    /// The blobs of the picture, largest first.
    pub(super) fn blobs(&mut self, model: &Model) -> Vec<Blob> {
        self.find_dense();
        let mut open: Vec<u16> = Vec::new();
        let mut blobs = Vec::new();
        let places = self.busy.iter().flat_map(|y| y * self.columns..(y + 1) * self.columns);
        for seed in places {
            // What is taken is none any more.
            if !std::mem::take(&mut self.dense[seed]) {
                continue;
            }
            open.push(seed as u16);
            let mut blocks = Vec::new();
            while let Some(at) = open.pop() {
                blocks.push(at);
                let (x, y) = (usize::from(at) % self.columns, usize::from(at) / self.columns);
                for ny in y.saturating_sub(2)..(y + 3).min(self.rows) {
                    for nx in x.saturating_sub(2)..(x + 3).min(self.columns) {
                        let next = ny * self.columns + nx;
                        if std::mem::take(&mut self.dense[next]) {
                            open.push(next as u16);
                        }
                    }
                }
            }
            blobs.push(blocks);
        }
        blobs.sort_by_key(|blocks| std::cmp::Reverse(blocks.len()));
        blobs.truncate(MOST_BLOBS);
        blobs.into_iter().map(|blocks| self.measure(blocks, model)).collect()
    }

    fn pixels_of(&self, block: u16, excess: &[u8]) -> impl Iterator<Item = usize> + use<> {
        let (x, y) =
            (usize::from(block) % self.columns * self.size, usize::from(block) / self.columns * self.size);
        let width = self.width;
        let (right, bottom) = ((x + self.size).min(width), (y + self.size).min(excess.len() / width));
        (y..bottom).flat_map(move |y| (x..right).map(move |x| y * width + x))
    }

    fn measure(&self, blocks: Vec<u16>, model: &Model) -> Blob {
        let excess = model.excess();
        let mut blob = Blob {
            left: usize::MAX,
            top: usize::MAX,
            right: 0,
            bottom: 0,
            pixels: 0,
            excess: 0,
            stirring: 0,
            fresh: 0,
            solid: true,
            news: true,
            x: 0.0,
            y: 0.0,
            blocks: Vec::new(),
        };
        let (mut sum_x, mut sum_y) = (0.0, 0.0);
        for &at in &blocks {
            let (x, y) = (usize::from(at) % self.columns, usize::from(at) / self.columns);
            blob.left = blob.left.min(x);
            blob.top = blob.top.min(y);
            blob.right = blob.right.max(x + 1);
            blob.bottom = blob.bottom.max(y + 1);
            let mut pixels = 0;
            for pixel in self.pixels_of(at, excess).filter(|&p| excess[p] > 0) {
                pixels += 1;
                blob.excess += u32::from(excess[pixel]);
                blob.stirring += u32::from(model.stirs(pixel));
                blob.fresh += u32::from(model.is_fresh(pixel));
            }
            blob.pixels += pixels;
            sum_x += pixels as f32 * (x as f32 + 0.5);
            sum_y += pixels as f32 * (y as f32 + 0.5);
        }
        blob.x = sum_x / blob.pixels.max(1) as f32;
        blob.y = sum_y / blob.pixels.max(1) as f32;
        blob.blocks = blocks;
        blob
    }

    /// Whether the blob is the background in another light: a shadow, a beam. Things have edges: where they begin, the
    /// quotient to the background jumps, from that of the light around to their own. The edge of a cloud or of a beam
    /// spreads over many pixels.
    pub(super) fn is_light(&self, blob: &Blob, picture: &[u8], model: &Model, light: &Light) -> bool {
        let enough = self.size * self.size;
        if (blob.pixels as usize) < enough {
            return false;
        }
        let (look, excess, width) = (model.look(), model.excess(), self.width);
        let quotient = |p: usize| (f32::from(picture[p]) + DARK) / (f32::from(look[p]) + DARK);
        let step = self.size.max(2);
        let (mut contrast, mut n, mut jumps) = (0.0, 0, Vec::new());
        for &at in &blob.blocks {
            for p in self.pixels_of(at, excess).filter(|&p| (p + p / width) % 2 == 0 && excess[p] > 0) {
                let x = p % width;
                let here = quotient(p);
                contrast += (here - 1.0).abs().max((here - light.at(x, p / width)).abs());
                n += 1;
                let beside = [
                    (x >= step).then(|| p - step),
                    (x + step < width).then_some(p + step),
                    p.checked_sub(step * width),
                    (p + step * width < picture.len()).then_some(p + step * width),
                ];
                let jump =
                    beside.into_iter().flatten().map(|q| (quotient(q) - here).abs()).fold(0.0, f32::max);
                jumps.push(jump);
            }
        }
        let sharp = JUMP * contrast / n.max(1) as f32;
        let edges = jumps.iter().filter(|&&jump| jump > sharp).count();
        (edges as f32) < EDGES * n as f32
    }
}
