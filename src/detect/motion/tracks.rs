//! Pure. Everything that is followed, and what each place is known to do by itself.

use super::blobs::{Blob, Blocks};
use super::model::{Rule, STILL_UNIT, Unrest};
use super::stir::Stir;
use super::track::{APART, Corners, Track};

/// Smallest blob, in blocks of pixels that count: half of a person at 5 % of the height.
const SMALLEST: f32 = 1.1;
/// Time constant of what a place is known to do, seconds.
const RESTLESS_SECONDS: f32 = 40.0;
/// Flicker that makes a place as restless as can be.
const ALL_RESTLESS: f32 = 0.4;
/// Time constant of the clutter, seconds.
const CLUTTER_SECONDS: f32 = 1.5;
/// Time constant of what comes and is gone at once, seconds; and how many times less mass it may have than what it is held
/// against.
const PASSING_SECONDS: f32 = 5.0;
/// See [`PASSING_SECONDS`].
const PASSING_MASS: u32 = 3;
/// Seconds of standing after which a pixel becomes background: nobody, one that stopped, one that is busy there.
const ABSORB: (f32, f32, f32) = (5.0, 8.0, 60.0);
/// Seconds after its last step in which a mover is taken to go on.
const GOES_ON: f32 = 3.0;
/// Flicker of one that stays, above which the place is learned as restless all the same.
const STIRS_ON: f32 = 0.2;

pub(super) struct Tracks {
    tracks: Vec<Track>,
    restless: Vec<f32>,
    /// Pixels of blobs that are not movers, over some time.
    clutter: f32,
    /// Masses of what came and was gone at once, lately, each with what it still counts; and so many pictures.
    passing: Vec<(u32, f32)>,
    pictures: f32,
    pub(super) stir: Stir,
    next: u64,
}

impl Tracks {
    pub(super) fn new(blocks: &Blocks) -> Self {
        Self {
            tracks: Vec::new(),
            restless: vec![0.0; blocks.columns * blocks.rows],
            clutter: 0.0,
            passing: Vec::new(),
            pictures: 0.0,
            stir: Stir::new(blocks),
            next: 1,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter()
    }

    /// The picture is another one: forgets what is followed, movers too if `all`.
    pub(super) fn forget(&mut self, all: bool) {
        self.tracks.retain(|track| track.moves && !all);
    }

    fn forget_passing(&mut self, gap: f32) {
        let keep = (1.0 - gap / PASSING_SECONDS).max(0.0);
        self.pictures = self.pictures * keep + 1.0;
        self.passing.retain_mut(|(_, counts)| {
            *counts *= keep;
            *counts > 0.1
        });
    }

    /// Each blob goes to the track that it fits best: what is followed picture by picture may be in pieces.
    fn join<'a>(
        &self,
        blobs: &'a [Blob],
        blocks: &Blocks,
        now: f64,
        gap: f32,
    ) -> (Vec<Vec<&'a Blob>>, Vec<&'a Blob>) {
        let mut found: Vec<Vec<&Blob>> = vec![Vec::new(); self.tracks.len()];
        let mut unclaimed: Vec<&Blob> = Vec::new();
        for blob in blobs {
            let fits = self.tracks.iter().enumerate();
            let fits = fits.filter_map(|(i, track)| Some((i, track.fit(blob, blocks, now, gap)?)));
            match fits.min_by(|a, b| a.1.total_cmp(&b.1)) {
                Some((i, _)) => found[i].push(blob),
                None => unclaimed.push(blob),
            }
        }
        (found, unclaimed)
    }

    /// Each track gets the blob that fits it best and what touches that: between pictures that are far apart anything may
    /// have gone anywhere. What is not solid is only taken for a mover that has stayed where it was, or for a piece.
    fn pair<'a>(
        &self,
        blobs: &'a [Blob],
        blocks: &Blocks,
        now: f64,
        gap: f32,
    ) -> (Vec<Vec<&'a Blob>>, Vec<&'a Blob>) {
        let mut found: Vec<Vec<&Blob>> = vec![Vec::new(); self.tracks.len()];
        let mut fits = Vec::new();
        for (i, track) in self.tracks.iter().enumerate() {
            for (n, blob) in blobs.iter().enumerate() {
                fits.extend(track.fit(blob, blocks, now, gap).map(|fit| (fit, i, n)));
            }
        }
        fits.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut taken = vec![false; blobs.len()];
        for (fit, i, n) in fits {
            let blob = &blobs[n];
            let first = found[i].is_empty() && blob.solid;
            let stays = self.tracks[i].moves && fit < 1.0 && blob.stays();
            if !taken[n] && (first || stays || found[i].iter().any(|other| other.touches(blob))) {
                taken[n] = true;
                found[i].push(blob);
            }
        }
        let left = blobs.iter().zip(taken).filter(|(blob, taken)| !taken && blob.solid);
        (found, left.map(|(blob, _)| blob).collect())
    }

    /// Follows the blobs of a picture that came `gap` seconds after the last.
    pub(super) fn follow(&mut self, blobs: &mut Vec<Blob>, blocks: &Blocks, now: f64, gap: f32) {
        let smallest = SMALLEST * (blocks.size * blocks.size) as f32;
        self.stir.begin(gap);
        let all = blobs.len();
        blobs.retain(|blob| blob.pixels as f32 >= smallest);
        self.stir.judge(blobs, blocks);
        let (mut found, unclaimed) =
            if gap > APART { self.pair(blobs, blocks, now, gap) } else { self.join(blobs, blocks, now, gap) };
        let followed = self.tracks.iter().zip(&found).filter(|(track, _)| !track.moves);
        let loose =
            followed.flat_map(|(_, blobs)| blobs).chain(&unclaimed).map(|blob| blob.pixels).sum::<u32>();
        self.clutter += (loose as f32 - self.clutter) * (gap / CLUTTER_SECONDS).min(1.0);
        let clutter = loose.max(self.clutter as u32);
        self.forget_passing(gap);
        let movers = self.tracks.iter().zip(&found).filter(|(track, _)| track.moves);
        let stir = &mut self.stir;
        stir.crowd(all - movers.map(|(_, blobs)| blobs.len()).sum::<usize>(), gap);
        for (track, found) in self.tracks.iter_mut().zip(&mut found) {
            let alike =
                self.passing.iter().filter(|(pixels, _)| pixels.saturating_mul(PASSING_MASS) >= track.pixels);
            track.passing = alike.map(|(_, counts)| counts).sum::<f32>() / self.pictures;
            track.seen = !found.is_empty();
            if track.seen {
                track.take(found, &self.restless, blocks, now, gap);
                track.judge(clutter, blocks, now, gap);
            }
        }
        let passing = &mut self.passing;
        self.tracks.retain(|track| {
            let lost = track.is_lost(now, gap);
            if lost && track.was_passing() {
                passing.push((track.pixels, 1.0));
            }
            if !track.moves && track.was_solid() && (lost || track.seen && track.dawdles(now)) {
                stir.goes_nowhere(track, blocks);
            }
            !lost
        });
        // Between pictures that are far apart much may come.
        let siblings = if gap < 0.4 { unclaimed.len().saturating_sub(1) } else { 0 };
        for blob in unclaimed {
            let mut track = Track::new(self.next, siblings, now);
            self.next += 1;
            track.take(&[blob], &self.restless, blocks, now, gap);
            self.tracks.push(track);
        }
        if gap <= APART {
            self.rest(gap, now);
        }
    }

    /// Places where something comes and goes that goes nowhere.
    fn rest(&mut self, gap: f32, now: f64) {
        let share = (gap / RESTLESS_SECONDS).min(0.3);
        self.restless.iter_mut().for_each(|restless| *restless -= share * *restless);
        for track in self.tracks.iter().filter(|t| t.seen && (!t.moves || t.stays(now) > GOES_ON)) {
            for &at in &track.blocks {
                let restless = &mut self.restless[usize::from(at)];
                *restless = (*restless + share * (track.unrest(now) / ALL_RESTLESS).min(1.0)).min(1.0);
            }
        }
    }

    /// How each block is to be learned.
    pub(super) fn rules(&self, blocks: &Blocks, now: f64, out: &mut Vec<Rule>) {
        let units = |seconds: f32| (seconds / STILL_UNIT) as u8;
        out.clear();
        out.resize(self.restless.len(), Rule { absorb: units(ABSORB.0), unrest: Unrest::All });
        for track in &self.tracks {
            let (absorb, unrest) = match track.moves {
                true if track.settled(now) => (ABSORB.1, Unrest::All),
                true if track.stays(now) > GOES_ON && track.unrest(now) > STIRS_ON => (ABSORB.2, Unrest::All),
                true => (ABSORB.2, Unrest::Nothing),
                // It may become a mover.
                false if track.seen && track.is_solid() => (ABSORB.0, Unrest::Little),
                false => continue,
            };
            for at in within(&track.bounds, 2.0, blocks) {
                let unrest = unrest.min(out[at].unrest);
                out[at] = Rule { absorb: units(absorb).max(out[at].absorb), unrest };
            }
        }
    }
}

/// Blocks within corners and a margin.
pub(super) fn within(bounds: &Corners, margin: f32, blocks: &Blocks) -> impl Iterator<Item = usize> + use<> {
    let clip = |v: f32, of: usize| v.clamp(0.0, of as f32) as usize;
    let columns = blocks.columns;
    let (left, right) = (clip(bounds[0] - margin, columns), clip(bounds[2] + margin, columns));
    let (top, bottom) = (clip(bounds[1] - margin, blocks.rows), clip(bounds[3] + margin, blocks.rows));
    (top..bottom).flat_map(move |y| (left..right).map(move |x| y * columns + x))
}
