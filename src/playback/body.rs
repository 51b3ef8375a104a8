//! Bodies made of memory and file slices. What the page cache holds is read where the answer is written, without a
//! hand-over between threads; what has to come from the disk is read on a blocking thread.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::stream::{self, Stream};

use crate::base::{Error, Kind, Result};
use crate::media::{FileSlice, ReadAt};
use crate::storage::SegmentReader;

/// Bytes of a chunk, and what one slow client holds: so small that it is still in the processor's cache when the
/// socket takes it, so large that system calls do not count.
const CHUNK: usize = 256 << 10;
/// After so many bytes without a wait the thread's other tasks have their turn.
const TURN: u64 = 1 << 20;
/// Chunks that are kept to be filled again: the one in the socket's queue and the next.
const SPARE: usize = 2;

/// Where a file of a plan is opened: at its first byte, so that an hour's clip does not open sixty files at once.
pub(super) type Opener = Arc<dyn Fn(usize) -> Result<SegmentReader> + Send + Sync>;

/// Bytes in order: first `head`, then the slices.
#[derive(Clone)]
pub struct Slices {
    head: Bytes,
    parts: Arc<[Part]>,
    bytes: u64,
    open: Opener,
}

/// A slice and where it lies in the body.
#[derive(Clone, Copy, Debug)]
struct Part {
    at: u64,
    slice: FileSlice,
}

impl std::fmt::Debug for Slices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slices")
            .field("bytes", &self.bytes)
            .field("slices", &self.parts.len())
            .finish_non_exhaustive()
    }
}

impl Slices {
    pub(super) fn new(head: Bytes, slices: Vec<FileSlice>, open: Opener) -> Self {
        let mut bytes = head.len() as u64;
        let place = |slice: FileSlice| {
            let at = bytes;
            bytes += slice.bytes;
            Part { at, slice }
        };
        let parts = slices.into_iter().map(place).collect();
        Self { head, parts, bytes, open }
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Memory it takes.
    pub(super) fn memory(&self) -> usize {
        self.head.len() + std::mem::size_of_val(&*self.parts)
    }

    /// The bytes from `from` to before `to` (both within [`bytes`](Self::bytes)) as a stream of chunks. Reading stops
    /// when the stream is dropped.
    pub fn read(&self, from: u64, to: u64) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        let reading = Reading { cursor: self.cursor(from, to), spare: Arc::default(), unbroken: 0 };
        stream::unfold(Some(reading), async |reading| reading?.next().await)
    }

    /// Hands over all bytes in order, on a thread that may wait; ends early when `take` fails.
    pub(super) fn for_each(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut cursor = self.cursor(0, self.bytes);
        let mut chunk = Chunk::new(Arc::default(), CHUNK);
        if let Some(head) = cursor.head() {
            take(&head)?;
        }
        while cursor.left() > 0 {
            chunk.filled = 0;
            cursor.fill(&mut chunk, Patience::Wait)?;
            take(chunk.as_ref())?;
        }
        Ok(())
    }

    fn cursor(&self, from: u64, to: u64) -> Cursor {
        let part = self.parts.partition_point(|p| p.at + p.slice.bytes <= from);
        Cursor { slices: self.clone(), at: from, to, part, opened: None }
    }
}

/// Whether a read may wait for the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Only what is in memory already.
    None,
    Wait,
}

/// A place in a body.
struct Cursor {
    slices: Slices,
    at: u64,
    to: u64,
    /// The part that `at` lies in, once the head is passed.
    part: usize,
    opened: Option<(usize, SegmentReader)>,
}

impl Cursor {
    fn left(&self) -> u64 {
        self.to - self.at
    }

    /// What is wanted of the head, once.
    fn head(&mut self) -> Option<Bytes> {
        let head = &self.slices.head;
        let end = self.to.min(head.len() as u64);
        let wanted = (self.at < end).then(|| head.slice(self.at as usize..end as usize))?;
        self.at = end;
        Some(wanted)
    }

    /// Reads on until the chunk is full or the body ends; `false` when it stopped before because of its patience.
    fn fill(&mut self, chunk: &mut Chunk, patience: Patience) -> Result<bool> {
        while self.left() > 0 && !chunk.room().is_empty() {
            let Part { at, slice } = self.slices.parts[self.part];
            let done = self.at - at;
            let want = (slice.bytes - done).min(self.left()).min(chunk.room().len() as u64) as usize;
            let (place, room) = (slice.offset + done, &mut chunk.room()[..want]);
            let read = match (&self.opened, patience) {
                (Some((file, reader)), Patience::None) if *file == slice.file => {
                    reader.read_cached(place, room)
                }
                (_, Patience::None) => return Ok(false),
                (Some((file, reader)), Patience::Wait) if *file == slice.file => reader.read_at(place, room),
                (_, Patience::Wait) => {
                    let opened = (self.slices.open)(slice.file)?;
                    self.opened.insert((slice.file, opened)).1.read_at(place, room)
                }
            };
            let read = read.map_err(|e| Error::io("cannot read footage", e))?;
            chunk.filled += read;
            self.at += read as u64;
            if done + read as u64 == slice.bytes {
                self.part += 1;
            }
            if read < want {
                if patience == Patience::None {
                    return Ok(false);
                }
                return Err(Error::new(
                    Kind::Corrupt,
                    "a footage file is shorter than the catalogue says; run lanewatch check",
                ));
            }
        }
        Ok(true)
    }
}

/// A body on its way to a client.
struct Reading {
    cursor: Cursor,
    spare: Arc<Spare>,
    /// Bytes since the last wait.
    unbroken: u64,
}

impl Reading {
    /// The next chunk, and what is needed for those after it; an error is the last.
    async fn next(mut self) -> Option<(Result<Bytes>, Option<Self>)> {
        if let Some(head) = self.cursor.head() {
            return Some((Ok(head), Some(self)));
        }
        if self.cursor.left() == 0 {
            return None;
        }
        if self.unbroken >= TURN {
            self.unbroken = 0;
            tokio::task::yield_now().await;
        }
        let mut chunk = Chunk::new(Arc::clone(&self.spare), self.cursor.left().min(CHUNK as u64) as usize);
        let mut filled = self.cursor.fill(&mut chunk, Patience::None);
        if matches!(filled, Ok(false)) {
            self.unbroken = 0;
            let patient = tokio::task::spawn_blocking(move || {
                let filled = self.cursor.fill(&mut chunk, Patience::Wait);
                (self, chunk, filled)
            });
            match patient.await {
                Ok(done) => (self, chunk, filled) = done,
                Err(e) => {
                    return Some((
                        Err(Error::internal("reading footage ended unexpectedly").because(e)),
                        None,
                    ));
                }
            }
        }
        self.unbroken += chunk.filled as u64;
        Some(match filled {
            Ok(_) => (Ok(Bytes::from_owner(chunk)), Some(self)),
            Err(error) => (Err(error), None),
        })
    }
}

/// Buffers of one body that no chunk has at the moment.
#[derive(Default)]
struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    fn buffers(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A buffer that is filled and sent, and then filled again: fresh memory would cost as much as the reading.
struct Chunk {
    buffer: Vec<u8>,
    filled: usize,
    spare: Arc<Spare>,
}

impl Chunk {
    fn new(spare: Arc<Spare>, bytes: usize) -> Self {
        let used = spare.buffers().pop();
        let mut buffer = used.unwrap_or_default();
        buffer.resize(bytes, 0);
        Self { buffer, filled: 0, spare }
    }

    fn room(&mut self) -> &mut [u8] {
        &mut self.buffer[self.filled..]
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let mut buffers = self.spare.buffers();
        if buffers.len() < SPARE {
            buffers.push(std::mem::take(&mut self.buffer));
        }
    }
}
