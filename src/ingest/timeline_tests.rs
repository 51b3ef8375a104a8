use proptest::prelude::*;

use super::*;

const SECOND: i64 = TICKS_PER_SECOND;
const NOON: i64 = 1_795_000_000 * SECOND;

fn at(ticks: i64) -> Arrival {
    Arrival { wall: Ticks(NOON + ticks), mono: ticks }
}

fn line() -> Timeline {
    Timeline::new(Ticks(0))
}

#[test]
fn the_first_unit_stands_where_it_arrived_and_lengths_come_from_the_camera() {
    let mut line = line();
    assert_eq!(line.place(500, at(0), true).start, Ticks(NOON));
    // 66 ms of camera time, 90 ms of ours: the second unit was delayed.
    assert_eq!(line.place(500 + 6000, at(8100), false).start, Ticks(NOON + 6000));
}

#[test]
fn a_backlog_is_squeezed_and_never_lies_in_the_future() {
    let mut line = line();
    let mut last = Ticks(0);
    for n in 0..30 {
        let placed = line.place(n * 6000, at(n), n == 0);
        assert!(placed.start - last >= LEAST && placed.start <= Ticks(NOON + (n + 1) * LEAST));
        assert!(!placed.jumped);
        last = placed.start;
    }
    // Then live: one interval of real time is one interval of footage again.
    let first = line.place(30 * 6000, at(6000), false).start;
    let second = line.place(31 * 6000, at(12_000), false).start;
    assert_eq!(second - first, 6000);
}

#[test]
fn after_a_network_stall_lengths_stay_the_cameras() {
    let mut line = line();
    for n in 0..60 {
        line.place(n * 6000, at(n * 6000), n == 0);
    }
    let before = line.place(60 * 6000, at(60 * 6000), false).start;
    let after = (61..100).map(|n| line.place(n * 6000, at(100 * 6000), false).start).last();
    let length = after.map(|t| t - before).unwrap_or_default();
    assert!((length - 39 * 6000).abs() <= 39 * 6000 * MAX_BEND_PPM / MICRO + 1, "{length}");
}

#[test]
fn a_jump_of_the_camera_goes_on_by_arrival_and_starts_a_run_at_the_next_key() {
    for jump in [3600 * SECOND, -3600 * SECOND, 5 * SECOND, -2 * SECOND] {
        let mut line = line();
        let last = (0..50).map(|n| line.place(n * 6000, at(n * 6000), n == 0).start).last();
        let placed = line.place(50 * 6000 + jump, at(50 * 6000), false);
        assert!(placed.jumped && placed.new_run.is_none(), "{jump}");
        assert_eq!(last.map(|t| placed.start - t), Some(6000), "{jump}");
        let next = line.place(51 * 6000 + jump, at(51 * 6000), true);
        assert_eq!((next.new_run, next.start - placed.start), (Some(Cause::CameraJumped), 6000), "{jump}");
        assert_eq!(line.place(52 * 6000 + jump, at(52 * 6000), false).new_run, None);
    }
}

#[test]
fn a_camera_that_repeats_its_timestamp_is_placed_by_arrival() {
    let mut line = line();
    let mut start = Ticks(0);
    for n in 0..200 {
        start = line.place(6000 * n.min(20), at(n * 6000), n == 0).start;
    }
    assert!((start - Ticks(NOON + 199 * 6000)).abs() < SECOND, "{}", start - Ticks(NOON));
}

#[test]
fn a_step_of_our_clock_waits_for_a_key_and_then_is_followed() {
    for (step, expected) in
        [(3600 * SECOND, 3600 * SECOND), (-3600 * SECOND, -3600 * SECOND), (-5 * SECOND, 0)]
    {
        let mut line = line();
        (0..50).for_each(|n| {
            line.place(n * 6000, at(n * 6000), n == 0);
        });
        let stepped = |n: i64| Arrival { wall: Ticks(NOON + n * 6000 + step), mono: n * 6000 };
        let before = line.place(50 * 6000, stepped(50), false);
        assert_eq!((before.start, before.new_run), (Ticks(NOON + 50 * 6000), None));
        let after = line.place(51 * 6000, stepped(51), true);
        assert_eq!(after.new_run, Some(Cause::OurClockStepped));
        assert_eq!(after.start, Ticks(NOON + 51 * 6000 + expected), "{step}");
        // What is held in the future goes on with the camera's lengths.
        let next = line.place(52 * 6000, stepped(52), false);
        assert!((next.start - after.start - 6000).abs() <= 4, "{}", next.start - after.start);
    }
}

#[test]
fn a_run_starts_behind_the_previous_one() {
    let mut line = Timeline::new(Ticks(NOON + 300));
    assert_eq!(line.place(0, at(0), true).start, Ticks(NOON + 300));
}

proptest! {
    /// Whatever a camera sends: instants rise, and none lies far in the future.
    #[test]
    fn always_rises_and_is_never_in_the_future(
        steps in proptest::collection::vec((-(1_i64 << 34)..(1 << 34), 0_i64..20_000, any::<bool>(), 0_u8..20), 1..300),
    ) {
        let (mut line, mut now, mut elapsed, mut last) = (line(), 0, 0_i64, Ticks(0));
        for (jump, wait, key, kind) in steps {
            now += wait;
            elapsed += if kind == 0 { jump } else { jump.rem_euclid(12_000) };
            let placed = line.place(elapsed, at(now), key);
            prop_assert!(placed.start > last);
            last = placed.start;
            // Rising strictly may take one tick for each of the 300 units.
            prop_assert!(placed.start - Ticks(NOON + now) <= AHEAD.max(12_000) + 300, "{}", placed.start - Ticks(NOON + now));
        }
    }

    /// After settling, a camera's lengths are changed by no more than the bend.
    #[test]
    fn bends_by_no_more_than_500_ppm(ppm in -400_i64..400, delays in proptest::collection::vec(0_i64..4500, 600)) {
        let mut line = line();
        let mut last: Option<(i64, Ticks)> = None;
        for (n, delay) in delays.iter().enumerate() {
            let real = n as i64 * 6000;
            let elapsed = real + real * ppm / MICRO;
            let start = line.place(elapsed, at(real + delay), n == 0).start;
            if real > SETTLE + 6000 && let Some((before, placed)) = last {
                let length = elapsed - before;
                let bend = (start - placed - length).abs();
                prop_assert!(bend <= length * MAX_BEND_PPM / MICRO + 1, "{bend} of {length}");
            }
            last = Some((elapsed, start));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Eight hours of a camera with a wrong quartz, on a network with jitter: the time line stays with our clock.
    #[test]
    fn drifts_less_than_a_fifth_of_a_second_in_eight_hours(ppm in -450_i64..450, seed in any::<u64>()) {
        let (mut line, mut random, mut worst) = (line(), seed | 1, 0);
        for n in 0..(8 * 3600 * 5) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let real = n * (SECOND / 5);
            let delay = (random % 5400) as i64;
            let start = line.place(real + real * ppm / MICRO, at(real + delay), n % 50 == 0).start;
            worst = worst.max((start - Ticks(NOON + real)).abs());
        }
        prop_assert!(worst < SECOND / 5, "{worst}");
    }
}
