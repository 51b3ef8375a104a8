//! Pure. From activity to events: when one begins, how it grows, when it ends.
//!
//! A stream has at most one event at a time; whatever moves meanwhile is part of it. It begins when a mover first counts
//! in a zone, backdated to when that mover appeared, and ends when nothing has counted for a while, so that short
//! silences do not cut it. What lasts longer than an event may is told in pieces that touch.

use super::motion::{Activity, Bounds, Mover};
use super::zones::Zones;
use crate::base::{Cells, TICKS_PER_SECOND, Ticks, TimeRange};

/// How events are cut. All in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Time without motion that ends an event; less joins two.
    pub quiet: f32,
    /// Footage before an event that belongs to its clip.
    pub pre_roll: f32,
    /// Footage after an event that belongs to its clip.
    pub post_roll: f32,
    /// An event that lasts longer goes on as a new one.
    pub longest: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { quiet: 3.0, pre_roll: 5.0, post_roll: 5.0, longest: 600.0 }
    }
}

/// The moment of an event that shows best what it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// When.
    pub at: Ticks,
    /// Where in the picture.
    pub bounds: Bounds,
    rank: f32,
}

/// A span in which something happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Counts up from 1 in each tracker.
    pub number: u64,
    /// When the first that counts appeared.
    pub start: Ticks,
    /// When the last that counts was gone; moves on while the event lasts.
    pub end: Ticks,
    /// Everywhere something moved.
    pub cells: Cells,
    /// The zones in which it counted, by their place in the list of zones.
    pub zones: Vec<usize>,
    /// How clear it was at its clearest, 0..=1.
    pub score: f32,
    /// The moment to show.
    pub best: Moment,
    /// Whether it goes on from an event that had become too long.
    pub continues: bool,
    /// No footage before this is part of its clip: there was an event.
    after: Ticks,
}

impl Event {
    /// The footage to show: the event with its rolls, not reaching back into the event before.
    pub fn clip(&self, settings: &Settings) -> TimeRange {
        let from = (self.start - ticks(settings.pre_roll)).max(self.after);
        TimeRange::new(from, self.end + ticks(settings.post_roll))
    }
}

/// What has become of the event.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It has begun.
    Begin(Event),
    /// It lasts, and is now this.
    Update(Event),
    /// It is over.
    End(Event),
}

/// Events of one stream. Give it every activity, in order of time.
pub struct Tracker {
    zones: Zones,
    settings: Settings,
    open: Option<Event>,
    number: u64,
    /// End of the last event.
    after: Ticks,
    /// Whether that one had become too long.
    cut: bool,
    last_moved: Ticks,
    last_told: Ticks,
    /// How long after the one before the last picture came.
    gap: i64,
    /// Since when something counts in each zone, and when it last did.
    present: Vec<Option<TimeRange>>,
}

/// Longest that an event goes on after the last picture that shows it, seconds.
const LINGERS: f32 = 1.0;
/// Pictures that come farther apart are no sequence, seconds.
const SPARSEST: f32 = 10.0;
/// Shortest time between two updates, seconds.
const UPDATES: f32 = 1.0;

fn ticks(seconds: f32) -> i64 {
    (f64::from(seconds) * TICKS_PER_SECOND as f64) as i64
}

/// How well a mover is shown: large, sharp, whole.
fn rank(mover: &Mover) -> f32 {
    let b = mover.bounds;
    let whole = b.left > 0.01 && b.top > 0.01 && b.right < 0.99 && b.bottom < 0.99;
    mover.area.sqrt() * (1.0 + mover.sharpness / 8.0).min(3.0) * if whole { 1.0 } else { 0.5 }
}

fn clarity(mover: &Mover) -> f32 {
    (mover.contrast / 40.0).min(1.0) * (mover.area / 0.004).min(1.0).sqrt()
}

impl Tracker {
    /// One that has seen nothing.
    pub fn new(zones: Zones, settings: Settings) -> Self {
        let present = vec![None; zones.len()];
        Self {
            zones,
            settings,
            open: None,
            number: 0,
            after: Ticks(i64::MIN / 2),
            cut: false,
            last_moved: Ticks(0),
            last_told: Ticks(0),
            gap: 0,
            present,
        }
    }

    /// The event that lasts.
    pub fn open(&self) -> Option<&Event> {
        self.open.as_ref()
    }

    /// Takes in what a picture said.
    pub fn take(&mut self, activity: &Activity) -> Vec<Change> {
        let mut changes = Vec::new();
        let at = activity.at;
        self.gap = ticks(activity.gap.min(SPARSEST));
        let quiet = self.quiet();
        let mut counted: Vec<&Mover> = Vec::new();
        let mut zones = Vec::new();
        for zone in 0..self.zones.len() {
            let here = self.zones.movers(zone, activity);
            let Some(since) = here.iter().map(|mover| mover.since).min() else { continue };
            let known = self.present[zone].filter(|seen| at - seen.to <= quiet);
            // One that was seen elsewhere before came into this zone now.
            let came = if known.is_none() && self.open.is_some() { at } else { since };
            let present = TimeRange::new(known.map_or(came, |seen| seen.from), at);
            self.present[zone] = Some(present);
            if present.ticks() >= ticks(self.zones.shortest(zone)) {
                zones.push((zone, present.from));
                counted.extend(here);
            }
        }
        self.expire(at, counted.is_empty(), &mut changes);
        if counted.is_empty() {
            return changes;
        }
        let best = counted.iter().max_by(|a, b| rank(a).total_cmp(&rank(b))).expect("not empty");
        let moment = Moment { at, bounds: best.bounds, rank: rank(best) };
        let cells = counted.iter().fold(Cells::NONE, |cells, mover| cells | mover.cells);
        let score = counted.iter().map(|mover| clarity(mover)).fold(0.0, f32::max);
        match &mut self.open {
            Some(event) => {
                event.end = event.end.max(at);
                event.cells = event.cells | cells;
                event.score = event.score.max(score);
                for &(zone, _) in &zones {
                    if !event.zones.contains(&zone) {
                        event.zones.push(zone);
                    }
                }
                if moment.rank > event.best.rank {
                    event.best = moment;
                }
                if at - self.last_told >= ticks(UPDATES) {
                    self.last_told = at;
                    changes.push(Change::Update(event.clone()));
                }
            }
            None => {
                let first = zones.iter().map(|&(_, from)| from).min().expect("something counted in a zone");
                let start = first.max(self.after);
                let zones = zones.into_iter().map(|(zone, _)| zone).collect();
                self.number += 1;
                let event = Event {
                    number: self.number,
                    start,
                    end: at.max(start),
                    cells,
                    zones,
                    score,
                    best: moment,
                    continues: self.cut && first <= self.after,
                    after: self.after,
                };
                self.last_told = at;
                changes.push(Change::Begin(event.clone()));
                self.open = Some(event);
            }
        }
        self.last_moved = at;
        changes
    }

    /// Time passes without pictures.
    pub fn wait(&mut self, now: Ticks) -> Vec<Change> {
        let mut changes = Vec::new();
        self.expire(now, true, &mut changes);
        changes
    }

    /// Ends the event that lasts: there will be no more pictures.
    pub fn finish(&mut self) -> Option<Change> {
        let event = self.open.take()?;
        self.after = event.end;
        self.cut = false;
        Some(Change::End(event))
    }

    /// Time without motion that ends an event: at least until one picture shows none.
    fn quiet(&self) -> i64 {
        ticks(self.settings.quiet).max(self.gap * 3 / 2)
    }

    fn expire(&mut self, now: Ticks, still: bool, changes: &mut Vec<Change>) {
        let quiet = self.quiet();
        let Some(event) = &mut self.open else { return };
        let latest = event.start + ticks(self.settings.longest);
        let silent = now - self.last_moved > quiet;
        if still || silent {
            event.end = event.end.max(Ticks((self.last_moved + ticks(LINGERS)).0.min(now.0)));
        }
        if silent {
            event.end = Ticks(event.end.0.min(latest.0));
            changes.extend(self.finish());
        } else if now >= latest {
            event.end = latest;
            changes.extend(self.finish());
            self.cut = true;
        }
    }
}
