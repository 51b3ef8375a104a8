//! Room **detect** (floor 3): what moves, and what somebody does to a camera.
//!
//! Units of the small stream come from the hub, small grey pictures out of room vision; [`Detector`] says what moves in
//! them, [`Tracker`] makes events of that by the zones that were drawn, [`TamperWatch`] notices blind cameras. What is
//! found goes to the catalogue (events, cells by second, pictures) and to the hub's board (what moves now).
//!
//! Pure are `motion`, `zones`, `tracker`, `tamper`, `pace`, `replay`, `sheet`; [`Observer`] joins them for one stream, the
//! same for a camera, for a file that is scored and for footage that is looked at again. `lane` is the loop around it.
//!
//! What always holds:
//! - detection only reads the hub: it costs recording nothing but its share of the processor, and when that is short it
//!   leaves out pictures, of all cameras alike, and says so;
//! - footage is never decided upon here: events are marks on it;
//! - times are those of the pictures, not of when they were looked at;
//! - whatever one camera sends, the others are watched.
//!
//! It does not know alerts, people or files.

mod album;
mod lane;
mod motion;
mod observer;
mod pace;
mod replay;
mod score;
mod service;
mod sheet;
mod stills;
mod tamper;
mod tracker;
mod zones;

pub use motion::{Activity, Bounds, Detector, Frame, Mover, State, picture_size};
pub use observer::{Observer, Seen};
pub use replay::replay;
pub use score::{look, score};
pub use service::{Detect, zones};
pub use sheet::Sheet;
pub use stills::Stills;
pub use tamper::{Tamper, TamperWatch, Verdict};
pub use tracker::{Change, Event, Moment, Settings, Tracker};
pub use zones::{AlertZone, Sensitivity, Zones};

use crate::base::{SharedClock, Tasks};
use crate::catalogue::Catalogue;
use crate::hub::Hub;
use crate::vision::{self, Vision};

/// How detection is run.
#[derive(Clone, Debug)]
pub struct DetectSettings {
    /// Pictures of a small stream that are looked at in a second, at most.
    pub pictures_per_second: f32,
    /// The workers that decode.
    pub vision: vision::Settings,
}

/// What the watches of all cameras share.
struct Rooms {
    catalogue: Catalogue,
    hub: Hub,
    clock: SharedClock,
    settings: DetectSettings,
    vision: Vision,
    tasks: Tasks,
}
