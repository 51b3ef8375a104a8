//! Pure. Which exports go: those that are old, then the oldest until the rest is within its budget.

use super::service::ExportLimits;
use crate::base::{TICKS_PER_SECOND, Ticks};
use crate::catalogue::Export;

/// Ticks of a day.
const DAY: i64 = 86_400 * TICKS_PER_SECOND;
const GIB: u64 = 1 << 30;

/// `over` are those that have ended, longest ago first; `coming` is what the next one will take.
pub(super) fn surplus(over: &[Export], limits: ExportLimits, coming: u64, now: Ticks) -> Vec<&Export> {
    let old = now - i64::from(limits.days) * DAY;
    let mut held: u64 = over.iter().filter_map(|e| e.bytes).sum();
    let mut going = Vec::new();
    for export in over {
        let bytes = export.bytes.unwrap_or(0);
        let crowded = bytes > 0 && held + coming > limits.budget_bytes;
        if crowded || export.finished.is_some_and(|finished| finished < old) {
            held -= bytes;
            going.push(export);
        }
    }
    going
}

/// Bytes of the disk that exports leave free: half of what retention keeps free of a full disk, so that recording goes on
/// while retention makes room again.
pub(super) fn floor(total: u64) -> u64 {
    (total / 100 * 3).clamp(2 * GIB, 32 * GIB).min(total / 10) / 2
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::{ExportId, StreamKind};
    use crate::catalogue::ExportState;

    fn ended(days_ago: i64, bytes: Option<u64>) -> Export {
        Export {
            id: ExportId(Uuid::nil()),
            state: if bytes.is_some() { ExportState::Done } else { ExportState::Failed },
            items: vec![],
            rendition: StreamKind::Main,
            reason: None,
            person: String::new(),
            created: Ticks(0),
            finished: Some(Ticks(100 * DAY - days_ago * DAY)),
            attempts: 1,
            estimate_bytes: 0,
            bytes,
            missing: vec![],
            file_name: None,
            sha256: None,
            problem: None,
        }
    }

    #[test]
    fn old_ones_go_then_the_oldest_until_the_new_one_fits() {
        let limits = ExportLimits { budget_bytes: 100, days: 7 };
        let all =
            [ended(9, Some(10)), ended(8, None), ended(3, Some(40)), ended(2, None), ended(1, Some(40))];
        let days = |coming| -> Vec<i64> {
            let going = surplus(&all, limits, coming, Ticks(100 * DAY));
            going.iter().map(|e| 100 - e.finished.expect("ended").0 / DAY).collect()
        };
        assert_eq!(days(0), [9, 8]);
        assert_eq!(days(20), [9, 8]);
        assert_eq!(days(21), [9, 8, 3]);
        assert_eq!(days(100), [9, 8, 3, 1], "one that failed takes no room");
    }

    #[test]
    fn a_small_disk_keeps_a_twentieth_and_a_large_one_sixteen_gibibytes() {
        assert_eq!(floor(20 * GIB), GIB);
        assert_eq!(floor(10_000 * GIB), 16 * GIB);
    }
}
