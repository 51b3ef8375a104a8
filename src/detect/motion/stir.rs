//! Pure. What has just come and may be a thing, though one picture cannot tell: the reason to look more closely. What is
//! known to come and go in its place, or anywhere and as large, is no reason.

use super::blobs::{Blob, Blocks};
use super::track::Track;
use super::tracks::within;

/// Time constant of what is known to come and go, seconds.
const REMEMBERS: f32 = 120.0;
/// Blocks around a place that count as the same.
const NEAR: f32 = 1.0;
/// What has so many times the mass of what is known to come and go is news all the same.
const LARGER: f32 = 3.0;
/// So many of a mass that come and go anywhere in a picture make it no news.
const USUAL: f32 = 0.1;
/// Steps of mass, each half as large again.
const MASSES: usize = 32;

pub(super) struct Stir {
    /// Mass of the largest that came and went in each block and was no mover, and of the largest that did so twice.
    once: Vec<f32>,
    twice: Vec<f32>,
    /// How many came and went where nothing usually does, by mass, and in how many pictures.
    visitors: [f32; MASSES],
    pictures: f32,
    /// Pixels that are news in this picture.
    pub(super) pixels: u32,
}

fn step(mass: f32) -> usize {
    (mass.max(1.0).log(1.5) as usize).min(MASSES - 1)
}

impl Stir {
    pub(super) fn new(blocks: &Blocks) -> Self {
        let n = blocks.columns * blocks.rows;
        let (once, twice) = (vec![0.0; n], vec![0.0; n]);
        Self { once, twice, visitors: [0.0; MASSES], pictures: 0.0, pixels: 0 }
    }

    /// Another picture, `gap` seconds after the last.
    pub(super) fn begin(&mut self, gap: f32) {
        let keep = 1.0 - (gap / REMEMBERS).min(0.3);
        self.once.iter_mut().chain(&mut self.twice).chain(&mut self.visitors).for_each(|n| *n *= keep);
        self.pictures = self.pictures * keep + 1.0;
        self.pixels = 0;
    }

    fn is_known_here(&self, pixels: u32, places: &[u16]) -> bool {
        let usual: f32 = places.iter().map(|&at| self.twice[usize::from(at)]).sum();
        (pixels * places.len() as u32) as f32 <= LARGER * usual
    }

    /// A blob that is none of a mover's. `smallest`: pixels that have come, to be something.
    pub(super) fn note(&mut self, blob: &Blob, smallest: f32) {
        let as_large: f32 = self.visitors[step(blob.pixels as f32 / LARGER)..].iter().sum();
        let known = as_large > USUAL * self.pictures || self.is_known_here(blob.pixels, &blob.blocks);
        if blob.fresh as f32 >= smallest && !known {
            self.pixels += blob.fresh;
        }
    }

    /// Something is gone that never was a mover, or it is still about the place.
    pub(super) fn goes_nowhere(&mut self, track: &Track, blocks: &Blocks) {
        let mass = track.pixels as f32;
        if !self.is_known_here(track.pixels, &track.blocks) {
            self.visitors[step(mass)] += 1.0;
        }
        for at in within(&track.bounds, NEAR, blocks) {
            self.twice[at] = self.twice[at].max(self.once[at].min(mass));
            self.once[at] = self.once[at].max(mass);
        }
    }
}
