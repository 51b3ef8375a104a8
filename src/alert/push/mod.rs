//! Web Push: alerts on phones, by the push services of their browsers, which can read nothing of them.

mod ece;
mod vapid;

use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};

use super::address::{LocalHosts, Purpose, check};
use super::channel::{Channel, Fault, Outcome};
use super::message::Message;
use super::net::{Network, Post, Reply};
use crate::base::{Result, SharedClock};
use crate::catalogue::{AlertKind, Catalogue, PushAddress};

use ece::{Keys, encrypt};
pub(super) use vapid::Vapid;

/// Every message has this length before it is encrypted: a digest fits, and push services take 4096 bytes.
const PADDED: usize = 2048;
/// Those that a push service finds too long.
const SHORT: usize = 700;

/// The channel.
pub(super) struct Push {
    catalogue: Catalogue,
    clock: SharedClock,
    network: Arc<dyn Network>,
    vapid: Arc<Vapid>,
    local: LocalHosts,
}

/// Refuses a subscription that nothing could be sent to.
///
/// # Errors
/// `Invalid`, saying why.
pub(super) fn check_subscription(address: &PushAddress, local: &LocalHosts) -> Result<String> {
    let url = check(&address.url, Purpose::Push, local)?;
    let keys = Keys::parse(&address.p256dh, &address.auth)?;
    // Whether its key is a point of the curve shows when it is used.
    encrypt(&keys, b"", 0)?;
    Ok(url.host_str().unwrap_or_default().to_owned())
}

impl Push {
    /// Sends through the network. `local`: hosts that are let through besides the known push services.
    pub(super) fn new(
        catalogue: Catalogue,
        clock: SharedClock,
        network: Arc<dyn Network>,
        vapid: Arc<Vapid>,
        local: LocalHosts,
    ) -> Self {
        Self { catalogue, clock, network, vapid, local }
    }

    async fn try_one(&self, message: &Message, address: &PushAddress, most: usize) -> Result<Reply, Fault> {
        let url = check(&address.url, Purpose::Push, &self.local)?;
        let keys = Keys::parse(&address.p256dh, &address.auth)?;
        let body = encrypt(&keys, &message.push_json(most), most)?;
        let urgency = if message.kind == AlertKind::Digest { "normal" } else { "high" };
        let headers = vec![
            ("authorization", self.vapid.authorization(&url, self.clock.now())?),
            ("content-type", "application/octet-stream".to_owned()),
            ("content-encoding", "aes128gcm".to_owned()),
            ("ttl", message.ttl_s.to_string()),
            ("urgency", urgency.to_owned()),
            ("topic", message.topic()),
        ];
        self.network.post(Post { url, headers, body: Bytes::from(body) }).await
    }

    async fn push(&self, message: &Message) -> Outcome {
        let address = match self.catalogue.push_address(message.target).await {
            Ok(Some(address)) => address,
            Ok(None) => return Outcome::Gone("its address is not there, or cannot be read".to_owned()),
            Err(error) => return Fault::from(error).into(),
        };
        let mut reply = self.try_one(message, &address, PADDED).await;
        if reply.as_ref().is_ok_and(|reply| reply.status == 413) {
            reply = self.try_one(message, &address, SHORT).await;
        }
        match reply {
            Ok(reply) => outcome(&reply),
            Err(fault) => fault.into(),
        }
    }
}

/// What a push service's answer means (RFC 8030 section 5 and 7.3).
fn outcome(reply: &Reply) -> Outcome {
    let why = || format!("the push service answered {}", reply.status);
    match reply.status {
        200..=299 => Outcome::Taken,
        404 | 410 => Outcome::Gone(why()),
        400 | 405 | 411..=417 => Outcome::Refused(Fault::answered(reply.status, why())),
        // A redirect is not followed: who may be spoken to was decided by the address. 401 and 403 come of a wrong clock, too.
        _ => Outcome::Later { after: reply.retry_after, why: Fault::answered(reply.status, why()) },
    }
}

impl Channel for Push {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome> {
        self.push(message).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn answers_mean_what_the_standard_says() {
        let reply = |status| Reply { status, retry_after: Some(Duration::from_secs(7)), ..Reply::default() };
        for (status, taken) in [(200, true), (201, true), (202, true), (307, false), (500, false)] {
            assert_eq!(outcome(&reply(status)) == Outcome::Taken, taken, "{status}");
        }
        assert!(
            matches!(outcome(&reply(404)), Outcome::Gone(_))
                && matches!(outcome(&reply(410)), Outcome::Gone(_))
        );
        assert!(matches!(outcome(&reply(413)), Outcome::Refused(_)));
        for status in [301, 403, 429, 503] {
            let Outcome::Later { after, .. } = outcome(&reply(status)) else { panic!("{status}") };
            assert_eq!(after, Some(Duration::from_secs(7)));
        }
    }
}
