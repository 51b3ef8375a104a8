//! Exports to a file, for the command line.

use std::io::Write;

use super::clip::Clip;
use crate::base::{Error, Result};

/// Writes a whole clip; returns its bytes.
///
/// # Errors
/// What reading or writing says; a partly written file is the caller's to remove.
pub fn export(clip: &Clip, out: &mut dyn Write) -> Result<u64> {
    let mut failed = None;
    clip.body.walk(0, clip.body.bytes(), |chunk| match out.write_all(&chunk) {
        Ok(()) => true,
        Err(error) => {
            failed = Some(error);
            false
        }
    })?;
    match failed {
        Some(error) => Err(Error::io("cannot write the export", error)),
        None => out.flush().map(|()| clip.body.bytes()).map_err(|e| Error::io("cannot write the export", e)),
    }
}
