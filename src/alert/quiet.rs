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

/// Whether somebody is told of it who wants quiet but for what matters: strong motion, and whatever is no motion.
pub(super) fn counts_for_much(alert: &Alert) -> bool {
    alert.kind != AlertKind::Motion || alert.rank >= STRONG
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
        of_cameras
            || self.snoozed.contains(&None)
            || self.prefs.is_quiet(self.now, self.zone, counts_for_much(alert))
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::QuietHours;
    use super::*;
    use crate::base::fresh_uuid;

    fn alert(kind: AlertKind, rank: f64, cameras: &[CameraId]) -> Alert {
        Alert { cameras: cameras.to_vec(), rank, ..Alert::new(fresh_uuid(Ticks(0)), kind, Ticks(0)) }
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
