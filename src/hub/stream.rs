//! Streams of the hub, and the cursors of their readers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::watch;

use super::ring::{Limits, Ring};
use super::{Audience, MotionBoard, State, StreamStatus};
use crate::base::{StreamKey, Ticks};
use crate::media::{AccessUnit, Track};

/// All streams, by local key.
#[derive(Clone, Default, Debug)]
pub struct Hub {
    streams: Arc<RwLock<HashMap<StreamKey, Arc<Stream>>>>,
    audience: Arc<Audience>,
    motion: MotionBoard,
}

impl Hub {
    /// No streams yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The stream with this key, made when it is new.
    pub fn ensure(&self, key: StreamKey, limits: Limits, now: Ticks) -> Arc<Stream> {
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(Stream::new(limits, now, Arc::clone(&self.audience)));
        Arc::clone(streams.entry(key).or_insert_with(make))
    }

    /// The stream with this key.
    pub fn get(&self, key: StreamKey) -> Option<Arc<Stream>> {
        self.streams.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Forgets a stream; its readers end.
    pub fn remove(&self, key: StreamKey) {
        let gone = self.streams.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
        if let Some(stream) = gone {
            stream.close();
        }
    }

    /// Live views on any stream at the moment.
    pub fn viewers(&self) -> usize {
        self.audience.viewers()
    }

    /// Who looks, for the ingest runtime's pacing.
    pub fn audience(&self) -> Arc<Audience> {
        Arc::clone(&self.audience)
    }

    /// What moves now, by camera.
    pub fn motion(&self) -> &MotionBoard {
        &self.motion
    }

    /// Bytes of payload in all rings.
    pub fn bytes(&self) -> usize {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        streams.values().map(|s| s.ring().bytes()).sum()
    }
}

/// One stream: its ring and its status.
#[derive(Debug)]
pub struct Stream {
    ring: Mutex<Ring>,
    /// Number of the next unit; `u64::MAX` once the stream is gone.
    head: watch::Sender<u64>,
    status: watch::Sender<StreamStatus>,
    audience: Arc<Audience>,
    viewers: AtomicUsize,
}

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the newest random access point in memory: a picture at once.
    NewestKey,
    /// With the next unit that is published.
    Next,
}

/// What a reader gets.
#[derive(Clone, Debug)]
pub enum Item {
    /// The next unit.
    Unit(Arc<AccessUnit>),
    /// So many units were gone before they were read; the next one is a random access point.
    Missed(u64),
}

impl Stream {
    fn new(limits: Limits, now: Ticks, audience: Arc<Audience>) -> Self {
        Self {
            ring: Mutex::new(Ring::new(limits)),
            head: watch::Sender::new(0),
            status: watch::Sender::new(StreamStatus::new(State::Connecting, now)),
            audience,
            viewers: AtomicUsize::new(0),
        }
    }

    /// Live views on it at the moment.
    pub fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a unit to all readers. Never waits for one.
    pub fn publish(&self, unit: Arc<AccessUnit>) {
        let next = {
            let mut ring = self.ring();
            ring.push(unit);
            ring.next_number()
        };
        self.head.send_replace(next);
    }

    /// Empties the ring, when a session has ended: what is in it is no longer live.
    pub fn clear(&self) {
        self.ring().clear();
    }

    fn close(&self) {
        self.head.send_replace(u64::MAX);
    }

    /// A cursor of a reader that is no viewer, such as the recorder.
    pub fn subscribe(self: &Arc<Self>, start: Start) -> Subscription {
        self.cursor(start, false)
    }

    /// A cursor of somebody who looks; counted as a viewer while it lives.
    pub fn view(self: &Arc<Self>, start: Start) -> Subscription {
        self.viewers.fetch_add(1, Ordering::Relaxed);
        self.audience.come();
        self.cursor(start, true)
    }

    fn cursor(self: &Arc<Self>, start: Start, viewer: bool) -> Subscription {
        let head = self.head.subscribe();
        let ring = self.ring();
        let next = match start {
            Start::NewestKey => ring.newest_key().unwrap_or(ring.next_number()),
            Start::Next => ring.next_number(),
        };
        Subscription { stream: Arc::clone(self), head, next, needs_key: true, viewer }
    }

    /// All units in memory that start at or after `from`, oldest first.
    pub fn since(&self, from: Ticks) -> Vec<Arc<AccessUnit>> {
        let ring = self.ring();
        let all = (ring.oldest()..ring.next_number()).filter_map(|n| ring.get(n));
        all.filter(|u| u.start >= from).cloned().collect()
    }

    /// The latest status, and a way to wait for the next.
    pub fn status(&self) -> watch::Receiver<StreamStatus> {
        self.status.subscribe()
    }

    /// Changes the status; readers are woken only when it differs.
    pub fn set_status(&self, change: impl FnOnce(&mut StreamStatus)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }
}

/// A reader's cursor.
#[derive(Debug)]
pub struct Subscription {
    stream: Arc<Stream>,
    head: watch::Receiver<u64>,
    next: u64,
    /// Nothing is handed out before a random access point.
    needs_key: bool,
    viewer: bool,
}

impl Subscription {
    /// The next item; waits until there is one. `None` when the stream is gone.
    pub async fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.try_next() {
                return Some(item);
            }
            if *self.head.borrow() == u64::MAX || self.head.changed().await.is_err() {
                return None;
            }
        }
    }

    /// The next item if there is one already.
    pub fn try_next(&mut self) -> Option<Item> {
        let ring = self.stream.ring();
        if self.next < ring.oldest() {
            let resume = ring.newest_key().unwrap_or(ring.next_number());
            let missed = resume - self.next;
            self.next = resume;
            self.needs_key = true;
            return Some(Item::Missed(missed));
        }
        loop {
            let unit = ring.get(self.next)?;
            self.next += 1;
            if !self.needs_key || (unit.track == Track::Video && unit.random_access) {
                self.needs_key = false;
                return Some(Item::Unit(Arc::clone(unit)));
            }
        }
    }

    /// Units published and not yet read.
    pub fn behind(&self) -> u64 {
        self.stream.ring().next_number().saturating_sub(self.next)
    }

    /// Leaves out everything up to the newest random access point; returns the number left out, 0 when that point
    /// is already behind.
    pub fn skip_to_newest_key(&mut self) -> u64 {
        let newest = self.stream.ring().newest_key().filter(|k| *k > self.next);
        let skipped = newest.map_or(0, |k| k - self.next);
        self.next += skipped;
        skipped
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if self.viewer {
            self.stream.viewers.fetch_sub(1, Ordering::Relaxed);
            self.stream.audience.go();
        }
    }
}
