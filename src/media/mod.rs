//! Room **media** (floor 1): what a picture, its parameters and our files are made of. Values in, bytes out.
//!
//! Owns box and NAL bytes: nobody else reads or writes one.
//!
//! **The file.** One fragmented MP4 (ISO/IEC 14496-12) per segment:
//!
//! ```text
//! ftyp  moov[ … elst, uuid: file header ]  { moof mdat uuid: link }…  [ uuid: sample table ]
//! ```
//!
//! - Every decode time (`tfdt`) is absolute: 90 kHz ticks since 1970. The same bytes on disk therefore serve live
//!   view, playback by byte range and HLS without a patch, and a lone file says when it was filmed. The edit list
//!   in a file's `moov` takes its start back to zero for ordinary players.
//! - The file header names database, camera, stream, segment and start, so that the catalogue can be rebuilt.
//! - A link follows every fragment: its number, its length and the BLAKE3 hash chained over the previous link.
//!   A torn tail ends at the last good link; a changed byte breaks the chain at a known second.
//! - The sample table stands at the end of a sealed file and saves reading every `moof` again for an export.
//!
//! What always holds: fragments hold whole access units; the first sample of a fragment is a random access point
//! exactly when its index entry has `key_bytes > 0`; video samples stand before audio samples in `mdat`; the size of
//! everything before the first sample follows from the two sample counts ([`FragmentEntry::header_bytes`]).
//!
//! It does not read files by itself (a [`ReadAt`] is handed in), keep state, or know about streams' lives.

mod boxes;
mod fragment;
mod header;
mod index;
mod init;
mod link;
mod nal;
mod parameters;
mod progressive;
mod scan;
mod table;
mod unit;

pub use fragment::{FragmentBuilder, Sample, sample_fragment};
pub use header::FileHeader;
pub use index::{FragmentEntry, FragmentIndex};
pub use init::{file_init, init_segment};
pub use link::{Chain, LINK_BYTES};
pub use nal::{NalSummary, summarize};
pub use parameters::{AudioParameters, Codec, Parameters, ParametersHash, VideoParameters};
pub use progressive::{FileSlice, Progressive, ProgressiveBuilder};
pub use scan::{ReadAt, Scan, ScannedFragment, fragment_samples, init_parameters, scan};
pub use table::{FragmentSamples, SampleSize, SampleTable};
pub use unit::{AccessUnit, Track};
