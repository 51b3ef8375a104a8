//! Zalo: a bot of the site's own writes to people (Zalo Bot Platform, <https://bot.zaloplatforms.com/docs>). Only outward, so it
//! works behind any router. A person must have written to the bot first: that gives the id of their chat.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};
use url::Url;

use super::channel::{Channel, Fault, Outcome, Step};
use super::message::Message;
use super::net::{Network, Post, Reply};
use super::world::ZALO;
use crate::base::{Error, Result, Secret};
use crate::catalogue::Catalogue;

/// Where the platform answers.
const HOST: &str = "https://bot-api.zaloplatforms.com";
/// Longest text, in characters.
const TEXT: usize = 2000;

/// Refuses what is no bot's token.
///
/// # Errors
/// `Invalid`; the token is not repeated.
pub(super) fn check_token(token: &Secret) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ":_-".contains(c);
    let text = token.expose();
    if text.len() < 10 || text.len() > 300 || !text.chars().all(plain) {
        return Err(Error::invalid(
            "this is no token of a Zalo bot; take it from the message of Zalo Bot Manager",
        ));
    }
    Ok(())
}

/// The channel.
pub(super) struct Zalo {
    catalogue: Catalogue,
    network: Arc<dyn Network>,
}

fn text(message: &Message) -> String {
    let link = format!("\n{}", message.navigate);
    let words = format!("{}\n{}", message.words.title, message.words.body);
    let room = TEXT.saturating_sub(link.chars().count());
    words.chars().take(room).chain(link.chars()).collect()
}

/// Asks the platform for something, in the bot's name.
pub(super) async fn ask(
    network: &dyn Network,
    token: &Secret,
    what: &str,
    body: Value,
) -> Result<Reply, Fault> {
    let url = Url::parse(&format!("{HOST}/bot{}/{what}", token.expose()))
        .map_err(|_| Fault::at(Step::Settings, "the bot's token cannot stand in an address; set it again"))?;
    let headers = vec![("content-type", "application/json".to_owned())];
    network.post(Post { url, headers, body: Bytes::from(body.to_string()) }).await
}

/// What it said; null where that is no JSON.
pub(super) fn said(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
}

/// The number of what went wrong: the platform says it in its body, often with status 200.
fn code(reply: &Reply) -> i64 {
    said(reply)["error_code"].as_i64().unwrap_or_else(|| i64::from(reply.status))
}

/// Why it did not do what was asked.
pub(super) fn why(reply: &Reply, step: Step) -> Fault {
    let code = code(reply);
    let step = if matches!(code, 401 | 403 | 404) { Step::SignIn } else { step };
    Fault { step, code: u16::try_from(code).ok(), why: format!("Zalo answered {code}") }
}

/// What the platform's answer means.
fn outcome(reply: &Reply) -> Outcome {
    let (said, code) = (said(reply), code(reply));
    let why = |step| why(reply, step);
    match (reply.status, said["ok"].as_bool()) {
        (200..=299, Some(true)) => Outcome::Taken,
        (429 | 500..=599, _) => Outcome::Later { after: reply.retry_after, why: why(Step::Answer) },
        _ if matches!(code, 429 | 500..=599) => {
            Outcome::Later { after: reply.retry_after, why: why(Step::Answer) }
        }
        // The token, and whose chat it is, may be set right at any time: what waits is not thrown away.
        _ => why(Step::Answer).into(),
    }
}

impl Zalo {
    pub(super) fn new(catalogue: Catalogue, network: Arc<dyn Network>) -> Self {
        Self { catalogue, network }
    }

    async fn write(&self, message: &Message) -> Result<Outcome, Fault> {
        let setting = self.catalogue.alert_setting(ZALO).await?;
        let Some(token) = setting.secret else {
            return Ok(Outcome::not_set("no bot is set, or its token cannot be read any more"));
        };
        let Some(chat) = &message.address else {
            return Ok(Outcome::not_set("its person has no chat with the bot any more"));
        };
        let body = json!({"chat_id": chat, "text": text(message)});
        Ok(outcome(&ask(&*self.network, &token, "sendMessage", body).await?))
    }
}

impl Channel for Zalo {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome> {
        self.write(message).map(|written| written.unwrap_or_else(Outcome::from)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::sample;
    use super::*;

    fn answer(status: u16, body: &str) -> Outcome {
        outcome(&Reply { status, retry_after: None, body: Bytes::from(body.to_owned()) })
    }

    #[test]
    fn answers_mean_what_the_platform_says_in_them() {
        assert_eq!(answer(200, r#"{"ok":true,"result":{"message_id":"1"}}"#), Outcome::Taken);
        for (status, body) in [
            (200, r#"{"ok":false,"error_code":400,"description":"chat_id"}"#),
            (200, r#"{"ok":false,"error_code":429}"#),
            (429, ""),
            (502, "<html>"),
            (200, r#"{"ok":false,"error_code":401}"#),
            (200, "not json"),
        ] {
            assert!(matches!(answer(status, body), Outcome::Later { .. }), "{status} {body}");
        }
    }

    #[test]
    fn a_text_is_short_and_keeps_its_link() {
        let mut message = sample();
        message.words.body = "ư".repeat(5000);
        let text = text(&message);
        assert_eq!(text.chars().count(), TEXT);
        assert!(text.ends_with("\nhttps://camera.example.vn/e/1"));
    }

    #[test]
    fn a_token_cannot_lead_elsewhere() {
        assert!(check_token(&Secret::new("1903914807132028399:AbCdEf_123-x")).is_ok());
        for wrong in
            ["", "short", "1903914807/../../x", "1903914807?x=1", "190391 4807132", "1903914807#aaaaaaa"]
        {
            assert!(check_token(&Secret::new(wrong)).is_err(), "{wrong}");
        }
    }
}
