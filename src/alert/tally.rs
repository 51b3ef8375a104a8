//! Pure. How often each channel took, put off or refused what it was given, since the start.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::channel::Outcome;
use super::world::{MAIL, MQTT, PUSH, WEBHOOK, ZALO};

const CHANNELS: [&str; 5] = [PUSH, MAIL, ZALO, WEBHOOK, MQTT];
/// Names of what came of it, as metrics have them.
const RESULTS: [&str; 4] = ["sent", "later", "refused", "gone"];

fn result(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Taken => "sent",
        Outcome::Later { .. } => "later",
        Outcome::Refused(_) => "refused",
        Outcome::Gone(_) => "gone",
    }
}

/// The count; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Arc<Mutex<BTreeMap<(&'static str, &'static str), u64>>>);

impl Tally {
    /// One more; a channel that is none is not counted.
    pub(super) fn count(&self, channel: &str, outcome: &Outcome) {
        let Some(channel) = CHANNELS.into_iter().find(|known| *known == channel) else { return };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((channel, result(outcome))).or_default() += 1;
    }

    /// Every channel with every result, also what has not happened yet.
    pub(super) fn all(&self) -> Vec<(&'static str, &'static str, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs = CHANNELS.into_iter().flat_map(|channel| RESULTS.map(|result| (channel, result)));
        pairs
            .map(|(channel, result)| (channel, result, counts.get(&(channel, result)).copied().unwrap_or(0)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::channel::Step;

    #[test]
    fn each_result_of_each_channel_is_counted_by_itself() {
        let tally = Tally::default();
        assert!(tally.all().len() == 20 && tally.all().iter().all(|(.., count)| *count == 0));
        for outcome in [Outcome::Taken, Outcome::Taken, Outcome::later(Step::Connect, "")] {
            tally.count(PUSH, &outcome);
        }
        tally.count("fax", &Outcome::Taken);
        let counted: Vec<_> = tally.all().into_iter().filter(|(.., count)| *count > 0).collect();
        assert_eq!(counted, [(PUSH, "sent", 2), (PUSH, "later", 1)]);
    }
}
