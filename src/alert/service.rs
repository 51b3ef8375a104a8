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
use super::mail::{Mail, MailServer};
use super::mqtt::{Mqtt, MqttBroker};
use super::net::Network;
use super::push::{Push, Vapid, check_subscription};
use super::schedule::Standing;
use super::settings::{AlertRules, SchedulePlan};
use super::token::Signer;
use super::webhook::{Hook, Webhook};
use super::world::{self, MAIL, MQTT, PUSH, RULES, SCHEDULE, WEBHOOK, ZALO};
use super::zalo::{Zalo, check_token};
use crate::base::{Error, Result, Secret, SharedClock, fresh_uuid};
use crate::catalogue::{
    Alert, AlertKind, Catalogue, Decision, NewDelivery, NewPushEndpoint, NewSecret, PushAddress,
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
}

/// Alerts; cheap to clone.
#[derive(Clone)]
pub struct Alerts(Arc<Inner>);

struct Inner {
    catalogue: Catalogue,
    clock: SharedClock,
    network: Arc<dyn Network>,
    vapid: Arc<Vapid>,
    signer: Signer,
    outside: Outside,
    hears: Hears,
    due: Arc<Notify>,
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
        Ok(Self(Arc::new(Inner { catalogue, clock, network, vapid, signer, outside, hears, due })))
    }

    /// The task that decides.
    pub fn dispatch(&self, signs: Arc<dyn Signs>) -> Dispatch {
        let Inner { catalogue, clock, hears, due, .. } = &*self.0;
        Dispatch::new(catalogue.clone(), Arc::clone(clock), signs, *hears, Arc::clone(due))
    }

    /// The task that sends.
    pub fn deliver(&self) -> Deliver {
        let Inner { catalogue, clock, network, vapid, signer, outside, hears, due } = &*self.0;
        let mut channels: BTreeMap<&'static str, Arc<dyn Channel>> = BTreeMap::new();
        let base = || (catalogue.clone(), Arc::clone(clock), Arc::clone(network));
        let (rows, time, way) = base();
        channels.insert(PUSH, Arc::new(Push::new(rows, time, way, Arc::clone(vapid), outside.local.clone())));
        let (rows, time, way) = base();
        channels.insert(WEBHOOK, Arc::new(Webhook::new(rows, time, way, outside.local.clone())));
        channels.insert(MAIL, Arc::new(Mail::new(catalogue.clone(), outside.local.clone())));
        channels.insert(MQTT, Arc::new(Mqtt::new(catalogue.clone(), outside.local.clone())));
        channels.insert(ZALO, Arc::new(Zalo::new(catalogue.clone(), Arc::clone(network))));
        let url = outside.url.clone();
        Deliver::new(
            catalogue.clone(),
            Arc::clone(clock),
            channels,
            *hears,
            signer.clone(),
            url,
            Arc::clone(due),
        )
    }

    /// The recorder's public key, by which a browser subscribes.
    pub fn vapid_key(&self) -> String {
        self.0.vapid.public_key()
    }

    /// Keeps a browser's subscription for somebody; a name that is too long is cut.
    ///
    /// # Errors
    /// `Invalid` when nothing could be sent there, `Conflict` when they have too many.
    pub async fn subscribe(&self, person: Uuid, address: PushAddress, name: &str) -> Result<Uuid> {
        let host = check_subscription(&address, &self.0.outside.local)?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(NAME).collect();
        self.0.catalogue.put_push_endpoint(NewPushEndpoint { person, address, host, name }).await
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
        let alert = Alert {
            id,
            kind: AlertKind::Test,
            person: Some(person),
            cameras: Vec::new(),
            from: now,
            seen: now,
            rank: 1.0,
            out: true,
            version: 1,
            facts: json!({}),
            made: now,
            escalate: None,
            escalated: 0,
            handled: None,
        };
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

    /// Where the site's webhook goes: whether it is on, its host, and its revision; no host = none is set.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn webhook(&self) -> Result<(bool, Option<String>, i64)> {
        let kept = self.0.catalogue.alert_setting(WEBHOOK).await?;
        let host = kept.body["host"].as_str().map(str::to_owned);
        Ok((kept.body["enabled"] == Value::Bool(true), host, kept.revision))
    }

    /// Sets the site's webhook; another address gets a fresh key, which is answered this once.
    ///
    /// # Errors
    /// `Invalid` when the recorder must not speak to it, or none is set; `Conflict` when it has another revision.
    pub async fn put_webhook(
        &self,
        enabled: bool,
        url: Option<&Secret>,
        expected: i64,
        by: &str,
    ) -> Result<Option<Secret>> {
        let kept = self.0.catalogue.alert_setting(WEBHOOK).await?;
        let mut body = json!({"enabled": enabled, "host": kept.body["host"]});
        let (secret, key) = match url {
            Some(url) => {
                let hook = Hook::fresh(url.expose(), &self.0.outside.local)?;
                let host = url::Url::parse(&hook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
                body["host"] = json!(host);
                (NewSecret::Put(hook.sealed()?), Some(Secret::new(hook.key)))
            }
            None if kept.secret.is_none() && enabled => {
                return Err(Error::invalid("there is no address yet; give url with it"));
            }
            None => (NewSecret::Keep, None),
        };
        self.0.catalogue.put_alert_setting(WEBHOOK, Some(expected), body, secret, by).await?;
        Ok(key)
    }

    /// The site's mail server, whether its password is kept, and the revision; `None` = none is set.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn mail(&self) -> Result<(Option<MailServer>, bool, i64)> {
        let kept = self.0.catalogue.alert_setting(MAIL).await?;
        Ok((serde_json::from_value(kept.body).ok(), kept.secret.is_some(), kept.revision))
    }

    /// Sets the site's mail server. A server elsewhere does not get the password that was kept for the one before.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong; `Conflict` when it has another revision.
    pub async fn put_mail(
        &self,
        server: &MailServer,
        password: Option<Secret>,
        expected: i64,
        by: &str,
    ) -> Result<i64> {
        server.check(&self.0.outside.local)?;
        let (before, ..) = self.mail().await?;
        let same =
            before.is_some_and(|before| before.host == server.host && before.username == server.username);
        let secret = kept_or_new(password, same);
        self.0.catalogue.put_alert_setting(MAIL, Some(expected), json!(server), secret, by).await
    }

    /// The site's MQTT broker, whether its password is kept, and the revision; `None` = none is set.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn mqtt(&self) -> Result<(Option<MqttBroker>, bool, i64)> {
        let kept = self.0.catalogue.alert_setting(MQTT).await?;
        Ok((serde_json::from_value(kept.body).ok(), kept.secret.is_some(), kept.revision))
    }

    /// Sets the site's MQTT broker. One elsewhere does not get the password that was kept for the one before.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong; `Conflict` when it has another revision.
    pub async fn put_mqtt(
        &self,
        broker: &MqttBroker,
        password: Option<Secret>,
        expected: i64,
        by: &str,
    ) -> Result<i64> {
        broker.check(&self.0.outside.local)?;
        let (before, ..) = self.mqtt().await?;
        let same =
            before.is_some_and(|before| before.host == broker.host && before.username == broker.username);
        let secret = kept_or_new(password, same);
        self.0.catalogue.put_alert_setting(MQTT, Some(expected), json!(broker), secret, by).await
    }

    /// Whether the site's Zalo bot writes, whether its token is kept, and the revision.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn zalo(&self) -> Result<(bool, bool, i64)> {
        let kept = self.0.catalogue.alert_setting(ZALO).await?;
        Ok((kept.body["enabled"] == Value::Bool(true), kept.secret.is_some(), kept.revision))
    }

    /// Sets the site's Zalo bot; no token = the one that is kept.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong; `Conflict` when it has another revision.
    pub async fn put_zalo(
        &self,
        enabled: bool,
        token: Option<Secret>,
        expected: i64,
        by: &str,
    ) -> Result<i64> {
        let (_, kept, _) = self.zalo().await?;
        if let Some(token) = &token {
            check_token(token)?;
        } else if enabled && !kept {
            return Err(Error::invalid("there is no token yet; give token with it"));
        }
        let secret = token.map_or(NewSecret::Keep, NewSecret::Put);
        self.0
            .catalogue
            .put_alert_setting(ZALO, Some(expected), json!({"enabled": enabled}), secret, by)
            .await
    }

    async fn put(&self, name: &'static str, expected: Option<i64>, body: Value, by: &str) -> Result<i64> {
        self.0.catalogue.put_alert_setting(name, expected, body, NewSecret::Keep, by).await
    }
}

/// What becomes of a server's password: an empty one takes it away, and one that was kept stays for the `same` server only.
fn kept_or_new(password: Option<Secret>, same: bool) -> NewSecret {
    match password {
        Some(password) if password.expose().is_empty() => NewSecret::Remove,
        Some(password) => NewSecret::Put(password),
        None if same => NewSecret::Keep,
        None => NewSecret::Remove,
    }
}
