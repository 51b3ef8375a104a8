use proptest::prelude::*;

use super::*;

const NOON: i64 = 1_795_000_000 * TICKS_PER_SECOND;

fn at(ticks: i64) -> Arrival {
    Arrival { wall: Ticks(NOON + ticks), mono: ticks }
}

fn parameters(width: u32) -> VideoParameters {
    VideoParameters {
        codec: Codec::H264,
        sample_entry: Bytes::from_static(b"\0\0\0\x08avc1"),
        codec_string: "avc1.42001e".to_owned(),
        width,
        height: 48,
    }
}

fn picture(n: i64, nal: u8, new: Option<VideoParameters>) -> Picture {
    Picture {
        data: vec![0, 0, 0, 2, nal, 7],
        elapsed: n * 6000,
        loss: 0,
        parameters: new,
        arrival: at(n * 6000),
    }
}

fn assembler(codec: Codec) -> Assembler {
    Assembler::new(codec, None, Ticks(0), 0, None)
}

#[test]
fn a_run_starts_with_a_key_and_changes_with_the_parameters() {
    let mut a = assembler(Codec::H264);
    assert!(matches!(a.picture(picture(0, 0x41, Some(parameters(64)))), Outcome::Waiting));
    let Outcome::FirstOfRun(first) = a.picture(picture(1, 0x65, None)) else { panic!("a run starts") };
    assert!(first.random_access && first.run >= Ticks(NOON).micros() as u64);
    let Outcome::Unit(second) = a.picture(picture(2, 0x41, None)) else { panic!("it goes on") };
    assert_eq!((second.run, second.duration), (first.run, 6000));
    assert!(Arc::ptr_eq(&second.parameters, &first.parameters));
    // The same parameters again change nothing.
    assert!(matches!(a.picture(picture(3, 0x65, Some(parameters(64)))), Outcome::Unit(_)));
    // New ones without a key: wait for it.
    assert!(matches!(a.picture(picture(4, 0x41, Some(parameters(32)))), Outcome::Waiting));
    let Outcome::FirstOfRun(third) = a.picture(picture(5, 0x65, None)) else { panic!("a new run") };
    assert!(third.run > first.run && third.parameters.video.width == 32);
}

#[test]
fn cra_starts_a_run_and_rasl_is_dropped() {
    let mut a = assembler(Codec::H265);
    assert!(matches!(a.picture(picture(0, 21 << 1, Some(parameters(64)))), Outcome::FirstOfRun(_)));
    assert!(matches!(a.picture(picture(1, 9 << 1, None)), Outcome::Dropped));
    assert!(matches!(a.picture(picture(2, 1 << 1, None)), Outcome::Unit(_)));
}

#[test]
fn loss_is_noted_on_the_next_unit_that_is_kept() {
    let mut a = assembler(Codec::H264);
    a.picture(picture(0, 0x65, Some(parameters(64))));
    let mut broken = picture(1, 0x41, None);
    broken.data = vec![0, 0, 0, 9, 0x41];
    broken.loss = 3;
    assert!(matches!(a.picture(broken), Outcome::Dropped));
    let mut next = picture(2, 0x41, None);
    next.loss = 2;
    assert!(matches!(a.picture(next), Outcome::Unit(AccessUnit { loss: 5, .. })));
    assert!(matches!(a.picture(picture(3, 0x41, None)), Outcome::Unit(AccessUnit { loss: 0, .. })));
}

#[test]
fn b_frames_are_refused_and_a_suspect_publishes_nothing_first() {
    let times = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10];
    for suspect in [false, true] {
        let mut a = assembler(Codec::H264);
        if suspect {
            a.watch_for_b_frames();
        }
        let (mut refused, mut published) = (false, 0);
        for (n, time) in times.iter().enumerate() {
            let mut p = picture(*time, if n == 0 { 0x65 } else { 0x41 }, (n == 0).then(|| parameters(64)));
            p.arrival = at(n as i64 * 6000);
            match a.picture(p) {
                Outcome::BFrames => refused = true,
                Outcome::Unit(_) | Outcome::FirstOfRun(_) => published += 1,
                _ => {}
            }
        }
        assert!(refused && (suspect == (published == 0)));
    }
}

#[test]
fn slack_is_given_back() {
    let mut data = Vec::with_capacity(4096);
    data.extend_from_slice(&[1; 100]);
    assert_eq!(tight(data).len(), 100);
}

proptest! {
    /// Any bytes, any times, any order: no panic, and published units rise and start with a key.
    #[test]
    fn garbage_never_panics(
        units in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..40), any::<i32>(), any::<bool>(), 0_i64..10_000, any::<u16>()),
            0..80,
        ),
        h265 in any::<bool>(),
    ) {
        let mut a = assembler(if h265 { Codec::H265 } else { Codec::H264 });
        let (mut now, mut elapsed, mut last, mut run) = (0, 0_i64, Ticks(0), 0);
        for (mut data, jump, framed, wait, loss) in units {
            now += wait;
            elapsed += i64::from(jump);
            if framed {
                let length = (data.len() as u32).to_be_bytes();
                data.splice(0..0, length);
            }
            let new = (jump % 7 == 0).then(|| parameters(64 + (jump % 3).unsigned_abs()));
            let outcome = a.picture(Picture { data, elapsed, loss, parameters: new, arrival: at(now) });
            let (unit, first) = match outcome {
                Outcome::Unit(u) => (u, false),
                Outcome::FirstOfRun(u) => (u, true),
                _ => continue,
            };
            prop_assert!(unit.start > last && unit.duration > 0);
            let right_run = if first { unit.random_access && unit.run > run } else { unit.run == run };
            prop_assert!(right_run);
            last = unit.start;
            run = unit.run;
        }
    }
}
