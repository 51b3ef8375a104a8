//! Room **detect** (floor 3): what moves.

mod motion;

pub use motion::{Activity, Bounds, Detector, Frame, Mover, State, picture_size};
