//! Room **record** (floor 3): from access units to sealed segments, and the account of every second.
//!
//! What it is for: one recorder per stream reads the hub, cuts segments and fragments (`segmenter`, pure), hands
//! them to the volume's writer thread, and tells the catalogue. The ledger keeps gap rows so that every second of an
//! enabled stream is footage or a gap with its cause. After a crash `recovery` finishes what was left open, `check`
//! tells whether all that should hold does, and `rebuild` makes a catalogue from the files alone.
//!
//! What always holds:
//! - a recorder never waits for the disk or the database: both have bounded queues, and when one is full a gap with
//!   its cause is noted and recording goes on at the next random access point;
//! - a fragment is handed over as soon as the picture after it has come, so that a kill costs less than a second;
//! - a segment's row is sealed only after its file, with its last byte, is synced;
//! - footage of a stream never overlaps, also when our clock was ahead and is set back (`future`).
//!
//! **The order of row and file.** The `open` row is queued when the file is begun and neither waits for the other, so
//! that a locked database costs no frame. A crash between the two leaves either an open row without a file (recovery
//! drops it) or a file without a row (recovery adopts it by its header): both are whole again afterwards.
//!
//! It does not know RTSP, HTTP or which footage may be deleted.

mod adoption;
mod cause;
mod check;
mod future;
mod ledger;
mod rebuild;
mod recorder;
mod recovery;
mod sealing;
mod segmenter;

pub use adoption::volume_row;
pub use check::{CheckedGap, CheckedMotion, CheckedStream, Invariant, Report, check};
pub use rebuild::{Rebuilt, rebuild};
pub use recorder::{RecordedStream, Recorder};
pub use recovery::{Recovered, recover, recover_volume};
