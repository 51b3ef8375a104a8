//! Bodies made of memory and file slices, read on a blocking thread a little ahead of the client.

use bytes::{Bytes, BytesMut};
use futures::Stream;
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc;

use crate::base::{Error, Kind, Result};
use crate::media::FileSlice;
use crate::storage::SegmentReader;

/// Chunks that may wait for the client: what one slow client can hold is this times [`CHUNK`].
pub const READ_AHEAD: usize = 2;
/// Bytes of a chunk: large enough that the hand-over between threads does not count.
const CHUNK: usize = 512 << 10;
/// Bodies up to this size are read in one go.
const SMALL: u64 = 128 << 10;

/// Where a file of a plan is opened: at its first byte, so that an hour's clip does not open sixty files at once.
pub(super) type Opener = std::sync::Arc<dyn Fn(usize) -> Result<SegmentReader> + Send + Sync>;

/// Bytes in order: first `head`, then the slices.
#[derive(Clone)]
pub struct Slices {
    head: Bytes,
    slices: std::sync::Arc<[FileSlice]>,
    bytes: u64,
    open: Opener,
}

impl std::fmt::Debug for Slices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slices")
            .field("bytes", &self.bytes)
            .field("slices", &self.slices.len())
            .finish_non_exhaustive()
    }
}

impl Slices {
    pub(super) fn new(head: Bytes, slices: Vec<FileSlice>, open: Opener) -> Self {
        let bytes = head.len() as u64 + slices.iter().map(|s| s.bytes).sum::<u64>();
        Self { head, slices: slices.into(), bytes, open }
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The bytes from `from` to before `to` (both within [`bytes`](Self::bytes)) as a stream of chunks. Reading stops
    /// when the stream is dropped.
    pub fn read(&self, from: u64, to: u64) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        let slices = self.clone();
        let (send, receive) = mpsc::channel(READ_AHEAD);
        if to - from <= SMALL {
            let read = tokio::task::spawn_blocking(move || {
                let mut all = BytesMut::with_capacity((to - from) as usize);
                slices.walk(from, to, |chunk| {
                    all.extend_from_slice(&chunk);
                    true
                })?;
                Ok(all.freeze())
            });
            let flat = |joined: Result<Result<Bytes>, tokio::task::JoinError>| {
                joined.map_err(|e| Error::internal("reading footage ended unexpectedly").because(e)).flatten()
            };
            return stream::once(read).map(flat).boxed();
        }
        // Ends by itself: either all is sent, or the receiver is gone.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = slices.walk(from, to, |chunk| send.blocking_send(Ok(chunk)).is_ok()) {
                let _ = send.blocking_send(Err(error));
            }
        });
        stream::unfold(receive, |mut receive| async move { receive.recv().await.map(|item| (item, receive)) })
            .boxed()
    }

    /// Calls `take` with one chunk after the other until it says false.
    pub(super) fn walk(&self, from: u64, to: u64, mut take: impl FnMut(Bytes) -> bool) -> Result<()> {
        let mut at = self.head.len() as u64;
        if from < at && !take(self.head.slice(from as usize..to.min(at) as usize)) {
            return Ok(());
        }
        let mut opened: Option<(usize, SegmentReader)> = None;
        let mut buffer = Vec::new();
        for slice in self.slices.iter() {
            let (mut done, end) = (at.max(from), (at + slice.bytes).min(to));
            while done < end {
                let reader = match &opened {
                    Some((file, reader)) if *file == slice.file => reader,
                    _ => &opened.insert((slice.file, (self.open)(slice.file)?)).1,
                };
                if buffer.is_empty() {
                    buffer = Vec::with_capacity(CHUNK.min((to - done) as usize));
                }
                let want = ((end - done) as usize).min(CHUNK - buffer.len());
                let read = reader.read_onto(slice.offset + (done - at), want, &mut buffer);
                if read.map_err(|e| Error::io("cannot read footage", e))? < want {
                    return Err(Error::new(
                        Kind::Corrupt,
                        "a footage file is shorter than the catalogue says; run lanewatch check",
                    ));
                }
                done += want as u64;
                if buffer.len() == CHUNK && !take(std::mem::take(&mut buffer).into()) {
                    return Ok(());
                }
            }
            at += slice.bytes;
            if at >= to {
                break;
            }
        }
        if !buffer.is_empty() {
            take(buffer.into());
        }
        Ok(())
    }
}
