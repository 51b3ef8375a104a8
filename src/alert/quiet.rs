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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::settings::QuietHours;
    use super::*;
    use crate::base::fresh_uuid;

    fn alert(kind: AlertKind, rank: f64, cameras: &[CameraId]) -> Alert {
        let now = Ticks(0);
        Alert {
            id: fresh_uuid(now),
            kind,
            person: None,
            cameras: cameras.to_vec(),
            from: now,
            seen: now,
            rank,
            out: true,
            version: 1,
            facts: json!({}),
            made: now,
            escalate: None,
            escalated: 0,
            handled: None,
        }
    }

    #[test]
    fn quiet_is_wanted_by_the_hour_and_from_cameras_that_are_seen() {
        let now = Ticks::parse("2026-11-28T02:00:00+07:00").expect("a time");
        let (near, far) = (CameraId::fresh(now), CameraId::fresh(now));
        let hours = QuietHours { from: "22:00".to_owned(), to: "05:00".to_owned(), strong_anyway: true };
        let quiet = |hours: Option<QuietHours>, snoozed: &[Option<CameraId>]| Quiet {
            now,
            zone: Zone::HO_CHI_MINH,
            scope: Scope::everything().clone(),
            prefs: NotificationPrefs { quiet: hours, ..NotificationPrefs::default() },
            snoozed: snoozed.iter().copied().collect(),
        };
        let walk = alert(AlertKind::Motion, 0.5, &[near, far]);
        let (gate, site) = (alert(AlertKind::Motion, STRONG, &[near]), alert(AlertKind::Disk, 0.1, &[]));
        let night = quiet(Some(hours), &[]);
        assert!(night.from(&walk) && !night.from(&gate) && !night.from(&site));
        let awake = quiet(None, &[]);
        assert!(!awake.from(&walk));
        let one = quiet(None, &[Some(near)]);
        assert!(
            !one.from(&walk) && one.from(&gate) && !one.from(&site),
            "the other camera saw the walk, too"
        );
        let all = quiet(None, &[None]);
        assert!(all.from(&walk) && all.from(&gate) && all.from(&site));
    }
}
