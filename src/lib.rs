//! lanewatch: a video recorder for the lanes of a village.

pub mod base;
pub mod config;
pub mod hub;
pub mod media;
