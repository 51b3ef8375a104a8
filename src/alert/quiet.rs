//! Pure. Whether somebody who was to be told wants quiet by now: what comes late, as after an outage, is asked about again before
//! it is sent.

use std::collections::BTreeSet;

use super::budget::STRONG;
use super::settings::NotificationPrefs;
use crate::base::{CameraId, TICKS_PER_SECOND, Ticks, Zone};
use crate::catalogue::{Alert, AlertKind, Due, Scope};

/// What has waited no longer is sent as it was decided.
const LATE: i64 = 120 * TICKS_PER_SECOND;

/// Whether one has waited for so long that its person may want quiet since.
pub(super) fn is_late(due: &Due, now: Ticks) -> bool {
    now - due.made > LATE && due.alert.kind != AlertKind::Test
}

/// What somebody wants now.
pub(super) struct Quiet {
    pub(super) now: Ticks,
    pub(super) zone: Zone,
    pub(super) scope: Scope,
    pub(super) prefs: NotificationPrefs,
    /// Cameras that they want quiet from; `None` = from all.
    pub(super) snoozed: BTreeSet<Option<CameraId>>,
}

impl Quiet {
    /// They want quiet from an alert.
    pub(super) fn from(&self, alert: &Alert) -> bool {
        let mut mine = alert.cameras.iter().filter(|camera| self.scope.sees(**camera)).peekable();
        let of_cameras = mine.peek().is_some() && mine.all(|camera| self.snoozed.contains(&Some(*camera)));
        let strong = alert.kind != AlertKind::Motion || alert.rank >= STRONG;
        of_cameras || self.snoozed.contains(&None) || self.prefs.is_quiet(self.now, self.zone, strong)
    }
}
