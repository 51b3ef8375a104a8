//! The relay: told when no channel works, and when one does again, so that somebody near hears a siren. It gets no command and no
//! alert, only ON and OFF, by a webhook or by a topic of the site's MQTT broker; what a way was told last is kept, so that neither
//! a restart nor a look more tells it twice.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;

use super::channel::{Fault, Hears, Outcome, Step, in_time};
use super::failures::{Failures, every};
use super::fallback::{Order, Told, order, standing};
use super::mqtt::Mqtt;
use super::service::Alerts;
use super::webhook::{Caller, Hook};

use super::world::{MQTT, RELAY, RELAY_TOLD, World};
use crate::base::{Error, Result, Secret, SharedClock, Stop, TICKS_PER_SECOND, Ticks};
use crate::catalogue::{Catalogue, NewSecret};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(5);
/// How soon a way that failed is tried again: twice as long each time, up to this.
const FIRST_WAIT: i64 = 5 * TICKS_PER_SECOND;
const LONGEST_WAIT: i64 = 60 * TICKS_PER_SECOND;

/// How the relay is told, as it is kept; the address of its webhook is sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct RelayPlan {
    /// It is told.
    pub enabled: bool,
    /// Host of its webhook; `None` = there is none.
    pub host: Option<String>,
    /// The topic `siren` of the site's broker says it.
    pub mqtt: bool,
}

/// What each way was told last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
struct Ways {
    webhook: Told,
    mqtt: Told,
}

/// How it goes with a way that fails.
#[derive(Default)]
struct Pace {
    failures: u32,
    next: Option<Ticks>,
}

impl Pace {
    /// It is too early to try again. A clock that was set back is no reason to wait.
    fn waits(&self, now: Ticks) -> bool {
        self.next.is_some_and(|next| (1..=LONGEST_WAIT).contains(&(next - now)))
    }

    fn failed(&mut self, now: Ticks, fault: &Fault) {
        self.failures += 1;
        if self.failures.is_power_of_two() {
            tracing::warn!(why = fault.why, failures = self.failures, "the relay could not be told");
        }
        let wait = FIRST_WAIT.saturating_mul(1_i64 << self.failures.min(20)).min(LONGEST_WAIT);
        self.next = Some(now + wait);
    }
}

/// What came of setting the relay.
#[derive(Debug)]
pub struct RelaySet {
    /// A fresh key for another address, answered this once.
    pub key: Option<Secret>,
    /// The webhook that was there before was on, and was told that it is off: whether it took that.
    pub let_go: Option<Result<(), Fault>>,
}

/// The task; cheap to clone.
#[derive(Clone)]
pub struct Relay {
    catalogue: Catalogue,
    clock: SharedClock,
    caller: Caller,
    mqtt: Arc<Mqtt>,
    hears: Hears,
    /// One order at a time: an end must not overtake its beginning.
    turn: Arc<Mutex<Pace>>,
}

impl Relay {
    pub(super) fn new(
        catalogue: Catalogue,
        clock: SharedClock,
        caller: Caller,
        mqtt: Arc<Mqtt>,
        hears: Hears,
    ) -> Self {
        Self { catalogue, clock, caller, mqtt, hears, turn: Arc::default() }
    }

    /// Since when no channel works, and at how many places something waits; at none when nobody is left who could be told.
    pub(super) async fn standing(&self) -> Result<Option<(Ticks, u64)>> {
        let now = self.clock.now();
        let stuck = self.catalogue.nothing_arrives(now).await?;
        let since = standing(stuck.map(|(since, _)| since), now);
        if since.is_some() {
            return Ok(since.zip(stuck.map(|(_, places)| places)));
        }
        let unheard = standing(self.catalogue.unheard(now).await?, now);
        Ok(match unheard {
            Some(since) if !self.world(now).await?.reaches_people() => Some((since, 0)),
            _ => None,
        })
    }

    async fn world(&self, now: Ticks) -> Result<World> {
        World::load(&self.catalogue, self.hears, now).await
    }

    /// Since when nobody is left who could be told, although somebody once could; `None` = somebody can, or nobody ever could.
    async fn nobody_left(&self) -> Result<Option<Ticks>> {
        let gone = self.catalogue.last_push_endpoint_gone().await?;
        let alone = gone.is_some() && !self.world(self.clock.now()).await?.reaches_people();
        Ok(gone.filter(|_| alone))
    }

    pub(super) async fn plan(&self) -> Result<(RelayPlan, Option<Secret>, i64)> {
        let kept = self.catalogue.alert_setting(RELAY).await?;
        Ok((serde_json::from_value(kept.body).unwrap_or_default(), kept.secret, kept.revision))
    }

    async fn ways(&self) -> Result<Ways> {
        let kept = self.catalogue.alert_setting(RELAY_TOLD).await?;
        Ok(serde_json::from_value(kept.body).unwrap_or_default())
    }

    async fn note(&self, ways: Ways) -> Result<()> {
        self.catalogue.put_alert_setting(RELAY_TOLD, None, json!(ways), NewSecret::Keep, "").await.map(drop)
    }

    /// Since when the relay is on, by any way.
    pub(super) async fn on_since(&self) -> Result<Option<Ticks>> {
        let ways = self.ways().await?;
        Ok([ways.webhook.0, ways.mqtt.0].into_iter().flatten().min().map(Ticks))
    }

    async fn call(&self, secret: Option<&Secret>, order: Order, was: Told) -> Result<(), Fault> {
        let (since, what) = match order {
            Order::On(since) => (since, "on"),
            Order::Off => (was.0.map_or_else(|| self.clock.now(), Ticks), "off"),
        };
        let body = json!({
            "type": format!("relay.{what}"),
            "timestamp": self.clock.now().rfc3339(),
            "data": {"on": what == "on", "since": since.rfc3339()},
        });
        // The same when it is sent again.
        let id = format!("relay.{}.{what}", since.0);
        within(self.caller.call(secret, id, &body)).await
    }

    async fn publish(&self, order: Order) -> Result<(), Fault> {
        within(self.mqtt.siren(matches!(order, Order::On(_)))).await
    }

    /// Tells a webhook that is on, and is about to be forgotten, that it is off: nobody else could. Takes ten seconds at most;
    /// what comes of it, `None` when it is not on.
    async fn let_go(&self, secret: Option<&Secret>) -> Result<Option<Result<(), Fault>>> {
        let mut ways = self.ways().await?;
        if ways.webhook == Told::default() {
            return Ok(None);
        }
        let told = self.call(secret, Order::Off, ways.webhook).await;
        if let Err(fault) = &told {
            let why = &fault.why;
            tracing::warn!(why, "a relay that is on was changed, and could not be told that it is off");
        }
        ways.webhook = Told::default();
        self.note(ways).await?;
        Ok(Some(told))
    }

    /// Tells what is to be told now; answers how many ways were told.
    ///
    /// # Errors
    /// When the catalogue cannot be used.
    pub async fn step(&self) -> Result<usize> {
        let (mut pace, now) = (self.turn.lock().await, self.clock.now());
        if pace.waits(now) {
            return Ok(0);
        }
        let (plan, secret, _) = self.plan().await?;
        let before = self.ways().await?;
        // Without a relay there is nothing to look for.
        if !plan.enabled && before == Ways::default() {
            return Ok(0);
        }
        let since = self.standing().await?.map(|(since, _)| since);
        let (mut ways, mut told, mut fault) = (before, 0, None);
        if let Some(order) = order(since, plan.enabled && plan.host.is_some(), before.webhook) {
            match self.call(secret.as_ref(), order, before.webhook).await {
                // A webhook that was taken away cannot be told that it is over.
                Ok(()) => (ways.webhook, told) = (order.told(), told + 1),
                Err(_) if plan.host.is_none() => ways.webhook = order.told(),
                Err(why) => fault = Some(why),
            }
        }
        if let Some(order) = order(since, plan.enabled && plan.mqtt, before.mqtt) {
            match self.publish(order).await {
                Ok(()) => (ways.mqtt, told) = (order.told(), told + 1),
                Err(why) => fault = Some(why),
            }
        }
        match fault {
            Some(fault) => pace.failed(now, &fault),
            None => *pace = Pace::default(),
        }
        if ways != before {
            self.note(ways).await?;
        }
        Ok(told)
    }

    /// Sets the relay off; the next look lets go of it again, whatever becomes of whoever asked for it.
    async fn attempt(&self) -> Result<Option<Fault>> {
        let mut pace = self.turn.lock().await;
        *pace = Pace::default();
        let (plan, secret, _) = self.plan().await?;
        if plan.host.is_none() && !plan.mqtt {
            return Ok(Some(Fault::at(Step::Settings, "no way to a relay is set")));
        }
        let (order, mut ways) = (Order::On(self.clock.now()), self.ways().await?);
        let fresh = |told: Told| if told == Told::default() { order.told() } else { told };
        if plan.host.is_some() {
            ways.webhook = fresh(ways.webhook);
        }
        if plan.mqtt {
            ways.mqtt = fresh(ways.mqtt);
        }
        self.note(ways).await?;
        if plan.host.is_some()
            && let Err(fault) = self.call(secret.as_ref(), order, Told::default()).await
        {
            return Ok(Some(fault));
        }
        Ok(if plan.mqtt { self.publish(order).await.err() } else { None })
    }

    /// Tells until stopped.
    pub async fn run(self, stop: Stop) {
        let (mut tick, mut failures) = (every(EVERY), Failures::default());
        loop {
            tokio::select! {
                () = stop.wait() => return,
                _ = tick.tick() => {}
            }
            let done = tokio::select! {
                () = stop.wait() => return,
                done = self.step() => done,
            };
            failures.note(done.err().as_ref(), "the relay waits");
        }
    }
}

/// Whether it was taken, in time.
async fn within(sending: impl Future<Output = Result<Outcome, Fault>>) -> Result<(), Fault> {
    in_time(async { sending.await.unwrap_or_else(Outcome::from) }).await.taken()
}

impl Alerts {
    /// The task that tells the relay.
    pub fn relay(&self) -> Relay {
        self.0.relay.clone()
    }

    /// Since when no channel works although something waits, and at how many places; `None` = one does. At none: there was an
    /// alert, and nobody is left who could be told of it.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn no_channel_works(&self) -> Result<Option<(Ticks, u64)>> {
        self.0.relay.standing().await
    }

    /// Since when nobody is left who could be told of an alert, although somebody once could.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn nobody_left(&self) -> Result<Option<Ticks>> {
        self.0.relay.nobody_left().await
    }

    /// How the relay is told, since when it is on, and the revision.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn relay_plan(&self) -> Result<(RelayPlan, Option<Ticks>, i64)> {
        let (plan, _, revision) = self.0.relay.plan().await?;
        Ok((plan, self.0.relay.on_since().await?, revision))
    }

    /// Sets how the relay is told; another address gets a fresh key, which is answered this once. An empty one takes it away.
    /// One that is on is told that it is off before it is forgotten, and is forgotten all the same when it does not answer.
    ///
    /// # Errors
    /// `Invalid` when the recorder must not speak to it, or there is no way to it; `Conflict` when it has another revision.
    pub async fn put_relay(
        &self,
        enabled: bool,
        url: Option<&Secret>,
        mqtt: bool,
        expected: i64,
        by: &str,
    ) -> Result<RelaySet> {
        let mut pace = self.0.relay.turn.lock().await;
        let (before, kept, revision) = self.0.relay.plan().await?;
        let same = |url: &Secret| {
            let hook = kept.as_ref().and_then(|kept| Hook::read(kept).ok());
            hook.is_some_and(|hook| hook.url == url.expose())
        };
        let forgets = url.is_some_and(|url| !same(url));
        let (host, secret, key) = match url.map(Secret::expose) {
            None => (before.host, NewSecret::Keep, None),
            Some("") => (None, NewSecret::Remove, None),
            Some(url) => {
                let hook = Hook::fresh(url, &self.0.outside.local)?;
                (hook.host(), NewSecret::Put(hook.sealed()?), Some(Secret::new(hook.key)))
            }
        };
        if enabled && host.is_none() && !mqtt {
            return Err(Error::invalid("there is no way to the relay; give url, or mqtt"));
        }
        if mqtt && self.0.catalogue.alert_setting(MQTT).await?.revision == 0 {
            return Err(Error::invalid("set the MQTT broker first, then the relay can be told by it"));
        }
        // With an old revision nothing will be set, so nobody is to be let go of.
        let let_go = match forgets && revision == expected {
            true => self.0.relay.let_go(kept.as_ref()).await?,
            false => None,
        };
        let plan = RelayPlan { enabled, host, mqtt };
        self.0.catalogue.put_alert_setting(RELAY, Some(expected), json!(plan), secret, by).await?;
        // Another address has not failed yet.
        *pace = Pace::default();
        Ok(RelaySet { key, let_go })
    }

    /// Sets the relay off for some seconds, also when it is not on; `None` = it was told.
    ///
    /// # Errors
    /// When the catalogue cannot be used.
    pub async fn try_relay(&self) -> Result<Option<Fault>> {
        self.0.relay.attempt().await
    }
}
