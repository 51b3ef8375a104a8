//! Pictures of cameras that were tested: in memory, few, for some minutes, each for who asked for it.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::app::Still;
use crate::auth::Identity;
use crate::base::{SharedClock, TICKS_PER_SECOND, fresh_uuid};

/// Two of each of nineteen cameras, and some more.
const MOST: usize = 64;
/// Somebody who adds a village of cameras looks at the first ones for so long.
const KEPT: i64 = 600 * TICKS_PER_SECOND;

struct Kept {
    id: Uuid,
    owner: Identity,
    /// Steady clock.
    made: i64,
    picture: Still,
}

/// All of them; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct TestPictures(Arc<Mutex<Vec<Kept>>>);

impl TestPictures {
    /// Keeps a picture and gives it an id. The oldest makes room.
    pub(super) fn keep(&self, clock: &SharedClock, owner: &Identity, picture: Still) -> Uuid {
        let (id, made) = (fresh_uuid(clock.now()), clock.monotonic());
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|kept| made - kept.made < KEPT);
        if list.len() >= MOST {
            list.remove(0);
        }
        list.push(Kept { id, owner: owner.clone(), made, picture });
        id
    }

    /// A picture of somebody's own.
    pub(super) fn find(&self, clock: &SharedClock, owner: &Identity, id: &str) -> Option<Still> {
        let (id, now): (Uuid, i64) = (id.parse().ok()?, clock.monotonic());
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = list.iter().find(|kept| kept.id == id && kept.owner.is_same(owner))?;
        (now - kept.made < KEPT).then(|| kept.picture.clone())
    }
}
