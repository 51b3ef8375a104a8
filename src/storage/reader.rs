//! Reading one segment file.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt;

use rustix::io::{Errno, ReadWriteFlags};

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

    /// Fills `buf` from `offset` with what the page cache holds; returns the bytes read, fewer or none when the disk
    /// would have to be waited for.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn read_cached(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let wanted = &mut [IoSliceMut::new(buf)];
        match rustix::io::preadv2(&self.file, wanted, offset, ReadWriteFlags::NOWAIT) {
            // Not there; or a file system that cannot tell.
            Err(Errno::AGAIN | Errno::INTR | Errno::OPNOTSUPP) => Ok(0),
            done => Ok(done?),
        }
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
