//! Exports: footage to be taken away, as recorded, without a decoder.
//!
//! One stretch without a gap is one MP4. Anything else is a zip with an MP4 for each stretch without a gap, so that a
//! place in a file is a time on the wall and nothing looks continuous that is not; beside them a manifest, the sums, and
//! a page that proves the files without a network.
//!
//! They are made one after another by a thread that gives way: it reads in small pieces, waits while the recorder has
//! writing to do, and stops before the disk is so full that footage would have to go in a hurry.

mod bundle;
mod cut;
mod file;
mod names;
mod service;
mod upkeep;

use std::io::Write;

pub use service::{ExportLimits, ExportPlan, Exports};

use super::clip::Clip;
use crate::base::{Error, Result};

/// Writes a whole clip, for the command line; returns its bytes.
///
/// # Errors
/// What reading or writing says; a partly written file is the caller's to remove.
pub fn export(clip: &Clip, out: &mut dyn Write) -> Result<u64> {
    let failed = |e| Error::io("cannot write the export", e);
    clip.body.for_each(|chunk| out.write_all(chunk).map_err(failed))?;
    out.flush().map_err(failed)?;
    Ok(clip.body.bytes())
}
