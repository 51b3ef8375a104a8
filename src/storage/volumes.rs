//! All volumes of the service.

use std::sync::Arc;

use super::{SegmentReader, Volume, VolumeSpec};
use crate::base::{DatabaseId, Error, Kind, Result, SegmentId, StreamId, Ticks, VolumeId};

/// The volumes, in the order of the configuration; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Volumes {
    all: Arc<[Volume]>,
}

impl Volumes {
    /// Opens all of them for writing.
    ///
    /// # Errors
    /// The first that cannot be used; see [`Volume::open`].
    pub fn open(specs: Vec<VolumeSpec>, database: DatabaseId, now: Ticks) -> Result<Self> {
        let all: Vec<Volume> =
            specs.into_iter().map(|s| Volume::open(s, database, now)).collect::<Result<_>>()?;
        Ok(Self { all: all.into() })
    }

    /// Opens those that are there, for reading; the others answer `Unavailable`.
    pub fn for_reading(known: impl IntoIterator<Item = (VolumeId, VolumeSpec)>) -> Self {
        let opened = known.into_iter().filter_map(|(id, spec)| Volume::open_for_reading(id, spec).ok());
        Self { all: opened.collect() }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Volume> {
        self.all.iter()
    }

    /// The one with this id.
    pub fn get(&self, id: VolumeId) -> Option<&Volume> {
        self.all.iter().find(|v| v.id() == id)
    }

    /// Where a group's next segment goes: the volume of the group with the best [`Standing`](super::Standing).
    ///
    /// # Errors
    /// `Unavailable` when the group has no volume.
    pub fn choose(&self, group: &str) -> Result<&Volume> {
        let of_group = self.all.iter().filter(|v| v.spec().group == group);
        of_group.max_by_key(|v| v.standing().rank()).ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                format!("no volume belongs to the group {group:?}; add one to the configuration"),
            )
        })
    }

    /// Opens a segment file.
    ///
    /// # Errors
    /// `Unavailable` when its volume is not there, `NotFound` when it is gone.
    pub fn reader(&self, volume: VolumeId, stream: StreamId, segment: SegmentId) -> Result<SegmentReader> {
        let absent = || Error::new(Kind::Unavailable, "the disk that holds this footage is not there");
        self.get(volume).ok_or_else(absent)?.reader(stream, segment)
    }

    /// Bytes handed over that are not written yet.
    pub fn waiting_bytes(&self) -> usize {
        self.all.iter().map(Volume::waiting_bytes).sum()
    }

    /// Writes and syncs what waits, on all of them.
    pub fn close(&self) {
        self.all.iter().for_each(Volume::close);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Standing::{Full, Room, Stuck};
    use super::*;

    #[test]
    fn the_best_volume_of_the_group_is_chosen() {
        let folder = tempfile::tempdir().expect("a folder");
        let spec = |name: &str, group: &str| VolumeSpec {
            path: folder.path().join(name),
            group: group.to_owned(),
            budget_bytes: None,
        };
        let specs = vec![spec("a", "default"), spec("b", "default"), spec("c", "other")];
        let volumes = Volumes::open(specs, DatabaseId::fresh(Ticks(0)), Ticks(0)).expect("volumes");
        let [a, b, c] = &volumes.all[..] else { panic!("three volumes") };
        c.set_standing(Room(1 << 40));
        for (of_a, of_b, best) in [
            (Room(5), Room(6), b),
            (Room(0), Full(Ticks(1)), a),
            (Full(Ticks(7)), Full(Ticks(9)), a),
            (Stuck, Full(Ticks(9)), b),
            (Stuck, Room(1), b),
        ] {
            a.set_standing(of_a);
            b.set_standing(of_b);
            assert_eq!(volumes.choose("default").expect("a volume").id(), best.id(), "{of_a:?} {of_b:?}");
        }
        assert_eq!(volumes.choose("none").expect_err("no volume").kind(), Kind::Unavailable);
        volumes.close();
    }
}
