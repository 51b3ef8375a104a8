//! Who looks: a count of live views, and a bell for the thread that feeds them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Thread;

/// Counts the viewers of all streams. The thread that receives the streams sleeps longer while there are none; the
/// first one wakes it.
#[derive(Debug, Default)]
pub struct Audience {
    viewers: AtomicUsize,
    listener: OnceLock<Thread>,
}

impl Audience {
    /// Live views at the moment.
    pub fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    /// This thread is to be unparked when the first viewer comes. The first who says so stays.
    pub fn wakes(&self, thread: Thread) {
        // One runtime receives all streams of a hub; another would only learn of a viewer at its next look.
        let _ = self.listener.set(thread);
    }

    pub(super) fn come(&self) {
        let first = self.viewers.fetch_add(1, Ordering::Relaxed) == 0;
        if let Some(thread) = self.listener.get().filter(|_| first) {
            thread.unpark();
        }
    }

    pub(super) fn go(&self) {
        self.viewers.fetch_sub(1, Ordering::Relaxed);
    }
}
