//! How many events were begun since the service started: for metrics, in memory only.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{Catalogue, EventKind, Scope};
use crate::base::CameraId;

/// Counts by camera and kind.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<BTreeMap<(CameraId, EventKind), u64>>);

impl Tally {
    pub(super) fn begun(&self, camera: CameraId, kind: EventKind) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((camera, kind)).or_default() += 1;
    }
}

impl Catalogue {
    /// Events that were begun since this was opened, by camera and kind.
    pub fn events_begun(&self, scope: &Scope) -> Vec<((CameraId, EventKind), u64)> {
        let counts = self.inner.tally.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|(what, count)| (*what, *count))
            .filter(|((camera, _), _)| scope.sees(*camera))
            .collect()
    }
}
