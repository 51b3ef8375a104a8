//! Pure. One thing that is followed, and whether it makes its way: the difference between what moves through a scene
//! and what stirs in it. Leaves and water stir where they are, rain and noise are not found again where they were
//! going, insects are faster than their size allows.

use std::collections::VecDeque;

use super::blobs::{Blob, Blocks};

/// Seconds of its path that a thing is judged by.
const JUDGED: f32 = 2.0;
/// Shortest time it is judged by, seconds.
const YOUNGEST: f32 = 0.3;
/// Way it has to make, of the picture's height: a person at 5 % of it walks this far in half a second.
const WAY: f32 = 0.02;
/// Way it has to make, of its own size.
const OWN_WAY: f32 = 0.15;
/// How straight that way has to be: its length as the crow flies over its length as walked.
const STRAIGHT: f32 = 0.75;
/// A step this short, of the mean step, is a rest; so many of the steps have to be none. Digits of a clock change all
/// at once and then not at all.
const REST_STEP: f32 = 0.25;
/// See [`REST_STEP`].
const STEADY: f32 = 0.6;
/// Share of its pixels that may come and go while it stays: what goes somewhere keeps most of them.
const FLICKERS: f32 = 0.4;
/// How badly it may be found again, to be taken for a mover, and to stay one.
const UNLIKE: (f32, f32) = (0.36, 0.8);
/// How much better it has to be found again for each doubt for the clutter around.
const UNLIKE_DOUBTS: f32 = 0.1;
/// Share of its pixels that are new, at least, while it goes: what is only being forgotten shrinks, and gains none.
const FRESH: f32 = 0.03;
/// Own sizes that it has to get away, in so many seconds, not to be confined to a place.
const ROAMS: f32 = 1.0;
/// See [`ROAMS`].
const CONFINED: f32 = 10.0;
/// Share of its blocks that a thing fills; what fills less (rain, glitter) is doubted, in proportion.
const SOLID: f32 = 0.5;
/// See [`SOLID`].
const SPARSE_DOUBTS: f32 = 12.0;
/// Doubts for each of its mass that comes and goes in a picture (drops, flakes, insects).
const PASSING_DOUBTS: f32 = 8.0;
/// What is solid and covers so many blocks, alone, need not be found again so well: a near car changes its shape quickly.
const LARGE: u32 = 40;
/// Flicker of a large and solid thing, at most.
const LARGE_FLICKERS: f32 = 0.15;
/// Most doubts for the clutter around.
const CLUTTER_DOUBTS: usize = 6;
/// Seconds of looking that each doubt costs.
const DOUBT_SECONDS: f32 = 0.2;
/// How much farther it has to go where something always stirs.
const RESTLESS_WAY: f32 = 4.0;
/// Seconds between two pictures above which what is followed has to be solid, and in one piece.
pub(super) const APART: f32 = 0.3;
/// Seconds between two pictures above which a thing leaps: its way is not seen.
pub(super) const LEAPS: f32 = 0.75;
/// Own sizes a second that a thing leaps at most, for each block of its size: what is small is far away, and slow.
const SLOW: f32 = 0.6;
/// Share of its pixels that are new to it, at least, where it has gone.
const NEWLY: f32 = 0.15;
/// Seconds until a blob that is not found again is forgotten, before and after it is known to move.
const LOST: (f32, f32) = (0.45, 2.0);
/// Seconds that a mover counts after it has stopped altogether.
const SETTLES: f32 = 6.0;
/// Seconds that a mover counts which stirs but stays, in a place that stirs by itself.
const STAYS_RESTLESS: f32 = 4.0;
/// Share of its pixels that stir, of one that has not stopped.
const STIRS: f32 = 1.0 / 12.0;
/// Farthest that a mover is dated back, seconds; in any case to the picture before.
const BACKDATED: f64 = 3.0;
/// How many times less mass a mover may have had when it appeared.
const OWN_MASS: u32 = 8;
/// Restlessness of a place below which whatever was there before was the mover.
const CALM: f32 = 0.05;
/// Fastest that anything goes: its own size this many times a second.
const FASTEST: f32 = 3.5;

/// Corners in blocks: left, top, right, bottom.
pub(super) type Corners = [f32; 4];

#[derive(Clone, Copy)]
struct Step {
    at: f64,
    x: f32,
    y: f32,
    pixels: u32,
}

impl Step {
    fn to(&self, next: &Self) -> f32 {
        (next.x - self.x).hypot(next.y - self.y)
    }
}

/// Times are seconds on the detector's clock, lengths are blocks.
pub(super) struct Track {
    pub(super) id: u64,
    /// When it appeared.
    pub(super) first: f64,
    last: f64,
    steps: VecDeque<Step>,
    x: f32,
    y: f32,
    speed: (f32, f32),
    /// Square root of its bounds' area.
    size: f32,
    pub(super) bounds: Corners,
    /// Way of each of them in the last step.
    gone: Corners,
    /// Whether it is known to move.
    pub(super) moves: bool,
    /// When it last made its way, and where and how large it was then.
    went: f64,
    home: (f32, f32, f32),
    /// When it last stirred.
    stirred: f64,
    /// Whether it is in this picture.
    pub(super) seen: bool,
    /// Share of its pixels that come and go although it stays, 0..=1, over a second.
    pub(super) flicker: f32,
    /// Share of its pixels that are new to it, 0..=1, over a second.
    fresh: f32,
    /// Where it last got away from, and when.
    anchor: (f32, f32, f64),
    /// How badly it is found again: way from where it was expected, of its size, and change of its mass; over a second.
    unlike: f32,
    /// Share of its blocks' pixels that count.
    fill: f32,
    /// How many times over the blobs around outweigh it.
    rivals: usize,
    /// How many others appeared in the same picture: a change of light breaks out everywhere.
    siblings: usize,
    /// How many of its mass or more come in each picture and are gone in the next: of those some lie in a row by chance.
    pub(super) passing: f32,
    /// How restless the place is where it is, 0..=1.
    restless: f32,
    /// In how many pictures in a row it was solid, and of these nothing that is known to come and go.
    solid: usize,
    news: usize,
    pub(super) pixels: u32,
    pub(super) excess: u32,
    pub(super) blocks: Vec<u16>,
}

fn since(now: f64, then: f64) -> f32 {
    (now - then) as f32
}

impl Track {
    pub(super) fn new(id: u64, siblings: usize, now: f64) -> Self {
        Self {
            id,
            first: now,
            last: now,
            steps: VecDeque::new(),
            x: 0.0,
            y: 0.0,
            speed: (0.0, 0.0),
            size: 0.0,
            bounds: [0.0; 4],
            gone: [0.0; 4],
            moves: false,
            went: now,
            home: (0.0, 0.0, 0.0),
            stirred: now,
            seen: true,
            flicker: 0.0,
            fresh: 0.0,
            anchor: (0.0, 0.0, now),
            unlike: 0.0,
            fill: 0.0,
            rivals: 0,
            siblings,
            passing: 0.0,
            restless: 0.0,
            solid: 0,
            news: 0,
            pixels: 0,
            excess: 0,
            blocks: Vec::new(),
        }
    }

    /// Whether it is a mover that counts now.
    pub(super) fn counts(&self, now: f64) -> bool {
        self.moves && self.seen && !self.settled(now)
    }

    /// Whether it has stopped, or is a place that stirs rather than a thing.
    pub(super) fn settled(&self, now: f64) -> bool {
        let stopped = since(now, self.stirred) > SETTLES;
        stopped || self.flicker.max(self.restless) > FLICKERS && since(now, self.went) > STAYS_RESTLESS
    }

    /// Seconds since it last made its way.
    pub(super) fn stays(&self, now: f64) -> f32 {
        since(now, self.went)
    }

    /// Whether it has long been about the same place, however much it moves there.
    pub(super) fn is_confined(&self, now: f64) -> bool {
        since(now, self.anchor.2) > CONFINED
    }

    /// How restless it makes the place where it is, 0..=1.
    pub(super) fn unrest(&self, now: f64) -> f32 {
        if self.is_confined(now) { self.fresh } else { self.flicker }
    }

    /// Whether it is no mover although there was time to become one.
    pub(super) fn dawdles(&self, now: f64) -> bool {
        !self.moves && self.steps.len() > 2 && since(now, self.first) > 2.0 * JUDGED
    }

    /// Whether it was solid when it was last seen.
    pub(super) fn was_solid(&self) -> bool {
        self.solid > 0
    }

    /// Whether it is a thing rather than noise, as far as one picture can tell.
    pub(super) fn is_solid(&self) -> bool {
        self.fill > SOLID && self.flicker < 0.25
    }

    /// It was there and gone at once: nobody knows where it came from or went.
    pub(super) fn was_passing(&self) -> bool {
        !self.moves && self.steps.len() <= 2
    }

    /// Whether it has not been seen for too long.
    pub(super) fn is_lost(&self, now: f64, gap: f32) -> bool {
        let patience = if self.moves { LOST.1 } else { LOST.0 };
        since(now, self.last) > patience.max(gap * 1.5)
    }

    fn expected(&self, now: f64) -> (f32, f32) {
        let ahead = since(now, self.last);
        (self.x + self.speed.0 * ahead, self.y + self.speed.1 * ahead)
    }

    /// How badly a blob fits; `None` when it cannot be the same thing.
    pub(super) fn fit(&self, blob: &Blob, blocks: &Blocks, now: f64, gap: f32) -> Option<f32> {
        let (x, y) = self.expected(now);
        let far = (blob.x - x).hypot(blob.y - y);
        let size = (((blob.right - blob.left) * (blob.bottom - blob.top)) as f32).sqrt();
        let usual = self.size.max(1.0);
        let grown = blob.pixels.max(self.pixels) as f32 / blob.pixels.min(self.pixels).max(1) as f32;
        let most = if gap > APART { 3.0 } else { 6.0 };
        if !self.moves && grown > most && !cut_off(&self.bounds, blocks) || grown > 10.0 && far > 0.5 * usual
        {
            return None;
        }
        let reach = 1.0
            + 0.7 * usual.max(size)
            + FASTEST * usual.min(size) * since(now, self.last).min(gap.clamp(1.0, 2.0));
        let [left, top, right, bottom] = self.bounds;
        let (dx, dy) = (x - self.x, y - self.y);
        let apart_x = (blob.left as f32 - (right + dx)).max(left + dx - blob.right as f32);
        let apart_y = (blob.top as f32 - (bottom + dy)).max(top + dy - blob.bottom as f32);
        let touches = apart_x.max(apart_y) < 0.5;
        let alike = size < 4.0 * usual && usual < 4.0 * size;
        (touches || far < reach && alike).then_some(far / usual.max(size) + if touches { 0.0 } else { 1.0 })
    }

    /// Takes the blobs that fit best as the thing in this picture.
    pub(super) fn take(&mut self, found: &[&Blob], restless: &[f32], blocks: &Blocks, now: f64, gap: f32) {
        let pixels: u32 = found.iter().map(|b| b.pixels).sum();
        let mass = pixels.max(1) as f32;
        let mean = |of: fn(&Blob) -> f32| found.iter().map(|b| b.pixels as f32 * of(b)).sum::<f32>() / mass;
        let (x, y) = (mean(|b| b.x), mean(|b| b.y));
        let least = |of: fn(&Blob) -> usize| found.iter().map(|b| of(b)).min().unwrap_or(0) as f32;
        let most = |of: fn(&Blob) -> usize| found.iter().map(|b| of(b)).max().unwrap_or(0) as f32;
        let bounds = [least(|b| b.left), least(|b| b.top), most(|b| b.right), most(|b| b.bottom)];
        let gone: Corners = std::array::from_fn(|edge| bounds[edge] - self.bounds[edge]);
        let fresh = found.iter().map(|b| b.fresh).sum::<u32>() as f32 / mass;
        if self.steps.len() > 1 && gap <= LEAPS {
            let sample = self.missed((x, y), &bounds, &gone, pixels, blocks, now);
            let rate = (gap * 2.0).clamp(0.25, 0.6).max(1.0 / (self.steps.len() - 1) as f32);
            self.unlike += (sample - self.unlike) * rate;
        }
        if !self.steps.is_empty() {
            let step = (x - self.x).hypot(y - self.y) / self.size.max(1.0);
            let sample = (fresh - 1.5 * step - 0.1).clamp(0.0, 1.0);
            let rate = (gap * 2.0).min(0.5);
            self.flicker += (sample - self.flicker) * rate;
            self.fresh += (fresh - self.fresh) * rate;
        }
        let far = (x - self.anchor.0).hypot(y - self.anchor.1);
        if self.steps.is_empty() || far > ROAMS * self.size + WAY * blocks.rows as f32 {
            self.anchor = (x, y, now);
        }
        let passed = since(now, self.last);
        if passed > 0.0 {
            let keep = if self.steps.len() > 1 { 0.5 } else { 0.0 };
            let mix = |old: f32, new: f32| old * keep + new * (1.0 - keep);
            self.speed = (mix(self.speed.0, (x - self.x) / passed), mix(self.speed.1, (y - self.y) / passed));
        }
        (self.x, self.y, self.last, self.bounds, self.gone) = (x, y, now, bounds, gone);
        self.size = ((bounds[2] - bounds[0]) * (bounds[3] - bounds[1])).sqrt();
        self.steps.push_back(Step { at: now, x, y, pixels });
        let again = |is: bool, n: usize| if is && fresh > NEWLY { n + 1 } else { 0 };
        self.solid = again(found.iter().any(|b| b.solid), self.solid);
        self.news = again(found.iter().any(|b| b.news), self.news);
        self.pixels = pixels;
        self.excess = found.iter().map(|b| b.excess).sum();
        self.blocks.clear();
        self.blocks.extend(found.iter().flat_map(|b| &b.blocks));
        let n = self.blocks.len().max(1) as f32;
        let fill = mass / (n * (blocks.size * blocks.size) as f32);
        self.fill = if self.steps.len() == 1 { fill } else { self.fill + (fill - self.fill) * 0.4 };
        self.restless = self.blocks.iter().map(|&at| restless[usize::from(at)]).sum::<f32>() / n;
        // Between pictures that are far apart it may have left all its pixels.
        let came = if gap > 0.4 { fresh * mass } else { 0.0 };
        if came.max(found.iter().map(|b| b.stirring).sum::<u32>() as f32) > STIRS * mass {
            self.stirred = now;
        }
    }

    /// How far from where it was expected it is found, of its size, and how its mass has changed.
    fn missed(
        &self,
        (x, y): (f32, f32),
        bounds: &Corners,
        gone: &Corners,
        pixels: u32,
        blocks: &Blocks,
        now: f64,
    ) -> f32 {
        let (ex, ey) = self.expected(now);
        let size = self.size + 1.0;
        if !cut_off(bounds, blocks) && !cut_off(&self.bounds, blocks) {
            let grown = (pixels as f32 / self.pixels.max(1) as f32).ln().abs();
            return (x - ex).hypot(y - ey) / size + 0.5 * grown;
        }
        // Of what comes in or goes out only the edges inside of the picture tell how it goes.
        let far = [blocks.columns as f32, blocks.rows as f32];
        let inside = [bounds[0] >= 1.0, bounds[1] >= 1.0, bounds[2] < far[0], bounds[3] < far[1]];
        let axis = |a: usize, b: usize, centre: f32| {
            let change = |e: usize| if inside[e] { (gone[e] - self.gone[e]).abs() } else { f32::MAX };
            change(a).min(change(b)).min(centre)
        };
        axis(0, 2, (x - ex).abs()).hypot(axis(1, 3, (y - ey).abs())) / size
    }

    /// Looks at the path of the last seconds. `clutter` is the mass of what is not known to move, in pixels.
    pub(super) fn judge(&mut self, clutter: u32, blocks: &Blocks, now: f64, gap: f32) {
        self.rivals = (clutter.saturating_sub(self.pixels) / self.pixels.max(1)) as usize;
        let window = JUDGED.max(gap * 2.5);
        while self.steps.len() > 2 && since(now, self.steps[0].at) > window {
            self.steps.pop_front();
        }
        let away = (self.x - self.home.0).hypot(self.y - self.home.1) > self.home.2;
        if self.unlike > UNLIKE.1 && away && gap <= LEAPS {
            self.moves = false;
        }
        if self.makes_its_way(window, blocks, now, gap) && !(self.moves && self.is_confined(now)) {
            self.went = now;
            self.home = (self.x, self.y, self.size);
            if !self.moves {
                self.moves = true;
                self.first = self.appeared(now, gap);
            }
        }
    }

    fn makes_its_way(&self, window: f32, blocks: &Blocks, now: f64, gap: f32) -> bool {
        let (Some(from), Some(to)) = (self.steps.front(), self.steps.back()) else { return false };
        let sparse = (SOLID - self.fill).max(0.0) / SOLID;
        let clutter = ((self.rivals + self.siblings) / 2).min(CLUTTER_DOUBTS) as f32;
        let doubts = clutter + sparse * SPARSE_DOUBTS + self.passing * PASSING_DOUBTS;
        let more = if gap > 0.3 { (doubts as usize).min(2) } else { 0 };
        let hits = if gap > 0.6 { 2 } else { 3 } + more;
        let age = (YOUNGEST + DOUBT_SECONDS * doubts).min(window - gap);
        if gap > LEAPS {
            return self.leaps(blocks);
        }
        if gap > APART && self.news < 2 && self.solid < 3 {
            return false;
        }
        let wrong = self.flicker >= FLICKERS || self.fresh < FRESH;
        if self.steps.len() < hits || since(now, from.at) < age || wrong {
            return false;
        }
        let rows = blocks.rows as f32;
        let way = from.to(to);
        let needed = (WAY * rows).max(OWN_WAY * self.size) * (1.0 + RESTLESS_WAY * self.restless);
        let lengths = || self.steps.iter().zip(self.steps.iter().skip(1)).map(|(a, b)| a.to(b));
        let n = (self.steps.len() - 1) as f32;
        let taken = lengths().filter(|&length| length >= REST_STEP * way / n).count() as f32;
        if way < needed || taken < STEADY * n {
            return false;
        }
        let walked: f32 = lengths().sum();
        let full = LARGE * (blocks.size * blocks.size) as u32;
        let large = self.fill > SOLID && self.pixels > full && self.rivals + self.siblings == 0;
        if large && self.flicker < LARGE_FLICKERS && way >= 0.5 * walked {
            return true;
        }
        way >= STRAIGHT * walked
            && self.unlike < UNLIKE.0 * (1.0 - 1.5 * sparse) / (1.0 + UNLIKE_DOUBTS * clutter)
    }

    /// Whether it goes somewhere, as far as pictures tell that are so far apart that nobody can say how it went.
    fn leaps(&self, blocks: &Blocks) -> bool {
        let hits = if self.news >= 2 { 2 } else { 3 };
        if self.solid < hits || self.steps.len() < hits {
            return false;
        }
        let (from, to) = (&self.steps[self.steps.len() - hits], &self.steps[self.steps.len() - 1]);
        let steps = || self.steps.iter().skip(self.steps.len() - hits);
        let walked: f32 = steps().zip(steps().skip(1)).map(|(a, b)| a.to(b)).sum();
        let way = from.to(to);
        // What is so small is far away.
        let fastest = 1.0 + self.size * (self.size * SLOW).clamp(2.0, FASTEST);
        way >= (WAY * blocks.rows as f32).max(OWN_WAY * self.size)
            && way >= STRAIGHT * walked
            && way <= fastest * since(to.at, from.at)
    }

    /// When the thing appeared: back along its path as long as it had a good part of its mass. Before that it was noise
    /// that lay in its way.
    fn appeared(&self, now: f64, gap: f32) -> f64 {
        let own = self.steps.iter().rev().take_while(|step| step.pixels * OWN_MASS >= self.pixels).count();
        if own == self.steps.len() && self.restless < CALM {
            return self.first.max(now - BACKDATED.max(f64::from(gap) * 1.1));
        }
        self.steps[self.steps.len() - own.max(1)].at
    }
}

/// Whether something at these corners may go on outside of the picture.
fn cut_off(bounds: &Corners, blocks: &Blocks) -> bool {
    bounds[0] < 1.0
        || bounds[1] < 1.0
        || bounds[2] >= blocks.columns as f32
        || bounds[3] >= blocks.rows as f32
}
