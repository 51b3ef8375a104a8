//! What always holds of events, for any activity.

use proptest::prelude::*;

use super::motion::{Activity, Bounds, Mover, State};
use super::scene_tests::at;
use super::tracker::{Change, Event, Settings, Tracker};
use super::zones::{AlertZone, Zones};
use crate::base::{Cells, Polygon};
use crate::catalogue::Sensitivity;

fn mover(since: f64, x: f32, area: f32) -> Mover {
    let bounds = Bounds { left: x - 0.05, top: 0.4, right: x + 0.05, bottom: 0.7 };
    let mut cells = Cells::NONE;
    for column in 0..32 {
        let middle = (column as f32 + 0.5) / 32.0;
        if (bounds.left..bounds.right).contains(&middle) {
            (7..12).for_each(|row| cells.set(column, row));
        }
    }
    Mover { id: 1, since: at(since), bounds, cells, area, contrast: 30.0, sharpness: 10.0 }
}

fn activity(t: f64, movers: Vec<Mover>) -> Activity {
    let cells = movers.iter().fold(Cells::NONE, |cells, mover| cells | mover.cells);
    let moved = movers.iter().map(|mover| mover.area).sum();
    Activity { at: at(t), gap: 0.2, state: State::Steady, cells, moved, movers, calm: false }
}

/// The events of what moves at each of the times, as they ended, with all that was told checked on the way.
fn events(tracker: &mut Tracker, pictures: impl Iterator<Item = (f64, Vec<Mover>)>) -> Vec<Event> {
    let mut ended = Vec::new();
    let mut open: Option<Event> = None;
    let mut changes = Vec::new();
    for (t, movers) in pictures {
        changes.extend(tracker.take(&activity(t, movers)));
    }
    changes.extend(tracker.finish());
    for change in changes {
        match change {
            Change::Begin(event) => {
                assert!(open.is_none(), "one begins while another lasts");
                open = Some(event);
            }
            Change::Update(event) => {
                let before = open.replace(event.clone()).expect("it has begun");
                assert_eq!((before.number, before.start), (event.number, event.start));
                assert!(before.end <= event.end && before.cells & event.cells == before.cells);
            }
            Change::End(event) => {
                let before = open.take().expect("it has begun");
                assert_eq!((before.number, before.start), (event.number, event.start));
                ended.push(event);
            }
        }
    }
    assert!(open.is_none(), "the last one is not ended");
    ended
}

fn seconds(event: &Event) -> (f64, f64) {
    ((event.start - at(0.0)) as f64 / 90_000.0, (event.end - at(0.0)) as f64 / 90_000.0)
}

fn rectangle(left: f32, right: f32) -> Polygon {
    Polygon::new(vec![(left, 0.0), (right, 0.0), (right, 1.0), (left, 1.0)]).expect("inside")
}

#[test]
fn an_event_goes_on_from_key_picture_to_key_picture() {
    let mut tracker = Tracker::new(Zones::default(), Settings::default());
    let mut changes = Vec::new();
    for n in 0..4 {
        let t = f64::from(n) * 4.0;
        let movers = if n < 3 { vec![mover(0.0, 0.5, 0.01)] } else { Vec::new() };
        changes.extend(tracker.take(&Activity { gap: 4.0, ..activity(t, movers) }));
        changes.extend(tracker.wait(at(t + 3.9)));
    }
    let began = changes.iter().filter(|change| matches!(change, Change::Begin(_))).count();
    let ended: Vec<_> = changes
        .iter()
        .filter_map(|change| if let Change::End(e) = change { Some(seconds(e)) } else { None })
        .collect();
    assert_eq!((began, ended), (1, vec![(0.0, 9.0)]));
}

proptest! {
    #[test]
    fn events_are_in_order_apart_and_not_too_long(
        steps in proptest::collection::vec((0.05f64..8.0, prop::bool::ANY, 0.0f64..3.0), 1..200),
        longest in 5.0f32..40.0,
    ) {
        let settings = Settings { longest, ..Settings::default() };
        let mut tracker = Tracker::new(Zones::default(), settings);
        let mut t = 0.0;
        let pictures: Vec<_> = steps.iter().map(|&(gap, moves, age)| {
            t += gap;
            (t, if moves { vec![mover(t - age, 0.5, 0.01)] } else { Vec::new() })
        }).collect();
        let moving = pictures.iter().filter(|(_, movers)| !movers.is_empty());
        let times: Vec<f64> = moving.map(|(t, _)| *t).collect();
        let events = events(&mut tracker, pictures.into_iter());
        for pair in events.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start, "{:?}", (seconds(&pair[0]), seconds(&pair[1])));
            prop_assert!(pair[0].number < pair[1].number);
            prop_assert!(pair[1].clip(&settings).from >= pair[0].end);
        }
        for event in &events {
            let (start, end) = seconds(event);
            prop_assert!(start <= end && end - start <= f64::from(longest) + 1e-3, "{start}..{end}");
        }
        for t in times {
            let inside = events.iter().map(seconds).any(|(start, end)| start - 1e-3 <= t && t <= end + 1e-3);
            prop_assert!(inside, "what moved at {t} is in no event");
        }
    }
}

#[test]
fn short_silences_join_and_long_ones_part() {
    let moving = [(10.0, 14.0), (16.5, 20.0), (30.0, 31.0)];
    let pictures = (0..200).map(|n| {
        let t = f64::from(n) / 5.0;
        let span = moving.iter().find(|(from, to)| (*from..*to).contains(&t));
        (t, span.map(|(from, _)| mover(from - 0.4, 0.5, 0.01)).into_iter().collect())
    });
    let mut tracker = Tracker::new(Zones::default(), Settings::default());
    let events = events(&mut tracker, pictures);
    let spans: Vec<_> = events.iter().map(seconds).collect();
    assert_eq!(spans.len(), 2, "{spans:?}");
    assert!((spans[0].0 - 9.6).abs() < 1e-3 && (19.8..=20.8).contains(&spans[0].1), "{spans:?}");
    assert!((spans[1].0 - 29.6).abs() < 1e-3 && (30.8..=31.8).contains(&spans[1].1), "{spans:?}");
}

#[test]
fn what_lasts_too_long_goes_on_in_pieces_that_touch() {
    let settings = Settings { longest: 20.0, ..Settings::default() };
    let mut tracker = Tracker::new(Zones::default(), settings);
    let events = events(&mut tracker, (0..250).map(|n| (f64::from(n) / 5.0, vec![mover(0.0, 0.5, 0.01)])));
    assert_eq!(events.len(), 3);
    assert!(!events[0].continues && events[1].continues && events[2].continues);
    assert_eq!((events[0].end, events[1].end), (events[1].start, events[2].start));
}

#[test]
fn an_event_ends_when_pictures_stay_away() {
    let mut tracker = Tracker::new(Zones::default(), Settings::default());
    tracker.take(&activity(5.0, vec![mover(4.0, 0.5, 0.01)]));
    assert!(tracker.wait(at(7.0)).is_empty());
    let changes = tracker.wait(at(9.0));
    assert!(matches!(changes.as_slice(), [Change::End(event)] if event.end <= at(6.0)), "{changes:?}");
    assert!(tracker.open().is_none());
}

#[test]
fn the_best_moment_is_where_it_is_largest_and_whole() {
    let pictures = [(1.0, 0.02, 0.05), (1.2, 0.3, 0.01), (1.4, 0.5, 0.03), (1.6, 0.7, 0.01)];
    let pictures = pictures.map(|(t, x, area)| (t, vec![mover(1.0, x, area)]));
    let mut tracker = Tracker::new(Zones::default(), Settings::default());
    let events = events(&mut tracker, pictures.into_iter());
    assert_eq!(events[0].best.at, at(1.4));
    assert_eq!(events[0].cells, events[0].cells | mover(0.0, 0.7, 0.01).cells);
}

#[test]
fn only_zones_count_and_they_are_named() {
    let zone = |left, right, sensitivity| AlertZone {
        area: rectangle(left, right),
        sensitivity,
        smallest: 0.0,
        shortest: 0.0,
    };
    let zones = [zone(0.0, 0.3, Sensitivity::Normal), zone(0.6, 1.0, Sensitivity::Low)];
    let crossing =
        |area: f32| (0..100).map(move |n| (f64::from(n) / 5.0, vec![mover(0.0, n as f32 / 100.0, area)]));
    let mut tracker = Tracker::new(Zones::new(&zones, &[]), Settings::default());
    let large = events(&mut tracker, crossing(0.01));
    assert_eq!(large.iter().map(|event| event.zones.clone()).collect::<Vec<_>>(), [vec![0], vec![1]]);
    // Too small for low sensitivity.
    let mut tracker = Tracker::new(Zones::new(&zones, &[]), Settings::default());
    assert_eq!(events(&mut tracker, crossing(0.001)).len(), 1);
    // A mask over the first zone.
    let masked = Zones::new(&zones, &[rectangle(0.0, 0.4)]);
    let mut tracker = Tracker::new(masked, Settings::default());
    let under = events(&mut tracker, crossing(0.01));
    assert_eq!(under.iter().map(|event| event.zones.clone()).collect::<Vec<_>>(), [vec![1]]);
}

#[test]
fn a_zone_waits_for_its_shortest_time() {
    let zone = AlertZone {
        area: rectangle(0.0, 1.0),
        sensitivity: Sensitivity::Normal,
        smallest: 0.0,
        shortest: 4.0,
    };
    let staying = |until: f64| {
        (0..100).map(move |n| {
            let t = f64::from(n) / 5.0;
            (t, if (5.0..until).contains(&t) { vec![mover(5.0, 0.5, 0.01)] } else { Vec::new() })
        })
    };
    let mut tracker = Tracker::new(Zones::new(std::slice::from_ref(&zone), &[]), Settings::default());
    assert!(events(&mut tracker, staying(8.0)).is_empty());
    let mut tracker = Tracker::new(Zones::new(std::slice::from_ref(&zone), &[]), Settings::default());
    let events = events(&mut tracker, staying(12.0));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].start, at(5.0));
}
