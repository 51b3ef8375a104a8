//! MQTT, for home automations: each alert to a broker in the own network, with what Home Assistant needs to show the cameras
//! by itself (<https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>). Without TLS: only to hosts that the
//! configuration names. A connection lasts for one alert; it is taken when the broker has acknowledged it (QoS 1).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use rumqttc::{AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::address::LocalHosts;
use super::channel::{Channel, Fault, Outcome, Step};
use super::message::Message;
use super::world::MQTT;
use crate::base::{CameraId, Error, Result, Secret};
use crate::catalogue::{AlertKind, Catalogue, Scope};

/// Connecting, and each answer of the broker.
const PATIENCE: Duration = Duration::from_secs(4);
/// Cameras that one alert is told of by themselves: six of a switch, and some more.
const CAMERAS: usize = 64;
/// Messages that may wait in the client: three for each camera and one.
const QUEUE: usize = 3 * CAMERAS + 1;

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
}

/// One thing to be published.
#[derive(Clone, Debug, PartialEq)]
struct Publish {
    topic: String,
    payload: Value,
    retain: bool,
}

/// A camera as topics name it.
#[derive(Clone, Debug)]
struct Named {
    id: CameraId,
    slug: String,
    name: String,
}

/// What Home Assistant makes of a camera: a device with its connectivity and its alerts.
fn discovery(broker: &MqttBroker, prefix: &str, camera: &Named) -> Publish {
    let (base, slug) = (&broker.base, &camera.slug);
    let kinds: Vec<&str> = AlertKind::ALL.into_iter().map(AlertKind::name).collect();
    let unique = |what: &str| format!("{base}_{}_{what}", camera.id.0.simple());
    let payload = json!({
        "dev": {"ids": [unique("camera")], "name": camera.name, "mf": "lanewatch"},
        "o": {"name": "lanewatch", "sw": env!("CARGO_PKG_VERSION")},
        "cmps": {
            "alert": {
                "p": "event", "name": "Cảnh báo", "unique_id": unique("alert"), "event_types": kinds,
                "state_topic": format!("{base}/{slug}/alert"),
            },
            "status": {
                "p": "binary_sensor", "name": "Kết nối", "unique_id": unique("status"), "device_class": "connectivity",
                "state_topic": format!("{base}/{slug}/status"), "payload_on": "live", "payload_off": "offline",
            },
        },
        "qos": 1,
    });
    Publish { topic: format!("{prefix}/device/{base}_{slug}/config"), payload, retain: true }
}

/// All that an alert is to a broker.
fn publishes(broker: &MqttBroker, message: &Message, cameras: &[Named]) -> Vec<Publish> {
    let base = &broker.base;
    let told = message.machine_json();
    let kind = message.kind.name();
    let after = json!({"kind": kind, "data": told["data"]});
    let what = if message.version > 1 { "update" } else { "new" };
    let mut all = Vec::new();
    for camera in cameras.iter().take(CAMERAS) {
        all.extend(broker.discovery.as_ref().map(|prefix| discovery(broker, prefix, camera)));
        let status = match message.kind {
            AlertKind::CameraLost => Some("offline"),
            AlertKind::CameraBack | AlertKind::Motion | AlertKind::Tamper => Some("live"),
            _ => None,
        };
        let slug = &camera.slug;
        all.extend(status.map(|status| Publish {
            topic: format!("{base}/{slug}/status"),
            payload: Value::String(status.to_owned()),
            retain: true,
        }));
        let mut alert = told["data"].clone();
        alert["event_type"] = json!(kind);
        all.push(Publish { topic: format!("{base}/{slug}/alert"), payload: alert, retain: false });
    }
    let event = json!({"type": what, "before": null, "after": after});
    all.push(Publish { topic: format!("{base}/events"), payload: event, retain: false });
    all
}

/// A text is published as it stands, anything else as JSON.
fn bytes(payload: &Value) -> Vec<u8> {
    match payload {
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    }
}

/// The channel.
pub(super) struct Mqtt {
    catalogue: Catalogue,
    local: LocalHosts,
}

impl Mqtt {
    pub(super) fn new(catalogue: Catalogue, local: LocalHosts) -> Self {
        Self { catalogue, local }
    }

    async fn cameras(&self, message: &Message) -> Result<Vec<Named>> {
        // A broker is the site's own: it hears of all cameras.
        let all = self.catalogue.cameras(Scope::everything()).await?;
        let mut by_id: HashMap<CameraId, Named> = all
            .into_iter()
            .map(|camera| (camera.id, Named { id: camera.id, slug: camera.slug, name: camera.name }))
            .collect();
        Ok(message.cameras.iter().filter_map(|camera| by_id.remove(camera)).collect())
    }

    async fn tell(&self, message: &Message) -> Result<Outcome, Fault> {
        let setting = self.catalogue.alert_setting(MQTT).await?;
        let Ok(broker) = serde_json::from_value::<MqttBroker>(setting.body) else {
            return Ok(Outcome::not_set("no broker is set"));
        };
        let all = publishes(&broker, message, &self.cameras(message).await?);
        self.publish(&broker, setting.secret.as_ref(), &all).await
    }

    /// Says whether the siren is to be heard; whoever comes later hears it too.
    pub(super) async fn siren(&self, on: bool) -> Result<Outcome, Fault> {
        let setting = self.catalogue.alert_setting(MQTT).await?;
        let Ok(broker) = serde_json::from_value::<MqttBroker>(setting.body) else {
            return Ok(Outcome::not_set("no broker is set"));
        };
        let payload = Value::String(if on { "ON" } else { "OFF" }.to_owned());
        let siren = Publish { topic: format!("{}/siren", broker.base), payload, retain: true };
        self.publish(&broker, setting.secret.as_ref(), &[siren]).await
    }

    async fn publish(
        &self,
        broker: &MqttBroker,
        password: Option<&Secret>,
        all: &[Publish],
    ) -> Result<Outcome, Fault> {
        broker.check(&self.local)?;
        let address = address(broker).await?;
        // The same name takes the place of a connection that hangs.
        let name = format!("{}-{}", broker.base, self.catalogue.database().0.simple());
        let mut options = MqttOptions::new(name, address.to_string(), broker.port);
        options.set_keep_alive(Duration::from_secs(30)).set_clean_session(true);
        if let (Some(name), Some(password)) = (&broker.username, password) {
            options.set_credentials(name.clone(), password.expose().to_owned());
        }
        let (client, mut events) = AsyncClient::new(options, QUEUE);
        for one in all {
            let queued = client.try_publish(&one.topic, QoS::AtLeastOnce, one.retain, bytes(&one.payload));
            if queued.is_err() {
                return Ok(Outcome::not_set("the alert is of too many cameras for one message"));
            }
        }
        Ok(match acknowledged(&mut events, all.len()).await {
            Ok(()) => {
                // A goodbye that does not arrive changes nothing.
                if client.try_disconnect().is_ok() {
                    while let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, events.poll()).await {}
                }
                Outcome::Taken
            }
            Err(fault) => fault.into(),
        })
    }
}

/// The address that the broker's name stands for.
async fn address(broker: &MqttBroker) -> Result<IpAddr, Fault> {
    let unknown = || Fault::at(Step::Name, "the broker's name is not known");
    let found = tokio::net::lookup_host((broker.host.as_str(), broker.port)).await;
    found.map_err(|_| unknown())?.next().map(|address| address.ip()).ok_or_else(unknown)
}

/// Waits until the broker has acknowledged so many.
async fn acknowledged(events: &mut EventLoop, mut left: usize) -> Result<(), Fault> {
    while left > 0 {
        match tokio::time::timeout(PATIENCE, events.poll()).await {
            Err(_) => return Err(Fault::at(Step::Connect, "the broker does not answer")),
            Ok(Err(ConnectionError::ConnectionRefused(
                ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
            ))) => return Err(Fault::at(Step::SignIn, "the broker refused the name or the password")),
            Ok(Err(ConnectionError::ConnectionRefused(_))) => {
                return Err(Fault::at(Step::Answer, "the broker refused"));
            }
            Ok(Err(_)) => return Err(Fault::at(Step::Connect, "the broker is not there, or broke off")),
            Ok(Ok(Event::Incoming(Packet::PubAck(_)))) => left -= 1,
            Ok(Ok(_)) => {}
        }
    }
    Ok(())
}

impl Channel for Mqtt {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome> {
        self.tell(message).map(|told| told.unwrap_or_else(Outcome::from)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::sample;
    use super::*;
    use crate::base::Ticks;

    fn broker() -> MqttBroker {
        MqttBroker {
            enabled: true,
            host: "ha.local".to_owned(),
            port: 1883,
            username: None,
            base: base(),
            discovery: Some("homeassistant".to_owned()),
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
    fn a_camera_is_announced_and_its_alert_told_under_its_name() {
        let camera =
            Named { id: CameraId::fresh(Ticks(1)), slug: "ngo-7".to_owned(), name: "Ngõ 7".to_owned() };
        let all = publishes(&broker(), &sample(), &[camera]);
        let topics: Vec<(&str, bool)> = all.iter().map(|one| (one.topic.as_str(), one.retain)).collect();
        assert_eq!(
            topics,
            [
                ("homeassistant/device/lanewatch_ngo-7/config", true),
                ("lanewatch/ngo-7/status", true),
                ("lanewatch/ngo-7/alert", false),
                ("lanewatch/events", false),
            ]
        );
        let components = all[0].payload["cmps"].as_object().expect("components");
        for (name, component) in components {
            assert!(component["p"].is_string() && component["unique_id"].is_string(), "{name}");
            assert!(
                component["state_topic"].as_str().is_some_and(|topic| topic.starts_with("lanewatch/ngo-7/")),
                "{name}"
            );
        }
        assert_eq!(
            (bytes(&all[1].payload), &all[2].payload["event_type"]),
            (b"live".to_vec(), &json!("motion"))
        );
        assert_eq!(all[3].payload["type"], "new");
    }
}
