//! Room **detect** (floor 3): what moves.

mod motion;
mod sheet;
mod tracker;
mod zones;

pub use motion::{Activity, Bounds, Detector, Frame, Mover, State, picture_size};
pub use sheet::Sheet;
pub use tracker::{Change, Event, Moment, Settings, Tracker};
pub use zones::{AlertZone, Sensitivity, Zones};
