//! Running region searches: who asked, what was found so far, how far it has got. In memory, bounded, each a task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use super::App;
use super::caller::{Caller, Playback};
use super::error::{Answer, Code, Problem};
use crate::auth::Identity;
use crate::base::{CameraId, Cells, Stop, TICKS_PER_SECOND, Tasks, Ticks, TimeRange, fresh_uuid};
use crate::catalogue::{MotionHit, MotionSearch};

/// Searches that one session may have: one for each of some tabs.
const PER_CALLER: usize = 4;
/// And all together.
const IN_ALL: usize = 64;
/// One that nobody has asked about for so long is forgotten.
const FORGOTTEN: i64 = 600 * TICKS_PER_SECOND;
/// Hits that are kept: more than anybody looks through.
const HITS: usize = 5000;

/// Where a search is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Done,
    Failed,
}

/// How far a search has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) state: State,
    /// Everything from here on has been looked at.
    pub(super) scanned_until: Ticks,
    pub(super) hits: usize,
    /// There were more hits than are kept.
    pub(super) truncated: bool,
}

/// What is searched for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) camera: CameraId,
    pub(super) range: TimeRange,
    pub(super) region: Cells,
    pub(super) least: u32,
}

/// One search.
pub(super) struct Search {
    pub(super) id: Uuid,
    pub(super) wanted: Wanted,
    owner: Identity,
    /// Steady clock.
    asked: Mutex<i64>,
    hits: Mutex<Vec<MotionHit>>,
    progress: watch::Sender<Progress>,
    stop: Stop,
}

impl Search {
    pub(super) fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Ticks with each reading, and at the end.
    pub(super) fn follow(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Hits from a position on, at most so many.
    pub(super) fn hits(&self, from: usize, limit: usize) -> Vec<MotionHit> {
        let hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        hits.iter().skip(from).take(limit).copied().collect()
    }

    async fn run(self: Arc<Self>, search: MotionSearch, turns: Arc<Semaphore>) {
        tokio::select! {
            () = self.stop.wait() => {}
            () = self.read(search, &turns) => {}
        }
    }

    async fn read(&self, mut search: MotionSearch, turns: &Semaphore) {
        loop {
            let found = {
                // It is never closed; and what is read without a turn is read all the same.
                let _turn = turns.acquire().await.ok();
                search.next().await
            };
            match found {
                Ok(Some(found)) => {
                    let mut hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
                    hits.extend(found.hits);
                    let truncated = hits.len() > HITS;
                    hits.truncate(HITS);
                    let count = hits.len();
                    drop(hits);
                    let state = if truncated { State::Done } else { State::Running };
                    let scanned_until = found.scanned_until;
                    self.progress.send_replace(Progress { state, scanned_until, hits: count, truncated });
                    if truncated {
                        return;
                    }
                }
                Ok(None) => return self.end(State::Done),
                Err(error) => {
                    tracing::warn!(error = %error, "a search for motion failed");
                    return self.end(State::Failed);
                }
            }
        }
    }

    fn end(&self, state: State) {
        self.progress.send_modify(|progress| progress.state = state);
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.stop.request();
    }
}

/// All searches; cheap to clone.
#[derive(Clone)]
pub(super) struct Searches {
    list: Arc<Mutex<Vec<Arc<Search>>>>,
    /// They read one after another: the motion file has few readers, and others want it too.
    turns: Arc<Semaphore>,
    tasks: Tasks,
}

impl Default for Searches {
    fn default() -> Self {
        Self { list: Arc::default(), turns: Arc::new(Semaphore::new(1)), tasks: Tasks::new() }
    }
}

impl Searches {
    /// Begins a search in somebody's name. The oldest of theirs that has ended makes room.
    pub(super) fn begin(&self, app: &App, caller: &Caller<Playback>, wanted: Wanted) -> Answer<Arc<Search>> {
        let owner = caller.who.clone();
        let now = app.clock().monotonic();
        let mut list = self.lock();
        list.retain(|search| now - *search.asked.lock().unwrap_or_else(PoisonError::into_inner) < FORGOTTEN);
        let theirs = list.iter().filter(|search| search.owner.is_same(&owner)).count();
        if theirs >= PER_CALLER || list.len() >= IN_ALL {
            let over = |s: &Arc<Search>| s.progress().state != State::Running && s.owner.is_same(&owner);
            let Some(oldest) = list.iter().position(over) else {
                let sentence = "too many searches are running; end one, or wait a few seconds";
                return Err(Problem::new(Code::TooMany, sentence).retry_after(2));
            };
            list.remove(oldest);
        }
        let begun =
            Progress { state: State::Running, scanned_until: wanted.range.to, hits: 0, truncated: false };
        let search = Arc::new(Search {
            id: fresh_uuid(app.now()),
            wanted,
            owner,
            asked: Mutex::new(now),
            hits: Mutex::default(),
            progress: watch::Sender::new(begun),
            stop: app.stop().child(),
        });
        let Wanted { camera, range, region, least } = wanted;
        let reading = app.catalogue().search_motion(&caller.scope, camera, range, region, least);
        self.tasks.spawn("motion search", Arc::clone(&search).run(reading, Arc::clone(&self.turns)));
        list.push(Arc::clone(&search));
        Ok(search)
    }

    /// Somebody's own search, as long as they may see the camera.
    pub(super) fn find(&self, app: &App, caller: &Caller<Playback>, id: &str) -> Answer<Arc<Search>> {
        let id: Option<Uuid> = id.parse().ok();
        let found = self.lock().iter().find(|s| Some(s.id) == id && s.owner.is_same(&caller.who)).cloned();
        let found = found.filter(|search| caller.scope.sees(search.wanted.camera));
        let search = found.ok_or_else(|| Problem::not_found("there is no such search; begin it again"))?;
        *search.asked.lock().unwrap_or_else(PoisonError::into_inner) = app.clock().monotonic();
        Ok(search)
    }

    /// Ends a search and forgets it.
    pub(super) fn end(&self, search: &Arc<Search>) {
        search.stop.request();
        self.lock().retain(|other| !Arc::ptr_eq(other, search));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Search>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
