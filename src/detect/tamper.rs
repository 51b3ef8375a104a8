//! Pure. Whether somebody has made the camera blind: covered, sprayed, turned, put it out of focus, or feeds it a still.
//!
//! Once a second the picture is held against what the camera has long been seeing. Not its light: that changes with the
//! sun, with a lamp, with the infrared filter. What stays are the edges of the scene: where they were there are still
//! edges, darker or brighter, at night too. When they are gone and stay gone, the view is gone. What has the look of
//! tampering has to last before it is told, and the reference learns only while nothing is suspected.

use super::motion::Frame;
use crate::base::{TICKS_PER_SECOND, Ticks};

/// What was done to the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    /// The picture is black.
    Black,
    /// Something hides the scene.
    Covered,
    /// A good part of the scene is hidden.
    Sprayed,
    /// The scene is out of focus.
    Defocused,
    /// It is another scene.
    Turned,
    /// The picture does not change any more.
    Frozen,
}

/// What has become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It began at this time.
    Begin(Tamper, Ticks),
    /// The view is as it was, or the new one is the view from now on.
    End(Tamper, Ticks),
}

/// Shortest time between two looks, seconds.
const EVERY: f32 = 1.0;
/// Looks of one mind before it is told: with the last one within 30 s.
const CONVINCED: u32 = 15;
/// Looks that one look of another mind takes away.
const DOUBTED: u32 = 3;
/// Looks of one mind before it is over.
const RECOVERED: u32 = 5;
/// Looks before anything is said: the reference has to be learned.
const LEARNS: u32 = 20;
/// After so many looks of a told change of view, the new view is the view.
const ACCEPTED: u32 = 900;
/// Time constant of the reference, in looks.
const REFERENCE: f32 = 300.0;
/// Time constant of the present, in looks: noise averages out.
const PRESENT: f32 = 3.0;
/// Levels below which everything is black, and by which its parts may differ.
const BLACK: (f32, f32) = (24.0, 3.0);
/// Share of the reference's edges, the strongest, that are looked for.
const EDGES: f32 = 0.08;
/// Looks after which they are chosen anew; the reference is slower than that.
const CHOSEN: u32 = 30;
/// A scene whose edges stand out less than this much from the rest cannot be told from another.
const PLAIN: f32 = 1.6;
/// Of how much the edges stood out, the part that is left when the view is gone.
const GONE: f32 = 0.3;
/// Of the picture's structure, the part that is left when it is covered.
const HIDDEN: f32 = 0.4;
/// Of the structure of a part, the part that is left when it is hidden, and the share of hidden parts when sprayed.
const SPRAYED: (f32, f32) = (0.3, 0.25);
/// Of how fine the edges were, the part that is left out of focus.
const BLURRED: f32 = 0.72;
/// Seconds without any change that are no chance, and how many times the longest known.
const FROZEN: (f32, f32) = (15.0, 3.0);
/// Parts on each side in which structure is compared.
const PARTS: usize = 10;

/// Gradient of a pixel: across, down. Levels over a few pixels.
type Gradient = (f32, f32);

#[derive(Clone, Copy, Default)]
struct Measure {
    /// How much the reference's edges stand out: gradient there, as far as it lies in their direction, over gradient
    /// everywhere.
    stand_out: f32,
    /// Gradient everywhere, levels.
    structure: f32,
    /// Steepness over one pixel, of that over four: how fine edges are.
    fineness: f32,
}

/// Watches one stream. Give it every picture, in order of time.
#[derive(Default)]
pub struct TamperWatch {
    size: (usize, usize),
    looked: Option<Ticks>,
    looks: u32,
    present: Vec<f32>,
    reference: Vec<Gradient>,
    /// Its strongest edges: where they are, and their direction, of length 1.
    edges: Vec<(u32, Gradient)>,
    usual: Measure,
    suspect: Option<(Tamper, Ticks, u32)>,
    told: Option<(Tamper, u32)>,
    well: u32,
    last: Vec<u8>,
    same_since: Option<Ticks>,
    longest_same: f32,
}

fn seconds(ticks: i64) -> f32 {
    ticks as f32 / TICKS_PER_SECOND as f32
}

fn gradients(picture: &[f32], width: usize, reach: usize) -> Vec<Gradient> {
    let height = picture.len() / width;
    let mut edges = vec![(0.0, 0.0); picture.len()];
    let rows = edges.chunks_exact_mut(width).take(height - reach);
    for ((edges, row), below) in
        rows.zip(picture.chunks_exact(width)).zip(picture[reach * width..].chunks_exact(width))
    {
        for (((edge, here), right), down) in edges.iter_mut().zip(row).zip(&row[reach..]).zip(below) {
            *edge = (right - here, down - here);
        }
    }
    edges
}

/// Its length.
fn size(gradient: &Gradient) -> f32 {
    (gradient.0 * gradient.0 + gradient.1 * gradient.1).sqrt()
}

/// Sums of many numbers, in lanes that go side by side.
fn sum(gradients: &[Gradient], of: impl Fn(&Gradient) -> f32) -> f32 {
    let mut lanes = [0.0; 8];
    let (whole, rest) = gradients.as_chunks::<8>();
    for eight in whole {
        lanes.iter_mut().zip(eight).for_each(|(lane, gradient)| *lane += of(gradient));
    }
    lanes.iter().sum::<f32>() + rest.iter().map(of).sum::<f32>()
}

/// Mean of the squares of their lengths: an edge counts by how steep it is.
fn power(gradients: &[Gradient]) -> f32 {
    sum(gradients, |g| g.0 * g.0 + g.1 * g.1) / gradients.len().max(1) as f32
}

fn mean_size(gradients: &[Gradient]) -> f32 {
    sum(gradients, size) / gradients.len().max(1) as f32
}

impl TamperWatch {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a picture.
    pub fn look(&mut self, frame: &Frame<'_>) -> Option<Verdict> {
        let fits = frame.width > 8 && frame.height > 8 && frame.luma.len() == frame.width * frame.height;
        if !fits || self.looked.is_some_and(|at| (0.0..EVERY * 0.95).contains(&seconds(frame.at - at))) {
            return None;
        }
        if self.size != (frame.width, frame.height) {
            *self = Self { size: (frame.width, frame.height), told: self.told, ..Self::default() };
        }
        self.looked = Some(frame.at);
        self.looks += 1;
        let frozen = self.is_frozen(frame);
        let found = self.judge(frame);
        let found = if frozen && found != Some(Tamper::Black) { Some(Tamper::Frozen) } else { found };
        self.decide(found, frame.at)
    }

    fn is_frozen(&mut self, frame: &Frame<'_>) -> bool {
        if self.last != frame.luma {
            if let Some(since) = self.same_since {
                // What is told as frozen is no measure of what is usual.
                let lasted = seconds(frame.at - since);
                if !matches!(self.told, Some((Tamper::Frozen, _))) {
                    self.longest_same = self.longest_same.max(lasted);
                }
            }
            self.longest_same *= 0.999;
            self.last.clear();
            self.last.extend_from_slice(frame.luma);
            self.same_since = Some(frame.at);
            return false;
        }
        let same = seconds(frame.at - self.same_since.unwrap_or(frame.at));
        self.looks > LEARNS && same > FROZEN.0.max(FROZEN.1 * self.longest_same)
    }

    fn judge(&mut self, frame: &Frame<'_>) -> Option<Tamper> {
        let width = frame.width;
        if self.present.is_empty() {
            self.present = frame.luma.iter().map(|&v| f32::from(v)).collect();
        }
        let share = 1.0 / PRESENT;
        self.present.iter_mut().zip(frame.luma).for_each(|(p, &v)| *p += share * (f32::from(v) - *p));
        let fine = gradients(&self.present, width, 1);
        let coarse = gradients(&self.present, width, 4);
        if self.reference.is_empty() {
            self.reference.clone_from(&coarse);
        }
        if self.looks <= LEARNS || self.looks.is_multiple_of(CHOSEN) {
            self.choose_edges();
        }
        let now = self.measure(&fine, &coarse);
        let found = if self.looks <= LEARNS { None } else { self.name(frame, &now, &coarse) };
        let quick = self.looks <= LEARNS;
        let accepted = self.told.is_some_and(|(_, looks)| looks > ACCEPTED);
        if found.is_none() && self.suspect.is_none() && self.told.is_none() || quick || accepted {
            let share = if accepted { 0.1 } else { 1.0 / (self.looks as f32).min(REFERENCE) };
            for (r, e) in self.reference.iter_mut().zip(&coarse) {
                // Which side of an edge is the bright one changes between day and infrared light.
                let side = if r.0 * e.0 + r.1 * e.1 < 0.0 { -1.0 } else { 1.0 };
                *r = (r.0 + share * (side * e.0 - r.0), r.1 + share * (side * e.1 - r.1));
            }
            let mix = |old: &mut f32, new: f32| *old += share * (new - *old);
            mix(&mut self.usual.stand_out, now.stand_out);
            mix(&mut self.usual.structure, now.structure);
            mix(&mut self.usual.fineness, now.fineness);
        }
        found
    }

    fn choose_edges(&mut self) {
        let sizes: Vec<f32> = self.reference.iter().map(size).collect();
        let mut strongest = sizes.clone();
        let n = ((strongest.len() as f32 * EDGES) as usize).clamp(1, strongest.len()) - 1;
        let (_, &mut threshold, _) = strongest.select_nth_unstable_by(n, |a, b| b.total_cmp(a));
        let strong = (0u32..).zip(self.reference.iter().zip(&sizes));
        let strong = strong.filter(|&(_, (_, &size))| size >= threshold && size > 0.0);
        self.edges.clear();
        self.edges.extend(strong.map(|(at, (r, size))| (at, (r.0 / size, r.1 / size))));
    }

    fn measure(&self, fine: &[Gradient], coarse: &[Gradient]) -> Measure {
        let along = |&(at, r): &(u32, Gradient)| {
            let e = coarse[at as usize];
            (r.0 * e.0 + r.1 * e.1).abs()
        };
        let structure = mean_size(coarse);
        Measure {
            stand_out: self.edges.iter().map(along).sum::<f32>()
                / self.edges.len().max(1) as f32
                / (structure + 0.5),
            structure,
            fineness: power(fine).sqrt() / (power(coarse).sqrt() + 0.5),
        }
    }

    /// Share of the parts with structure that have lost it.
    fn hidden(&self, coarse: &[Gradient]) -> f32 {
        let (width, height) = self.size;
        let (mut known, mut hidden) = (0, 0);
        for part in 0..PARTS * PARTS {
            let columns = part % PARTS * width / PARTS..(part % PARTS + 1) * width / PARTS;
            let rows = part / PARTS * height / PARTS..(part / PARTS + 1) * height / PARTS;
            let row = |of: &[Gradient], y: usize| sum(&of[y * width..][columns.clone()], size);
            let part = |of: &[Gradient]| rows.clone().map(|y| row(of, y)).sum::<f32>();
            let (was, is) = (part(&self.reference), part(coarse));
            if was > 2.0 * (columns.len() * rows.len()) as f32 {
                known += 1;
                hidden += i32::from(is < SPRAYED.0 * was);
            }
        }
        if known < PARTS { 0.0 } else { hidden as f32 / known as f32 }
    }

    fn name(&self, frame: &Frame<'_>, now: &Measure, coarse: &[Gradient]) -> Option<Tamper> {
        let level = frame.luma.iter().map(|&v| f32::from(v)).sum::<f32>() / frame.luma.len() as f32;
        if level < BLACK.0 && now.structure < BLACK.1 {
            return (self.usual.structure > BLACK.1).then_some(Tamper::Black);
        }
        if self.usual.stand_out < PLAIN {
            return None;
        }
        let left = (now.stand_out - 1.0).max(0.0) / (self.usual.stand_out - 1.0);
        let dark = now.structure < HIDDEN * self.usual.structure;
        if left < GONE && dark || now.structure < HIDDEN * HIDDEN * self.usual.structure {
            return Some(Tamper::Covered);
        }
        if now.fineness < BLURRED * self.usual.fineness {
            return Some(Tamper::Defocused);
        }
        if left < GONE {
            return Some(Tamper::Turned);
        }
        let hidden = self.hidden(coarse);
        // In the dark all parts lose structure alike.
        (!dark && hidden > SPRAYED.1).then_some(Tamper::Sprayed)
    }

    fn decide(&mut self, found: Option<Tamper>, at: Ticks) -> Option<Verdict> {
        if let Some((tamper, looks)) = &mut self.told {
            *looks += 1;
            self.well = if found.is_none() { self.well + 1 } else { 0 };
            if self.well >= RECOVERED {
                let over = Verdict::End(*tamper, at);
                (self.told, self.suspect, self.well) = (None, None, 0);
                return Some(over);
            }
            return None;
        }
        let Some(found) = found else {
            // Somebody who passes may look like the scene for a moment.
            self.suspect = self.suspect.filter(|suspect| suspect.2 > DOUBTED);
            if let Some(suspect) = &mut self.suspect {
                suspect.2 -= DOUBTED;
            }
            return None;
        };
        let (since, looks) = match self.suspect {
            Some((_, since, looks)) => (since, looks + 1),
            None => (at, 1),
        };
        self.suspect = Some((found, since, looks));
        // A picture that stands still has been looked at long enough already.
        if looks >= CONVINCED || found == Tamper::Frozen {
            self.told = Some((found, 0));
            let since = if found == Tamper::Frozen { self.same_since.unwrap_or(since) } else { since };
            return Some(Verdict::Begin(found, since));
        }
        None
    }
}
