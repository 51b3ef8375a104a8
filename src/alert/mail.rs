//! E-mail, for those who want it: the words, a link, and the event's picture. Through a mail server of the site's own choosing,
//! over TLS unless it stands in the own network.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Letter, Tokio1Executor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::address::{LocalHosts, is_public};
use super::channel::{Channel, Fault, Outcome, Step};
use super::message::Message;
use super::net::ExtraRoots;
use super::world::MAIL;
use crate::base::{Error, Result};
use crate::catalogue::{Catalogue, PictureSize, Scope};

/// A step of the conversation that takes longer is given up.
const STEP: Duration = Duration::from_secs(8);

/// How the connection is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// TLS from the first byte: port 465.
    Tls,
    /// TLS after the greeting, and no letter without it: port 587.
    Starttls,
    /// None: only to a host that the configuration names.
    None,
}

/// The site's mail server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// Letters are sent.
    pub enabled: bool,
    /// Its name.
    #[schema(max_length = 253)]
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: MailSecurity,
    /// Who writes, such as `camera@example.vn`.
    #[schema(max_length = 254)]
    pub from: String,
    /// Name to sign in with; null: without.
    #[schema(required = true, max_length = 254)]
    pub username: Option<String>,
}

impl MailServer {
    /// Refuses what no letter could be sent with, or what the recorder must not speak to.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong.
    pub fn check(&self, local: &LocalHosts) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
        if self.host.is_empty() || self.host.len() > 253 || !self.host.chars().all(plain) || self.port == 0 {
            return Err(Error::invalid(
                "this is no mail server; write its name and port, such as smtp.example.vn and 465",
            ));
        }
        if self.from.parse::<Mailbox>().is_err() || self.from.contains(['\r', '\n']) {
            return Err(Error::invalid("from is no address for e-mail; write it like camera@example.vn"));
        }
        let is_local = local.has(&self.host);
        if self.security == MailSecurity::None && !is_local {
            let sentence = "without TLS others could read along; use tls or starttls, or name the host in alert.local_hosts";
            return Err(Error::invalid(sentence));
        }
        let private = self.host.parse::<IpAddr>().is_ok_and(|address| !is_public(address));
        if (private || self.host.eq_ignore_ascii_case("localhost")) && !is_local {
            let sentence = "this mail server is in a private network; name its host in alert.local_hosts in the configuration first";
            return Err(Error::invalid(sentence));
        }
        Ok(())
    }
}

/// The channel.
pub(super) struct Mail {
    catalogue: Catalogue,
    local: LocalHosts,
    extra: ExtraRoots,
}

impl Mail {
    /// `extra`: authorities that may have signed the mail server's certificate, besides those that the machine knows.
    pub(super) fn new(catalogue: Catalogue, local: LocalHosts, extra: ExtraRoots) -> Self {
        Self { catalogue, local, extra }
    }

    fn tls(&self, host: &str) -> Result<TlsParameters, lettre::transport::smtp::Error> {
        let mut tls = TlsParameters::builder(host.to_owned());
        for der in self.extra.each() {
            tls = tls.add_root_certificate(Certificate::from_der(der.to_vec())?);
        }
        tls.build()
    }

    /// The address that the server's name stands for, if it may be spoken to.
    async fn address(&self, server: &MailServer) -> Result<IpAddr, Fault> {
        let found = tokio::net::lookup_host((server.host.as_str(), server.port)).await;
        let found = found
            .map_err(|_| Fault::at(Step::Name, "the mail server's name is not known; is there internet?"))?;
        let may = |address: &IpAddr| self.local.has(&server.host) || is_public(*address);
        found.map(|address| address.ip()).find(may).ok_or_else(|| {
            Fault::at(Step::Private, "the mail server's name stands for an address in a private network")
        })
    }

    /// The event's picture; a letter goes without it, too.
    async fn picture(&self, message: &Message) -> Option<Vec<u8>> {
        let event = message.event?;
        for size in [PictureSize::Large, PictureSize::Small] {
            // It was chosen among those whose camera its person sees, when the message was made.
            if let Ok(Some(picture)) = self.catalogue.picture(Scope::everything(), event, size).await {
                return Some(picture.jpeg.to_vec());
            }
        }
        None
    }

    async fn letter(&self, server: &MailServer, to: &str, message: &Message) -> Result<Letter> {
        let wrong = |what: &str| Error::invalid(format!("{what} is no address for e-mail any more"));
        let text = format!("{}\n{}\n\n{}\n", message.words.title, message.words.body, message.navigate);
        let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(text));
        if let Some(jpeg) = self.picture(message).await {
            parts = parts.singlepart(Attachment::new("event.jpg".to_owned()).body(jpeg, jpeg_type()?));
        }
        let from: Mailbox = server.from.parse().map_err(|_| wrong("the sender"))?;
        let domain = from.email.domain().to_owned();
        let tag = format!("<{}@{domain}>", message.tag());
        let built = Letter::builder()
            .from(from)
            .to(to.parse().map_err(|_| wrong("the recipient"))?)
            .subject(message.words.title.replace(['\r', '\n'], " "))
            // The same when it is sent again: mail programs show one. What grew is an answer to it.
            .message_id(Some(format!("<{}.{}@{domain}>", message.id, message.version)))
            .references(tag)
            .multipart(parts);
        built.map_err(|e| Error::internal("a letter cannot be written; report this").because(e))
    }

    async fn write(&self, message: &Message) -> Result<Outcome, Fault> {
        let setting = self.catalogue.alert_setting(MAIL).await?;
        let Ok(server) = serde_json::from_value::<MailServer>(setting.body) else {
            return Ok(Outcome::not_set("no mail server is set"));
        };
        let Some(to) = &message.address else {
            return Ok(Outcome::not_set("its person wants no e-mail any more"));
        };
        server.check(&self.local)?;
        let letter = match self.letter(&server, to, message).await {
            Ok(letter) => letter,
            Err(error) => return Ok(Outcome::Refused(error.into())),
        };
        let address = self.address(&server).await?;
        let tls = self
            .tls(&server.host)
            .map_err(|e| Error::internal("TLS cannot be set up; report this").because(e))?;
        let tls = match server.security {
            MailSecurity::Tls => Tls::Wrapper(tls),
            MailSecurity::Starttls => Tls::Required(tls),
            MailSecurity::None => Tls::None,
        };
        let mut way = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
            .port(server.port)
            .tls(tls)
            .timeout(Some(STEP));
        if let (Some(name), Some(password)) = (&server.username, &setting.secret) {
            way = way.credentials(Credentials::new(name.clone(), password.expose().to_owned()));
        }
        let Err(error) = way.build().send(letter).await else { return Ok(Outcome::Taken) };
        // What the server says may hold the address: its number tells enough.
        let code = error.status().map(u16::from);
        let answered = |code| Fault::answered(code, format!("the mail server answered {code}"));
        Ok(match code {
            // The password, the sender, the address of its person and their full box may be set right at any time: what waits is
            // not thrown away, and the channel says that it fails.
            Some(code @ 530..=539) => Fault { step: Step::SignIn, ..answered(code) }.into(),
            Some(code) => answered(code).into(),
            None if is_tls(&error) => {
                Outcome::later(Step::Tls, "the mail server cannot prove who it is, or speaks no TLS")
            }
            // All that lettre itself objects to before there is anything to be said.
            None if error.is_client() && server.security == MailSecurity::Starttls => Outcome::later(
                Step::Tls,
                "the mail server offers no STARTTLS, and nothing is sent without it",
            ),
            None => Outcome::later(Step::Connect, "the mail server does not answer"),
        })
    }
}

/// Whether a connection came to nothing for a certificate or for TLS itself: lettre says only that it did.
fn is_tls(error: &lettre::transport::smtp::Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if cause.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        next = cause.source();
    }
    error.is_tls()
}

fn jpeg_type() -> Result<ContentType> {
    ContentType::parse("image/jpeg")
        .map_err(|e| Error::internal("a letter cannot be written; report this").because(e))
}

impl Channel for Mail {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome> {
        self.write(message).map(|written| written.unwrap_or_else(Outcome::from)).boxed()
    }
}
