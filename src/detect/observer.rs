//! One stream's eye: from small grey pictures to activity and events. The same for cameras, for files that are scored and for
//! footage that is looked at again.

use super::motion::{Activity, Detector, Frame};
use super::tamper::{TamperWatch, Verdict};
use super::tracker::{Change, Settings, Tracker};
use super::zones::Zones;
use crate::base::Ticks;
use crate::vision::Grey;

/// What one picture brought.
#[derive(Debug)]
pub struct Seen {
    /// What moves in it.
    pub activity: Activity,
    /// What became of the event.
    pub changes: Vec<Change>,
    /// Whether somebody makes the camera blind, when that has changed.
    pub tamper: Option<Verdict>,
}

/// Give it every picture of a stream, in order of time.
pub struct Observer {
    detector: Detector,
    tracker: Tracker,
    tamper: TamperWatch,
    settings: Settings,
}

impl Observer {
    /// One that has seen nothing.
    pub fn new(zones: Zones, settings: Settings) -> Self {
        Self {
            detector: Detector::new(),
            tracker: Tracker::new(zones, settings),
            tamper: TamperWatch::new(),
            settings,
        }
    }

    /// Looks at a picture.
    pub fn look(&mut self, frame: &Frame<'_>) -> Seen {
        let activity = self.detector.look(frame);
        let changes = self.tracker.take(&activity);
        Seen { activity, changes, tamper: self.tamper.look(frame) }
    }

    /// Time passes without pictures.
    pub fn wait(&mut self, now: Ticks) -> Vec<Change> {
        self.tracker.wait(now)
    }

    /// Other zones from now on. What the scene looks like stays known; an event that lasts ends.
    pub fn set_zones(&mut self, zones: Zones) -> Option<Change> {
        let ended = self.tracker.finish();
        self.tracker = Tracker::new(zones, self.settings);
        ended
    }

    /// There will be no more pictures.
    pub fn finish(&mut self) -> Option<Change> {
        self.tracker.finish()
    }
}

/// A picture as the detector takes it.
pub fn frame(grey: &Grey) -> Frame<'_> {
    let (width, height) = (usize::from(grey.width), usize::from(grey.height));
    Frame { width, height, luma: &grey.luma, at: grey.at }
}
