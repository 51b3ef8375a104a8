//! From what happened to who is told: reads the changes that nobody has decided on, in order, and writes what was decided
//! together with how far it has read. Whatever ends it, the next run goes on there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;

use super::channel::Hears;
use super::failures::{Failures, every};
use super::judge::{Areas, HABIT_WEEKS, Memory, Sign, boot_name, is_boot, week_of};
use super::world::World;
use crate::base::{
    CameraId, EventId, Result, SharedClock, Stop, StreamKind, TICKS_PER_SECOND, Ticks, TimeRange,
};
use crate::catalogue::{AlertKind, Catalogue, Decision, GapCause, Handled, Outgoing, Scope, ZoneKind};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Changes that are read at a time.
const ROWS: u32 = 200;
/// How often it looks by itself: events that may become long enough, cameras that stay away.
const EVERY: Duration = Duration::from_millis(500);
/// How often the recorder is asked how it does, and whether somebody is to be told next.
const SLOWLY: i64 = 2 * TICKS_PER_SECOND;
/// Changes that concern nobody are noted as read once so many have come.
const UNNOTED: i64 = 500;
/// Judgements of events that are older than their footage may be are kept no longer.
const JUDGED_KEPT: i64 = 40 * DAY;
/// Alerts are kept as long as what people did.
const ALERTS_KEPT: i64 = 366 * DAY;
/// A recovery that takes longer is told without what was lost.
const RECOVERED_WITHIN: i64 = 10 * MINUTE;

/// Says what the recorder says of itself; from memory, at once.
pub trait Signs: Send + Sync + 'static {
    /// What is wrong at the moment.
    fn signs(&self) -> Vec<Sign>;
}

/// Nothing is ever wrong: for tools and tests.
impl Signs for () {
    fn signs(&self) -> Vec<Sign> {
        Vec::new()
    }
}

/// Decides. One at a time works on a catalogue.
pub struct Dispatch {
    catalogue: Catalogue,
    clock: SharedClock,
    signs: Arc<dyn Signs>,
    hears: Hears,
    /// Something is to be sent.
    due: Arc<Notify>,
    known: Option<Known>,
    started: Ticks,
    /// The start has been told of, or there is nothing to tell.
    start_told: bool,
    /// Events that waited when a step failed: nothing else knows of them.
    waited: BTreeSet<EventId>,
}

/// What it knows between two steps; read from the catalogue, and read anew when a decision could not be written.
struct Known {
    memory: Memory,
    /// Up to this change everything was read.
    position: i64,
    /// The same, as the catalogue has it.
    noted: i64,
    digest_day: Option<i32>,
    /// When it looked slowly.
    looked: Option<Ticks>,
}

impl Dispatch {
    /// Ready to decide; `due` is told when there is something to be sent.
    pub fn new(
        catalogue: Catalogue,
        clock: SharedClock,
        signs: Arc<dyn Signs>,
        hears: Hears,
        due: Arc<Notify>,
    ) -> Self {
        let started = clock.now();
        Self {
            catalogue,
            clock,
            signs,
            hears,
            due,
            known: None,
            started,
            start_told: false,
            waited: BTreeSet::new(),
        }
    }

    async fn known(&self) -> Result<Known> {
        let now = self.clock.now();
        let this_week = week_of(self.catalogue.zone().day_of(now));
        let alerts = self.catalogue.alerts_made_since(now - 36 * HOUR).await?;
        let troubles = self.catalogue.troubles().await?;
        let habits = self.catalogue.habits(this_week - HABIT_WEEKS).await?;
        let memory = Memory::restore(alerts, troubles, &habits, this_week);
        let newest = self.catalogue.outbox_newest().await?;
        let position = match self.catalogue.alert_position().await?.filter(|position| *position <= newest) {
            Some(position) => position,
            // The first run of all, or of a file whose changes were lost: what was before it is no news.
            None => {
                self.catalogue.decide(Decision { position: Some(newest), ..Decision::default() }).await?;
                newest
            }
        };
        let digest_day = self.catalogue.alert_digest_day().await?;
        Ok(Known { memory, position, noted: position, digest_day, looked: None })
    }

    /// Reads what has happened, decides on it and writes the decision; `true` when there is more to read.
    ///
    /// # Errors
    /// When the catalogue cannot be used: nothing was decided then.
    pub async fn step(&mut self) -> Result<bool> {
        let mut known = match self.known.take() {
            Some(known) => known,
            None => {
                let mut known = self.known().await?;
                known.memory.waiting = std::mem::take(&mut self.waited);
                known
            }
        };
        let waiting = known.memory.waiting.clone();
        match self.decide(&mut known).await {
            // Only what was written is remembered.
            Ok(more) => {
                self.known = Some(known);
                Ok(more)
            }
            Err(e) => {
                self.waited = waiting;
                Err(e)
            }
        }
    }

    async fn decide(&mut self, known: &mut Known) -> Result<bool> {
        let now = self.clock.now();
        let rows = self.catalogue.outbox(known.position, ROWS).await?;
        let more = rows.len() == ROWS as usize;
        let mut events: BTreeSet<EventId> = known.memory.waiting.clone();
        for row in rows {
            known.position = row.seq;
            read(row, now, &mut events, known);
        }
        let slowly = known.looked.is_none_or(|at| !(0..SLOWLY).contains(&(now - at)));
        let (signs, escalating) = match slowly {
            true => (self.signs.signs(), self.catalogue.alerts_to_escalate(now).await?),
            false => (Vec::new(), Vec::new()),
        };
        let restarted = if slowly && !self.start_told { self.restarted(now).await? } else { None };
        let speaks = !signs.is_empty() || (slowly && known.memory.has_signs());
        let stays = slowly && known.memory.has_what_stays(now);
        let idle =
            events.is_empty() && !known.memory.outages.waits() && !speaks && escalating.is_empty() && !stays;
        let tells_of_start = restarted.is_some();
        let digests = slowly && self.digest_is_due(known, now).await?;
        let mut decision = Decision::default();
        if !idle || tells_of_start {
            let world = World::load(&self.catalogue, self.hears, now).await?;
            for id in events {
                self.event(&world, id, known, &mut decision).await?;
            }
            known.memory.look_at_cameras(&world, &mut decision);
            if speaks {
                known.memory.look_at_signs(&world, &signs, &mut decision);
            }
            if stays {
                known.memory.look_at_what_stays(&world, &mut decision);
            }
            for alert in escalating {
                let seen = self.catalogue.alert_is_seen(alert.id).await?;
                known.memory.escalate(&world, &alert, seen, &mut decision);
            }
            if let Some((facts, from)) = restarted {
                known.memory.restarted(&world, self.catalogue.boot(), facts, from, &mut decision);
            }
        }
        if digests {
            let today = self.catalogue.zone().day_of(now);
            decision.digest_day = Some(today);
            // Earlier starts have been told of.
            let (this, troubles) = (boot_name(self.catalogue.boot()), self.catalogue.troubles().await?);
            let earlier =
                troubles.into_iter().filter(|trouble| is_boot(&trouble.name) && trouble.name != this);
            decision.over.extend(earlier.map(|trouble| trouble.name));
            // By a clock that may be years ahead everything would be old.
            if !signs.iter().any(|sign| sign.kind == AlertKind::Clock) {
                decision.prune = Some((now - JUDGED_KEPT, now - ALERTS_KEPT, week_of(today) - HABIT_WEEKS));
            }
        }
        let unnoted = known.position - known.noted;
        if !decision.is_empty() || unnoted >= UNNOTED {
            let sends = !decision.deliveries.is_empty() || decision.digest_day.is_some();
            self.catalogue.decide(Decision { position: Some(known.position), ..decision }).await?;
            known.noted = known.position;
            self.start_told |= tells_of_start;
            if sends {
                self.due.notify_one();
            }
        }
        if slowly {
            known.looked = Some(now);
        }
        if digests {
            // Once a day: another week may have been learned from.
            let waiting = std::mem::take(&mut known.memory.waiting);
            *known = self.known().await?;
            known.memory.waiting = waiting;
            known.looked = Some(now);
        }
        known.memory.forget(now);
        Ok(more)
    }

    async fn event(
        &self,
        world: &World,
        id: EventId,
        known: &mut Known,
        decision: &mut Decision,
    ) -> Result<()> {
        let Some(event) = self.catalogue.event(Scope::everything(), id).await? else {
            // Gone with its footage.
            known.memory.waiting.remove(&id);
            return Ok(());
        };
        let before = self.catalogue.judged(id).await?;
        let zones = match before.as_deref() {
            None | Some("told") => self.catalogue.zones(Scope::everything(), event.camera).await?.zones,
            // It stays untold, wherever it goes.
            Some(_) => Vec::new(),
        };
        let drawn = zones.iter().any(|zone| zone.kind == ZoneKind::Alert);
        let met = zones.into_iter().filter(|z| z.id.is_some_and(|id| event.zones.contains(&id)));
        let areas = Areas { drawn, met: met.map(|z| z.name).collect() };
        known.memory.event(world, &event, &areas, before.as_deref(), decision);
        Ok(())
    }

    async fn digest_is_due(&self, known: &Known, now: Ticks) -> Result<bool> {
        let zone = self.catalogue.zone();
        let today = zone.day_of(now);
        if known.digest_day == Some(today) {
            return Ok(false);
        }
        let rules = super::world::rules(&self.catalogue).await?;
        Ok(zone.minute_of_day(now) >= rules.digest_minute())
    }

    /// What is to be told of the start before which the recorder was cut off; `None` = nothing, or not yet.
    async fn restarted(&mut self, now: Ticks) -> Result<Option<(serde_json::Value, Ticks)>> {
        let name = boot_name(self.catalogue.boot());
        let before = self.catalogue.previous_boot().await?.filter(|boot| boot.ended.is_none());
        let told = self.catalogue.troubles().await?.iter().any(|trouble| trouble.name == name);
        let Some(before) = before.filter(|_| !told) else {
            self.start_told = true;
            return Ok(None);
        };
        if self.catalogue.unrecovered_since().await?.is_some() && now - self.started < RECOVERED_WITHIN {
            return Ok(None);
        }
        let range = TimeRange::new(before.seen - HOUR, self.started + MINUTE);
        let mut cameras = Vec::new();
        for camera in self.catalogue.cameras(Scope::everything()).await?.iter().filter(|c| c.enabled) {
            let Some(main) = camera.stream(StreamKind::Main).filter(|stream| stream.recorded) else {
                continue;
            };
            let gaps = self.catalogue.gaps(Scope::everything(), main.key, range).await?;
            let lost = gaps.iter().filter(|gap| gap.cause == GapCause::LostInCrash);
            let lost: i64 = lost.map(|gap| gap.to.map_or(0, |to| to - gap.from)).sum();
            let lost_s = lost as f64 / TICKS_PER_SECOND as f64;
            cameras
                .push(json!({"id": camera.id, "name": camera.name, "area": camera.area, "lost_s": lost_s}));
        }
        let off = (self.started - before.seen).max(0) as f64 / TICKS_PER_SECOND as f64;
        let alone = self.catalogue.machine_ran_on();
        Ok(Some((json!({"cameras": cameras, "off_s": off, "alone": alone}), before.seen)))
    }

    /// Decides until stopped. A catalogue that cannot be used is tried again; nothing is lost meanwhile.
    pub async fn run(mut self, stop: Stop) {
        let mut written = self.catalogue.outbox_written();
        let (mut tick, mut failures) = (every(EVERY), Failures::default());
        loop {
            tokio::select! {
                () = stop.wait() => return,
                _ = tick.tick() => {}
                changed = written.changed(), if failures.none() => if changed.is_err() { return },
            }
            loop {
                let done = self.step().await;
                if matches!(done, Ok(true)) {
                    continue;
                }
                failures.note(done.err().as_ref(), "alerts wait");
                break;
            }
        }
    }
}

/// Takes a change into account.
fn read(row: Outgoing, now: Ticks, events: &mut BTreeSet<EventId>, known: &mut Known) {
    let camera = || row.body["camera"].as_str()?.parse::<CameraId>().ok();
    match row.kind.as_str() {
        "event" => {
            events.insert(EventId(row.object));
        }
        "alert" if row.body["reopened"] == true => known.memory.handled(row.object, None),
        "alert" => {
            if let Some(handled) = Handled::told(&row.body["handled"]) {
                known.memory.handled(row.object, Some(handled));
            }
        }
        "gap" | "gap_removed" => {
            let Some(camera) = camera() else { return };
            let over = row.kind == "gap_removed" || !row.body["to"].is_null();
            let from = row.body["from"].as_str().and_then(|text| Ticks::parse(text).ok()).unwrap_or(row.at);
            let cause = row.body["cause"].as_str().unwrap_or_default();
            known.memory.outages.gap(camera, row.object, cause, from, over, now);
        }
        _ => {}
    }
}
