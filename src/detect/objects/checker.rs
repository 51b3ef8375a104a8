//! The thread that looks at the pictures of events.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::crop::{Crop, is_there, reach};
use super::{Finder, LoadFinder};
use crate::base::{Error, EventId, Kind, Result, Stop, TICKS_PER_SECOND, Tasks};
use crate::catalogue::{Catalogue, Object, merged};
use crate::detect::motion::Bounds;
use crate::vision::Photo;

/// Shortest time from one look to the next: five a second.
const PACE: Duration = Duration::from_millis(200);
/// Pictures that wait. One: what waits longer is better not looked at than late.
const QUEUE: usize = 1;
/// Below detection, which is below recording.
const NICE: i32 = 15;
/// In a picture further from the mover's moment than this it may be anywhere: that nothing is found says nothing.
const APART: i64 = TICKS_PER_SECOND / 2;

/// A picture to look at.
pub(in crate::detect) struct Look {
    pub(in crate::detect) event: EventId,
    /// A JPEG file.
    pub(in crate::detect) file: Bytes,
    /// Where the mover was at its best moment.
    pub(in crate::detect) mover: Bounds,
    /// Ticks between that moment and the picture.
    pub(in crate::detect) apart: i64,
}

/// Takes pictures for looking at; nobody waits for the answer.
pub(in crate::detect) struct Checker(mpsc::Sender<Look>);

impl Checker {
    /// Starts the thread and waits until it has its finder.
    ///
    /// # Errors
    /// Those of the finder; `Io` when the system has no descriptors left.
    pub(in crate::detect) fn start(
        load: LoadFinder,
        catalogue: Catalogue,
        tasks: &Tasks,
        stop: &Stop,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|e| Error::io("starting the object filter", e))?;
        let (queue, looks) = mpsc::channel(QUEUE);
        let (loaded, is_loaded) = std::sync::mpsc::sync_channel(1);
        let (ends, ended) = oneshot::channel::<()>();
        let stop = stop.clone();
        drop(Tasks::thread("objects", move || {
            let _ends_with_this = ends;
            // Refused only to who may not even be polite; then it looks at normal priority.
            let _ = rustix::process::nice(NICE);
            let mut finder = match load() {
                Ok(finder) => finder,
                Err(error) => return drop(loaded.send(Err(error))),
            };
            if loaded.send(Ok(())).is_ok() {
                runtime.block_on(run(finder.as_mut(), looks, &catalogue, &stop));
            }
        }));
        is_loaded.recv().map_err(|e| {
            let sentence =
                "the object filter's model cannot be used; name another one in detect.objects.model";
            Error::new(Kind::Invalid, sentence).because(e)
        })??;
        // The stop waits for the look that is under way.
        drop(tasks.spawn("objects", async move { drop(ended.await) }));
        Ok(Self(queue))
    }

    /// Looks at it, if there is room.
    pub(in crate::detect) fn offer(&self, look: Look) {
        if let Err(refused) = self.0.try_send(look) {
            let event = refused.into_inner().event;
            tracing::debug!(event.id = %event, "an event is not looked at: the object filter is busy");
        }
    }
}

async fn run(finder: &mut dyn Finder, mut looks: mpsc::Receiver<Look>, catalogue: &Catalogue, stop: &Stop) {
    loop {
        let look = tokio::select! {
            biased;
            () = stop.wait() => return,
            look = looks.recv() => match look {
                Some(look) => look,
                None => return,
            },
        };
        let next = Instant::now() + PACE;
        match examine(finder, &look) {
            Ok(Some(found)) => drop(catalogue.put_objects(look.event, found)),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(event.id = %look.event, error = %error, "an event could not be looked at");
            }
        }
        tokio::select! {
            () = stop.wait() => return,
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

/// What a picture shows of the mover; `None` when it cannot say.
fn examine(finder: &mut dyn Finder, look: &Look) -> Result<Option<Vec<Object>>> {
    let photo = Photo::open(&look.file)?;
    let picture = (photo.width, photo.height);
    let apart = look.apart.abs() as f32 / TICKS_PER_SECOND as f32;
    let place = reach(look.mover, apart, picture);
    let crop = Crop::around(place, picture, finder.size());
    let seen = finder.find(&crop.pixels(&photo))?;
    let found: Vec<Object> = seen
        .into_iter()
        .map(|seen| super::Sighting { bounds: crop.back(seen.bounds, picture), ..seen })
        .filter(|seen| is_there(seen, place))
        .map(|seen| Object {
            kind: seen.kind,
            // Two digits are more than it knows.
            confidence: f64::from((seen.confidence.clamp(0.0, 1.0) * 100.0).round()) / 100.0,
        })
        .collect();
    // Each kind once, the surest: which of several boxes around one thing is best need not be decided.
    let found = merged(&found, &[]);
    Ok((!found.is_empty() || look.apart.abs() <= APART).then_some(found))
}
