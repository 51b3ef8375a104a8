//! Pure. A message as a channel gets it, and as a phone does: Declarative Web Push
//! (<https://www.w3.org/TR/push-api/>, "declarative push message"), which an older service worker reads as JSON.

use serde_json::{Value, json};
use uuid::Uuid;

use super::words::Words;
use crate::base::{CameraId, EventId, Ticks};
use crate::catalogue::AlertKind;

/// Tells a browser that the message speaks for itself; the number is that of the specification.
const DECLARATIVE: u32 = 8030;

/// What is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Names it: the same when it is sent again.
    pub id: Uuid,
    /// What it is of.
    pub alert: Uuid,
    /// Counts what was added to the alert.
    pub version: i64,
    /// What it is about.
    pub kind: AlertKind,
    /// To whom; nil = the site's own.
    pub person: Uuid,
    /// Id of the push endpoint, or nil.
    pub target: Uuid,
    /// Address that a person has given for the channel.
    pub address: Option<String>,
    /// Its words.
    pub words: Words,
    /// Tag of their language.
    pub language: &'static str,
    /// Address that opens what it is about.
    pub navigate: String,
    /// What it counts for, 0 to 1.
    pub rank: f64,
    /// It adds to one that was shown: no sound.
    pub silent: bool,
    /// After so many seconds it is not worth showing.
    pub ttl_s: u32,
    /// Lets whoever holds the message say what they did with it.
    pub token: String,
    /// When it began.
    pub at: Ticks,
    /// Cameras that it is about and that its reader sees.
    pub cameras: Vec<CameraId>,
    /// Its first event.
    pub event: Option<EventId>,
    /// How many alerts a digest tells of.
    pub count: u64,
}

impl Message {
    /// What replaces what on a phone: an alert its own earlier word, and nothing else's.
    pub fn tag(&self) -> String {
        self.alert.simple().to_string()
    }

    /// The `Topic` of a push message (RFC 8030 section 5.4): at most 32 characters of base64url.
    pub fn topic(&self) -> String {
        self.tag()
    }

    /// The body of a push message, at most `most` bytes: a longer one has a shorter text.
    pub fn push_json(&self, most: usize) -> Vec<u8> {
        let mut body = self.words.body.clone();
        loop {
            let text = self.json(&body).to_string().into_bytes();
            if text.len() <= most || body.is_empty() {
                return text;
            }
            let over = text.len() - most;
            let keep = body.len().saturating_sub(over.max(8) + 3);
            let cut = (0..=keep).rev().find(|cut| body.is_char_boundary(*cut)).unwrap_or(0);
            body.truncate(cut);
            if !body.is_empty() {
                body.push('…');
                // What ends in the sign already and is still too long ends.
                if cut < 4 {
                    body.clear();
                }
            }
        }
    }

    /// Its address for a browser that opens it without asking the worker: the page says by the token that it was opened. What
    /// stands behind `#` is sent to nobody.
    fn reporting(&self) -> String {
        match url::Url::parse(&self.navigate) {
            Ok(mut url) => {
                url.set_fragment(Some(&format!("opened={}", self.token)));
                url.into()
            }
            Err(_) => self.navigate.clone(),
        }
    }

    fn json(&self, body: &str) -> Value {
        json!({
            "web_push": DECLARATIVE,
            "notification": {
                "title": self.words.title, "body": body, "navigate": self.reporting(), "lang": self.language,
                "tag": self.tag(), "silent": self.silent,
                // Here, because Safari hands a worker nothing of a message but the notification.
                "data": {"lanewatch": {
                    "id": self.id, "alert": self.alert, "kind": self.kind.name(), "event": self.event,
                    "at": self.at.rfc3339(), "token": self.token,
                }},
            },
            // The service worker gets it too: it adds a picture, and says that it was shown.
            "mutable": true,
        })
    }

    /// What a machine gets, such as a webhook.
    pub fn machine_json(&self) -> Value {
        json!({
            "type": format!("alert.{}", self.kind.name()),
            "timestamp": self.at.rfc3339(),
            "data": {
                "id": self.alert, "version": self.version, "title": self.words.title, "body": self.words.body,
                "url": self.navigate, "cameras": self.cameras, "event": self.event, "rank": self.rank, "count": self.count,
            },
        })
    }
}

#[cfg(test)]
pub(super) fn sample() -> Message {
    Message {
        id: Uuid::from_u128(7),
        alert: Uuid::from_u128(8),
        version: 1,
        kind: AlertKind::Motion,
        person: Uuid::from_u128(9),
        target: Uuid::from_u128(10),
        address: None,
        words: Words {
            title: "Ngõ 7: có chuyển động".to_owned(), body: "22:14 – vùng cổng".to_owned()
        },
        language: "vi",
        navigate: "https://camera.example.vn/e/1".to_owned(),
        rank: 0.5,
        silent: false,
        ttl_s: 3600,
        token: "t".repeat(54),
        at: Ticks(0),
        cameras: Vec::new(),
        event: None,
        count: 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_phone_without_a_worker_of_ours_knows_what_to_show() {
        let read: Value = serde_json::from_slice(&sample().push_json(2000)).expect("json");
        assert_eq!(read["web_push"], 8030);
        assert_eq!(read["notification"]["title"], "Ngõ 7: có chuyển động");
        let opens = format!("https://camera.example.vn/e/1#opened={}", "t".repeat(54));
        assert_eq!(read["notification"]["navigate"], opens);
        assert_eq!(read["notification"]["tag"], "00000000000000000000000000000008");
        assert_eq!(sample().topic().len(), 32);
        let own = &read["notification"]["data"]["lanewatch"];
        assert_eq!((&own["kind"], own["token"].as_str().map(str::len)), (&json!("motion"), Some(54)));
    }

    proptest! {
        #[test]
        fn a_text_that_is_too_long_is_cut_and_stays_json(body in "\\PC{0,900}", most in 700_usize..2000) {
            let mut message = sample();
            message.words.body = body;
            let text = message.push_json(most);
            prop_assert!(text.len() <= most, "{} > {most}", text.len());
            let read: Result<Value, _> = serde_json::from_slice(&text);
            prop_assert!(read.is_ok());
        }
    }
}
