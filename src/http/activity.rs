//! `GET /cameras/{id}/activity`: what moves now, for the view in which zones are drawn.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use futures::stream;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Live};
use super::error::{Answer, Problem};
use super::events::hex;
use super::extract::Path;
use super::sse;
use super::wire::Time;
use crate::base::{CameraId, EventId};
use crate::hub::{Detection as Row, DetectionMode, LiveActivity, MotionBoard};

/// How often is looked whether detection does otherwise than before.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Which pictures of a camera are looked at for motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DetectionMode)]
pub(super) enum Mode {
    /// All of the small stream.
    AllPictures,
    /// All of the small stream where something stirs; where all is quiet as few as show within a second that something does.
    Sparing,
    /// Key pictures only.
    KeyPictures,
    /// None.
    Off,
}

/// How looking for motion does.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Detection {
    /// Which pictures are looked at.
    mode: Mode,
    /// Pictures a second that were looked at lately.
    fps: f32,
    /// Share of the wanted pictures that was left out lately, because the recorder has too much to do; 0 to 1.
    shed: f32,
    /// Since when it is so.
    since: Time,
    /// Why it is not what it should be: a stable name, to be translated.
    #[schema(required = true)]
    reason: Option<&'static str>,
}

impl From<Row> for Detection {
    fn from(row: Row) -> Self {
        let mode = match row.mode {
            DetectionMode::AllPictures => Mode::AllPictures,
            DetectionMode::Sparing => Mode::Sparing,
            DetectionMode::KeyPictures => Mode::KeyPictures,
            DetectionMode::Off => Mode::Off,
        };
        Self { mode, fps: row.fps, shed: row.shed, since: Time(row.since), reason: row.reason }
    }
}

/// What moved in one picture: the data of an event `activity`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Activity {
    /// The picture's time.
    at: Time,
    /// Cells that count, in hexadecimal as in an event.
    cells: String,
    /// Share of the picture that moved, 0 to 1.
    moved: f32,
    /// What moves as one: left, top, right and bottom, parts of width and height.
    boxes: Vec<[f32; 4]>,
    /// The event that lasts.
    #[schema(required = true, value_type = Option<String>, format = "uuid")]
    event: Option<EventId>,
}

impl From<&LiveActivity> for Activity {
    fn from(live: &LiveActivity) -> Self {
        Self {
            at: Time(live.at),
            cells: hex(live.cells),
            moved: live.moved,
            boxes: live.boxes.clone(),
            event: live.event,
        }
    }
}

struct Watching {
    board: MotionBoard,
    camera: CameraId,
    activity: watch::Receiver<Option<Arc<LiveActivity>>>,
    look: Interval,
    /// What was said last of how detection does.
    told: Option<Option<Row>>,
}

impl Watching {
    /// Waits for the next thing to say; `None` = the camera is gone.
    async fn next(mut self) -> Option<(axum::response::sse::Event, Self)> {
        loop {
            tokio::select! {
                changed = self.activity.changed() => {
                    changed.ok()?;
                    let newest = self.activity.borrow_and_update().clone();
                    if let Some(newest) = newest {
                        return Some((sse::event("activity", &Activity::from(&*newest)), self));
                    }
                }
                _ = self.look.tick() => {
                    let now = self.board.detection(self.camera);
                    if self.told.as_ref() != Some(&now) {
                        self.told = Some(now.clone());
                        return Some((sse::event("detection", &now.map(Detection::from)), self));
                    }
                }
            }
        }
    }
}

/// Sends what moves, picture by picture, as server-sent events `activity`; and how detection does, as `detection`,
/// whenever that changes.
#[utoipa::path(get, path = "/cameras/{id}/activity", tag = "events",
    params(("id" = String, Path, description = "Id or slug")),
    responses((status = 200, description = "Events `activity` with an Activity, and `detection` with a Detection or null",
        content_type = "text/event-stream", body = Activity), Problem))]
pub(super) async fn get_activity(
    State(app): State<App>,
    caller: Caller<Live>,
    Path(id): Path<String>,
) -> Answer<Response> {
    let camera = app.camera(&caller.scope, &id).await?.id;
    let board = app.hub().motion().clone();
    let mut activity = board.watch(camera);
    // The newest is told at once.
    activity.mark_changed();
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watching = Watching { board, camera, activity, look, told: None };
    Ok(sse::answer(&app, caller.who, stream::unfold(watching, Watching::next)))
}
