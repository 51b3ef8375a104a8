//! The channels of the site: how each is set, how it does, and a message to try it by.

use serde_json::{Value, json};
use uuid::Uuid;

use super::channel::{Fault, in_time};
use super::mail::MailServer;
use super::message::Message;
use super::mqtt::MqttBroker;
use super::service::Alerts;
use super::settings::NotificationPrefs;
use super::webhook::Hook;
use super::words::{Language, Reader};
use super::world::{MAIL, MQTT, WEBHOOK, ZALO, is_on};
use super::zalo::check_token;
use crate::base::{Error, Result, Secret, TICKS_PER_SECOND, fresh_uuid};
use crate::catalogue::{AlertKind, ChannelState, NewSecret, Scope};

/// A test is worth nothing later.
const TEST_TTL_S: u32 = 600;

/// A channel that is set for the site, not by each person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteChannel {
    /// A webhook.
    Webhook,
    /// A mail server.
    Mail,
    /// An MQTT broker.
    Mqtt,
    /// A Zalo bot.
    Zalo,
}

impl SiteChannel {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Mail, Self::Zalo, Self::Webhook, Self::Mqtt];

    /// Its name, as the API and the catalogue have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => WEBHOOK,
            Self::Mail => MAIL,
            Self::Mqtt => MQTT,
            Self::Zalo => ZALO,
        }
    }

    /// The one of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

impl Alerts {
    /// Hosts in the own network that may be spoken to.
    pub fn local_hosts(&self) -> &[String] {
        self.0.outside.local.names()
    }

    /// Whether a channel is on, and how it does.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn channel_state(&self, channel: SiteChannel) -> Result<(bool, ChannelState)> {
        let catalogue = &self.0.catalogue;
        Ok((is_on(catalogue, channel.name()).await?, catalogue.channel_state(channel.name()).await?))
    }

    /// Sends a message by a channel at once, whether it is on or not, and tells what came of it: `None` = it was taken. `to`:
    /// an address for e-mail, or the id of a chat, where the channel has none of its own.
    ///
    /// # Errors
    /// `Invalid` when nothing can be sent to `to`.
    pub async fn try_channel(
        &self,
        channel: SiteChannel,
        to: Option<&str>,
        locale: &str,
    ) -> Result<Option<Fault>> {
        let address = to.map(str::to_owned);
        match (channel, &address) {
            (SiteChannel::Webhook | SiteChannel::Mqtt, _) => {}
            (SiteChannel::Mail, Some(_)) => {
                NotificationPrefs { mail: address.clone(), ..NotificationPrefs::default() }.check()?;
            }
            (SiteChannel::Zalo, Some(_)) => {
                NotificationPrefs { zalo: address.clone(), ..NotificationPrefs::default() }.check()?;
            }
            (SiteChannel::Mail | SiteChannel::Zalo, None) => {
                return Err(Error::invalid("say in `to` who gets the test"));
            }
        }
        let (now, language) = (self.0.clock.now(), Language::of(locale));
        let zone = self.0.catalogue.zone();
        let reader = Reader { language, scope: Scope::everything(), zone, now };
        let id = fresh_uuid(now);
        let message = Message {
            id,
            alert: id,
            version: 1,
            kind: AlertKind::Test,
            person: Uuid::nil(),
            target: Uuid::nil(),
            address,
            words: reader.channel_test(),
            language: language.tag(),
            navigate: format!("{}/alerts/channels", self.0.outside.url),
            rank: 1.0,
            silent: false,
            ttl_s: TEST_TTL_S,
            token: self.0.signer.token(id, now + i64::from(TEST_TTL_S) * TICKS_PER_SECOND),
            at: now,
            cameras: Vec::new(),
            event: None,
            count: 0,
        };
        let channels = self.channels();
        let Some(way) = channels.get(channel.name()) else {
            return Err(Error::internal("a channel of the site is not there; report this"));
        };
        Ok(in_time(way.send(&message)).await.taken().err())
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

    /// Sets the site's webhook; another address gets a fresh key, which is answered this once. An empty one takes it away.
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
            Some(url) if url.expose().is_empty() => {
                body = json!({"enabled": false});
                (NewSecret::Remove, None)
            }
            Some(url) => {
                let hook = Hook::fresh(url.expose(), &self.0.outside.local)?;
                body["host"] = json!(hook.host());
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
        let revision =
            self.0.catalogue.put_alert_setting(MQTT, Some(expected), json!(broker), secret, by).await?;
        self.0.mqtt.set_anew();
        Ok(revision)
    }

    /// Whether the site's Zalo bot writes, whether its token is kept, and the revision.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn zalo(&self) -> Result<(bool, bool, i64)> {
        let kept = self.0.catalogue.alert_setting(ZALO).await?;
        Ok((kept.body["enabled"] == Value::Bool(true), kept.secret.is_some(), kept.revision))
    }

    /// Sets the site's Zalo bot; no token = the one that is kept, an empty one takes it away.
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
        let removed = token.as_ref().is_some_and(|token| token.expose().is_empty());
        let secret = match token {
            _ if removed => NewSecret::Remove,
            Some(token) => {
                check_token(&token)?;
                NewSecret::Put(token)
            }
            None if enabled && !kept => {
                return Err(Error::invalid("there is no token yet; give token with it"));
            }
            None => NewSecret::Keep,
        };
        let enabled = enabled && !removed;
        self.0
            .catalogue
            .put_alert_setting(ZALO, Some(expected), json!({"enabled": enabled}), secret, by)
            .await
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
