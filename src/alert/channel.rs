//! What every channel keeps to, whatever it speaks to.

use std::time::Duration;

use futures::future::BoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

use super::message::Message;
use crate::base::{Error, Kind};

/// A message that takes longer counts as not taken.
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// Whether people of a role may be told of anything: what a role may do is the business of another room.
pub type Hears = fn(&str) -> bool;

/// How far a message came before it stopped: what has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ChannelStep)]
pub enum Step {
    /// What is set is not enough, or not right.
    Settings,
    /// The host stands in a private network, and the configuration does not name it.
    Private,
    /// Nobody knows the host's name.
    Name,
    /// Nobody answers there, or the connection broke off.
    Connect,
    /// It cannot prove who it is, or speaks no TLS.
    Tls,
    /// It does not take the name, password, token or key.
    SignIn,
    /// It answered, and does not take the message.
    Answer,
    /// The recorder itself could not.
    Recorder,
}

/// Why a message was not taken; without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How far it came.
    pub step: Step,
    /// The number of the other side's answer, where it has one.
    pub code: Option<u16>,
    /// A sentence.
    pub why: String,
}

impl Fault {
    /// It came so far, for a reason.
    pub fn at(step: Step, why: impl Into<String>) -> Self {
        Self { step, code: None, why: why.into() }
    }

    /// The other side answered with this number.
    pub fn answered(code: u16, why: impl Into<String>) -> Self {
        Self { step: Step::Answer, code: Some(code), why: why.into() }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let step = match error.kind() {
            Kind::Invalid => Step::Settings,
            Kind::Forbidden => Step::Private,
            _ => Step::Recorder,
        };
        Self::at(step, error.message())
    }
}

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken: the channel answers for it from here on.
    Taken,
    /// Not now. `after`: not before so long, when the other side has said so. Why, without secrets.
    Later {
        /// How long to wait.
        after: Option<Duration>,
        /// Why.
        why: Fault,
    },
    /// This message will never be taken, others may. Why.
    Refused(Fault),
    /// The place is no more. Why.
    Gone(String),
}

impl Outcome {
    /// Not now, for a reason.
    pub fn later(step: Step, why: impl Into<String>) -> Self {
        Fault::at(step, why).into()
    }

    /// `Err`: it was not taken, and why.
    pub(super) fn taken(self) -> Result<(), Fault> {
        match self {
            Self::Taken => Ok(()),
            Self::Later { why, .. } | Self::Refused(why) => Err(why),
            Self::Gone(why) => Err(Fault::at(Step::Settings, why)),
        }
    }

    /// Not with what is set.
    pub fn not_set(why: impl Into<String>) -> Self {
        Self::Refused(Fault::at(Step::Settings, why))
    }
}

/// What comes of sending; what takes longer counts as not taken.
pub(super) async fn in_time(sending: impl Future<Output = Outcome>) -> Outcome {
    let sent = tokio::time::timeout(SEND_LIMIT, sending).await;
    sent.unwrap_or_else(|_| Outcome::later(Step::Connect, "no answer within ten seconds"))
}

/// What could not be done may be done later.
impl From<Fault> for Outcome {
    fn from(why: Fault) -> Self {
        Self::Later { after: None, why }
    }
}

/// A way to people, or to machines.
///
/// A message may come twice, with the same id: whoever gets it shows it once. Sending one ends within ten seconds, or is cut.
/// Nothing of a secret stands in an [`Outcome`].
pub trait Channel: Send + Sync + 'static {
    /// Sends a message.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome>;
}
