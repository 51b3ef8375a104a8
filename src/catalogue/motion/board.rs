//! The minutes that are not in the file yet: the running one of each camera, and those on their way.
//!
//! Reads lay them over the rows, so that a motion is found within the second in which it happened, while the file is
//! written once a minute. A crash takes the running minute; its events are in the catalogue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pack::Minute;
use super::{MINUTE, minute_of};
use crate::base::{CameraId, Cells, TICKS_PER_SECOND, Ticks};

/// Minutes of one camera that may wait for the file; older ones are given up. Longer than any disk takes to answer.
const WAITING: usize = 10;

/// A minute of one camera that is complete.
#[derive(Clone, Debug)]
pub(in crate::catalogue) struct Sealed {
    /// Whose.
    pub(super) camera: CameraId,
    /// Number of the minute since 1970.
    pub(super) number: i64,
    /// What moved.
    pub(super) cells: Arc<Minute>,
}

#[derive(Debug, Default)]
struct Ahead {
    running: Option<(i64, Minute)>,
    waiting: Vec<Sealed>,
}

/// Handle; memory only, cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Mutex<HashMap<CameraId, Ahead>>>);

impl Board {
    /// Adds what moved at an instant (also nothing: somebody looked). Answers the minute before, when this begins
    /// another one; it stays on the board until it is [settled](Self::settle).
    pub(super) fn add(&self, camera: CameraId, at: Ticks, cells: Cells) -> Option<Sealed> {
        let number = minute_of(at);
        let mut board = self.lock();
        let ahead = board.entry(camera).or_default();
        let sealed = match &ahead.running {
            Some((running, _)) if *running != number => ahead.seal(camera),
            _ => None,
        };
        let second = (at.0.rem_euclid(MINUTE) / TICKS_PER_SECOND) as usize;
        ahead.running.get_or_insert_with(|| (number, Minute::default())).1.add(second, cells);
        sealed
    }

    /// Ends the running minutes that lie before an instant: nothing came since. All of them, when it is `None`.
    pub(super) fn seal_before(&self, at: Option<Ticks>) -> Vec<Sealed> {
        let old = |ahead: &Ahead| {
            ahead.running.as_ref().is_some_and(|(n, _)| at.is_none_or(|at| *n < minute_of(at)))
        };
        let mut board = self.lock();
        let ended = board.iter_mut().filter(|(_, ahead)| old(ahead));
        ended.filter_map(|(camera, ahead)| ahead.seal(*camera)).collect()
    }

    /// It is in the file, or will never be.
    pub(super) fn settle(&self, sealed: &Sealed) {
        if let Some(ahead) = self.lock().get_mut(&sealed.camera) {
            ahead.waiting.retain(|waiting| !Arc::ptr_eq(&waiting.cells, &sealed.cells));
        }
    }

    /// A camera's minutes that are not in the file, within a range of numbers; the same number may come twice.
    pub(super) fn within(&self, camera: CameraId, numbers: std::ops::Range<i64>) -> Vec<(i64, Arc<Minute>)> {
        let board = self.lock();
        let Some(ahead) = board.get(&camera) else { return Vec::new() };
        let waiting = ahead.waiting.iter().map(|sealed| (sealed.number, Arc::clone(&sealed.cells)));
        let running = ahead.running.iter().map(|(number, minute)| (*number, Arc::new(minute.clone())));
        waiting.chain(running).filter(|(number, _)| numbers.contains(number)).collect()
    }

    /// Minutes of all cameras that are complete and not in the file.
    pub(super) fn waiting(&self) -> usize {
        self.lock().values().map(|ahead| ahead.waiting.len()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CameraId, Ahead>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ahead {
    fn seal(&mut self, camera: CameraId) -> Option<Sealed> {
        let (number, minute) = self.running.take()?;
        let sealed = Sealed { camera, number, cells: Arc::new(minute) };
        if self.waiting.len() >= WAITING {
            self.waiting.remove(0);
        }
        self.waiting.push(sealed.clone());
        Some(sealed)
    }
}
