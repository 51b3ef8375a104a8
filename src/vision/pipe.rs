//! Our end of the socket pair to a worker: frames queued, written and read in as few calls as possible, never blocking.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::UnixStream;

use super::wire::{self, Malformed, Word};

/// Pieces given to the kernel at once; a unit is two.
const PIECES: usize = 64;
/// Read at once: a few grey pictures.
const READ: usize = 128 << 10;

pub(super) struct Pipe {
    socket: UnixStream,
    /// From the worker, not yet a whole word.
    received: BytesMut,
    unsent: VecDeque<Bytes>,
    /// Bytes in all.
    queued: u64,
    sent: u64,
}

impl Pipe {
    pub(super) fn new(socket: std::os::unix::net::UnixStream) -> io::Result<Self> {
        Ok(Self {
            socket: UnixStream::from_std(socket)?,
            received: BytesMut::with_capacity(READ),
            unsent: VecDeque::new(),
            queued: 0,
            sent: 0,
        })
    }

    /// Bytes that were ever queued: what is queued next begins there.
    pub(super) fn queued(&self) -> u64 {
        self.queued
    }

    /// Bytes that the kernel has taken.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes that wait here.
    pub(super) fn unsent_bytes(&self) -> u64 {
        self.queued - self.sent
    }

    /// To be sent behind what waits already; not copied until the kernel does.
    pub(super) fn queue(&mut self, piece: Bytes) {
        self.queued += piece.len() as u64;
        self.unsent.push_back(piece);
    }

    /// Waits until there is something to read, or room for what waits.
    pub(super) async fn moves(&self) -> io::Result<()> {
        let interest = match self.unsent.is_empty() {
            true => Interest::READABLE,
            false => Interest::READABLE | Interest::WRITABLE,
        };
        self.socket.ready(interest).await.map(|_| ())
    }

    /// Sends as much as the socket takes.
    pub(super) fn send(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            let pieces: Vec<IoSlice<'_>> = self.unsent.iter().take(PIECES).map(|b| IoSlice::new(b)).collect();
            let mut done = match self.socket.try_write_vectored(&pieces) {
                Ok(done) => done,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e),
            };
            self.sent += done as u64;
            while let Some(first) = self.unsent.front_mut() {
                if done < first.len() {
                    first.advance(done);
                    break;
                }
                done -= first.len();
                self.unsent.pop_front();
            }
        }
        Ok(())
    }

    /// Reads once; false when nothing is there now.
    ///
    /// # Errors
    /// Also at the end of what the worker says.
    pub(super) fn receive(&mut self) -> io::Result<bool> {
        if self.received.capacity() - self.received.len() < READ / 4 {
            self.received.reserve(READ);
        }
        match self.socket.try_read_buf(&mut self.received) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// The next whole word of what was read.
    pub(super) fn next_word(&mut self) -> Result<Option<Word>, Malformed> {
        wire::next_word(&mut self.received)
    }

    /// Nothing more will be sent: the worker reads the end of its input.
    pub(super) async fn finish(&mut self) {
        let _ = self.socket.shutdown().await;
    }
}
