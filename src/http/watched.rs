//! Pure. Who has watched what of late: it is noted once in a while, not for each picture.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::auth::Identity;
use crate::base::{CameraId, TICKS_PER_SECOND};
use crate::catalogue::AuditAction;

/// Watching on for so long is the same.
const SAME: i64 = 600 * TICKS_PER_SECOND;
/// Remembered at most; beyond, all is told anew.
const MOST: usize = 10_000;

/// Person, what they did, camera.
type Watch = (Uuid, &'static str, CameraId);

/// What was noted; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched(Arc<Mutex<HashMap<Watch, i64>>>);

impl Watched {
    /// True when it was not told within ten minutes; then it is.
    pub(super) fn is_news(&self, who: &Identity, action: AuditAction, camera: CameraId, now: i64) -> bool {
        self.is_new((who.id(), action.name(), camera), now)
    }

    fn is_new(&self, watch: Watch, now: i64) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MOST {
            told.clear();
        }
        match told.get(&watch) {
            Some(at) if now - at < SAME => false,
            _ => {
                told.insert(watch, now);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ticks;

    #[test]
    fn watching_on_is_told_every_ten_minutes() {
        let watched = Watched::default();
        let watch = (Uuid::nil(), "live", CameraId::fresh(Ticks(0)));
        assert!(watched.is_new(watch, 0) && !watched.is_new(watch, SAME - 1));
        assert!(watched.is_new((Uuid::nil(), "playback", watch.2), 1), "something else");
        assert!(watched.is_new(watch, SAME));
    }
}
