//! Pure. What moves goes somewhere. Blobs are followed from picture to picture; one that makes its way is a mover.
//! Leaves and water stir where they are, rain and noise are not found again, insects are faster than their size allows.

use std::collections::VecDeque;

use super::blobs::{Blob, Blocks};
use super::model::{Rule, STILL_UNIT, Unrest};

/// Seconds of its path that a blob is judged by.
const JUDGED: f32 = 2.0;
/// Way it has to make, of the picture's height.
const WAY: f32 = 0.02;
/// Way it has to make, of its own size.
const OWN_WAY: f32 = 0.15;
/// How straight that way has to be: its length as the crow flies over its length as walked.
const STRAIGHT: f32 = 0.75;
/// Share of its pixels that may come and go while it stays: what goes somewhere keeps most of them.
const FLICKERS: f32 = 0.4;
/// Share of its blocks that a thing fills; what fills less (rain, glitter) is looked at longer, by this many times.
const SOLID: f32 = 0.5;
/// See [`SOLID`].
const SPARSE_DOUBTS: f32 = 12.0;
/// Time constant of the clutter, seconds.
const CLUTTER_SECONDS: f32 = 1.5;
/// Seconds that each doubt costs.
const DOUBT_SECONDS: f32 = 0.2;
const LARGE: f32 = 400.0;
/// How badly it may be found again, to be taken for a mover, and to stay one.
const UNLIKE: (f32, f32) = (0.36, 0.8);
/// How much farther it has to go where something always stirs.
const RESTLESS_WAY: f32 = 4.0;
/// Time constant of what a place is known to do, seconds.
const RESTLESS_SECONDS: f32 = 40.0;
/// Seconds until a blob that is not found again is forgotten, before and after it is known to move.
const LOST: (f32, f32) = (0.45, 2.0);
/// Seconds that a mover counts after it has stopped altogether.
const SETTLES: f32 = 6.0;
/// Seconds that a mover counts which stirs but stays, in a place that stirs by itself.
const STAYS_RESTLESS: f32 = 4.0;
/// Seconds of standing after which a pixel becomes background: nobody, one that stopped, one that is busy there.
const ABSORB: (f32, f32, f32) = (5.0, 8.0, 60.0);
/// Fastest that anything goes: its own size this many times a second.
const FASTEST: f32 = 7.0;
/// Smallest blob, in blocks of pixels that count: half of a person at 5 % of the height.
const SMALLEST: f32 = 1.1;

#[derive(Clone, Copy)]
struct Step {
    at: f32,
    x: f32,
    y: f32,
}

#[derive(Clone)]
pub(super) struct Track {
    pub(super) id: u64,
    /// Seconds, on the detector's own clock.
    pub(super) first: f32,
    last: f32,
    steps: VecDeque<Step>,
    x: f32,
    y: f32,
    speed: (f32, f32),
    /// Square root of its bounds' area.
    size: f32,
    /// In blocks.
    pub(super) bounds: (f32, f32, f32, f32),
    /// When it was seen to make its way.
    moving: Option<f32>,
    /// When it last made its way, and when it last stirred.
    went: f32,
    stirred: f32,
    pub(super) seen: bool,
    /// Share of its pixels that come and go although it stays, 0..=1, over a second.
    pub(super) flicker: f32,
    /// How badly it is found again: way from where it was expected, of its size, and change of its mass; over a second.
    unlike: f32,
    /// Where it last made its way, and its size there.
    home: (f32, f32, f32),
    /// Way of each edge in the last step, blocks.
    gone: [f32; 4],
    /// Share of its blocks' pixels that count.
    fill: f32,
    /// Blobs beside it that are as good, when it was last seen.
    rivals: usize,
    pub(super) restless: f32,
    pub(super) pixels: u32,
    pub(super) excess: u32,
    pub(super) blocks: Vec<u16>,
}

impl Track {
    /// Whether it is a mover that counts now.
    pub(super) fn counts(&self, now: f32) -> bool {
        self.moving.is_some() && self.seen && !self.settled(now)
    }

    fn settled(&self, now: f32) -> bool {
        let stays = now - self.went;
        now - self.stirred > SETTLES || self.flicker.max(self.restless) > FLICKERS && stays > STAYS_RESTLESS
    }

    fn judge(&mut self, now: f32, gap: f32, rows: f32) {
        let window = JUDGED.max(gap * 2.5);
        while self.steps.len() > 2 && now - self.steps[0].at > window {
            self.steps.pop_front();
        }
        let (Some(from), Some(to)) = (self.steps.front(), self.steps.back()) else { return };
        let way = (to.x - from.x).hypot(to.y - from.y) / rows;
        let walked: f32 = self
            .steps
            .iter()
            .zip(self.steps.iter().skip(1))
            .map(|(a, b)| (b.x - a.x).hypot(b.y - a.y) / rows)
            .sum();
        let needed = WAY.max(OWN_WAY * self.size / rows) * (1.0 + RESTLESS_WAY * self.restless);
        let sparse = (SOLID - self.fill).max(0.0) / SOLID;
        let doubts = (self.rivals / 2).min(6) as f32 + sparse * SPARSE_DOUBTS;
        let hits = if gap > 0.6 { 2 } else { 3 } + if gap > 0.3 { (doubts as usize).min(2) } else { 0 };
        let age = 0.3 + DOUBT_SECONDS * doubts;
let steps = (self.steps.len().max(2) - 1) as f32;
        let taken = self.steps.iter().zip(self.steps.iter().skip(1)).filter(|(a, b)| (b.x - a.x).hypot(b.y - a.y) / rows >= 0.25 * way / steps).count() as f32;
        let even = taken >= 0.6 * steps;
        let solid = self.fill > SOLID && self.pixels as f32 > LARGE && self.flicker < 0.15 && way >= 0.5 * walked && self.rivals == 0;
        let made = even && self.flicker < FLICKERS && (solid || self.unlike < UNLIKE.0 * (1.0 - 1.5 * sparse)) && self.steps.len() >= hits && now - from.at >= age.min(window - gap) && way >= needed && (solid || way >= STRAIGHT * walked);
        if std::env::var_os("LWDBG").is_some() && (std::env::var_os("LWALL").is_some() || self.moving.is_none() && made) { eprintln!("{now:.1} id {} mv {} hits {} way {:.3} need {needed:.3} straight {:.2} flick {:.2} rest {:.2} unlike {:.2} rivals {} px {} size {:.2} fill {:.2} contrast {:.0}", self.id, self.moving.is_some(), self.steps.len(), way, way/walked.max(1e-3), self.flicker, self.restless, self.unlike, self.rivals, self.pixels, self.size/rows, self.fill, self.excess as f32/self.pixels.max(1) as f32); }
        let away = (self.x - self.home.0).hypot(self.y - self.home.1) > self.home.2;
        if self.unlike > UNLIKE.1 && away {
            self.moving = None;
        }
        if made {
            self.went = now;
            self.home = (self.x, self.y, self.size);
            if self.moving.is_none() {
                self.moving = Some(now);
                self.first = if self.restless > 0.05 { from.at } else { self.first.max(now - 3.0) };
            }
        }
    }
}

pub(super) struct Tracks {
    tracks: Vec<Track>,
    restless: Vec<f32>,
    /// Pixels of blobs that are not movers, over some time.
    clutter: f32,
    next: u64,
    columns: f32,
    rows: f32,
}

impl Tracks {
    pub(super) fn new(blocks: &Blocks) -> Self {
        let n = blocks.columns * blocks.rows;
        Self { tracks: Vec::new(), restless: vec![0.0; n], clutter: 0.0, next: 1, columns: blocks.columns as f32, rows: blocks.rows as f32 }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter()
    }

    /// Forgets what is followed: the picture is another one.
    pub(super) fn clear(&mut self) {
        self.tracks.clear();
    }

    /// Follows the blobs of a picture that came `gap` seconds after the last.
    pub(super) fn follow(&mut self, blobs: &[Blob], blocks: &Blocks, now: f32, gap: f32) {
        let smallest = SMALLEST * (blocks.size * blocks.size) as f32;
        let mut found: Vec<Vec<&Blob>> = vec![Vec::new(); self.tracks.len()];
        let mut unclaimed: Vec<&Blob> = Vec::new();
        for blob in blobs.iter().filter(|b| b.pixels as f32 >= smallest) {
            let best = self
                .tracks
                .iter()
                .enumerate()
                .filter_map(|(i, track)| Some((i, self.fit(track, blob, now)?)))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            match best {
                Some((i, _)) => found[i].push(blob),
                None => unclaimed.push(blob),
            }
        }
        let followed = self.tracks.iter().zip(&found).filter(|(track, _)| track.moving.is_none());
        let loose: u32 = followed.flat_map(|(_, blobs)| blobs).chain(&unclaimed).map(|blob| blob.pixels).sum();
        self.clutter += (loose as f32 - self.clutter) * (gap / CLUTTER_SECONDS).min(1.0);
        let loose = loose.max(self.clutter as u32);
        for (track, found) in self.tracks.iter_mut().zip(found) {
            track.seen = !found.is_empty();
            if track.seen {
                take(track, &found, &self.restless, now, gap, blocks);
                track.rivals = rivals(track.pixels, loose);
                track.judge(now, gap, self.rows);
            }
        }
        let least = gap * 1.5;
        self.tracks.retain(|t| {
            let patience = if t.moving.is_some() { LOST.1 } else { LOST.0 };
            now - t.last <= patience.max(least)
        });
        for blob in unclaimed {
            let mut track = Track {
                id: self.next,
                first: now,
                last: now,
                steps: VecDeque::new(),
                x: blob.x,
                y: blob.y,
                speed: (0.0, 0.0),
                size: 0.0,
                bounds: (0.0, 0.0, 0.0, 0.0),
                moving: None,
                went: now,
                stirred: now,
                seen: true,
                restless: 0.0,
                flicker: 0.0,
                unlike: 0.0,
                home: (0.0, 0.0, 0.0),
                gone: [0.0; 4],
                fill: 0.0,
                rivals: 0,
                pixels: 0,
                excess: 0,
                blocks: Vec::new(),
            };
            self.next += 1;
            take(&mut track, &[blob], &self.restless, now, gap, blocks);
            self.tracks.push(track);
        }
        self.rest(gap, now);
    }

    /// How badly a blob fits a track; `None` when it cannot be the same thing.
    fn fit(&self, track: &Track, blob: &Blob, now: f32) -> Option<f32> {
        let since = now - track.last;
        let (x, y) = (track.x + track.speed.0 * since, track.y + track.speed.1 * since);
        let far = (blob.x - x).hypot(blob.y - y);
        let size = (((blob.right - blob.left) * (blob.bottom - blob.top)) as f32).sqrt();
        let usual = track.size.max(1.0);
        let reach = 1.0 + 0.7 * usual.max(size) + FASTEST * usual.min(size) * since.min(1.0) * 0.5;
        let (left, top, right, bottom) = track.bounds;
        let (dx, dy) = (x - track.x, y - track.y);
        let apart_x = (blob.left as f32 - (right + dx)).max(left + dx - blob.right as f32);
        let apart_y = (blob.top as f32 - (bottom + dy)).max(top + dy - blob.bottom as f32);
        let touches = apart_x.max(apart_y) < 0.5;
        let alike = size < 4.0 * usual && usual < 4.0 * size;
        let grown = blob.pixels.max(track.pixels) as f32 / blob.pixels.min(track.pixels).max(1) as f32;
        let border = track.bounds.0 < 1.0 || track.bounds.1 < 1.0 || track.bounds.2 >= self.columns || track.bounds.3 >= self.rows;
        if track.moving.is_none() && grown > 6.0 && !border || grown > 10.0 && far > 0.5 * usual { return None; }
        (touches || far < reach && alike).then_some(far / usual.max(size) + if touches { 0.0 } else { 1.0 })
    }

    /// Places where something comes and goes that goes nowhere.
    fn rest(&mut self, gap: f32, now: f32) {
        let share = (gap / RESTLESS_SECONDS).min(0.3);
        self.restless.iter_mut().for_each(|restless| *restless -= share * *restless);
        for track in self.tracks.iter().filter(|t| t.seen && !(t.moving.is_some() && now - t.went < 2.0)) {
            for &at in &track.blocks {
                let restless = &mut self.restless[usize::from(at)];
                *restless = (*restless + share * (track.flicker * 2.5).min(1.0)).min(1.0);
            }
        }
    }

    /// How each block is to be learned.
    pub(super) fn rules(&self, blocks: &Blocks, now: f32, out: &mut Vec<Rule>) {
        let units = |seconds: f32| (seconds / STILL_UNIT) as u8;
        out.clear();
        out.resize(self.restless.len(), Rule { absorb: units(ABSORB.0), unrest: Unrest::All });
        for track in &self.tracks {
            let (absorb, unrest) = match track.moving {
                Some(_) if track.settled(now) => (ABSORB.1, Unrest::All),
                Some(_) if now - track.went > 3.0 && track.flicker > 0.3 => (ABSORB.2, Unrest::All),
                Some(_) => (ABSORB.2, Unrest::Nothing),
                // It may become a mover: a solid thing that does not flicker is no noise to be learned.
                None if track.seen && track.fill > SOLID && track.flicker < 0.25 => (ABSORB.0, Unrest::Little),
                None => continue,
            };
            for at in within(track.bounds, 2.0, blocks) {
                out[at] = Rule { absorb: units(absorb).max(out[at].absorb), unrest: unrest.min(out[at].unrest) };
            }
        }
    }
}

/// How many times over the other blobs outweigh one of `pixels`.
fn rivals(pixels: u32, all: u32) -> usize {
    (all.saturating_sub(pixels) / pixels.max(1)) as usize
}

fn take(track: &mut Track, found: &[&Blob], restless: &[f32], now: f32, gap: f32, blocks: &Blocks) {
    let block_pixels = blocks.size * blocks.size;
    let size = (blocks.columns as f32, blocks.rows as f32);
    let pixels: u32 = found.iter().map(|b| b.pixels).sum();
    let mean = |of: fn(&Blob) -> f32| {
        found.iter().map(|b| b.pixels as f32 * of(b)).sum::<f32>() / pixels.max(1) as f32
    };
    let (x, y) = (mean(|b| b.x), mean(|b| b.y));
    let since = now - track.last;
    let least = |of: fn(&Blob) -> usize| found.iter().map(|b| of(b)).min().unwrap_or(0) as f32;
    let most = |of: fn(&Blob) -> usize| found.iter().map(|b| of(b)).max().unwrap_or(0) as f32;
    let bounds = (least(|b| b.left), least(|b| b.top), most(|b| b.right), most(|b| b.bottom));
    let old = track.bounds;
    let at_border = |b: (f32, f32, f32, f32)| b.0 < 1.0 || b.1 < 1.0 || b.2 >= size.0 || b.3 >= size.1;
    let border = at_border(bounds) || at_border(old);
    let gone = [bounds.0 - old.0, bounds.1 - old.1, bounds.2 - old.2, bounds.3 - old.3];
    if track.steps.len() > 1 {
        let (ex, ey) = (track.x + track.speed.0 * since, track.y + track.speed.1 * since);
        let mut missed = (x - ex).hypot(y - ey);
        let mut grown = (pixels as f32 / track.pixels.max(1) as f32).ln().abs();
        if border {
            // What comes in or goes out is cut off: only the edge inside of the picture tells how it goes.
            let change = |edge: usize| (gone[edge] - track.gone[edge]).abs();
            let inside = [bounds.0 >= 1.0, bounds.1 >= 1.0, bounds.2 < size.0, bounds.3 < size.1];
            let axis = |a: usize, b: usize, centre: f32| {
                let edge = |e: usize| if inside[e] { change(e) } else { f32::MAX };
                edge(a).min(edge(b)).min(centre)
            };
            missed = axis(0, 2, (x - ex).abs()).hypot(axis(1, 3, (y - ey).abs()));
            grown = 0.0;
        }
        let sample = missed / (track.size + 1.0) + 0.5 * grown;
        let rate = (gap * 2.0).clamp(0.25, 0.6).max(1.0 / (track.steps.len() - 1) as f32);
        track.unlike += (sample - track.unlike) * rate;
    }
    track.gone = gone;
    if since > 0.0 {
        let keep = if track.steps.len() > 1 { 0.5 } else { 0.0 };
        let mix = |old: f32, new: f32| old * keep + new * (1.0 - keep);
        track.speed = (mix(track.speed.0, (x - track.x) / since), mix(track.speed.1, (y - track.y) / since));
    }
    track.bounds = bounds;
    let fresh = found.iter().map(|b| b.fresh).sum::<u32>() as f32 / pixels.max(1) as f32;
    if track.steps.is_empty() {
        track.flicker = 0.0;
    } else {
        let step = (x - track.x).hypot(y - track.y) / track.size.max(1.0);
        let sample = (fresh - 1.5 * step - 0.1).clamp(0.0, 1.0);
        track.flicker += (sample - track.flicker) * (gap * 2.0).min(0.5);
    }
    track.size = ((track.bounds.2 - track.bounds.0) * (track.bounds.3 - track.bounds.1)).sqrt();
    (track.x, track.y, track.last) = (x, y, now);
    track.steps.push_back(Step { at: now, x, y });
    track.pixels = pixels;
    track.excess = found.iter().map(|b| b.excess).sum();
    track.blocks.clear();
    track.blocks.extend(found.iter().flat_map(|b| &b.blocks));
    let fill = pixels as f32 / (track.blocks.len() * block_pixels) as f32;
    track.fill = if track.steps.len() == 1 { fill } else { track.fill + (fill - track.fill) * 0.4 };
    let known: f32 = track.blocks.iter().map(|&at| restless[usize::from(at)]).sum();
    track.restless = known / track.blocks.len().max(1) as f32;
    let stirring: u32 = found.iter().map(|b| b.stirring).sum();
    if stirring * 12 > pixels {
        track.stirred = now;
    }
}

/// Blocks within bounds and a margin.
fn within(bounds: (f32, f32, f32, f32), margin: f32, blocks: &Blocks) -> impl Iterator<Item = usize> + use<> {
    let clip = |v: f32, of: usize| v.clamp(0.0, of as f32) as usize;
    let columns = blocks.columns;
    let (left, right) = (clip(bounds.0 - margin, columns), clip(bounds.2 + margin, columns));
    let (top, bottom) = (clip(bounds.1 - margin, blocks.rows), clip(bounds.3 + margin, blocks.rows));
    (top..bottom).flat_map(move |y| (left..right).map(move |x| y * columns + x))
}
