//! Pure. Pictures and bits a second over the last few seconds, and the time between random access points.

use std::collections::VecDeque;

use crate::base::{TICKS_PER_SECOND, Ticks};

/// Seconds looked back.
const SPAN: i64 = 4 * TICKS_PER_SECOND;
/// Pictures remembered at most; more than 60 a second for the whole span no camera sends.
const MOST: usize = 512;

/// Measures one stream. Times are ticks of the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Meter {
    pictures: VecDeque<(i64, u32)>,
    bytes: u64,
    last_key: Option<Ticks>,
    gop: i64,
}

impl Meter {
    /// Takes a picture that arrived at `now`; `key` is its place on the time line when it is a random access point.
    pub(super) fn push(&mut self, now: i64, bytes: usize, key: Option<Ticks>) {
        self.bytes += bytes as u64;
        self.pictures.push_back((now, bytes as u32));
        while self.pictures.len() > MOST || self.pictures.front().is_some_and(|p| now - p.0 > SPAN) {
            self.drop_oldest();
        }
        if let Some(key) = key {
            self.gop = self.last_key.map_or(0, |last| key - last);
            self.last_key = Some(key);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, bytes)) = self.pictures.pop_front() {
            self.bytes -= u64::from(bytes);
        }
    }

    /// Pictures a second and kilobits a second, as of `now`.
    pub(super) fn rates(&mut self, now: i64) -> (f32, f32) {
        while self.pictures.front().is_some_and(|p| now - p.0 > SPAN) {
            self.drop_oldest();
        }
        let Some(&(first, bytes)) = self.pictures.front() else {
            return (0.0, 0.0);
        };
        // Both ends are pictures, so that the rate is right from the second picture on; pauses count up to now.
        let newest = self.pictures.back().map_or(first, |p| p.0);
        let spacing = (newest - first) / (self.pictures.len() as i64 - 1).max(1);
        let end = if now - newest > 2 * spacing { now } else { newest };
        if end <= first {
            return (0.0, 0.0);
        }
        let seconds = (end - first) as f32 / TICKS_PER_SECOND as f32;
        let pictures = (self.pictures.len() - 1) as f32;
        (pictures / seconds, (self.bytes - u64::from(bytes)) as f32 * 0.008 / seconds)
    }

    /// Kilobits a second over the whole time looked back, as of `now`: what a camera sends at once when it is asked (its
    /// last GOP) makes no flood.
    pub(super) fn lasting_kbps(&mut self, now: i64) -> f32 {
        self.rates(now);
        self.bytes as f32 * 0.008 / (SPAN / TICKS_PER_SECOND) as f32
    }

    /// Milliseconds between the last two random access points, 0 when unknown.
    pub(super) fn gop_ms(&self) -> u32 {
        (self.gop.max(0) / (TICKS_PER_SECOND / 1000)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_a_steady_stream() {
        let mut meter = Meter::default();
        for n in 0..150_i64 {
            meter.push(n * 6000, 10_000, (n % 30 == 0).then_some(Ticks(n * 6000)));
        }
        let (fps, kbps) = meter.rates(149 * 6000);
        assert!((fps - 15.0).abs() < 0.01 && (kbps - 1200.0).abs() < 1.0);
        assert_eq!(meter.gop_ms(), 2000);
        assert_eq!(meter.rates(149 * 6000 + 5 * TICKS_PER_SECOND), (0.0, 0.0));
    }

    #[test]
    fn a_backlog_is_no_flood() {
        let mut meter = Meter::default();
        (0..30_i64).for_each(|n| meter.push(n, 100_000, None));
        assert!(meter.rates(30).1 > 1e6 && meter.lasting_kbps(30) < 6001.0);
        (30..500_i64).for_each(|n| meter.push(n * 600, 200_000, None));
        assert!(meter.lasting_kbps(500 * 600) > 80_000.0);
    }

    #[test]
    fn a_pause_lowers_the_rate() {
        let mut meter = Meter::default();
        (0..60_i64).for_each(|n| meter.push(n * 6000, 1000, None));
        let (fps, _) = meter.rates(59 * 6000 + 2 * TICKS_PER_SECOND);
        assert!(fps < 8.0);
    }
}
