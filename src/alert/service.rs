//! The room's front: what app starts and http asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use super::address::LocalHosts;
use super::channel::{Channel, Hears};
use super::deliver::Deliver;
use super::dispatch::{Dispatch, Signs};
use super::mail::Mail;
use super::mqtt::Mqtt;
use super::net::{ExtraRoots, Network};
use super::push::{Push, Vapid, check_subscription};
use super::relay::Relay;
use super::schedule::Standing;
use super::settings::{AlertRules, SchedulePlan};
use super::tally::Tally;
use super::token::Signer;
use super::webhook::{Caller, Webhook};
use super::world::{self, MAIL, MQTT, PUSH, RULES, SCHEDULE, WEBHOOK, World, ZALO};
use super::zalo::Zalo;
use super::zalo_link::ZaloLinks;
use crate::base::{Error, Result, SharedClock, fresh_uuid};
use crate::catalogue::{
    Alert, AlertKind, Catalogue, Decision, NewDelivery, NewPushEndpoint, NewSecret, PushAddress, TokenHash,
};

/// Longest name of a device, in characters.
const NAME: usize = 100;

/// How alerts leave the house.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Hosts in the own network that may be spoken to.
    pub local: LocalHosts,
    /// Address that people open, without a slash at its end.
    pub url: String,
    /// Where push services can reach whoever runs this.
    pub contact: Option<String>,
    /// Authorities that are trusted besides the machine's.
    pub extra_roots: ExtraRoots,
}

/// Alerts; cheap to clone.
#[derive(Clone)]
pub struct Alerts(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) catalogue: Catalogue,
    pub(super) clock: SharedClock,
    pub(super) network: Arc<dyn Network>,
    vapid: Arc<Vapid>,
    pub(super) signer: Signer,
    pub(super) outside: Outside,
    hears: Hears,
    due: Arc<Notify>,
    pub(super) relay: Relay,
    pub(super) mqtt: Arc<Mqtt>,
    tally: Tally,
    pub(super) zalo_links: ZaloLinks,
}

impl Alerts {
    /// Ready; makes its keys at the first start. `hears`: whether people of a role may be told of anything.
    ///
    /// # Errors
    /// When the catalogue cannot be used.
    pub async fn open(
        catalogue: Catalogue,
        clock: SharedClock,
        network: Arc<dyn Network>,
        outside: Outside,
        hears: Hears,
    ) -> Result<Self> {
        let contact = match (&outside.contact, outside.url.starts_with("https://")) {
            (Some(contact), _) => contact.clone(),
            (None, true) => outside.url.clone(),
            // Push services want one, and phones subscribe at https:// addresses only: this is for tries on one machine.
            (None, false) => "mailto:nobody@lanewatch.invalid".to_owned(),
        };
        let vapid = Arc::new(Vapid::open(&catalogue, &contact).await?);
        let signer = Signer::open(&catalogue).await?;
        let due = Arc::new(Notify::new());
        let caller = Caller::new(Arc::clone(&clock), Arc::clone(&network), outside.local.clone());
        let mqtt = Arc::new(Mqtt::new(catalogue.clone(), outside.local.clone()));
        let relay = Relay::new(catalogue.clone(), Arc::clone(&clock), caller, Arc::clone(&mqtt), hears);
        let tally = Tally::default();
        Ok(Self(Arc::new(Inner {
            catalogue,
            clock,
            network,
            vapid,
            signer,
            outside,
            hears,
            due,
            relay,
            mqtt,
            tally,
            zalo_links: ZaloLinks::default(),
        })))
    }

    /// Whether there is a place where an alert would be heard.
    ///
    /// # Errors
    /// When the catalogue cannot be used.
    pub async fn reaches_anybody(&self) -> Result<bool> {
        let world = World::load(&self.0.catalogue, self.0.hears, self.0.clock.now()).await?;
        Ok(world.reaches_anybody())
    }

    /// The task that decides.
    pub fn dispatch(&self, signs: Arc<dyn Signs>) -> Dispatch {
        let Inner { catalogue, clock, hears, due, .. } = &*self.0;
        Dispatch::new(catalogue.clone(), Arc::clone(clock), signs, *hears, Arc::clone(due))
    }

    /// Every way that alerts can go.
    pub(super) fn channels(&self) -> BTreeMap<&'static str, Arc<dyn Channel>> {
        let Inner { catalogue, clock, network, vapid, outside, mqtt, .. } = &*self.0;
        let rows = || catalogue.clone();
        let (time, way) = (|| Arc::clone(clock), || Arc::clone(network));
        let local = || outside.local.clone();
        let push = Push::new(rows(), time(), way(), Arc::clone(vapid), local());
        let mut channels: BTreeMap<&'static str, Arc<dyn Channel>> = BTreeMap::new();
        channels.insert(PUSH, Arc::new(push));
        channels.insert(WEBHOOK, Arc::new(Webhook::new(rows(), Caller::new(time(), way(), local()))));
        channels.insert(MAIL, Arc::new(Mail::new(rows(), local(), outside.extra_roots.clone())));
        channels.insert(MQTT, Arc::<Mqtt>::clone(mqtt));
        channels.insert(ZALO, Arc::new(Zalo::new(rows(), way())));
        channels
    }

    /// The task that sends.
    pub fn deliver(&self) -> Deliver {
        let Inner { catalogue, clock, signer, outside, hears, due, tally, .. } = &*self.0;
        let deliver = Deliver::new(
            catalogue.clone(),
            Arc::clone(clock),
            self.channels(),
            *hears,
            signer.clone(),
            outside.url.clone(),
            Arc::clone(due),
        );
        deliver.counting(tally.clone())
    }

    /// How often each channel has taken, put off or refused a message since the start: channel, result, count.
    pub fn counts(&self) -> Vec<(&'static str, &'static str, u64)> {
        self.0.tally.all()
    }

    /// The recorder's public key, by which a browser subscribes.
    pub fn vapid_key(&self) -> String {
        self.0.vapid.public_key()
    }

    /// Keeps a browser's subscription for somebody; a name that is too long is cut. `origin`: scheme, host and port of the page
    /// at which it was made; what it is sent leads there. `session`: whoever ends it ends what is sent there.
    ///
    /// # Errors
    /// `Invalid` when nothing could be sent there, `Conflict` when they have too many.
    pub async fn subscribe(
        &self,
        person: Uuid,
        address: PushAddress,
        name: &str,
        origin: Option<String>,
        session: Option<TokenHash>,
    ) -> Result<Uuid> {
        let host = check_subscription(&address, &self.0.outside.local)?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(NAME).collect();
        self.0
            .catalogue
            .put_push_endpoint(NewPushEndpoint { person, address, host, name, origin, session })
            .await
    }

    /// Sends a test to one of somebody's own browsers; answers the delivery's alert.
    ///
    /// # Errors
    /// `NotFound` when they have no such browser that can be sent to.
    pub async fn test(&self, person: Uuid, endpoint: Uuid) -> Result<Uuid> {
        let mine = self.0.catalogue.push_endpoints_of(person).await?;
        if !mine.iter().any(|known| known.id == endpoint && known.gone.is_none()) {
            return Err(Error::not_found("there is no such browser that can be told; subscribe it again"));
        }
        let now = self.0.clock.now();
        let id = fresh_uuid(now);
        let alert = Alert { person: Some(person), rank: 1.0, ..Alert::new(id, AlertKind::Test, now) };
        let delivery = NewDelivery { alert: id, person, channel: PUSH, target: endpoint, held: false };
        let decision = Decision { alerts: vec![alert], deliveries: vec![delivery], ..Decision::default() };
        self.0.catalogue.decide(decision).await?;
        self.0.due.notify_one();
        Ok(id)
    }

    /// The delivery that a token from a message names; `None` when it is none of ours, or too old.
    pub fn delivery_of(&self, token: &str) -> Option<Uuid> {
        self.0.signer.delivery(token, self.0.clock.now())
    }

    /// The site's schedule, its revision, and what it says now.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn schedule(&self) -> Result<(SchedulePlan, i64, Standing)> {
        let plan = world::plan(&self.0.catalogue).await?;
        let revision = self.0.catalogue.alert_setting(SCHEDULE).await?.revision;
        let (schedule, hand) = plan.checked()?;
        let standing = schedule.standing(self.0.clock.now(), self.0.catalogue.zone(), hand);
        Ok((plan, revision, standing))
    }

    /// Sets the site's schedule.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong; `Conflict` when it has another revision.
    pub async fn put_schedule(&self, plan: &SchedulePlan, expected: i64, by: &str) -> Result<i64> {
        plan.checked()?;
        self.put(SCHEDULE, Some(expected), json!(plan), by).await
    }

    /// What is worth a word, and its revision.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn rules(&self) -> Result<(AlertRules, i64)> {
        let rules = world::rules(&self.0.catalogue).await?;
        Ok((rules, self.0.catalogue.alert_setting(RULES).await?.revision))
    }

    /// Sets what is worth a word.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong; `Conflict` when it has another revision.
    pub async fn put_rules(&self, rules: &AlertRules, expected: i64, by: &str) -> Result<i64> {
        rules.check()?;
        self.put(RULES, Some(expected), json!(rules), by).await
    }

    async fn put(&self, name: &'static str, expected: Option<i64>, body: Value, by: &str) -> Result<i64> {
        self.0.catalogue.put_alert_setting(name, expected, body, NewSecret::Keep, by).await
    }
}
