//! Pure. Events as values.

use std::fmt;

use uuid::Uuid;

use super::object::{self, Object, Rank};
use crate::base::{CameraId, Cells, EventId, Ticks, TimeRange, ZoneId};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// Something moved.
    Motion,
    /// The camera is covered or sprayed over.
    TamperCovered,
    /// The picture is out of focus.
    TamperDefocused,
    /// The camera looks elsewhere.
    TamperTurned,
    /// Pictures come, and all are the same.
    TamperFrozen,
    /// The picture is black.
    TamperBlack,
    /// Of a newer program.
    Unknown,
}

impl EventKind {
    /// All that this program knows.
    pub const ALL: [Self; 6] = [
        Self::Motion,
        Self::TamperCovered,
        Self::TamperDefocused,
        Self::TamperTurned,
        Self::TamperFrozen,
        Self::TamperBlack,
    ];

    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Motion => "motion",
            Self::TamperCovered => "tamper_covered",
            Self::TamperDefocused => "tamper_defocused",
            Self::TamperTurned => "tamper_turned",
            Self::TamperFrozen => "tamper_frozen",
            Self::TamperBlack => "tamper_black",
            Self::Unknown => "unknown",
        }
    }

    /// The kind of that name; one of a newer program counts as unknown.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A span in which something happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// For ever.
    pub id: EventId,
    /// Whose.
    pub camera: CameraId,
    /// What.
    pub kind: EventKind,
    /// First instant, without pre-roll.
    pub start: Ticks,
    /// Last instant known to belong to it: where it ends when a crash leaves it open.
    pub seen: Ticks,
    /// First instant after, without post-roll; `None` while it lasts.
    pub end: Option<Ticks>,
    /// How sure and how strong, 0 to 1.
    pub score: f64,
    /// Most cells that moved at once.
    pub peak: u32,
    /// Every cell that moved.
    pub cells: Cells,
    /// Zones that it was in.
    pub zones: Vec<ZoneId>,
    /// Instant of its best picture.
    pub best: Ticks,
    /// What its picture shows; `None` = not looked at. Written by [`super::Catalogue::put_objects`] alone.
    pub objects: Option<Vec<Object>>,
}

impl Event {
    /// What it covers so far.
    pub fn range(&self) -> TimeRange {
        TimeRange::new(self.start, self.end.unwrap_or(self.seen))
    }

    /// How much it is worth a person's attention.
    pub fn rank(&self) -> Rank {
        object::rank(self.objects.as_deref())
    }
}

/// Which events a page of the feed shows.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of these cameras; empty = all.
    pub cameras: Vec<CameraId>,
    /// Of these kinds; empty = all.
    pub kinds: Vec<EventKind>,
    /// That were in this zone.
    pub zone: Option<ZoneId>,
    /// That lasted so many ticks at least; one that lasts counts so far.
    pub min_ticks: i64,
    /// That this person has seen, or has not.
    pub seen: Option<(Uuid, bool)>,
    /// Older than this one: its start and id, as the page before ended.
    pub before: Option<(Ticks, EventId)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_their_names() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_name(kind.name()), kind);
        }
        assert_eq!(EventKind::from_name("of a newer program"), EventKind::Unknown);
    }
}
