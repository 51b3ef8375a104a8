//! Pure. Which cameras a question may see.
//!
//! Every question of this room that answers footage, events, counts, pictures or cameras takes one, and answers as if
//! there were no other cameras: nobody learns that they exist. Who asks in a person's name has it from `auth`; the
//! recorder's own work says [`Scope::everything`], which `tests/house.rs` refuses where people ask.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::camera::Camera;
use crate::base::{CameraId, StreamKey};

/// Some cameras with their streams, or all; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Option<Arc<Seen>>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    cameras: BTreeSet<CameraId>,
    streams: BTreeSet<StreamKey>,
}

impl Scope {
    /// All cameras, also those that are added later and those that were removed.
    pub fn everything() -> &'static Self {
        static EVERYTHING: Scope = Scope(None);
        &EVERYTHING
    }

    /// No camera.
    pub fn nothing() -> Self {
        Self(Some(Arc::default()))
    }

    /// These cameras.
    pub fn of<'a>(cameras: impl IntoIterator<Item = &'a Camera>) -> Self {
        let cameras: Vec<&Camera> = cameras.into_iter().collect();
        let streams = cameras.iter().flat_map(|camera| camera.streams.iter().map(|stream| stream.key));
        Self::of_rows(cameras.iter().map(|camera| camera.id), streams)
    }

    /// These cameras and streams, as rows name them.
    pub(super) fn of_rows(
        cameras: impl IntoIterator<Item = CameraId>,
        streams: impl IntoIterator<Item = StreamKey>,
    ) -> Self {
        let seen = Seen { cameras: cameras.into_iter().collect(), streams: streams.into_iter().collect() };
        Self(Some(Arc::new(seen)))
    }

    /// True for all cameras.
    pub fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    /// True for a camera that may be seen.
    pub fn sees(&self, camera: CameraId) -> bool {
        self.0.as_ref().is_none_or(|seen| seen.cameras.contains(&camera))
    }

    /// True for a stream of such a camera.
    pub fn sees_stream(&self, stream: StreamKey) -> bool {
        self.0.as_ref().is_none_or(|seen| seen.streams.contains(&stream))
    }

    /// True when all of these may be seen: a thing that touches another camera is not there.
    pub fn sees_all(&self, cameras: impl IntoIterator<Item = CameraId>) -> bool {
        cameras.into_iter().all(|camera| self.sees(camera))
    }

    /// True when everything that the other sees may be seen.
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(theirs)) => theirs.cameras.is_subset(&mine.cameras),
        }
    }

    /// True when both see one camera, or one of them sees all.
    pub fn meets(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, _) | (_, None) => true,
            (Some(mine), Some(theirs)) => !mine.cameras.is_disjoint(&theirs.cameras),
        }
    }

    /// The cameras, in order; `None` = all.
    pub fn cameras(&self) -> Option<impl Iterator<Item = CameraId> + '_> {
        self.0.as_ref().map(|seen| seen.cameras.iter().copied())
    }

    /// A JSON list of ids for `json_each`; `None` = all.
    pub(super) fn list(&self) -> Option<String> {
        let ids: Vec<String> = self.cameras()?.map(|id| id.to_string()).collect();
        Some(serde_json::Value::from(ids).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ticks;

    #[test]
    fn a_scope_sees_what_it_names_and_nothing_else() {
        let [a, b] = [1, 2].map(|n| CameraId::fresh(Ticks(n)));
        let (mine, other) = (StreamKey(1), StreamKey(2));
        let some = Scope::of_rows([a], [mine]);
        assert!(some.sees(a) && some.sees_stream(mine) && !some.sees(b) && !some.sees_stream(other));
        assert!(some.sees_all([a, a]) && !some.sees_all([a, b]) && some.sees_all([]));
        assert_eq!(some.list(), Some(format!("[\"{a}\"]")));
        let (all, none) = (Scope::everything(), &Scope::nothing());
        assert!(all.sees(a) && all.sees_stream(other) && all.list().is_none());
        assert!(!none.sees(a) && none.list().as_deref() == Some("[]"));
        assert!(all.covers(&some) && some.covers(none) && some.covers(&some));
        assert!(!some.covers(all) && !none.covers(&some));
        let beside = Scope::of_rows([b], [other]);
        assert!(
            some.meets(all)
                && all.meets(none)
                && some.meets(&some)
                && !some.meets(&beside)
                && !some.meets(none)
        );
    }
}
