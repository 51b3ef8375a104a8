//! Whose chat with the site's Zalo bot is which: nobody knows the id of their own chat, so somebody who is signed in gets a code
//! here and sends it to the bot, and whoever has sent it is them. The bot's messages are asked for only as long as somebody
//! waits, so that it needs no address that the platform could call, and nobody's chats are read otherwise.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::channel::{Fault, Step};
use super::failures::every;
use super::service::Alerts;
use super::settings::NotificationPrefs;
use super::world::{ZALO, is_on};
use super::zalo::{ask, said, why};
use crate::base::{Error, Kind, Result, Secret, Stop, random_digits};

/// How long a code may be sent.
const LASTS: Duration = Duration::from_secs(600);
/// Digits of a code: nobody hits one of those that wait by guessing, at one message in a second.
const DIGITS: usize = 8;
/// People who may wait at once.
const MOST: usize = 50;
/// So long the platform waits for a message before it answers that there is none.
const WAIT_S: u64 = 5;
/// Its answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(WAIT_S + 10);
/// How often it is asked at most.
const EVERY: Duration = Duration::from_secs(1);
/// It failed so often in a row: whoever waits is told.
const TRIES: u32 = 5;
/// What the platform answers when nobody wrote.
const NO_MESSAGE: i64 = 408;

/// How it goes with somebody's link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZaloLink {
    /// They have not asked, or it is long over.
    None,
    /// The code is to be sent to the bot.
    Waiting {
        /// Eight digits.
        code: String,
        /// What the bot is called.
        bot: String,
        /// For how long it may be sent.
        left: Duration,
    },
    /// Alerts go to the chat of whoever sent the code.
    Linked {
        /// As they are called there; may be empty.
        name: String,
    },
    /// It did not come about.
    Failed(Fault),
}

struct Pending {
    until: Instant,
    state: State,
}

enum State {
    Waiting { code: String, bot: String },
    Linked { name: String },
    Failed(Fault),
}

/// Everybody who waits; in memory: whoever waited at a restart asks again.
#[derive(Default)]
pub(super) struct ZaloLinks {
    all: Mutex<BTreeMap<Uuid, Pending>>,
    begun: Notify,
}

/// A message to the bot.
struct Heard {
    text: String,
    chat: String,
    name: String,
}

impl ZaloLinks {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, Pending>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, person: Uuid, code: String, bot: String, now: Instant) -> Result<()> {
        let mut all = self.lock();
        all.retain(|_, pending| pending.until > now);
        if all.len() >= MOST && !all.contains_key(&person) {
            return Err(Error::new(
                Kind::TooMany,
                "too many people link Zalo at this moment; try again in ten minutes",
            ));
        }
        all.insert(person, Pending { until: now + LASTS, state: State::Waiting { code, bot } });
        Ok(())
    }

    fn of(&self, person: Uuid, now: Instant) -> ZaloLink {
        match self.lock().get(&person) {
            Some(Pending { until, state }) if *until > now => match state {
                State::Waiting { code, bot } => {
                    ZaloLink::Waiting { code: code.clone(), bot: bot.clone(), left: *until - now }
                }
                State::Linked { name } => ZaloLink::Linked { name: name.clone() },
                State::Failed(fault) => ZaloLink::Failed(fault.clone()),
            },
            _ => ZaloLink::None,
        }
    }

    /// Somebody waits for their code to be sent.
    fn waits(&self, now: Instant) -> bool {
        self.lock().values().any(|p| p.until > now && matches!(p.state, State::Waiting { .. }))
    }

    /// Whose code stands in a message; it counts no more.
    fn whose(&self, heard: &Heard, now: Instant) -> Option<Uuid> {
        let digits: String = heard.text.chars().filter(char::is_ascii_digit).collect();
        let mut all = self.lock();
        let mine =
            |p: &Pending| p.until > now && matches!(&p.state, State::Waiting { code, .. } if *code == digits);
        let (person, pending) = all.iter_mut().find(|(_, pending)| mine(pending))?;
        pending.state = State::Linked { name: heard.name.clone() };
        Some(*person)
    }

    fn failed(&self, person: Option<Uuid>, fault: &Fault) {
        for (one, pending) in &mut *self.lock() {
            let meant =
                person.map_or(matches!(pending.state, State::Waiting { .. }), |person| person == *one);
            if meant {
                pending.state = State::Failed(fault.clone());
            }
        }
    }
}

/// A message in an answer; one of a group is none: what a household sees is not for a group.
fn heard(answer: &Value) -> Option<Heard> {
    let message = &answer["result"]["message"];
    let text = |value: &Value| Some(value.as_str()?.chars().filter(|c| !c.is_control()).take(200).collect());
    if message["chat"]["chat_type"].as_str().is_some_and(|kind| kind != "PRIVATE") {
        return None;
    }
    let from = &message["from"];
    let name = text(&from["display_name"]).or_else(|| text(&from["name"])).unwrap_or_default();
    Some(Heard { text: text(&message["text"])?, chat: text(&message["chat"]["id"])?, name })
}

impl Alerts {
    async fn bot(&self) -> Result<Secret, Fault> {
        let catalogue = &self.0.catalogue;
        let token = catalogue.alert_setting(ZALO).await?.secret;
        let on = is_on(catalogue, ZALO).await?;
        token.filter(|_| on).ok_or_else(|| Fault::at(Step::Settings, "the site has no Zalo bot that is on"))
    }

    /// The site has a bot that people can be told by.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn has_zalo(&self) -> Result<bool> {
        is_on(&self.0.catalogue, ZALO).await
    }

    /// Somebody wants to be told by Zalo: the code that they are to send to the bot. Asks the platform for the bot's name, which
    /// takes at most some seconds.
    ///
    /// # Errors
    /// `TooMany` when too many people wait.
    pub async fn link_zalo(&self, person: Uuid) -> Result<ZaloLink> {
        let named = async {
            let token = self.bot().await?;
            let reply = ask(&*self.0.network, &token, "getMe", json!({})).await?;
            let answer = said(&reply);
            match answer["result"]["account_name"].as_str().filter(|_| answer["ok"] == true) {
                Some(name) => Ok(name.chars().filter(|c| !c.is_control()).take(100).collect()),
                None => Err(why(&reply, Step::SignIn)),
            }
        };
        let patience = tokio::time::timeout(PATIENCE, named).await;
        match patience.unwrap_or_else(|_| Err(Fault::at(Step::Connect, "Zalo does not answer"))) {
            Ok(bot) => {
                self.0.zalo_links.begin(person, random_digits(DIGITS), bot, Instant::now())?;
                self.0.zalo_links.begun.notify_one();
                Ok(self.zalo_link(person))
            }
            Err(fault) => Ok(ZaloLink::Failed(fault)),
        }
    }

    /// How it goes with somebody's link.
    pub fn zalo_link(&self, person: Uuid) -> ZaloLink {
        self.0.zalo_links.of(person, Instant::now())
    }

    /// They do not want to any more: their code counts no more.
    pub fn leave_zalo_link(&self, person: Uuid) {
        self.0.zalo_links.lock().remove(&person);
    }

    /// The task that reads what is sent to the bot, as long as somebody waits.
    pub async fn follow_zalo(&self, stop: Stop) {
        let links = &self.0.zalo_links;
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = links.begun.notified() => {}
            }
            let (mut tick, mut failures) = (every(EVERY), 0);
            while links.waits(Instant::now()) {
                let asked = tokio::select! {
                    () = stop.wait() => return,
                    asked = async {
                        tick.tick().await;
                        self.read_zalo().await
                    } => asked,
                };
                let Err(fault) = asked else {
                    failures = 0;
                    continue;
                };
                failures += 1;
                // What is set is not right: that does not change by itself.
                if failures >= TRIES || matches!(fault.step, Step::Settings | Step::SignIn) {
                    tracing::warn!(why = fault.why, "what is sent to the Zalo bot cannot be read");
                    links.failed(None, &fault);
                }
            }
        }
    }

    /// Reads the next message to the bot, if there is one.
    async fn read_zalo(&self) -> Result<(), Fault> {
        let token = self.bot().await?;
        let asking = ask(&*self.0.network, &token, "getUpdates", json!({"timeout": WAIT_S}));
        let silent = || Fault::at(Step::Connect, "Zalo does not answer");
        let reply = tokio::time::timeout(PATIENCE, asking).await.map_err(|_| silent())??;
        let answer = said(&reply);
        if answer["ok"] != true {
            let nobody = answer["error_code"].as_i64() == Some(NO_MESSAGE);
            return if nobody { Ok(()) } else { Err(why(&reply, Step::Answer)) };
        }
        let Some(heard) = heard(&answer) else { return Ok(()) };
        let Some(person) = self.0.zalo_links.whose(&heard, Instant::now()) else { return Ok(()) };
        if let Err(error) = self.keep_chat(person, &heard.chat).await {
            self.0.zalo_links.failed(Some(person), &error.into());
            return Ok(());
        }
        let text = "Đã nối với đầu ghi camera. Cảnh báo của anh/chị sẽ đến đây.";
        let thanks =
            ask(&*self.0.network, &token, "sendMessage", json!({"chat_id": heard.chat, "text": text}));
        // The page says it too.
        if !matches!(tokio::time::timeout(PATIENCE, thanks).await, Ok(Ok(_))) {
            tracing::debug!("the Zalo bot's welcome did not go out");
        }
        Ok(())
    }

    async fn keep_chat(&self, person: Uuid, chat: &str) -> Result<()> {
        let kept = self.0.catalogue.alert_pref(person).await?;
        let kept = kept.map(|body| NotificationPrefs::kept(&body)).unwrap_or_default();
        let prefs = NotificationPrefs { zalo: Some(chat.to_owned()), ..kept };
        prefs.check()?;
        self.0.catalogue.put_alert_pref(person, json!(prefs)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Ticks, fresh_uuid};

    fn message(text: &str, kind: &str) -> Value {
        let from = json!({"id": "u1", "display_name": "Bình\u{7}", "is_bot": false});
        let chat = json!({"id": "c1", "chat_type": kind});
        json!({"ok": true, "result": {"event_name": "message.text.received",
            "message": {"from": from, "chat": chat, "text": text, "message_id": "m1"}}})
    }

    #[test]
    fn whoever_sends_the_code_is_linked_once_and_in_time() {
        let (links, now) = (ZaloLinks::default(), Instant::now());
        let (binh, an) = (fresh_uuid(Ticks(1)), fresh_uuid(Ticks(2)));
        links.begin(binh, "12345678".to_owned(), "Bot Hổ Thôn".to_owned(), now).expect("begun");
        links.begin(an, "87654321".to_owned(), "Bot Hổ Thôn".to_owned(), now).expect("begun");
        let says = |text: &str| heard(&message(text, "PRIVATE")).expect("heard");
        assert_eq!(links.whose(&says("chào bot"), now), None);
        assert_eq!(links.whose(&says("1234"), now), None);
        assert_eq!(links.whose(&says("Mã: 1234 5678"), now), Some(binh));
        assert_eq!(links.of(binh, now), ZaloLink::Linked { name: "Bình".to_owned() });
        assert_eq!(links.whose(&says("12345678"), now), None, "it counts once");
        assert!(links.waits(now));
        assert_eq!(links.whose(&says("87654321"), now + LASTS), None, "it is too late");
        assert!(!links.waits(now + LASTS));
        assert_eq!(links.of(an, now + LASTS), ZaloLink::None);
    }

    #[test]
    fn a_group_is_nobody_and_whatever_comes_is_read_or_not() {
        assert!(heard(&message("12345678", "GROUP")).is_none());
        for odd in [
            json!(null),
            json!({"ok": true}),
            json!({"ok": true, "result": []}),
            json!({"result": {"message": 5}}),
        ] {
            assert!(heard(&odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn not_everybody_can_wait_at_once() {
        let (links, now) = (ZaloLinks::default(), Instant::now());
        let begin = |now| links.begin(fresh_uuid(Ticks(1)), "1".to_owned(), String::new(), now);
        (0..MOST).for_each(|_| begin(now).expect("room"));
        assert!(begin(now).is_err() && begin(now + LASTS).is_ok());
    }
}
