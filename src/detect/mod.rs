//! Room **detect** (floor 3): what moves, where that counts, what became of it, and what somebody does to a camera.
//!
//! Units of the small stream come from the hub, small grey pictures out of room vision; [`Detector`] says what moves in
//! them, [`Tracker`] makes events of that by the zones that were drawn, [`TamperWatch`] notices blind cameras. What is
//! found goes to the catalogue (events, cells by second, pictures) and to the hub's board (what moves now).
//!
//! Pure are `motion`, `zones`, `tracker`, `tamper`, `pace`, `thrift`, `replay`, `sheet`; [`Observer`] joins them for one stream, the
//! same for a camera, for a file that is scored and for footage that is looked at again. `lane` is the loop around it.
//!
//! How motion is found (`motion`):
//! 1. `shake` lays the picture over the background, by whole pixels.
//! 2. `light` measures how much brighter or darker the picture is than the background, as a whole and around each
//!    tile. What either explains does not count.
//! 3. `model` compares each pixel with the neighbourhood it had in the background, with the other look it is known to
//!    take, and with how far it strays by itself. That limit is learned, so water, leaves and noise set their own.
//! 4. `blobs` joins what counts; a patch without edges is light, not a thing.
//! 5. `track`: what goes somewhere on a steady way, and is found again where it was going, moves. Everything else
//!    only stirs: it is learned. The denser the clutter around, the longer a thing is looked at before it is believed;
//!    it is then dated back to when it appeared. Between pictures that are seconds apart (key pictures) no way can be
//!    seen: there a thing is told by how it fills its place, and has to be somewhere else in the next picture.
//! 6. `stir` remembers what comes and goes: where, how large, how many. What has just come, is solid and not known to
//!    is the reason to look at more than key pictures.
//!
//! `objects` is optional: it asks a model what it was that moved.
//!
//! What always holds:
//! - detection only reads the hub: it costs recording nothing but its share of the processor, and when that is short it
//!   leaves out pictures, of all cameras alike, and says so;
//! - footage is never decided upon here: events are marks on it;
//! - times are those of the pictures, not of when they were looked at;
//! - whatever one camera sends, the others are watched;
//! - every constant is in seconds, levels, or parts of the picture: any rate of pictures and any size will do;
//! - movers are not learned as background while they move or stir; who stands still for long, and what was left or
//!   taken away, is;
//! - a change of everything is no event: the scene is learned anew within two seconds;
//! - the events of a stream do not overlap, come in order, and are not longer than they may be;
//! - the one thing a user tunes is the sensitivity of a zone.
//!
//! Words: a **mover** is a thing that makes its way. **Clutter** is all that counts and is none. A place is **restless**
//! when things come and go there that go nowhere.
//!
//! It does not decode, and knows neither alerts nor people nor files.

mod album;
mod lane;
mod motion;
mod objects;
mod observer;
mod pace;
mod replay;
mod score;
mod service;
mod sheet;
mod stills;
mod tamper;
mod thrift;
mod tracker;
mod zones;

#[cfg(test)]
mod motion_tests;
#[cfg(test)]
mod scene_tests;
#[cfg(test)]
mod tamper_tests;
#[cfg(test)]
mod tracker_tests;

pub use motion::{Activity, Bounds, Detector, Frame, Mover, State, picture_size};
#[cfg(feature = "objects")]
pub use objects::finder;
pub use objects::{Finder, LoadFinder, Sighting};
pub use observer::{Observer, Seen, frame};
pub use replay::replay;
pub use score::{Looks, look, score};
pub use service::{Detect, zones};
pub use sheet::Sheet;
pub use stills::Stills;
pub use tamper::{Tamper, TamperWatch, Verdict};
pub use tracker::{Change, Event, Moment, Settings, Tracker};
pub use zones::{AlertZone, Zones};

use tokio::sync::Semaphore;

use crate::base::{SharedClock, Tasks};
use crate::catalogue::Catalogue;
use crate::hub::{DetectionMode, Hub};
use crate::vision::{self, Vision};

/// How detection is run.
#[derive(Clone, Debug)]
pub struct DetectSettings {
    /// Which pictures of small streams are looked at.
    pub mode: DetectionMode,
    /// Pictures of a small stream that are looked at in a second, at most.
    pub pictures_per_second: f32,
    /// The workers that decode.
    pub vision: vision::Settings,
}

/// What the watches of all cameras share.
struct Rooms {
    catalogue: Catalogue,
    hub: Hub,
    clock: SharedClock,
    settings: DetectSettings,
    vision: Vision,
    tasks: Tasks,
    /// Looks at what moved, where the user wants that.
    objects: Option<objects::Checker>,
    /// For pictures that somebody asks for: each has a decoder of its own in the worker while it is made.
    turns: Semaphore,
}
