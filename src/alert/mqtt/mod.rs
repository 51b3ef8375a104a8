//! MQTT, for home automations: what cameras do, what happens, and each alert to a broker in the own network, with what Home
//! Assistant needs to show all of it by itself (<https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>). Without
//! TLS: only to hosts that the configuration names.
//!
//! [`Presence`] keeps one connection as long as a broker is set and on, and everything goes by it (`line`). What the broker
//! keeps is one table of topics (`states`, `discovery`): it is reckoned anew when something may have changed, and what differs
//! from what was told is told. An alert is taken when the broker has acknowledged all that is told of it (QoS 1). Commands
//! (`commands`) are heard only where somebody has allowed them. Nothing here makes the recorder wait: queues are bounded, and
//! a broker that does not acknowledge is left.

mod commands;
mod discovery;
mod line;
mod pictures;
mod presence;
mod states;

use std::collections::HashMap;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use utoipa::ToSchema;

use super::address::LocalHosts;
use super::channel::{Channel, Fault, Outcome, Step};
use super::message::Message;
use super::world::MQTT;
use crate::base::{CameraId, Error, Result, Secret};
use crate::catalogue::{AlertSetting, Catalogue, Scope};
use line::Line;
pub use presence::Presence;
pub use states::{CameraDoes, Sights};

/// Cameras that one alert is told of by themselves: six of a switch, and some more.
const CAMERAS: usize = 64;
/// Alerts that may wait for the connection: more than places that are served at once.
const JOBS: usize = 16;

/// The site's broker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttBroker {
    /// It is told.
    pub enabled: bool,
    /// Its name; one of `alert.local_hosts`.
    #[schema(max_length = 253)]
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Name to sign in with; null: without.
    #[schema(required = true, max_length = 100)]
    pub username: Option<String>,
    /// What topics begin with.
    #[serde(default = "base")]
    #[schema(max_length = 40)]
    pub base: String,
    /// What Home Assistant's discovery topics begin with, usually `homeassistant`; null: nothing is announced.
    #[schema(required = true, max_length = 40)]
    pub discovery: Option<String>,
    /// Whoever may publish at the broker may silence alerts, of all cameras for a time or of one camera's motion.
    #[serde(default)]
    pub commands: bool,
    /// The broker keeps each camera's picture of its last motion; whoever may read there sees it.
    #[serde(default)]
    pub pictures: bool,
}

fn base() -> String {
    "lanewatch".to_owned()
}

impl MqttBroker {
    /// Refuses what cannot be meant, or must not be spoken to.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong.
    pub fn check(&self, local: &LocalHosts) -> Result<()> {
        if !local.has(&self.host) || self.port == 0 {
            let sentence = "MQTT goes without TLS, so only to a broker in the own network; name its host in alert.local_hosts in the \
                configuration first";
            return Err(Error::invalid(sentence));
        }
        let word = |text: &String| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
            !text.is_empty() && text.len() <= 40 && text.chars().all(plain)
        };
        if !word(&self.base) || !self.discovery.as_ref().is_none_or(word) {
            return Err(Error::invalid(
                "a topic begins with a word of a-z, 0-9, _ and -, at most 40 characters",
            ));
        }
        Ok(())
    }

    fn topic(&self, rest: &str) -> String {
        format!("{}/{rest}", self.base)
    }

    /// Where a camera's picture stands.
    fn picture_topic(&self, slug: &str) -> String {
        self.topic(&format!("{slug}/picture"))
    }
}

/// The broker as it is set, with what only the recorder knows of it.
#[derive(Clone, Debug)]
struct Site {
    broker: MqttBroker,
    password: Option<Secret>,
    revision: i64,
}

impl Site {
    /// `None` = none is set.
    fn of(setting: AlertSetting) -> Option<Self> {
        let broker = serde_json::from_value(setting.body).ok()?;
        Some(Self { broker, password: setting.secret, revision: setting.revision })
    }

    /// Where what was told is kept: at another one it is kept elsewhere.
    fn place(&self) -> String {
        let MqttBroker { host, port, base, .. } = &self.broker;
        format!("{host}:{port}/{base}")
    }
}

/// One thing to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Publish {
    topic: String,
    payload: Bytes,
    retain: bool,
}

/// Nothing more is taken now.
fn full() -> Fault {
    Fault::at(Step::Connect, "too much waits for the broker")
}

/// All that an alert is to a broker.
fn publishes(broker: &MqttBroker, message: &Message, slugs: &[String]) -> Vec<Publish> {
    let mut alert = message.machine_json()["data"].take();
    alert["event_type"] = json!(message.kind.name());
    alert["at"] = json!(message.at.rfc3339());
    let payload = Bytes::from(alert.to_string());
    let topics = slugs.iter().take(CAMERAS).map(|slug| broker.topic(&format!("{slug}/alert")));
    let all = topics.chain([broker.topic("alert")]);
    all.map(|topic| Publish { topic, payload: payload.clone(), retain: false }).collect()
}

/// Something for the connection that lasts, and where to say what came of it.
struct Job {
    /// Of the setting that it was made by.
    revision: i64,
    all: Vec<Publish>,
    done: oneshot::Sender<Result<(), Fault>>,
}

impl Job {
    /// Whoever does not wait any more need not be told.
    fn failed(self, why: Fault) {
        let _ = self.done.send(Err(why));
    }
}

/// The channel.
pub(super) struct Mqtt {
    catalogue: Catalogue,
    local: LocalHosts,
    jobs: mpsc::Sender<Job>,
    /// Held by the task as long as it runs.
    taken: Mutex<mpsc::Receiver<Job>>,
    /// The setting is another.
    changed: Notify,
}

impl Mqtt {
    pub(super) fn new(catalogue: Catalogue, local: LocalHosts) -> Self {
        let (jobs, taken) = mpsc::channel(JOBS);
        Self { catalogue, local, jobs, taken: Mutex::new(taken), changed: Notify::new() }
    }

    /// Somebody has set the broker.
    pub(super) fn set_anew(&self) {
        self.changed.notify_one();
    }

    async fn site(&self) -> Result<Option<Site>> {
        Ok(Site::of(self.catalogue.alert_setting(MQTT).await?))
    }

    /// What cameras are called in topics.
    async fn slugs(&self, message: &Message) -> Result<Vec<String>> {
        // A broker is the site's own: it hears of all cameras.
        let all = self.catalogue.cameras(Scope::everything()).await?;
        let mut by_id: HashMap<CameraId, String> = all.into_iter().map(|c| (c.id, c.slug)).collect();
        Ok(message.cameras.iter().filter_map(|camera| by_id.remove(camera)).collect())
    }

    async fn tell(&self, message: &Message) -> Result<Outcome, Fault> {
        let Some(site) = self.site().await? else { return Ok(Outcome::not_set("no broker is set")) };
        let all = publishes(&site.broker, message, &self.slugs(message).await?);
        self.publish(&site, all).await
    }

    /// Says whether the siren is to be heard; whoever comes later hears it too.
    pub(super) async fn siren(&self, on: bool) -> Result<Outcome, Fault> {
        let Some(site) = self.site().await? else { return Ok(Outcome::not_set("no broker is set")) };
        let payload = states::on_off(on).into();
        let siren = Publish { topic: site.broker.topic("siren"), payload, retain: true };
        self.publish(&site, vec![siren]).await
    }

    async fn publish(&self, site: &Site, all: Vec<Publish>) -> Result<Outcome, Fault> {
        site.broker.check(&self.local)?;
        // Where none lasts, as the broker is off and is only tried, a connection for this.
        if !site.broker.enabled || self.taken.try_lock().is_ok() {
            let line = Line::open(site, &self.catalogue, line::For::Once).await?;
            let (done, taken) = oneshot::channel();
            line.publish(&all, Some(done));
            let answer = taken.await.unwrap_or_else(|_| Err(line.fault()));
            line.close().await;
            return answer.map(|()| Outcome::Taken);
        }
        let (done, taken) = oneshot::channel();
        let job = Job { revision: site.revision, all, done };
        self.jobs.try_send(job).map_err(|_| full())?;
        let gone = || Fault::at(Step::Recorder, "the recorder stops");
        taken.await.unwrap_or_else(|_| Err(gone())).map(|()| Outcome::Taken)
    }
}

impl Channel for Mqtt {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome> {
        self.tell(message).map(|told| told.unwrap_or_else(Outcome::from)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::message::sample;
    use super::*;

    pub(super) fn broker() -> MqttBroker {
        MqttBroker {
            enabled: true,
            host: "ha.local".to_owned(),
            port: 1883,
            username: None,
            base: base(),
            discovery: Some("homeassistant".to_owned()),
            commands: false,
            pictures: false,
        }
    }

    #[test]
    fn only_a_broker_that_the_configuration_names_is_spoken_to() {
        let local = LocalHosts::new(["ha.local".to_owned()]);
        assert!(broker().check(&local).is_ok() && broker().check(&LocalHosts::default()).is_err());
        for base in ["", "a/b", "a#", "+", "Ngõ"] {
            assert!(MqttBroker { base: base.to_owned(), ..broker() }.check(&local).is_err(), "{base}");
        }
        assert!(MqttBroker { discovery: Some("a/#".to_owned()), ..broker() }.check(&local).is_err());
    }

    #[test]
    fn a_broker_that_was_set_before_there_were_commands_and_pictures_has_none() {
        let kept =
            json!({"enabled": true, "host": "ha.local", "port": 1883, "username": null, "discovery": null});
        let read: MqttBroker = serde_json::from_value(kept).expect("read");
        assert!(!read.commands && !read.pictures);
    }

    #[test]
    fn an_alert_is_told_under_its_cameras_and_once_of_the_site() {
        let all = publishes(&broker(), &sample(), &["ngo-7".to_owned(), "ngo-8".to_owned()]);
        let topics: Vec<(&str, bool)> = all.iter().map(|one| (one.topic.as_str(), one.retain)).collect();
        assert_eq!(
            topics,
            [("lanewatch/ngo-7/alert", false), ("lanewatch/ngo-8/alert", false), ("lanewatch/alert", false)]
        );
        let read: Value = serde_json::from_slice(&all[0].payload).expect("json");
        assert_eq!((&read["event_type"], &read["version"]), (&json!("motion"), &json!(1)));
    }
}
