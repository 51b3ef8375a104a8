//! Exports to a file, for the command line.

use std::io::Write;

use super::clip::Clip;
use crate::base::{Error, Result};

/// Writes a whole clip; returns its bytes.
///
/// # Errors
/// What reading or writing says; a partly written file is the caller's to remove.
pub fn export(clip: &Clip, out: &mut dyn Write) -> Result<u64> {
    let failed = |e| Error::io("cannot write the export", e);
    clip.body.for_each(|chunk| out.write_all(chunk).map_err(failed))?;
    out.flush().map_err(failed)?;
    Ok(clip.body.bytes())
}
