//! A small world for the tests: a scene with texture, its weather and its passers-by, painted picture by picture.

use super::motion::Frame;
use crate::base::Ticks;

/// Deterministic, and good enough for noise.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn roll(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    /// About normal, mean 0, deviation 1.
    pub(super) fn noise(&mut self) -> f32 {
        ((0..4).map(|_| self.roll()).sum::<f32>() - 2.0) * 1.732
    }
}

/// A canvas of levels.
#[derive(Clone)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) levels: Vec<f32>,
}

impl Canvas {
    /// A lane between walls: bands, posts and stains, none of them twice the same.
    pub(super) fn scene(width: usize, height: usize, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut canvas = Self { width, height, levels: vec![90.0; width * height] };
        for _ in 0..60 {
            let (w, h) = (0.03 + 0.15 * dice.roll(), 0.03 + 0.2 * dice.roll());
            let (x, y) = (dice.roll() - w / 2.0, dice.roll() - h / 2.0);
            canvas.block(x, y, w, h, 40.0 + 130.0 * dice.roll());
        }
        canvas
    }

    /// Paints a rectangle, in parts of the picture.
    pub(super) fn block(&mut self, x: f32, y: f32, w: f32, h: f32, level: f32) {
        let at = |v: f32, of: usize| ((v * of as f32).round() as isize).clamp(0, of as isize) as usize;
        for row in at(y, self.height)..at(y + h, self.height) {
            let (from, to) = (at(x, self.width), at(x + w, self.width));
            self.levels[row * self.width..][from..to.max(from)].fill(level);
        }
    }

    /// A person: head, trunk, legs that step; `tall` is the share of the height, `x` and `y` the middle.
    pub(super) fn person(&mut self, x: f32, y: f32, tall: f32, level: f32) {
        let wide = tall * 0.34 * self.height as f32 / self.width as f32;
        self.block(x - wide * 0.25, y - tall / 2.0, wide * 0.5, tall * 0.18, level + 25.0);
        self.block(x - wide * 0.5, y - tall * 0.32, wide, tall * 0.42, level);
        self.block(x - wide * 0.45, y + tall * 0.1, wide * 0.9, tall * 0.4, level - 15.0);
    }

    /// Scales everything, as exposure does.
    pub(super) fn light(&mut self, factor: f32, more: f32) {
        self.levels.iter_mut().for_each(|level| *level = *level * factor + more);
    }

    /// A cloud's shadow: round, its edge `soft`; lengths in parts of the height.
    pub(super) fn cloud(&mut self, (x, y): (f32, f32), radius: f32, soft: f32, depth: f32) {
        let (width, high) = (self.width, self.height as f32);
        for (at, level) in self.levels.iter_mut().enumerate() {
            let away = ((at % width) as f32 / high - x).hypot((at / width) as f32 / high - y);
            let inside = ((radius - away) / soft + 0.5).clamp(0.0, 1.0);
            *level *= 1.0 - depth * inside * inside * (3.0 - 2.0 * inside);
        }
    }

    /// Sensor noise.
    pub(super) fn noise(&mut self, deviation: f32, dice: &mut Dice) {
        self.levels.iter_mut().for_each(|level| *level += deviation * dice.noise());
    }

    /// The picture moved by whole pixels, as by a shaking camera.
    pub(super) fn moved(&self, dx: isize, dy: isize) -> Self {
        let mut moved = self.clone();
        for y in 0..self.height {
            for x in 0..self.width {
                let from_x = (x as isize + dx).clamp(0, self.width as isize - 1) as usize;
                let from_y = (y as isize + dy).clamp(0, self.height as isize - 1) as usize;
                moved.levels[y * self.width + x] = self.levels[from_y * self.width + from_x];
            }
        }
        moved
    }

    /// Mean over so many pixels on each side: out of focus.
    pub(super) fn blurred(&self, reach: usize) -> Self {
        let mut blurred = self.clone();
        for y in 0..self.height {
            for x in 0..self.width {
                let (mut sum, mut n) = (0.0, 0.0);
                for row in y.saturating_sub(reach)..(y + reach + 1).min(self.height) {
                    for column in x.saturating_sub(reach)..(x + reach + 1).min(self.width) {
                        sum += self.levels[row * self.width + column];
                        n += 1.0;
                    }
                }
                blurred.levels[y * self.width + x] = sum / n;
            }
        }
        blurred
    }

    pub(super) fn luma(&self) -> Vec<u8> {
        self.levels.iter().map(|level| level.round().clamp(0.0, 255.0) as u8).collect()
    }
}

/// A moment, from seconds.
pub(super) fn at(seconds: f64) -> Ticks {
    Ticks(1_000_000 * 90_000 + (seconds * 90_000.0).round() as i64)
}

/// Shows pictures painted for each time, `fps` a second, to `look`.
pub(super) fn show(
    seconds: f64,
    fps: f64,
    mut paint: impl FnMut(f64) -> Canvas,
    mut look: impl FnMut(f64, &Frame<'_>),
) {
    for n in 0..(seconds * fps) as usize {
        let t = n as f64 / fps;
        let canvas = paint(t);
        let luma = canvas.luma();
        look(t, &Frame { width: canvas.width, height: canvas.height, luma: &luma, at: at(t) });
    }
}
