//! Room **catalogue** (floor 2): the SQLite index of everything that is recorded and configured.
//!
//! Owns sqlx, every SQL string and `migrations/`. Nobody else names them; callers see plain values.
//!
//! One writer, many readers. A single task holds the only writing connection and does commands in the order they
//! were given, many to a transaction ([`writer`]); four read-only connections serve everybody else, so a slow
//! reader stands in nobody's way. Recorder commands (`begin_segment`, `seal_segment`, `open_gap` …) return at once:
//! when another program holds the database they wait in memory, and reads show sealed footage all the same, because
//! what is on its way is laid over the rows ([`Growing`]). Begun and sealed rows wait some seconds for company, which
//! halves what they write; a crash meanwhile takes nothing, as the files say the same. Commands that answer return when
//! their change is on disk, at once.
//!
//! What always holds:
//! - a change is either entirely on disk (WAL, `synchronous = full`) or not at all;
//! - footage wins over gaps: gap rows of a stream overlap neither each other nor a complete segment; whatever is
//!   put later is cut to fit, so each command may be given twice;
//! - therefore recorded time is "from the first footage to the last, minus gaps" and a timeline of a month reads a
//!   few rows, never the segments;
//! - `usage` and `day_summary` are brought along in the transaction that changes a segment: neither start nor sweep
//!   counts anything;
//! - held segments cannot be doomed and complete ones cannot be deleted undoomed: triggers refuse, whatever the code does;
//! - a complete segment is held exactly as long as a lock meets it, whichever of the two was there first;
//! - a full disk does not keep footage from being deleted: the write-ahead log has its room ([`ballast`]);
//! - what moved where, and pictures of events, are in a file of their own ([`motion`]): it may be lost, and recording,
//!   events and everything else go on;
//! - every question about cameras and what they filmed takes a [`Scope`] and answers as if no other cameras existed;
//! - cameras' passwords, and the secrets by which alerts are sent, are sealed with a key that is not in the file ([`vault`]);
//! - what dispatch decided stands with how far it has read: each change is decided on once, whenever a crash comes;
//! - secrets in here are readable by the file's owner only: the file is 0600 or it is not opened.
//!
//! Who has what: one file per kind of object (`camera`, `segment`, `gap`, `day`, `event`, `zone`, `outbox` …), SQL
//! beside the code that uses it; arithmetic on ranges, minutes and names is pure (`ranges`, `coverage`, `packed`, `slug`).
//!
//! It does not touch segment files, decides nothing about retention, and makes no passwords or tokens.

mod adopt;
mod alert;
mod alert_setting;
mod alert_write;
mod audit;
mod audit_log;
mod ballast;
mod bookmark;
mod boot;
mod camera;
mod camera_order;
mod camera_write;
mod coverage;
mod day;
mod delivery;
mod doom;
mod endpoint;
mod event;
mod event_list;
mod event_write;
mod export;
mod gap;
mod growing;
mod hold;
mod housekeeping;
mod invite;
mod layout;
mod ledger;
mod list;
mod lock;
mod mark;
mod meta;
mod motion;
mod motion_sweep;
mod names;
mod object;
mod open;
mod outage;
mod outbox;
mod pace;
mod packed;
mod person;
mod ranges;
mod salvage;
mod scope;
mod segment;
mod session;
mod share;
mod site;
mod slug;
mod snooze;
mod sql;
mod strip;
mod tally;
#[cfg(test)]
mod tests;
mod timeline;
mod types;
mod usage;
mod vault;
mod volume;
mod watch;
mod writer;
mod zone;

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch as tokio_watch;

pub use adopt::{AdoptedCamera, AdoptedStream};
pub use alert::{Alert, AlertKind, Trouble};
pub use alert_setting::{AlertSetting, NewSecret};
pub use alert_write::{Decision, Judged, NewDelivery, TAKEN_CARE_OF};
pub use audit::StreamAudit;
pub use audit_log::{AuditAction, AuditEntry, AuditFilter, NewAudit};
pub use bookmark::Bookmark;
pub use boot::Boot;
pub use camera::{Camera, Stream, Transport};
pub use camera_write::{CameraPatch, NewCamera};
pub use day::DaySummary;
pub use delivery::{Attempt, CHANNELS, ChannelState, Delivery, Due, LONGEST_PAUSE, Outlet, Place};
pub use doom::Doomed;
pub use endpoint::{NewPushEndpoint, PushAddress, PushEndpoint};
pub use event::{Event, EventFilter, EventKind};
pub use event_list::EventAudit;
pub use export::{Export, ExportDone, ExportItem, ExportMissing, ExportState, NewExport};
pub use growing::{Growing, Load};
pub use invite::{Invite, NewInvite};
pub use layout::{Grid, Layout, LayoutPatch, NewLayout};
pub use lock::Lock;
pub use mark::{EventCount, EventMarks, Handled, NewMarks, Verdict};
pub use motion::{Activity, Found, MotionAudit, MotionHit, MotionSearch, Picture, PictureSize};
pub use object::{Object, ObjectKind, Rank, merged};
pub use outage::OutagePlace;
pub use outbox::Outgoing;
pub use pace::Pace;
pub use person::{LiveReach, Person, PersonPatch, Reach};
pub use salvage::take_settings;
pub use scope::Scope;
pub use session::{NewSession, Session, TokenHash};
pub use share::{NewShare, Opened, Share, ShareOpen, Standing};
pub use site::Site;
pub use snooze::Snooze;
pub use types::{
    Gap, GapCause, GrowingSegment, NewSegment, Parameters, SealedSegment, Segment, SegmentState,
};
pub use usage::Usage;
pub use volume::{NewVolume, Volume, VolumeState};
pub use zone::{CameraZone, CameraZones, Sensitivity, ZONES_MOST, ZoneKind, check_zones};

use crate::base::{DatabaseId, Error, Kind, Result, SharedClock, Stop, Zone};

/// A read that takes longer is given up: nobody waits for an answer that late, and the connection serves others.
const READ_LIMIT: Duration = Duration::from_secs(10);

/// The catalogue; cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    queue: writer::Queue,
    readers: sqlx::SqlitePool,
    growing: Growing,
    motion: motion::Motion,
    tally: tally::Tally,
    announcer: watch::Announcer,
    vault: Arc<vault::Vault>,
    names: names::Names,
    clock: SharedClock,
    /// People may choose another while it runs.
    zone: RwLock<Zone>,
    boot: i64,
    machine_ran_on: bool,
    database: DatabaseId,
    stop: Stop,
    watching: tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.request();
    }
}

impl Catalogue {
    /// Ticks when cameras or streams changed, also when another process changed them; the value is the newest
    /// camera revision.
    pub fn changes(&self) -> tokio_watch::Receiver<u64> {
        self.inner.announcer.subscribe()
    }

    /// Waits until everything that was given before is on disk.
    ///
    /// # Errors
    /// When the catalogue cannot be written, or is closed.
    pub async fn flush(&self) -> Result<()> {
        self.inner.queue.ask(Flush).await?;
        self.inner.motion.flush().await;
        Ok(())
    }

    /// Commands that wait for the writer: for metrics, and to see that the database is held.
    pub fn waiting(&self) -> usize {
        self.inner.queue.waiting()
    }

    /// Zone of the local days.
    pub fn zone(&self) -> Zone {
        *self.inner.zone.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> &sqlx::SqlitePool {
        &self.inner.readers
    }

    /// Waits for a read, within the limit.
    async fn read<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
        match tokio::time::timeout(READ_LIMIT, work).await {
            Ok(done) => done.map_err(sql::failed),
            Err(_) => Err(Error::new(
                Kind::Timeout,
                "the catalogue answers too slowly; look at the load of its disk",
            )),
        }
    }
}

/// Does nothing: its answer says that all before it is done.
struct Flush;

impl writer::Change for Flush {
    type Answer = ();
    const NAME: &'static str = "flush";

    async fn apply(&self, _: &mut writer::Write) -> Result<()> {
        Ok(())
    }
}
