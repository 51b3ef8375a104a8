//! Room **detect** (floor 3): what moves.

mod motion;
mod sheet;
mod tamper;
mod tracker;
mod zones;

#[cfg(test)]
mod motion_tests;
#[cfg(test)]
mod scene_tests;

pub use motion::{Activity, Bounds, Detector, Frame, Mover, State, picture_size};
pub use sheet::Sheet;
pub use tamper::{Tamper, TamperWatch, Verdict};
pub use tracker::{Change, Event, Moment, Settings, Tracker};
pub use zones::{AlertZone, Sensitivity, Zones};
