//! Reading one segment file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::media::ReadAt;

/// An open segment file; reads from any place, by any thread.
#[derive(Debug)]
pub struct SegmentReader {
    pub(super) file: File,
}

impl SegmentReader {
    /// Length of the file now, in bytes.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Appends up to `limit` bytes from `offset` to `buffer`, as far as the file goes; returns how many.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn read_onto(&self, offset: u64, limit: usize, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let before = buffer.len();
        while buffer.len() - before < limit {
            let done = buffer.len() - before;
            buffer.reserve(limit - done);
            let space = rustix::buffer::spare_capacity(buffer);
            let n = rustix::io::pread(&self.file, space, offset + done as u64)?;
            if n == 0 {
                break;
            }
        }
        // The allocator may have given more room than asked for, and the kernel filled it.
        buffer.truncate(before + limit);
        Ok(buffer.len() - before)
    }
}

impl ReadAt for SegmentReader {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match self.file.read_at(&mut buf[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}
