//! Room **base** (floor 0): the words every other room is written in.
//!
//! Owns the wall clock, chrono and the spawning of tasks: nobody else names them. Everything here is small and
//! knows nothing of cameras, files or HTTP.
//!
//! What always holds:
//! - a [`Ticks`] is UTC at 90 kHz; local time exists only where a person reads it ([`Zone`]);
//! - time comes from a [`Clock`] that is handed in, so that tests can bend it;
//! - a [`Secret`] cannot be printed, compared by accident or serialised;
//! - every task is named, tracked and stopped through [`Tasks`].

mod cells;
mod clock;
mod error;
mod host;
mod ids;
mod networks;
mod polygon;
mod secret;
mod tasks;
mod ticks;
mod url;

pub use cells::{CELL_BYTES, CELLS, COLUMNS, Cells, ROWS};
pub use clock::{Clock, SharedClock, SimClock, SystemClock, Zone};
pub use error::{Error, Kind, Result};
pub use host::Host;
pub use ids::{
    BookmarkId, CameraId, DatabaseId, EventId, ExportId, LayoutId, LockId, SegmentId, ShareId, StreamId,
    StreamKey, StreamKind, VolumeId, ZoneId, fresh_uuid,
};
pub use networks::{CameraNetworks, Unreached};
pub use polygon::Polygon;
pub use secret::{Credentials, Secret, hex, random_digits, random_token};
pub use tasks::{Stop, Tasks};
pub use ticks::{TICKS_PER_SECOND, Ticks, TimeRange};
pub use url::RtspUrl;
