//! Room **detect** (floor 3): what moves, where that counts, and what became of it.
//!
//! What it is for: it turns small grey pictures of a stream into activity (which cells something moves through), activity
//! into events, and tells when somebody has made the camera blind. All of that is pure: pictures and times in, values
//! out; the loop that feeds it reads the hub and writes the catalogue.
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
//!    it is then dated back to when it appeared.
//!
//! What always holds:
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
//! It decodes nothing (vision does), stores nothing, sends nothing.

mod motion;
mod sheet;
mod tamper;
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
pub use sheet::Sheet;
pub use tamper::{Tamper, TamperWatch, Verdict};
pub use tracker::{Change, Event, Moment, Settings, Tracker};
pub use zones::{AlertZone, Sensitivity, Zones};
