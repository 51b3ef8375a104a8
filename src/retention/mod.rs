//! Room **retention** (floor 3): what stays, what goes, and the sweep that deletes it.
//!
//! What it is for: footage goes when its volume needs room, and when it is older than its stream's maximum. Each five
//! seconds, and at once when a recorder meets a full disk, a sweep looks at every volume: what it holds, what is free,
//! what comes in until the next sweep (`limits`, pure). What must go is chosen from the oldest footage of each stream
//! (`policy`, pure): first what nobody was promised, then, because recording must go on, the oldest of the rest. By age
//! nothing goes while the clock is doubted (`trust`, pure).
//!
//! What always holds:
//! - deleting is three steps (`sweep`): the rows are doomed, the files unlinked and their folders synced, the rows
//!   forgotten. A crash in between leaves doomed rows, and every sweep begins with those;
//! - held footage is never chosen, and the catalogue would refuse it;
//! - a batch is small, so that the catalogue's writer and the disk serve the recorders in between;
//! - doomed rows of a volume that is not there wait until it is: nothing is forgotten that may still be on a disk;
//! - deleting needs no free room: the catalogue has its own;
//! - footage of removed cameras goes like the rest;
//! - events, their cells and pictures go when no footage of their time is left: what footage there is decides, no clock.
//!
//! Words: a **shelf** is the footage of one stream on one volume. **Slack** is what may still come to a volume before
//! something has to go.
//!
//! It does not know cameras or pictures, ends locks whose time is over but places none, and never touches a growing file.

mod limits;
mod policy;
mod report;
mod rules;
mod sweep;
mod trust;

use std::time::Duration;

pub use report::{Report, Trouble, VolumeReport};
pub use sweep::Retention;
pub use trust::Doubt;

/// How often a sweep looks.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
