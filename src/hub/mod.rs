//! Room **hub** (floor 1): where a stream's session meets its readers.
//!
//! Owns the memory of recent media: for each stream a ring of whole GOPs, bounded in bytes and time, and the latest
//! word on how the stream does ([`StreamStatus`]); for each camera the latest word on what moves ([`MotionBoard`]).
//!
//! What always holds:
//! - publishing takes one short lock, never waits for a reader, and copies no payload;
//! - a reader is a cursor ([`Subscription`]); one that is too slow is told how much it missed and goes on at the
//!   newest random access point, so that it never holds memory;
//! - what a reader gets first, and first after a loss, is a random access point;
//! - who only records does not count as a viewer: the [`Audience`] tells the ingest runtime whether anybody looks, and
//!   so whether it may look at its sockets in batches.
//!
//! It does not know sessions, files or browsers.

mod audience;
mod motion;
mod ring;
mod status;
mod stream;

pub use audience::Audience;
pub use motion::{Detection, DetectionMode, LiveActivity, MotionBoard};
pub use ring::Limits;
pub use status::{Picture, Reason, ReasonCode, State, StreamStatus};
pub use stream::{Hub, Item, Start, Stream, Subscription};
