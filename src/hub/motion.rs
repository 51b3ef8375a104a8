//! What moves now, and how detection does: written by detection, read by whoever shows it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::base::{CameraId, Cells, EventId, Ticks};

/// What moved in the latest picture that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveActivity {
    /// The picture's time.
    pub at: Ticks,
    /// Cells that count as motion.
    pub cells: Cells,
    /// Share of the picture that moved, 0 to 1.
    pub moved: f32,
    /// What moves as one: left, top, right and bottom, parts of width and height.
    pub boxes: Vec<[f32; 4]>,
    /// The event that lasts, if there is one.
    pub event: Option<EventId>,
}

/// Which pictures of a camera are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectionMode {
    /// All of the small stream, up to the rate that is wanted.
    AllPictures,
    /// All of the small stream where something stirs; where all is quiet as few as show within a second that something does.
    Sparing,
    /// Key pictures only.
    KeyPictures,
    /// None.
    Off,
}

impl DetectionMode {
    /// All that look.
    pub const LOOKING: [Self; 3] = [Self::AllPictures, Self::Sparing, Self::KeyPictures];

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllPictures => "all_pictures",
            Self::Sparing => "sparing",
            Self::KeyPictures => "key_pictures",
            Self::Off => "off",
        }
    }
}

/// How detection does for one camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Which pictures are looked at.
    pub mode: DetectionMode,
    /// Pictures a second that were looked at lately.
    pub fps: f32,
    /// Share of the wanted pictures that was left out lately, because the machine has too much to do; 0 to 1.
    pub shed: f32,
    /// Since when the mode or the reason is this one.
    pub since: Ticks,
    /// Why it is not what it should be: a stable name, such as `damaged_pictures`; `None` when it is.
    pub reason: Option<&'static str>,
}

/// One camera's place on the board.
#[derive(Debug)]
struct Place {
    activity: watch::Sender<Option<Arc<LiveActivity>>>,
    detection: Option<Detection>,
}

impl Default for Place {
    fn default() -> Self {
        Self { activity: watch::Sender::new(None), detection: None }
    }
}

/// All cameras; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct MotionBoard(Arc<RwLock<HashMap<CameraId, Place>>>);

impl MotionBoard {
    /// Puts the latest activity of a camera in the place of the one before. Never waits for a reader.
    pub fn publish(&self, camera: CameraId, activity: LiveActivity) {
        let activity = Some(Arc::new(activity));
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = board.get(&camera) {
            place.activity.send_replace(activity);
            return;
        }
        drop(board);
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        board.entry(camera).or_default().activity.send_replace(activity);
    }

    /// The latest activity of a camera, and each one that follows; `None` until there is one. Whoever is slow gets the
    /// newest and misses those between.
    pub fn watch(&self, camera: CameraId) -> watch::Receiver<Option<Arc<LiveActivity>>> {
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        board.entry(camera).or_default().activity.subscribe()
    }

    /// Says how detection does for a camera.
    pub fn set_detection(&self, camera: CameraId, detection: Detection) {
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        board.entry(camera).or_default().detection = Some(detection);
    }

    /// How detection does for a camera; `None` when it has not begun.
    pub fn detection(&self, camera: CameraId) -> Option<Detection> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&camera)?.detection.clone()
    }

    /// Forgets a camera; its readers end.
    pub fn remove(&self, camera: CameraId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&camera);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(at: i64) -> LiveActivity {
        LiveActivity { at: Ticks(at), cells: Cells::ALL, moved: 1.0, boxes: Vec::new(), event: None }
    }

    #[tokio::test]
    async fn a_reader_gets_the_newest_and_ends_with_the_camera() {
        let (board, camera) = (MotionBoard::default(), CameraId::fresh(Ticks(0)));
        let mut early = board.watch(camera);
        assert!(early.borrow().is_none());
        board.publish(camera, activity(1));
        board.publish(camera, activity(2));
        early.changed().await.expect("there");
        assert_eq!(early.borrow_and_update().as_deref(), Some(&activity(2)));
        assert_eq!(board.watch(camera).borrow().as_deref(), Some(&activity(2)), "a late one has it at once");
        assert_eq!(board.detection(camera), None);
        let detection = Detection {
            mode: DetectionMode::KeyPictures,
            fps: 0.5,
            shed: 0.0,
            since: Ticks(0),
            reason: None,
        };
        board.set_detection(camera, detection.clone());
        assert_eq!(board.detection(camera), Some(detection));
        board.remove(camera);
        assert!(early.changed().await.is_err());
    }
}
