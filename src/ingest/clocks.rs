//! The camera's wall clock, as its sender reports tell it (RFC 3550 section 6.4.1). For information only.

use std::time::{SystemTime, UNIX_EPOCH};

use retina::rtcp::ReceivedCompoundPacket;

use crate::base::{TICKS_PER_SECOND, Ticks};

/// Camera's clock minus ours in seconds, when the packet has a sender report with a believable time. An NTP time before
/// 1970 is no wall clock: some cameras send the time since they were switched on. Our time is that of the packet's
/// arrival, as retina noted it.
pub(super) fn camera_clock_offset(packet: &ReceivedCompoundPacket) -> Option<f64> {
    let received = SystemTime::from(packet.ctx().received_wall()).duration_since(UNIX_EPOCH).ok()?;
    let now = Ticks::from_micros(received.as_micros() as i64);
    let report = packet.pkts().find_map(|p| p.as_sender_report().ok().flatten())?;
    offset_of(report.ntp_timestamp().0, now)
}

fn offset_of(ntp: u64, now: Ticks) -> Option<f64> {
    let since_1970 = ntp.checked_sub(retina::UNIX_EPOCH.0)?;
    let seconds = (since_1970 >> 32) as i64;
    let fraction = ((since_1970 & 0xffff_ffff) * TICKS_PER_SECOND as u64) >> 32;
    let camera = Ticks(seconds * TICKS_PER_SECOND + fraction as i64);
    Some((camera - now) as f64 / TICKS_PER_SECOND as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_is_read_with_its_fraction() {
        let now = Ticks::from_seconds(1_795_000_000);
        let ntp = ((1_795_000_000 + 2_208_988_800_u64) << 32) | (1 << 31);
        assert_eq!(offset_of(ntp, now), Some(0.5));
        assert_eq!(offset_of(3600 << 32, now), None);
    }
}
