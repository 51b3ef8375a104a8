//! Pure. What the broker keeps: a table of topics, and how it comes to be what it should be; and what is told of events.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use serde_json::{Value, json};

use super::{MqttBroker, Publish};
use crate::base::{CameraId, EventId};
use crate::catalogue::Camera;

/// Whether the recorder is there, and its payloads.
pub(super) const AVAILABLE: &str = "available";
pub(super) const ONLINE: &str = "online";
pub(super) const UNAVAILABLE: &str = "offline";
/// Events that are remembered: more than there are at once.
const EVENTS: usize = 256;

/// What a camera's full picture does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraDoes {
    /// Pictures come.
    Live,
    /// They should, and do not.
    Offline,
    /// Somebody has switched it off.
    Off,
}

impl CameraDoes {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Offline => "offline",
            Self::Off => "off",
        }
    }
}

/// Says how cameras and disks do; from memory, at once.
pub trait Sights: Send + Sync + 'static {
    /// What a camera does; `None` = it cannot be said yet.
    fn does(&self, camera: &Camera) -> Option<CameraDoes>;
    /// Something moves before it.
    fn moves(&self, camera: CameraId) -> bool;
    /// Bytes that are free on all disks.
    fn free_bytes(&self) -> u64;
}

/// Topics and what should stand there; `None` = whatever stands there stays.
pub(super) type Table = BTreeMap<String, Option<Bytes>>;

pub(super) fn on_off(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

/// What is known of all cameras at this moment. What cannot be said yet stands as it was.
pub(super) fn cameras(broker: &MqttBroker, cameras: &[Camera], sights: &dyn Sights) -> Table {
    let mut table = Table::new();
    for camera in cameras {
        let (status, motion) = (
            broker.topic(&format!("{}/status", camera.slug)),
            broker.topic(&format!("{}/motion", camera.slug)),
        );
        let does = if camera.enabled { sights.does(camera) } else { Some(CameraDoes::Off) };
        table.insert(status, does.map(|does| does.name().into()));
        let moves = does == Some(CameraDoes::Live) && sights.moves(camera.id);
        table.insert(motion, Some(on_off(moves).into()));
    }
    table
}

/// What the broker was told to keep.
#[derive(Debug, Default)]
pub(super) struct Told(Table);

impl Told {
    /// These topics were told in an earlier connection; who knows what stands there.
    pub(super) fn before(topics: impl IntoIterator<Item = String>) -> Self {
        Self(topics.into_iter().map(|topic| (topic, None)).collect())
    }

    pub(super) fn has(&self, topic: &str) -> bool {
        self.0.contains_key(topic)
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// What stands there, where this connection has told it.
    fn known(&self, topic: &str) -> Option<&Bytes> {
        self.0.get(topic)?.as_ref()
    }

    /// Everything is to be told again.
    pub(super) fn doubt(&mut self) {
        self.0.values_mut().for_each(|payload| *payload = None);
    }

    /// What has to be published so that the broker keeps this table and nothing else of ours, at most so much. It counts as
    /// told.
    pub(super) fn news(&mut self, table: &Table, most: usize) -> Vec<Publish> {
        let wanted = table.iter().filter_map(|(topic, payload)| Some((topic, payload.as_ref()?)));
        let differs = |(topic, payload): &(&String, &Bytes)| self.known(topic) != Some(payload);
        let mut all: Vec<Publish> = wanted
            .filter(differs)
            .take(most)
            .map(|(topic, payload)| publish(topic, payload.clone()))
            .collect();
        let gone = self.0.keys().filter(|topic| !table.contains_key(*topic));
        all.extend(gone.take(most - all.len()).map(|topic| publish(topic, Bytes::new())));
        for one in &all {
            if one.payload.is_empty() {
                self.0.remove(&one.topic);
            } else {
                self.0.insert(one.topic.clone(), Some(one.payload.clone()));
            }
        }
        all
    }

    /// What takes all of it away.
    pub(super) fn cleared(&self) -> Vec<Publish> {
        self.0.keys().map(|topic| publish(topic, Bytes::new())).collect()
    }
}

/// An empty payload takes away what was kept (MQTT 3.1.1 section 3.3.1.3).
fn publish(topic: &str, payload: Bytes) -> Publish {
    Publish { topic: topic.to_owned(), payload, retain: true }
}

/// Events that were told of lately, as they were.
#[derive(Debug, Default)]
pub(super) struct Events(VecDeque<(EventId, Value)>);

impl Events {
    /// What is told of an event as it is now: that it is new, something more of it, that it has ended.
    pub(super) fn told(
        &mut self,
        broker: &MqttBroker,
        id: EventId,
        slug: &str,
        body: &Value,
    ) -> Vec<Publish> {
        let mut after = body.clone();
        after["id"] = json!(id);
        after["camera_id"] = after["camera"].take();
        after["camera"] = json!(slug);
        let before = self.0.iter().position(|(known, _)| *known == id).and_then(|n| self.0.remove(n));
        let before = before.map(|(_, before)| before);
        self.0.push_back((id, after.clone()));
        if self.0.len() > EVENTS {
            self.0.pop_front();
        }
        let over = |event: &Value| !event["to"].is_null();
        let one = |what: &str, before: &Value| Publish {
            topic: broker.topic("events"),
            payload: json!({"type": what, "before": before, "after": after}).to_string().into(),
            retain: false,
        };
        match before {
            // One may be told when it is over: whoever waits for its beginning hears that, too.
            None if over(&after) => vec![one("new", &Value::Null), one("end", &after)],
            None => vec![one("new", &Value::Null)],
            Some(before) if over(&after) && !over(&before) => vec![one("end", &before)],
            Some(before) => vec![one("update", &before)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::broker;
    use super::*;
    use crate::base::Ticks;

    fn table(rows: &[(&str, &str)]) -> Table {
        let payload =
            |payload: &str| (payload != "as it was").then(|| Bytes::copy_from_slice(payload.as_bytes()));
        rows.iter().map(|(topic, text)| ((*topic).to_owned(), payload(text))).collect()
    }

    fn short(all: &[Publish]) -> Vec<(&str, &str)> {
        all.iter().map(|one| (one.topic.as_str(), std::str::from_utf8(&one.payload).expect("text"))).collect()
    }

    #[test]
    fn only_what_differs_is_told_and_what_is_gone_is_taken_away() {
        let mut told = Told::before(["a".to_owned(), "z".to_owned()]);
        assert_eq!(
            short(&told.news(&table(&[("a", "1"), ("b", "2")]), 9)),
            [("a", "1"), ("b", "2"), ("z", "")]
        );
        assert!(told.news(&table(&[("a", "1"), ("b", "2")]), 9).is_empty());
        assert_eq!(short(&told.news(&table(&[("a", "1"), ("b", "3")]), 9)), [("b", "3")]);
        assert!(told.news(&table(&[("a", "as it was"), ("b", "3")]), 9).is_empty());
        told.doubt();
        assert_eq!(short(&told.news(&table(&[("a", "1")]), 9)), [("a", "1"), ("b", "")]);
        assert_eq!(short(&told.cleared()), [("a", "")]);
    }

    #[test]
    fn what_has_no_room_now_is_told_next() {
        let mut told = Told::before(["z".to_owned()]);
        let wanted = table(&[("a", "1"), ("b", "2")]);
        assert_eq!(short(&told.news(&wanted, 1)), [("a", "1")]);
        assert_eq!(short(&told.news(&wanted, 1)), [("b", "2")]);
        assert_eq!(short(&told.news(&wanted, 1)), [("z", "")]);
        assert!(told.news(&wanted, 1).is_empty());
    }

    #[test]
    fn an_event_is_new_goes_on_and_ends() {
        let mut events = Events::default();
        let mut types = |id, body: &Value| -> Vec<String> {
            let told = events.told(&broker(), id, "ngo-7", body);
            let read = |one: Publish| serde_json::from_slice::<Value>(&one.payload).expect("json");
            told.into_iter()
                .map(read)
                .map(|one| {
                    assert_eq!(one["after"]["camera"], "ngo-7");
                    assert_eq!(one["before"].is_null(), one["type"] == "new");
                    one["type"].as_str().expect("a type").to_owned()
                })
                .collect()
        };
        let (one, other) = (EventId::fresh(Ticks(1)), EventId::fresh(Ticks(2)));
        let body = |to: Value| json!({"camera": "x", "kind": "motion", "to": to});
        assert_eq!(types(one, &body(Value::Null)), ["new"]);
        assert_eq!(types(one, &body(Value::Null)), ["update"]);
        assert_eq!(types(one, &body(json!("then"))), ["end"]);
        assert_eq!(types(one, &body(json!("then"))), ["update"], "its picture was looked at afterwards");
        assert_eq!(types(other, &body(json!("then"))), ["new", "end"]);
    }
}
