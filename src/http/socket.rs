//! A client's socket with patience: a deadline for each thing a client may dawdle over.
//!
//! hyper has one timer for "waiting for a request" and "reading its head"; a browser may take long over the first and
//! nobody honest over the second, so the two are told apart here, where the bytes arrive.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use futures::task::AtomicWaker;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::gate::Ticket;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// From a request's first byte to the end of its head; also from connecting to the first byte.
    pub(super) head: Duration,
    /// Between an answer and the next request.
    pub(super) idle: Duration,
    /// Without taking a single byte of an answer.
    pub(super) write: Duration,
}

/// Nothing of a request has come.
const IDLE: u8 = 0;
/// A head is coming.
const HEAD: u8 = 1;
/// A request is being answered; its body may be coming.
const BUSY: u8 = 2;
/// No longer HTTP: a WebSocket, whose handler looks after its own time.
const UPGRADED: u8 = 3;
/// HTTP/2: many requests at once. What comes may be of any of them, so it is time without progress that counts
/// ([`Phase::still`]).
const MANY: u8 = 4;

/// HTTP/2: a write of fewer bytes is no part of an answer, but one to a ping (RFC 9113 section 6.7).
const MOVES: usize = 128;

/// What the connection does, as seen by those who answer.
#[derive(Clone, Debug)]
pub(super) struct Phase(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    now: AtomicU8,
    /// Whoever waits for bytes: must look again when an answer is over, as hyper would not.
    reader: AtomicWaker,
    /// HTTP/2: requests that are being answered.
    open: AtomicUsize,
    begun: Instant,
    /// HTTP/2: milliseconds from `begun` to when something last went on.
    progress: AtomicU64,
}

impl Default for Phase {
    fn default() -> Self {
        Self(Arc::new(Shared {
            now: AtomicU8::new(IDLE),
            reader: AtomicWaker::new(),
            open: AtomicUsize::new(0),
            begun: Instant::now(),
            progress: AtomicU64::new(0),
        }))
    }
}

/// A request and its answer, until both are over.
#[derive(Debug)]
pub(super) struct Exchange(Phase);

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.answered();
    }
}

impl Phase {
    /// A head is complete.
    pub(super) fn request(&self) -> Exchange {
        if self.get() == MANY {
            self.0.open.fetch_add(1, Ordering::AcqRel);
            self.went_on();
        } else {
            self.0.now.store(BUSY, Ordering::Release);
        }
        Exchange(self.clone())
    }

    /// What came so far was no request: a handshake is over.
    pub(super) fn begin(&self) {
        self.0.now.store(IDLE, Ordering::Release);
    }

    /// What follows is HTTP/2.
    pub(super) fn many(&self) {
        self.0.now.store(MANY, Ordering::Release);
        self.went_on();
    }

    /// HTTP/2: requests that are being answered.
    pub(super) fn open(&self) -> usize {
        self.0.open.load(Ordering::Acquire)
    }

    /// HTTP/2: for how long nothing went on: no request came and no answer moved.
    pub(super) fn still(&self) -> Duration {
        let progress = Duration::from_millis(self.0.progress.load(Ordering::Acquire));
        self.0.begun.elapsed().saturating_sub(progress)
    }

    fn went_on(&self) {
        self.0.progress.store(self.0.begun.elapsed().as_millis() as u64, Ordering::Release);
    }

    /// The connection will be something else after this answer.
    pub(super) fn upgraded(&self) {
        self.0.now.store(UPGRADED, Ordering::Release);
    }

    fn answered(&self) {
        if self.get() == MANY {
            self.0.open.fetch_sub(1, Ordering::AcqRel);
            self.went_on();
        }
        // An upgrade stays one.
        if self.change(BUSY, IDLE) {
            self.0.reader.wake();
        }
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.0.now.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn get(&self) -> u8 {
        self.0.now.load(Ordering::Acquire)
    }
}

/// The socket. It holds the connection's ticket, as an upgraded socket outlives the HTTP part.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    phase: Phase,
    patience: Patience,
    reading: Pin<Box<Sleep>>,
    /// The phase that `reading` was set for.
    set_for: u8,
    /// Runs while the client takes nothing.
    writing: Option<Pin<Box<Sleep>>>,
    _ticket: Ticket,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, phase: Phase, patience: Patience, ticket: Ticket) -> Self {
        let reading = Box::pin(sleep(patience.head));
        Self { stream, phase, patience, reading, set_for: IDLE, writing: None, _ticket: ticket }
    }

    fn wait_for_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.phase.0.reader.register(cx.waker());
        let phase = self.phase.get();
        if phase != self.set_for {
            self.set_for = phase;
            let patience = if phase == HEAD { self.patience.head } else { self.patience.idle };
            self.reading.as_mut().reset(Instant::now() + patience);
        }
        if phase >= BUSY {
            return Poll::Pending;
        }
        ready!(self.reading.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client sent no complete request in time",
        )))
    }

    fn wrote(&mut self, done: &Poll<io::Result<usize>>) {
        self.writing = None;
        // What was handed over whole is still on its way to a slow client.
        if matches!(done, Poll::Ready(Ok(bytes)) if *bytes >= MOVES) && self.phase.get() == MANY {
            self.phase.went_on();
        }
    }

    fn wait_for_write<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let writing = self.writing.get_or_insert_with(|| Box::pin(sleep(self.patience.write)));
        ready!(writing.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read its answer")))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(done) => {
                if buf.filled().len() > before && self.phase.change(IDLE, HEAD) {
                    self.set_for = HEAD;
                    let deadline = Instant::now() + self.patience.head;
                    self.reading.as_mut().reset(deadline);
                }
                Poll::Ready(done)
            }
            Poll::Pending => self.wait_for_read(cx),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, buf) {
            Poll::Pending => self.wait_for_write(cx),
            done => {
                self.wrote(&done);
                done
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(cx, bufs) {
            Poll::Pending => self.wait_for_write(cx),
            done => {
                self.wrote(&done);
                done
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// An answer's body that says when the answer is over.
pub(super) struct AnswerBody {
    body: Body,
    exchange: Exchange,
}

impl AnswerBody {
    pub(super) fn new(body: Body, exchange: Exchange) -> Self {
        Self { body, exchange }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // HTTP/2 asks for more only when the client has room for it.
        self.exchange.0.went_on();
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn among_many_requests_it_is_progress_that_counts() {
        let phase = Phase::default();
        phase.many();
        let one = phase.request();
        advance(Duration::from_secs(40)).await;
        assert_eq!((phase.open(), phase.still()), (1, Duration::from_secs(40)));
        let two = phase.request();
        assert_eq!((phase.open(), phase.still()), (2, Duration::ZERO));
        advance(Duration::from_secs(5)).await;
        drop(one);
        assert_eq!((phase.open(), phase.still()), (1, Duration::ZERO));
        drop(two);
        assert_eq!(phase.open(), 0);
    }

    #[tokio::test]
    async fn one_request_after_another_is_told_as_before() {
        let phase = Phase::default();
        let exchange = phase.request();
        assert_eq!(phase.get(), BUSY);
        drop(exchange);
        assert_eq!(phase.get(), IDLE);
        let exchange = phase.request();
        phase.upgraded();
        drop(exchange);
        assert_eq!(phase.get(), UPGRADED);
    }
}
