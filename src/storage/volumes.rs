//! All volumes of the service, and which of them are there.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use super::{SegmentReader, Volume, VolumeSpec};
use crate::base::{DatabaseId, Error, Kind, Result, SegmentId, StreamId, Ticks, VolumeId};

/// The volumes, in the order of the configuration; cheap to clone. All clones see the same disks come and go.
#[derive(Clone, Debug, Default)]
pub struct Volumes {
    slots: Arc<RwLock<Vec<Slot>>>,
}

/// Where a volume belongs.
#[derive(Clone, Debug)]
struct Slot {
    spec: VolumeSpec,
    id: VolumeId,
    /// `None` while its disk is not there.
    volume: Option<Volume>,
    /// Why it was not there at the start.
    reason: Option<String>,
    /// No longer configured: what is on it is still shown.
    retired: bool,
}

/// A volume as the catalogue knows it.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which.
    pub id: VolumeId,
    /// Where it was last, and how it was used.
    pub spec: VolumeSpec,
}

/// What [`Volumes::look_again`] found.
#[derive(Clone, Debug)]
pub enum Change {
    /// A volume that was absent can be used.
    Back(Volume),
    /// Its folder no longer is what it was. Files in progress end where they are, new ones go elsewhere.
    Gone(VolumeId, PathBuf),
}

impl Slot {
    fn for_reading(known: Known) -> Self {
        let volume = Volume::open_for_reading(known.id, known.spec.clone()).ok();
        Self { spec: known.spec, id: known.id, volume, reason: None, retired: true }
    }
}

impl Volumes {
    /// Opens all of them for writing. A folder that is `known` as a volume must still be one: else it counts as absent,
    /// and nothing is written there. Those that are known and no longer wanted are opened for reading.
    ///
    /// # Errors
    /// The first new one that cannot be used; see [`Volume::open`].
    pub fn open(specs: Vec<VolumeSpec>, known: &[Known], database: DatabaseId, now: Ticks) -> Result<Self> {
        let slot = |spec: VolumeSpec| {
            let before = known.iter().find(|k| k.spec.path == spec.path).map(|k| k.id);
            let (volume, reason) = match before {
                Some(_) => match Volume::open_again(spec.clone(), database) {
                    Ok(volume) => (Some(volume), None),
                    Err(error) => (None, Some(error.to_string())),
                },
                None => (Some(Volume::open(spec.clone(), database, now)?), None),
            };
            let id = volume.as_ref().map(Volume::id).or(before).expect("known, or opened");
            Ok(Slot { spec, id, volume, reason, retired: false })
        };
        let mut slots: Vec<Slot> = specs.into_iter().map(slot).collect::<Result<_>>()?;
        let retired: Vec<&Known> = known.iter().filter(|k| slots.iter().all(|s| s.id != k.id)).collect();
        slots.extend(retired.into_iter().map(|k| Slot::for_reading(k.clone())));
        Ok(Self::of(slots))
    }

    /// Opens those that are there, for reading; the others answer `Unavailable`.
    pub fn for_reading(known: impl IntoIterator<Item = Known>) -> Self {
        Self::of(known.into_iter().map(Slot::for_reading).collect())
    }

    /// This one alone.
    pub fn only(volume: Volume) -> Self {
        let (spec, id) = (volume.spec().clone(), volume.id());
        Self::of(vec![Slot { spec, id, volume: Some(volume), reason: None, retired: false }])
    }

    fn of(slots: Vec<Slot>) -> Self {
        Self { slots: Arc::new(RwLock::new(slots)) }
    }

    fn slots(&self) -> Vec<Slot> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that are there.
    pub fn iter(&self) -> impl Iterator<Item = Volume> + use<> {
        self.slots().into_iter().filter_map(|slot| slot.volume)
    }

    /// Those that are to be written to and are not there: id, and why as far as it was known at the start.
    pub fn absent(&self) -> Vec<(VolumeId, String)> {
        let missing = self.slots().into_iter().filter(|slot| slot.volume.is_none() && !slot.retired);
        missing.map(|slot| (slot.id, slot.reason.unwrap_or_default())).collect()
    }

    /// Those that are no longer configured.
    pub fn retired(&self) -> Vec<VolumeId> {
        self.slots().into_iter().filter(|slot| slot.retired).map(|slot| slot.id).collect()
    }

    /// The one with this id, if it is there.
    pub fn get(&self, id: VolumeId) -> Option<Volume> {
        self.iter().find(|v| v.id() == id)
    }

    /// Where a group's next segment goes: the volume of the group with the best [`Standing`](super::Standing), and one
    /// on which files failed lately only when there is no other.
    ///
    /// # Errors
    /// `Unavailable` when the group has no volume, `Io` when none of its volumes is there.
    pub fn choose(&self, group: &str) -> Result<Volume> {
        let mut of_group = self.slots();
        of_group.retain(|slot| slot.spec.group == group && !slot.retired);
        if of_group.is_empty() {
            let message = format!("no volume belongs to the group {group:?}; add one to the configuration");
            return Err(Error::new(Kind::Unavailable, message));
        }
        let there = of_group.into_iter().filter_map(|slot| slot.volume);
        there.max_by_key(|v| (!v.is_avoided(), v.standing().rank())).ok_or_else(|| {
            Error::new(Kind::Io, format!("no disk of the volume group {group:?} is there; mount it"))
        })
    }

    /// Looks whether disks came or went. Waits for disks.
    pub fn look_again(&self, database: DatabaseId) -> Vec<Change> {
        let mut changes = Vec::new();
        for slot in self.slots() {
            if slot.retired || slot.volume.as_ref().is_some_and(Volume::is_there) {
                continue;
            }
            // Its disk may have come back as another device.
            let now = Volume::open_again(slot.spec.clone(), database).ok();
            match (&slot.volume, &now) {
                (_, Some(volume)) => changes.push(Change::Back(volume.clone())),
                (Some(_), None) => changes.push(Change::Gone(slot.id, slot.spec.path.clone())),
                (None, None) => continue,
            }
            let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = slots.iter_mut().find(|s| s.spec.path == slot.spec.path) {
                place.id = now.as_ref().map_or(place.id, Volume::id);
                place.volume = now;
            }
        }
        changes
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
        self.iter().map(|v| v.waiting_bytes()).sum()
    }

    /// Writes and syncs what waits, on all of them.
    pub fn close(&self) {
        self.iter().for_each(|v| v.close());
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
        let volumes = Volumes::open(specs, &[], DatabaseId::fresh(Ticks(0)), Ticks(0)).expect("volumes");
        let all: Vec<Volume> = volumes.iter().collect();
        let [a, b, c] = &all[..] else { panic!("three volumes") };
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
    /// A data folder with one volume in it, as the catalogue then knows it.
    fn disk(folder: &Path) -> (Known, DatabaseId) {
        let spec = VolumeSpec { path: folder.join("disk"), group: "default".to_owned(), budget_bytes: None };
        let database = DatabaseId::fresh(Ticks(0));
        let volumes = Volumes::open(vec![spec.clone()], &[], database, Ticks(0)).expect("a new volume");
        volumes.close();
        let id = volumes.iter().next().expect("one").id();
        (Known { id, spec }, database)
    }

    #[expect(clippy::disallowed_methods, reason = "plays the one who mounts")]
    fn put(from: &Path, to: &Path) -> std::io::Result<()> {
        std::fs::rename(from, to)
    }

    fn entries(folder: &Path) -> usize {
        std::fs::read_dir(folder).expect("a folder").count()
    }

    #[test]
    fn an_empty_mount_point_gets_nothing_and_the_disk_is_used_when_it_is_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (known, database) = disk(folder.path());
        let (id, mount, disk) = (known.id, known.spec.path.clone(), folder.path().join("the disk"));
        put(&mount, &disk).expect("unmounted");
        std::fs::create_dir(&mount).expect("a mount point");

        let volumes = Volumes::open(vec![known.spec.clone()], &[known], database, Ticks(0)).expect("a start");
        let [(absent, reason)] = &volumes.absent()[..] else { panic!("one absent: {:?}", volumes.absent()) };
        assert!(*absent == id && reason.contains("has no mark of a volume"), "{reason}");
        assert_eq!(volumes.iter().count(), 0);
        assert_eq!(volumes.choose("default").expect_err("no disk").kind(), Kind::Io);
        assert!(volumes.look_again(database).is_empty());
        assert_eq!(entries(&mount), 0);

        std::fs::remove_dir(&mount).expect("the mount point");
        assert!(volumes.look_again(database).is_empty());
        put(&disk, &mount).expect("mounted");
        let changes = volumes.look_again(database);
        assert!(matches!(&changes[..], [Change::Back(volume)] if volume.id() == id), "{changes:?}");
        assert_eq!(volumes.choose("default").expect("the disk").id(), id);
        assert!(volumes.look_again(database).is_empty() && volumes.absent().is_empty());
        volumes.close();
    }

    #[test]
    fn a_disk_that_goes_is_noticed_and_so_is_another_in_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let (known, database) = disk(folder.path());
        let (id, mount) = (known.id, known.spec.path.clone());
        let volumes = Volumes::open(vec![known.spec.clone()], &[known], database, Ticks(0)).expect("a start");
        assert!(volumes.look_again(database).is_empty());

        let away = folder.path().join("the disk");
        put(&mount, &away).expect("unmounted");
        std::fs::create_dir(&mount).expect("a mount point");
        let changes = volumes.look_again(database);
        assert!(matches!(&changes[..], [Change::Gone(gone, _)] if *gone == id), "{changes:?}");
        assert_eq!((volumes.iter().count(), entries(&mount)), (0, 0));

        // Somebody else's disk is not ours because it is in the same place.
        let stranger = folder.path().join("stranger");
        std::fs::create_dir(&stranger).expect("a folder");
        let (other, _) = disk(&stranger);
        std::fs::remove_dir(&mount).expect("the mount point");
        put(&other.spec.path, &mount).expect("the wrong disk");
        assert!(volumes.look_again(database).is_empty());
        assert_eq!((volumes.iter().count(), entries(&mount)), (0, 1));
    }

    #[test]
    fn what_is_no_longer_configured_is_still_shown_and_gets_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let (known, database) = disk(folder.path());
        let new = VolumeSpec { path: folder.path().join("new"), ..known.spec.clone() };
        let id = known.id;
        let volumes = Volumes::open(vec![new], &[known], database, Ticks(0)).expect("a start");
        assert!(volumes.get(id).is_some() && volumes.absent().is_empty());
        assert_ne!(volumes.choose("default").expect("the new one").id(), id);
        volumes.close();
    }
}
