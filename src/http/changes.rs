//! What changes, for whoever follows: one look at it for all of them, and none when nobody does.
//!
//! While there are followers a task looks twice a second at the outbox and at what the rooms keep in memory, and puts what
//! is new into a ring of ten minutes. It remembers what it saw last: what happened while nobody followed is told at the
//! first look after. A follower is a cursor; one that the ring has left behind is told to read everything anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::App;
use super::caller::{Caller, Live};
use super::look::Look;
use crate::auth::Right;
use crate::base::{CameraId, TICKS_PER_SECOND, Tasks};
use crate::catalogue::Scope;

/// How often it is looked.
const EVERY: Duration = Duration::from_millis(500);
/// How far back a follower may go on from.
const KEPT: i64 = 600 * TICKS_PER_SECOND;
/// Changes that are kept at most: a busy evening has a few hundred in ten minutes.
const KEPT_MAX: usize = 4000;

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Events,
    Cameras,
    Jobs,
    Health,
}

impl Topic {
    pub(super) const ALL: [Self; 4] = [Self::Events, Self::Cameras, Self::Jobs, Self::Health];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Cameras => "cameras",
            Self::Jobs => "jobs",
            Self::Health => "health",
        }
    }

    /// What somebody must be allowed to do to hear of it.
    fn needs(self) -> Right {
        match self {
            Self::Events => Right::Playback,
            Self::Jobs => Right::Export,
            Self::Cameras | Self::Health => Right::Live,
        }
    }
}

/// Some topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Topics([bool; 4]);

impl Topics {
    /// Those of these names; `Err` = one that is none.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut topics = Self::default();
        for name in names {
            let topic = Topic::ALL.into_iter().find(|topic| topic.name() == name).ok_or(name)?;
            topics.0[topic as usize] = true;
        }
        Ok(topics)
    }

    pub(super) fn has(self, topic: Topic) -> bool {
        self.0[topic as usize]
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// Something that changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct News {
    pub(super) topic: Topic,
    pub(super) audience: Audience,
    pub(super) data: Value,
}

/// Whom something concerns.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Audience {
    /// Whoever sees all of these cameras.
    Cameras(Vec<CameraId>),
    /// Whoever sees one of these cameras; for none, whoever sees the whole site.
    Any(Vec<CameraId>),
    /// One person, who sees this camera.
    Person(Uuid, CameraId),
    /// Those who see exactly this.
    Exactly(Scope),
}

impl Audience {
    fn includes(&self, person: Uuid, scope: &Scope) -> bool {
        match self {
            Self::Cameras(cameras) => scope.sees_all(cameras.iter().copied()),
            Self::Any(cameras) if cameras.is_empty() => scope.is_everything(),
            Self::Any(cameras) => cameras.iter().any(|camera| scope.sees(*camera)),
            Self::Person(one, camera) => *one == person && scope.sees(*camera),
            Self::Exactly(theirs) => theirs == scope,
        }
    }
}

/// News in the ring.
#[derive(Clone, Debug)]
struct Kept {
    number: u64,
    /// Steady clock.
    at: i64,
    news: Arc<News>,
}

/// Pure. The ring.
#[derive(Debug, Default)]
struct Ring {
    kept: VecDeque<Kept>,
    newest: u64,
    /// Number of the last that is gone.
    gone: u64,
}

impl Ring {
    fn push(&mut self, at: i64, news: News) {
        self.newest += 1;
        self.kept.push_back(Kept { number: self.newest, at, news: Arc::new(news) });
        self.forget(at);
    }

    /// Drops what is too old or too much.
    fn forget(&mut self, now: i64) {
        let old = |kept: &Kept, len| now - kept.at > KEPT || len > KEPT_MAX;
        while self.kept.front().is_some_and(|first| old(first, self.kept.len())) {
            self.gone = self.kept.pop_front().map_or(self.gone, |kept| kept.number);
        }
    }

    /// Some of what happened is not known: everybody reads anew.
    fn lose(&mut self) {
        self.newest += 1;
        self.gone = self.newest;
        self.kept.clear();
    }

    /// The first after a number that a follower wants; `Err` = the ring does not reach back to it.
    fn after(&self, number: u64, wanted: impl Fn(&News) -> bool) -> Result<Option<&Kept>, ()> {
        if number < self.gone || number > self.newest {
            return Err(());
        }
        Ok(self.kept.iter().find(|kept| kept.number > number && wanted(&kept.news)))
    }
}

#[derive(Debug, Default)]
struct State {
    ring: Ring,
    /// Followers of each topic.
    followers: [usize; 4],
    /// What those see who follow how the recorder does, each once for each of them.
    scopes: Vec<Scope>,
    looking: bool,
    /// Where the task left it.
    look: Option<Look>,
}

/// All that changes; cheap to clone.
#[derive(Clone)]
pub(super) struct Changes {
    state: Arc<Mutex<State>>,
    /// Counts looks.
    looks: Arc<watch::Sender<u64>>,
    /// Tells numbers of this start of the service from those of another.
    epoch: Uuid,
    tasks: Tasks,
}

/// What a follower is told.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// From here on everything is told: read what there is.
    Hello(String),
    /// Something changed.
    News(String, Arc<News>),
    /// Something was missed: read everything anew.
    Resync(String),
}

impl Changes {
    pub(super) fn new(epoch: Uuid) -> Self {
        let looks = Arc::new(watch::Sender::new(0));
        Self { state: Arc::default(), looks, epoch, tasks: Tasks::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self, number: u64) -> String {
        format!("{}.{number:x}", self.epoch.simple())
    }

    /// Number in an id of ours.
    fn number(&self, id: &str) -> Option<u64> {
        let (epoch, number) = id.split_once('.')?;
        (epoch == self.epoch.simple().to_string()).then(|| u64::from_str_radix(number, 16).ok())?
    }

    /// Somebody follows some topics, from now on or from an id on.
    pub(super) fn follow(
        &self,
        app: &App,
        caller: &Caller<Live>,
        topics: Topics,
        since: Option<&str>,
    ) -> Follower {
        let mut state = self.lock();
        for topic in Topic::ALL.into_iter().filter(|topic| topics.has(*topic)) {
            state.followers[topic as usize] += 1;
        }
        state.scopes.push(caller.scope.clone());
        if !std::mem::replace(&mut state.looking, true) {
            self.tasks.spawn("changes", self.clone().run(app.clone()));
        }
        let begin = match since.map(|id| self.number(id)) {
            None => Begin::Anew,
            // An unknown one is as one that is too old.
            Some(number) => Begin::At(number.unwrap_or(u64::MAX)),
        };
        let looks = self.looks.subscribe();
        let first = *looks.borrow() + 1;
        let told = Topic::ALL
            .map(|topic| topics.has(topic).then(|| caller.who.require(topic.needs()).ok()).flatten());
        let (person, scope) = (caller.who.id(), caller.scope.clone());
        Follower { changes: self.clone(), topics, told, person, scope, begin, first, looks }
    }

    /// Looks as long as somebody follows.
    async fn run(self, app: App) {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut look = self.lock().look.take().unwrap_or_else(|| Look::new(&app));
        loop {
            tokio::select! {
                () = app.stop().wait() => return,
                _ = tick.tick() => {}
            }
            let (topics, scopes) = {
                let mut state = self.lock();
                let topics = Topics(state.followers.map(|followers| followers > 0));
                if topics.is_empty() {
                    state.look = Some(look);
                    state.looking = false;
                    return;
                }
                let mut scopes: Vec<Scope> = Vec::new();
                for scope in &state.scopes {
                    if !scopes.contains(scope) {
                        scopes.push(scope.clone());
                    }
                }
                (topics, scopes)
            };
            let news = look.look(&app, topics, &scopes).await;
            let mut state = self.lock();
            let now = app.clock().monotonic();
            match news {
                Some(news) => news.into_iter().for_each(|news| state.ring.push(now, news)),
                None => state.ring.lose(),
            }
            state.ring.forget(now);
            drop(state);
            self.looks.send_modify(|looks| *looks += 1);
        }
    }
}

/// Where a follower is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    Anew,
    At(u64),
}

/// One who follows.
pub(super) struct Follower {
    changes: Changes,
    /// Those asked for: they are counted.
    topics: Topics,
    /// Of what cameras they may hear in each; `None` = of none.
    told: [Option<Scope>; 4],
    person: Uuid,
    /// What they see live: it is counted.
    scope: Scope,
    begin: Begin,
    /// The first look that began, or ended, after it came.
    first: u64,
    looks: watch::Receiver<u64>,
}

impl Follower {
    /// What it is told next.
    pub(super) async fn next(&mut self) -> Option<Told> {
        let first = self.first;
        self.looks.wait_for(|looks| *looks >= first).await.ok()?;
        loop {
            self.looks.borrow_and_update();
            if let Some(told) = self.step() {
                return Some(told);
            }
            self.looks.changed().await.ok()?;
        }
    }

    fn step(&mut self) -> Option<Told> {
        let wanted = |news: &News| {
            let scope = self.told[news.topic as usize].as_ref();
            scope.is_some_and(|scope| news.audience.includes(self.person, scope))
        };
        let state = self.changes.lock();
        let newest = state.ring.newest;
        let Begin::At(number) = self.begin else {
            self.begin = Begin::At(newest);
            return Some(Told::Hello(self.changes.id(newest)));
        };
        match state.ring.after(number, wanted) {
            Ok(Some(kept)) => {
                self.begin = Begin::At(kept.number);
                Some(Told::News(self.changes.id(kept.number), Arc::clone(&kept.news)))
            }
            Ok(None) => {
                self.begin = Begin::At(newest);
                None
            }
            Err(()) => {
                self.begin = Begin::At(newest);
                Some(Told::Resync(self.changes.id(newest)))
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut state = self.changes.lock();
        for topic in Topic::ALL.into_iter().filter(|topic| self.topics.has(*topic)) {
            state.followers[topic as usize] -= 1;
        }
        if let Some(at) = state.scopes.iter().position(|scope| *scope == self.scope) {
            state.scopes.swap_remove(at);
        }
    }
}

/// Something that happened to an object of some cameras.
pub(super) fn news(topic: Topic, what: &str, id: Uuid, cameras: Vec<CameraId>) -> News {
    News { topic, audience: Audience::Cameras(cameras), data: json!({"what": what, "id": id}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * TICKS_PER_SECOND;

    fn some(topic: Topic) -> News {
        News { topic, audience: Audience::Cameras(Vec::new()), data: json!({}) }
    }

    #[test]
    fn the_ring_reaches_back_ten_minutes_and_says_when_it_does_not() {
        let mut ring = Ring::default();
        let any = |_: &News| true;
        assert!(matches!(ring.after(0, any), Ok(None)));
        assert_eq!(ring.after(1, any).err(), Some(()), "that has not been");
        for minute in 0..12 {
            ring.push(minute * MINUTE, some(Topic::Events));
        }
        assert_eq!(ring.after(0, any).err(), Some(()), "the first is eleven minutes old");
        let next =
            |number, topic| ring.after(number, |news| news.topic == topic).expect("kept").map(|k| k.number);
        assert_eq!(
            (next(1, Topic::Events), next(11, Topic::Events), next(12, Topic::Events)),
            (Some(2), Some(12), None)
        );
        assert_eq!(next(1, Topic::Jobs), None, "who waits for something else is not behind");
        ring.lose();
        assert_eq!(ring.after(12, any).err(), Some(()));
        assert!(matches!(ring.after(13, any), Ok(None)));
    }

    #[test]
    fn the_ring_is_bounded() {
        let mut ring = Ring::default();
        (0..KEPT_MAX + 5).for_each(|_| ring.push(0, some(Topic::Cameras)));
        assert_eq!((ring.kept.len(), ring.gone), (KEPT_MAX, 5));
    }

    #[test]
    fn each_hears_of_what_they_see() {
        let [a, b] = [1, 2].map(|n| CameraId::fresh(crate::base::Ticks(n)));
        let (me, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (all, none) = (Scope::everything(), &Scope::nothing());
        for (audience, heard) in [
            (Audience::Cameras(vec![a, b]), [true, false]),
            (Audience::Cameras(vec![]), [true, true]),
            (Audience::Any(vec![a]), [true, false]),
            (Audience::Any(vec![]), [true, false]),
            (Audience::Person(me, a), [true, false]),
            (Audience::Person(other, a), [false, false]),
            (Audience::Exactly(all.clone()), [true, false]),
            (Audience::Exactly(none.clone()), [false, true]),
        ] {
            assert_eq!([all, none].map(|s| audience.includes(me, s)), heard, "{audience:?}");
        }
    }

    #[test]
    fn topics_have_names() {
        let topics = Topics::of(["events", "health"].into_iter()).expect("topics");
        assert_eq!(Topic::ALL.map(|topic| topics.has(topic)), [true, false, false, true]);
        assert_eq!(Topics::of(["events", "weather"].into_iter()), Err("weather"));
    }
}
