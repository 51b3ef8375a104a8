//! What every channel keeps to, whatever it speaks to.

use std::time::Duration;

use futures::future::BoxFuture;

use super::message::Message;

/// Whether people of a role may be told of anything: what a role may do is the business of another room.
pub type Hears = fn(&str) -> bool;

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
        why: String,
    },
    /// This message will never be taken, others may. Why.
    Refused(String),
    /// The place is no more. Why.
    Gone(String),
}

impl Outcome {
    /// Not now, for a reason.
    pub fn later(why: impl Into<String>) -> Self {
        Self::Later { after: None, why: why.into() }
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
