//! lanewatch: a video recorder for the lanes of a village.

pub mod base;
pub mod hub;
pub mod ingest;
pub mod media;
