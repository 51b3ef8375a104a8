//! Pure. What Home Assistant makes of the recorder and of each camera: devices, in the form of one message for a device
//! (<https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload>).

use serde_json::{Value, json};

use super::MqttBroker;
use super::commands::MINUTES_MOST;
use super::states::{AVAILABLE, ONLINE, UNAVAILABLE};
use crate::base::DatabaseId;
use crate::catalogue::{AlertKind, Camera};

/// What is the same for all of them.
pub(super) struct Announcer<'a> {
    pub(super) broker: &'a MqttBroker,
    pub(super) recorder: DatabaseId,
    /// Address that people open.
    pub(super) url: &'a str,
}

impl Announcer<'_> {
    fn unique(&self, id: &str, what: &str) -> String {
        format!("{}_{id}_{what}", self.broker.base)
    }

    fn recorder_id(&self) -> String {
        self.unique(&self.recorder.0.simple().to_string(), "recorder")
    }

    fn device(&self, name: &str, dev: Value, components: Value) -> (String, String) {
        let prefix = self.broker.discovery.as_deref().unwrap_or_default();
        let payload = json!({
            "dev": dev,
            "o": {"name": "lanewatch", "sw": env!("CARGO_PKG_VERSION")},
            "cmps": components,
            "availability": [self.recorder_is_there()],
            "qos": 1,
        });
        (format!("{prefix}/device/{name}/config"), payload.to_string())
    }

    fn recorder_is_there(&self) -> Value {
        let topic = self.broker.topic(AVAILABLE);
        json!({"topic": topic, "payload_available": ONLINE, "payload_not_available": UNAVAILABLE})
    }

    /// What there is only where it is allowed; a component without anything is taken away where it was.
    fn where_allowed(allowed: bool, component: Value) -> Value {
        if allowed { component } else { json!({"p": component["p"]}) }
    }

    /// Where a camera is announced.
    pub(super) fn topic(&self, camera: &Camera) -> Option<String> {
        let (prefix, base) = (self.broker.discovery.as_ref()?, &self.broker.base);
        Some(format!("{prefix}/device/{base}_{}/config", camera.slug))
    }

    /// A camera: whether its picture comes, whether something moves, its alerts; the last motion's picture and a switch for alerts
    /// where they are allowed.
    pub(super) fn camera(&self, camera: &Camera) -> (String, String) {
        let id = camera.id.0.simple().to_string();
        let unique = |what: &str| self.unique(&id, what);
        let topic = |what: &str| self.broker.topic(&format!("{}/{what}", camera.slug));
        let live = "{{ 'online' if value == 'live' else 'offline' }}";
        let switch = Self::where_allowed(
            self.broker.commands,
            json!({
                "p": "switch", "name": "Báo chuyển động", "unique_id": unique("alerts"), "icon": "mdi:bell",
                "state_topic": topic("alerts/state"), "command_topic": topic("alerts/set"),
            }),
        );
        let picture = Self::where_allowed(
            self.broker.pictures,
            json!({
                "p": "image", "name": "Hình mới nhất", "unique_id": unique("picture"), "content_type": "image/jpeg",
                "image_topic": self.broker.picture_topic(&camera.slug),
            }),
        );
        let dev = json!({
            "ids": [unique("camera")], "name": camera.name, "mf": "lanewatch", "via_device": self.recorder_id(),
        });
        let components = json!({
            "alert": {
                "p": "event", "name": "Cảnh báo", "unique_id": unique("alert"), "event_types": kinds(),
                "state_topic": topic("alert"),
            },
            "status": {
                "p": "binary_sensor", "name": "Kết nối", "unique_id": unique("status"),
                "device_class": "connectivity", "state_topic": topic("status"),
                "value_template": "{{ 'ON' if value == 'live' else 'OFF' }}",
            },
            "motion": {
                "p": "binary_sensor", "name": "Chuyển động", "unique_id": unique("motion"),
                "device_class": "motion", "state_topic": topic("motion"),
                "availability": [
                    self.recorder_is_there(),
                    {"topic": topic("status"), "value_template": live},
                ],
                "availability_mode": "all",
            },
            "picture": picture,
            "alerts": switch,
        });
        self.device(&format!("{}_{}", self.broker.base, camera.slug), dev, components)
    }

    /// The recorder: every alert, the siren, how it does, and quiet for a while where that is allowed.
    pub(super) fn recorder(&self) -> (String, String) {
        let id = self.recorder.0.simple().to_string();
        let unique = |what: &str| self.unique(&id, what);
        let topic = |what: &str| self.broker.topic(what);
        let stat = |name: &str, what: &str, more: Value| {
            let mut sensor = json!({
                "p": "sensor", "name": name, "unique_id": unique(what), "state_topic": topic("stats"),
                "value_template": format!("{{{{ value_json.{what} }}}}"), "state_class": "measurement",
                "entity_category": "diagnostic",
            });
            if let (Some(sensor), Value::Object(more)) = (sensor.as_object_mut(), more) {
                sensor.extend(more);
            }
            sensor
        };
        let quiet = Self::where_allowed(
            self.broker.commands,
            json!({
                "p": "number", "name": "Tạm im (phút)", "unique_id": unique("snooze"), "icon": "mdi:bell-sleep",
                "state_topic": topic("snooze/state"), "command_topic": topic("snooze/set"),
                "min": 0, "max": MINUTES_MOST, "step": 1, "mode": "box", "unit_of_measurement": "min",
            }),
        );
        let mut dev = json!({
            "ids": [self.recorder_id()], "name": "Đầu ghi", "mf": "lanewatch", "sw": env!("CARGO_PKG_VERSION"),
        });
        if self.url.starts_with("http") {
            dev["cu"] = json!(self.url);
        }
        let components = json!({
            "alert": {
                "p": "event", "name": "Cảnh báo", "unique_id": unique("alert"), "event_types": kinds(),
                "state_topic": topic("alert"),
            },
            "siren": {
                "p": "binary_sensor", "name": "Còi khi mất mọi kênh", "unique_id": unique("siren"),
                "device_class": "problem", "state_topic": topic("siren"),
            },
            "days_kept": stat("Số ngày còn lưu", "days_kept", json!({"unit_of_measurement": "d", "device_class": "duration"})),
            "disk_free": stat(
                "Dung lượng trống", "disk_free_bytes",
                json!({"unit_of_measurement": "B", "device_class": "data_size", "suggested_display_precision": 0}),
            ),
            "cameras_live": stat("Camera đang có hình", "cameras_live", json!({"icon": "mdi:cctv"})),
            "snooze": quiet,
        });
        self.device(&self.broker.base, dev, components)
    }
}

fn kinds() -> Vec<&'static str> {
    AlertKind::ALL.into_iter().map(AlertKind::name).collect()
}
