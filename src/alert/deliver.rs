//! From who is told to what they get: takes what is due, place by place and each in order, and writes what came of it. A place
//! that fails waits by itself and holds up no other; one that failed for long gets one digest instead of everything.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Notify;

use super::channel::{Channel, Hears, Outcome, in_time};
use super::failures::{Failures, every};
use super::message::Message;
use super::quiet::{Quiet, is_late};
use super::settings::NotificationPrefs;
use super::tally::Tally;
use super::token::Signer;
use super::words::{Language, Reader};
use super::world::{MAIL, PUSH, ZALO, is_on};
use crate::base::{CameraId, EventId, Result, SharedClock, Stop, TICKS_PER_SECOND, Ticks};
use crate::catalogue::{
    Alert, AlertKind, Attempt, Catalogue, Due, LONGEST_PAUSE, Outlet, Place, Scope, TAKEN_CARE_OF,
};

const SECOND: i64 = TICKS_PER_SECOND;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Places that are served at once, and how many of them may be such that took nothing the last time: each of those can take ten
/// seconds to find out that it still does not.
const AT_ONCE: usize = 64;
const FAILING_AT_ONCE: usize = 16;
/// Messages of one place that are read at a time.
const READ: u32 = 50;
/// How often it looks by itself.
const EVERY: Duration = Duration::from_secs(1);
/// Waiting after the first failure, and at most.
const FIRST_WAIT: i64 = 5 * SECOND;
const LONGEST_WAIT: i64 = 10 * MINUTE;
/// More of what a phone was told is told after so long at the earliest: cameras of one moment come together, and where somebody
/// goes on to is still known at once.
const GROWS: i64 = SECOND / 2;
/// What is older is no news any more.
const STALE: i64 = 10 * MINUTE;
/// So many old ones are told as one.
const STALE_MOST: usize = 4;
/// A place that has failed for so long gets one digest of all that waits.
const CUT: i64 = HOUR;
/// Whatever could not be sent for so long is in the app.
const GIVEN_UP: i64 = 14 * DAY;
/// Alerts of a digest that its words are made of.
const WRITTEN_OUT: u32 = 20;

/// Sends.
pub struct Deliver {
    catalogue: Catalogue,
    clock: SharedClock,
    channels: BTreeMap<&'static str, Arc<dyn Channel>>,
    hears: Hears,
    signer: Signer,
    /// Address that people open, without a slash at its end.
    url: String,
    due: Arc<Notify>,
    tally: Tally,
    /// What came of attempts that could not be written, by place: it is written before anything else is sent there.
    unnoted: Mutex<HashMap<Place, (Due, Attempt)>>,
}

/// What came of serving a place.
type Served = (Place, Result<usize>);

/// Places that are being served, each by itself.
#[derive(Default)]
struct Flights<'a> {
    all: FuturesUnordered<BoxFuture<'a, Served>>,
    /// Whether each failed before.
    busy: HashMap<Place, bool>,
    /// Those that had nothing to be given when they were looked at last: they wait for the next look.
    rested: HashSet<Place>,
}

impl<'a> Flights<'a> {
    /// Sends to those places that are free, as long as there is room; those that work go first.
    fn start(&mut self, deliver: &'a Deliver, mut outlets: Vec<Outlet>) {
        outlets.sort_by_key(|outlet| outlet.failing.is_some());
        for outlet in outlets {
            let (place, fails) = (outlet.place(), outlet.failing.is_some());
            let failing = || self.busy.values().filter(|fails| **fails).count();
            let room = self.busy.len() < AT_ONCE && !(fails && failing() >= FAILING_AT_ONCE);
            if !room || self.busy.contains_key(&place) || self.rested.contains(&place) {
                continue;
            }
            self.busy.insert(place.clone(), fails);
            self.all.push(async move { (place, deliver.serve(outlet).await) }.boxed());
        }
    }

    /// The next place that is done.
    async fn next(&mut self) -> Result<()> {
        let Some((place, served)) = self.all.next().await else { return std::future::pending().await };
        self.busy.remove(&place);
        if !matches!(served, Ok(1..)) {
            self.rested.insert(place);
        }
        served.map(drop)
    }
}

/// How long a place that has failed so often is left alone, in ticks: twice as long each time, and none quite as long as another.
fn pause(tries: u32, spread: u64) -> i64 {
    let doubled = FIRST_WAIT.saturating_mul(1_i64 << tries.min(20)).min(LONGEST_WAIT);
    let part = i64::try_from(spread % 500).unwrap_or(0);
    doubled * (750 + part) / 1000
}

fn is_alert(due: &Due) -> bool {
    due.alert.kind != AlertKind::Digest
}

/// After so long an alert is not worth showing by itself.
fn time_to_live(kind: AlertKind) -> i64 {
    if kind == AlertKind::Motion { HOUR } else { DAY }
}

/// Whether what waits at a place should rather be told as one.
fn should_fold(outlet: &Outlet, due: &[Due], now: Ticks) -> bool {
    // What was told before grows in its place, however old it is.
    let alerts = || due.iter().filter(|due| is_alert(due) && due.sent.is_none());
    let old = alerts().filter(|due| now - due.made >= STALE).count();
    let cut =
        outlet.failing.is_some_and(|since| now - since >= CUT) || alerts().any(|due| now - due.made >= CUT);
    let digest = due.iter().any(|due| due.alert.kind == AlertKind::Digest);
    let over = alerts().any(|due| now - due.made >= time_to_live(due.alert.kind));
    // Machines want each; a person with one old alert gets that, as long as it is worth showing.
    !outlet.person.is_nil()
        && (old >= STALE_MOST || over || (cut && (alerts().count() >= 2 || (digest && alerts().count() > 0))))
}

impl Deliver {
    /// Ready to send by these channels; `url`: what people open, without a slash at its end.
    pub fn new(
        catalogue: Catalogue,
        clock: SharedClock,
        channels: BTreeMap<&'static str, Arc<dyn Channel>>,
        hears: Hears,
        signer: Signer,
        url: String,
        due: Arc<Notify>,
    ) -> Self {
        let (tally, unnoted) = (Tally::default(), Mutex::default());
        Self { catalogue, clock, channels, hears, signer, url, due, tally, unnoted }
    }

    /// Counts there what comes of sending.
    pub(super) fn counting(self, tally: Tally) -> Self {
        Self { tally, ..self }
    }

    /// Serves every place that may be tried now; answers how many messages were given to channels.
    ///
    /// # Errors
    /// When the catalogue cannot be used.
    pub async fn step(&self) -> Result<usize> {
        let outlets = self.catalogue.outlets(self.clock.now()).await?;
        let served =
            futures::stream::iter(outlets).map(|outlet| self.serve(outlet)).buffer_unordered(AT_ONCE);
        let results: Vec<Result<usize>> = served.collect().await;
        results.into_iter().sum()
    }

    async fn serve(&self, outlet: Outlet) -> Result<usize> {
        let unnoted = self.unnoted().remove(&outlet.place());
        if let Some((due, attempt)) = unnoted {
            self.note(&outlet, due, attempt).await?;
        }
        let mut due = self.catalogue.due(&outlet, READ).await?;
        let quiet = self.quiet(&outlet, &due).await?;
        if let Some(quiet) = &quiet {
            let holds = |due: &mut Due| is_alert(due) && is_late(due, quiet.now) && quiet.from(&due.alert);
            for one in due.extract_if(.., holds) {
                self.note(&outlet, one, Attempt::Held).await?;
            }
        }
        if should_fold(&outlet, &due, self.clock.now()) {
            self.catalogue.fold(&outlet).await?;
            due = self.catalogue.due(&outlet, READ).await?;
        }
        let (mut given, mut tried, mut dropped) = (0, false, 0);
        for one in due {
            if self.waits(&outlet, &one, quiet.as_ref()).await? {
                continue;
            }
            let attempt = self.attempt(&outlet, &one).await?;
            let was_dropped = matches!(attempt, Attempt::Dropped(_));
            tried |= !was_dropped;
            dropped += u64::from(was_dropped);
            given += usize::from(!was_dropped);
            let goes_on = was_dropped || matches!(attempt, Attempt::Sent | Attempt::Refused(_));
            self.note(&outlet, one, attempt).await?;
            if !goes_on {
                break;
            }
        }
        // Nothing is tried there for now: it does not fail.
        if !tried && outlet.failing.is_some() && (quiet.is_some() || dropped >= outlet.waiting) {
            self.catalogue.rest(&outlet).await?;
        }
        Ok(given)
    }

    /// What a person wants by now, where something has waited for so long that they may want quiet since.
    async fn quiet(&self, outlet: &Outlet, due: &[Due]) -> Result<Option<Quiet>> {
        let now = self.clock.now();
        if outlet.person.is_nil() || !due.iter().any(|due| is_late(due, now)) {
            return Ok(None);
        }
        let Some(person) = self.catalogue.person_by_id(outlet.person).await? else { return Ok(None) };
        let prefs = self.catalogue.alert_pref(person.id).await?;
        let prefs = prefs.map(|body| NotificationPrefs::kept(&body)).unwrap_or_default();
        let snoozes = self.catalogue.snoozes(now).await?;
        let mine = snoozes.into_iter().filter(|snooze| snooze.person == person.id);
        let snoozed = mine.map(|snooze| snooze.camera).collect();
        Ok(Some(Quiet { now, zone: self.catalogue.zone(), scope: person.scope, prefs, snoozed }))
    }

    /// Whether one is not sent yet, and stays as it is: more of what a phone was told a moment ago, or a digest of what waited,
    /// in hours of quiet.
    async fn waits(&self, outlet: &Outlet, due: &Due, quiet: Option<&Quiet>) -> Result<bool> {
        let grows = due.sent.map(|sent| self.clock.now() - sent);
        if outlet.channel == PUSH && grows.is_some_and(|since| (0..GROWS).contains(&since)) {
            return Ok(true);
        }
        let Some(quiet) = quiet.filter(|quiet| !is_alert(due) && is_late(due, quiet.now)) else {
            return Ok(false);
        };
        let (members, _) = self.catalogue.digest_members(due.alert.id, WRITTEN_OUT).await?;
        Ok(members.iter().all(|alert| quiet.from(alert)))
    }

    fn unnoted(&self) -> MutexGuard<'_, HashMap<Place, (Due, Attempt)>> {
        self.unnoted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what came of an attempt; what cannot be written is written later, and not sent a second time meanwhile.
    async fn note(&self, outlet: &Outlet, due: Due, attempt: Attempt) -> Result<()> {
        let noted = self.catalogue.settle(outlet, &due, attempt.clone()).await;
        if noted.is_err() {
            self.unnoted().insert(outlet.place(), (due, attempt));
        }
        noted
    }

    async fn attempt(&self, outlet: &Outlet, due: &Due) -> Result<Attempt> {
        let Some(channel) = self.channels.get(outlet.channel.as_str()) else {
            return Ok(Attempt::Dropped("this program has no such channel".to_owned()));
        };
        let message = match self.compose(outlet, due).await? {
            Ok(message) => message,
            Err(why) => return Ok(Attempt::Dropped(why.to_owned())),
        };
        let outcome = in_time(channel.send(&message)).await;
        self.tally.count(&outlet.channel, &outcome);
        let attempt = match outcome {
            Outcome::Taken => Attempt::Sent,
            Outcome::Later { after, why } => {
                let asked = after.map_or(0, |after| i64::try_from(after.as_secs()).unwrap_or(0) * SECOND);
                let wait = pause(outlet.tries, due.id.as_u64_pair().1.wrapping_add(u64::from(due.tries)));
                Attempt::Later(self.clock.now() + asked.max(wait).min(LONGEST_PAUSE), why.why)
            }
            Outcome::Refused(why) => Attempt::Refused(why.why),
            Outcome::Gone(why) => Attempt::Gone(why),
        };
        if attempt != Attempt::Sent {
            tracing::info!(channel = outlet.channel, ?attempt, "an alert was not taken");
        }
        Ok(attempt)
    }

    /// The message as its reader may see it now, or why it is not sent: what they may know of can have changed since.
    async fn compose(&self, outlet: &Outlet, due: &Due) -> Result<Result<Message, &'static str>> {
        let (alert, now) = (&due.alert, self.clock.now());
        if now - due.made > GIVEN_UP {
            return Ok(Err("it could not be sent for two weeks"));
        }
        if outlet.channel != PUSH && !is_on(&self.catalogue, &outlet.channel).await? {
            return Ok(Err("its channel is switched off"));
        }
        let (mut scope, mut language, mut address) = (Scope::everything().clone(), Language::Vi, None);
        let mut asleep = false;
        if !outlet.person.is_nil() {
            let person = self.catalogue.person_by_id(outlet.person).await?;
            let Some(person) = person.filter(|person| person.enabled && (self.hears)(&person.role)) else {
                return Ok(Err("its person may not be told any more"));
            };
            if alert.person.is_none() && !alert.concerns(&person.scope) {
                return Ok(Err("its person does not see the camera any more"));
            }
            if alert.handled.is_some() {
                return Ok(Err(TAKEN_CARE_OF));
            }
            let prefs = self.catalogue.alert_pref(person.id).await?;
            let prefs = prefs.map(|body| NotificationPrefs::kept(&body)).unwrap_or_default();
            asleep = alert.kind == AlertKind::Digest
                && (prefs.is_quiet(now, self.catalogue.zone(), false)
                    || self.wants_quiet(person.id, now).await?);
            address = match outlet.channel.as_str() {
                MAIL => prefs.mail,
                ZALO => prefs.zalo,
                _ => None,
            };
            (scope, language) = (person.scope, Language::of(&person.locale));
        }
        let reader = Reader { language, scope: &scope, zone: self.catalogue.zone(), now };
        let (words, count) = match alert.kind {
            AlertKind::Digest => {
                let (members, count) = self.catalogue.digest_members(alert.id, WRITTEN_OUT).await?;
                (reader.digest(alert, &members, count), count)
            }
            _ => (reader.words(alert), 0),
        };
        let event = self.event_for(alert, &scope).await?;
        let cameras: Vec<CameraId> =
            alert.cameras.iter().copied().filter(|camera| scope.sees(*camera)).collect();
        // A phone opens the app at the address by which it knows it.
        let origin = match outlet.channel.as_str() {
            PUSH => self.catalogue.push_origin(outlet.target).await?,
            _ => None,
        };
        let base = origin.as_deref().unwrap_or(&self.url);
        Ok(Ok(Message {
            id: due.id,
            alert: alert.id,
            version: due.version,
            kind: alert.kind,
            person: outlet.person,
            target: outlet.target,
            address,
            words,
            language: language.tag(),
            navigate: format!("{base}{}", self.path(alert, event)),
            rank: alert.rank,
            // Whoever slept through the first hears the next; what can wait for the morning wakes nobody.
            silent: asleep || (due.sent.is_some() && due.shown),
            ttl_s: u32::try_from(time_to_live(alert.kind) / SECOND).unwrap_or(u32::MAX),
            token: self.signer.token(due.id, now + 7 * DAY),
            at: alert.from,
            cameras,
            event,
            count,
        }))
    }

    async fn wants_quiet(&self, person: uuid::Uuid, now: Ticks) -> Result<bool> {
        let snoozes = self.catalogue.snoozes(now).await?;
        Ok(snoozes.into_iter().any(|snooze| snooze.person == person && snooze.camera.is_none()))
    }

    /// The event that a reader is led to: the first of the alert's that they may see. Others have no picture for them, and no page.
    async fn event_for(&self, alert: &Alert, scope: &Scope) -> Result<Option<EventId>> {
        let first = alert.facts["event"].as_str().and_then(|id| id.parse::<EventId>().ok());
        if scope.is_everything() {
            return Ok(first);
        }
        let others = self.catalogue.alert_events(alert.id).await?;
        for event in first.into_iter().chain(others) {
            if self.catalogue.event(scope, event).await?.is_some() {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn path(&self, alert: &Alert, event: Option<EventId>) -> String {
        match (alert.kind, event) {
            (_, Some(event)) => format!("/e/{event}"),
            // Of all kinds, or of what no page else shows; that list has them.
            (AlertKind::Digest | AlertKind::Guessing, None) => "/alerts".to_owned(),
            (AlertKind::Motion | AlertKind::Tamper, None) => "/events".to_owned(),
            (AlertKind::Test, None) => "/".to_owned(),
            _ => "/health".to_owned(),
        }
    }

    /// Sends until stopped, to each place by itself: one that hangs holds up no other. What is under way then is sent again at
    /// the next start, under the same name.
    pub async fn run(self, stop: Stop) {
        let (mut tick, mut flights) = (every(EVERY), Flights::default());
        let (mut reading, mut writing) = (Failures::default(), Failures::default());
        loop {
            tokio::select! {
                () = stop.wait() => return,
                _ = tick.tick() => flights.rested.clear(),
                () = self.due.notified(), if reading.none() && writing.none() => flights.rested.clear(),
                served = flights.next() => writing.note(served.err().as_ref(), "alerts wait to be sent"),
            }
            // Those under way go on meanwhile: they may hold all that the catalogue is read by.
            let asked = self.catalogue.outlets(self.clock.now());
            tokio::pin!(asked);
            let outlets = loop {
                tokio::select! {
                    () = stop.wait() => return,
                    outlets = &mut asked => break outlets,
                    served = flights.next() => writing.note(served.err().as_ref(), "alerts wait to be sent"),
                }
            };
            reading.note(outlets.as_ref().err(), "alerts wait to be sent");
            flights.start(&self, outlets.unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes_and_differ() {
        assert!((0..500).all(|spread| (FIRST_WAIT * 3 / 4..=FIRST_WAIT * 5 / 4).contains(&pause(0, spread))));
        assert!(pause(4, 250) > 10 * pause(0, 250));
        assert!((0..500).all(|spread| pause(60, spread) <= LONGEST_WAIT * 5 / 4));
        assert_ne!(pause(3, 1), pause(3, 400));
    }
}
