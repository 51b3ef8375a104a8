//! Webhooks: each alert as JSON to an address of the site's own, such as a siren or a home automation, signed so that it can
//! tell ours from others' (Standard Webhooks, <https://www.standardwebhooks.com>).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::{LocalHosts, Purpose, check};
use super::channel::{Channel, Fault, Outcome};
use super::message::Message;
use super::net::{Network, Post, Reply};
use super::world::WEBHOOK;
use crate::base::{Error, Result, Secret, SharedClock, random_token};
use crate::catalogue::Catalogue;

/// How a secret is written.
const PREFIX: &str = "whsec_";

/// Where to, and the key: both are sealed, the address of a webhook opens it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Hook {
    pub(super) url: String,
    pub(super) key: String,
}

impl Hook {
    /// For an address, with a fresh key.
    ///
    /// # Errors
    /// `Invalid` when the recorder must not speak to it.
    pub(super) fn fresh(url: &str, local: &LocalHosts) -> Result<Self> {
        check(url, Purpose::Webhook, local)?;
        // 192 bits: what the standard asks for at least.
        let key = format!("{PREFIX}{}", STANDARD.encode(random_token(24)));
        Ok(Self { url: url.to_owned(), key })
    }

    pub(super) fn read(secret: &Secret) -> Result<Self> {
        serde_json::from_str(secret.expose())
            .map_err(|_| Error::internal("what is kept of the webhook cannot be read; set it again"))
    }

    /// Where it goes, as far as it may be shown.
    pub(super) fn host(&self) -> Option<String> {
        url::Url::parse(&self.url).ok()?.host_str().map(str::to_owned)
    }

    pub(super) fn sealed(&self) -> Result<Secret> {
        serde_json::to_string(self)
            .map(Secret::new)
            .map_err(|e| Error::internal("a webhook cannot be written; report this").because(e))
    }
}

/// `webhook-signature` over id, time and body.
fn signature(key: &str, id: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(key.strip_prefix(PREFIX).unwrap_or(key)).ok()?;
    let mut signed = format!("{id}.{seconds}.").into_bytes();
    signed.extend(body);
    let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed);
    Some(format!("v1,{}", STANDARD.encode(code)))
}

/// What an answer means.
fn outcome(reply: &Reply) -> Outcome {
    let why = Fault::answered(reply.status, format!("the webhook answered {}", reply.status));
    match reply.status {
        200..=299 => Outcome::Taken,
        // What comes of its key, its address, its load or its clock may be set right: what waits is not thrown away.
        401 | 403 | 404 | 408 | 425 | 429 => Outcome::Later { after: reply.retry_after, why },
        // This message it will never take, and the next need not wait for that. One that says it is no more may be there again.
        400..=499 => Outcome::Refused(why),
        _ => Outcome::Later { after: reply.retry_after, why },
    }
}

/// Calls hooks.
#[derive(Clone)]
pub(super) struct Caller {
    clock: SharedClock,
    network: Arc<dyn Network>,
    local: LocalHosts,
}

impl Caller {
    pub(super) fn new(clock: SharedClock, network: Arc<dyn Network>, local: LocalHosts) -> Self {
        Self { clock, network, local }
    }

    /// Posts something, under a name that is the same when it is sent again, to the hook that is kept.
    pub(super) async fn call(
        &self,
        kept: Option<&Secret>,
        id: String,
        body: &Value,
    ) -> Result<Outcome, Fault> {
        let Some(secret) = kept else {
            return Ok(Outcome::not_set("no webhook is set, or it cannot be read any more"));
        };
        let hook = Hook::read(secret)?;
        let url = check(&hook.url, Purpose::Webhook, &self.local)?;
        let (seconds, body) = (self.clock.now().seconds(), body.to_string().into_bytes());
        let Some(signature) = signature(&hook.key, &id, seconds, &body) else {
            return Ok(Outcome::not_set("the webhook's key cannot be read; set it again"));
        };
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", id),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ];
        let reply = self.network.post(Post { url, headers, body: Bytes::from(body) }).await?;
        Ok(outcome(&reply))
    }
}

/// The channel.
pub(super) struct Webhook {
    catalogue: Catalogue,
    caller: Caller,
}

impl Webhook {
    pub(super) fn new(catalogue: Catalogue, caller: Caller) -> Self {
        Self { catalogue, caller }
    }

    async fn tell(&self, message: &Message) -> Result<Outcome, Fault> {
        let setting = self.catalogue.alert_setting(WEBHOOK).await?;
        // More that is told of the same alert is another message.
        let id = format!("{}.{}", message.id, message.version);
        self.caller.call(setting.secret.as_ref(), id, &message.machine_json()).await
    }
}

impl Channel for Webhook {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome> {
        self.tell(message).map(|told| told.unwrap_or_else(Outcome::from)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the standard's own Python library makes of the example in its documentation.
    #[test]
    fn a_signature_is_what_the_standard_says() {
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn what_will_never_be_taken_holds_up_nothing() {
        let answer = |status| outcome(&Reply { status, ..Reply::default() });
        assert_eq!(answer(204), Outcome::Taken);
        for status in [400, 405, 410, 413, 415, 422] {
            assert!(matches!(answer(status), Outcome::Refused(_)), "{status}");
        }
        for status in [301, 401, 403, 404, 408, 429, 500, 503] {
            assert!(matches!(answer(status), Outcome::Later { .. }), "{status}");
        }
    }

    #[test]
    fn keys_are_long_and_addresses_are_looked_at() {
        let hook = Hook::fresh("https://example.vn/hook", &LocalHosts::default()).expect("right");
        assert!(hook.key.starts_with(PREFIX) && hook.key.len() > 50);
        assert_ne!(
            hook.key,
            Hook::fresh("https://example.vn/hook", &LocalHosts::default()).expect("right").key
        );
        let read = Hook::read(&hook.sealed().expect("written")).expect("read");
        assert_eq!((read.url, read.key), (hook.url, hook.key));
        assert!(Hook::fresh("http://192.168.1.1/", &LocalHosts::default()).is_err());
    }
}
