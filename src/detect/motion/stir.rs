//! Pure. What has just come and may be a thing, though one picture cannot tell. What is known to come and go in its place,
//! or anywhere and as large, is none.

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
const USUAL: f32 = 0.4;
/// Time constant of how many blobs a picture has, seconds; and how many make a crowd.
const CROWD_SECONDS: f32 = 20.0;
const CROWD: f32 = 4.0;
/// Share of its blocks that a thing fills, alone and in a crowd; and how much more a small one in a crowd: what is no
/// thing seldom fills its blocks, but where there are many, a few do by chance.
const FILL: (f32, f32) = (0.2, 0.44);
const FILL_SMALL: f32 = 0.5;
/// Levels by which a thing passes what is known, mean.
const FAINT: f32 = 13.0;
/// Steps of mass, each half as large again.
const MASSES: usize = 32;

pub(super) struct Stir {
    /// Mass of the largest that came and went in each block and was no mover, and of the largest that did so twice.
    once: Vec<f32>,
    twice: Vec<f32>,
    /// How many came and went where nothing usually does, by mass, and in how many pictures.
    visitors: [f32; MASSES],
    pictures: f32,
    /// How many blobs a picture has that are none of a mover's.
    crowd: f32,
}

fn step(mass: f32) -> usize {
    (mass.max(1.0).log(1.5) as usize).min(MASSES - 1)
}

impl Stir {
    pub(super) fn new(blocks: &Blocks) -> Self {
        let n = blocks.columns * blocks.rows;
        let (once, twice) = (vec![0.0; n], vec![0.0; n]);
        Self { once, twice, visitors: [0.0; MASSES], pictures: 0.0, crowd: 0.0 }
    }

    /// Another picture, `gap` seconds after the last.
    pub(super) fn begin(&mut self, gap: f32) {
        let keep = 1.0 - (gap / REMEMBERS).min(0.3);
        self.once.iter_mut().chain(&mut self.twice).chain(&mut self.visitors).for_each(|n| *n *= keep);
        self.pictures = self.pictures * keep + 1.0;
    }

    fn is_known_here(&self, pixels: u32, places: &[u16]) -> bool {
        let usual: f32 = places.iter().map(|&at| self.twice[usize::from(at)]).sum();
        (pixels * places.len() as u32) as f32 <= LARGER * usual
    }

    /// So many blobs are in the picture that are none of a mover's.
    pub(super) fn crowd(&mut self, n: usize, gap: f32) {
        let share = (gap / CROWD_SECONDS).max(1.0 / self.pictures).min(1.0);
        self.crowd += (n as f32 - self.crowd) * share;
    }

    /// Says of each blob whether it is solid, and news.
    pub(super) fn judge(&self, blobs: &mut [Blob], blocks: &Blocks) {
        let crowded = (self.crowd / CROWD).min(1.0);
        for blob in blobs {
            let small = FILL_SMALL / (blob.blocks.len() as f32).sqrt();
            blob.solid = !blob.is_streak(blocks)
                && blob.contrast() >= FAINT
                && blob.fill(blocks) >= FILL.0 + (FILL.1 + small - FILL.0) * crowded;
            let as_large: f32 = self.visitors[step(blob.pixels as f32 / LARGER)..].iter().sum();
            let known = as_large > USUAL * self.pictures || self.is_known_here(blob.pixels, &blob.blocks);
            blob.news = blob.solid && !known;
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
