//! A caller's end: one stream's decoder in a worker.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{Picture, Trouble, Want};
use crate::base::StreamKey;
use crate::media::{AccessUnit, Track};

/// What a decoder asks of its slot.
#[derive(Debug)]
pub(super) enum Job {
    Unit { channel: u32, stream: StreamKey, unit: Arc<AccessUnit>, want: Want, reply: Reply },
    Drain { channel: u32, stream: StreamKey, reply: Reply },
    Close { channel: u32 },
}

/// Where an answer goes; dropped without one it says [`Trouble::Restarted`]. The unit is under way until then.
#[derive(Debug)]
pub(super) struct Reply {
    to: oneshot::Sender<Result<Option<Picture>, Trouble>>,
    _credit: OwnedSemaphorePermit,
}

impl Reply {
    pub(super) fn send(self, result: Result<Option<Picture>, Trouble>) {
        // Who asked may have gone.
        let _ = self.to.send(result);
    }
}

/// What the decoders of a slot count together.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) decoders: AtomicUsize,
    pub(super) busy: AtomicU64,
}

/// One stream's decoder. Give it the stream's units in order; the first, and the first after trouble, a key frame.
/// New parameters open a new decoder by themselves. Dropping it frees its memory in the worker.
#[derive(Debug)]
pub struct Decoder {
    stream: StreamKey,
    channel: u32,
    jobs: mpsc::Sender<Job>,
    credits: Arc<Semaphore>,
    tally: Arc<Tally>,
}

impl Decoder {
    pub(super) fn new(
        stream: StreamKey,
        channel: u32,
        jobs: mpsc::Sender<Job>,
        in_flight: usize,
        tally: Arc<Tally>,
    ) -> Self {
        tally.decoders.fetch_add(1, Ordering::Relaxed);
        Self { stream, channel, jobs, credits: Arc::new(Semaphore::new(in_flight)), tally }
    }

    /// Whose pictures these are.
    pub fn stream(&self) -> StreamKey {
        self.stream
    }

    /// Waits until a unit more may be sent; as long as no worker can be started that may be for ever.
    pub async fn ready(&self) {
        let _ = self.credits.acquire().await;
    }

    /// Sends a unit and returns at once. Several may be under way; their answers come in order.
    ///
    /// # Errors
    /// [`Trouble::Busy`] when too many are under way, [`Trouble::Unsupported`] for sound, [`Trouble::Stopped`]. All other
    /// trouble comes with the answer.
    pub fn submit(&self, unit: &Arc<AccessUnit>, want: Want) -> Result<Answer, Trouble> {
        let credit = Arc::clone(&self.credits).try_acquire_owned().map_err(|_| self.busy())?;
        self.send_unit(unit, want, credit)
    }

    /// Sends a unit as soon as there is room, and waits for what comes of it: the picture, or `None` when none was wanted
    /// or the decoder keeps it for now. A decoder of a stream with reordered pictures gives a picture with a later unit, but
    /// key frames that are sent alone from the second on at once; [`super::Grey::at`] says whose it is.
    ///
    /// # Errors
    /// As [`Trouble`] says. [`Trouble::Restarted`] and [`Trouble::NeedsKey`] ask for the GOP from its start, the pictures
    /// known already as [`Want::Reference`].
    pub async fn decode(&self, unit: &Arc<AccessUnit>, want: Want) -> Result<Option<Picture>, Trouble> {
        let credit = Arc::clone(&self.credits).acquire_owned().await.map_err(|_| Trouble::Stopped)?;
        self.send_unit(unit, want, credit)?.await
    }

    /// At the end of a clip: the next picture that the decoder still holds, `None` when that was all. Afterwards it needs a
    /// key frame.
    ///
    /// # Errors
    /// As [`Trouble`] says.
    pub async fn drain(&self) -> Result<Option<Picture>, Trouble> {
        let credit = Arc::clone(&self.credits).acquire_owned().await.map_err(|_| Trouble::Stopped)?;
        let (channel, stream) = (self.channel, self.stream);
        self.send(credit, |reply| Job::Drain { channel, stream, reply })?.await
    }

    fn send_unit(
        &self,
        unit: &Arc<AccessUnit>,
        want: Want,
        credit: OwnedSemaphorePermit,
    ) -> Result<Answer, Trouble> {
        if unit.track != Track::Video {
            return Err(Trouble::Unsupported("sound has no pictures".to_owned()));
        }
        let (channel, stream, unit) = (self.channel, self.stream, Arc::clone(unit));
        self.send(credit, |reply| Job::Unit { channel, stream, unit, want, reply })
    }

    fn send(&self, credit: OwnedSemaphorePermit, job: impl FnOnce(Reply) -> Job) -> Result<Answer, Trouble> {
        let (to, answer) = oneshot::channel();
        match self.jobs.try_send(job(Reply { to, _credit: credit })) {
            Ok(()) => Ok(Answer(answer)),
            Err(TrySendError::Full(_)) => Err(self.busy()),
            Err(TrySendError::Closed(_)) => Err(Trouble::Stopped),
        }
    }

    fn busy(&self) -> Trouble {
        self.tally.busy.fetch_add(1, Ordering::Relaxed);
        Trouble::Busy
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.tally.decoders.fetch_sub(1, Ordering::Relaxed);
        // The queue has room for this beside all units that may be under way; if not, the next restart frees it.
        let _ = self.jobs.try_send(Job::Close { channel: self.channel });
    }
}

/// What will come of a unit; see [`Decoder::decode`]. May be dropped: the unit is decoded all the same.
#[derive(Debug)]
#[must_use = "the picture comes out of it"]
pub struct Answer(oneshot::Receiver<Result<Option<Picture>, Trouble>>);

impl Future for Answer {
    type Output = Result<Option<Picture>, Trouble>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).unwrap_or(Err(Trouble::Restarted)))
    }
}
