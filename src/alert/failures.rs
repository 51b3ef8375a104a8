//! What the room's tasks do when the catalogue cannot be used: they go on, and say so ever more rarely.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};

use crate::base::Error;

/// How often in a row it failed.
#[derive(Default)]
pub(super) struct Failures(u32);

impl Failures {
    /// It went well the last time.
    pub(super) fn none(&self) -> bool {
        self.0 == 0
    }

    /// It went well, or not; `what` is said then.
    pub(super) fn note(&mut self, failed: Option<&Error>, what: &str) {
        let Some(error) = failed else {
            self.0 = 0;
            return;
        };
        self.0 += 1;
        if self.0.is_power_of_two() {
            tracing::warn!(error = %error, failures = self.0, "{what}: the catalogue cannot be used");
        }
    }
}

/// Ticks that do not catch up after a pause.
pub(super) fn every(period: Duration) -> Interval {
    let mut tick = tokio::time::interval(period);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}
