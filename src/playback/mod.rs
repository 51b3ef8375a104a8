//! Room **playback** (floor 3): from a range of time to bytes, with no decoder in between.
//!
//! What it is for: the fragment list of our own player, HLS, a plain MP4 of any range, the key-frame track for
//! scrubbing, the last second that is still in memory, live chunks, and exports to a file. All of them are slices
//! of what the recorder wrote, found in the catalogue's index; no file is opened to plan.
//!
//! What always holds:
//! - the same range over the same segments gives the same bytes, so that Range and ETag work on every answer;
//! - a plan begins at a random access point at or before the asked instant;
//! - files are read with positioned reads, a chunk at a time as the client takes them; whoever serves never waits for
//!   the disk: what is not in the page cache is read on a blocking thread;
//! - what is made in memory (key-frame tracks, plans of clips) has a greatest size, and two of each are made at once;
//! - a file that has gone meanwhile (retention) ends the body with an error, never with wrong bytes.
//!
//! It does not transcode, and knows nothing of HTTP, sessions or permissions.

mod body;
mod clip;
mod export;
mod hls;
mod keyframes;
mod list;
mod live;
mod plan;
mod service;
mod units;

pub use body::Slices;
pub use clip::Clip;
pub use export::{ExportLimits, ExportPlan, Exports, export};
pub use hls::{Links, Variant, iframe_playlist, master_playlist, media_playlist};
pub use keyframes::{KeyFrames, key_frame_at, key_frame_track};
pub use list::{ListedFragment, ListedSegment};
pub use live::{Chunk, LiveFeed};
pub use plan::{Placed, PlannedSegment};
pub use service::{Plan, Playback, Source, Tail};
pub use units::{units, units_to};
